"""The Alignment page under real drags, keys and clicks, on a model that was really trained."""

from __future__ import annotations

import csv
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from inspector.core.evaluation import RAW, Evaluation
from inspector.core.samples import Truth
from inspector.core.words import metric
from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.main_window import MainWindow
from inspector.gui.notify import Level
from inspector.gui.pages.alignment import empty, heat_tiles
from inspector.gui.pages.alignment import exports as exports_module
from inspector.gui.pages.alignment import page as page_module
from inspector.gui.pages.alignment.content import ALL, FOUND
from inspector.gui.pages.alignment.drawer import CLASSES, IMAGES
from inspector.gui.pages.alignment.header import MORPH, PAIR
from inspector.gui.pages.alignment.numbers import Numbers, numbers_of
from inspector.gui.pages.alignment.page import AlignmentPage
from inspector.gui.pages.review.material import Material
from inspector.gui.pages.review.words import ReviewWords
from inspector.gui.plots.distribution_paint import mark_positions
from inspector.gui.plots.distribution_panel import DistributionPanel
from inspector.gui.session import Session
from inspector.gui.theme import THEMES, apply_theme
from inspector.jobs.outcome import DONE, JobOutcome
from inspector.jobs.spec import ScoreJob, read_job
from inspector.project.columns import TRUTHS
from inspector.project.evaluations import newest_evaluations
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.work import Computing, prepare_scoring, settle

LEFT = Qt.MouseButton.LeftButton
Key = Qt.Key


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, tiny_project: Any) -> Path:
    """The small project with all images scored, then its test images evaluated; to be copied."""
    from training.run import Run
    from training.score_job import score

    folder = tmp_path_factory.mktemp("aligned") / "project"
    shutil.copytree(tiny_project.folder, folder)
    with Project.open(folder) as project:
        for evaluate in (False, True):
            row = prepare_scoring(
                project, project.find_model(), Computing("cpu", "float32"), evaluate=evaluate
            )
            job = read_job(row.folder)
            assert isinstance(job, ScoreJob)
            results = score(job, Run(row.folder, lambda event: None))
            settle(project, row, JobOutcome(state=DONE, results=results))
    return folder


@pytest.fixture
def folder(tmp_path: Path, scored: Path) -> Path:
    """A copy of the scored project."""
    copy = tmp_path / "project"
    shutil.copytree(scored, copy)
    return copy


@pytest.fixture
def real_window(session: Session, qtbot: QtBot) -> Iterator[MainWindow]:
    made = MainWindow(session)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    if "alignment" in made._pages:
        page = made._pages["alignment"]
        assert isinstance(page, AlignmentPage)
        page._thumbnails.wait()


@pytest.fixture
def page(real_window: MainWindow, session: Session, folder: Path, qtbot: QtBot) -> AlignmentPage:
    """The page on the scored project, its metrics computed."""
    assert session.open_project(folder)
    made = real_window.page("alignment")
    assert isinstance(made, AlignmentPage)
    qtbot.waitUntil(lambda: made.numbers is not None, timeout=20_000)
    return made


def evaluation_of(session: Session) -> Evaluation:
    assert session.project is not None
    (found,) = newest_evaluations(session.project).values()
    return found.evaluation


def line_of(panel: DistributionPanel) -> QPointF:
    """A point on the threshold's line."""
    scene = panel.scene()
    assert scene is not None
    return QPointF(scene.layout.x(scene.view.threshold_place or 0.0), scene.layout.middle(0))


def mark_of(panel: DistributionPanel, image_id: int) -> QPointF:
    scene = panel.scene()
    assert scene is not None
    (index,) = np.flatnonzero(scene.view.score_set.image_ids == image_id)
    xs, ys = mark_positions(scene, np.array([index]))
    return QPointF(float(xs[0]), float(ys[0]))


def drag(panel: DistributionPanel, start: QPointF, end: QPointF, *, release: bool = True) -> None:
    where = panel.viewport()
    QTest.mousePress(where, LEFT, pos=start.toPoint())
    for part in (0.3, 0.7, 1.0):
        QTest.mouseMove(where, (start + (end - start) * part).toPoint())
    if release:
        QTest.mouseRelease(where, LEFT, pos=end.toPoint())


def brush_all(page: AlignmentPage) -> list[int]:
    """Brushes over all rows of the aligned panel, beside the threshold's line."""
    panel = page.plots.pair.aligned
    layout = panel.plot_layout()
    start = QPointF(layout.left + 3, layout.head + 3)
    drag(panel, start, QPointF(layout.right - 3, layout.bottom - 3))
    return page.drawer._ids


@pytest.mark.parametrize("variant", ["cada", "cada-a"])
def test_the_numbers_are_those_of_inspector_evaluate(
    page: AlignmentPage, session: Session, variant: str, qtbot: QtBot
) -> None:
    page.header.variant.set_value(variant)
    page.header.variant.activated.emit(page.header.variant.currentIndex())
    qtbot.waitUntil(
        lambda: (
            page.comparison is not None
            and page.comparison.variant == variant
            and page.numbers is not None
        )
    )
    assert page.comparison is not None and page.numbers is not None
    expected = evaluation_of(session)
    sides = (("raw", RAW, page.numbers.raw), ("aligned", variant, page.numbers.aligned))
    for at, (side, name, found) in enumerate(sides):
        of = expected.find(name)
        assert of is not None
        whole = of.absolute_unified
        assert found.auroc == pytest.approx(whole.image_auroc, abs=1e-12)
        assert found.ap == pytest.approx(whole.image_ap, abs=1e-12)
        assert found.f1 == pytest.approx(whole.image_f1_max, abs=1e-12)
        assert found.class_average == pytest.approx(of.class_average.image_auroc, abs=1e-12)
        per_class = dict(zip(page.comparison.score_set.class_names, found.per_class, strict=True))
        assert per_class == pytest.approx({n: r.image_auroc for n, r in of.per_class.items()})
        counts = page.comparison.tally(side).confusion()  # type: ignore[arg-type]
        assert counts.false_positive_rate == whole.false_positive_rate
        assert counts.true_positive_rate == whole.true_positive_rate
        assert page.strip.cells["auroc"].texts()[at] == metric(whole.image_auroc)
        assert page.strip.cells["class_average"].texts()[at] == metric(found.class_average)


def test_the_metrics_wait_in_the_background(
    page: AlignmentPage, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, threads = threading.Event(), []

    def slow(score_set: Any) -> Numbers:
        threads.append(threading.current_thread())
        gate.wait(10)
        return numbers_of(score_set)

    monkeypatch.setattr(page_module, "numbers_of", slow)
    session.library.reload_scores()
    qtbot.waitUntil(lambda: bool(threads))
    assert page.strip.cells["auroc"].texts()[0] == "…"
    assert page.strip.cells["flagged"].texts()[0] != "…"
    gate.set()
    qtbot.waitUntil(lambda: page.strip.cells["auroc"].texts()[0] != "…")
    assert threads[0] is not threading.main_thread()


def test_dragging_counts_live_and_letting_go_keeps(page: AlignmentPage, session: Session) -> None:
    scale = session.scale
    before = scale.threshold_of(RAW), scale.threshold_of("cada")
    panel = page.plots.pair.raw
    start = line_of(panel)
    end = QPointF(panel.plot_layout().left + 2, start.y())
    drag(panel, start, end, release=False)
    low = panel.threshold()
    assert low is not None and low < before[0]
    assert page.strip.cells["caught"].texts()[0] == "100 %"
    table = page.drawer.table.content
    n_good = table.index(table.rowCount() - 1, 1).data()
    assert str(table.index(table.rowCount() - 1, 4).data()).startswith(f"{n_good} / {n_good} →")
    assert "Raw: 100" in page.header.headline.text()
    assert scale.threshold_of(RAW) == before[0]
    QTest.mouseRelease(panel.viewport(), LEFT, pos=end.toPoint())
    assert scale.threshold_of(RAW) == low
    assert scale.threshold_of("cada") == before[1]


def test_t_puts_both_thresholds_back(page: AlignmentPage, session: Session, qtbot: QtBot) -> None:
    scale, pair = session.scale, page.plots.pair
    for panel in (pair.raw, pair.aligned):
        drag(panel, line_of(panel), line_of(panel) + QPointF(-30, 0))
    assert scale.threshold_of(RAW) != scale.default_threshold(RAW)
    qtbot.keyClick(page.plots.pair.raw, Key.Key_T)
    for variant, panel in ((RAW, pair.raw), ("cada", pair.aligned)):
        assert scale.threshold_of(variant) == scale.default_threshold(variant)
        assert panel.threshold() == scale.default_threshold(variant)


def test_brushed_images_come_with_heat_maps_and_open_in_review(
    page: AlignmentPage, session: Session, qtbot: QtBot
) -> None:
    ids = brush_all(page)
    assert page.comparison is not None
    assert set(ids) == set(page.comparison.score_set.image_ids.tolist())
    assert page.drawer.is_open and page.drawer.tab == IMAGES
    images = page.drawer.images
    qtbot.waitUntil(lambda: set(images.tiles.heat) == set(ids))
    aligned = [chosen.aligned for chosen in images.tiles.images]
    assert aligned == sorted(aligned, reverse=True)
    wanted: list[tuple[str, list[int]]] = []
    session.images_wanted.disconnect()
    session.page_wanted.disconnect()
    session.images_wanted.connect(lambda name, chosen: wanted.append((name, chosen)))
    images.setFocus()
    qtbot.keyClick(images, Key.Key_Right)
    second = images.image_ids()[1]
    qtbot.keyClick(images, Key.Key_Return)
    assert wanted[0][0] == "review"
    assert wanted[0][1][0] == second and set(wanted[0][1]) == set(ids)
    third = images.visualRect(images.tiles.index(2, 0)).center()
    qtbot.mouseClick(images.viewport(), LEFT, pos=third)
    qtbot.mouseDClick(images.viewport(), LEFT, pos=third)
    assert wanted[1][1][0] == images.image_ids()[2]


def test_a_click_on_a_mark_shows_its_image_and_esc_forgets_it(
    page: AlignmentPage, qtbot: QtBot
) -> None:
    assert page.comparison is not None
    panel = page.plots.pair.raw
    # The mark that stands farthest from all others.
    ids = page.comparison.score_set.image_ids.tolist()
    places = np.array([[p.x(), p.y()] for p in (mark_of(panel, i) for i in ids)])
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    loneliest = int(apart.min(axis=1).argmax())
    qtbot.mouseClick(panel.viewport(), LEFT, pos=mark_of(panel, ids[loneliest]).toPoint())
    assert page.drawer.images.image_ids() == [ids[loneliest]]
    qtbot.keyClick(panel, Key.Key_Escape)
    assert not page.drawer.has_images and page.drawer.tab == CLASSES


def test_a_class_of_the_table_shows_its_images(page: AlignmentPage, qtbot: QtBot) -> None:
    table = page.drawer.table
    page.room.splitter.setSizes([100, 400])
    table.setCurrentIndex(table.content.index(0, 0))
    name = table.content.index(0, 0).data()
    qtbot.keyClick(table, Key.Key_Return)
    shown = page.drawer.images.tiles.images
    assert shown and {chosen.class_name for chosen in shown} == {name}
    qtbot.mouseClick(page.drawer.clear, LEFT)
    assert not page.drawer.has_images


def test_space_plays_and_stops(page: AlignmentPage, qtbot: QtBot) -> None:
    assert page.plots.view == PAIR
    with qtbot.waitSignal(page.plots.morph.morphed):
        qtbot.keyClick(page.plots.pair.raw, Key.Key_Space)
    assert page.plots.view == MORPH and page.plots.morph.playing()
    qtbot.keyClick(page.plots.controls.slider, Key.Key_Space)
    assert not page.plots.morph.playing()


def test_a_button_keeps_its_space(page: AlignmentPage, qtbot: QtBot) -> None:
    morph = page.header.view.button_of(MORPH)
    morph.setFocus()
    qtbot.waitUntil(morph.hasFocus)
    qtbot.keyClick(morph, Key.Key_Space)
    assert page.plots.view == MORPH and not page.plots.morph.playing()


def test_the_slider_moves_from_raw_to_aligned(page: AlignmentPage, qtbot: QtBot) -> None:
    qtbot.mouseClick(page.header.view.button_of(MORPH), LEFT)
    slider = page.plots.controls.slider
    qtbot.keyClick(slider, Key.Key_End)
    assert page.plots.morph.morph() == 1.0 and page.plots.morph.side() == "aligned"
    qtbot.keyClick(slider, Key.Key_Left)
    assert 0.9 < page.plots.morph.morph() < 1.0
    qtbot.mouseClick(page.plots.controls.raw, LEFT)
    assert page.plots.morph.morph() == 0.0 and slider.value() == 0


def test_a_threshold_moved_in_the_morph_is_kept_for_its_side(
    page: AlignmentPage, session: Session, qtbot: QtBot
) -> None:
    page.set_view(MORPH)
    page.plots.morph.set_morph(1.0)
    before = session.scale.threshold_of("cada")
    qtbot.keyClick(page.plots.morph, Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    kept = session.scale.threshold_of("cada")
    assert kept > before
    page.set_view(PAIR)
    assert page.plots.pair.aligned.threshold() == kept


def test_f5_presents_and_esc_leaves(
    page: AlignmentPage, real_window: MainWindow, session: Session, qtbot: QtBot
) -> None:
    session.preferences.reduced_motion = True
    qtbot.keyClick(page.plots.pair.raw, Key.Key_F5)
    view = page.presentation.view
    assert view is not None and view.isVisible() and real_window.isFullScreen()
    assert view.geometry() == real_window.rect()
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
    assert page.presentation.view is None and not real_window.isFullScreen()
    assert not page.actions_table.action("alignment.present").isChecked()


def test_leaving_the_page_ends_the_presentation(
    page: AlignmentPage, real_window: MainWindow
) -> None:
    page.actions_table.action("alignment.present").trigger()
    assert page.presentation.view is not None
    real_window.show_page("dataset")
    assert page.presentation.view is None


def test_all_scored_images_can_be_shown(
    page: AlignmentPage, session: Session, qtbot: QtBot
) -> None:
    columns = session.library.images
    assert page.comparison is not None
    assert page.comparison.score_set.size == int(columns.is_test.sum())
    assert page.header.notes.isHidden()
    page.header.images.setFocus()
    qtbot.keyClick(page.header.images, Key.Key_Down)
    assert page.header.images.value == ALL
    assert page.comparison.score_set.size == len(columns)
    assert "learned from" in page.header.notes.text()


def test_groups_are_found_and_said_to_be(page: AlignmentPage, qtbot: QtBot) -> None:
    page.header.classes.setFocus()
    qtbot.keyClick(page.header.classes, Key.Key_Down)
    assert page.header.classes.value == FOUND
    qtbot.waitUntil(
        lambda: page.comparison is not None and page.comparison.is_found, timeout=20_000
    )
    assert page.comparison is not None
    assert page.comparison.score_set.class_names[0] == "Group 1"
    assert "not given" in page.header.notes.text()
    again = page._groups.get()
    assert again is not None and again is page._groups.get()


def test_groups_without_descriptors_are_refused_and_the_classes_stay(
    page: AlignmentPage, session: Session, folder: Path, qtbot: QtBot
) -> None:
    for file in (folder / "runs").glob("*/descriptors.npy"):
        file.unlink()
    page._want_classes(FOUND)
    qtbot.waitUntil(lambda: any(n.level is Level.ERROR for n in session.notices.history))
    assert page.header.classes.value != FOUND
    assert page.comparison is not None and not page.comparison.is_found


def test_where_no_class_is_known_groups_are_found_by_themselves(
    page: AlignmentPage, session: Session, qtbot: QtBot
) -> None:
    columns = session.library.images
    session.library.images = replace(
        columns, class_names=("",), classes=np.zeros(len(columns), np.int32)
    )
    session.library.images_changed.emit()
    qtbot.waitUntil(
        lambda: page.comparison is not None and page.comparison.is_found, timeout=20_000
    )
    assert page.header.classes.value == FOUND


def test_without_defects_only_false_positives_are_told(
    page: AlignmentPage, session: Session, qtbot: QtBot
) -> None:
    columns = session.library.images
    good = np.full(len(columns), TRUTHS.index(Truth.GOOD), np.uint8)
    session.library.images = replace(columns, truths=good)
    session.library.images_changed.emit()
    assert page.comparison is not None and not page.comparison.has_defects
    assert "No defect is labelled" in page.header.notes.text()
    shown = {name for name, cell in page.strip.cells.items() if not cell.isHidden()}
    assert shown == {"flagged"}
    assert page.drawer.table.isColumnHidden(3)


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


def test_choices_are_kept(page: AlignmentPage, session: Session) -> None:
    page.set_view(MORPH)
    page.header.order.set_value("name")
    page.header.order.activated.emit(page.header.order.currentIndex())
    again = AlignmentPage(session, page.actions_table)
    assert again.plots.view == MORPH and again.header.order.value == "name"
    again.deleteLater()


def test_a_project_without_scores_leads_on_and_fills_by_itself(
    real_window: MainWindow, session: Session, tiny_project: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    shutil.copytree(tiny_project.folder, tmp_path / "bare")
    assert session.open_project(tmp_path / "bare")
    page = real_window.page("alignment")
    assert isinstance(page, AlignmentPage)
    not_scored = page.empty.states[empty.NOT_SCORED]
    qtbot.waitUntil(
        lambda: page.empty.currentWidget() is not_scored and not empty.awaits_scores(session)
    )
    asked: list[str] = []
    session.score_images = asked.append  # type: ignore[method-assign]
    qtbot.mouseClick(not_scored.buttons[0], LEFT)
    assert session.scale.model is not None and asked == [session.scale.model.name]
    job = Job(ScoreRequest(model=asked[0]), "Scoring", state=JobState.RUNNING)
    session.jobs.jobs = [job]
    session.jobs.changed.emit()
    assert page.empty.currentWidget() is page.empty.states[empty.SCORING]
    session.jobs.jobs = []


def test_without_a_model_it_leads_to_training(
    real_window: MainWindow, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    Project.create(tmp_path / "new").close()
    assert session.open_project(tmp_path / "new")
    page = real_window.page("alignment")
    assert isinstance(page, AlignmentPage)
    no_model = page.empty.states[empty.NO_MODEL]
    qtbot.waitUntil(lambda: page.empty.currentWidget() is no_model)
    qtbot.mouseClick(no_model.buttons[0], LEFT)
    assert real_window.current_page == "train"


def test_nothing_is_cut_with_larger_type(
    page: AlignmentPage, real_window: MainWindow, themed: QApplication, qtbot: QtBot
) -> None:
    apply_theme(themed, THEMES["light"], 1.25)
    real_window.resize(1280, 800)
    qtbot.waitUntil(lambda: real_window.minimumSizeHint().width() <= 1280)
    parts = [page.header.variant, page.header.images, page.header.classes, page.header.order]
    for part in (*page.strip.cells.values(), *parts):
        qtbot.waitUntil(lambda part=part: part.width() >= part.minimumSizeHint().width())


def add_second_model(project: Project, copy: Path) -> ModelRow:
    """A copy of the project's model, which has scored every image ten times as high."""
    model = project.find_model()
    shutil.copytree(model.folder, copy)
    made = project.add_model(model.run_id, copy)
    columns = "snapshot_id, image_id, variant, raw_score, u, gamma, run_id, map_row"
    with project._database.transaction():
        project._database.run(
            f"INSERT INTO score (model_id, {columns}, score) "
            f"SELECT ?, {columns}, 10 * score FROM score WHERE model_id = ?",
            (made.model_id, model.model_id),
        )
    return made


def test_while_another_model_is_read_nothing_is_kept_or_exported(
    page: AlignmentPage,
    session: Session,
    tmp_path: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert session.project is not None and page.comparison is not None
    other = add_second_model(session.project, tmp_path / "copy")
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


def test_an_empty_page_exports_nothing(page: AlignmentPage, session: Session) -> None:
    assert page._exports.score_set is not None
    session.close_project()
    assert page._exports.score_set is None and page._exports.numbers is None


def test_the_presentation_follows_the_scores_and_ends_with_the_model(
    page: AlignmentPage, session: Session, tmp_path: Path, qtbot: QtBot
) -> None:
    session.preferences.reduced_motion = True
    assert session.project is not None
    other = add_second_model(session.project, tmp_path / "copy")
    page.actions_table.action("alignment.present").trigger()
    view = page.presentation.view
    assert view is not None
    session.scale.set_variant("cada-a")
    shown = view.panel.view()
    assert page.comparison is not None and shown is not None
    assert shown.score_set is page.comparison.score_set
    session.scale.set_model(other)
    assert page.presentation.view is None


def test_a_heat_map_has_the_colours_that_it_has_on_review(
    page: AlignmentPage, session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends: list[tuple[float, float]] = []
    paint = heat_tiles.heat_picture

    def watched(shown: Any, low: float, high: float) -> QImage:
        ends.append((low, high))
        return paint(shown, low, high)

    monkeypatch.setattr(heat_tiles, "heat_picture", watched)
    scores = session.library.scores
    higher = {name: 3 * values for name, values in scores.aligned.items()}
    session.library.scores = replace(scores, aligned=higher)
    page.choosing.choose(brush_all(page)[:1])
    qtbot.waitUntil(lambda: bool(ends))
    material = Material(session, ReviewWords())
    material.refresh()
    assert set(ends) == {material.scale}


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
