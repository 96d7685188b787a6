"""The part "Train again" of the Annotate page."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.jobs.job import Job
from inspector.gui.jobs.requests import RetrainRequest
from inspector.gui.pages.annotate.retraining.words import NewsWords
from inspector.gui.pages.train.estimate_line import EstimateLine
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, label
from inspector.jobs.catalogue import find_method, resolve_parameters
from inspector.project.estimates import Asked
from inspector.project.models import ModelRow
from inspector.project.news import News, news_since
from inspector.project.work import parameters_of

_SOON_MS = 400
"""Strokes come one after the other: what is new is counted when there is a pause."""


class RetrainingPanel(QWidget):
    """Says what is new since the active model was trained, and trains it again on request.

    It looks again when something has changed, but only while it is shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._words = NewsWords()
        self.since = label("", "muted", wrap=True)
        self.news = label("", wrap=True)
        self.remark = label("", "muted", wrap=True)
        self.estimate = EstimateLine(session)
        self.start = button(self.tr("Train again"), icon_name="refresh")
        self.start.clicked.connect(self._start)
        self.follow = button(self.tr("Show the training"), icon_name="train")
        self.follow.clicked.connect(lambda: session.page_wanted.emit("train"))
        self.ready = label("", wrap=True)
        self.compare = button(self.tr("Compare"), "primary")
        self.compare.clicked.connect(self._compare)
        self._lay_out()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self.refresh)
        for signal in (
            session.project_changed,
            session.library.images_changed,
            session.scale.model_changed,
            session.models_changed,
            session.runs_changed,
        ):
            signal.connect(self.refresh_soon)
        session.runs_changed.connect(self.estimate.forget)
        session.jobs.changed.connect(self._show_state)
        session.candidates.changed.connect(self._show_state)
        self._news: News | None = None
        self._is_unknown = False  # what is new could not be found out
        self._show_state()

    def refresh_soon(self) -> None:
        """Something has changed that may be news; while nobody looks nothing is done."""
        if self.isVisible():
            self._soon.start()

    def refresh(self) -> None:
        """Counts what is new."""
        project, model = self._session.project, self._session.scale.model
        self._news, self._is_unknown = None, False
        if project is None or model is None:
            self._show_state()
            return

        def work(task: Task) -> News:
            with project.reopened() as own:
                return news_since(own, model)

        def done(news: News) -> None:
            if model == self._session.scale.model:
                self._news = news
                self._show_news(model, news)

        def failed(error: InspectorError) -> None:
            self.since.setText(error.message)
            self.news.setText(error.hint)
            self._is_unknown = True
            self._show_state()

        self._session.background.run(work, done, key="annotate.news", failed=failed)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_state()
        self.refresh()  # patches may have been muted meanwhile, which no signal tells

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.35))
        layout.addWidget(label(self.tr("Train again"), "section"))
        for widget in (
            self.ready,
            self.compare,
            self.since,
            self.news,
            self.remark,
            self.estimate,
            self.start,
            self.follow,
        ):
            layout.addWidget(widget)

    def _show_news(self, model: ModelRow, news: News) -> None:
        self.since.setText(self.tr("Since {name} was trained:").format(name=model.name))
        lines = self._words.lines(news)
        self.news.setText("\n".join(lines) if lines else self.tr("Nothing is new."))
        self.remark.setText(self._words.remark(news))
        if news.is_any:
            self._show_estimate()
        self._show_state()

    def _show_estimate(self) -> None:
        card = self._session.scale.card
        if card is None:
            return
        try:
            method = find_method(card.method)
            parameters = resolve_parameters(method, card.preset, parameters_of(card))
        except InspectorError as error:  # of a method or preset that is there no more
            self.remark.setText(f"{error.message} {error.hint}")
            return
        n_images = int(self._session.library.images.is_training.sum())
        self.estimate.show_for(Asked(card.method, parameters, n_images))

    def _show_state(self) -> None:
        """What can be done now: start, watch, or compare."""
        model, job = self._session.scale.model, self._job()
        pair = self._ready_pair()
        if pair is not None:
            text = self.tr("{new} is trained. It replaces nothing until you say so.")
            self.ready.setText(text.format(new=pair[1].name))
        is_new = self._news is not None and self._news.is_any
        self.ready.setVisible(pair is not None)
        self.compare.setVisible(pair is not None)
        self.news.setVisible(model is not None)
        self.remark.setVisible(bool(self.remark.text()) and is_new)
        self.estimate.setVisible(is_new and job is None)
        self.start.setVisible(model is not None and job is None)
        self.start.setEnabled(is_new or self._is_unknown)
        self.follow.setVisible(job is not None)
        if model is None:
            self.since.setText(self.tr("There is no model yet. Train a first one."))
        elif self._news is None and not self.since.text():
            self.since.setText(self.tr("Looking for what is new…"))

    def _job(self) -> Job | None:
        """The training that was asked for here, running or waiting."""
        for job in self._session.jobs.jobs:
            if isinstance(job.request, RetrainRequest) and not job.state.is_over:
                return job
        return None

    def _ready_pair(self) -> tuple[ModelRow, ModelRow] | None:
        """The newest model that can be compared with the one that it came from."""
        found = [
            p for p in self._session.candidates.pairs() if self._session.candidates.is_ready(*p)
        ]
        return found[-1] if found else None

    def _start(self) -> None:
        model = self._session.scale.model
        if model is not None and self._job() is None:
            self._session.jobs.add(RetrainRequest(model_id=model.model_id, name=model.name))

    def _compare(self) -> None:
        pair = self._ready_pair()
        if pair is not None:
            self._session.candidates.compare(*pair)
