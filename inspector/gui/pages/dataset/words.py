"""The words that the Dataset page has for what the program knows."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject

from inspector.core.samples import Split, Truth
from inspector.gui.pages.dataset.query import Decision, Order
from inspector.project.verdicts import Verdict


class DatasetWords(QObject):
    """Texts in the user's language."""

    def __init__(self) -> None:
        super().__init__()
        self.splits = {
            Split.TRAIN: self.tr("Training"),
            Split.VALIDATION: self.tr("Validation"),
            Split.TEST: self.tr("Test"),
            Split.UNASSIGNED: self.tr("Not assigned"),
        }
        self.truths = {
            Truth.GOOD: self.tr("Good"),
            Truth.DEFECTIVE: self.tr("Defective"),
            Truth.UNKNOWN: self.tr("Unknown"),
        }
        self.verdicts = {
            Verdict.OK: self.tr("OK"),
            Verdict.NG: self.tr("NG"),
            Verdict.UNSURE: self.tr("Unsure"),
            Verdict.NONE: "–",
        }
        self.decisions = {
            Decision.NG: self.tr("Above the threshold"),
            Decision.UNSURE: self.tr("Near the threshold"),
            Decision.OK: self.tr("Below the threshold"),
            Decision.UNSCORED: self.tr("No score"),
        }
        self.columns = {
            Order.NAME: self.tr("File"),
            Order.CLASS: self.tr("Class"),
            Order.SPLIT: self.tr("Split"),
            Order.TRUTH: self.tr("Truth"),
            Order.VERDICT: self.tr("Verdict"),
            Order.SCORE: self.tr("Score"),
            Order.EXPECTED: self.tr("û"),
        }

        self.orders = [
            ((Order.IMPORTED, False), self.tr("As imported")),
            ((Order.NAME, False), self.tr("File name")),
            ((Order.CLASS, False), self.tr("Class")),
            ((Order.SCORE, True), self.tr("Highest score first")),
            ((Order.SCORE, False), self.tr("Lowest score first")),
            ((Order.NEAREST, False), self.tr("Nearest to the threshold")),
        ]

    def truth_of(self, truth: Truth, defect_kind: str) -> str:
        """The truth, for a defect with its kind."""
        word = self.truths[truth]
        return f"{word}: {defect_kind}" if defect_kind else word

    def score(self, value: float) -> str:
        """A score to three decimals or more; "–" where there is none."""
        if math.isnan(value):
            return "–"
        size = abs(value)
        if size >= 1000:
            return f"{value:.0f}"
        return f"{value:.3f}" if size >= 0.01 or size == 0 else f"{value:.2g}"

    def count(self, shown: int, total: int) -> str:
        """How many images are shown."""
        if shown == total:
            return self.tr("{total} images").format(total=f"{total:,}".replace(",", " "))
        return self.tr("{shown} of {total}").format(
            shown=f"{shown:,}".replace(",", " "), total=f"{total:,}".replace(",", " ")
        )
