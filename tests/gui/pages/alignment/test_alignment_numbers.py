"""The Alignment page's numbers: of which images, by which classes."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.core.evaluation import RAW, Evaluation
from inspector.core.samples import Truth
from inspector.core.words import metric
from inspector.gui.notify import Level
from inspector.gui.pages.alignment import page as page_module
from inspector.gui.pages.alignment.content import ALL, FOUND
from inspector.gui.pages.alignment.numbers import Numbers, numbers_of
from inspector.gui.pages.alignment.page import AlignmentPage
from inspector.gui.session import Session
from inspector.project.columns import TRUTHS
from inspector.project.evaluations import newest_evaluations

Key = Qt.Key


def evaluation_of(session: Session) -> Evaluation:
    assert session.project is not None
    (found,) = newest_evaluations(session.project).values()
    return found.evaluation


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


def test_images_that_the_model_learned_defects_from_do_not_judge_it(
    page: AlignmentPage, session: Session
) -> None:
    assert page.comparison is not None and session.project is not None
    assert session.scale.card is not None
    before = page.comparison.score_set.size
    painted = [entry.sha256 for entry in session.project.take_snapshot().test()[:2]]
    session.scale.card = msgspec.structs.replace(session.scale.card, annotated_images=painted)
    session.scale.variant_changed.emit()
    assert page.comparison.score_set.size == before - 2
    assert page.comparison.n_painted == 2
    assert "Left out: 2" in page.header.notes.text()


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
