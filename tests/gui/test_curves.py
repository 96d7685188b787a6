"""Curves: smoothing, log scale, values under the mouse, and how they are told apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.gui.plots.curve_style import Curve, pen_of
from inspector.gui.plots.curves import CurvePlot, smoothed
from inspector.gui.plots.legend import Legend
from inspector.gui.theme import DARK, LIGHT, Theme


def curve(label: str = "a", slot: int = 0, values: list[float] | None = None) -> Curve:
    found = np.array([3.0, 2.0, 1.0, 0.0] if values is None else values)
    return Curve(label, np.arange(len(found)) * 10.0, found, slot, slot)


@pytest.fixture
def plot(themed: QApplication, qtbot: QtBot) -> CurvePlot:
    made = CurvePlot("Loss", "Nothing yet", smooths=True)
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_smoothing_is_the_weighted_mean_of_the_past() -> None:
    values = np.array([4.0, 0.0, 2.0])
    weights = [np.array([0.5**k for k in range(n, -1, -1)]) for n in range(3)]
    expected = [float((w * values[: len(w)]).sum() / w.sum()) for w in weights]
    assert smoothed(values, 0.5) == pytest.approx(expected)
    assert smoothed(values, 0.0) == pytest.approx(values)
    assert smoothed(np.full(50, 7.0), 0.98) == pytest.approx(np.full(50, 7.0))


def test_a_smoothed_curve_lies_over_its_raw_one(plot: CurvePlot) -> None:
    plot.set_curves([curve()])
    assert len(plot.plot.getPlotItem().listDataItems()) == 1
    plot.set_smoothing(0.5)
    raw, shown = plot.plot.getPlotItem().listDataItems()
    assert raw.opts["pen"].color().alphaF() < 0.5 <= shown.opts["pen"].color().alphaF()
    assert raw.yData.tolist() == [3.0, 2.0, 1.0, 0.0]
    assert shown.yData == pytest.approx(smoothed(raw.yData, 0.5))


def test_a_log_scale_leaves_out_what_has_no_logarithm(plot: CurvePlot) -> None:
    plot.set_curves([curve()])
    plot.set_log(True)
    (item,) = plot.plot.getPlotItem().listDataItems()
    assert item.yData[:3].tolist() == [3.0, 2.0, 1.0]
    assert np.isnan(item.yData[3])
    plot.set_log(False)
    (item,) = plot.plot.getPlotItem().listDataItems()
    assert item.yData.tolist() == [3.0, 2.0, 1.0, 0.0]


def test_long_curves_are_thinned_out_where_they_are_drawn(plot: CurvePlot, qtbot: QtBot) -> None:
    plot.set_curves([curve(values=np.sin(np.arange(200_000)).tolist())])
    (item,) = plot.plot.getPlotItem().listDataItems()
    qtbot.waitUntil(lambda: len(item.getData()[0]) < 20_000)
    assert len(item.getOriginalDataset()[0]) == 200_000


def test_the_mouse_tells_the_values_of_every_curve(plot: CurvePlot, qtbot: QtBot) -> None:
    plot.set_curves([curve("first"), curve("<second>", 1, [5.0, 6.0, 7.0, 8.0])])
    box = plot.plot.getPlotItem().getViewBox()
    qtbot.waitUntil(lambda: box.viewRange()[0][1] >= 30)
    plot.plot.scene().sigMouseMoved.emit(box.mapViewToScene(QPointF(11.0, 4.0)))
    assert plot.readout.isVisible()
    text = plot.readout.text()
    assert "Step 10" in text
    assert "first" in text and "<b>2</b>" in text
    assert "&lt;second&gt;" in text and "<b>6</b>" in text
    plot.plot.scene().sigMouseMoved.emit(QPointF(-100, -100))
    assert not plot.readout.isVisible()


def test_a_curve_says_nothing_beyond_its_end(plot: CurvePlot) -> None:
    plot.set_curves([curve("short", 0, [1.0, 1.0]), curve("long", 1)])
    assert [found.label for found, _, _ in plot.values_at(29)] == ["long"]


def test_without_points_the_plot_says_so(plot: CurvePlot) -> None:
    plot.set_curves([curve(values=[])])
    assert plot.curves == ()
    assert plot._empty.isVisible()
    plot.set_curves([curve()])
    assert not plot._empty.isVisible()


def test_a_level_curve_does_not_fill_its_axis(plot: CurvePlot) -> None:
    plot.set_curves([curve(values=[3.0])])
    low, high = plot.plot.getPlotItem().getViewBox().viewRange()[1]
    assert high - low > 0.1


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_curves_differ_by_colour_and_by_dash(theme: Theme) -> None:
    pens = [pen_of(curve(slot=slot), theme, 2.0) for slot in range(6)]
    for a, b in itertools.combinations(pens, 2):
        assert a.color() != b.color()
        assert list(a.dashPattern()) != list(b.dashPattern())
        assert a.isCosmetic()


def test_the_legend_wraps_and_explains_each_label_once(themed: QApplication, qtbot: QtBot) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    legend.resize(900, 20)
    legend.show()
    legend.set_curves([curve("one"), curve("two", 1), curve("two", 1)])
    assert legend.accessibleName() == "one, two"
    low = legend.height()
    legend.resize(100, 20)
    legend.set_curves([curve("a rather long one"), curve("another long one", 1)])
    assert legend.height() > low
