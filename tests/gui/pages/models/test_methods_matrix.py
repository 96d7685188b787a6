"""The matrix of methods on the Models page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.gui.jobs.requests import TrainRequest
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.models.page import MATRIX, ModelsPage
from inspector.gui.session import Session
from inspector.jobs.catalogue import METHODS
from inspector.project.recipes import methods_at_hand

Left = Qt.MouseButton.LeftButton


def test_the_matrix_starts_what_is_missing(
    window: MainWindow,
    session: Session,
    folder: Path,
    held_jobs: None,
    qtbot: QtBot,
) -> None:
    assert session.open_project(folder)
    qtbot.waitUntil(lambda: len(session.library.images) > 0)
    page = window.page("models")
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: len(page.view.table.rows) == 1)
    QTest.mouseClick(page.shown.button_of(MATRIX), Left)
    view = page.matrix
    assert page.stack.currentWidget() is view
    assert "1 model is not evaluated yet" in view.about.text()
    # The small model is not the preset's, so all methods are missing.
    chosen = methods_at_hand()
    qtbot.waitUntil(lambda: [request.method for request in view.requests()] == [*chosen])
    assert {"patchcore", "revdist"} <= set(chosen)
    for action in view.menu.actions():
        if action.isChecked() != (action.data() in ("patchcore", "revdist")):
            action.trigger()
    view.seeds.setValue(2)
    assert f"({4})" in view.start.text()
    QTest.mouseClick(view.start, Left)
    asked = [job.request for job in session.jobs.jobs]
    assert asked == [
        TrainRequest(
            method=method,
            preset="quick",
            changes={"seed": seed} if seed else {},
            for_comparison=True,
        )
        for method in METHODS
        if method in ("patchcore", "revdist")
        for seed in (0, 1)
    ]
    assert view.requests() == []
    assert not view.start.isEnabled()
