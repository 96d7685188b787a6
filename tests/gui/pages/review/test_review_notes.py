"""Kind, note and operator on the Review page, and the report of what was said."""

from __future__ import annotations

import csv
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.review.page import ReviewPage
from inspector.gui.session import Session
from inspector.project.verdicts import Verdict

from .hand import ALL, opened, press, shown

Key = Qt.Key


def test_kind_note_and_operator_go_with_the_verdict(
    page: ReviewPage, session: Session, qtbot: QtBot
) -> None:
    image_id = shown(page, qtbot)
    press(page, Key.Key_D)
    assert page.chooser is not None
    kinds = page.chooser.kinds
    assert kinds, "the data set names kinds of defects"
    QTest.keyClick(page.chooser, Key.Key_1)
    press(page, Key.Key_M)
    QTest.keyClicks(page.parts.verdicts.note, "onu")  # letters that are verdicts elsewhere
    QTest.keyClick(page.parts.verdicts.note, Key.Key_Return)
    page.parts.operator.setText("Grace")
    page.parts.operator.editingFinished.emit()
    page._focus_image()
    press(page, Key.Key_N)
    assert session.project is not None
    row = session.project.latest_verdict(image_id)
    assert row is not None
    assert (row.verdict, row.defect_kind, row.note) == (Verdict.NG, kinds[0], "onu")
    assert row.operator == "Grace"
    assert page.session.preferences.operator == "Grace"


def test_a_note_on_a_judged_image_is_written_at_once(
    page: ReviewPage, session: Session, qtbot: QtBot
) -> None:
    image_id = shown(page, qtbot)
    press(page, Key.Key_N)
    press(page, Key.Key_Left)
    assert shown(page, qtbot) == image_id
    press(page, Key.Key_M)
    QTest.keyClicks(page.parts.verdicts.note, "edge")
    QTest.keyClick(page.parts.verdicts.note, Key.Key_Return)
    assert session.project is not None
    row = session.project.latest_verdict(image_id)
    assert row is not None
    assert (row.verdict, row.note) == (Verdict.NG, "edge")


def test_kind_and_note_outlive_the_project(
    page: ReviewPage, session: Session, folder: Path, qtbot: QtBot, window: MainWindow
) -> None:
    image_id = shown(page, qtbot)
    page._say_of(image_id, "scratch", "")
    press(page, Key.Key_M)
    QTest.keyClicks(page.parts.verdicts.note, "half a")
    window.commands.close_project()
    assert not page.parts.verdicts.note.hasFocus()
    again = opened(window, session, folder, qtbot)
    again._set_criteria(ALL)
    assert shown(again, qtbot) == image_id
    assert again.parts.verdicts.note.text() == "half a"
    press(again, Key.Key_N)
    assert session.project is not None
    row = session.project.latest_verdict(image_id)
    assert row is not None and (row.defect_kind, row.note) == ("scratch", "half a")
    assert session.project.get_setting("review_pending", dict, None) == {}


def test_the_summary_counts_the_session(page: ReviewPage, qtbot: QtBot) -> None:
    for key in (Key.Key_N, Key.Key_O, Key.Key_O):
        shown(page, qtbot)
        press(page, key)
    summary, said = page.desk.summary(page.material.class_names())
    assert summary.by_verdict == {Verdict.OK: 2, Verdict.NG: 1, Verdict.UNSURE: 0}
    assert len(said) == 3
    press(page, Key.Key_S)
    assert page.reports.summary is not None
    assert page.reports.summary.isVisible()
    QTest.keyClick(page.reports.summary, Key.Key_Escape)


def test_the_export_holds_what_was_said(
    page: ReviewPage, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    said = []
    for key in (Key.Key_N, Key.Key_O):
        said.append(shown(page, qtbot))
        press(page, key)
    done: list[int] = []
    file = tmp_path / "out.csv"
    page.reports.exporter.write(file, said[:1], done.append)
    qtbot.waitUntil(lambda: bool(done))
    assert done == [1]
    (row,) = csv.DictReader(file.read_text("utf-8-sig").splitlines())
    assert (row["verdict"], row["operator"]) == ("ng", "Ada")
    assert session.scale.model is not None
    assert row["model"] == session.scale.model.name
    assert float(row["threshold"]) == session.scale.threshold
    assert row["snapshot_digest"]


def test_names_and_times_are_read_once(page: ReviewPage, session: Session) -> None:
    names = page.material.class_names()
    assert names == {i.image_id: i.record.class_name for i in session.library.images.images}
    assert page.material.class_names() is names
