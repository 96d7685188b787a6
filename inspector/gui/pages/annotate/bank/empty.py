"""What the bank view says where there is no bank to show: why, and what to do next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from inspector.errors import InspectorError
from inspector.gui.session import Session
from inspector.gui.widgets.basics import EmptyState
from inspector.jobs.catalogue import METHODS
from inspector.project.models import ModelRow


class BankEmptyWords(QObject):
    """Makes the empty states."""

    def no_bank(self, session: Session) -> EmptyState:
        """The active model learns from no defects, or there is none."""
        others = [model for model in _models(session) if learns(model)]
        title = self.tr("No bank yet")
        if others:
            newest = others[-1]
            text = self.tr(
                "The active model does not learn from painted defects. {name} does."
            ).format(name=newest.name)
            use = self.tr("Use {name}").format(name=newest.name)
            return EmptyState(
                "dataset", title, text, [(use, lambda: session.scale.set_model(newest))]
            )
        return EmptyState(
            "dataset",
            title,
            self.tr(
                "A bank holds what a model learned from painted defects. Train one with the "
                "method DMAD; what is painted joins its bank."
            ),
            [(self.tr("Go to Train"), lambda: session.page_wanted.emit("train"))],
        )

    def nothing_painted(self, paint: Callable[[], object]) -> EmptyState:
        """There is no mask."""
        return EmptyState(
            "annotate",
            self.tr("Nothing is painted yet"),
            self.tr(
                "Paint a defect on a few images and train again: its patches then show up here."
            ),
            [(self.tr("Paint"), paint)],
        )

    def reading(self) -> EmptyState:
        """It takes a moment."""
        return EmptyState("clock", self.tr("Reading the bank…"), "")

    def part(self, done: int, total: int) -> str:
        """How far the reading is."""
        return self.tr("{percent} %").format(percent=round(100 * done / total)) if total else ""

    def failed(self, error: InspectorError, again: Callable[[], object]) -> EmptyState:
        """The bank cannot be read."""
        title = self.tr("The bank cannot be shown")
        return EmptyState("error", title, str(error), [(self.tr("Try again"), again)])


def learns(model: ModelRow) -> bool:
    """Whether a model's method learns from painted defects."""
    method = METHODS.get(model.method)
    return method is not None and method.learns_from_defects


def _models(session: Session) -> tuple[ModelRow, ...]:
    try:
        return session.project.models() if session.project is not None else ()
    except InspectorError as error:
        session.notices.error(error)
        return ()
