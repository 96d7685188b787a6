"""Importing 16-bit images: the window of grey values that each class gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from inspector.core.windows import estimate_window
from inspector.project.class_windows import load_windows
from inspector.project.project import Project

WriteImage = Callable[..., Path]


def test_16_bit_classes_get_the_window_of_their_normal_images(
    project: Project, parts: Path, write_image: WriteImage
) -> None:
    deep = parts / "deep"
    for n in range(5):
        write_image(deep / "train/good" / f"{n}.png", n, low=1000, high=4000)
    write_image(deep / "test/scratch/0.png", 50, low=0, high=65000)
    write_image(deep / "ground_truth/scratch/0_mask.png", 51, high=2)
    project.import_folder(parts)
    windows = load_windows(project._database)
    normal = (np.asarray(Image.open(p)) for p in sorted((deep / "train/good").iterdir()))
    assert windows == {"deep": estimate_window(image.astype(np.uint16) for image in normal)}
    assert 1000 <= windows["deep"].low < windows["deep"].high < 4000


def test_a_16_bit_class_without_normal_images_uses_what_there_is(
    project: Project, tmp_path: Path, write_image: WriteImage
) -> None:
    flat = tmp_path / "flat"
    write_image(flat / "0.png", 0, low=100, high=300)
    project.import_folder(flat, class_name="deep")
    (window,) = load_windows(project._database).values()
    assert 100 <= window.low < window.high < 300


def test_a_window_moves_only_when_its_class_changes(
    project: Project, parts: Path, write_image: WriteImage
) -> None:
    for name in ("deep a", "deep b"):
        write_image(parts / name / "train/good/0.png", 1, low=1000, high=4000)
        write_image(parts / name / "test/good/0.png", 2, low=1000, high=4000)
    project.import_folder(parts)
    before = load_windows(project._database)
    write_image(parts / "deep a/train/good/1.png", 3, low=5000, high=9000)
    project.import_folder(parts)
    after = load_windows(project._database)
    assert after["deep a"].high > before["deep a"].high
    assert after["deep b"] == before["deep b"]
