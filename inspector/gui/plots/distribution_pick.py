"""Which images a point or a region of a distribution plot means."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF

from inspector.core.distributions import DEFECTIVE, Ints
from inspector.gui.plots.distribution_live import Brush
from inspector.gui.plots.distribution_paint import Scene, mark_positions
from inspector.gui.plots.distribution_views import rows_with_marks


def nearest(scene: Scene, point: QPointF, reach: float) -> int | None:
    """Index of the image whose mark is nearest, within `reach` pixels; None where there is none.

    Where a class is shown as a density only, its images stand anywhere between its base line and
    the ridge: only the score counts then, on the side of the base line where the point is.
    """
    layout, score_set = scene.layout, scene.view.score_set
    if score_set.size == 0 or not layout.plot.adjusted(-reach, 0, reach, 0).contains(point):
        return None
    row = layout.row_at(point.y())
    members = np.flatnonzero(score_set.class_index == scene.order[row])
    if members.size == 0:
        return None
    xs, ys = mark_positions(scene, members)
    places = scene.view.frame.places[members]
    marked = rows_with_marks(score_set)[score_set.class_index[members]]
    marked |= (places < 0) | (places > 1)
    below = point.y() > layout.base_line(row)
    away = np.where((score_set.labels[members] == DEFECTIVE) == below, 0.0, np.inf)
    distances = np.hypot(xs - point.x(), np.where(marked, ys - point.y(), away))
    best = int(np.argmin(distances))
    return int(members[best]) if distances[best] <= reach else None


def brushed(scene: Scene, brush: Brush) -> Ints:
    """Indices of the images in a region; its ends take what lies beyond the axis along."""
    score_set = scene.view.score_set
    rows = scene.row_of()[score_set.class_index]
    places = np.clip(scene.view.frame.places, 0, 1)
    inside = (rows >= brush.first) & (rows <= brush.last)
    inside &= (places >= brush.low) & (places <= brush.high)
    return np.flatnonzero(inside).astype(np.int64)
