"""The words and marks that the Review page has for verdicts, decisions and numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QObject

from inspector.core.review_order import Band, Order
from inspector.core.samples import Split, Truth
from inspector.project.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Mark:
    """How something is shown: a word, an icon, and the name of a colour role of `Theme`."""

    word: str
    icon: str
    colour: str


class ReviewWords(QObject):
    """Texts in the user's language."""

    def __init__(self) -> None:
        super().__init__()
        self.verdicts = {
            Verdict.OK: Mark(self.tr("OK"), "check", "ok"),
            Verdict.NG: Mark(self.tr("NG"), "cross", "ng"),
            Verdict.UNSURE: Mark(self.tr("Unsure"), "question", "unsure"),
        }
        self.decisions = {
            Band.NG: Mark(self.tr("NG: above the threshold"), "cross", "ng"),
            Band.UNSURE: Mark(self.tr("Unsure: between the thresholds"), "question", "unsure"),
            Band.OK: Mark(self.tr("OK: below both thresholds"), "check", "ok"),
        }
        self.no_decision = Mark(self.tr("No score: not decided"), "minus", "muted")
        self.bands = {
            Band.NG: Mark(self.tr("Flagged"), "cross", "ng"),
            Band.UNSURE: Mark(self.tr("Unsure"), "question", "unsure"),
            Band.OK: Mark(self.tr("OK"), "check", "ok"),
        }
        self.file, self.product_class = self.tr("File"), self.tr("Class")
        self.split, self.ground_truth = self.tr("Split"), self.tr("Truth")
        self.operator = self.tr("Your name; it is written beside every verdict")
        self.orders = {
            Order.HIGHEST: self.tr("Most anomalous first"),
            Order.NEAREST: self.tr("Nearest to threshold"),
            Order.NEWEST: self.tr("Newest file first"),
            Order.LISTED: self.tr("As listed"),
        }
        self.splits = {
            Split.TRAIN: self.tr("Training"),
            Split.VALIDATION: self.tr("Validation"),
            Split.TEST: self.tr("Test"),
            Split.UNASSIGNED: self.tr("Not assigned"),
        }
        self._truths = {
            Truth.GOOD: self.tr("Good"),
            Truth.DEFECTIVE: self.tr("Defective"),
            Truth.UNKNOWN: self.tr("Unknown"),
        }

    def truth(self, truth: Truth, kind: str) -> str:
        """What the data set says, for a defect with its kind."""
        word = self._truths[truth]
        return f"{word}: {kind}" if kind else word

    def class_name(self, name: str) -> str:
        """A class; one without name says so."""
        return name or self.tr("No class")

    def duration(self, seconds: float) -> str:
        """A time span as one says it."""
        minutes = round(seconds / 60)
        if seconds < 60:
            return self.tr("less than a minute")
        if minutes < 60:
            return self.tr("about {minutes} min").format(minutes=minutes)
        return self.tr("about {hours} h {minutes} min").format(
            hours=minutes // 60, minutes=minutes % 60
        )


def number(value: float) -> str:
    """A score with about three significant digits; "–" where there is none."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    digits = min(max(0, 2 - math.floor(math.log10(abs(value)))), 6)
    return f"{value:.{digits}f}".replace("-", "−")


def count(value: int) -> str:
    """A number with narrow spaces between its thousands."""
    return f"{value:,}".replace(",", "\u202f")
