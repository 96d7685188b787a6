"""Long-tailed splits: which training images are kept, as a file that can be passed on.

A split names images by their content, so that it fits every project with the same images.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np

from inspector.core.files import write_atomically
from inspector.core.longtail import HeadAndTail, Kind, long_tailed_counts, n_head
from inspector.errors import InspectorError
from inspector.project.columns import ImageColumns
from inspector.project.snapshots import LongTail, Snapshot, SnapshotEntry, digest_of

FORMAT_VERSION = 1


class SplitFile(msgspec.Struct, frozen=True, kw_only=True):
    """A split file.

    Attributes:
        kind: "exp" or "step".
        beta: Largest number of images divided by the smallest, as asked for.
        seed: Of the choice of images, and of the order of equally popular classes.
        available: Number of normal training images of each class that it was drawn from.
        counts: How many of them are kept; the most popular class first.
        head, tail: The classes with many and with few images.
        images: SHA-256 of the kept images, by class.
    """

    format_version: int = FORMAT_VERSION
    kind: Kind
    beta: float
    seed: int
    available: dict[str, int]
    counts: dict[str, int]
    head: list[str]
    tail: list[str]
    images: dict[str, list[str]]


def make_split(snapshot: Snapshot, kind: Kind, beta: float, seed: int) -> SplitFile:
    """Draws a long-tailed split of a snapshot's normal training images; see `draw_split`."""
    return draw_split(_normal_of(snapshot), kind, beta, seed)


def training_images(columns: ImageColumns) -> dict[str, frozenset[str]]:
    """SHA-256 of the normal training images of a project, by class; what a snapshot would hold."""
    hashes, names = columns.images.hashes, columns.class_names
    rows = np.flatnonzero(columns.is_training).tolist()
    return _grouped((names[columns.classes[row]], hashes[row]) for row in rows if hashes[row])


def draw_split(
    of_class: Mapping[str, Collection[str]], kind: Kind, beta: float, seed: int
) -> SplitFile:
    """Draws a long-tailed split.

    Args:
        of_class: SHA-256 of the normal training images of each class, each once.
        kind, beta, seed: See `SplitFile`.

    Raises:
        InspectorError: β is below 1, or there are no two classes to draw from.
    """
    if len(of_class) < 2:
        raise InspectorError(
            "A long-tailed split needs normal training images of at least two classes.",
            "Import images of more classes.",
        )
    available = {name: len(images) for name, images in of_class.items()}
    try:
        counts = long_tailed_counts(available, kind, beta, seed)
    except ValueError as error:
        message = f"No such split can be made: {error}."
        raise InspectorError(message, "Use a β such as 10.") from error
    names = list(counts)
    images = {}
    for name in names:
        # A generator for each class: what one class keeps does not depend on the others.
        drawn = np.random.default_rng([seed, *name.encode()]).permutation(available[name])
        known = sorted(of_class[name])
        images[name] = sorted(known[n] for n in drawn[: counts[name]])
    cut = n_head(len(names))
    return SplitFile(
        kind=kind,
        beta=beta,
        seed=seed,
        available={name: available[name] for name in names},
        counts=counts,
        head=names[:cut],
        tail=names[cut:],
        images=images,
    )


def check_fit(split: SplitFile, of_class: Mapping[str, Collection[str]]) -> None:
    """Checks that a split fits some normal training images, given as for `draw_split`.

    Raises:
        InspectorError: The split names images that are missing, or lacks a class.
    """
    missing = sum(len({*images} - {*of_class.get(c, ())}) for c, images in split.images.items())
    if missing:
        total = sum(map(len, split.images.values()))
        raise InspectorError(
            f"The project lacks {missing} of the {total} training images of the split.",
            "Import them, or make a new split.",
        )
    unknown = set(of_class) - set(split.images)
    if unknown:
        raise InspectorError(
            f"The split does not know the class '{min(unknown)}'.", "Make a new split."
        )


def restrict(snapshot: Snapshot, split: SplitFile) -> Snapshot:
    """The snapshot without the normal training images that the split leaves out.

    Everything else, test images above all, stays. Number and time are those of the snapshot.

    Raises:
        InspectorError: The split names images that the snapshot lacks, or lacks a class.
    """
    check_fit(split, _normal_of(snapshot))
    wanted = {(name, sha256) for name, images in split.images.items() for sha256 in images}

    def is_kept(entry: SnapshotEntry) -> bool:
        return not entry.is_normal_for_training or (entry.class_name, entry.sha256) in wanted

    entries = tuple(entry for entry in snapshot.entries if is_kept(entry))
    classes = HeadAndTail(tuple(split.head), tuple(split.tail))
    long_tail = LongTail(split.kind, split.beta, split.seed, classes)
    return replace(snapshot, entries=entries, digest=digest_of(entries), long_tail=long_tail)


def write_split(file: Path, split: SplitFile) -> None:
    """Writes a split file.

    Raises:
        InspectorError: It cannot be written.
    """
    try:
        write_atomically(file, msgspec.json.format(msgspec.json.encode(split)))
    except OSError as error:
        raise InspectorError(
            f"The split '{file}' could not be written: {error.strerror or error}.",
            "Choose another place.",
        ) from error


def read_split(file: Path) -> SplitFile:
    """Reads a split file.

    Raises:
        InspectorError: It is missing, damaged, contradicts itself, or a newer Inspector wrote it.
    """
    hint = "Make a new split."
    try:
        split = msgspec.json.decode(file.read_bytes(), type=SplitFile)
    except OSError as error:
        reason = error.strerror or error
        raise InspectorError(f"The split '{file}' could not be read: {reason}.", hint) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InspectorError(f"The split '{file}' is damaged: {error}.", hint) from error
    if split.format_version > FORMAT_VERSION:
        raise InspectorError(
            f"The split '{file}' was written by a newer Inspector.", "Update Inspector to use it."
        )
    names = set(split.images)
    counted = {name: len(set(images)) for name, images in split.images.items()}
    if counted != split.counts or set(split.head) | set(split.tail) != names:
        raise InspectorError(f"The split '{file}' contradicts itself.", hint)
    return split


def _normal_of(snapshot: Snapshot) -> dict[str, frozenset[str]]:
    return _grouped((entry.class_name, entry.sha256) for entry in snapshot.normal_training())


def _grouped(images: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    of_class: dict[str, set[str]] = defaultdict(set)
    for name, sha256 in images:
        of_class[name].add(sha256)
    return {name: frozenset(hashes) for name, hashes in of_class.items()}
