"""What the page says where there is no image to judge: why, and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject

from inspector.gui.pages.review.reports import Reports
from inspector.gui.pages.review.review_queue import ReviewQueue
from inspector.gui.session import Session
from inspector.gui.widgets.basics import EmptyState

Choice = tuple[str, Callable[[], object]]


class Leads(Protocol):
    """What the empty states lead to."""

    def show_all(self) -> None: ...

    def show_all_bands(self) -> None: ...


class _Texts(QObject):
    def made(
        self, session: Session, queue: ReviewQueue, reports: Reports, leads: Leads
    ) -> EmptyState:
        library, model = session.library, session.scale.model
        if library.is_loading:
            return EmptyState("clock", self.tr("Loading…"), "")
        if not len(library.images):
            return EmptyState(
                "dataset",
                self.tr("No images yet"),
                self.tr("Open a folder of images first; then train a model on it."),
                [(self.tr("Go to Dataset"), lambda: session.page_wanted.emit("dataset"))],
            )
        if model is None:
            return EmptyState(
                "train",
                self.tr("No model yet"),
                self.tr("A trained model says which images need a look."),
                [(self.tr("Train a model"), lambda: session.page_wanted.emit("train"))],
            )
        if not library.scores.n_scored:
            return self._not_scored(session, model.name)
        return self._done(queue, reports, leads)

    def _not_scored(self, session: Session, model: str) -> EmptyState:
        if session.jobs.current is not None:
            return EmptyState(
                "clock",
                self.tr("Not scored yet"),
                self.tr("A job is running. The images appear here when they have scores."),
            )
        return EmptyState(
            "review",
            self.tr("Not scored yet"),
            self.tr("The model {model} has not looked at the images.").format(model=model),
            [(self.tr("Score all images"), lambda: session.score_images(model))],
        )

    def _done(self, queue: ReviewQueue, reports: Reports, leads: Leads) -> EmptyState:
        again = self.tr("Undo (Ctrl+Z) still works.")
        text = f"{reports.done_so_far()}\n{again}"
        summary: Choice = (self.tr("Session summary"), reports.show_summary)
        if queue.criteria.chosen is not None:
            title = self.tr("All chosen images have a verdict")
            other: Choice = (self.tr("Back to the whole queue"), leads.show_all)
        else:
            title = self.tr("Nothing left in these bands")
            other = (self.tr("Show all bands"), leads.show_all_bands)
        return EmptyState("check", title, text, [summary, other])


def empty_state(session: Session, queue: ReviewQueue, reports: Reports, leads: Leads) -> EmptyState:
    """The empty state that fits."""
    return _Texts().made(session, queue, reports, leads)
