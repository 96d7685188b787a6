"""One model's card, readable and copyable."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from inspector.gui.pages.models.card_text import Section, sections_of
from inspector.gui.pages.models.facts import ModelFacts
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, card, label

_COLUMNS = ((0, 1), (2,), (3, 4))
"""Which sections stand one below the other in each column."""


class CardView(QScrollArea):
    """The card's sections side by side, its notes as warnings above them."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setAccessibleName(self.tr("Model card"))
        self._facts: ModelFacts | None = None

    def show_facts(self, facts: ModelFacts) -> None:
        """Shows another model's card."""
        if facts != self._facts:
            self._facts = facts
            self._build(facts)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self._facts is not None:
            # Not now: Qt is walking through all widgets, some of which would go.
            QTimer.singleShot(0, self, self._rebuild)

    def _rebuild(self) -> None:
        if self._facts is not None:
            self._build(self._facts)

    def _build(self, facts: ModelFacts) -> None:
        before = self.takeWidget()
        if before is not None:
            before.deleteLater()
        content = QWidget()
        layout = QVBoxLayout(content)
        gap = em(self, 0.5)
        layout.setContentsMargins(0, gap, gap, gap)
        layout.setSpacing(gap)
        if facts.card is None:
            layout.addWidget(_warning(facts.problem))
            layout.addStretch(1)
            self.setWidget(content)
            return
        if facts.card.notes:
            layout.addWidget(_warning(*facts.card.notes))
        sections = sections_of(facts, facts.card)
        columns = QHBoxLayout()
        columns.setSpacing(gap)
        for places in _COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(gap)
            for place in places:
                column.addWidget(_section(sections[place]))
            column.addStretch(1)
            columns.addLayout(column, 1)
        layout.addLayout(columns)
        layout.addStretch(1)
        self.setWidget(content)


def _section(section: Section) -> QFrame:
    lines = QWidget()
    grid = QGridLayout(lines)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(em(lines, 0.8))
    grid.setVerticalSpacing(em(lines, 0.2))
    grid.setColumnStretch(1, 1)
    for row, (name, value) in enumerate(section.lines):
        shown = label(value, wrap=True, selectable=True)
        shown.setAccessibleName(f"{name}: {value}")
        grid.addWidget(label(name, "muted"), row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(shown, row, 1, Qt.AlignmentFlag.AlignTop)
    return card(label(section.title, "headline"), lines)


def _warning(*texts: str) -> QFrame:
    lines = QWidget()
    grid = QGridLayout(lines)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setColumnStretch(1, 1)
    for row, text in enumerate(texts):
        grid.addWidget(IconLabel("warning", "unsure"), row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(label(text, wrap=True, selectable=True), row, 1)
    return card(lines)
