"""Finding the images of a project that a file of another program means, and naming them in one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path, PurePosixPath

from inspector.errors import InspectorError
from inspector.project.database import Database
from inspector.project.paths import from_stored, to_stored
from inspector.project.strokes import size_of_image


@dataclass(frozen=True, slots=True)
class KnownImage:
    """An image of the project, as far as exchanging masks needs it.

    Attributes:
        image_id: Its number.
        root: The imported folder, absolute.
        path: The image file, absolute.
        class_name: Product class; may be empty.
        defect_kind: What the data set calls its defect; may be empty.
        size: (height, width); None where the file is of no use.
    """

    image_id: int
    root: Path
    path: Path
    class_name: str
    defect_kind: str
    size: tuple[int, int] | None


class Images:
    """The images of a project, to be found by the ways in which files name them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        rows = database.rows(
            """
            SELECT image.id, source.path AS root, image.path, class_name, defect_kind, height,
                width, problem
            FROM image JOIN source ON source.id = source_id ORDER BY image.id
            """
        )
        roots = {root: from_stored(database.folder, root) for root in {row["root"] for row in rows}}
        self.all = tuple(
            KnownImage(
                row["id"],
                roots[row["root"]],
                from_stored(roots[row["root"]], row["path"]),
                row["class_name"],
                row["defect_kind"],
                None if row["problem"] else (row["height"], row["width"]),
            )
            for row in rows
        )
        self._by_id = {image.image_id: image for image in self.all}
        self._by_file_name: dict[str, list[KnownImage]] = defaultdict(list)
        for image in self.all:
            self._by_file_name[image.path.name].append(image)

    def by_id(self, image_id: int) -> KnownImage:
        """The image with this number."""
        return self._by_id[image_id]

    def find(self, name: str, folder: Path, file: Path) -> KnownImage:
        """The image that a file names by a path.

        It is looked for from `folder`, then in the imported folders, then by as much of its path
        as a folder keeps that was moved, or lies elsewhere on another machine: the name and the
        folder that it is in at least, where the path has one.

        Raises:
            InspectorError: There is none, or more than one.
        """
        written = PurePosixPath(name.replace("\\", "/"))
        wanted = _without_links(folder / written)
        candidates = self._by_file_name[written.name]
        here = [image for image in candidates if image.path == wanted]
        inside = [image for image in candidates if image.path == image.root / written]
        found = here[:1] or inside or _moved(candidates, written)
        return self.only(found, name, file)  # one file may be imported with two folders

    def name_of(self, image: KnownImage) -> str:
        """A path by which `find` finds the image from any folder, as short as may be."""
        name = PurePosixPath(to_stored(image.root, image.path))
        twins = self._by_file_name[image.path.name]
        is_alone = [twin for twin in twins if twin.path == twin.root / name] == [image]
        return name.as_posix() if is_alone else image.path.as_posix()

    def only(self, found: Sequence[KnownImage], name: str, file: Path) -> KnownImage:
        """The one image found, which must be of use.

        Raises:
            InspectorError: None was found, or several, or it has a problem.
        """
        if not found:
            raise InspectorError(
                f"'{file}' names the image '{name}', which is not in the project.",
                "Import the folder with that image first, or remove it from the file.",
            )
        if len(found) > 1:
            raise InspectorError(
                f"'{file}' names the image '{name}', of which the project has {len(found)}: "
                f"'{found[0].path}' and '{found[1].path}'.",
                "Name it with more of its path.",
            )
        if found[0].size is None:
            size_of_image(self._database, found[0].image_id)  # raises: it says what is wrong
        return found[0]


def _moved(candidates: Sequence[KnownImage], written: PurePosixPath) -> list[KnownImage]:
    """Those that share the longest end of a path with what is written."""
    parts = [part for part in written.parts if part not in ("..", ".")]
    shared = [_shared_end(image.path.parts, parts) for image in candidates]
    longest = max(shared, default=0)
    if longest < min(2, len(parts)):
        return []
    return [image for image, n in zip(candidates, shared, strict=True) if n == longest]


def _shared_end(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _without_links(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path
