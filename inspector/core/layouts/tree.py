"""One pass over a folder on disk; every layout then works on what was found, without the disk."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inspector.core.imagefiles import IMAGE_SUFFIXES
from inspector.core.samples import Problem

# What systems and data sets leave beside images, and what nobody means to import.
_SYSTEM_NAMES = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx"})
_ABOUT_THE_DATA = re.compile(
    r"(readme|licen[cs]e|copying|notice|citation)[^.]*(\.(txt|md|rst|pdf|html?|cff|bib))?",
    re.IGNORECASE,
)

_SUFFIXES = tuple(IMAGE_SUFFIXES)


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """A folder and all below it, in natural order; what is hidden or about the data is left out.

    Attributes:
        path: Absolute path.
        folders: Its subfolders.
        images: The files directly in it whose suffix is an image's, whatever their content.
        others: All other files directly in it.
    """

    path: Path
    folders: tuple[Folder, ...] = ()
    images: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        return self.path.name

    def folder(self, name: str) -> Folder | None:
        """The subfolder of that name, upper and lower case being the same."""
        return next((f for f in self.folders if f.name.casefold() == name.casefold()), None)

    def other(self, name: str) -> Path | None:
        """The file of that name that is no image, upper and lower case being the same."""
        return next((f for f in self.others if f.name.casefold() == name.casefold()), None)

    def walk(self) -> Iterator[Folder]:
        """This folder and every one below it."""
        yield self
        for folder in self.folders:
            yield from folder.walk()

    def count_images(self) -> int:
        """How many image files lie in it or below it."""
        return sum(len(folder.images) for folder in self.walk())

    def is_empty(self) -> bool:
        """Whether no file lies in it or below it."""
        if self.images or self.others:
            return False
        return all(folder.is_empty() for folder in self.folders)


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sorts as people count: "part2" before "part10"."""
    parts = re.split(r"(\d+)", name.casefold())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def classes_in(root: Folder, is_class: Callable[[Folder], bool]) -> list[Folder]:
    """The class folders in `root`, or `root` alone where it is a class folder itself."""
    return [root] if is_class(root) else [folder for folder in root.folders if is_class(folder)]


def scan(root: Path) -> tuple[Folder, list[Problem]]:
    """All folders and files below `root`, and the problems met on the way."""
    problems: list[Problem] = []
    return _scan(root, frozenset(), problems), problems


def _scan(path: Path, above: frozenset[tuple[int, int]], problems: list[Problem]) -> Folder:
    folders: list[str] = []
    files: list[str] = []
    try:
        status = path.stat()
        identity = (status.st_dev, status.st_ino)
        if identity in above:
            problems.append(Problem(path, "A link back to a folder that it lies in."))
            return Folder(path)
        with os.scandir(path) as entries:
            for entry in entries:
                is_folder = entry.is_dir()
                if _is_of_no_interest(entry.name, is_folder):
                    continue
                if not _is_text(entry.name):
                    problems.append(_unprintable(path, entry.name))
                    continue
                (folders if is_folder else files).append(entry.name)
    except OSError as error:
        problems.append(
            Problem(
                path,
                f"The folder cannot be opened: {error.strerror or error}.",
                "Check that it may be read.",
            )
        )
        return Folder(path)
    below = above | {identity}
    folders.sort(key=natural_key)
    files.sort(key=natural_key)
    return Folder(
        path,
        tuple(_scan(path / name, below, problems) for name in folders),
        tuple(path / name for name in files if _is_image(name)),
        tuple(path / name for name in files if not _is_image(name)),
    )


def _is_image(name: str) -> bool:
    return name.casefold().endswith(_SUFFIXES)


def _is_of_no_interest(name: str, is_folder: bool) -> bool:
    if name.startswith(".") or name.casefold() in _SYSTEM_NAMES:
        return True
    return not is_folder and _ABOUT_THE_DATA.fullmatch(name) is not None


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unprintable(folder: Path, name: str) -> Problem:
    readable = name.encode(errors="backslashreplace").decode()
    return Problem(folder / readable, "Its name holds bytes that are no text.", "Rename it.")
