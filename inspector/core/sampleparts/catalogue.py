"""The part types: who builds them, where they lie, what can go wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from inspector.core.sampleparts import deposits, materials, tables, wounds
from inspector.core.sampleparts.boards import board
from inspector.core.sampleparts.flaws import Site
from inspector.core.sampleparts.frame import Frame
from inspector.core.sampleparts.geared import bearing, gear
from inspector.core.sampleparts.materials import Material
from inspector.core.sampleparts.moulded import cap, gasket
from inspector.core.sampleparts.stamped import nut, plate
from inspector.core.sampleparts.surface import Surface
from inspector.core.sampleparts.turned import ceramic, washer
from inspector.core.sampleparts.woven import fabric

Builder = Callable[[Frame, np.random.Generator], Surface]

MISSING = "missing"
"""The one kind of defect that a builder makes itself, by leaving a feature out."""

FLAWS: Mapping[str, Callable[[Site], None]] = MappingProxyType(
    {
        "scratch": wounds.scratch,
        "crack": wounds.crack,
        "dent": wounds.dent,
        "chip": wounds.chip,
        "hole": wounds.hole,
        "stain": deposits.stain,
        "burn": deposits.burn,
        "foreign": deposits.foreign,
        "burr": deposits.burr,
    }
)
"""All other kinds: each changes a finished part."""


@dataclass(frozen=True, slots=True)
class Station:
    """A part type and the place where it is photographed.

    Attributes:
        build: Makes a part's surface.
        table: Makes the surface that it lies on.
        material: What the part is made of.
        flaws: The kinds of defects out of `FLAWS` that happen to it.
        incomplete: Makes the same part with one feature missing, for types that can lose one.
        turn: Greatest rotation either way, radians.
    """

    build: Builder
    table: Builder
    material: Material
    flaws: tuple[str, ...]
    incomplete: Builder | None = None
    turn: float = np.pi

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds of defects of the type."""
        return self.flaws if self.incomplete is None else (*self.flaws, MISSING)


STATIONS: Mapping[str, Station] = MappingProxyType(
    {
        "ceramic": Station(
            ceramic, tables.mat, materials.CERAMIC, ("crack", "chip", "stain", "foreign")
        ),
        "washer": Station(
            washer,
            tables.slate,
            materials.OILED_METAL,
            ("scratch", "dent", "chip", "stain", "burr"),
        ),
        "gasket": Station(
            gasket,
            tables.acrylic,
            materials.RUBBER,
            ("crack", "chip", "stain", "foreign"),
            incomplete=partial(gasket, omit=True),
        ),
        "cap": Station(
            cap, tables.belt, materials.PLASTIC, ("scratch", "dent", "burn", "crack", "stain")
        ),
        "nut": Station(
            nut, tables.belt, materials.STEEL, ("scratch", "dent", "burr", "stain", "chip")
        ),
        "plate": Station(
            plate,
            tables.laminate,
            materials.OILED_METAL,
            ("scratch", "dent", "burn", "stain"),
            incomplete=partial(plate, omit=True),
            turn=0.12,
        ),
        "gear": Station(
            gear,
            tables.acrylic,
            materials.STEEL,
            ("chip", "crack", "burr", "stain"),
            incomplete=partial(gear, omit=True),
        ),
        "bearing": Station(
            bearing,
            tables.mat,
            materials.STEEL,
            ("scratch", "burn", "stain", "foreign"),
            incomplete=partial(bearing, omit=True),
        ),
        "board": Station(
            board,
            tables.mat,
            materials.BOARD,
            ("scratch", "burn", "stain", "foreign"),
            incomplete=partial(board, omit=True),
            turn=0.06,
        ),
        "fabric": Station(
            fabric,
            tables.slate,
            materials.YARN,
            ("stain", "burn", "hole", "foreign"),
            incomplete=partial(fabric, omit=True),
            turn=0.1,
        ),
    }
)
"""All part types, from smooth to busy."""
