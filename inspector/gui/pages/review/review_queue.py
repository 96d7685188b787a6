"""The queue: which images, in what order, and which of them is looked at.

It is made when it is asked for. Verdicts never change it, so it does not jump under the fingers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from inspector.core.review_order import Band, Order, band_counts, bands_of, in_bands, ordered
from inspector.gui.session import Session


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a queue is made of.

    Attributes:
        order: How it is sorted.
        bands: Images of these bands; all three means also those without a score.
        classes: Images of these classes; None for all.
        only_open: Only images that have no verdict when the queue is made.
        chosen: Only these images, in this order where `order` is LISTED; bands, classes and
            verdicts do not matter then. None for all images.
    """

    order: Order = Order.HIGHEST
    bands: frozenset[Band] = frozenset({Band.NG, Band.UNSURE})
    classes: frozenset[str] | None = None
    only_open: bool = True
    chosen: tuple[int, ...] | None = None


class ReviewQueue(QObject):
    """Keeps the ids of the images and the place among them."""

    changed = Signal()  # other images, or another order
    moved = Signal()  # another image is looked at; also sent after `changed`

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        # Rows of the ids, kept for what is counted after every verdict, and what they belong to.
        self._places: NDArray[np.intp] = np.empty(0, np.intp)
        self._places_of: tuple[object, object] = (None, None)
        self.criteria = Criteria()
        self.ids: NDArray[np.int64] = np.empty(0, np.int64)
        self.position = 0

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def current(self) -> int | None:
        """Id of the image that is looked at; None at the end, when nothing is left."""
        return int(self.ids[self.position]) if self.position < len(self.ids) else None

    def set_criteria(self, criteria: Criteria) -> None:
        """Makes another queue; begins at its first image."""
        self.criteria = criteria
        self.rebuild(keep=False)

    def rebuild(self, *, keep: bool = True, pin: bool = False) -> None:
        """Makes the queue anew.

        Args:
            keep: Stays at its image, or at the same place where that is not in the queue any more.
            pin: With `keep`, an image that the queue lacks now is put in where it stood.
        """
        current = self.current if keep else None
        self.ids = self._session.library.images.ids[self._rows()]
        found = np.flatnonzero(self.ids == (-1 if current is None else current))
        if found.size:
            self.position = int(found[0])
        elif pin and current is not None and self._is_there(current):
            self.position = min(self.position, len(self.ids))
            self.ids = np.insert(self.ids, self.position, current)
        else:
            place = self.position if keep else 0
            self.position = min(place, max(len(self.ids) - 1, 0))
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

    def advance(self) -> None:
        """After a verdict: the next image without one, from here on, then from the start.

        A queue that shows all images goes on by one. Where nothing is left it stands at its end.
        """
        if not self.criteria.only_open and self.position + 1 < len(self.ids):
            self.position += 1
        else:
            self.position = self._next_open()
        self.moved.emit()

    def next_open(self) -> None:
        """Goes to the next image without a verdict."""
        place = self._next_open()
        if place < len(self.ids):
            self.jump(place)

    def show(self, image_id: int) -> None:
        """Goes to an image; one that the queue lacks is put in where it stands."""
        found = np.flatnonzero(self.ids == image_id)
        if len(found):
            self.position = int(found[0])
        else:
            self.ids = np.insert(self.ids, self.position, image_id)
            self.changed.emit()
        self.moved.emit()

    def around(self, after: int, before: int) -> list[int]:
        """Ids to have ready, the most urgent first: this one, the next ones, those before."""
        here = self.position
        places = [*range(here, here + after + 1), *range(here - 1, here - before - 1, -1)]
        return [int(self.ids[place]) for place in places if 0 <= place < len(self.ids)]

    @property
    def n_open(self) -> int:
        """Number of images of the queue that have no verdict."""
        return int(self._open().sum())

    def counts(self, threshold: float, lower: float) -> dict[Band, int]:
        """Images of the wanted classes in each band, whatever their verdict."""
        codes = bands_of(self._scores(), threshold, lower)
        return band_counts(codes[self._of_classes()])

    def _next_open(self) -> int:
        places = np.flatnonzero(self._open())
        after = places[places > self.position]
        if len(after):
            return int(after[0])
        return int(places[0]) if len(places) else len(self.ids)

    def _open(self) -> NDArray[np.bool_]:
        library = self._session.library
        if not len(library.images):
            return np.zeros(len(self.ids), np.bool_)
        of_ids, of_images = self._places_of
        if of_ids is not self.ids or of_images is not library.images:
            self._places = library.images.rows_of(self.ids)
            self._places_of = (self.ids, library.images)
        rows = self._places
        is_open: NDArray[np.bool_] = (library.verdict_codes[rows] == 0) & (rows >= 0)
        return is_open

    def _rows(self) -> NDArray[np.intp]:
        library, scale, wanted = self._session.library, self._session.scale, self.criteria
        scores = self._scores()
        if not library.scores.n_scored:
            return np.empty(0, np.intp)  # nothing to go by yet
        if wanted.chosen is not None:
            rows = library.images.rows_of(np.array(wanted.chosen, np.int64))
            rows = rows[rows >= 0]
        else:
            codes = bands_of(scores, scale.threshold, scale.lower_threshold)
            kept = in_bands(codes, wanted.bands) & self._of_classes()
            if wanted.only_open:
                kept &= library.verdict_codes == 0
            rows = np.flatnonzero(kept)
        return ordered(rows, wanted.order, scores, scale.threshold, library.images.file_times)

    def _is_there(self, image_id: int) -> bool:
        library = self._session.library
        (row,) = library.images.rows_of(np.array([image_id], np.int64))
        return row >= 0 and library.scores.n_scored > 0

    def _scores(self) -> NDArray[np.float64]:
        return self._session.library.scores.of(self._session.scale.variant)

    def _of_classes(self) -> NDArray[np.bool_]:
        images = self._session.library.images
        if self.criteria.classes is None:
            return np.ones(len(images), np.bool_)
        codes = [i for i, name in enumerate(images.class_names) if name in self.criteria.classes]
        return np.isin(images.classes, codes)


def kept_criteria(text: str) -> Criteria:
    """Criteria as `criteria_text` wrote them; what is damaged is as usual."""
    usual = Criteria()
    parts = text.split("|")
    if len(parts) != 3:
        return usual
    order = Order(parts[0]) if parts[0] in set(Order) else usual.order
    bands = frozenset(band for band in Band if band in parts[1].split(","))
    return Criteria(order, bands or usual.bands, None, parts[2] != "all")


def criteria_text(criteria: Criteria) -> str:
    """What of the criteria is remembered for the next time."""
    bands: Sequence[str] = sorted(criteria.bands)
    return "|".join((criteria.order, ",".join(bands), "open" if criteria.only_open else "all"))
