"""From a painted stroke to other images' scores and through a restart, all of it for real."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.gui.main_window import MainWindow
from inspector.gui.preferences import Preferences
from inspector.gui.session import Session
from inspector.gui.theme import DARK, apply_theme
from inspector.jobs.bank_file import read_banks
from inspector.jobs.fresh_file import read_fresh_masks
from inspector.project.learned import LEARN

_PATIENCE_MS = 240_000
CONTROL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier


class Desk:
    """A window on a project, and the hands that work in it."""

    def __init__(self, folder: Path, preferences: Path, qtbot: QtBot) -> None:
        chosen = Preferences(preferences)
        chosen.operator = "Ada"
        self.qtbot = qtbot
        self.window = MainWindow(Session(chosen))
        qtbot.addWidget(self.window)
        self.window.resize(1280, 800)
        self.window.show()
        qtbot.waitExposed(self.window)
        self.session = self.window.session
        assert self.session.open_project(folder)
        self.page = cast(Any, self.window.page("annotate"))
        self.page.parts.options.set_size(8)
        self.wait(lambda: self.session.library.scores.n_scored == 30)
        self.wait(lambda: self.page.painting.image_id == self.page.queue.current is not None)
        self.wait(lambda: self.session.learning.n_unlearned is not None)

    def wait(self, happens: Any) -> None:
        self.qtbot.waitUntil(happens, timeout=_PATIENCE_MS)

    def stroke(self, *points: tuple[float, float]) -> None:
        view = self.page.parts.view
        places = [QPoint(*map(round, view.place.to_view(point))) for point in points]
        QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, NONE, places[0])
        for place in places[1:]:
            QTest.mouseMove(view.viewport(), place)
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, NONE, places[-1])

    def show(self, image: int) -> None:
        self.page.queue.jump(int(np.flatnonzero(self.page.queue.ids == image)[0]))
        self.wait(lambda: self.page.painting.image_id == image)

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.page.parts.view, key, held)

    def learned(self) -> Any:
        return self.qtbot.waitSignal(self.session.learning.learned, timeout=_PATIENCE_MS)

    def raw(self) -> dict[int, float]:
        library = self.session.library
        return dict(zip(library.images.ids.tolist(), library.scores.raw.tolist(), strict=True))

    @property
    def model(self) -> Path:
        model = self.session.scale.model
        assert model is not None
        return model.folder

    def close(self) -> None:
        self.window.close()
        self.page.stage.prefetch.wait()
        self.page.thumbnails.wait()
        self.session.background.wait()


@pytest.fixture
def places(
    tmp_path: Path, tiny_dmad: Any, qapp: QApplication, one_thread: None
) -> Iterator[tuple[Path, Path]]:
    """A project with a small DMAD that has scored everything, and a file for preferences."""
    apply_theme(qapp, DARK, 1.0)
    shutil.copytree(tiny_dmad.folder, tmp_path / "project")
    yield tmp_path / "project", tmp_path / "preferences.ini"


def test_what_is_painted_teaches_and_survives_a_restart(
    places: tuple[Path, Path], largest_defect: Any, qtbot: QtBot
) -> None:
    desk = Desk(*places, qtbot)
    page, project = desk.page, desk.session.project
    assert project is not None
    image, (top, left, bottom, right) = largest_defect(project)
    desk.show(image)
    untouched = desk.raw()

    # Two strokes across a defect; undone, redone; then they rest.
    with desk.learned():
        desk.stroke((left, top), (right, bottom))
        one = page.painting.draft.mask.copy()
        desk.stroke((right, top), (left, bottom))
        both = page.painting.draft.mask.copy()
        desk.press(Qt.Key.Key_Z, CONTROL)
        assert np.array_equal(page.painting.draft.mask, one)
        desk.press(Qt.Key.Key_Y, CONTROL)
        assert np.array_equal(page.painting.draft.mask, both)
    desk.wait(lambda: desk.raw()[image] > untouched[image] + 0.2)

    # The mask is in the bank: its patches, by its image and version.
    (version,) = project.annotations()
    bank = read_banks(desk.model)["fresh"]
    assert set(bank.image_ids.tolist()) == {image}
    assert set(bank.annotation_ids.tolist()) == {version.annotation_id}
    rows, columns = np.asarray(bank.rows), np.asarray(bank.columns)
    assert len(rows) > 3
    assert all(
        both[8 * r : 8 * r + 8, 8 * c : 8 * c + 8].any() for r, c in zip(rows, columns, strict=True)
    )

    # Other images have changed, those that look like it above all; the page lists them.
    taught = desk.raw()
    others = [i for i in taught if i != image and taught[i] > untouched[i] + 1e-3]
    assert others
    assert all(taught[i] >= untouched[i] - 1e-5 for i in taught)
    desk.wait(lambda: bool(page.along.panel.images.changed.rows))
    listed = {row.image_id for row in page.along.panel.images.changed.rows}
    assert listed <= set(desk.session.learning.changes) - {image}
    run = project.runs()[-1]
    assert run.kind == LEARN
    stored = project.scores(desk.session.scale.model.model_id)  # type: ignore[union-attr]
    assert {(score.run_id, score.snapshot_id) for score in stored} == {
        (run.run_id, run.snapshot_id)
    }
    changed = dict(desk.session.learning.changes)
    desk.close()

    # Restart: strokes, bank, scores and what changed are there, and nothing is to be learned.
    again = Desk(*places, qtbot)
    project = again.session.project
    assert project is not None
    assert again.raw() == pytest.approx(taught, abs=1e-9)
    assert [m.annotation_id for m in read_fresh_masks(again.model)] == [version.annotation_id]
    assert again.session.learning.n_unlearned == 0
    assert set(again.session.learning.changes) == set(changed)
    again.show(image)
    assert np.array_equal(again.page.painting.draft.mask, both)
    assert not again.session.learning.is_worker_running

    # The strokes can still be undone; then the model is as it was trained.
    with again.learned():
        again.press(Qt.Key.Key_Z, CONTROL)
        again.press(Qt.Key.Key_Z, CONTROL)
    assert read_fresh_masks(again.model) == ()
    again.wait(lambda: again.raw() == pytest.approx(untouched, abs=1e-3))
    again.close()
