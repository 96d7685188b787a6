"""What a hand does on the Models page, and what stands there."""

from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.gui.pages.models.page import ModelsPage
from inspector.gui.pages.models.table import Column


def names(page: ModelsPage) -> list[str]:
    return [facts.model.name for facts in page.view.table.rows]


def texts(page: ModelsPage, row: int) -> list[str]:
    model = page.view.table
    return [str(model.index(row, column).data()) for column in Column]


def click_row(qtbot: QtBot, page: ModelsPage, row: int, *, ctrl: bool = False) -> None:
    place = page.view.visualRect(page.view.table.index(row, Column.NAME)).center()
    held = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, held, place)
