"""Split files, and what a snapshot is when a split restricts it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.core.longtail import HeadAndTail
from inspector.errors import InspectorError
from inspector.jobs.spec import TrainJob, read_job
from inspector.project.project import Project
from inspector.project.snapshots import Snapshot, read_snapshot
from inspector.project.splits import make_split, read_split, restrict, write_split
from inspector.project.work import Computing, prepare_training

WriteImage = Callable[..., Path]


@pytest.fixture
def snapshot(project: Project, tmp_path: Path, write_image: WriteImage) -> Snapshot:
    """Classes of 12, 9 and 6 images to learn from, each with 2 test images."""
    root = tmp_path / "many"
    for place, (name, count) in enumerate({"a": 12, "b": 9, "c": 6}.items()):
        for n in range(count):
            write_image(root / name / "train/good" / f"{n:03d}.png", 100 * place + n)
        write_image(root / name / "test/good/0.png", 100 * place + 50)
        write_image(root / name / "test/dent/0.png", 100 * place + 51)
    project.import_folder(root)
    return project.take_snapshot()


def _trained(snapshot: Snapshot) -> Counter[str]:
    return Counter(entry.class_name for entry in snapshot.normal_training())


def test_a_split_restricts_training_images_only(snapshot: Snapshot) -> None:
    split = make_split(snapshot, "step", 4, seed=0)
    assert split.available == {"a": 12, "b": 9, "c": 6}
    assert split.counts == {"a": 12, "b": 3, "c": 3}
    assert (split.head, split.tail) == (["a"], ["b", "c"])
    found = restrict(snapshot, split)
    assert _trained(found) == split.counts
    assert found.test() == snapshot.test()
    assert found.digest != snapshot.digest
    assert found.long_tail is not None
    assert found.long_tail.classes == HeadAndTail(("a",), ("b", "c"))


def test_it_is_a_function_of_its_seed(snapshot: Snapshot) -> None:
    assert make_split(snapshot, "exp", 4, 3) == make_split(snapshot, "exp", 4, 3)
    images = {str(make_split(snapshot, "exp", 4, seed).images) for seed in range(4)}
    assert len(images) == 4


def test_written_and_read_it_is_the_same(snapshot: Snapshot, tmp_path: Path) -> None:
    split = make_split(snapshot, "exp", 3, 1)
    write_split(tmp_path / "split.json", split)
    assert read_split(tmp_path / "split.json") == split


def test_a_restricted_snapshot_is_kept_and_read_back(project: Project, snapshot: Snapshot) -> None:
    split = make_split(snapshot, "exp", 3, 1)
    kept = project.keep_snapshot(restrict(snapshot, split))
    assert kept.snapshot_id != snapshot.snapshot_id
    assert read_snapshot(project.snapshot_file(kept.snapshot_id)) == kept
    assert project.keep_snapshot(restrict(snapshot, split)) == kept
    full = project.take_snapshot()
    assert full.entries == snapshot.entries
    assert full.long_tail is None


def test_a_split_that_keeps_everything_is_still_told_apart(
    project: Project, snapshot: Snapshot
) -> None:
    """Its images are those of the project, but it says which classes are head and tail."""
    kept = project.keep_snapshot(restrict(snapshot, make_split(snapshot, "exp", 1, 0)))
    assert kept.digest != "" and kept.long_tail is not None
    assert project.take_snapshot().long_tail is None


def test_a_training_sees_the_split(project: Project, snapshot: Snapshot) -> None:
    split = make_split(snapshot, "step", 4, 0)
    run = prepare_training(project, "revdist", "", {}, Computing(), split)
    job = read_job(run.folder)
    assert isinstance(job, TrainJob)
    assert _trained(read_snapshot(Path(job.snapshot))) == split.counts
    assert run.snapshot_id != snapshot.snapshot_id


def test_images_that_are_gone_are_told(
    project: Project, snapshot: Snapshot, tmp_path: Path
) -> None:
    split = make_split(snapshot, "step", 4, 0)
    with Project.create(tmp_path / "other") as other:
        other.import_folder(tmp_path / "many" / "a", layout=None, class_name="a")
        with pytest.raises(InspectorError, match="lacks 6 of the 18"):
            restrict(other.take_snapshot(), split)


def test_a_class_that_the_split_does_not_know_is_told(
    project: Project, snapshot: Snapshot, tmp_path: Path, write_image: WriteImage
) -> None:
    split = make_split(snapshot, "step", 4, 0)
    write_image(tmp_path / "new" / "d" / "train/good/0.png", 999)
    write_image(tmp_path / "new" / "d" / "test/good/0.png", 998)
    project.import_folder(tmp_path / "new")
    with pytest.raises(InspectorError, match="'d'"):
        restrict(project.take_snapshot(), split)


def test_one_class_is_no_split(project: Project, tmp_path: Path, write_image: WriteImage) -> None:
    write_image(tmp_path / "one" / "d" / "train/good/0.png", 999)
    write_image(tmp_path / "one" / "d" / "test/good/0.png", 998)
    project.import_folder(tmp_path / "one")
    with pytest.raises(InspectorError, match="at least two classes"):
        make_split(project.take_snapshot(), "exp", 10, 0)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format_version": 99}, "newer Inspector"),
        ({"kind": "steep"}, "damaged"),
        ({"counts": {"a": 1}}, "contradicts"),
        ({"tail": []}, "contradicts"),
    ],
)
def test_a_file_that_is_none_is_refused(
    snapshot: Snapshot, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    file = tmp_path / "split.json"
    write_split(file, make_split(snapshot, "exp", 3, 1))
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(InspectorError, match=told):
        read_split(file)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "split.json").write_bytes(content)
    with pytest.raises(InspectorError, match="damaged"):
        read_split(tmp_path / "split.json")
    with pytest.raises(InspectorError, match="could not be read"):
        read_split(tmp_path / "none.json")
