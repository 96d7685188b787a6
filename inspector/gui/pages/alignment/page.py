"""The Alignment page: raw and aligned scores of all classes, one threshold for each."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from inspector.core.distributions import Order, Side, class_order
from inspector.core.evaluation import RAW
from inspector.core.words import variant_label
from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.alignment import empty
from inspector.gui.pages.alignment.choosing import Choosing
from inspector.gui.pages.alignment.class_table import TableContent
from inspector.gui.pages.alignment.comparison import Comparison
from inspector.gui.pages.alignment.content import (
    ALL,
    FOUND,
    GIVEN,
    TEST,
    aligned_variant,
    judged_images,
    score_set_of,
)
from inspector.gui.pages.alignment.drawer import Drawer
from inspector.gui.pages.alignment.exports import Exports
from inspector.gui.pages.alignment.groups import LookGroupFinder
from inspector.gui.pages.alignment.header import MORPH, PAIR, AlignmentHeader
from inspector.gui.pages.alignment.keys import keeps_space
from inspector.gui.pages.alignment.metric_strip import MetricStrip
from inspector.gui.pages.alignment.numbers import Numbers, numbers_of
from inspector.gui.pages.alignment.plots_view import PlotsView
from inspector.gui.pages.alignment.presentation import PresentationMode
from inspector.gui.pages.alignment.room import Room
from inspector.gui.pages.alignment.words import AlignmentWords
from inspector.gui.pages.page import Page
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.thumbnails import Thumbnails
from inspector.gui.widgets.basics import card


class AlignmentPage(Page):
    """Puts choices, plots, numbers and chosen images together."""

    def __init__(self, session: Session, actions: ActionRegistry) -> None:
        super().__init__(session, actions)
        self._words = AlignmentWords()
        self._is_shown, self._is_stale = False, True
        self._images_wanted = self._classes_wanted = ""
        self.comparison: Comparison | None = None
        self.numbers: Numbers | None = None
        self._thumbnails = Thumbnails(parent=self)
        self._groups = LookGroupFinder(session, self)
        self.header = AlignmentHeader(actions)
        self.strip = MetricStrip()
        self.plots = PlotsView()
        self._exports = Exports(self, session, self.plots)
        self.drawer = Drawer(self._thumbnails)
        self.room = Room(card(self.plots, margin=0.3), self.drawer, session.preferences)
        self.choosing = Choosing(session, self.plots, self.drawer, self.room)
        self.empty = empty.EmptyPages(session)
        self.presentation = PresentationMode(self, actions)
        self._assemble()
        self._connect()
        self._bind()
        self._restore()
        self._take_project()

    # What a page does

    def activate(self) -> None:
        self._is_shown = True
        self.plots.set_reduced_motion(self.session.preferences.reduced_motion)
        if self._is_stale:
            self._refresh()

    def deactivate(self) -> None:
        self._is_shown = False
        self.presentation.end()
        self.plots.morph.stop()

    def show_images(self, image_ids: list[int]) -> None:
        """Marks these images in the plots and shows them."""
        self.choosing.choose(image_ids)

    def main_focus(self) -> QWidget:
        if self._stack.currentWidget() is self.empty:
            return self.empty
        return self.plots.focus_target()

    def event(self, event: QEvent) -> bool:
        return keeps_space(event) or super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.room.fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            QTimer.singleShot(0, self, self.room.fit)  # when the parts know their new sizes

    # Assembly

    def _assemble(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        gap = em(self, 0.6)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.5))
        layout.addWidget(self.header)
        layout.addWidget(self.strip)
        layout.addWidget(self.room.splitter, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(content)
        self._stack.addWidget(self.empty)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._stack)

    def _connect(self) -> None:
        session, header = self.session, self.header
        session.project_changed.connect(self._take_project)
        session.models_changed.connect(self._take_models)
        session.scale.model_changed.connect(self._await_scores)
        session.scale.variant_changed.connect(self._take)
        session.scale.threshold_changed.connect(self._take_thresholds)
        session.library.images_changed.connect(self._take)
        session.library.scores_changed.connect(self._take)
        session.jobs.changed.connect(self._take_jobs)
        session.jobs.progressed.connect(lambda _: self._take_jobs())
        session.preferences.appearance_changed.connect(
            lambda: self.plots.set_reduced_motion(session.preferences.reduced_motion)
        )
        self._groups.changed.connect(self._take)
        self._groups.failed.connect(lambda: self._want_classes(GIVEN))
        header.model.chosen.connect(self._want_model)
        header.variant.chosen.connect(session.scale.set_variant)
        header.images.chosen.connect(self._want_images)
        header.classes.chosen.connect(self._want_classes)
        header.order.chosen.connect(self._want_order)
        header.view.chosen.connect(self.set_view)
        for source in (self.plots, self.presentation):
            source.threshold_moved.connect(self._move_threshold)
            source.threshold_released.connect(self._keep_threshold)

    def _bind(self) -> None:
        bind = self.actions_table.bind
        bind("alignment.play", self.play)
        bind("alignment.present", self._toggle_presentation)
        bind("alignment.reset", self._reset_thresholds)
        self._exports.bind(self.actions_table)

    def _restore(self) -> None:
        """What the person had chosen the last time."""
        preferences = self.session.preferences
        self.header.order.set_value(preferences.text("alignment.order", "median"))
        self.plots.set_order(cast(Order, self.header.order.value))
        self.set_view(preferences.text("alignment.view", PAIR))

    # What the session tells

    def _take_project(self) -> None:
        project = self.session.project
        folder = project.cache_folder / "thumbnails" if project is not None else None
        self._thumbnails.set_folder(folder)
        self._images_wanted = self._classes_wanted = ""
        self.choosing.set_comparison(None)
        self._forget()
        self._take_models()
        self._take()

    def _take_models(self) -> None:
        project, active = self.session.project, self.session.scale.model
        models = project.models() if project is not None else ()
        self.header.model.set_choices([(str(m.model_id), m.name) for m in models])
        if active is not None:
            self.header.model.set_value(str(active.model_id))

    def _await_scores(self) -> None:
        """Another model: its scores are being read, those at hand are of the one before."""
        self.choosing.set_comparison(None)
        if not self._is_current:
            self._exports.clear()
            self.presentation.end()
        self._take_models()

    def _take(self) -> None:
        self._is_stale = True
        # What is shown stays until the scores of another model are there.
        if self._is_shown and (self.comparison is None or not empty.awaits_scores(self.session)):
            self._refresh()

    def _take_jobs(self) -> None:
        if self._is_shown and self._stack.currentWidget() is self.empty:
            self._refresh()

    def _take_thresholds(self) -> None:
        comparison = self.comparison
        if comparison is None or not self._is_current:
            return
        comparison.thresholds = self._stored_thresholds(comparison.variant)
        self.plots.set_thresholds(**comparison.thresholds)
        self._show_counts()

    # What is shown

    def _refresh(self) -> None:
        self._is_stale = False
        reason = empty.reason_for_nothing(self.session)
        was_empty = self._stack.currentWidget() is self.empty
        self._stack.setCurrentIndex(0 if reason is None else 1)
        if reason is None:
            self._show()
            if was_empty:
                self.main_focus().setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self._forget()
        self.empty.show_reason(reason)
        if reason == empty.SCORING:
            self.empty.show_progress(empty.scoring_job(self.session))

    def _forget(self) -> None:
        self.comparison = None
        self._exports.clear()
        self.presentation.end()

    def _show(self) -> None:
        scale, library = self.session.scale, self.session.library
        assert scale.card is not None and scale.model is not None
        variant = aligned_variant(scale.card, scale.variant)
        variants = [name for name in scale.card.alignments if name != RAW]
        self.header.show_variants(variants, variant)
        columns, scores = library.images, library.scores
        judged = judged_images(columns, scores, variant, TEST, scale.card)
        which = self._images_wanted or (TEST if judged.rows.size else ALL)
        self.header.images.set_value(which)
        if which == ALL:
            judged = judged_images(columns, scores, variant, ALL, scale.card)
        usual = GIVEN if any(columns.class_names) else FOUND  # groups where no class is known
        is_found = (self._classes_wanted or usual) == FOUND
        self.header.classes.set_value(FOUND if is_found else GIVEN)
        groups = self._groups.get() if is_found else None
        self.comparison = Comparison(
            score_set_of(columns, scores, variant, judged.rows, groups),
            variant,
            self._stored_thresholds(variant),
            is_found=groups is not None,
            learned=judged.has_learned,
            n_painted=judged.n_painted,
            model_id=scale.model.model_id,
        )
        self._show_comparison(self.comparison)

    def _show_comparison(self, comparison: Comparison) -> None:
        titles = self._titles(comparison)
        self.presentation.show_other(comparison, cast(Order, self.header.order.value), titles)
        self.plots.set_titles(*titles)
        self.plots.set_score_set(comparison.score_set, **comparison.thresholds)
        self.choosing.set_comparison(comparison)
        self.room.set_classes(comparison.score_set.n_classes)
        self.numbers = None
        self._exports.show(comparison.score_set)
        self.strip.set_numbers(None, has_defects=comparison.has_defects)
        self.drawer.table.set_defects_shown(comparison.has_defects)
        self._show_table()
        self._take_thresholds()
        if comparison.has_both:
            self._compute(comparison)

    def _compute(self, comparison: Comparison) -> None:
        """The metrics, in the background: scikit-learn takes its time to be imported."""

        def done(numbers: Numbers) -> None:
            if comparison is self.comparison:
                self.numbers = numbers
                self._exports.numbers = numbers
                self.strip.set_numbers(numbers, has_defects=True)
                self._show_table()

        self.session.background.run(
            lambda task: numbers_of(comparison.score_set), done, key="alignment.numbers"
        )

    def _show_table(self) -> None:
        comparison = self.comparison
        assert comparison is not None
        order = class_order(comparison.score_set, cast(Order, self.header.order.value))
        raw, aligned = comparison.tally("raw"), comparison.tally("aligned")
        self.drawer.table.content.set_content(
            TableContent(comparison.score_set, order, raw, aligned, self.numbers)
        )

    def _show_counts(self) -> None:
        """What follows the thresholds."""
        comparison = self.comparison
        assert comparison is not None
        raw, aligned = comparison.tally("raw"), comparison.tally("aligned")
        self.strip.set_confusions(raw.confusion(), aligned.confusion())
        self.drawer.table.content.set_tallies(raw, aligned)
        notes = self._words.notes(comparison)
        if self.header.classes.value == FOUND and not comparison.is_found:
            notes = self.tr("Looking for groups of images that look alike…")
        headline = self._words.headline(comparison.score_set, raw, aligned)
        self.header.set_texts(headline, notes)
        if self.presentation.view is not None:
            self.presentation.view.title.setText(headline)

    def _titles(self, comparison: Comparison) -> tuple[str, str]:
        aligned = self.tr("Aligned score ({0})").format(variant_label(comparison.variant))
        return self.tr("Raw score"), aligned

    # Thresholds

    def _stored_thresholds(self, variant: str) -> dict[Side, float]:
        threshold_of = self.session.scale.threshold_of
        return {"raw": threshold_of(RAW), "aligned": threshold_of(variant)}

    def _move_threshold(self, side: Side, value: float) -> None:
        if self.comparison is not None:
            self.comparison.thresholds[side] = value
            self._show_counts()

    @property
    def _is_current(self) -> bool:
        """Whether the active model is shown; what is moved in the plots is not kept for another."""
        model, comparison = self.session.scale.model, self.comparison
        return bool(model and comparison and model.model_id == comparison.model_id)

    def _keep_threshold(self, side: Side, value: float) -> None:
        if self.comparison is not None and self._is_current:
            variant = RAW if side == "raw" else self.comparison.variant
            self.session.scale.set_threshold(value, variant)

    def _reset_thresholds(self) -> None:
        if self.comparison is not None and self._is_current:
            self.session.scale.reset_threshold(RAW)
            self.session.scale.reset_threshold(self.comparison.variant)

    # Choices

    def _want_model(self, model_id: str) -> None:
        project = self.session.project
        assert project is not None
        chosen = [model for model in project.models() if str(model.model_id) == model_id]
        if chosen:
            self.session.scale.set_model(chosen[0])

    def _want_images(self, which: str) -> None:
        self._images_wanted = which
        self._take()

    def _want_classes(self, which: str) -> None:
        self._classes_wanted = which
        self._take()

    def _want_order(self, order: str) -> None:
        self.session.preferences.set_text("alignment.order", order)
        self.plots.set_order(cast(Order, order))
        if self.comparison is not None:
            self._show_table()

    def set_view(self, view: str) -> None:
        """Side by side, or the morph."""
        self.header.view.set_value(view)
        self.plots.set_view(view)
        self.session.preferences.set_text("alignment.view", view)

    def play(self) -> None:
        """Plays the morph, or stops it; shows it first where it is not shown."""
        if self.presentation.view is not None:
            self.presentation.view.controls.toggle()
            return
        if self.plots.view != MORPH:
            self.set_view(MORPH)
        self.plots.controls.toggle()

    def _toggle_presentation(self) -> None:
        comparison = self.comparison
        if self.presentation.view is not None or comparison is None:
            self.presentation.end()
            self.main_focus().setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.plots.morph.stop()
        self.presentation.begin(
            comparison,
            cast(Order, self.header.order.value),
            self._titles(comparison),
            self.header.headline.text(),
            self.plots.morph.morph() if self.plots.view == MORPH else 0.0,
            self.session.preferences.reduced_motion,
        )
