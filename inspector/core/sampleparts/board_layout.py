"""The circuit board's fixed design: what sits where, in part units from the board's centre."""

from __future__ import annotations

from typing import NamedTuple

from inspector.core.sampleparts.lettering import Word

HALF_WIDTH, HALF_HEIGHT = 224.0, 204.0


class FlatPack(NamedTuple):
    """An integrated circuit: half sizes of its body, pins per side along x and along y."""

    x: float
    y: float
    half_width: float
    half_height: float
    pins_x: int
    pins_y: int


class Chip(NamedTuple):
    """A two-terminal part; `kind` is resistor, capacitor or diode."""

    x: float
    y: float
    upright: bool
    kind: str


FLAT_PACKS = (
    FlatPack(-62.0, -18.0, 46.0, 46.0, 11, 11),
    FlatPack(112.0, -112.0, 54.0, 22.0, 10, 0),
    FlatPack(126.0, 8.0, 28.0, 22.0, 5, 0),
)

CANS = ((-172.0, -120.0, 31.0), (-172.0, -48.0, 26.0))
"""Electrolytic capacitors: x, y, radius."""

HEADER = (-66.0, 170.0, 13.0, 16)
"""Pin header: x and y of the first pin, pitch, number of pins."""

CRYSTAL = (-60.0, 96.0, 34.0, 14.0)
"""Quartz in a metal can: x, y, half length, half height."""

MOUNTS = ((-204.0, -184.0), (204.0, -184.0), (-204.0, 184.0), (204.0, 184.0))

CHIPS = (
    Chip(-112.0, -150.0, False, "capacitor"),
    Chip(-74.0, -150.0, False, "resistor"),
    Chip(-36.0, -150.0, False, "resistor"),
    Chip(2.0, -150.0, False, "capacitor"),
    Chip(-112.0, -112.0, False, "resistor"),
    Chip(-74.0, -112.0, False, "resistor"),
    Chip(-36.0, -112.0, False, "capacitor"),
    Chip(2.0, -112.0, False, "resistor"),
    Chip(22.0, -56.0, True, "capacitor"),
    Chip(22.0, -18.0, True, "resistor"),
    Chip(22.0, 20.0, True, "resistor"),
    Chip(58.0, -56.0, True, "resistor"),
    Chip(58.0, -18.0, True, "capacitor"),
    Chip(58.0, 20.0, True, "resistor"),
    Chip(188.0, -24.0, True, "capacitor"),
    Chip(188.0, 24.0, True, "diode"),
    Chip(-176.0, 14.0, False, "diode"),
    Chip(-176.0, 44.0, False, "resistor"),
    Chip(-176.0, 74.0, False, "resistor"),
    Chip(-176.0, 104.0, False, "capacitor"),
    Chip(-124.0, 96.0, True, "capacitor"),
    Chip(6.0, 96.0, True, "capacitor"),
    Chip(48.0, 88.0, False, "resistor"),
    Chip(48.0, 118.0, False, "resistor"),
    Chip(94.0, 88.0, False, "resistor"),
    Chip(94.0, 118.0, False, "diode"),
    Chip(140.0, 88.0, False, "capacitor"),
    Chip(140.0, 118.0, False, "resistor"),
    Chip(188.0, 88.0, True, "capacitor"),
    Chip(188.0, 132.0, True, "resistor"),
)

Track = tuple[tuple[float, float], ...]


def _bus(lanes: int, *corners: tuple[float, float, float, float]) -> tuple[Track, ...]:
    """Parallel tracks: each corner is x and y of the first lane, and the step to the next one."""
    return tuple(
        tuple((x + dx * lane, y + dy * lane) for x, y, dx, dy in corners) for lane in range(lanes)
    )


TRACKS: tuple[Track, ...] = (
    *_bus(11, (-102, 38, 8, 0), (-102, 60, 8, 0), (-66, 128, 13, 0), (-66, 166, 13, 0)),
    *_bus(10, (-6, -58, 0, 8), (10, -58, 0, 8), (26, -52, 0, 8), (96, -52, 0, 8)),
    *_bus(10, (-112, -58, 0, 8), (-140, -58, 0, 8), (-152, -46, 0, 9), (-152, 8, 0, 9)),
    *_bus(11, (-102, -68, 8, 0), (-102, -84, 8, 0), (-112, -98, 12, 0), (-112, -180, 12, 0)),
    *_bus(10, (64, -84, 11, 0), (64, -62, 11, 0), (100, -26, 6, 0), (100, -20, 6, 0)),
    *_bus(10, (64, -140, 11, 0), (64, -158, 11, 0), (52, -172, 12, 0), (30, -190, 12, 0)),
    *_bus(6, (104, 36, 11, 0), (104, 56, 11, 0), (88, 72, 13, 0), (88, 160, 13, 0)),
    ((-210.0, 140.0), (-90.0, 140.0), (-76.0, 154.0), (-76.0, 184.0)),
    ((-210.0, 128.0), (-84.0, 128.0)),
    ((210.0, -150.0), (210.0, 150.0), (180.0, 166.0)),
    ((200.0, -140.0), (200.0, 70.0)),
)
"""Copper tracks, as the corners of their middle lines."""

POUR: Track = ((60.0, 128.0), (212.0, 128.0), (212.0, 160.0), (160.0, 196.0), (60.0, 196.0))
"""The corners of a copper area."""

VIAS = (
    (-140.0, -84.0), (-128.0, -76.0), (-20.0, 62.0), (6.0, 60.0), (78.0, 62.0), (84.0, 48.0),
    (30.0, 140.0), (-20.0, 118.0), (-140.0, 130.0), (-206.0, -8.0), (-140.0, -20.0), (-138.0, 30.0),
    (172.0, -64.0), (152.0, -56.0), (84.0, -62.0), (36.0, -84.0), (44.0, -90.0), (168.0, 56.0),
    (214.0, 40.0), (-206.0, 130.0), (120.0, 142.0), (166.0, 146.0), (-100.0, 62.0), (74.0, 140.0),
)  # fmt: skip

PRINT: tuple[Word, ...] = (
    ("U1", -118.0, -72.0, 10.0, False),
    ("U2", 52.0, -82.0, 10.0, False),
    ("U3", 84.0, 8.0, 10.0, True),
    ("Y1", -104.0, 84.0, 9.0, False),
    ("J1", -84.0, 186.0, 9.0, False),
    ("C1", -132.0, -136.0, 9.0, False),
    ("C2", -140.0, -60.0, 9.0, False),
    ("CTRL-7 REV C", 60.0, 148.0, 11.0, False),
    ("R1", -74.0, -133.0, 7.0, False),
    ("R2", -36.0, -133.0, 7.0, False),
    ("C5", 2.0, -133.0, 7.0, False),
    ("R9", 40.0, -36.0, 7.0, True),
    ("R11", 40.0, 20.0, 7.0, True),
    ("D1", -176.0, -2.0, 7.0, False),
    ("R20", 118.0, 103.0, 7.0, False),
    ("C14", 208.0, 88.0, 7.0, True),
    ("C9", -142.0, 96.0, 7.0, True),
)

MARKINGS: tuple[Word, ...] = (
    ("MCU32F4", -62.0, -30.0, 11.0, False),
    ("2417 A5", -62.0, -8.0, 9.0, False),
    ("LM3914", 112.0, -118.0, 11.0, False),
    ("24C02", 126.0, 4.0, 10.0, False),
    ("8.000", -60.0, 96.0, 10.0, False),
)
"""What is printed on the packages themselves."""
