"""`inspector import`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inspector.project.project import Project

Call = Callable[..., Any]


def test_the_folder_is_described_and_counted(tmp_path: Path, tiny_parts: Path, call: Call) -> None:
    project = tmp_path / "new" / "project"
    answer = call("import", project, tiny_parts)
    assert answer.code == 0
    assert "MVTec AD" in answer.out
    assert "30 new, 0 changed, 0 unchanged." in answer.out
    rows = [line.split() for line in answer.out.splitlines()]
    for name in ("ceramic", "fabric", "nut"):
        assert [name, "6", "2", "2"] in rows
    assert "cannot be used" not in answer.out
    with Project.open(project) as opened:
        assert len(opened.images()) == 30

    again = call("import", project, tiny_parts)
    assert again.code == 0
    assert "0 new, 0 changed, 30 unchanged." in again.out


def test_the_summary_as_json_with_problems_and_images_in_two_splits(
    tmp_path: Path, tiny_parts: Path, call: Call
) -> None:
    parts = tmp_path / "parts"
    shutil.copytree(tiny_parts, parts)
    (parts / "nut" / "train" / "good" / "000.png").write_bytes(b"no image")
    shutil.copy(parts / "nut/train/good/001.png", parts / "nut/test/good/777.png")
    answer = call("import", tmp_path / "project", parts, "--json")
    assert answer.code == 0
    found = answer.document
    assert found["layout"] == "mvtec"
    assert found["n_images"] == found["n_new"] == 31
    assert found["n_problems"] == 1
    (problem,) = found["problems"]
    assert problem["path"] == str(parts / "nut" / "train" / "good" / "000.png")
    assert problem["reason"]
    assert problem["hint"]
    assert [sorted(Path(path).name for path in group) for group in found["duplicates"]] == [
        ["001.png", "777.png"]
    ]
    text = call("import", tmp_path / "project", parts).out
    assert "1 files cannot be used" in text
    assert "Warning: 1 images stand in more than one split" in text
    assert "777.png" in text


def test_many_problems_are_cut_short_and_counted(tmp_path: Path, call: Call) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(25):
        (folder / f"{number}.png").write_bytes(b"no image")
    answer = call("import", tmp_path / "project", folder)
    assert answer.code == 0
    assert "25 files cannot be used" in answer.out
    assert answer.out.count(".png: ") == 20
    assert "5 more" in answer.out


def test_an_unlabelled_folder_can_be_taken_for_good(
    tmp_path: Path, tiny_parts: Path, call: Call
) -> None:
    flat = tiny_parts / "nut" / "train" / "good"
    arguments = ("import", tmp_path / "project", flat, "--class-name", "M6 nut", "--assume-good")
    counts = call(*arguments, "--json").document["counts"]
    assert counts == [
        {"class_name": "M6 nut", "split": "unassigned", "truth": "good", "n_images": 6}
    ]


@pytest.mark.parametrize("kind", ["missing", "a file", "empty", "without images"])
def test_a_folder_that_cannot_be_imported_makes_no_project(
    tmp_path: Path, call: Call, kind: str
) -> None:
    folder = tmp_path / "images"
    if kind == "a file":
        folder.write_text("not a folder")
    elif kind != "missing":
        folder.mkdir()
    if kind == "without images":
        (folder / "notes.txt").write_text("no image here")
    answer = call("import", tmp_path / "project", folder)
    assert answer.code == 1
    assert answer.out == ""
    message, hint = answer.err.rstrip().splitlines()[-2:]
    assert message.startswith("inspector: ")
    assert str(folder) in message
    assert hint.strip()
    assert "Traceback" not in answer.err
    assert not (tmp_path / "project").exists()


def test_errors_are_json_too_where_json_is_wanted(
    tmp_path: Path, project: Path, call: Call
) -> None:
    answer = call("import", project, tmp_path / "nowhere", "--json")
    assert answer.code == 1
    assert set(answer.document) == {"error", "hint"}
    assert "nowhere" in answer.document["error"]
    assert "nowhere" in answer.err


def test_a_failed_import_changes_nothing(
    tmp_path: Path, project: Path, call: Call, contents: Callable[..., Any]
) -> None:
    before = contents(project)
    assert call("import", project, tmp_path / "nowhere").code == 1
    assert call("import", project, project.parent).code == 1  # holds the project itself
    with Project.open(project) as opened:
        assert len(opened.images()) == 30
    after = contents(project)
    del before["project.db"], after["project.db"]  # opening it may tidy its pages
    assert after == before


def test_a_folder_that_is_something_else_does_not_become_a_project(
    tiny_parts: Path, tmp_path: Path, call: Call
) -> None:
    taken = tmp_path / "documents"
    taken.mkdir()
    (taken / "letter.txt").write_text("Dear …")
    answer = call("import", taken, tiny_parts)
    assert answer.code == 1
    assert "not empty" in answer.err
    assert [path.name for path in taken.iterdir()] == ["letter.txt"]


def test_a_layout_that_does_not_fit(project: Path, tiny_parts: Path, call: Call) -> None:
    answer = call("import", project, tiny_parts, "--layout", "visa-csv")
    assert answer.code == 1
    assert "does not have the layout" in answer.err


def test_wrong_usage_is_told_apart_from_failure(
    call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in ([], ["import"], ["import", "a", "b", "--layout", "nonsense"], ["nonsense"]):
        with pytest.raises(SystemExit) as ended:
            call(*arguments)
        assert ended.value.code == 2
        assert "usage:" in capsys.readouterr().err
