"""The Dataset page under the fingers: search, filters, choice, looks, details."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.core.samples import Truth
from inspector.gui.library import Scores
from inspector.gui.pages.dataset.browser import LIST
from inspector.gui.pages.dataset.image_table import COLUMNS, LinePainter
from inspector.gui.pages.dataset.page import DatasetPage
from inspector.gui.pages.dataset.query import Decision, Order
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session
from inspector.gui.theme import THEMES, apply_theme
from inspector.project.project import Project
from inspector.project.verdicts import Trace, Verdict

from .hand import shown_page


@pytest.fixture
def own_session(qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    made = Session(Preferences(tmp_path / "preferences.ini"))
    yield made
    made.close_project()
    made.background.wait()


@pytest.fixture
def empty_page(own_session: Session, qtbot: QtBot) -> Iterator[DatasetPage]:
    """The page in a window with its actions, without a project."""
    with shown_page(own_session, qtbot) as page:
        yield page


@pytest.fixture
def page(
    empty_page: DatasetPage, own_session: Session, tiny_parts: Path, tmp_path: Path, qtbot: QtBot
) -> DatasetPage:
    """The page on a project of 30 sample parts."""
    with Project.create(tmp_path / "project") as project:
        project.import_folder(tiny_parts)
    own_session.open_project(tmp_path / "project")
    qtbot.waitUntil(lambda: len(own_session.library.images) > 0)
    qtbot.waitUntil(lambda: not own_session.background._alive)
    empty_page.browser.grid.setFocus()
    return empty_page


def give_scores(session: Session) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    count = len(session.library.images)
    raw = np.linspace(-1, 1, count)
    nothing = np.full(count, -1, np.int64)
    session.library.scores = Scores(raw, {"none": raw}, {}, {}, nothing, nothing)
    session.library.scores_changed.emit()
    return raw


def shown(page: DatasetPage) -> list[str]:
    model = page.browser.model
    return [model.tile(row).image.record.path for row in range(model.rowCount())]


def test_without_images_the_page_leads_to_the_import(empty_page: DatasetPage, qtbot: QtBot) -> None:
    asked = []
    empty_page.actions_table.bind("file.import", lambda: asked.append(True))
    assert empty_page.browser.currentWidget() is empty_page.browser.empty
    assert not empty_page.header.isEnabled()
    qtbot.mouseClick(empty_page.browser.empty.buttons[0], Qt.MouseButton.LeftButton)
    assert asked == [True]


def test_images_are_shown_and_counted(page: DatasetPage) -> None:
    total = len(page.session.library.images)
    assert page.browser.currentWidget() is page.browser.grid
    assert page.browser.model.rowCount() == total
    assert page.header.count.text() == f"{total} images"
    assert page.chart.view.list_model.rowCount() >= 3


def test_typing_searches_and_escape_shows_all(page: DatasetPage, qtbot: QtBot) -> None:
    window = page.window()
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert page.header.search.hasFocus()
    name = page.session.library.images.class_names[1]
    qtbot.keyClicks(page.header.search, name)
    qtbot.waitUntil(lambda: page.browser.model.query.text == name)
    assert shown(page)
    assert all(path.startswith(name) for path in shown(page))
    assert "of" in page.header.count.text()
    qtbot.keyClicks(page.header.search, "zzz")
    qtbot.waitUntil(lambda: page.browser.currentWidget() is page.browser.no_match)
    qtbot.mouseClick(page.browser.no_match.buttons[0], Qt.MouseButton.LeftButton)
    assert page.browser.currentWidget() is page.browser.grid
    assert page.header.search.text() == ""


def test_filters_and_the_class_chart_speak_of_one_query(page: DatasetPage, qtbot: QtBot) -> None:
    chart = page.chart.view
    entry = chart.list_model.entry(0)
    assert entry is not None
    place = chart.visualRect(chart.list_model.index(0, 0)).center()
    qtbot.mouseClick(chart.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert page.header.filters.classes.value == entry.name
    assert page.browser.model.rowCount() == entry.total
    filters = page.header.filters
    filters.truths.setCurrentIndex(filters.truths.findText("Defective"))
    assert page.browser.model.rowCount() == entry.defective
    assert all(
        page.browser.model.tile(row).truth is Truth.DEFECTIVE for row in range(entry.defective)
    )
    qtbot.mouseClick(chart.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert filters.classes.value is None
    assert filters.show_all.isVisible()
    qtbot.mouseClick(filters.show_all, Qt.MouseButton.LeftButton)
    assert page.browser.model.rowCount() == len(page.session.library.images)
    assert not filters.show_all.isVisible()


def test_scores_sort_from_the_combo_and_from_the_heading(page: DatasetPage, qtbot: QtBot) -> None:
    raw = give_scores(page.session)
    order = page.header.order
    order.setCurrentIndex(order.findText("Highest score first"))
    model = page.browser.model
    assert model.tile(0).score == raw.max()
    qtbot.keyClick(page.window(), Qt.Key.Key_G)
    assert page.browser.look == LIST
    table = page.browser.table
    header = table.horizontalHeader()
    section = COLUMNS.index(Order.SCORE)
    x = header.sectionViewportPosition(section) + header.sectionSize(section) // 2
    place = QPoint(x, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert model.tile(0).score == raw.min()
    assert order.currentText() == "Lowest score first"
    flagged = page.header.filters.decisions
    flagged.setCurrentIndex(flagged.findText("Flagged"))
    assert model.rowCount() == int((raw > page.session.scale.threshold).sum())
    assert model.tile(0).decision is Decision.NG


def test_choosing_with_mouse_and_keys(page: DatasetPage, qtbot: QtBot) -> None:
    grid, browser = page.browser.grid, page.browser
    left = Qt.MouseButton.LeftButton

    def click(row: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        place = grid.visualRect(browser.model.index(row, 0)).center()
        qtbot.mouseClick(grid.viewport(), left, keys, place)

    click(1)
    assert browser.chosen_rows.tolist() == [1]
    click(3, Qt.KeyboardModifier.ControlModifier)
    assert browser.chosen_rows.tolist() == [1, 3]
    click(6)
    click(2, Qt.KeyboardModifier.ShiftModifier)
    assert browser.chosen_rows.tolist() == [2, 3, 4, 5, 6]
    columns = grid._columns
    click(columns)  # from the lower left to the upper right: all between, not a rectangle
    click(columns - 1, Qt.KeyboardModifier.ShiftModifier)
    assert browser.chosen_rows.tolist() == [columns - 1, columns]
    qtbot.keyClick(grid, Qt.Key.Key_Home)
    qtbot.keyClick(grid, Qt.Key.Key_Down)
    assert browser.chosen_rows.tolist() == [columns]
    qtbot.keyClick(grid, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert browser.chosen_rows.tolist() == [columns, columns + 1]
    qtbot.keyClick(grid, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(browser.chosen_ids) == len(page.session.library.images)


def test_what_is_chosen_stays_chosen_in_another_order(page: DatasetPage, qtbot: QtBot) -> None:
    ids = page.session.library.images.ids[[2, 5, 9]]
    give_scores(page.session)
    assert page.browser.choose(ids)
    page._change(order=Order.SCORE, descending=True)
    assert set(page.browser.chosen_ids) == set(ids)
    page._set_look(LIST)
    assert {index.row() for index in page.browser.table.selectionModel().selectedRows()} == set(
        page.browser.chosen_rows.tolist()
    )


def test_show_images_lifts_a_filter_that_hides_them(page: DatasetPage) -> None:
    columns = page.session.library.images
    page._change(class_name=columns.class_names[0])
    hidden = int(columns.ids[columns.classes == 1][0])
    page.show_images([hidden])
    assert page.browser.chosen_ids.tolist() == [hidden]
    assert page.browser.model.query.class_name is None


def test_details_of_one_and_of_many(page: DatasetPage, qtbot: QtBot) -> None:
    library = page.session.library
    assert page.session.project is not None
    image = library.images.images[4]
    page.session.project.add_verdict(
        image.image_id, Verdict.NG, "Ada", Trace(), "scratch", "at the rim"
    )
    library.reload_verdicts([image.image_id])
    give_scores(page.session)
    page.browser.choose(np.array([image.image_id]))
    facts = page.details.facts
    qtbot.waitUntil(lambda: ("Class", image.record.class_name) in facts.facts)
    assert ("Size", "64 × 64") in facts.facts
    assert any(name == "Raw" for name, _ in page.details.scores.facts)
    assert any("scratch" in text and "Ada" in text for _, text in page.details.history.facts)
    page.details.copy_path()
    assert QGuiApplication.clipboard().text() == str(image.path)
    page.browser.choose(library.images.ids[:5])
    qtbot.waitUntil(lambda: "5 images" in page.details.name.text())
    assert ("NG", "1") in facts.facts
    assert ("Scored", "5") in page.details.scores.facts


def test_the_details_can_be_hidden_and_stay_so(page: DatasetPage, qtbot: QtBot) -> None:
    assert page.details.isVisible()
    qtbot.keyClick(page.window(), Qt.Key.Key_I)
    assert not page.details.isVisible()
    assert page.session.preferences.text("dataset.details") == "off"


def test_enter_leads_to_review_where_scored_else_to_the_preview(
    page: DatasetPage, qtbot: QtBot
) -> None:
    ids = page.session.library.images.ids[[1, 2]]
    page.browser.choose(ids)
    qtbot.keyClick(page.browser.grid, Qt.Key.Key_Return)
    assert page._preview is not None
    assert page._preview.isVisible()
    first = page._preview.title.text()
    page._preview.go(1)
    assert page._preview.title.text() != first
    page._preview.close()
    give_scores(page.session)
    page.browser.choose(ids)
    with qtbot.waitSignal(page.session.images_wanted) as wanted:
        qtbot.keyClick(page.browser.grid, Qt.Key.Key_Return)
    assert wanted.args == ["review", ids.tolist()]


def test_a_verdict_brings_a_list_by_verdict_up_to_date(page: DatasetPage) -> None:
    page._change(verdict=Verdict.OK)
    assert page.browser.currentWidget() is page.browser.no_match
    assert page.session.project is not None
    image_id = int(page.session.library.images.ids[3])
    page.session.project.add_verdict(image_id, Verdict.OK, "Ada", Trace())
    page.session.library.reload_verdicts([image_id])
    assert page.browser.model.ids(np.arange(1)).tolist() == [image_id]


def test_a_hidden_page_waits_with_its_work(page: DatasetPage, qtbot: QtBot) -> None:
    page.deactivate()
    rows = page.browser.model.rows
    with qtbot.waitSignal(page.session.library.scores_changed):
        page.session.library.reload_images()
    assert page.browser.model.rows is rows
    page.activate()
    assert page.browser.model.rowCount() == len(page.session.library.images)


def test_closing_the_project_empties_the_page(page: DatasetPage) -> None:
    page.session.close_project()
    assert page.browser.model.rowCount() == 0
    assert page.browser.currentWidget() is page.browser.empty
    assert page.chart.view.list_model.rowCount() == 0


def test_pictures_arrive_in_the_grid(page: DatasetPage, qtbot: QtBot) -> None:
    image = page.session.library.images.images[0]
    page.browser.grid.viewport().repaint()
    qtbot.waitUntil(lambda: page.browser.pictures.get(image, 100, 1.0) is not None)
    page.browser.grid.set_tile(20)
    assert len(page.browser.grid.visible_rows()) < 30
    page.browser.grid.viewport().repaint()


def test_the_list_never_scrolls_sideways_beside_both_panels(
    page: DatasetPage, themed: QApplication
) -> None:
    give_scores(page.session)
    page._set_look(LIST)
    table = page.browser.table
    for zoom in (1.0, 1.25):
        apply_theme(themed, THEMES["dark"], zoom)
        assert page.details.isVisible()
        assert table.horizontalScrollBar().maximum() == 0
        shown = [COLUMNS[c] for c in range(len(COLUMNS)) if not table.isColumnHidden(c)]
        assert {Order.NAME, Order.CLASS, Order.SCORE, Order.VERDICT} <= set(shown)
    assert table.horizontalHeader().length() <= table.viewport().width()


def test_a_scroll_step_paints_only_the_lines_that_come_into_view(
    page: DatasetPage, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page._set_look(LIST)
    table = page.browser.table
    page.window().resize(1280, 400)
    bar = table.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > bar.singleStep())
    table.grab()
    painted: list[int] = []
    paint = LinePainter.paint

    def noted(self: LinePainter, painter: object, line: object, row: int, **how: bool) -> None:
        painted.append(row)
        paint(self, painter, line, row, **how)  # type: ignore[arg-type]

    qtbot.waitUntil(lambda: not page.browser._choice_timer.isActive())
    qtbot.waitUntil(lambda: not session.background._alive)  # no more scores are to come
    monkeypatch.setattr(LinePainter, "paint", noted)
    bar.setValue(bar.singleStep())
    qtbot.waitUntil(lambda: bool(painted))
    assert len(painted) <= 3
