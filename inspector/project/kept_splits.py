"""The long-tailed split that new trainings of a project take, and the split files it keeps.

A file is named by its content and never changed: a training that waits names the one that was in
force when it was asked for. Taking a split off leaves its file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from inspector.errors import InspectorError
from inspector.project.project import Project
from inspector.project.splits import SplitFile, write_split

_FOLDER = "splits"
_SETTING = "split"


def split_in_force(project: Project) -> str:
    """Name of the split that new trainings take; empty for none."""
    return project.get_setting(_SETTING, str, "")


def put_in_force(project: Project, split: SplitFile) -> str:
    """Keeps a split in the project and lets new trainings take it. Returns its name.

    Raises:
        InspectorError: The project cannot be written.
    """
    digest = hashlib.sha256(msgspec.json.encode(split)).hexdigest()[:8]
    name = f"{split.kind}-{split.beta:g}-{split.seed}-{digest}.json"
    file = split_file(project, name)
    try:
        file.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise InspectorError(
            f"The folder '{file.parent}' could not be made: {error.strerror or error}.",
            "Check that the project folder may be written to.",
        ) from error
    write_split(file, split)
    project.set_setting(_SETTING, name)
    return name


def take_off(project: Project) -> None:
    """Lets new trainings take all images again."""
    project.remove_setting(_SETTING)


def split_file(project: Project, name: str) -> Path:
    """Where the split of this name lies."""
    return project.folder / _FOLDER / name
