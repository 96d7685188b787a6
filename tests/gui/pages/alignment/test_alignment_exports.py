"""Files and pictures of the Alignment page: what is written, where, and when nothing is."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from inspector.core.evaluation import RAW
from inspector.gui.main_window import MainWindow
from inspector.gui.notify import Level
from inspector.gui.pages.alignment import empty
from inspector.gui.pages.alignment import exports as exports_module
from inspector.gui.pages.alignment.page import AlignmentPage
from inspector.gui.session import Session
from inspector.project.models import ModelRow
from inspector.project.project import Project

from .hand import drag, line_of

LEFT = Qt.MouseButton.LeftButton
AddModel = Callable[[Project], ModelRow]


def test_files_are_written_and_the_folder_is_remembered(
    page: AlignmentPage,
    session: Session,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def answer(parent: object, title: str, begin: str, kind: str) -> tuple[str, str]:
        asked.append(begin)
        return str(tmp_path / "out" / Path(begin).stem), kind

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    act = page.actions_table.action
    act("alignment.csv").trigger()
    qtbot.waitUntil(lambda: bool(session.notices.history))
    assert session.notices.history[-1].level is Level.ERROR
    (tmp_path / "out").mkdir()
    for name in ("csv", "png", "svg"):
        before = len(session.notices.history)
        act(f"alignment.{name}").trigger()
        qtbot.waitUntil(lambda before=before: len(session.notices.history) > before)
        notice = session.notices.history[-1]
        assert notice.level is Level.SUCCESS and notice.actions[0].text == "Show folder"
    assert Path(asked[-1]).parent == tmp_path / "out"
    (table,) = (tmp_path / "out").glob("*.csv")
    assert page.comparison is not None
    with table.open(newline="") as file:
        assert len(list(csv.DictReader(file))) == page.comparison.score_set.size
    (png,) = (tmp_path / "out").glob("*.png")
    assert QImage(str(png)).width() > 1000
    (svg,) = (tmp_path / "out").glob("*.svg")
    assert "AUROC" in svg.read_text("utf-8")
    assert not list((tmp_path / "out").glob("*.tmp"))
    act("alignment.copy").trigger()
    assert QGuiApplication.clipboard().image().width() > 1000


def test_a_dialog_that_is_cancelled_writes_nothing(
    page: AlignmentPage, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    before = len(session.notices.history)
    page.actions_table.action("alignment.csv").trigger()
    assert len(session.notices.history) == before


def test_a_table_is_written_in_the_background(
    page: AlignmentPage,
    session: Session,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads: list[threading.Thread] = []
    write = exports_module.write_atomically

    def watched(file: Path, data: bytes) -> None:
        threads.append(threading.current_thread())
        write(file, data)

    monkeypatch.setattr(exports_module, "write_atomically", watched)
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "table.csv"), "")
    )
    page.actions_table.action("alignment.csv").trigger()
    qtbot.waitUntil(lambda: bool(session.notices.history))
    assert (tmp_path / "table.csv").is_file()
    assert threads[0] is not threading.main_thread()


def test_an_empty_page_exports_nothing(page: AlignmentPage, session: Session) -> None:
    assert page._exports.score_set is not None
    session.close_project()
    assert page._exports.score_set is None and page._exports.numbers is None


def test_while_another_model_is_read_nothing_is_kept_or_exported(
    page: AlignmentPage,
    session: Session,
    add_second_model: AddModel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert session.project is not None and page.comparison is not None
    other = add_second_model(session.project)
    before, highest = page.comparison, float(page.comparison.score_set.aligned.max())
    read = session.library.reload_scores
    session.library.reload_scores = lambda: None  # type: ignore[method-assign]
    panel = page.plots.pair.raw
    end = line_of(panel) + QPointF(-40, 0)
    drag(panel, line_of(panel), end, release=False)
    session.scale.set_model(other)
    QTest.mouseRelease(panel.viewport(), LEFT, pos=end.toPoint())
    assert page.comparison is before
    page._reset_thresholds()
    for variant in (RAW, "cada"):
        assert session.scale.threshold_of(variant) == session.scale.default_threshold(variant)
    asked: list[object] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: asked.append(1) or ("", ""))
    window = page.window()
    assert isinstance(window, MainWindow)
    for name in ("copy", "png", "svg", "csv"):
        window.statusBar().clearMessage()
        page.actions_table.action(f"alignment.{name}").trigger()
        assert "nothing to export" in window.statusBar().currentMessage()
    assert asked == []
    page.activate()  # neither of both is shown as the other
    assert page.empty.currentWidget() is page.empty.states[empty.LOADING]
    session.library.reload_scores = read  # type: ignore[method-assign]
    session.library.reload_scores()
    qtbot.waitUntil(lambda: page.comparison not in (None, before))
    assert page.comparison is not None and page.comparison.model_id == other.model_id
    assert page.comparison.score_set.aligned.max() == pytest.approx(10 * highest)
    assert page._exports.score_set is page.comparison.score_set
