"""Importing a folder of images: every bad file is listed, and all of it is kept or nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inspector.core.layouts import Recognised, recognise
from inspector.core.samples import Problem, Sample, Split, Truth
from inspector.errors import InspectorError
from inspector.project.class_windows import estimate_windows, save_windows
from inspector.project.database import Database
from inspector.project.paths import canonical, from_stored
from inspector.project.reading import examine_all
from inspector.project.records import ImageRecord, StoredImage, add_image, change_image
from inspector.project.scores import delete_scores_of
from inspector.project.sources import Source, save_source, source_for
from inspector.project.stored_images import load_images
from inspector.project.verdicts import take_back

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImageCount:
    """How many usable images of one kind an import found."""

    class_name: str
    split: Split
    truth: Truth
    n_images: int


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did.

    Attributes:
        layout: Name of the layout that the folder follows.
        description: The layout in words.
        n_images: Images that the layout names, bad ones included: new + changed + unchanged.
        n_new: Images that the project did not have.
        n_changed: Images whose file, masks or labels are not what they were.
        n_unchanged: Images that are as they were.
        n_problems: Number of problems.
        problems: What cannot be used or was not understood, vanished files included.
        duplicates: Groups of files with equal content that lie in different splits. What a model
            learns from must not come back in its test: warn of them.
        counts: Usable images per class, split and truth, sorted.
    """

    layout: str
    description: str
    n_images: int
    n_new: int
    n_changed: int
    n_unchanged: int
    n_problems: int
    problems: tuple[Problem, ...]
    duplicates: tuple[tuple[Path, ...], ...]
    counts: tuple[ImageCount, ...]


def import_folder(
    database: Database,
    folder: Path,
    layout: str | None = None,
    assume: Truth | None = None,
    class_name: str | None = None,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import a folder of images, or bring an imported one up to date.

    Files are read first and written to the project last, in one transaction: an import that is
    interrupted, be it by an error in `progress`, leaves the project as it was. A file that was
    imported earlier is read again only if its size, its time or its masks changed; where it holds
    another picture then, its scores are forgotten and its verdict is taken back. One that has
    vanished stays in the project, with a problem. Files that cannot be read never end the import.

    Args:
        database: The project's.
        folder: What to import.
        layout: Name of a layout instead of recognising it.
        assume: What to take images of unknown truth for.
        class_name: Class of images whose layout gives none.
        progress: Called with (done, total) after each image, in this thread.

    Raises:
        InspectorError: The folder does not exist, follows no layout, holds the project itself, or
            holds no image that was not imported with another folder.
    """
    folder = canonical(folder)
    _refuse_project_itself(database, folder)
    source = source_for(database, folder, layout, assume, class_name)
    recognised = recognise(folder, source.asked_layout)
    images = load_images(database)
    stored = {image.record.path: image for image in images if image.root == folder}
    others = [image for image in images if image.root != folder]
    samples, problems = _usable_samples(source, recognised, others)
    if not samples and not stored:
        raise InspectorError(
            f"Every image in '{folder}' was already imported with another folder.",
            f"Import '{others[0].root}' again to bring it up to date.",
        )
    known = {path: image.record for path, image in stored.items()}
    found = {r.path: r for r in examine_all(folder, samples, known, progress)}
    vanished = {p: _vanished(folder, r) for p, r in known.items() if p not in found}
    after = found | vanished
    changed = {path for path, record in after.items() if known.get(path) != record}
    classes = {r[p].class_name for r in (known, after) for p in changed if p in r}
    windows = estimate_windows(
        [(i.root, i.record) for i in others] + [(folder, r) for r in after.values()], classes
    )
    source = replace(source, layout=recognised.layout, description=recognised.description)
    with database.transaction():
        source_id = save_source(database, source)
        for path in after:
            if path not in stored:
                add_image(database, source_id, after[path])
            elif path in changed:
                change_image(database, stored[path], after[path])
                if _is_another(known[path], after[path]):
                    delete_scores_of(database, stored[path].image_id)
                    take_back(database, stored[path].image_id, "The file was replaced.")
        save_windows(database, windows, classes)
    bad = (StoredImage(0, folder, record).problem for record in after.values())
    problems += [problem for problem in bad if problem is not None]
    return _summary(source, found, known, problems)


def _refuse_project_itself(database: Database, folder: Path) -> None:
    if database.folder.is_relative_to(folder):
        raise InspectorError(
            f"The folder '{folder}' holds the project '{database.folder}' itself.",
            "Import the folder that holds only the images, or keep the project elsewhere.",
        )


def _is_another(before: ImageRecord, after: ImageRecord) -> bool:
    """Whether the file holds another picture: what was said and found of the old one is not of it.

    What was painted stays, as pictures are also written anew with the same part on them.
    """
    return bool(before.sha256 and after.sha256 and before.sha256 != after.sha256)


def _usable_samples(
    source: Source, recognised: Recognised, others: Sequence[StoredImage]
) -> tuple[list[Sample], list[Problem]]:
    """The samples to read, labelled as the user said, and why the others are left out."""
    problems = list(recognised.problems)
    elsewhere = {image.path: image.root for image in others if image.problem is None}
    samples: dict[Path, Sample] = {}
    for sample in recognised.samples:
        path = sample.path
        if path in samples:
            reason = "The file is listed more than once; the first entry counts."
            problems.append(Problem(path, reason, "Correct the list."))
        elif path in elsewhere:
            reason = f"The file was already imported with the folder '{elsewhere[path]}'."
            problems.append(Problem(path, reason, "Nothing needs to be done."))
        else:
            samples[path] = _labelled(sample, source)
    return list(samples.values()), problems


def _labelled(sample: Sample, source: Source) -> Sample:
    truth = sample.truth
    if truth is Truth.UNKNOWN and source.assumed_truth is not None:
        truth = source.assumed_truth
    return replace(sample, truth=truth, class_name=sample.class_name or source.given_class or "")


def _vanished(root: Path, record: ImageRecord) -> ImageRecord:
    if from_stored(root, record.path).exists():
        return record.with_problem(
            "The file is no longer part of the folder's layout.",
            "Import the folder as before, or leave it so: the image is not used any more.",
        )
    return record.with_problem(
        "The file is missing.",
        "Put it back and import the folder again, or leave it so: the image is not used any more.",
    )


def _summary(
    source: Source,
    found: dict[str, ImageRecord],
    known: dict[str, ImageRecord],
    problems: Sequence[Problem],
) -> ImportSummary:
    usable = [record for record in found.values() if record.problem is None]
    counts = Counter((r.class_name, r.split, r.truth) for r in usable)
    n_new = sum(path not in known for path in found)
    n_unchanged = sum(known.get(path) == record for path, record in found.items())
    return ImportSummary(
        layout=source.layout,
        description=source.description,
        n_images=len(found),
        n_new=n_new,
        n_changed=len(found) - n_new - n_unchanged,
        n_unchanged=n_unchanged,
        n_problems=len(problems),
        problems=tuple(problems),
        duplicates=_leaks(source.path, usable),
        counts=tuple(ImageCount(*kind, n) for kind, n in sorted(counts.items())),
    )


def _leaks(root: Path, records: Iterable[ImageRecord]) -> tuple[tuple[Path, ...], ...]:
    same: dict[str | None, list[ImageRecord]] = defaultdict(list)
    for record in records:
        same[record.sha256].append(record)
    return tuple(
        tuple(from_stored(root, record.path) for record in group)
        for group in same.values()
        if len({record.split for record in group}) > 1
    )
