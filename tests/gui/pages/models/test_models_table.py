"""The table of the Models page: what it tells, how it is sorted, using and renaming a model."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.pages.models.facts import ModelFacts
from inspector.gui.pages.models.page import ModelsPage
from inspector.gui.pages.models.table import Column
from inspector.gui.session import Session
from inspector.jobs.model_card import CARD_FILE
from inspector.project.models import ModelRow

from .hand import click_row, names, texts

Train = Callable[..., ModelRow]
Show = Callable[[], ModelsPage]


def test_without_a_model_it_leads_to_training(show: Show, session: Session, qtbot: QtBot) -> None:
    page = show()
    (button,) = [b for b in page.findChildren(QPushButton) if b.text() == "Train the first one"]
    with qtbot.waitSignal(session.page_wanted) as told:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told.args == ["train"]


def test_the_table_tells_all_of_a_model(train: Train, show: Show) -> None:
    train("Line 2", auroc=0.9, seconds=190)
    page = show()
    row = texts(page, 0)
    assert row[Column.NAME] == "Line 2 (Active, Reverse distillation · lite0 · quick)"
    assert row[Column.IMAGE_AUROC] == "0.900 (raw 0.800)"
    assert row[Column.PIXEL_AUROC] == "– (raw –)"
    assert row[Column.FLAGGED] == "2 % (raw 2 %)"
    assert row[Column.IMAGES] == "7 (2 classes)"
    assert row[Column.TIME] == "3 min 10 s"
    assert row[Column.SCORED] == "0"


def test_sorting_by_header_and_key_keeps_the_choice_and_puts_unknown_last(
    train: Train, show: Show, qtbot: QtBot
) -> None:
    for name, auroc in (("b", 0.7), ("unknown", None), ("a", 0.9)):
        train(name, auroc=auroc)
    page = show()
    assert names(page) == ["a", "unknown", "b"]  # the newest first
    click_row(qtbot, page, 2)
    header = page.view.horizontalHeader()
    at = header.sectionViewportPosition(Column.IMAGE_AUROC) + 5
    for expected in (["a", "b", "unknown"], ["b", "a", "unknown"]):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at, 5))
        assert names(page) == expected
        assert [facts.model.name for facts in page.view.chosen] == ["b"]
    qtbot.keyClick(page.view, Qt.Key.Key_S)  # the keyboard stands in the column of names
    assert names(page) == ["a", "b", "unknown"]


def test_return_and_double_click_use_a_model(
    train: Train, show: Show, session: Session, qtbot: QtBot
) -> None:
    first, second = train("first"), train("second")
    page = show()
    assert session.scale.model == second
    qtbot.keyClick(page.view, Qt.Key.Key_Down)
    qtbot.keyClick(page.view, Qt.Key.Key_Return)
    assert session.scale.model == first
    assert "Active" in texts(page, 1)[Column.NAME]
    place = page.view.visualRect(page.view.table.index(0, Column.NAME)).center()
    click_row(qtbot, page, 0)  # as a hand does it; Qt's own helper sends the second press only
    qtbot.mouseDClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.scale.model == second


def test_renaming_in_place_says_what_is_wrong(train: Train, show: Show, qtbot: QtBot) -> None:
    train("taken")
    train("old")
    page = show()
    qtbot.keyClick(page.view, Qt.Key.Key_F2)
    field = page.rename_field
    assert field is not None
    field.input.clear()
    qtbot.keyClicks(field.input, "Taken")
    qtbot.keyClick(field.input, Qt.Key.Key_Return)
    assert "already" in field.message.text()
    assert field.message.isVisible()
    field.input.clear()
    qtbot.keyClicks(field.input, "New name")
    qtbot.keyClick(field.input, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(page) == ["New name", "taken"])
    assert page.rename_field is None


def test_escape_keeps_the_old_name(train: Train, show: Show, qtbot: QtBot) -> None:
    train("old")
    page = show()
    qtbot.keyClick(page.view, Qt.Key.Key_F2)
    assert page.rename_field is not None
    qtbot.keyClicks(page.rename_field.input, "other")
    qtbot.keyClick(page.rename_field.input, Qt.Key.Key_Escape)
    assert page.rename_field is None
    assert names(page) == ["old"]


def test_evaluate_queues_what_is_missing_and_guards_the_model(
    held_jobs: None, train: Train, show: Show, session: Session, qtbot: QtBot
) -> None:
    train("new")
    page = show()
    index = page.view.table.index(0, Column.IMAGE_AUROC)
    button = page.view.indexWidget(index).findChild(QPushButton)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [job.request for job in session.jobs.jobs] == [
        ScoreRequest(model="new", evaluate=True, everything=True)
    ]

    def shown() -> str:
        placed = page.view.indexWidget(page.view.table.index(0, Column.IMAGE_AUROC))
        made = placed.findChild(QPushButton) if placed is not None else None
        return made.text() if made is not None else ""

    qtbot.waitUntil(lambda: shown() == "Waiting")
    qtbot.keyClick(page.view, Qt.Key.Key_Delete)
    assert session.notices.history[-1].text == "new is in use by a job and stays."
    assert names(page) == ["new"]
    qtbot.keyClick(page.view, Qt.Key.Key_F2)
    assert page.rename_field is not None
    qtbot.keyClicks(page.rename_field.input, "other")
    qtbot.keyClick(page.rename_field.input, Qt.Key.Key_Return)
    assert "A job that waits" in page.rename_field.message.text()


def test_a_model_without_readable_card_is_shown_with_its_problem(train: Train, show: Show) -> None:
    model = train("broken")
    train("fine")
    (model.folder / CARD_FILE).write_text("{")
    page = show()
    assert names(page) == ["fine", "broken"]
    assert "cannot be read" in texts(page, 1)[Column.NAME]
    page.view.choose([model.model_id])
    facts: ModelFacts = page.view.chosen[0]
    assert "damaged" in facts.problem
