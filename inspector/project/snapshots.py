"""Snapshots: which images, labels and masks a model was trained or judged on, frozen in a file."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from inspector.core.files import sha256_of, write_atomically
from inspector.core.longtail import HeadAndTail, Kind
from inspector.core.masks import Mask, decode_mask
from inspector.core.samples import Split, Truth, is_normal_for_training
from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError
from inspector.project.annotations import annotation_png, cut_versions, list_annotations
from inspector.project.class_windows import load_windows
from inspector.project.database import Database
from inspector.project.paths import ANNOTATIONS, SNAPSHOTS, from_stored, next_number, now
from inspector.project.stored_images import load_images


@dataclass(frozen=True, slots=True)
class AnnotationRef:
    """What a person painted on an image with one defect type, as a snapshot names it.

    Attributes:
        annotation_id: The number of the version in the project.
        defect_type: Name of the defect type.
        path: A PNG file with the mask, absolute, of the size of the image.
        sha256: Of that file's content.
    """

    annotation_id: int
    defect_type: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SnapshotEntry:
    """One image as it was when the snapshot was taken.

    Attributes:
        image_id: Its number in the project.
        path: The image file, absolute.
        sha256: Of the file's content.
        class_name: Product class; empty where there is none.
        split: Part of the data set.
        truth: What the data set says of it.
        defect_kind: Kind of defect; empty for good ones.
        masks: Ground-truth mask files, absolute; their union is the mask.
        window: Intensity window of the class for a 16-bit image; None for 8 bits.
        mask_sha256: Of each mask file's content, in the order of `masks`.
        annotations: What people painted, one for each defect type that has any. No ground truth:
            the truth of the image stays what the data set says.
    """

    image_id: int
    path: str
    sha256: str
    class_name: str
    split: Split
    truth: Truth
    defect_kind: str
    masks: tuple[str, ...]
    window: IntensityWindow | None
    mask_sha256: tuple[str, ...] = ()
    annotations: tuple[AnnotationRef, ...] = ()

    @property
    def is_normal_for_training(self) -> bool:
        """Whether the image serves to learn what normal looks like."""
        return is_normal_for_training(self.split, self.truth)


@dataclass(frozen=True, slots=True)
class LongTail:
    """The long-tailed split that left training images out of a snapshot; see `splits.SplitFile`."""

    kind: Kind
    beta: float
    seed: int
    classes: HeadAndTail

    @property
    def words(self) -> str:
        """As people are told: "exp, β 10, seed 0"."""
        return f"{self.kind}, β {self.beta:g}, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The usable images of a project at one moment, in order of their ids.

    `digest` depends on what the images are, not on where they lie or how they are numbered: equal
    digests mean equal data. `long_tail` tells where normal training images are left out of it.
    """

    snapshot_id: int
    created: str
    digest: str
    entries: tuple[SnapshotEntry, ...]
    long_tail: LongTail | None = None

    def normal_training(self) -> tuple[SnapshotEntry, ...]:
        """The images that serve to learn what normal looks like."""
        return tuple(entry for entry in self.entries if entry.is_normal_for_training)

    def test(self) -> tuple[SnapshotEntry, ...]:
        """The labelled images to judge a model by.

        Per class: those in its test split or, where it has none, all that are neither in its
        training split nor learned from as normal ones.
        """
        with_test_split = {e.class_name for e in self.entries if e.split is Split.TEST}
        return tuple(e for e in self.entries if _is_test(e, e.class_name in with_test_split))

    def annotated(self) -> tuple[SnapshotEntry, ...]:
        """The images on which people painted defects."""
        return tuple(entry for entry in self.entries if entry.annotations)

    def classes(self) -> tuple[str, ...]:
        """The names of the product classes, in alphabetical order."""
        return tuple(sorted({entry.class_name for entry in self.entries}))


def require_normal_training(snapshot: Snapshot) -> tuple[SnapshotEntry, ...]:
    """The images to learn from.

    Raises:
        InspectorError: There are none.
    """
    entries = snapshot.normal_training()
    if not entries:
        raise InspectorError(
            "The project has no normal images to learn from.",
            "Import images of good parts: a folder with train/good, or any folder of good parts "
            "with --assume-good.",
        )
    return entries


def take_snapshot(database: Database) -> Snapshot:
    """Freeze the present images; if nothing changed since the newest snapshot, that one.

    Versions are cut of all that was painted, so that the snapshot holds it; their masks are laid
    into the project folder as files, as a worker does not open the database.

    Raises:
        InspectorError: The project has no usable image, or cannot be written.
    """
    cut_versions(database)
    entries = _present_entries(database)
    if not entries:
        raise InspectorError(
            f"The project '{database.folder}' has no usable image.", "Import a folder of images."
        )
    return keep_snapshot(database, Snapshot(0, now(), digest_of(entries), entries))


def keep_snapshot(database: Database, snapshot: Snapshot) -> Snapshot:
    """The snapshot as a file of the project, with a number; the newest one if that is the same.

    Raises:
        InspectorError: The project cannot be written.
    """
    newest = _newest(database, snapshot.digest)
    # Equal data may have moved since; then a snapshot that knows the new paths is needed.
    if newest is not None and (newest.entries, newest.long_tail) == (
        snapshot.entries,
        snapshot.long_tail,
    ):
        return newest
    with database.transaction():
        used = [row["id"] for row in database.rows("SELECT id FROM snapshot")]
        number = next_number(database.folder / SNAPSHOTS, used)
        snapshot = replace(snapshot, snapshot_id=number, created=now())
        name = f"{SNAPSHOTS}/{number:04d}.json"
        database.run(
            "INSERT INTO snapshot (id, created, digest, file) VALUES (?, ?, ?, ?)",
            (number, snapshot.created, snapshot.digest, name),
        )
        write_atomically(database.folder / name, msgspec.json.encode(snapshot))
    return snapshot


def load_snapshot(database: Database, snapshot_id: int) -> Snapshot:
    """The snapshot with this number.

    Raises:
        InspectorError: There is none, or its file is missing or damaged.
    """
    return read_snapshot(snapshot_file(database, snapshot_id))


def snapshot_digests(database: Database) -> dict[int, str]:
    """Number of each snapshot -> its digest; reads no snapshot."""
    return {row["id"]: row["digest"] for row in database.rows("SELECT id, digest FROM snapshot")}


def snapshot_file(database: Database, snapshot_id: int) -> Path:
    """The file of the snapshot with this number, absolute; for a worker's job.

    Raises:
        InspectorError: There is none.
    """
    row = database.row("SELECT file FROM snapshot WHERE id = ?", (snapshot_id,))
    if row is None:
        raise InspectorError(
            f"The project '{database.folder}' has no snapshot {snapshot_id}.",
            "Choose a model of this project.",
        )
    return from_stored(database.folder, row["file"])


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot in a file; needs nothing but the file, so a worker can read it.

    Raises:
        InspectorError: The file is missing, damaged, or not what its digest says.
    """
    hint = "Restore the file from a backup, or train again: that takes a new snapshot."
    try:
        snapshot = msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except OSError as error:
        reason = error.strerror or error
        raise InspectorError(f"The snapshot '{path}' could not be read: {reason}.", hint) from error
    except msgspec.MsgspecError as error:
        raise InspectorError(f"The snapshot '{path}' is damaged: {error}.", hint) from error
    if digest_of(snapshot.entries) != snapshot.digest:
        raise InspectorError(f"The snapshot '{path}' was changed after it was taken.", hint)
    return snapshot


def digest_of(entries: tuple[SnapshotEntry, ...]) -> str:
    """SHA-256, in hexadecimal, of each image's content, class, split, truth, masks and window.

    What people painted joins in only where there is any: so digests from before still hold.
    """
    facts = sorted(
        (
            entry.sha256,
            entry.class_name,
            entry.split,
            entry.truth,
            sorted(entry.mask_sha256),
            [entry.window.low, entry.window.high] if entry.window else [],
            *_painted_facts(entry),
        )
        for entry in entries
    )
    return hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()


def _painted_facts(entry: SnapshotEntry) -> list[list[list[str]]]:
    painted = sorted([known.defect_type, known.sha256] for known in entry.annotations)
    return [painted] if painted else []


def read_annotation(annotation: AnnotationRef) -> Mask:
    """The mask (H, W) that a snapshot names; needs nothing but the file, so a worker can read it.

    Raises:
        InspectorError: The file is missing or was changed.
    """
    path = Path(annotation.path)
    hint = "Start again from the project: that writes the file anew."
    try:
        png = path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        message = f"The painted mask '{path}' could not be read: {reason}."
        raise InspectorError(message, hint) from error
    if hashlib.sha256(png).hexdigest() != annotation.sha256:
        raise InspectorError(f"The painted mask '{path}' was changed after it was written.", hint)
    return decode_mask(png)


def _newest(database: Database, digest: str) -> Snapshot | None:
    """The newest snapshot, if its digest is this one and its file is whole."""
    row = database.row("SELECT digest, file FROM snapshot ORDER BY id DESC")
    if row is None or row["digest"] != digest:
        return None
    try:
        return read_snapshot(from_stored(database.folder, row["file"]))
    except InspectorError:
        return None  # the file is lost, but the images are all there: they make a new one


def _present_entries(database: Database) -> tuple[SnapshotEntry, ...]:
    windows = load_windows(database)
    painted = _annotation_files(database)
    return tuple(
        SnapshotEntry(
            image_id=image.image_id,
            path=str(image.path),
            sha256=record.sha256,
            class_name=record.class_name,
            split=record.split,
            truth=record.truth,
            defect_kind=record.defect_kind,
            masks=tuple(map(str, image.mask_paths)),
            window=windows.get(record.class_name) if record.bit_depth == 16 else None,
            mask_sha256=tuple(mask.sha256 for mask in record.masks),
            annotations=tuple(painted.get(image.image_id, ())),
        )
        for image in load_images(database)
        if (record := image.record).problem is None and record.sha256 is not None
    )


def _annotation_files(database: Database) -> dict[int, list[AnnotationRef]]:
    """What people painted, by the image's number; their files are written where they are missing.

    A file is named by its content, so what earlier snapshots name is never overwritten.
    """
    found: dict[int, list[AnnotationRef]] = defaultdict(list)
    for version in list_annotations(database):
        if version.sha256 is None:
            continue
        path = database.folder / ANNOTATIONS / f"{version.sha256}.png"
        if not path.exists() or sha256_of(path) != version.sha256:
            write_atomically(path, annotation_png(database, version.annotation_id))
        reference = AnnotationRef(
            version.annotation_id, version.defect_type, str(path), version.sha256
        )
        found[version.image_id].append(reference)
    return found


def _is_test(entry: SnapshotEntry, class_has_test_split: bool) -> bool:
    if entry.truth is Truth.UNKNOWN:
        return False
    if class_has_test_split:
        return entry.split is Split.TEST
    return entry.split is not Split.TRAIN and not entry.is_normal_for_training
