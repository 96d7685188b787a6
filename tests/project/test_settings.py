"""What a project remembers of how it is used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.project.project import Project


@dataclass(frozen=True, slots=True)
class View:
    """A value such as a page keeps."""

    columns: int
    filter: str = ""


def test_a_setting_is_there_after_reopening(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        project.set_setting("operator", "Zoë 木")
        project.set_setting("view", View(3, "ng"))
        project.set_setting("view", View(4))  # in place of the old one
    with Project.open(tmp_path / "p") as project:
        assert project.get_setting("operator", str, "") == "Zoë 木"
        assert project.get_setting("view", View, View(0)) == View(4)


def test_what_is_missing_or_cannot_be_read_is_the_default(project: Project) -> None:
    assert project.get_setting("columns", int, 7) == 7
    project.set_setting("columns", "many")
    assert project.get_setting("columns", int, 7) == 7
    project.set_setting("view", {"columns": None})
    assert project.get_setting("view", View, View(1)) == View(1)
    with project._database.transaction():
        project._database.run("UPDATE setting SET value = '{' WHERE key = 'columns'")
    assert project.get_setting("columns", int, 7) == 7
