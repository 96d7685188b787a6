"""What the page shows where there is nothing to align yet, and what to do next."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from inspector.gui.jobs.job import Job
from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.pages.alignment.content import aligned_variant, scored_rows
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.widgets.basics import EmptyState
from inspector.project.work import EVALUATE, SCORE

LOADING, NO_MODEL, NOT_SCORED, SCORING, NO_ALIGNMENT = range(5)


class EmptyPages(QStackedWidget):
    """One sentence for each reason, with the next step as a button."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        to_training = (self.tr("Go to Train"), lambda: session.page_wanted.emit("train"))
        self.states = {
            LOADING: EmptyState("clock", self.tr("Loading…"), ""),
            NO_MODEL: EmptyState(
                "alignment",
                self.tr("No model yet"),
                self.tr(
                    "Train a model first. It scores all images, and this page shows how alignment "
                    "puts every class on one scale."
                ),
                [to_training],
            ),
            NOT_SCORED: EmptyState(
                "alignment",
                self.tr("This model has not scored the images yet"),
                self.tr("Scoring takes some minutes. You can go on working meanwhile."),
                [(self.tr("Score all images"), self._score)],
            ),
            SCORING: EmptyState("clock", self.tr("Scoring the images…"), ""),
            NO_ALIGNMENT: EmptyState(
                "alignment",
                self.tr("This model has no alignment"),
                self.tr("Train one with alignment, or choose another model."),
                [to_training],
            ),
        }
        for reason, state in self.states.items():
            self.addWidget(self._with_bar(state) if reason == SCORING else state)

    def show_reason(self, reason: int) -> None:
        """Says why there is nothing."""
        self.setCurrentIndex(list(self.states).index(reason))

    def show_progress(self, job: Job | None) -> None:
        """How far the scoring is; it waits while `job` is not running yet."""
        fraction = job.fraction if job is not None else None
        self.bar.setRange(0, 0 if fraction is None else 1000)
        if fraction is not None:
            self.bar.setValue(round(1000 * fraction))
        text = self.tr("It waits until the job before it is done.")
        if job is not None and job is self._session.jobs.current:
            text = self.tr("This page fills by itself when it is done.")
        if job is not None and job.progress is not None and job.progress.total:
            text = self.tr("{done} of {total} images. This page fills by itself.").format(
                done=job.progress.done, total=job.progress.total
            )
        self.states[SCORING].set_texts(self.tr("Scoring the images…"), text)

    def _with_bar(self, state: EmptyState) -> QWidget:
        layout = state.layout()
        assert isinstance(layout, QVBoxLayout)
        self.bar.setFixedWidth(em(self, 22))
        layout.insertWidget(layout.count() - 1, self.bar, 0, Qt.AlignmentFlag.AlignHCenter)
        return state

    def _score(self) -> None:
        model = self._session.scale.model
        if model is not None:
            self._session.score_images(model.name)


def scoring_job(session: Session) -> Job | None:
    """The job that scores with the active model, running or waiting; None where there is none."""
    model = session.scale.model
    for job in session.jobs.jobs:
        if job.state.is_over or model is None:
            continue
        asked = isinstance(job.request, ScoreRequest) and job.request.model == model.name
        found = job.request is None and job.run is not None and job.run.kind in (SCORE, EVALUATE)
        if asked or found:
            return job
    return None


def awaits_scores(session: Session) -> bool:
    """Whether the active model's scores are still being read; those at hand are another's."""
    model = session.scale.model
    return session.library.scores_model_id != (model.model_id if model is not None else None)


def reason_for_nothing(session: Session) -> int | None:
    """Why there is nothing to align; None where there is something."""
    scale, library = session.scale, session.library
    if library.is_loading and not len(library.images):
        return LOADING
    if scale.card is None:
        return NO_MODEL
    if awaits_scores(session) and len(library.images):
        return LOADING
    variant = aligned_variant(scale.card, scale.variant)
    if not variant:
        return NO_ALIGNMENT
    if scored_rows(library.images, library.scores, variant).size:
        return None
    return SCORING if scoring_job(session) else NOT_SCORED
