"""Training again on the Annotate page, from the first stroke to the decision."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.gui.jobs.job import JobState
from inspector.gui.jobs.requests import RetrainRequest, ScoreRequest
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.annotate.page import AnnotatePage
from inspector.gui.pages.models.page import ModelsPage
from inspector.gui.session import Session
from inspector.jobs.model_card import read_model_card
from inspector.project.candidates import candidates

_PATIENCE_MS = 240_000
_SLOW_MS = 60_000  # scikit-learn is imported at the first comparison
Left = Qt.MouseButton.LeftButton


def annotate(window: MainWindow, session: Session, folder: Path, qtbot: QtBot) -> AnnotatePage:
    """The Annotate page of the project, with what is new counted."""
    assert session.open_project(folder)
    page = window.page("annotate")
    assert isinstance(page, AnnotatePage)
    qtbot.waitUntil(lambda: page.painting.image_id == page.queue.current is not None)
    qtbot.waitUntil(lambda: page.retraining._news is not None)
    return page


def paint(page: AnnotatePage, qtbot: QtBot) -> None:
    """A stroke with the mouse."""
    canvas, place = page.parts.view.viewport(), page.parts.view.place
    assert place is not None
    points = [QPoint(round(x), round(y)) for x, y in map(place.to_view, ((20.0, 20.0), (30, 25)))]
    QTest.mousePress(canvas, Left, Qt.KeyboardModifier.NoModifier, points[0])
    QTest.mouseMove(canvas, points[1])
    with qtbot.waitSignal(page.painting.kept):
        QTest.mouseRelease(canvas, Left, Qt.KeyboardModifier.NoModifier, points[1])


def test_the_panel_says_what_is_new_and_asks_for_a_training(
    window: MainWindow, session: Session, folder: Path, held_jobs: None, qtbot: QtBot
) -> None:
    page = annotate(window, session, folder, qtbot)
    panel = page.retraining
    assert "Nothing is new" in panel.news.text()
    assert not panel.start.isEnabled()
    paint(page, qtbot)
    qtbot.waitUntil(lambda: "1 painted mask not trained with yet" in panel.news.text())
    assert "does not learn from masks" in panel.remark.text()
    assert panel.estimate.isVisible()
    qtbot.waitUntil(lambda: panel.estimate.time.text() != "")
    QTest.mouseClick(panel.start, Left)
    model = session.scale.model
    assert model is not None
    (job,) = session.jobs.jobs
    assert job.request == RetrainRequest(model_id=model.model_id, name=model.name)
    assert model.name in job.title
    assert not panel.start.isVisible()
    assert panel.follow.isVisible()
    QTest.mouseClick(panel.follow, Left)
    assert window.current_page == "train"


def test_from_a_stroke_to_the_decision(
    window: MainWindow, session: Session, folder: Path, qtbot: QtBot
) -> None:
    page = annotate(window, session, folder, qtbot)
    old = session.scale.model
    assert old is not None
    paint(page, qtbot)
    qtbot.waitUntil(page.retraining.start.isEnabled)
    QTest.mouseClick(page.retraining.start, Left)
    qtbot.waitUntil(
        lambda: session.jobs.current is None and not session.jobs.waiting, timeout=_PATIENCE_MS
    )
    assert [job.state for job in session.jobs.jobs] == [JobState.DONE] * 3
    requests = [job.request for job in session.jobs.jobs]
    assert {r.model for r in requests if isinstance(r, ScoreRequest)} >= {old.name}
    assert session.project is not None
    (new,) = candidates(session.project)
    assert read_model_card(new.folder).parent == old.folder.name
    assert session.scale.model == old  # it replaces nothing by itself
    notice = next(n for n in session.notices.history if "can be compared" in n.text)
    assert [action.text for action in notice.actions] == ["Compare"]
    assert page.retraining.compare.isVisible()
    notice.actions[0].run()
    models = window.page("models")
    assert isinstance(models, ModelsPage)
    view = models.replacing
    qtbot.waitUntil(lambda: view.comparison is not None, timeout=_SLOW_MS)
    assert view.comparison is not None
    assert view.comparison.n_judged == 12
    assert view.comparison.together.new.pixel_auroc is not None
    QTest.mouseClick(view.keep, Left)
    assert session.scale.model == old
    assert candidates(session.project) == ()
    assert len(session.project.models()) == 2
