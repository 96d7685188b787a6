"""Columns and images made on demand agree with the tables and with what a snapshot says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inspector.core.samples import Split, Truth
from inspector.project.columns import SPLITS, TRUTHS, image_columns
from inspector.project.project import Project
from inspector.project.records import FileStamp, ImageRecord, MaskRecord, StoredImage, add_image
from inspector.project.schema import open_database
from inspector.project.sources import Source, save_source
from inspector.project.stored_images import StoredImages, load_images


def test_columns_say_what_the_images_say(tmp_path: Path, parts: Path) -> None:
    with Project.create(tmp_path / "project") as project:
        project.import_folder(parts)
        images = project.images()
        snapshot = project.take_snapshot()
        columns = project.image_columns()
    assert len(columns) == len(images) == 16
    for row, image in enumerate(images):
        record = image.record
        assert columns.ids[row] == image.image_id
        assert columns.class_names[columns.classes[row]] == record.class_name
        assert SPLITS[columns.splits[row]] is record.split
        assert TRUTHS[columns.truths[row]] is record.truth
        assert columns.defect_kinds[columns.kinds[row]] == record.defect_kind
        assert record.stamp is not None
        assert columns.file_times[row] == record.stamp.mtime_ns
        assert columns.is_deep[row] == (record.bit_depth == 16)
        assert columns.has_problem[row] == (record.problem is not None)
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
        columns = project.image_columns()
    assert columns.has_problem.sum() == 1
    assert not columns.is_training.any()
    assert not columns.is_test.any()


def test_rows_of_ids() -> None:
    assert image_columns(StoredImages()).rows_of(np.array([3])).tolist() == [-1]


def test_rows_of_known_and_unknown_ids(tmp_path: Path, parts: Path) -> None:
    with Project.create(tmp_path / "project") as project:
        project.import_folder(parts)
        columns = project.image_columns()
    wanted = np.array([columns.ids[5], 10**9, columns.ids[0], 0])
    assert columns.rows_of(wanted).tolist() == [5, -1, 0, -1]


def random_records(count: int) -> list[ImageRecord]:
    """Records of all sorts: with masks, without anything but a problem, from before 1970."""
    rng = np.random.default_rng(5)
    records = []
    for number in range(count):
        truth, split = tuple(Truth)[rng.integers(3)], tuple(Split)[rng.integers(4)]
        kind = ("", "Kratzer 木", "hole")[rng.integers(3)]
        record = ImageRecord(f"{number}.png", f"c{rng.integers(9)}", split, truth, kind)
        if rng.random() < 0.2:
            record = record.with_problem("It is torn.", "" if rng.random() < 0.5 else "Glue it.")
            records.append(record)
            continue
        masks = tuple(
            MaskRecord(f"mask {n}.png", f"{n:064x}", FileStamp(n, 3 * n))
            for n in range(rng.integers(3))
        )
        facts = {
            "stamp": FileStamp(int(rng.integers(0, 10**6)), int(rng.integers(-2, 10**18))),
            "sha256": f"{number:064x}",
            "width": int(rng.integers(1, 9000)),
            "height": 3,
            "bit_depth": 16 if rng.random() < 0.3 else 8,
            "channels": 1,
            "masks": masks,
        }
        names = ("path", "class_name", "split", "truth", "defect_kind")
        records.append(ImageRecord(**{n: getattr(record, n) for n in names}, **facts))
    return records


def test_images_made_on_demand_are_those_that_were_written(tmp_path: Path) -> None:
    records = random_records(5000)  # more than are read at once
    Project.create(tmp_path / "project").close()
    database = open_database(tmp_path / "project")
    with database.transaction():
        sources = [save_source(database, Source(0, tmp_path / name)) for name in ("a", "b")]
        for number, record in enumerate(records):
            add_image(database, sources[number % 2], record)
    written = [
        StoredImage(number + 1, tmp_path / "ab"[number % 2], record)
        for number, record in enumerate(records)
    ]
    lazy = StoredImages.load(database)
    eager = load_images(database)
    database.close()  # nothing is read any more
    assert len(lazy) == len(eager) == len(written)
    assert list(eager) == list(lazy) == written
    assert [lazy[row] for row in range(len(lazy))] == written
    assert lazy[-1] == written[-1]
    assert list(lazy[10:4000:7]) == written[10:4000:7]
    with pytest.raises(IndexError):
        lazy[len(written)]
    columns = image_columns(lazy)
    assert columns.has_problem.tolist() == [r.problem is not None for r in records]
    assert [columns.class_names[c] for c in columns.classes] == [r.class_name for r in records]
    assert list(columns.class_names) == sorted(columns.class_names)
    assert [columns.defect_kinds[k] for k in columns.kinds] == [r.defect_kind for r in records]
