"""The presentation of the Alignment page: full screen, live, over with its page or model."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.pages.alignment.page import AlignmentPage
from inspector.gui.session import Session
from inspector.project.models import ModelRow
from inspector.project.project import Project

Key = Qt.Key
AddModel = Callable[[Project], ModelRow]


def test_f5_presents_and_esc_leaves(
    page: AlignmentPage, window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    session.preferences.reduced_motion = True
    qtbot.keyClick(page.plots.pair.raw, Key.Key_F5)
    view = page.presentation.view
    assert view is not None and view.isVisible() and window.isFullScreen()
    assert view.geometry() == window.rect()
    assert page.comparison is not None
    raw = page.comparison.tally("raw").confusion()
    assert raw.true_positive_rate is not None
    assert view.caught.number.text().startswith(f"{round(100 * raw.true_positive_rate)}")
    qtbot.keyClick(view.controls.slider, Key.Key_Space)
    assert view.panel.morph() == 1.0
    aligned = page.comparison.tally("aligned").confusion()
    assert aligned.true_positive_rate is not None
    assert view.caught.number.text().startswith(f"{round(100 * aligned.true_positive_rate)}")
    qtbot.keyClick(view.controls.slider, Key.Key_Escape)
    assert page.presentation.view is None and not window.isFullScreen()
    assert not page.actions_table.action("alignment.present").isChecked()


def test_leaving_the_page_ends_the_presentation(page: AlignmentPage, window: MainWindow) -> None:
    page.actions_table.action("alignment.present").trigger()
    assert page.presentation.view is not None
    window.show_page("dataset")
    assert page.presentation.view is None


def test_the_presentation_follows_the_scores_and_ends_with_the_model(
    page: AlignmentPage, session: Session, add_second_model: AddModel, qtbot: QtBot
) -> None:
    session.preferences.reduced_motion = True
    assert session.project is not None
    other = add_second_model(session.project)
    page.actions_table.action("alignment.present").trigger()
    view = page.presentation.view
    assert view is not None
    session.scale.set_variant("cada-a")
    shown = view.panel.view()
    assert page.comparison is not None and shown is not None
    assert shown.score_set is page.comparison.score_set
    session.scale.set_model(other)
    assert page.presentation.view is None
