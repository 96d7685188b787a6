"""The Models page: what it shows, and what can be done with a model by mouse and keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMainWindow, QPushButton
from pytestqt.qtbot import QtBot

from inspector.core.evaluation import Evaluation, MetricRow, VariantEvaluation
from inspector.gui.actions import ActionRegistry
from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.pages.models.facts import ModelFacts, differing, read_metrics
from inspector.gui.pages.models.page import TRASH, ModelsPage
from inspector.gui.pages.models.table import Column
from inspector.gui.session import Session
from inspector.jobs import events
from inspector.jobs.model_card import CARD_FILE, ModelCard, ThresholdCard
from inspector.jobs.spec import ScoreJob
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.results import REPORT_FILE, write_evaluation
from inspector.project.runs import RunState

Train = Callable[..., ModelRow]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project; closed by whoever opens it in the window."""
    return Project.create(tmp_path / "project")


@pytest.fixture
def train(project: Project) -> Train:
    """Put a model into the project as a training leaves it, with events; and its evaluation."""

    def make(
        name: str,
        *,
        auroc: float | None = None,
        seconds: float = 60,
        seed: int = 0,
        images: int = 4,
    ) -> ModelRow:
        run = project.new_run("train", "revdist", b"{}", None)
        folder = run.folder / "model"
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(b"weights")
        (folder / CARD_FILE).write_bytes(msgspec.json.encode(card_of(seed, images)))
        lines = [
            events.Hello(time=100.0, pid=1, version="0"),
            *(
                events.Metric(time=101.0, stage="detector", name="loss", step=n, value=1 / (1 + n))
                for n in range(5)
            ),
            events.Done(time=100.0 + seconds, state="done"),
        ]
        (run.folder / events.EVENTS_FILE).write_bytes(b"".join(map(events.encode_event, lines)))
        model = project.add_model(run.run_id, folder)
        project.finish_run(run.run_id, b'{"state":"done"}', RunState.DONE)
        model = project.rename_model(model.model_id, name)
        if auroc is not None:
            evaluate(project, model, auroc)
        return model

    return make


def card_of(seed: int, images: int) -> ModelCard:
    return ModelCard(
        method="revdist",
        preset="quick",
        backbone="lite0",
        backbone_sha256="",
        image_size=224,
        score_percent=1.0,
        alignments=["none", "cada"],
        default_alignment="cada",
        alignment_statistics="",
        thresholds={
            "cada": ThresholdCard(
                value=0.5,
                target_false_positive_rate=0.02,
                supported=True,
                calibration_scores=[0.1] * 711,
                held_out=True,
            )
        },
        class_names=["bolt", "nut"],
        training_images={"bolt": images, "nut": 3},
        windows={},
        parameters={"common": {"seed": seed, "image_size": 224}},
        snapshot_id=1,
        snapshot_digest="abc",
        seed=seed,
        device="CPU",
        precision="float32",
        steps={"detector": 5},
        created="2026-01-02T03:04:05+00:00",
        versions={"torch": "2.13"},
        notes=["The training was stopped early."],
    )


def evaluate(project: Project, model: ModelRow, auroc: float) -> None:
    def variant(name: str, value: float) -> VariantEvaluation:
        row = MetricRow(4, 4, value, 0.9, 0.8, None, None, None, None, 0.02, 0.75)
        return VariantEvaluation(name, 0.5, {"bolt": row, "nut": row}, row, row)

    job = ScoreJob(model=str(model.folder), snapshot="s", subset="test", evaluate=True)
    run = project.new_run("evaluate", "revdist", msgspec.json.encode(job), None)
    both = (variant("none", auroc - 0.1), variant("cada", auroc))
    write_evaluation(run.folder, Evaluation(both))
    (run.folder / REPORT_FILE).write_text("<html>")
    project.finish_run(run.run_id, b'{"state":"done"}', RunState.DONE)


@pytest.fixture
def show(session: Session, project: Project, qtbot: QtBot) -> Iterator[Callable[[], ModelsPage]]:
    """Open the project and show the page, filled."""
    windows: list[QMainWindow] = []  # pytest-qt only holds weak references

    def opened() -> ModelsPage:
        folder = project.folder
        project.close()
        assert session.open_project(folder)
        window = QMainWindow()
        windows.append(window)
        registry = ActionRegistry(window, session)
        page = ModelsPage(session, registry)
        window.setCentralWidget(page)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        registry.set_page("models")
        page.activate()
        qtbot.waitUntil(lambda: page.stack.currentIndex() != 0)
        window.activateWindow()
        page.main_focus().setFocus()
        if page.view.isVisible():
            qtbot.waitUntil(page.view.hasFocus)
        return page

    yield opened


Show = Callable[[], ModelsPage]


def names(page: ModelsPage) -> list[str]:
    return [facts.model.name for facts in page.view.table.rows]


def texts(page: ModelsPage, row: int) -> list[str]:
    model = page.view.table
    return [str(model.index(row, column).data()) for column in Column]


def click_row(qtbot: QtBot, page: ModelsPage, row: int, *, ctrl: bool = False) -> None:
    place = page.view.visualRect(page.view.table.index(row, Column.NAME)).center()
    held = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    qtbot.mouseClick(page.view.viewport(), Qt.MouseButton.LeftButton, held, place)


def test_without_a_model_it_leads_to_training(show: Show, session: Session, qtbot: QtBot) -> None:
    page = show()
    (button,) = [b for b in page.findChildren(QPushButton) if b.text() == "Train the first one"]
    with qtbot.waitSignal(session.page_wanted) as told:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert told.args == ["train"]


def test_the_table_tells_all_of_a_model(train: Train, show: Show) -> None:
    train("Line 2", auroc=0.9, seconds=190)
    page = show()
    row = texts(page, 0)
    assert row[Column.NAME] == "Line 2 (Active, Reverse distillation · lite0 · quick)"
    assert row[Column.IMAGE_AUROC] == "0.900 (raw 0.800)"
    assert row[Column.PIXEL_AUROC] == "– (raw –)"
    assert row[Column.FLAGGED] == "2 % (raw 2 %)"
    assert row[Column.IMAGES] == "7 (2 classes)"
    assert row[Column.TIME] == "3 min 10 s"
    assert row[Column.SCORED] == "0"


def test_sorting_by_header_and_key_keeps_the_choice_and_puts_unknown_last(
    train: Train, show: Show, qtbot: QtBot
) -> None:
    for name, auroc in (("b", 0.7), ("unknown", None), ("a", 0.9)):
        train(name, auroc=auroc)
    page = show()
    assert names(page) == ["a", "unknown", "b"]  # the newest first
    click_row(qtbot, page, 2)
    header = page.view.horizontalHeader()
    at = header.sectionViewportPosition(Column.IMAGE_AUROC) + 5
    for expected in (["a", "b", "unknown"], ["b", "a", "unknown"]):
        qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at, 5))
        assert names(page) == expected
        assert [facts.model.name for facts in page.view.chosen] == ["b"]
    qtbot.keyClick(page.view, Qt.Key.Key_S)  # the keyboard stands in the column of names
    assert names(page) == ["a", "b", "unknown"]


def test_return_and_double_click_use_a_model(
    train: Train, show: Show, session: Session, qtbot: QtBot
) -> None:
    first, second = train("first"), train("second")
    page = show()
    assert session.scale.model == second
    qtbot.keyClick(page.view, Qt.Key.Key_Down)
    qtbot.keyClick(page.view, Qt.Key.Key_Return)
    assert session.scale.model == first
    assert "Active" in texts(page, 1)[Column.NAME]
    place = page.view.visualRect(page.view.table.index(0, Column.NAME)).center()
    click_row(qtbot, page, 0)  # as a hand does it; Qt's own helper sends the second press only
    qtbot.mouseDClick(page.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert session.scale.model == second


def test_renaming_in_place_says_what_is_wrong(train: Train, show: Show, qtbot: QtBot) -> None:
    train("taken")
    train("old")
    page = show()
    qtbot.keyClick(page.view, Qt.Key.Key_F2)
    field = page.rename_field
    assert field is not None
    field.input.clear()
    qtbot.keyClicks(field.input, "Taken")
    qtbot.keyClick(field.input, Qt.Key.Key_Return)
    assert "already" in field.message.text()
    assert field.message.isVisible()
    field.input.clear()
    qtbot.keyClicks(field.input, "New name")
    qtbot.keyClick(field.input, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(page) == ["New name", "taken"])
    assert page.rename_field is None


def test_escape_keeps_the_old_name(train: Train, show: Show, qtbot: QtBot) -> None:
    train("old")
    page = show()
    qtbot.keyClick(page.view, Qt.Key.Key_F2)
    assert page.rename_field is not None
    qtbot.keyClicks(page.rename_field.input, "other")
    qtbot.keyClick(page.rename_field.input, Qt.Key.Key_Escape)
    assert page.rename_field is None
    assert names(page) == ["old"]


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


@pytest.fixture
def held_jobs(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs wait and never start."""
    monkeypatch.setattr(session.jobs, "_start_next", lambda: None)


def test_evaluate_queues_what_is_missing_and_guards_the_model(
    held_jobs: None, train: Train, show: Show, session: Session, qtbot: QtBot
) -> None:
    train("new")
    page = show()
    index = page.view.table.index(0, Column.IMAGE_AUROC)
    button = page.view.indexWidget(index).findChild(QPushButton)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert [job.request for job in session.jobs.jobs] == [
        ScoreRequest(model="new", evaluate=True, everything=True)
    ]

    def shown() -> str:
        placed = page.view.indexWidget(page.view.table.index(0, Column.IMAGE_AUROC))
        made = placed.findChild(QPushButton) if placed is not None else None
        return made.text() if made is not None else ""

    qtbot.waitUntil(lambda: shown() == "Waiting")
    qtbot.keyClick(page.view, Qt.Key.Key_Delete)
    assert session.notices.history[-1].text == "new is in use by a job and stays."
    assert names(page) == ["new"]
    qtbot.keyClick(page.view, Qt.Key.Key_F2)
    assert page.rename_field is not None
    qtbot.keyClicks(page.rename_field.input, "other")
    qtbot.keyClick(page.rename_field.input, Qt.Key.Key_Return)
    assert "A job that waits" in page.rename_field.message.text()


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


def test_a_model_without_readable_card_is_shown_with_its_problem(train: Train, show: Show) -> None:
    model = train("broken")
    train("fine")
    (model.folder / CARD_FILE).write_text("{")
    page = show()
    assert names(page) == ["fine", "broken"]
    assert "cannot be read" in texts(page, 1)[Column.NAME]
    page.view.choose([model.model_id])
    facts: ModelFacts = page.view.chosen[0]
    assert "damaged" in facts.problem


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
