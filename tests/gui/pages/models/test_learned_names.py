"""Learned names and features of a model, and High and Low, on the Models page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot
from safetensors.numpy import save_file

from inspector.core.evaluation import Evaluation, MetricRow, VariantEvaluation
from inspector.core.longtail import HeadAndTail
from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.models.details import ModelDetails
from inspector.gui.pages.models.page import MATRIX, ModelsPage
from inspector.gui.session import Session
from inspector.jobs.model_card import WEIGHTS_FILE
from inspector.jobs.name_file import Naming, has_names
from inspector.jobs.spec import ScoreJob
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.results import write_evaluation
from inspector.project.runs import RunState

CLASSES = ["bolt", "nut", "washer"]
REAL, MADE = (6, 2, 6), (4, 4, 4)
CARD: dict[str, Any] = {
    "class_names": CLASSES,
    "training_images": {"bolt": 6, "nut": 2, "washer": 6},
    "long_tail": HeadAndTail(("bolt", "washer"), ("nut",)),
}
AddModel = Callable[..., ModelRow]


def tensors(naming: bytes | None = None) -> dict[str, np.ndarray]:  # type: ignore[type-arg]
    """Names of which the first two are alike; features of three classes, far apart."""
    nearest = [[("screw", 0.9), ("pin", 0.5)], [("ring", 0.8)], [("disc", 0.7)]]
    text = msgspec.json.encode(Naming(CLASSES, nearest, "tiny words"))
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2, 0, 1, 2], REAL + MADE).astype(np.int32)
    return {
        "detector.names.naming": np.frombuffer(naming or text, np.uint8),
        "detector.names.named": np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32),
        "detector.sample.features": (10 * np.eye(3)[labels] + rng.random((26, 3))).astype("f2"),
        "detector.sample.classes": labels,
        "detector.sample.synthetic": np.repeat([0, 1], (14, 12)).astype(np.uint8),
    }


def evaluate(project: Project, model: ModelRow) -> None:
    def row(value: float) -> MetricRow:
        return MetricRow(4, 4, value, value, value, None, None, None, value, None, None)

    of = VariantEvaluation(
        "none", None, {c: row(0.7) for c in CLASSES}, row(0.7), row(0.6), row(0.8), row(0.5)
    )
    job = ScoreJob(model=str(model.folder), snapshot="s", subset="test", evaluate=True)
    run = project.new_run("evaluate", model.method, msgspec.json.encode(job), None)
    write_evaluation(run.folder, Evaluation((of,)))
    project.finish_run(run.run_id, b'{"state":"done"}', RunState.DONE)


@pytest.fixture
def page(
    session: Session, tmp_path: Path, add_model: AddModel, qtbot: QtBot
) -> Iterator[ModelsPage]:
    """A model without names, one whose names are damaged, and one with names, which is chosen."""
    with Project.create(tmp_path / "project") as project:
        for method, content in (
            ("revdist", {"detector.weight": np.zeros(1, np.float32)}),
            ("ltad", tensors(b"{broken")),
            ("ltad", tensors()),
        ):
            evaluate(project, add_model(project, method, content, **CARD))
    window = QMainWindow()
    qtbot.addWidget(window)
    actions = ActionRegistry(window, session)
    made = ModelsPage(session, actions)
    window.setCentralWidget(made)
    window.resize(1280, 800)
    actions.set_page("models")
    session.open_project(tmp_path / "project")
    made.activate()
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: made.view.table.rowCount() == 3)
    choose(made, 3)
    yield made


def choose(page: ModelsPage, *models: int) -> ModelDetails:
    page.view.choose(models)
    return page.details.one


def click_tab(details: ModelDetails, tab: object, qtbot: QtBot) -> None:
    bar = details.tabs.tabBar()
    place = bar.tabRect(details.tabs.indexOf(tab)).center()  # type: ignore[arg-type]
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)


def test_names_are_read_as_words_and_compared(page: ModelsPage, qtbot: QtBot) -> None:
    one = page.details.one
    click_tab(one, one.names, qtbot)
    qtbot.waitUntil(lambda: one.names.names.rowCount() == 3)
    grid = one.names.names
    assert grid.cell(0, 1).whole == "screw (0.90)"
    assert [grid.cell(row, 4).text for row in range(3)] == ["nut", "bolt", "nut"]
    assert "tail, 2 images" in grid.cell(1, 0).whole
    similarity = one.names.similarity
    assert similarity.cell(0, 2).text == "0.80"
    assert [similarity.cell(0, column).is_bold for column in (1, 2, 3)] == [False, True, False]
    assert similarity.cell(1, 0).text == "2  nut (tail)"

    choose(page, 2)
    qtbot.waitUntil(lambda: "cannot be read" in one.names.about.text())
    assert one.names.names.rowCount() == 0
    choose(page, 1)
    assert not one.tabs.isTabVisible(one.tabs.indexOf(one.names))
    assert not one.tabs.isTabVisible(one.tabs.indexOf(one.features))


def test_features_are_a_map_that_tells_real_from_synthesised(
    page: ModelsPage, qtbot: QtBot
) -> None:
    view = page.details.one.features
    click_tab(page.details.one, view, qtbot)
    qtbot.waitUntil(lambda: view.map is not None and len(view.map.places) == 26, timeout=30_000)
    map_ = view.map
    assert map_ is not None
    assert {kind: len(rows) for kind, rows in map_.kinds.items()} == {
        "real": 14,
        "synthetic": 12,
        "others": 0,
        "synthetic_others": 0,
    }
    seen = map_.plot.viewport()
    qtbot.mouseClick(seen, Qt.MouseButton.LeftButton, pos=map_.to_view(20).toPoint())
    assert map_.current >= 0
    qtbot.waitUntil(map_.readout.isVisible)
    assert map_.readout.text() == "nut (tail), synthesised"
    before = map_.current
    qtbot.keyClick(map_.plot, Qt.Key.Key_Right)
    qtbot.keyClick(map_.plot, Qt.Key.Key_Left)
    qtbot.keyClick(map_.plot, Qt.Key.Key_Up)
    assert map_.current != before

    whole = map_.plot.getPlotItem().getViewBox().viewRect()
    view.which.setFocus()
    QTest.keyClicks(view.which, "nut")
    assert view.which.currentText() == "nut (tail)"
    assert (len(map_.kinds["real"]), len(map_.kinds["synthetic"])) == (2, 4)
    assert map_.plot.getPlotItem().getViewBox().viewRect().width() < whole.width() / 2
    qtbot.mouseClick(view.fit, Qt.MouseButton.LeftButton)
    assert map_.plot.getPlotItem().getViewBox().viewRect().width() > whole.width() / 2


def test_titles_on_the_map_never_lie_on_each_other(page: ModelsPage, qtbot: QtBot) -> None:
    view = page.details.one.features
    click_tab(page.details.one, view, qtbot)
    qtbot.waitUntil(lambda: view.map is not None and len(view.map.places) == 26, timeout=30_000)
    assert view.map is not None and view._shown is not None
    names = view._shown
    apart = np.stack([np.arange(26), names.feature_classes * 40], axis=1).astype(np.float32)
    view.map.show_places(apart)
    view.map.show_classes(names, -1, CLASSES)
    view.map.fit()
    assert [item.isVisible() for item in view.map._names] == [True, True, True]
    crowded = apart.copy()
    crowded[names.feature_classes == 1] = apart[names.feature_classes == 0][:6]
    view.map.show_places(crowded)
    view.map.show_classes(names, -1, CLASSES)
    assert [item.isVisible() for item in view.map._names] == [True, False, True]


def test_high_and_low_stand_beside_all(page: ModelsPage, qtbot: QtBot) -> None:
    one = page.details.one
    click_tab(one, one.classes, qtbot)
    rows = {
        one.classes.grid.cell(row, 0).text: one.classes.grid.cell(row, 3).text
        for row in range(one.classes.grid.rowCount())
    }
    assert rows["nut (tail)"] == rows["bolt"] == "0.700"
    assert rows["Average of the head (High)"] == "0.800"
    assert rows["Average of the tail (Low)"] == "0.500"

    choose(page, 1, 3)
    several = page.details.several.metrics
    qtbot.mouseClick(several.setting.button_of("tail"), Qt.MouseButton.LeftButton)
    assert several.grid.cell(4, 0).text == "Image AUROC"
    assert several.grid.cell(4, 1).text == "0.500"

    qtbot.mouseClick(page.shown.button_of(MATRIX), Qt.MouseButton.LeftButton)
    grid = page.matrix.grid
    headings = [grid.horizontalHeaderItem(c).text() for c in range(grid.columnCount())]  # type: ignore[union-attr]
    place = headings.index("Image\nAUROC\ntail")
    assert headings[place - 1] == "Image\nAUROC\nhead"
    assert grid.cell(1, place).text == "0.500"


def test_what_has_names(tmp_path: Path) -> None:
    assert not has_names(tmp_path)
    (tmp_path / WEIGHTS_FILE).write_bytes(b"no weights")
    assert not has_names(tmp_path)
    save_file(tensors(), tmp_path / WEIGHTS_FILE)
    assert has_names(tmp_path)
