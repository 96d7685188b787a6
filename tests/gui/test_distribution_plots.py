"""The distribution plots under real mouse drags and keys."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core.distributions import ScoreSet, ThresholdCounts
from inspector.errors import InspectorError
from inspector.gui.plots.distribution_live import bubble_rect
from inspector.gui.plots.distribution_morph import MorphPanel
from inspector.gui.plots.distribution_paint import Scene, mark_positions
from inspector.gui.plots.distribution_pair import DistributionPair
from inspector.gui.plots.distribution_panel import DistributionPanel
from inspector.gui.theme import DARK

LEFT = Qt.MouseButton.LeftButton


def made(n_classes: int = 4, n: int = 30, *, labelled: bool = True, first: int = 100) -> ScoreSet:
    """Classes that drift apart when raw; the defects score higher."""
    rng = np.random.default_rng(n_classes)
    index = np.repeat(np.arange(n_classes), n)
    labels = np.tile(np.arange(n) % 3 == 0, n_classes).astype(np.int8) if labelled else 0 * index
    aligned = rng.normal(0.7, 0.05, index.size) + 0.4 * labels
    return ScoreSet(
        image_ids=np.arange(first, first + index.size),
        class_index=index,
        class_names=tuple(f"class {i}" for i in range(n_classes)),
        labels=labels.astype(np.int8),
        raw=0.3 * aligned + 0.1 * index,
        aligned=aligned,
    )


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[DistributionPanel]:
    widget = DistributionPanel()
    qtbot.addWidget(widget)
    widget.resize(700, 460)
    widget.set_title("Raw score")
    widget.set_scores(made(), "raw", 0.4)
    with qtbot.waitExposed(widget):
        widget.show()
    yield widget


def scene_of(panel: DistributionPanel) -> Scene:
    scene = panel.scene()
    assert scene is not None
    return scene


def drag(qtbot: QtBot, panel: DistributionPanel, start: QPointF, end: QPointF) -> None:
    where = panel.viewport()
    qtbot.mousePress(where, LEFT, pos=start.toPoint())
    for part in (0.3, 0.7, 1.0):
        qtbot.mouseMove(where, (start + (end - start) * part).toPoint())
    qtbot.mouseRelease(where, LEFT, pos=end.toPoint())


def mark_of(panel: DistributionPanel, index: int) -> QPoint:
    xs, ys = mark_positions(scene_of(panel), np.array([index]))
    return QPoint(round(xs[0]), round(ys[0]))


def test_dragging_the_line_moves_the_threshold(qtbot: QtBot, panel: DistributionPanel) -> None:
    moved: list[float] = []
    panel.threshold_moved.connect(moved.append)
    layout = panel.plot_layout()
    start = QPointF(layout.x(scene_of(panel).view.axis.place(0.4)), layout.plot.center().y())
    with qtbot.waitSignal(panel.threshold_released) as released:
        drag(qtbot, panel, start, start + QPointF(60, 5))
    assert len(moved) >= 3 and moved == sorted(moved)
    expected = scene_of(panel).view.axis.score(layout.place(round(start.x() + 60)))
    assert panel.threshold() == pytest.approx(expected, abs=0.005)
    assert released.args == [panel.threshold()]


def test_the_bubble_is_a_handle_and_stops_at_the_ends(
    qtbot: QtBot, panel: DistributionPanel
) -> None:
    start = bubble_rect(scene_of(panel)).center()
    drag(qtbot, panel, start, QPointF(2000, 10))
    axis = scene_of(panel).view.axis
    assert panel.threshold() == pytest.approx(axis.high)
    assert panel.plot_layout().right >= bubble_rect(scene_of(panel)).right() - 0.01


def test_keys_move_the_threshold(qtbot: QtBot, panel: DistributionPanel) -> None:
    panel.setFocus()
    with qtbot.waitSignals([panel.threshold_moved, panel.threshold_released]):
        qtbot.keyClick(panel, Qt.Key.Key_Right)
    fine = (panel.threshold() or 0) - 0.4
    qtbot.keyClick(panel, Qt.Key.Key_Left)
    assert panel.threshold() == pytest.approx(0.4)
    qtbot.keyClick(panel, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert (panel.threshold() or 0) - 0.4 == pytest.approx(10 * fine)
    assert fine > 0


def test_the_numbers_are_also_said_in_words(qtbot: QtBot, panel: DistributionPanel) -> None:
    panel.setFocus()
    for _ in range(3):
        qtbot.keyClick(panel, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    scores, threshold = made(), panel.threshold() or 0.0
    flagged = scores.raw > threshold
    good, bad = (int(flagged[scores.labels == label].sum()) for label in (0, 1))
    words = f"good flagged {good} of 80, defects caught {bad} of 40"
    assert good > 0 and words in panel.accessibleDescription()
    assert panel.describe(2).startswith("class 2: good flagged ")


def test_hovering_names_the_nearest_image(qtbot: QtBot, panel: DistributionPanel) -> None:
    found: list[int | None] = []
    panel.hovered.connect(found.append)
    qtbot.mouseMove(panel.viewport(), mark_of(panel, 37))
    assert found[-1] == 137
    qtbot.mouseMove(panel.viewport(), QPoint(3, 3))
    assert found[-1] is None


def test_a_click_selects_and_escape_clears(qtbot: QtBot, panel: DistributionPanel) -> None:
    chosen: list[list[int]] = []
    panel.selected.connect(chosen.append)
    qtbot.mouseClick(panel.viewport(), LEFT, pos=mark_of(panel, 61))
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert chosen == [[161], []]


def test_a_brush_selects_rows_and_scores(qtbot: QtBot, panel: DistributionPanel) -> None:
    scores, scene = made(), scene_of(panel)
    layout, axis = scene.layout, scene.view.axis
    panel.set_threshold(axis.high)
    start = QPointF(layout.left + 20, layout.middle(1))
    end = QPointF(layout.left + 260, layout.middle(2))
    with qtbot.waitSignal(panel.selected) as selected:
        drag(qtbot, panel, start, end)
    low, high = (axis.score(layout.place(round(p.x()))) for p in (start, end))
    rows = np.isin(scores.class_index, scene.order[1:3])
    inside = rows & (scores.raw >= low) & (scores.raw <= high)
    assert inside.sum() > 5
    assert selected.args == [scores.image_ids[inside].tolist()]
    before = panel.viewport().grab().toImage()
    panel.clear_brush()
    assert panel.viewport().grab().toImage() != before


def test_images_beyond_the_axis_are_brushed_at_its_end(qtbot: QtBot) -> None:
    scores = made()
    scores.raw[-1] = 1e6
    panel = DistributionPanel()
    qtbot.addWidget(panel)
    panel.resize(700, 460)
    panel.set_scores(scores, "raw", 0.4)
    with qtbot.waitExposed(panel):
        panel.show()
    layout = panel.plot_layout()
    start = QPointF(layout.right - 60, layout.head + 2)
    with qtbot.waitSignal(panel.selected) as selected:
        drag(qtbot, panel, start, QPointF(layout.right + 30, layout.bottom - 2))
    assert 219 in selected.args[0]


def test_the_threshold_leaves_what_lies_below_untouched(
    qtbot: QtBot, panel: DistributionPanel
) -> None:
    panel.grab()
    static = panel._static
    assert static is not None
    panel.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Right)
    panel.grab()
    assert panel._static is static
    panel.set_order("name")
    panel.grab()
    assert panel._static is not static


def test_a_threshold_off_the_axis_widens_it(panel: DistributionPanel) -> None:
    panel.set_threshold(9.0)
    assert 0 < (scene_of(panel).view.threshold_place or 0) < 1


@pytest.mark.parametrize(
    ("scores", "threshold"),
    [
        (None, None),
        (made(0), None),
        (made(1), 0.4),
        (made(3, labelled=False), 0.4),
        (made(2, 1), None),
        (made(60), 0.4),
        (made(2, 700), 0.4),
    ],
)
def test_anything_can_be_shown(
    qtbot: QtBot, scores: ScoreSet | None, threshold: float | None
) -> None:
    pair = DistributionPair()
    qtbot.addWidget(pair)
    pair.resize(900, 400)
    pair.set_scores(scores, threshold, threshold)
    image = pair.grab().toImage()
    colours = {image.pixel(x, y) for x in range(0, 900, 3) for y in range(0, 400, 3)}
    assert len(colours) > 1


def test_the_pair_stays_level_and_tells_the_side(qtbot: QtBot) -> None:
    pair = DistributionPair()
    qtbot.addWidget(pair)
    pair.resize(1000, 420)
    pair.set_scores(made(30), 0.4, 0.9)
    pair.show()
    layouts = pair.raw.plot_layout(), pair.aligned.plot_layout()
    assert layouts[0].row == layouts[1].row
    assert layouts[0].plot.width() == pytest.approx(layouts[1].plot.width(), abs=2)
    pair.aligned.verticalScrollBar().setValue(120)
    assert pair.raw.verticalScrollBar().value() == 120
    with qtbot.waitSignal(pair.threshold_released) as released:
        qtbot.keyClick(pair.aligned, Qt.Key.Key_Right)
    assert released.args[0] == "aligned"


def test_what_is_chosen_in_one_panel_is_marked_in_the_other(qtbot: QtBot) -> None:
    pair = DistributionPair()
    qtbot.addWidget(pair)
    pair.resize(1200, 500)
    pair.set_scores(made(), 0.4, 0.9)
    pair.show()
    at = mark_of(pair.aligned, 40)
    before = pair.aligned.viewport().grab().toImage()
    with qtbot.waitSignal(pair.selected) as selected:
        qtbot.mouseClick(pair.raw.viewport(), LEFT, pos=mark_of(pair.raw, 40))
    assert selected.args == [[140]]
    assert pair.aligned.viewport().grab().toImage().pixel(at) != before.pixel(at)


def test_names_are_never_cut(qtbot: QtBot) -> None:
    pair = DistributionPair()
    qtbot.addWidget(pair)
    pair.resize(1280, 700)
    scores = made(2)
    long = ScoreSet(
        scores.image_ids,
        scores.class_index,
        ("bracket, left, anodised", "bracket, right, anodised"),
        scores.labels,
        scores.raw,
        scores.aligned,
    )
    pair.set_scores(long, 0.4, 0.9)
    with qtbot.waitExposed(pair):
        pair.show()
    needed = pair.raw.fontMetrics().horizontalAdvance(long.class_names[1])
    assert pair.raw.plot_layout().names > needed


@pytest.fixture
def morph(qtbot: QtBot) -> MorphPanel:
    widget = MorphPanel()
    qtbot.addWidget(widget)
    widget.resize(700, 460)
    widget.set_score_set(made(), 0.4, 0.9)
    widget.show()
    return widget


def test_the_morph_counts_as_its_sides_do(morph: MorphPanel) -> None:
    for t, side, threshold in ((0.0, "raw", 0.4), (1.0, "aligned", 0.9)):
        morph.set_morph(t)
        expected = ThresholdCounts(made(), side).at(threshold)  # type: ignore[arg-type]
        assert scene_of(morph).view.tally.flagged.tolist() == expected.flagged.tolist()
        assert morph.side() == side and morph.threshold() == threshold


def test_the_line_stands_still_while_the_rows_move(morph: MorphPanel) -> None:
    lines, rows = [], []
    for t in (0.0, 0.25, 0.5, 0.75, 1.0):
        morph.set_morph(t)
        lines.append(scene_of(morph).view.threshold_place)
        rows.append(float(np.ptp(scene_of(morph).view.frame.medians)))
    assert lines == pytest.approx([lines[0]] * 5)
    assert rows == sorted(rows, reverse=True) and rows[-1] < 0.3 * rows[0]


def test_the_threshold_moves_only_at_rest(qtbot: QtBot, morph: MorphPanel) -> None:
    morph.set_morph(0.5)
    qtbot.keyClick(morph, Qt.Key.Key_Right)
    morph.set_morph(1.0)
    assert morph.threshold() == 0.9
    with qtbot.waitSignal(morph.threshold_released):
        qtbot.keyClick(morph, Qt.Key.Key_Right)
    assert (morph.threshold() or 0) > 0.9


def test_playing_goes_there_and_back(qtbot: QtBot, morph: MorphPanel) -> None:
    seen: list[float] = []
    morph.morphed.connect(seen.append)
    with qtbot.waitSignal(
        morph.playing_changed, check_params_cb=lambda running: not running, timeout=8000
    ):
        morph.play(120)
    assert max(seen) == 1.0 and seen[-1] == 0.0
    assert any(0 < t < 1 for t in seen)


def test_reduced_motion_jumps(morph: MorphPanel) -> None:
    morph.set_reduced_motion(True)
    morph.play()
    assert morph.morph() == 1.0 and not morph.playing()


def test_pictures_and_data_are_exported(qtbot: QtBot, morph: MorphPanel, tmp_path: Path) -> None:
    pair = DistributionPair()
    qtbot.addWidget(pair)
    pair.resize(900, 400)
    pair.set_scores(made(40), 0.4, 0.9)
    image = pair.render_image(2.0)
    assert image.width() == 1800 and image.height() > 2 * 40 * 20
    pair.render_svg(tmp_path / "pair.svg")
    morph.render_svg(tmp_path / "morph.svg")
    assert morph.render_image(1.0).width() > 700
    words = "".join(ElementTree.parse(tmp_path / "pair.svg").getroot().itertext())
    assert "class 39" in words and "Raw score" in words
    assert (tmp_path / "morph.svg").stat().st_size > 1000
    pair.to_csv(tmp_path / "scores.csv")
    with (tmp_path / "scores.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 40 * 30
    with pytest.raises(InspectorError):
        pair.to_csv(tmp_path / "absent" / "scores.csv")


def test_the_ground_is_white_or_the_themes(themed: QApplication, qtbot: QtBot) -> None:
    pair = DistributionPair()
    qtbot.addWidget(pair)
    pair.resize(600, 300)
    pair.set_scores(made(), 0.4, 0.9)

    def corner(image: QImage) -> str:
        return QColor(image.pixel(2, 2)).name()

    assert corner(pair.render_image(1.0, "theme")) == DARK.surface
    assert corner(pair.render_image(1.0, "white")) == "#ffffff"


def test_presentation_is_larger(panel: DistributionPanel) -> None:
    before = panel.plot_layout()
    panel.set_presentation(True)
    assert panel.plot_layout().head > 1.2 * before.head
    panel.set_presentation(False)
    assert panel.plot_layout() == before
