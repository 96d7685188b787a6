"""Procedural photographs of industrial parts, with defects whose masks are exact.

Ten part types from smooth to busy, rendered from height fields and materials under the lamp of an
inspection station through a camera with a lens, a sensor and noise. They are the data of the demo
and of the tests. The same seed gives the same bytes, and no image depends on how many are made.

From a part to its picture: `catalogue` names the builders (`turned`, `stamped`, `moulded`,
`geared`, `boards`, `woven`), which make a `surface` in a `frame` from `noise`; a flaw (`wounds`,
`deposits`) changes it; `scene` lays it on one of the `tables`; `shading` lights it with
`lighting`'s lamps; `camera` takes the photograph; `rendering` runs all this, `writing` stores it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from inspector.core.sampleparts.catalogue import STATIONS
from inspector.core.sampleparts.rendering import RenderedPart, expose_part, render_part
from inspector.core.sampleparts.writing import SamplePlan, write_sample_parts

PART_TYPES: tuple[str, ...] = tuple(STATIONS)
"""The part types, from smooth to busy."""

DEFECT_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {name: station.kinds for name, station in STATIONS.items()}
)
"""The kinds of defects that each part type can have."""

__all__ = [
    "DEFECT_KINDS",
    "PART_TYPES",
    "RenderedPart",
    "SamplePlan",
    "expose_part",
    "render_part",
    "write_sample_parts",
]
