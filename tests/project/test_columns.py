"""Columns agree with the images and with what a snapshot says of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inspector.project.columns import SPLITS, TRUTHS, image_columns
from inspector.project.project import Project


def test_columns_say_what_the_images_say(tmp_path: Path, parts: Path) -> None:
    with Project.create(tmp_path / "project") as project:
        project.import_folder(parts)
        images = project.images()
        snapshot = project.take_snapshot()
    columns = image_columns(images)
    assert len(columns) == len(images) == 16
    for row, image in enumerate(images):
        record = image.record
        assert columns.ids[row] == image.image_id
        assert columns.class_names[columns.classes[row]] == record.class_name
        assert SPLITS[columns.splits[row]] is record.split
        assert TRUTHS[columns.truths[row]] is record.truth
    assert set(columns.ids[columns.is_test]) == {e.image_id for e in snapshot.test()}
    learns = {e.image_id for e in snapshot.normal_training()}
    assert set(columns.ids[columns.is_training]) == learns


def test_a_flat_folder_has_training_images_by_assumption_only(
    tmp_path: Path, write_image: object
) -> None:
    folder = tmp_path / "flat"
    for n in range(3):
        write_image(folder / f"{n}.png", n)  # type: ignore[operator]
    (folder / "bad.png").write_bytes(b"no image")
    with Project.create(tmp_path / "project") as project:
        project.import_folder(folder)
        columns = image_columns(project.images())
    assert columns.has_problem.sum() == 1
    assert not columns.is_training.any()
    assert not columns.is_test.any()


def test_rows_of_ids() -> None:
    assert image_columns(()).rows_of(np.array([3])).tolist() == [-1]


def test_rows_of_known_and_unknown_ids(tmp_path: Path, parts: Path) -> None:
    with Project.create(tmp_path / "project") as project:
        project.import_folder(parts)
        columns = image_columns(project.images())
    wanted = np.array([columns.ids[5], 10**9, columns.ids[0], 0])
    assert columns.rows_of(wanted).tolist() == [5, -1, 0, -1]
