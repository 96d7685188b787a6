"""A data set in one line of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from inspector.core.samples import Sample, Split, Truth

_SPLIT_WORDS = {
    Split.TRAIN: "training",
    Split.VALIDATION: "validation",
    Split.TEST: "test",
    Split.UNASSIGNED: "unassigned",
}


def describe(title: str, samples: Sequence[Sample]) -> str:
    """Such as "MVTec AD: 5 classes, 711 training and 562 test images, 343 with masks"."""
    classes = len({sample.class_name for sample in samples if sample.class_name})
    masked = sum(bool(s.mask_paths) for s in samples if s.truth is Truth.DEFECTIVE)
    parts = [
        _counted(classes, "class", "classes") if classes else "",
        _images(samples),
        f"{masked} with masks" if masked else "",
    ]
    return f"{title}: {', '.join(part for part in parts if part)}"


def _images(samples: Sequence[Sample]) -> str:
    splits = Counter(sample.split for sample in samples)
    if set(splits) == {Split.UNASSIGNED}:
        truths = Counter(sample.truth for sample in samples)
        counts = [f"{truths[truth]} {truth.value}" for truth in Truth if truths[truth]]
        judged = f" ({_listed(counts)})" if set(truths) != {Truth.UNKNOWN} else ""
        return _counted(len(samples), "image", "images") + judged
    counts = [f"{splits[split]} {words}" for split, words in _SPLIT_WORDS.items() if splits[split]]
    return f"{_listed(counts)} {'image' if len(samples) == 1 else 'images'}"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
