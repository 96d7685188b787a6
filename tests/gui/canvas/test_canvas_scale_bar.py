"""The legend says the same as the heat map paints."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.core.heatmaps import colour_table
from inspector.gui.canvas.scale_bar import ScaleBar

BOTH = [Qt.Orientation.Horizontal, Qt.Orientation.Vertical]


@pytest.mark.parametrize("orientation", BOTH)
def test_it_runs_from_the_ground_to_the_last_colour(
    qtbot: QtBot, orientation: Qt.Orientation
) -> None:
    bar = ScaleBar(orientation)
    qtbot.addWidget(bar)
    bar.resize(*((60, 300) if orientation is Qt.Orientation.Vertical else (300, 60)))
    empty = bar.grab().toImage()
    bar.set_scale(0.0, 3.0, 1.0)
    shown = bar.grab().toImage()
    assert shown != empty
    colours = [
        shown.pixelColor(*((5, 299 - at) if orientation is Qt.Orientation.Vertical else (at, 10)))
        for at in range(300)
    ]
    last = colour_table()[-1].astype(int)
    near = [np.abs(np.array(c.getRgb()[:3]) - last).sum() < 40 for c in colours]
    assert any(near) and near.index(True) > 200
    bar.clear()
    assert bar.grab().toImage() == empty


def test_it_can_be_read_without_seeing(qtbot: QtBot) -> None:
    bar = ScaleBar()
    qtbot.addWidget(bar)
    assert bar.accessibleName()
    bar.set_scale(0.5, 4.25, 2.125)
    assert bar.accessibleDescription() == "From 0.5 to 4.25. Threshold 2.12."
    bar.set_scale(0.5, 4.25)
    assert "Threshold" not in bar.accessibleDescription()
    with pytest.raises(ValueError, match="low < high"):
        bar.set_scale(1.0, 1.0)


@pytest.mark.parametrize("orientation", BOTH)
def test_its_least_size_holds_the_words(qtbot: QtBot, orientation: Qt.Orientation) -> None:
    bar = ScaleBar(orientation)
    qtbot.addWidget(bar)
    bar.set_scale(-0.001234, 123456.0, 1234.5)
    small = bar.minimumSizeHint()
    font = bar.font()
    font.setPointSizeF(font.pointSizeF() * 1.5)
    bar.setFont(font)
    large = bar.minimumSizeHint()
    assert large.width() > small.width() and large.height() > small.height()
