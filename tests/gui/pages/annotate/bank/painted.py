"""Painted masks, and the banks of a model that learned from the first two of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.core.samples import Truth
from inspector.project.project import Project

SIZE, GRID, WIDTH = 64, 8, 6


class Painted:
    """The images on which something is painted, and the annotations that came of it."""

    def __init__(self, project: Project) -> None:
        images = [one for one in project.images() if one.record.truth is Truth.DEFECTIVE]
        self.images = [one.image_id for one in images[:4]]
        self.normal = next(one.image_id for one in project.images() if one.record.split == "train")
        scratch, stain = (project.add_defect_type(name) for name in ("scratch", "stain"))
        self.types = (scratch.type_id, stain.type_id)
        boxes = [(16, 16, 16, 16), (32, 8, 8, 16), (8, 8, 2, 2), (40, 40, 8, 8)]
        types = (self.types[0], self.types[0], self.types[0], self.types[1])
        self.ids = []
        for image, type_id, box in zip(self.images, types, boxes, strict=True):
            made = project.add_annotation(image, type_id, mask(*box), "Ada", "brush")
            assert made is not None
            self.ids.append(made.annotation_id)


def mask(top: int, left: int, height: int, width: int) -> NDArray[np.bool_]:
    made = np.zeros((SIZE, SIZE), np.bool_)
    made[top : top + height, left : left + width] = True
    return made


def tensors(painted: Painted, *, learned: bool = True) -> dict[str, NDArray[np.generic]]:
    """Normal entries on a line, one apart; the first mask far from them, the second among them;
    the third in no bank; the fourth learned at once."""
    normal = np.zeros((12, WIDTH), np.float16)
    normal[:, 0] = np.arange(12)
    outliers = np.full((5, WIDTH), 9, np.float16)
    outliers[:, 1] += np.arange(5)
    far = np.zeros((4, WIDTH), np.float16)
    far[:, 2] = 5 + np.arange(4)
    near = np.zeros((2, WIDTH), np.float16)
    near[:, 0] = [3.25, 4.25]
    first, second = painted.ids[:2]
    sources = [[painted.images[0], r, c, first] for r in (2, 3) for c in (2, 3)]
    sources += [[painted.images[1], 4, c, second] for c in (1, 2)]
    annotated = np.concatenate([far, near]), np.array(sources, np.int32)
    if not learned:
        annotated = np.zeros((0, WIDTH), np.float16), np.zeros((0, 4), np.int32)
    places = np.array([[painted.normal, 1, c % GRID, -1] for c in range(12)], np.int32)
    banks = {
        "normal": (normal, places),
        "outliers": (outliers, places[:5]),
        "annotated": annotated,
        "pseudo": (far[:2] + np.float16(0.5), np.array([[painted.images[0], -1, -1, first]] * 2)),
        "fresh": (far[:0], places[:0]),
    }
    found: dict[str, NDArray[np.generic]] = {}
    for name, (features, source) in banks.items():
        found[f"detector.{name}.features"] = features
        found[f"detector.{name}.sources"] = source.astype(np.int32)
    return found
