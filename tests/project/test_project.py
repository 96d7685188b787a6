"""Creating, opening and recognising a project folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from inspector.errors import InspectorError
from inspector.project.project import Project


def test_create_then_open(tmp_path: Path) -> None:
    folder = tmp_path / "Prüfung 検査" / "project"
    assert not Project.is_project(folder)
    with Project.create(folder) as project:
        assert project.folder == folder.resolve()
        assert project.cache_folder.is_dir()
        assert project.reports_folder.is_dir()
    assert Project.is_project(folder)
    with Project.open(folder) as project:
        assert project.images() == ()


def test_create_in_an_empty_folder_and_beside_a_file_managers_litter(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()
    Project.create(tmp_path).close()
    assert Project.is_project(tmp_path)


def test_create_refuses_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InspectorError, match="not empty") as error:
        Project.create(tmp_path)
    assert "empty folder" in error.value.hint
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]


def test_create_refuses_what_is_a_project_already(project: Project) -> None:
    with pytest.raises(InspectorError, match="a project already") as error:
        Project.create(project.folder)
    assert "Open it" in error.value.hint


@pytest.mark.parametrize("below", ["", "deeper"])
def test_create_where_a_file_lies(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InspectorError, match="cannot be used"):
        Project.create(tmp_path / "file" / below)


def test_create_where_nothing_may_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)  # root may write anywhere, so chmod proves nothing
    with pytest.raises(InspectorError, match="Permission denied") as error:
        Project.create(tmp_path / "project")
    assert "may be written to" in error.value.hint


def test_open_refuses_what_is_no_project(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InspectorError, match="not an Inspector project"):
            Project.open(folder)
    assert list(tmp_path.iterdir()) == []


def test_a_deleted_cache_comes_back(project: Project) -> None:
    project.cache_folder.rmdir()
    with Project.open(project.folder) as again:
        assert again.cache_folder.is_dir()


def test_a_creation_that_was_cut_short_can_be_opened(tmp_path: Path) -> None:
    (tmp_path / "project.db").touch()
    with Project.open(tmp_path) as project:
        assert project.runs() == ()


def test_two_windows_may_look_at_one_project(project: Project) -> None:
    run = project.new_run("train", "revdist", b"{}", None)
    with Project.open(project.folder) as second:
        assert [r.run_id for r in second.runs()] == [run.run_id]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a file name be no text")
def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match=r"no text") as error:
        Project.create(tmp_path / os.fsdecode(b"caf\xe9"))
    error.value.message.encode()  # can be shown, too
    assert list(tmp_path.iterdir()) == []
