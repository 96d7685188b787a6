"""What a hand does in the bank of the Annotate page."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.gui.pages.annotate.bank.mask_list import MaskRow
from inspector.gui.pages.annotate.bank.room import BankRoom
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.jobs.bank_file import read_muted

Key, Button = Qt.Key, Qt.MouseButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


def enter(page: AnnotatePage, qtbot: QtBot) -> BankRoom:
    """Shows the bank by its key, and waits until it and its map are there."""
    QTest.keyClick(page.parts.view, Key.Key_B, SHIFT)
    room = page.bank.room
    assert room is not None
    qtbot.waitUntil(lambda: room.view.empty is None)
    qtbot.waitUntil(lambda: room.view.map.points is not None, timeout=30_000)  # imports sklearn
    return room


def rows(room: BankRoom) -> list[MaskRow]:
    return [row for row in room.view.masks.rows.rows if isinstance(row, MaskRow)]


def choose(room: BankRoom, number: int) -> None:
    """Clicks the mask in its place among the masks."""
    model = room.view.masks.rows
    place = [i for i, row in enumerate(model.rows) if isinstance(row, MaskRow)][number]
    box = room.view.masks.visualRect(model.index(place))
    QTest.mouseClick(room.view.masks.viewport(), Button.LeftButton, pos=box.center())


def tile(room: BankRoom, number: int) -> QPoint:
    view = room.view.tiles
    return view.visualRect(view.rows.index(number)).center()


def point(room: BankRoom, bank: str, row: int) -> QPoint:
    """Where an entry lies on the map."""
    found = room.view.map.points
    assert found is not None
    return room.view.map.to_view(found.find(bank, row)).toPoint()


def click_point(room: BankRoom, bank: str, row: int) -> None:
    canvas = room.view.map.plot.viewport()
    at = point(room, bank, row)
    QTest.mouseMove(canvas, at)
    QTest.mouseClick(canvas, Button.LeftButton, pos=at)


def muted_on_disk(page: AnnotatePage) -> frozenset[tuple[int, int, int]]:
    model = page.session.scale.model
    assert model is not None
    return read_muted(model.folder)
