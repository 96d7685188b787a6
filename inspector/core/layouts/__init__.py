"""Finding out by itself how a folder of images is laid out, and what each image in it is.

The disk is read once, names only. A layout then takes what it understands; whatever it leaves
becomes a `Problem`, so that every file is a sample, a sample's mask, or listed with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from inspector.core.layouts import btad, dagm, flat, loco, mvtec, plain, visa, visa_csv
from inspector.core.layouts.layout import Layout
from inspector.core.layouts.leftovers import leftovers
from inspector.core.layouts.masks import missing_masks
from inspector.core.layouts.summary import describe
from inspector.core.layouts.tree import Folder, natural_key, scan
from inspector.core.samples import Problem, Sample
from inspector.errors import InspectorError

# The most specific first: the first one that fits is taken.
_TABLE: tuple[Layout, ...] = tuple(
    module.LAYOUT for module in (visa_csv, visa, loco, btad, dagm, mvtec, plain, flat)
)

# The ids that `recognise` takes, with the layouts in words.
LAYOUTS: dict[str, str] = {layout.id: f"{layout.title}: {layout.shape}" for layout in _TABLE}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A folder as a layout describes it.

    Attributes:
        layout: Id of the layout, a key of `LAYOUTS`.
        description: The layout and what was found, in one line of words.
        samples: The images, by class and split, in natural order. At least one.
        problems: What was not understood, by path, in natural order.
    """

    layout: str
    description: str
    samples: tuple[Sample, ...]
    problems: tuple[Problem, ...]


def recognise(folder: Path, layout: str | None = None) -> Recognised:
    """Find a folder's layout, or read it in the given one. No image is opened.

    Args:
        folder: The root of a data set or one class folder of it; where a class folder is given,
            the class is named after it.
        layout: A key of `LAYOUTS`; None tries all, the most specific first.

    Raises:
        InspectorError: `folder` does not exist, is no folder, or holds no image; the layout is
            unknown or does not fit.
    """
    candidates = _TABLE if layout is None else (_layout_called(layout),)
    root = _existing(folder)
    tree, problems = scan(root)
    if problems and problems[0].path == root:
        raise InspectorError(f"'{root}': {problems[0].reason}", problems[0].hint)
    if tree.count_images() == 0:
        raise InspectorError(
            f"There is no image in '{root}'.", "Images are PNG, JPEG, BMP, TIFF and WebP files."
        )
    for candidate in candidates:
        for place in _places(tree, candidate):
            if layout is None and not candidate.fits(place):
                continue
            samples, more = candidate.collect(place)
            if samples:
                return _recognised(tree, candidate, samples, problems + more)
    if layout is not None:
        raise InspectorError(
            f"'{root}' does not have the layout {candidates[0].title}.",
            f"It would be {candidates[0].shape}; leave the layout open to have it recognised.",
        )
    raise InspectorError(
        f"The images in '{root}' lie only where masks are expected.",
        "Choose the folder that holds the images too.",
    )


def _layout_called(name: str) -> Layout:
    for layout in _TABLE:
        if layout.id == name:
            return layout
    raise InspectorError(
        f"There is no folder layout '{name}'.", f"Choose one of {', '.join(LAYOUTS)}."
    )


def _existing(folder: Path) -> Path:
    """The folder's absolute path, links followed."""
    try:
        root = folder.expanduser().resolve()
        exists, is_folder = root.exists(), root.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a name with NUL
        raise InspectorError(
            f"The folder '{folder}' cannot be reached: {error}.", "Check how it is spelled."
        ) from error
    if not exists:
        raise InspectorError(f"The folder '{root}' does not exist.", "Check how it is spelled.")
    if not is_folder:
        raise InspectorError(f"'{root}' is a file.", "Choose the folder that it lies in.")
    return root


def _places(tree: Folder, layout: Layout) -> Iterator[Folder]:
    """Where the layout may begin: at the root, or below folders that only wrap another one."""
    yield tree
    while layout.unwrap and len(tree.folders) == 1 and not (tree.images or tree.others):
        tree = tree.folders[0]
        yield tree


def _recognised(
    tree: Folder, layout: Layout, samples: Sequence[Sample], problems: Sequence[Problem]
) -> Recognised:
    known = {path for sample in samples for path in (sample.path, *sample.mask_paths)}
    known.update(problem.path for problem in problems)
    every_problem = [*problems, *missing_masks(samples), *leftovers(tree, layout, known)]
    every_problem.sort(key=lambda problem: [natural_key(part) for part in problem.path.parts])
    return Recognised(
        layout.id, describe(layout.title, samples), tuple(samples), tuple(every_problem)
    )
