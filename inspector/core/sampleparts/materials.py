"""What parts are made of, as far as damage shows it. Colours are linear RGB."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.core.sampleparts.surface import Colour


@dataclass(frozen=True, slots=True)
class Finish:
    """A bare face: its colour, how metallic and how rough it is (0..1 each)."""

    colour: Colour
    metal: float
    rough: float


@dataclass(frozen=True, slots=True)
class Spill:
    """Something spilled on a part.

    Attributes:
        soak: What the colour below is multiplied by where the spill went in.
        film: Colour of what stays on top.
        opacity: How much the film hides, 0..1.
        rough: Roughness of the wet or dried surface.
    """

    soak: Colour
    film: Colour
    opacity: float
    rough: float


@dataclass(frozen=True, slots=True)
class Material:
    """How a material answers to damage.

    Attributes:
        fresh: A face laid open by a scratch or a break.
        gap: Colour of the inside of a crack.
        spill: What stains it.
        burn: What heat multiplies its colour by, from the rim of the burn to its centre.
        softness: Factor on the depth of dents, scratches and cracks.
    """

    fresh: Finish
    gap: Colour
    spill: Spill
    burn: tuple[Colour, ...]
    softness: float


_RUST = Spill(soak=(0.42, 0.33, 0.22), film=(0.17, 0.075, 0.03), opacity=0.55, rough=0.5)
_OIL = Spill(soak=(0.5, 0.4, 0.24), film=(0.05, 0.03, 0.012), opacity=0.3, rough=0.1)
_GREASE = Spill(soak=(0.45, 0.4, 0.4), film=(0.04, 0.03, 0.03), opacity=0.3, rough=0.12)
_TALC = Spill(soak=(0.8, 0.8, 0.8), film=(0.22, 0.21, 0.19), opacity=0.55, rough=0.25)
_FLUX = Spill(soak=(0.8, 0.75, 0.6), film=(0.34, 0.28, 0.14), opacity=0.4, rough=0.12)
_COFFEE = Spill(soak=(0.42, 0.33, 0.24), film=(0.05, 0.04, 0.03), opacity=0.15, rough=0.6)
_TEA = Spill(soak=(0.74, 0.64, 0.5), film=(0.3, 0.22, 0.14), opacity=0.12, rough=0.3)

_TEMPER = ((0.98, 0.84, 0.55), (0.72, 0.45, 0.36), (0.42, 0.32, 0.55), (0.38, 0.48, 0.72))
_SCORCH = ((0.9, 0.78, 0.6), (0.62, 0.42, 0.26), (0.22, 0.14, 0.1), (0.08, 0.06, 0.05))
_BROWN = ((0.95, 0.75, 0.5), (0.7, 0.4, 0.25), (0.3, 0.2, 0.15))

_BRIGHT = Finish((0.68, 0.675, 0.66), metal=1.0, rough=0.22)
_IN_STEEL = (0.05, 0.045, 0.04)

STEEL = Material(_BRIGHT, gap=_IN_STEEL, spill=_RUST, burn=_TEMPER, softness=0.9)
OILED_METAL = Material(_BRIGHT, gap=_IN_STEEL, spill=_OIL, burn=_TEMPER, softness=0.9)
CERAMIC = Material(
    Finish((0.60, 0.54, 0.45), metal=0.0, rough=0.7),
    gap=(0.11, 0.085, 0.06),
    spill=_TEA,
    burn=_SCORCH,
    softness=0.7,
)
RUBBER = Material(
    Finish((0.045, 0.043, 0.042), metal=0.0, rough=0.75),
    # Cut or perished rubber blooms pale.
    gap=(0.13, 0.125, 0.12),
    spill=_TALC,
    burn=_SCORCH,
    softness=2.0,
)
PLASTIC = Material(
    # Stretched plastic whitens.
    Finish((0.74, 0.33, 0.21), metal=0.0, rough=0.6),
    gap=(0.12, 0.02, 0.008),
    spill=_GREASE,
    burn=_SCORCH,
    softness=1.2,
)
BOARD = Material(
    # Below the solder mask there is copper or glass fibre.
    Finish((0.45, 0.35, 0.16), metal=0.4, rough=0.4),
    gap=(0.02, 0.02, 0.015),
    spill=_FLUX,
    burn=_BROWN,
    softness=0.8,
)
YARN = Material(
    Finish((0.5, 0.47, 0.41), metal=0.0, rough=0.8),
    gap=(0.02, 0.02, 0.02),
    spill=_COFFEE,
    burn=_SCORCH,
    softness=1.0,
)
