"""What learning at once says of itself."""

from __future__ import annotations

from PySide6.QtCore import QObject

from inspector.gui.learning import Learning, Phase
from inspector.gui.pages.review.words import Mark, count, number


class LearningWords(QObject):
    """Texts in the user's language."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ng = Mark(self.tr("now NG"), "cross", "ng")
        self.now_ok = Mark(self.tr("now OK"), "check", "ok")
        self.no_class = self.tr("No class")
        self.unchanged = self.tr(
            "score hardly changed. What is painted looks like normal parts, or the model knew it."
        )

    def state(self, learning: Learning, *, is_on: bool, n_painted: int) -> str:
        """One line on what it is doing, or what it has done."""
        match learning.phase:
            case Phase.WAITING:
                return self.tr("Waits until the running job is done.")
            case Phase.PREPARING:
                return self.tr("Reads what is painted…")
            case Phase.LOADING:
                return self.tr("Loads the model…")
            case Phase.SCORING:
                return self._scoring(learning)
            case Phase.FAILED:
                return self.tr("It could not be learned. What is painted is kept.")
        return self._idle(learning, is_on, n_painted)

    def scores(self, before: float, after: float) -> str:
        """A score and what became of it."""
        return f"{number(before)} → {number(after)}"

    def seconds(self, seconds: float) -> str:
        """A short time span."""
        if seconds < 90:
            return self.tr("{n} s").format(n=max(round(seconds), 1))
        return self.tr("{n} min").format(n=round(seconds / 60))

    def _scoring(self, learning: Learning) -> str:
        parts = [
            self.tr("Scored {done} of {total}").format(
                done=count(learning.done), total=count(learning.total)
            )
        ]
        if learning.rate is not None:
            parts.append(self.tr("{n} images/s").format(n=number(learning.rate)))
        left = learning.seconds_left
        if left is not None and learning.done < learning.total:
            parts.append(self.tr("{time} left").format(time=self.seconds(left)))
        return " · ".join(parts)

    def _idle(self, learning: Learning, is_on: bool, n_painted: int) -> str:
        unlearned = learning.n_unlearned or 0
        if unlearned == 1:
            return self.tr("One painted mask is not learned yet.")
        if unlearned:
            return self.tr("{n} painted masks are not learned yet.").format(n=count(unlearned))
        if n_painted:
            return self.tr("Up to date: all that is painted is learned.")
        if is_on:
            return self.tr("Paint a defect: the model learns it within seconds.")
        return self.tr("Nothing is painted yet.")
