"""The window from an import to exported verdicts, with real clicks, keys and worker processes."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from inspector.core.evaluation import Evaluation
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.dataset.import_dialog import ImportDialog
from inspector.gui.pages.review import patience
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session
from inspector.gui.theme import DARK, apply_theme
from inspector.jobs.events import replay
from inspector.project.evaluations import newest_evaluations
from inspector.project.results import read_evaluation
from inspector.project.verdicts import Verdict

_PATIENCE_MS = 240_000
_TYPED = {
    "image_size": "64",
    "revdist.iterations": "6",
    "revdist.batch_size": "4",
    "alignment.iterations": "20",
    "alignment.batch_size": "4",
}


@pytest.fixture
def window(
    qapp: QApplication,
    qtbot: QtBot,
    tmp_path: Path,
    one_thread: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MainWindow]:
    """The real window with all its pages, its preferences in a file of the test's own."""
    monkeypatch.setattr(patience, "LONG_S", 1e9)  # however slow the machine
    made = opened_window(tmp_path, qapp, qtbot)
    yield made
    made.session.close_project()
    made.session.background.wait()


def opened_window(folder: Path, qapp: QApplication, qtbot: QtBot) -> MainWindow:
    """A window as a new process would open it."""
    apply_theme(qapp, DARK, 1.0)
    preferences = Preferences(folder / "preferences.ini")
    preferences.operator = "Ada"
    made = MainWindow(Session(preferences))
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


def button(parent: QWidget, text: str) -> QPushButton:
    """The visible button that says this."""
    for found in parent.findChildren(QPushButton):
        if found.text().startswith(text) and found.isVisible():
            return found
    raise AssertionError(f"no button '{text}'")


def import_parts(window: MainWindow, parts: Path, project: Path, qtbot: QtBot) -> None:
    """Looks at the preview, names a place for the project, imports."""
    window.commands.import_folder(parts)
    (dialog,) = window.findChildren(ImportDialog)
    qtbot.waitUntil(dialog.import_button.isEnabled, timeout=_PATIENCE_MS)
    assert "30 images" in dialog.import_button.text()
    assert not project.exists()
    dialog.place.clear()
    qtbot.keyClicks(dialog.place, str(project))
    qtbot.mouseClick(dialog.import_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.session.project is not None, timeout=_PATIENCE_MS)
    qtbot.mouseClick(button(dialog, "Train a model"), Qt.MouseButton.LeftButton)
    assert window.current_page == "train"
    qtbot.waitUntil(lambda: len(window.session.library.images) == 30, timeout=_PATIENCE_MS)


def train(window: MainWindow, qtbot: QtBot) -> None:
    """Types small parameters, starts, and waits for model, scores and metrics."""
    page: Any = window.page("train")
    setup = page.setup
    qtbot.mouseClick(setup.more, Qt.MouseButton.LeftButton)
    for name, text in _TYPED.items():
        editor = setup.form.row_of(name).editor
        editor.setFocus()
        editor.selectAll()
        qtbot.keyClicks(editor, text)
        qtbot.keyClick(editor, Qt.Key.Key_Tab)
    assert setup.form.problems == []
    qtbot.mouseClick(setup.start, Qt.MouseButton.LeftButton)
    jobs = window.session.jobs
    assert len(jobs.jobs) == 1
    qtbot.waitUntil(lambda: jobs.jobs[0].state.is_over, timeout=_PATIENCE_MS)
    qtbot.waitUntil(lambda: jobs.current is None and not jobs.waiting, timeout=_PATIENCE_MS)
    assert [job.state for job in jobs.jobs] == ["done"] * 2, [job.message for job in jobs.jobs]
    qtbot.waitUntil(lambda: window.session.library.scores.n_scored == 30, timeout=_PATIENCE_MS)


def evaluate(project: Path) -> Evaluation:
    """What `inspector evaluate` finds."""
    done = subprocess.run(
        [sys.executable, "-m", "inspector", "evaluate", str(project), "--json"],
        capture_output=True,
        check=True,
        text=True,
    )
    return read_evaluation(Path(json.loads(done.stdout)["evaluation_file"]).parent)


def test_from_a_folder_to_exported_verdicts(
    window: MainWindow, tiny_parts: Path, tmp_path: Path, qapp: QApplication, qtbot: QtBot
) -> None:
    folder = tmp_path / "project"
    import_parts(window, tiny_parts, folder, qtbot)
    train(window, qtbot)
    session = window.session
    assert session.project is not None
    run = session.project.runs()[0]
    losses = [e for e in replay(run.folder) if getattr(e, "name", "") == "loss"]
    assert losses  # there are curves to see

    # Alignment: its numbers are those of the evaluation.
    page: Any = window.page("alignment")
    qtbot.waitUntil(lambda: page.numbers is not None, timeout=_PATIENCE_MS)
    (evaluation,) = newest_evaluations(session.project).values()
    for side, name in ((page.numbers.raw, "none"), (page.numbers.aligned, session.scale.variant)):
        variant = evaluation.evaluation.find(name)
        assert variant is not None
        assert side.auroc == pytest.approx(variant.absolute_unified.image_auroc, abs=1e-9)
        assert side.ap == pytest.approx(variant.absolute_unified.image_ap, abs=1e-9)
        assert side.f1 == pytest.approx(variant.absolute_unified.image_f1_max, abs=1e-9)
        assert side.class_average == pytest.approx(variant.class_average.image_auroc, abs=1e-9)

    # Review with keys: each verdict is in the journal when the next image shows.
    window.activateWindow()  # offscreen no window manager does it when the dialog has closed
    qtbot.waitUntil(window.isActiveWindow)
    review: Any = window.page("review")
    review.show_all_bands()
    given: list[int] = []
    for key, verdict in ((Qt.Key.Key_O, "ok"), (Qt.Key.Key_N, "ng"), (Qt.Key.Key_U, "unsure")):
        qtbot.waitUntil(
            lambda: review.queue.current == review.stage.shown_id is not None, timeout=_PATIENCE_MS
        )
        image = review.queue.current
        qtbot.keyClick(review.main_focus(), key)
        latest = session.project.latest_verdict(image)
        assert latest is not None
        assert (latest.verdict, latest.operator) == (verdict, "Ada")
        assert latest.trace.model_id == session.scale.model.model_id  # type: ignore[union-attr]
        given.append(image)
        assert review.queue.current != image
    qtbot.keyClick(review.main_focus(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert set(session.project.latest_verdicts()) == set(given[:2])
    file = tmp_path / "verdicts.csv"
    qtbot.keyClick(review.main_focus(), Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None)
    qtbot.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_Return)  # all of the project
    (dialog,) = window.findChildren(QFileDialog)
    dialog.selectFile(str(file))
    dialog.accept()
    qtbot.waitUntil(file.exists, timeout=_PATIENCE_MS)
    rows = list(csv.DictReader(file.open(encoding="utf-8-sig")))
    assert sorted(row["verdict"] for row in rows) == ["ng", "ok"]
    assert {row["operator"] for row in rows} == {"Ada"}

    # Restart: everything is still there.
    model, threshold = session.scale.model, session.scale.threshold
    window.close()
    again = opened_window(tmp_path, qapp, qtbot)
    assert again.session.open_project(folder)
    qtbot.waitUntil(lambda: again.session.library.scores.n_scored == 30, timeout=_PATIENCE_MS)
    assert again.session.scale.model == model
    assert again.session.scale.threshold == threshold
    verdicts = {image: row.verdict for image, row in again.session.library.verdicts.items()}
    assert verdicts == {given[0]: Verdict.OK, given[1]: Verdict.NG}
    again.close()

    # The command line says the same of the same images.
    told = evaluate(folder)
    for name in ("none", "cada"):
        own, found = evaluation.evaluation.find(name), told.find(name)
        assert own is not None
        assert found is not None
        # Batches of other images: float32 rounds the maps elsewhere.
        assert asdict(found.absolute_unified) == pytest.approx(
            asdict(own.absolute_unified), abs=1e-6
        )
