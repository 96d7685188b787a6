"""Files of a data set into records: hashing and strictly decoding whatever is new or changed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from inspector.core.files import sha256_of
from inspector.core.images import probe_image, read_image, read_mask
from inspector.core.samples import Sample
from inspector.errors import InspectorError
from inspector.project.paths import to_stored
from inspector.project.records import FileStamp, ImageRecord, MaskRecord

_THREADS = min(8, os.cpu_count() or 1)
_ASPECT_TOLERANCE = 1.02
"""A mask at another scale is rounded to whole pixels; a rotated or cropped one differs by more."""


def examine_all(
    root: Path,
    samples: Sequence[Sample],
    known: Mapping[str, ImageRecord],
    progress: Callable[[int, int], None] | None,
) -> Iterator[ImageRecord]:
    """The record of each sample, in order; a file that cannot be read gives one with a problem.

    Files are read by a few threads, with no more than two images waiting for each of them.
    `progress` is called with (done, total) in the caller's thread; if it raises, reading ends.

    Args:
        root: Folder that the records' paths are relative to.
        samples: Images to examine.
        known: Earlier records by path; a file with an unchanged stamp is not read again.
        progress: Told of each image, or None.
    """
    waiting: deque[Future[ImageRecord]] = deque()
    remaining = iter(samples)
    with ThreadPoolExecutor(_THREADS) as pool:
        for done in range(len(samples)):
            while len(waiting) < 2 * _THREADS and (sample := next(remaining, None)) is not None:
                earlier = known.get(to_stored(root, sample.path))
                waiting.append(pool.submit(_examine, root, sample, earlier))
            record = waiting.popleft().result()
            if progress is not None:
                progress(done + 1, len(samples))
            yield record


def _examine(root: Path, sample: Sample, known: ImageRecord | None) -> ImageRecord:
    record = ImageRecord(
        path=to_stored(root, sample.path),
        class_name=sample.class_name,
        split=sample.split,
        truth=sample.truth,
        defect_kind=sample.defect_kind,
    )
    if known is not None and _is_as_before(root, sample, known):
        return replace(
            known,
            class_name=sample.class_name,
            split=sample.split,
            truth=sample.truth,
            defect_kind=sample.defect_kind,
        )
    try:
        record = replace(record, stamp=_stamp_of(sample.path), sha256=sha256_of(sample.path))
        record = _decoded(record, sample.path)
        return _masked(record, root, sample.mask_paths)
    except InspectorError as error:
        return record.with_problem(error.message, error.hint)


def _is_as_before(root: Path, sample: Sample, known: ImageRecord) -> bool:
    """Whether nothing needs reading; what had a problem does, as it may have been passing."""
    if known.problem is not None:
        return False
    before = {mask.path: mask.stamp for mask in known.masks}
    try:
        after = {to_stored(root, path): _stamp_of(path) for path in sample.mask_paths}
        return _stamp_of(sample.path) == known.stamp and after == before
    except InspectorError:
        return False


def _decoded(record: ImageRecord, path: Path) -> ImageRecord:
    height, width, _ = read_image(path).shape  # the header alone lets a truncated file pass
    info = probe_image(path)
    return replace(
        record, width=width, height=height, bit_depth=info.bit_depth, channels=info.channels
    )


def _masked(record: ImageRecord, root: Path, paths: tuple[Path, ...]) -> ImageRecord:
    if record.width is None or record.height is None or not paths:
        return record
    masks = tuple(MaskRecord(to_stored(root, p), sha256_of(p), _stamp_of(p)) for p in paths)
    height, width = read_mask(paths).shape
    across, down = record.width * height, record.height * width
    if max(across, down) > _ASPECT_TOLERANCE * min(across, down):
        raise InspectorError(
            f"The mask '{paths[0]}' ({width}×{height}) does not have the shape of its image "
            f"({record.width}×{record.height}).",
            "Export the mask at the size of the image, turned the same way.",
        )
    return replace(record, masks=masks)


def _stamp_of(path: Path) -> FileStamp:
    try:
        status = path.stat()
    except OSError as error:
        raise InspectorError(
            f"'{path}' could not be read: {error.strerror or error}.",
            "Check that the file exists and may be read.",
        ) from error
    return FileStamp(status.st_size, status.st_mtime_ns)
