"""Scoring a folder that is not part of the project: a snapshot of it that no database knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from inspector.core.images import probe_image
from inspector.core.layouts import recognise
from inspector.core.samples import Sample
from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError
from inspector.project.paths import now
from inspector.project.results import UnreadImage
from inspector.project.snapshots import Snapshot, SnapshotEntry, digest_of


def snapshot_of_folder(
    folder: Path,
    layout: str | None,
    windows: Mapping[str, IntensityWindow],
    class_name: str = "",
) -> Snapshot:
    """All images of a folder, numbered from 1; those that cannot be read too.

    Args:
        folder: Any layout that `recognise` knows; a flat folder above all.
        layout: Forces a layout.
        windows: The model's intensity window per class; a 16-bit image needs its own.
        class_name: Of the images whose class the folder does not tell, or the model does not know.

    Raises:
        InspectorError: There is no image in the folder, or one of 16 bits whose window is not
            known: in another it may look nearly black or white.
    """
    found = recognise(folder, layout)
    named = tuple(
        replace(sample, class_name=class_name)
        if class_name and (not sample.class_name or (windows and sample.class_name not in windows))
        else sample
        for sample in found.samples
    )
    entries = tuple(_entry(n, sample, windows) for n, sample in enumerate(named, 1))
    return Snapshot(0, now(), digest_of(entries), entries)


def problems_of_folder(folder: Path, layout: str | None) -> tuple[UnreadImage, ...]:
    """What the layout of a folder did not understand: to be listed, not dropped."""
    problems = recognise(folder, layout).problems
    return tuple(UnreadImage(0, str(p.path), f"'{p.path}': {p.reason}", p.hint) for p in problems)


def _entry(number: int, sample: Sample, windows: Mapping[str, IntensityWindow]) -> SnapshotEntry:
    return SnapshotEntry(
        image_id=number,
        path=str(sample.path),
        sha256="",  # not imported: nothing refers back to it
        class_name=sample.class_name,
        split=sample.split,
        truth=sample.truth,
        defect_kind=sample.defect_kind,
        masks=tuple(map(str, sample.mask_paths)),
        window=_window(sample, windows),
    )


def _window(sample: Sample, windows: Mapping[str, IntensityWindow]) -> IntensityWindow | None:
    if not windows:
        return None
    try:
        if probe_image(sample.path).bit_depth != 16:
            return None
    except InspectorError:
        return None  # the worker will say what is wrong with it
    if sample.class_name in windows:
        return windows[sample.class_name]
    if len(set(windows.values())) == 1:
        return next(iter(windows.values()))
    raise InspectorError(
        f"'{sample.path}' has 16 bits, and the model knows a range of brightness for each class: "
        f"{', '.join(sorted(windows))}. Of which class it is, is not known.",
        "Put the images into one folder a class, or name it with --class-name.",
    )
