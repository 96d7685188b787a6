"""What a hand does on the plots of the Alignment page."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from inspector.gui.pages.alignment.page import AlignmentPage
from inspector.gui.plots.distribution_paint import mark_positions
from inspector.gui.plots.distribution_panel import DistributionPanel

LEFT = Qt.MouseButton.LeftButton


def line_of(panel: DistributionPanel) -> QPointF:
    """A point on the threshold's line."""
    scene = panel.scene()
    assert scene is not None
    return QPointF(scene.layout.x(scene.view.threshold_place or 0.0), scene.layout.middle(0))


def mark_of(panel: DistributionPanel, image_id: int) -> QPointF:
    scene = panel.scene()
    assert scene is not None
    (index,) = np.flatnonzero(scene.view.score_set.image_ids == image_id)
    xs, ys = mark_positions(scene, np.array([index]))
    return QPointF(float(xs[0]), float(ys[0]))


def drag(panel: DistributionPanel, start: QPointF, end: QPointF, *, release: bool = True) -> None:
    where = panel.viewport()
    QTest.mousePress(where, LEFT, pos=start.toPoint())
    for part in (0.3, 0.7, 1.0):
        QTest.mouseMove(where, (start + (end - start) * part).toPoint())
    if release:
        QTest.mouseRelease(where, LEFT, pos=end.toPoint())


def brush_all(page: AlignmentPage) -> list[int]:
    """Brushes over all rows of the aligned panel, beside the threshold's line."""
    panel = page.plots.pair.aligned
    layout = panel.plot_layout()
    start = QPointF(layout.left + 3, layout.head + 3)
    drag(panel, start, QPointF(layout.right - 3, layout.bottom - 3))
    return page.drawer._ids
