"""What the page says where there is no image to paint on: why, and what to do next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from inspector.gui.pages.annotate.annotate_queue import AnnotateQueue
from inspector.gui.session import Session
from inspector.gui.widgets.basics import EmptyState


class _Texts(QObject):
    def made(
        self, session: Session, queue: AnnotateQueue, show_all: Callable[[], object]
    ) -> EmptyState:
        if session.library.is_loading:
            return EmptyState("clock", self.tr("Loading…"), "")
        if not len(session.library.images):
            return EmptyState(
                "dataset",
                self.tr("No images yet"),
                self.tr("Open a folder of images first; then paint the defects on a few of them."),
                [(self.tr("Go to Dataset"), lambda: session.page_wanted.emit("dataset"))],
            )
        if queue.wish.only_open:
            return EmptyState(
                "check",
                self.tr("Every image here is annotated"),
                self.tr("Nothing is left in this queue without annotation."),
                [(self.tr("Show all images"), show_all)],
            )
        return EmptyState(
            "annotate",
            self.tr("No image to paint on"),
            self.tr("None of the images in this queue can be read."),
            [(self.tr("Show all images"), show_all)],
        )


def empty_state(
    session: Session, queue: AnnotateQueue, show_all: Callable[[], object]
) -> EmptyState:
    """The empty state that fits."""
    return _Texts().made(session, queue, show_all)
