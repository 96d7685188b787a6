"""What is known of the image that is looked at: decision, scores, its place in its class, file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from inspector.gui.pages.review.badge import Badge
from inspector.gui.pages.review.strip_plot import ClassScores, StripPlot
from inspector.gui.pages.review.words import Mark, number
from inspector.gui.theme import em
from inspector.gui.widgets.basics import card, column, label


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """All that the panel shows of one image; numbers may be NaN.

    Attributes:
        decision: What the thresholds say.
        aligned, raw, u, gamma: Its scores.
        share: Share of the class's normal images that it scores at least as high as; None if none.
        place: Its class's scores.
        rows: What else is known, (name, value).
    """

    decision: Mark
    aligned: float
    raw: float
    u: float
    gamma: float
    share: float | None
    place: ClassScores
    rows: tuple[tuple[str, str], ...]


class FactsPanel(QWidget):
    """Two cards."""

    def __init__(self) -> None:
        super().__init__()
        self.decision = Badge(1.2)
        self.score = label("–", "number")
        self.raw, self.u, self.gamma = label("–"), label("–"), label("–")
        self.percentile = label("", "muted", wrap=True)
        self.plot = StripPlot()
        self._rows = QGridLayout()
        self._values: list[tuple[QLabel, QLabel]] = []
        body = card(self.decision, self._numbers(), self.plot, self.percentile, margin=0.6)
        about = QWidget()
        about.setLayout(self._rows)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setHorizontalSpacing(em(self, 0.6))
        self._rows.setVerticalSpacing(em(self, 0.15))
        self._rows.setColumnStretch(1, 1)
        whole = column(body, card(about, margin=0.6))
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(whole)

    def show_facts(self, facts: Facts | None) -> None:
        """Shows another image; None for none."""
        self.setVisible(facts is not None)
        if facts is None:
            return
        self.decision.show_mark(facts.decision)
        self.score.setText(number(facts.aligned))
        for field, value in ((self.raw, facts.raw), (self.u, facts.u), (self.gamma, facts.gamma)):
            field.setText(number(value))
        self.plot.set_data(facts.place)
        if facts.share is None:
            self.percentile.setText(self.tr("No normal images of this class to compare with."))
        else:
            number_of = int(np.isfinite(facts.place.normal).sum())
            text = self.tr("Percentile {percent} among the {count} normal images of its class.")
            percent = f"{100 * facts.share:.1f}".removesuffix(".0")
            self.percentile.setText(text.format(percent=percent, count=number_of))
        self._show_rows(facts.rows)

    def _numbers(self) -> QWidget:
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(em(self, 0.7))
        grid.setVerticalSpacing(0)
        names = (self.tr("Score"), self.tr("Raw"), "û", "γ̂")
        tips = (
            self.tr("Score of the alignment variant in use"),
            self.tr("Score without alignment"),
            self.tr("Expected mean of the normal pixels"),
            self.tr("Expected maximum of the normal pixels"),
        )
        fields = (self.score, self.raw, self.u, self.gamma)
        for place, (name, tip, field) in enumerate(zip(names, tips, fields, strict=True)):
            head = label(name, "muted")
            head.setToolTip(tip)
            field.setToolTip(tip)
            field.setAccessibleName(tip)
            grid.addWidget(head, 0, place)
            grid.addWidget(field, 1, place, Qt.AlignmentFlag.AlignBottom)
        grid.setColumnStretch(0, 1)
        return made

    def _show_rows(self, rows: tuple[tuple[str, str], ...]) -> None:
        while len(self._values) < len(rows):
            name, value = label("", "muted"), label("", wrap=True, selectable=True)
            value.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            place = len(self._values)
            self._rows.addWidget(name, place, 0, Qt.AlignmentFlag.AlignTop)
            self._rows.addWidget(value, place, 1)
            self._values.append((name, value))
        for index, (name_label, value_label) in enumerate(self._values):
            name_label.setVisible(index < len(rows))
            value_label.setVisible(index < len(rows))
            if index < len(rows):
                name_label.setText(rows[index][0])
                value_label.setText(rows[index][1])
