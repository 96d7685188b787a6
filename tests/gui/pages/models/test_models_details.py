"""The details of one model on the Models page, and of several side by side."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from pytestqt.qtbot import QtBot

from inspector.gui.pages.models.facts import differing, read_metrics
from inspector.gui.pages.models.page import ModelsPage
from inspector.gui.session import Session
from inspector.jobs import events
from inspector.project.models import ModelRow
from inspector.project.results import REPORT_FILE

from .hand import click_row

Train = Callable[..., ModelRow]
Show = Callable[[], ModelsPage]


def test_details_of_one_model_can_be_copied_and_opened(
    train: Train, show: Show, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = train("Line 2", auroc=0.9)
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(Path(url.toLocalFile()).name)
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", open_url)
    page = show()
    one = page.details.one
    assert one.isVisible()
    clipboard = QGuiApplication.clipboard()
    qtbot.mouseClick(one.copy_text, Qt.MouseButton.LeftButton)
    assert "CADA: 0.500: 2 % of normal parts, 711 calibration scores, held out" in clipboard.text()
    assert "The training was stopped early." in clipboard.text()
    qtbot.mouseClick(one.copy_json, Qt.MouseButton.LeftButton)
    document = json.loads(clipboard.text())
    assert (document["name"], document["card"]["backbone"]) == ("Line 2", "lite0")
    qtbot.mouseClick(one.report, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(one.folder, Qt.MouseButton.LeftButton)
    assert opened == [REPORT_FILE, model.folder.name]
    one.tabs.setCurrentWidget(one.classes)
    assert one.classes.grid.cell(0, 0).text == "bolt"
    assert one.classes.grid.cell(0, 3).whole == "0.800 → 0.900"
    assert one.classes.grid.cell(0, 3).is_bold


def test_several_models_are_compared(train: Train, show: Show, qtbot: QtBot) -> None:
    train("weak", auroc=0.7, seconds=30)
    train("strong", auroc=0.9, seconds=90, seed=7, images=9)
    page = show()
    click_row(qtbot, page, 0)
    click_row(qtbot, page, 1, ctrl=True)
    several = page.details.several
    assert several.isVisible()
    grid = several.metrics.grid
    by_title = {grid.cell(row, 0).text: row for row in range(grid.rowCount())}
    assert by_title.keys() >= {"Raw scores", "Aligned by CADA"}
    row = by_title["Aligned by CADA"] + 1
    cells = [grid.cell(row, column) for column in (1, 2)]
    assert [(cell.text, cell.is_best) for cell in cells] == [("0.900", True), ("0.700", False)]
    time = [grid.cell(by_title["Training time"], column) for column in (1, 2)]
    assert [cell.is_best for cell in time] == [False, True]

    matrix = several.matrix.grid
    assert [matrix.cell(n, 0).text for n in range(matrix.rowCount())] == ["bolt", "nut"]
    assert matrix.cell(0, 1).bar == pytest.approx(0.9)

    made = several.differences.grid
    lines = {
        made.cell(row, 0).text: [made.cell(row, 1).text, made.cell(row, 2).text]
        for row in range(made.rowCount())
    }
    assert lines["bolt"] == ["9", "4"]
    assert lines["seed"] == ["7", "0"]
    assert "image_size" not in lines and "nut" not in lines
    assert several.differences.summary.text() == "All were trained on the same images."

    several.tabs.setCurrentWidget(several.curves)
    qtbot.waitUntil(lambda: several.curves.plot is not None)
    assert several.curves.plot is not None
    assert [curve.label for curve in several.curves.plot.curves] == ["strong", "weak"]


def test_of_parameters_only_what_differs_is_told() -> None:
    assert differing([{"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}]) == {
        "b": ("2", "3"),
        "c": ("–", "4"),
    }


def test_a_step_that_was_said_again_after_resuming_counts_once(tmp_path: Path) -> None:
    said = [(0, 3.0), (1, 2.0), (2, 1.5), (1, 1.9), (2, 1.4)]
    lines = [
        events.Metric(time=1.0, stage="detector", name="loss", step=step, value=value)
        for step, value in said
    ]
    (tmp_path / events.EVENTS_FILE).write_bytes(b"".join(map(events.encode_event, lines)))
    assert read_metrics(tmp_path) == {"detector.loss": ([0.0, 1.0, 2.0], [3.0, 1.9, 1.4])}
