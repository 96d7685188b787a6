"""The session in numbers: verdicts per class, pace, and agreement with the program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.review.badge import Badge
from inspector.gui.pages.review.words import ReviewWords, count
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, label, line
from inspector.project.verdict_export import SessionSummary
from inspector.project.verdicts import Trace, Verdict

VERDICTS = (Verdict.OK, Verdict.NG, Verdict.UNSURE)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often OK and NG verdicts are what the program had decided, of those with a score.

    The program's decision is the one that the person saw: score > threshold then.
    """

    agreed: int
    compared: int


def agreement(said: Sequence[tuple[Verdict, Trace]]) -> Agreement:
    """Compares verdicts with the decisions in their traces; *unsure* agrees with nothing."""
    pairs = [
        (verdict is Verdict.NG, trace.score > trace.threshold)
        for verdict, trace in said
        if verdict in (Verdict.OK, Verdict.NG)
        and trace.score is not None
        and trace.threshold is not None
    ]
    return Agreement(sum(person == program for person, program in pairs), len(pairs))


class SummaryDialog(QDialog):
    """A sheet that any key of a dialog closes; it can lead to the export."""

    def __init__(
        self,
        window: QWidget,
        words: ReviewWords,
        actions: ActionRegistry,
        summary: SessionSummary,
        agreed: Agreement,
        pace: float | None,
        left: int,
    ) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Session summary"))
        self._words = words
        layout = QVBoxLayout(self)
        gap = em(self, 1.0)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.5))
        layout.addWidget(label(self.tr("This session"), "title"))
        layout.addWidget(label(self._sentence(summary, pace, left), "muted", wrap=True))
        layout.addWidget(label(self._agreement(agreed), wrap=True))
        layout.addWidget(line())
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self._table(summary))
        layout.addWidget(area, 1)
        foot = QHBoxLayout()
        export = button(self.tr("Export as CSV…"), icon_name="export")
        export.clicked.connect(self.accept)
        export.clicked.connect(actions.action("review.export").trigger)
        close = button(self.tr("Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot.addWidget(export)
        foot.addStretch(1)
        foot.addWidget(close)
        layout.addLayout(foot)
        self.resize(em(self, 32), em(self, 26))
        close.setFocus()

    def _sentence(self, summary: SessionSummary, pace: float | None, left: int) -> str:
        parts = [self.tr("Images with a verdict: {count}").format(count=count(summary.images))]
        if summary.first is not None and summary.last is not None:
            first = datetime.fromisoformat(summary.first).astimezone()
            last = datetime.fromisoformat(summary.last).astimezone()
            parts.append(f"{first:%H:%M}–{last:%H:%M}")
        if pace is not None:
            parts.append(self.tr("{rate} per hour").format(rate=count(round(pace))))
        parts.append(self.tr("{count} left in the queue").format(count=count(left)))
        if summary.operators:
            parts.append(", ".join(summary.operators))
        return " · ".join(parts)

    def _agreement(self, agreed: Agreement) -> str:
        if not agreed.compared:
            return self.tr("Agreement with the program: –")
        return self.tr("Agreement with the program: {share} % ({agreed} of {compared})").format(
            share=round(100 * agreed.agreed / agreed.compared),
            agreed=agreed.agreed,
            compared=agreed.compared,
        )

    def _table(self, summary: SessionSummary) -> QWidget:
        made = QWidget()
        grid = QGridLayout(made)
        grid.setHorizontalSpacing(em(self, 1.2))
        grid.setVerticalSpacing(em(self, 0.35))
        grid.addWidget(label(self.tr("Class"), "section"), 0, 0)
        for column, verdict in enumerate(VERDICTS, 1):
            head = Badge(0.9)
            head.show_mark(self._words.verdicts[verdict])
            grid.addWidget(head, 0, column)
        rows = [(self._words.class_name(n), c) for n, c in summary.by_class.items()]
        rows.append((self.tr("All"), summary.by_verdict))
        for place, (name, counts) in enumerate(rows, 1):
            role = "headline" if place == len(rows) else ""
            grid.addWidget(label(name, role), place, 0)
            for column, verdict in enumerate(VERDICTS, 1):
                number = label(count(counts.get(verdict, 0)), role)
                grid.addWidget(number, place, column)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(len(rows) + 1, 1)
        return made
