"""Shapes and colours of the points: each bank differs in both, for any colour vision."""

from __future__ import annotations

from inspector.gui.plots.point_style import NEUTRAL, Look

MUTED = "muted"

LOOKS = {
    "normal": Look("circle", 0, 0.32, 0.5),
    "outliers": Look("triangle", 4, 0.36, 0.5),
    "pseudo": Look("plus", 3, 0.42, 0.85),
    "annotated": Look("square", 1, 0.52, 1.0),
    "fresh": Look("diamond", 2, 0.62, 1.0),
    MUTED: Look("cross", NEUTRAL, 0.55, 1.0),
}
"""In the order in which they are drawn: what is painted lies above."""
