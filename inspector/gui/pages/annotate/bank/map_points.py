"""The points of the map: which entries it shows, and where they lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.core.bank_map import FULL_MAP, Projection, chosen_rows, project
from inspector.gui.pages.annotate.bank.facts import PAINTED
from inspector.jobs.bank_file import StoredBank


@dataclass(frozen=True, slots=True, eq=False)
class MapPoints:
    """N points.

    Attributes:
        places: (N, 2) float32.
        banks: Names of the banks, as in the model.
        codes: (N,) place of each point's bank in `banks`.
        rows: (N,) its row in that bank.
        totals: Entries of each bank, shown or not.
        of_entry: (bank, row) -> point.
    """

    places: NDArray[np.float32]
    banks: tuple[str, ...]
    codes: NDArray[np.intp]
    rows: NDArray[np.intp]
    totals: tuple[int, ...]
    of_entry: Mapping[tuple[str, int], int]

    def of(self, bank: str) -> NDArray[np.intp]:
        """Points of a bank."""
        if bank not in self.banks:
            return np.zeros(0, np.intp)
        return np.flatnonzero(self.codes == self.banks.index(bank))

    def find(self, bank: str, row: int) -> int:
        """The point of an entry; −1 where it is not shown."""
        return self.of_entry.get((bank, row), -1)


def map_points(
    banks: Mapping[str, StoredBank],
    method: Projection,
    on_round: Callable[[int, int], object],
) -> MapPoints:
    """All painted entries, the others thinned evenly; takes seconds."""
    present = {name: bank for name, bank in banks.items() if len(bank.features)}
    sizes = {name: len(bank.features) for name, bank in present.items()}
    rows = chosen_rows(sizes, PAINTED, FULL_MAP[method])
    names = tuple(present)
    entries = [(name, row) for name in names for row in rows[name].tolist()]
    codes = np.array([names.index(name) for name, _ in entries], np.intp)
    places = np.zeros((0, 2), np.float32)
    if entries:
        features = [present[name].features[rows[name]] for name in names]
        places = project(np.concatenate(features), method, on_round=on_round)
    return MapPoints(
        places,
        names,
        codes,
        np.array([row for _, row in entries], np.intp),
        tuple(sizes.values()),
        {entry: point for point, entry in enumerate(entries)},
    )
