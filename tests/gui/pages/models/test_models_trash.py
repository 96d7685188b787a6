"""The trash of the Models page: in, back, and gone for good."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.gui.pages.models.page import TRASH, ModelsPage
from inspector.gui.session import Session
from inspector.project.models import ModelRow
from inspector.project.project import Project

from .hand import names

Train = Callable[..., ModelRow]
Show = Callable[[], ModelsPage]


def test_the_active_model_goes_to_the_trash_and_comes_back(
    train: Train, show: Show, session: Session, qtbot: QtBot
) -> None:
    first, second = train("first"), train("second")
    page = show()
    session.scale.set_model(second)
    qtbot.keyClick(page.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: names(page) == ["first"])
    assert session.scale.model == first
    notice = session.notices.history[-1]
    assert (notice.text, notice.hint) == (
        "second is in the trash.",
        "first is the active model now.",
    )
    notice.actions[0].run()
    qtbot.waitUntil(lambda: names(page) == ["second", "first"])
    assert session.scale.model == second


def test_a_model_is_deleted_for_good_only_after_a_second_click(
    train: Train, show: Show, session: Session, project: Project, qtbot: QtBot
) -> None:
    model = train("old")
    train("kept")
    project.trash_model("old")
    page = show()
    qtbot.mouseClick(page.shown.button_of(TRASH), Qt.MouseButton.LeftButton)
    (entry,) = page.trash.entries
    assert not entry.question.isVisible()
    qtbot.mouseClick(entry.remove, Qt.MouseButton.LeftButton)
    assert entry.question.isVisible()
    qtbot.mouseClick(entry.keep, Qt.MouseButton.LeftButton)
    assert not entry.question.isVisible()
    assert model.folder.is_dir()
    qtbot.mouseClick(entry.remove, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(entry.confirm, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.trash.entries == [])
    assert not model.folder.exists()
    assert session.project is not None
    assert [kept.name for kept in session.project.models()] == ["kept"]


def test_return_presses_the_button_that_has_the_keyboard(
    train: Train, show: Show, project: Project, qtbot: QtBot
) -> None:
    train("old")
    train("kept")
    project.trash_model("old")
    page = show()
    qtbot.mouseClick(page.shown.button_of(TRASH), Qt.MouseButton.LeftButton)
    (entry,) = page.trash.entries
    entry.restore.setFocus()
    qtbot.keyClick(entry.restore, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.trash.entries == [])
    assert sorted(names(page)) == ["kept", "old"]
