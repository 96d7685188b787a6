"""Importing folders: what is found, what is bad, and what a second import does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.core.samples import Split, Truth
from inspector.errors import InspectorError
from inspector.project import importing, reading
from inspector.project.importing import ImageCount, ImportSummary
from inspector.project.project import Project
from inspector.project.verdicts import Trace, Verdict

WriteImage = Callable[..., Path]


def _state(project: Project) -> list[tuple[object, ...]]:
    """All that an import writes, ids included."""
    tables = ("source", "image", "mask", "class_window")
    return [
        tuple(row) for table in tables for row in project._database.rows(f"SELECT * FROM {table}")
    ]


def _numbers(summary: ImportSummary) -> tuple[int, int, int, int]:
    return summary.n_images, summary.n_new, summary.n_changed, summary.n_unchanged


def _touch_later(path: Path, seconds: int = 5) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + seconds * 10**9))


def test_a_folder_becomes_rows_with_labels_masks_and_sizes(project: Project, parts: Path) -> None:
    summary = project.import_folder(parts)
    assert _numbers(summary) == (16, 16, 0, 0)
    assert summary.problems == () and summary.duplicates == ()
    assert summary.counts == tuple(
        ImageCount(name, split, truth, n)
        for name in ("Dübel 木", "bolt")
        for split, truth, n in (
            (Split.TEST, Truth.DEFECTIVE, 2),
            (Split.TEST, Truth.GOOD, 2),
            (Split.TRAIN, Truth.GOOD, 4),
        )
    )
    images = {image.path: image for image in project.images()}
    scratched = images[parts / "Dübel 木/test/scratch/001.png"]
    assert scratched.mask_paths == (parts / "Dübel 木/ground_truth/scratch/001_mask.png",)
    record = scratched.record
    assert (record.width, record.height, record.bit_depth, record.channels) == (16, 12, 8, 1)
    assert (record.defect_kind, record.truth) == ("scratch", Truth.DEFECTIVE)
    (source,) = project.sources()
    assert (source.path, source.layout) == (parts, summary.layout)


def test_progress_is_told_of_every_image_in_order(project: Project, parts: Path) -> None:
    told: list[tuple[int, int]] = []
    project.import_folder(parts, progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 16) for n in range(1, 17)]


def test_bad_files_are_listed_with_a_reason_and_the_rest_is_imported(
    project: Project, parts: Path, write_image: WriteImage
) -> None:
    train = parts / "bolt/train/good"
    (train / "empty.png").touch()
    (train / "text.png").write_text("no image at all")
    cut = write_image(train / "cut.png", 7, shape=(64, 64))
    cut.write_bytes(cut.read_bytes()[:-500])
    summary = project.import_folder(parts)
    assert _numbers(summary) == (19, 19, 0, 0)
    assert {problem.path.name for problem in summary.problems} == {
        "empty.png", "text.png", "cut.png",
    }  # fmt: skip
    assert summary.n_problems == 3
    assert all(problem.reason and problem.hint for problem in summary.problems)
    assert sum(count.n_images for count in summary.counts) == 16
    bad = [image for image in project.images() if image.problem is not None]
    assert sorted(image.path.name for image in bad) == ["cut.png", "empty.png", "text.png"]
    assert {problem.path for problem in summary.problems} == {image.path for image in bad}


def test_an_unreadable_or_turned_mask_is_a_problem_of_its_image(
    project: Project, parts: Path, write_image: WriteImage
) -> None:
    masks = parts / "bolt/ground_truth/scratch"
    (masks / "000_mask.png").write_text("no mask")
    write_image(masks / "001_mask.png", 1, high=2, shape=(16, 12))
    summary = project.import_folder(parts)
    by_name = {problem.path.name: problem.reason for problem in summary.problems}
    assert set(by_name) == {"000.png", "001.png"}
    assert "000_mask.png" in by_name["000.png"]
    assert "12×16" in by_name["001.png"] and "16×12" in by_name["001.png"]


def test_a_mask_at_half_the_size_is_accepted(
    project: Project, parts: Path, write_image: WriteImage
) -> None:
    mask = parts / "bolt/ground_truth/scratch/000_mask.png"
    write_image(mask, 1, high=2, shape=(6, 8))
    assert project.import_folder(parts).problems == ()


def test_problems_that_the_layout_found_are_listed_too(project: Project, parts: Path) -> None:
    (parts / "bolt" / "train" / "good" / "notes.docx").write_text("x")
    summary = project.import_folder(parts)
    assert "notes.docx" in {problem.path.name for problem in summary.problems}
    assert all(image.problem is None for image in project.images())


def test_importing_again_reads_and_changes_nothing(
    project: Project, parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.import_folder(parts)
    before = _state(project)[1:]

    def refuse(path: Path) -> None:
        raise AssertionError(f"{path} was read again")

    monkeypatch.setattr(reading, "read_image", refuse)
    monkeypatch.setattr(reading, "sha256_of", refuse)
    assert _numbers(project.import_folder(parts)) == (16, 0, 0, 16)
    assert _state(project)[1:] == before


def test_importing_again_takes_new_changed_and_vanished_files_up(
    project: Project, parts: Path, write_image: WriteImage
) -> None:
    train = parts / "bolt/train/good"
    project.import_folder(parts)
    before = {image.path: image for image in project.images()}
    write_image(train / "new.png", 900)
    write_image(train / "000.png", 901)
    _touch_later(train / "000.png")
    (train / "001.png").unlink()
    summary = project.import_folder(parts)
    assert _numbers(summary) == (16, 1, 1, 14)
    after = {image.path: image for image in project.images()}
    assert set(after) == set(before) | {train / "new.png"}
    assert all(after[path].image_id == before[path].image_id for path in before)
    assert after[train / "000.png"].record.sha256 != before[train / "000.png"].record.sha256
    (problem,) = summary.problems
    assert problem.path == train / "001.png"
    assert problem.reason == "The file is missing."
    assert after[train / "001.png"].problem == problem
    assert after[train / "001.png"].record.sha256 == before[train / "001.png"].record.sha256


def test_what_was_said_of_a_picture_is_not_said_of_the_one_that_replaces_it(
    project: Project, parts: Path, write_image: WriteImage
) -> None:
    project.import_folder(parts)
    file = parts / "bolt/train/good/000.png"
    ids = {image.path: image.image_id for image in project.images()}
    for image_id in ids.values():
        project.add_verdict(image_id, Verdict.OK, "Ada", Trace())
    write_image(file, 901)
    _touch_later(file)
    project.import_folder(parts)
    verdicts = {image_id: row.verdict for image_id, row in project.latest_verdicts().items()}
    assert verdicts.pop(ids[file], Verdict.NONE) is Verdict.NONE
    assert set(verdicts.values()) == {Verdict.OK}
    said = project.verdict_history(ids[file])
    assert [row.verdict for row in said] == [Verdict.OK, Verdict.NONE]
    assert said[-1].note == "The file was replaced."


def test_a_vanished_file_that_comes_back_is_good_again(project: Project, parts: Path) -> None:
    file = parts / "bolt/train/good/001.png"
    project.import_folder(parts)
    content, times = file.read_bytes(), file.stat()
    file.unlink()
    assert project.import_folder(parts).n_problems == 1
    assert project.import_folder(parts).n_problems == 1  # still gone, still said
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    summary = project.import_folder(parts)
    assert _numbers(summary) == (16, 0, 1, 15)
    assert summary.problems == ()


def test_a_repaired_file_is_read_again_even_at_the_same_size_and_time(
    project: Project, parts: Path
) -> None:
    file = parts / "bolt/train/good/001.png"
    content, times = file.read_bytes(), file.stat()
    file.write_bytes(bytes(len(content)))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert project.import_folder(parts).n_problems == 1
    file.write_bytes(content)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert project.import_folder(parts).n_problems == 0


def test_a_changed_mask_changes_its_image_and_its_version(
    project: Project, parts: Path, write_image: WriteImage
) -> None:
    project.import_folder(parts)
    mask = write_image(parts / "bolt/ground_truth/scratch/000_mask.png", 999, high=2)
    _touch_later(mask)
    assert _numbers(project.import_folder(parts)) == (16, 0, 1, 15)
    versions = project._database.rows("SELECT path, version FROM mask WHERE version > 1")
    assert [tuple(row) for row in versions] == [("bolt/ground_truth/scratch/000_mask.png", 2)]


def test_duplicates_in_different_splits_are_reported(project: Project, parts: Path) -> None:
    train, test = parts / "bolt/train/good", parts / "bolt/test/good"
    (test / "again.png").write_bytes((train / "000.png").read_bytes())
    (train / "twin.png").write_bytes((train / "001.png").read_bytes())  # harmless: one split
    summary = project.import_folder(parts)
    assert [set(group) for group in summary.duplicates] == [{train / "000.png", test / "again.png"}]
    assert project.import_folder(parts).duplicates == summary.duplicates  # each time, not once


def test_what_is_said_of_a_flat_folder_holds_for_later_imports(
    project: Project, tmp_path: Path, write_image: WriteImage
) -> None:
    flat = tmp_path / "flat"
    for n in range(3):
        write_image(flat / f"{n}.png", n)
    project.import_folder(flat, assume=Truth.GOOD, class_name="washer")
    write_image(flat / "3.png", 3)
    assert _numbers(project.import_folder(flat)) == (4, 1, 0, 3)
    labels = {(image.record.class_name, image.record.truth) for image in project.images()}
    assert {truth for _, truth in labels} == {Truth.GOOD}
    assert {name for name, _ in labels} == {"washer"}
    # Said differently later: labels change, files are not new.
    assert _numbers(project.import_folder(flat, assume=Truth.DEFECTIVE)) == (4, 0, 4, 0)
    assert {image.record.truth for image in project.images()} == {Truth.DEFECTIVE}


def test_what_is_known_is_not_overruled_by_an_assumption(project: Project, parts: Path) -> None:
    project.import_folder(parts, assume=Truth.GOOD, class_name="other")
    truths = [image.record.truth for image in project.images()]
    assert truths.count(Truth.DEFECTIVE) == 4
    assert {image.record.class_name for image in project.images()} == {"bolt", "Dübel 木"}


class _StopError(Exception):
    pass


@pytest.mark.parametrize("stop", [_StopError, KeyboardInterrupt])
@pytest.mark.parametrize("second_import", [False, True])
def test_an_import_that_is_stopped_while_reading_leaves_the_project_as_it_was(
    project: Project,
    parts: Path,
    write_image: WriteImage,
    stop: type[BaseException],
    second_import: bool,
) -> None:
    if second_import:
        project.import_folder(parts)
        write_image(parts / "bolt/train/good/new.png", 900)
        (parts / "bolt/train/good/000.png").unlink()
    before = _state(project)

    def progress(done: int, total: int) -> None:
        if done == 9:
            raise stop

    with pytest.raises(stop):
        project.import_folder(parts, progress=progress)
    assert _state(project) == before


def test_an_import_that_is_stopped_while_writing_leaves_the_project_as_it_was(
    project: Project, parts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _state(project)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "save_windows", stop)  # the last write of all
    with pytest.raises(KeyboardInterrupt):
        project.import_folder(parts)
    assert _state(project) == before
    monkeypatch.undo()
    assert project.import_folder(parts).n_new == 16


def test_a_file_of_a_folder_imported_earlier_is_not_taken_twice(
    project: Project, parts: Path
) -> None:
    project.import_folder(parts)
    with pytest.raises(InspectorError, match="already imported") as error:
        project.import_folder(parts / "bolt")
    assert str(parts) in error.value.hint
    assert len(project.images()) == 16


def test_a_folder_around_one_imported_earlier_adds_only_the_rest(
    project: Project, parts: Path
) -> None:
    project.import_folder(parts / "bolt")
    summary = project.import_folder(parts)
    assert _numbers(summary) == (8, 8, 0, 0)
    assert summary.n_problems == 8
    assert all("already imported" in problem.reason for problem in summary.problems)
    assert len(project.images()) == 16


def test_a_project_does_not_import_itself_but_may_hold_images(
    project: Project, write_image: WriteImage
) -> None:
    with pytest.raises(InspectorError, match="holds the project"):
        project.import_folder(project.folder)
    with pytest.raises(InspectorError, match="holds the project"):
        project.import_folder(project.folder.parent)
    inside = project.folder / "parts"
    for n in range(2):
        write_image(inside / f"{n}.png", n)
    assert project.import_folder(inside).n_new == 2


def test_images_inside_a_project_move_with_it(
    project: Project, tmp_path: Path, write_image: WriteImage
) -> None:
    inside = project.folder / "parts"
    write_image(inside / "0.png", 0)
    project.import_folder(inside)
    project.close()
    moved = project.folder.rename(tmp_path / "moved")
    with Project.open(moved) as again:
        assert [image.path for image in again.images()] == [moved / "parts" / "0.png"]
        assert again.import_folder(moved / "parts").n_unchanged == 1


def test_a_folder_without_images_or_without_existence_is_refused(
    project: Project, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder in (empty, tmp_path / "nowhere"):
        with pytest.raises(InspectorError):
            project.import_folder(folder)
    assert project.sources() == ()


def test_a_folder_that_is_unplugged_does_not_lose_its_images(project: Project, parts: Path) -> None:
    project.import_folder(parts)
    before = _state(project)
    parts.rename(parts.with_name("unplugged"))
    with pytest.raises(InspectorError):
        project.import_folder(parts)
    assert _state(project) == before


def test_the_number_of_queries_grows_no_faster_than_the_images(
    project: Project, tmp_path: Path, write_image: WriteImage
) -> None:
    """10 000 images must not cost 10 000 times 10 000 of anything; counted, not timed."""
    statements: list[str] = []
    project._database._connection.set_trace_callback(statements.append)
    counts = []
    for size in (50, 100):
        folder = tmp_path / f"of {size}"
        one = write_image(folder / "0.png", size).read_bytes()
        for n in range(1, size):
            (folder / f"{n}.png").write_bytes(one)
        for _ in range(2):
            statements.clear()
            project.import_folder(folder, class_name="nut")
            counts.append(len(statements))
    first, again, first_twice, again_twice = counts
    assert first_twice - first <= 2 * 50 + 5
    assert again_twice - again <= 5


def test_a_file_that_the_layout_no_longer_takes_in_is_said_to_be_so(
    project: Project, tmp_path: Path, write_image: WriteImage
) -> None:
    root = tmp_path / "washer"
    stray = write_image(root / "stray.png", 0)
    project.import_folder(root)
    write_image(root / "train/good/0.png", 1)
    write_image(root / "test/scratch/0.png", 2)
    write_image(root / "test/good/0.png", 3)
    summary = project.import_folder(root)
    assert summary.layout == "mvtec" and summary.n_new == 3
    (image,) = (image for image in project.images() if image.path == stray)
    assert image.problem is not None and "no longer part" in image.problem.reason
    assert image.problem in summary.problems
