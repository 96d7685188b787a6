"""Small image folders on disk and an empty project, for the tests of `inspector.project`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PIL import Image

from inspector.jobs.model_card import CARD_FILE, ModelCard
from inspector.project.project import Project

WriteImage = Callable[..., Path]
WriteModel = Callable[..., Path]


@pytest.fixture
def write_image() -> WriteImage:
    """Write a small noisy grey PNG, different for each seed; 16-bit where `high` is above 255."""

    def write(
        path: Path, seed: int, high: int = 256, low: int = 0, shape: tuple[int, int] = (12, 16)
    ) -> Path:
        rng = np.random.default_rng(seed)
        dtype = np.uint16 if high > 256 else np.uint8
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(low, high, shape).astype(dtype)).save(path)
        return path

    return write


@pytest.fixture
def parts(tmp_path: Path, write_image: WriteImage) -> Path:
    """An MVTec AD folder of two classes: 4 good for training, 2 good and 2 scratched for test."""
    root = tmp_path / "parts"
    for place, name in enumerate(("bolt", "Dübel 木")):
        for n in range(4):
            write_image(root / name / "train/good" / f"{n:03d}.png", 100 * place + n)
        for n in range(2):
            write_image(root / name / "test/good" / f"{n:03d}.png", 100 * place + 20 + n)
            write_image(root / name / "test/scratch" / f"{n:03d}.png", 100 * place + 40 + n)
            write_image(root / name / "ground_truth/scratch" / f"{n:03d}_mask.png", 60 + n, high=2)
    return root


@pytest.fixture
def write_model() -> WriteModel:
    """Write a model folder as a worker leaves it, with a card for the snapshot of this digest."""

    def write(folder: Path, snapshot_digest: str = "abc") -> Path:
        card = ModelCard(
            method="revdist",
            preset="quick",
            backbone="lite0",
            backbone_sha256="",
            image_size=224,
            score_percent=1.0,
            alignments=["none"],
            default_alignment="none",
            alignment_statistics="",
            thresholds={},
            class_names=["bolt"],
            training_images={"bolt": 4},
            windows={},
            parameters={},
            snapshot_id=1,
            snapshot_digest=snapshot_digest,
            seed=0,
            device="cpu",
            precision="float32",
            steps={},
            created="",
            versions={},
            notes=[],
        )
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"weights")
        (folder / CARD_FILE).write_bytes(msgspec.json.encode(card))
        return folder

    return write


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project beside the images."""
    with Project.create(tmp_path / "project") as created:
        yield created
