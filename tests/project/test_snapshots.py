"""Snapshots: what they hold, when they are reused, what their digest depends on."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from inspector.core.images import read_mask
from inspector.core.samples import Split, Truth
from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError
from inspector.project.class_windows import load_windows
from inspector.project.project import Project
from inspector.project.snapshots import (
    AnnotationRef,
    Snapshot,
    SnapshotEntry,
    digest_of,
    read_annotation,
    read_snapshot,
)

WriteImage = Callable[..., Path]


def _entry(n: int = 1, **changes: object) -> SnapshotEntry:
    entry = SnapshotEntry(
        image_id=n,
        path=f"/parts/{n}.png",
        sha256=f"{n:064x}",
        class_name="bolt",
        split=Split.TRAIN,
        truth=Truth.GOOD,
        defect_kind="",
        masks=(),
        window=None,
    )
    return replace(entry, **changes)  # type: ignore[arg-type]


def test_a_snapshot_holds_all_usable_images_with_hashes(project: Project, parts: Path) -> None:
    (parts / "bolt/train/good/bad.png").write_text("no image")
    project.import_folder(parts)
    snapshot = project.take_snapshot()
    assert len(snapshot.entries) == 16
    assert snapshot.classes() == ("Dübel 木", "bolt")
    assert len(snapshot.normal_training()) == 8
    assert len(snapshot.test()) == 8
    masked = [entry for entry in snapshot.entries if entry.masks]
    assert len(masked) == 4
    assert all(Path(path).is_file() for entry in masked for path in entry.masks)
    assert all(len(entry.mask_sha256) == len(entry.masks) for entry in masked)


def test_the_file_alone_gives_the_snapshot_back(project: Project, parts: Path) -> None:
    project.import_folder(parts)
    snapshot = project.take_snapshot()
    file = project.snapshot_file(snapshot.snapshot_id)
    assert file == project.folder / "snapshots" / "0001.json"
    assert read_snapshot(file) == snapshot == project.snapshot(snapshot.snapshot_id)


def test_an_unchanged_project_gives_the_same_snapshot(project: Project, parts: Path) -> None:
    project.import_folder(parts)
    first = project.take_snapshot()
    project.import_folder(parts)
    assert project.take_snapshot() == first
    (parts / "bolt/train/good/000.png").unlink()
    project.import_folder(parts)
    second = project.take_snapshot()
    assert second.snapshot_id == 2
    assert second.digest != first.digest
    assert project.snapshot(1) == first  # which is still what it was


def test_the_digest_does_not_depend_on_where_the_images_lie(
    project: Project, parts: Path, tmp_path: Path
) -> None:
    project.import_folder(parts)
    first = project.take_snapshot()
    elsewhere = tmp_path / "deeper" / "copy"
    shutil.copytree(parts, elsewhere)
    with Project.create(tmp_path / "second") as other:
        # In two steps, so that the ids are others too.
        other.import_folder(elsewhere / "bolt", class_name="bolt")
        other.import_folder(elsewhere / "Dübel 木", class_name="Dübel 木")
        second = other.take_snapshot()
    assert {entry.path for entry in first.entries}.isdisjoint(e.path for e in second.entries)
    assert first.digest == second.digest


def test_images_that_moved_unchanged_get_a_new_file_with_the_same_digest(
    project: Project, tmp_path: Path, write_image: WriteImage
) -> None:
    inside = project.folder / "parts"
    write_image(inside / "0.png", 0)
    project.import_folder(inside, assume=Truth.GOOD)
    first = project.take_snapshot()
    project.close()
    moved = project.folder.rename(tmp_path / "moved")
    with Project.open(moved) as again:
        second = again.take_snapshot()
    assert second.entries[0].path == str(moved / "parts" / "0.png")
    assert (second.snapshot_id, second.digest) == (2, first.digest)


def test_16_bit_images_carry_the_window_of_their_class(
    project: Project, parts: Path, write_image: WriteImage
) -> None:
    write_image(parts / "bolt/train/good/deep.png", 1, low=1000, high=4000)
    project.import_folder(parts)
    snapshot = project.take_snapshot()
    windows = {Path(entry.path).name: entry.window for entry in snapshot.entries}
    assert windows.pop("deep.png") == load_windows(project._database)["bolt"]
    assert set(windows.values()) == {None}


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "f" * 64},
        {"class_name": "nut"},
        {"split": Split.TEST},
        {"truth": Truth.UNKNOWN},
        {"masks": ("/m.png",), "mask_sha256": ("a" * 64,)},
        {"window": IntensityWindow(0.0, 4095.0)},
    ],
)
def test_the_digest_depends_on_what_the_images_are(change: dict[str, object]) -> None:
    assert digest_of((_entry(1), _entry(2, **change))) != digest_of((_entry(1), _entry(2)))


def test_the_digest_does_not_depend_on_order_numbers_or_paths() -> None:
    entries = (
        _entry(1, mask_sha256=("a" * 64, "b" * 64), truth=Truth.DEFECTIVE),
        _entry(2, window=IntensityWindow(10.5, 4000.0)),
        _entry(3),
        _entry(3, window=IntensityWindow(10.5, 4000.0)),  # sorts beside one without a window
    )
    shuffled = (
        replace(entries[3], image_id=91, path="/elsewhere/a.png"),
        replace(entries[1], path="C:/b.png"),
        replace(entries[0], mask_sha256=("b" * 64, "a" * 64)),
        entries[2],
    )
    assert digest_of(entries) == digest_of(shuffled)
    assert digest_of(entries[:1]) != digest_of(entries)


def test_the_digest_is_the_same_in_every_version() -> None:
    """Models name their snapshot by it: a change would cut them off from their data."""
    entries = (_entry(1, class_name="Dübel"), _entry(2, window=IntensityWindow(1.0, 4000.0)))
    canonical = (
        f'[["{1:064x}","D\\u00fcbel","train","good",[],[]],'
        f'["{2:064x}","bolt","train","good",[],[1.0,4000.0]]]'
    )
    assert digest_of(entries) == hashlib.sha256(canonical.encode()).hexdigest()


def test_the_test_set_is_chosen_per_class() -> None:
    def snapshot(*entries: SnapshotEntry) -> Snapshot:
        return Snapshot(1, "", "", entries)

    with_split = [
        _entry(1),
        _entry(2, split=Split.TEST),
        _entry(3, split=Split.TEST, truth=Truth.DEFECTIVE),
        _entry(4, split=Split.TEST, truth=Truth.UNKNOWN),
        _entry(5, split=Split.VALIDATION),
        _entry(6, split=Split.TRAIN, truth=Truth.DEFECTIVE),
    ]
    without = [
        _entry(11, class_name="nut", split=Split.UNASSIGNED),
        _entry(12, class_name="nut", split=Split.UNASSIGNED, truth=Truth.DEFECTIVE),
        _entry(13, class_name="nut", split=Split.UNASSIGNED, truth=Truth.UNKNOWN),
        _entry(14, class_name="nut", split=Split.VALIDATION),
        _entry(15, class_name="nut", split=Split.TRAIN, truth=Truth.DEFECTIVE),
    ]
    both = snapshot(*with_split, *without)
    assert [entry.image_id for entry in both.test()] == [2, 3, 12, 14]
    assert [entry.image_id for entry in both.normal_training()] == [1, 11]


def test_an_empty_project_has_nothing_to_freeze(project: Project) -> None:
    with pytest.raises(InspectorError, match="no usable image"):
        project.take_snapshot()


@pytest.mark.parametrize("damage", ["missing", "cut", "edited"])
def test_a_damaged_snapshot_is_refused_and_a_new_one_can_be_taken(
    project: Project, parts: Path, damage: str
) -> None:
    project.import_folder(parts)
    first = project.take_snapshot()
    file = project.snapshot_file(1)
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(file.read_bytes()[:-10])
    else:
        content = json.loads(file.read_text())
        content["entries"][0]["truth"] = "defective"
        file.write_text(json.dumps(content))
    with pytest.raises(InspectorError, match=r"0001\.json"):
        project.snapshot(1)
    second = project.take_snapshot()
    assert (second.snapshot_id, second.digest) == (2, first.digest)


def test_an_unknown_snapshot_is_explained(project: Project) -> None:
    with pytest.raises(InspectorError, match="no snapshot 4"):
        project.snapshot(4)


def test_a_snapshot_that_cannot_be_written_is_not_kept(project: Project, parts: Path) -> None:
    project.import_folder(parts)
    (project.folder / "snapshots").rmdir()
    (project.folder / "snapshots").write_text("in the way")
    with pytest.raises(InspectorError):
        project.take_snapshot()
    (project.folder / "snapshots").unlink()
    (project.folder / "snapshots").mkdir()
    assert project.take_snapshot().snapshot_id == 1


@pytest.fixture
def painted(project: Project, parts: Path) -> Project:
    """A project with a stroke on image 1, of which no version is cut yet."""
    project.import_folder(parts)
    kind = project.add_defect_type("scratch")
    mask = np.zeros((12, 16), np.bool_)
    mask[3] = True
    project.set_mask(1, kind.type_id, mask, "brush", "Ada")
    return project


def test_a_snapshot_holds_what_was_painted_in_files_of_its_own(painted: Project) -> None:
    snapshot = painted.take_snapshot()
    (entry,) = snapshot.annotated()
    (annotation,) = entry.annotations
    (version,) = painted.annotations()  # taking the snapshot has cut it
    assert (entry.image_id, annotation.annotation_id) == (1, version.annotation_id)
    assert (annotation.defect_type, annotation.sha256) == ("scratch", version.sha256)
    file = Path(annotation.path)
    assert file == painted.folder / "annotations" / f"{version.sha256}.png"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == annotation.sha256
    expected = np.zeros((12, 16), np.bool_)
    expected[3] = True
    assert np.array_equal(read_annotation(annotation), expected)
    assert np.array_equal(read_mask([file]), expected)
    assert read_snapshot(painted.snapshot_file(snapshot.snapshot_id)) == snapshot
    assert painted.take_snapshot() == snapshot
    assert entry.truth is Truth.GOOD and snapshot.normal_training()  # the truth stays


def test_the_digest_knows_what_was_painted_and_as_what(painted: Project) -> None:
    digests = [painted.take_snapshot().digest]
    painted.change_defect_type(1, name="dent")
    digests.append(painted.take_snapshot().digest)
    painted.undo_stroke(1)
    digests.append(painted.take_snapshot().digest)
    painted.redo_stroke(1)
    assert painted.take_snapshot().digest == digests[1]
    assert len(set(digests)) == 3
    painted.undo_stroke(1)
    bare = painted.take_snapshot()
    assert bare.digest == digests[2] and bare.annotated() == ()
    assert bare.digest == digest_of(tuple(replace(e, annotations=()) for e in bare.entries))


def test_digests_and_files_from_before_there_were_painted_masks_still_hold() -> None:
    entry = _entry(window=IntensityWindow(1.0, 2.0), mask_sha256=("b", "a"))
    facts = [[f"{1:064x}", "bolt", "train", "good", ["a", "b"], [1.0, 2.0]]]
    old = hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()
    assert digest_of((entry,)) == old
    painted = (AnnotationRef(1, "scratch", "/a.png", "c"),)
    assert digest_of((replace(entry, annotations=painted),)) != old
    document = msgspec.to_builtins(Snapshot(1, "now", old, (entry,)))
    del document["entries"][0]["annotations"]
    assert msgspec.convert(document, Snapshot).entries == (entry,)


def test_a_painted_file_that_is_lost_or_changed_is_written_anew(painted: Project) -> None:
    (annotation,) = painted.take_snapshot().entries[0].annotations
    file = Path(annotation.path)
    for damage in (lambda: file.unlink(), lambda: file.write_bytes(b"x")):
        damage()
        with pytest.raises(InspectorError, match=r"painted mask .*(read|changed)") as error:
            read_annotation(annotation)
        assert error.value.hint
        painted.take_snapshot()
        assert read_annotation(annotation).any()
