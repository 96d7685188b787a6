"""A new model beside the old one on the Models page: what is better, and which is used."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.core.evaluation import ImageResult
from inspector.core.samples import Truth
from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.main_window import MainWindow
from inspector.gui.pages.models.page import ModelsPage
from inspector.gui.pages.models.replacing.rows import trend
from inspector.gui.session import Session
from inspector.jobs.model_card import CARD_FILE, read_model_card
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import MODEL_FOLDER
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.settling import settle
from inspector.project.verdicts import Trace, Verdict
from inspector.project.work import Computing, prepare_retraining

_SLOW_MS = 60_000  # scikit-learn is imported at the first comparison
Left = Qt.MouseButton.LeftButton


def scores(project: Project, model: ModelRow, right: Callable[[Truth, int], float]) -> None:
    """Stores a score for every image, without maps."""
    results = [
        ImageResult(
            image_id=image.image_id,
            path=str(image.path),
            class_name=image.record.class_name,
            truth=image.record.truth,
            defect_kind="",
            raw_score=value,
            scores={"none": value, "cada": value},
            statistics={},
        )
        for image in project.images()
        for value in [right(image.record.truth, image.image_id)]
    ]
    snapshot = project.take_snapshot().snapshot_id
    project.save_scores(model.model_id, snapshot, results, model.run_id)


def card(model: ModelRow, threshold: float) -> None:
    """Gives the model a threshold on the scale of `scores`."""
    old = read_model_card(model.folder)
    default = msgspec.structs.replace(
        old.thresholds["cada"], value=threshold, calibration_scores=[0.0, 0.0, 0.0, 2.0]
    )
    changed = msgspec.structs.replace(
        old, thresholds=old.thresholds | {"cada": default}, default_alignment="cada"
    )
    (model.folder / CARD_FILE).write_bytes(msgspec.json.encode(changed))


@pytest.fixture
def two(folder: Path) -> tuple[ModelRow, ModelRow]:
    """The old model, which is wrong about the images of one class, and a new one that is not."""
    with Project.open(folder) as project:
        old = project.find_model()
        run = prepare_retraining(project, old, {}, Computing("cpu"))
        shutil.copytree(old.folder, run.folder / MODEL_FOLDER)
        file = run.folder / MODEL_FOLDER / CARD_FILE
        made = msgspec.structs.replace(read_model_card(old.folder), parent=old.folder.name)
        file.write_bytes(msgspec.json.encode(made))
        settle(project, run, JobOutcome(state=DONE, results={"model": MODEL_FOLDER}))
        new = project.find_model()
        for model in (old, new):
            card(model, 1.0)
        classes = {i.image_id: i.record.class_name for i in project.images()}

        def before(truth: Truth, image_id: int) -> float:
            is_wrong = classes[image_id] == "nut"
            return 1.5 if (truth is Truth.DEFECTIVE) != is_wrong else 0.5

        scores(project, old, before)
        scores(project, new, lambda truth, _: 3.0 if truth is Truth.DEFECTIVE else 0.1)
    return old, new


def compared(
    window: MainWindow, session: Session, two: tuple[ModelRow, ModelRow], qtbot: QtBot
) -> ModelsPage:
    session.candidates.compare(*two)
    page = window.page("models")
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: page.replacing.comparison is not None, timeout=_SLOW_MS)
    return page


def test_an_undecided_model_is_said_at_opening_and_is_not_in_use(
    window: MainWindow,
    session: Session,
    folder: Path,
    two: tuple[ModelRow, ModelRow],
    qtbot: QtBot,
) -> None:
    assert session.open_project(folder)
    assert session.scale.model is not None
    assert session.scale.model.model_id == two[0].model_id
    assert any("can be compared" in notice.text for notice in session.notices.history)


def test_the_table_says_what_is_better_and_the_new_model_can_be_used(
    window: MainWindow,
    session: Session,
    folder: Path,
    two: tuple[ModelRow, ModelRow],
    qtbot: QtBot,
) -> None:
    with Project.open(folder) as project:
        known = {image.record.truth: image.image_id for image in project.images()}
        project.add_verdict(known[Truth.DEFECTIVE], Verdict.NG, "Ada", Trace())
    assert session.open_project(folder)
    qtbot.waitUntil(lambda: len(session.library.images) > 0)
    page = compared(window, session, two, qtbot)
    view = page.replacing
    assert page.stack.currentWidget() is view
    assert view.grid.cell(0, 0).text == "All"
    assert [view.grid.cell(row, 0).text for row in range(1, 4)] == ["ceramic", "fabric", "nut"]
    items = map(view.grid.horizontalHeaderItem, range(view.grid.columnCount()))
    headings = [item.text() for item in items if item is not None]
    assert headings == [
        "Class",
        "Image AUROC",
        "Image AP",
        "Good flagged",
        "Defects caught",
        "Images flagged",
        "Verdicts agreed with",
    ]
    auroc = view.grid.cell(0, 1)
    assert (auroc.text, auroc.below_role) == ("1.000", "ok")
    assert auroc.below.startswith("▲ +0.")
    flagged = view.grid.cell(3, 3)  # fewer is better
    assert (flagged.before, flagged.text) == ("100 %", "0 %")
    assert flagged.below == "▲ −100.0 points"
    assert view.grid.cell(1, 1).below == "no change"
    # All images of the one class are decided otherwise now, and rightly.
    changes = view.changed.images
    assert changes.rowCount() == 10
    assert all("✓" in str(changes.data(changes.index(row, 0))) for row in range(10))
    QTest.mouseClick(view.use, Left)
    assert session.scale.model is not None
    assert session.scale.model.model_id == two[1].model_id
    assert session.candidates.pairs() == []
    assert page.stack.currentWidget() is not view
    assert session.project is not None
    assert len(session.project.models()) == 2


def test_keeping_the_old_one_takes_back_the_new_one(
    window: MainWindow,
    session: Session,
    folder: Path,
    two: tuple[ModelRow, ModelRow],
    qtbot: QtBot,
) -> None:
    assert session.open_project(folder)
    qtbot.waitUntil(lambda: len(session.library.images) > 0)
    page = compared(window, session, two, qtbot)
    session.scale.set_model(two[1])  # somebody tries it
    assert session.candidates.pairs() == []
    QTest.keyClick(page.replacing.keep, Qt.Key.Key_Space)
    assert session.scale.model is not None
    assert session.scale.model.model_id == two[0].model_id
    page = compared(window, session, two, qtbot)
    QTest.keyClick(page.replacing.grid, Qt.Key.Key_Escape)
    assert page.replacing.pair is None


def test_two_chosen_models_can_be_compared_image_by_image(
    window: MainWindow,
    session: Session,
    folder: Path,
    two: tuple[ModelRow, ModelRow],
    qtbot: QtBot,
) -> None:
    assert session.open_project(folder)
    page = window.page("models")
    assert isinstance(page, ModelsPage)
    qtbot.waitUntil(lambda: len(page.view.table.rows) == 2)
    badges = [page.view.table.index(row, 0).data() for row in range(2)]
    assert any("To decide" in text for text in badges)
    page.view.choose([model.model_id for model in two])
    page._on_chosen()
    QTest.mouseClick(page.details.several.decide, Left)
    assert page.replacing.pair is not None
    assert [model.model_id for model in page.replacing.pair] == [m.model_id for m in two]
    qtbot.waitUntil(lambda: page.replacing.comparison is not None, timeout=_SLOW_MS)
    with qtbot.waitSignal(session.images_wanted) as wanted:
        QTest.mouseClick(page.replacing.review, Left)
    assert wanted.args[0] == "review"
    assert len(wanted.args[1]) == 10


@pytest.mark.parametrize(
    ("name", "before", "after", "said", "role"),
    [
        ("image_auroc", 0.9, 0.95, "▲ +0.050", "ok"),
        ("image_auroc", 0.95, 0.9, "▼ −0.050", "ng"),
        ("false_positive_rate", 0.1, 0.05, "▲ −5.0 points", "ok"),
        ("false_positive_rate", 0.05, 0.1, "▼ +5.0 points", "ng"),
        ("true_positive_rate", 0.5, 0.75, "▲ +25.0 points", "ok"),
        ("image_ap", 0.5, 0.5001, "no change", ""),
        ("image_ap", None, 0.5, "", ""),
    ],
)
def test_better_is_told_by_sign_and_arrow(
    name: str, before: float | None, after: float | None, said: str, role: str
) -> None:
    assert trend(name, before, after) == (said, role)


def test_a_model_for_comparison_does_not_become_the_active_one(
    session: Session, folder: Path, two: tuple[ModelRow, ModelRow], held_jobs: None, qtbot: QtBot
) -> None:
    assert session.open_project(folder)
    qtbot.waitUntil(lambda: len(session.library.images) > 0)
    old, new = two
    session._welcome_model(new.name, is_wanted=False)
    assert [job.request for job in session.jobs.jobs] == [
        ScoreRequest(model=new.name, evaluate=True, everything=True)
    ]
    assert session.scale.model is not None
    assert session.scale.model.model_id == old.model_id
    assert session._next_model == ""
    assert np.isfinite(session.scale.threshold)


def test_a_model_that_a_person_chose_stays_active(
    session: Session, folder: Path, two: tuple[ModelRow, ModelRow], held_jobs: None, qtbot: QtBot
) -> None:
    assert session.open_project(folder)
    qtbot.waitUntil(lambda: len(session.library.images) > 0)
    chosen, new = two
    session.scale.set_model(chosen)
    session._adopt(new)
    assert session.scale.model == chosen
    notice = session.notices.history[-1]
    assert notice.text.endswith(f"{chosen.name} stays the active model.")
    notice.actions[0].run()
    assert session.scale.model == new
    session._adopt(chosen)
    assert session.scale.model == new
