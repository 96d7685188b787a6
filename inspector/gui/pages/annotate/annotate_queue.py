"""The images to annotate: first what is flagged and has nothing painted on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from inspector.core.review_order import BANDS, Band, bands_of
from inspector.gui.session import Session


@dataclass(frozen=True, slots=True)
class Wish:
    """What the queue is made of.

    Attributes:
        classes: Images of these classes; None for all.
        only_open: Only images on which nothing is painted when the queue is made.
        chosen: Only these images, in this order; the others do not matter then. None for all.
    """

    classes: frozenset[str] | None = None
    only_open: bool = False
    chosen: tuple[int, ...] | None = None


class AnnotateQueue(QObject):
    """Ids of images and the place among them. It is made when asked for: painting moves nothing."""

    changed = Signal()  # other images
    moved = Signal()  # another image is looked at; also sent after `changed`

    def __init__(self, session: Session, annotated: set[int], parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.annotated = annotated
        self.wish = Wish()
        self.ids: NDArray[np.int64] = np.empty(0, np.int64)
        self.position = 0

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def current(self) -> int | None:
        """Id of the image that is looked at; None in an empty queue."""
        return int(self.ids[self.position]) if self.position < len(self.ids) else None

    def set_wish(self, wish: Wish) -> None:
        """Makes another queue; begins at its first image."""
        self.wish = wish
        self.rebuild(keep=False)

    def rebuild(self, *, keep: bool = True) -> None:
        """Makes the queue anew; with `keep` it stays at its image if that is still there."""
        current = self.current if keep else None
        self.ids = self._ordered()
        found = np.flatnonzero(self.ids == (-1 if current is None else current))
        if found.size or current is None or not self._is_usable(current):
            self.position = int(found[0]) if found.size else 0
        else:  # a filter would take it from under the brush
            self.position = min(self.position, len(self.ids))
            self.ids = np.insert(self.ids, self.position, current)
        self.changed.emit()
        self.moved.emit()

    def step(self, by: int) -> None:
        """Goes to a neighbour; stays at either end."""
        self.jump(min(max(self.position + by, 0), len(self.ids) - 1))

    def jump(self, position: int) -> None:
        """Goes to a place."""
        if 0 <= position < len(self.ids) and position != self.position:
            self.position = position
            self.moved.emit()

    def next_open(self) -> None:
        """Goes to the next image on which nothing is painted, from the start after the end."""
        places = np.flatnonzero(~np.isin(self.ids, list(self.annotated)))
        after = places[places > self.position]
        if after.size or places.size:
            self.jump(int(after[0] if after.size else places[0]))

    def around(self, after: int, before: int) -> list[int]:
        """Ids to have ready, the most urgent first: this one, the next ones, those before."""
        here = self.position
        places = [*range(here, here + after + 1), *range(here - 1, here - before - 1, -1)]
        return [int(self.ids[place]) for place in places if 0 <= place < len(self.ids)]

    @property
    def n_annotated(self) -> int:
        """Images of the queue on which something is painted."""
        return int(np.isin(self.ids, list(self.annotated)).sum())

    def _is_usable(self, image_id: int) -> bool:
        images = self._session.library.images
        (row,) = images.rows_of(np.array([image_id], np.int64))
        return bool(row >= 0 and not images.has_problem[row])

    def _ordered(self) -> NDArray[np.int64]:
        library, scale, wish = self._session.library, self._session.scale, self.wish
        images = library.images
        if wish.chosen is not None:
            chosen = np.array(wish.chosen, np.int64)
            rows = images.rows_of(chosen)
            return chosen[(rows >= 0) & ~images.has_problem[np.maximum(rows, 0)]]
        painted = np.isin(images.ids, list(self.annotated))
        wanted = ~images.has_problem
        if wish.only_open:
            wanted &= ~painted
        if wish.classes is not None:
            codes = [i for i, name in enumerate(images.class_names) if name in wish.classes]
            wanted &= np.isin(images.classes, codes)
        rows = np.flatnonzero(wanted)
        scores = library.scores.of(scale.variant)
        if len(scores) != len(images):  # the images are here, their scores are not yet
            return images.ids[rows]
        bands = bands_of(scores, scale.threshold, scale.lower_threshold)
        is_flagged = bands == BANDS.index(Band.NG)
        order = np.lexsort((-scores[rows], ~is_flagged[rows], painted[rows]))
        return images.ids[rows[order]]
