"""What the Alignment page says, computed from what it shows."""

from __future__ import annotations

from PySide6.QtCore import QObject

from inspector.core.distributions import DEFECTIVE, NORMAL, ScoreSet, Tally
from inspector.gui.pages.alignment.comparison import Comparison
from inspector.gui.pages.alignment.numbers import Spread, spread_of
from inspector.gui.plots.distribution_paint import class_label

_TELLING = 0.1
"""A spread of false positives from which on it is what is told first."""


class AlignmentWords(QObject):
    """Texts in the user's language."""

    def headline(self, score_set: ScoreSet, raw: Tally, aligned: Tally) -> str:
        """One sentence on what one threshold does to the classes on either side; may be empty."""
        good = spread_of(raw, NORMAL), spread_of(aligned, NORMAL)
        bad = spread_of(raw, DEFECTIVE), spread_of(aligned, DEFECTIVE)
        if score_set.n_classes < 2:
            return self._of_one_class(*good)
        if good[0] and good[1] and _tells_more(good[0], bad[0]):
            return self._of_good(score_set, good[0], good[1])
        if bad[0] and bad[1]:
            return self._of_defects(score_set, bad[0], bad[1])
        return ""

    def _of_good(self, score_set: ScoreSet, raw: Spread, aligned: Spread) -> str:
        if raw.high == 0 and aligned.high == 0:
            return self.tr("Neither threshold flags a good image of any class.")
        return self.tr(
            "Good images flagged by one threshold. Raw: {high} of {high_class}, {low} of "
            "{low_class}. Aligned: {aligned}."
        ).format(**self._parts(score_set, raw, aligned))

    def _of_defects(self, score_set: ScoreSet, raw: Spread, aligned: Spread) -> str:
        return self.tr(
            "Defects caught by one threshold. Raw: {high} of {high_class}, {low} of {low_class}. "
            "Aligned: {aligned}."
        ).format(**self._parts(score_set, raw, aligned))

    def _parts(self, score_set: ScoreSet, raw: Spread, aligned: Spread) -> dict[str, str]:
        names = score_set.class_names
        return {
            "high": share(raw.high),
            "high_class": class_label(names[raw.high_class]),
            "low": share(raw.low),
            "low_class": class_label(names[raw.low_class]),
            "aligned": self._range(aligned),
        }

    def _of_one_class(self, raw: Spread | None, aligned: Spread | None) -> str:
        if raw is None or aligned is None:
            return ""
        return self.tr(
            "Raw: the threshold flags {raw} of the good images. Aligned: {aligned}."
        ).format(raw=share(raw.high), aligned=share(aligned.high))

    def _range(self, spread: Spread) -> str:
        if share(spread.low) == share(spread.high):
            return self.tr("{share} in every class").format(share=share(spread.low))
        return self.tr("{low} to {high}").format(low=share(spread.low), high=share(spread.high))

    def notes(self, comparison: Comparison) -> str:
        """What else is to be known of the picture; may be empty."""
        said = []
        if comparison.n_painted:
            said.append(
                self.tr(
                    "Left out: %n of the test images, as the model has learned from defects "
                    "painted on them.",
                    "",
                    comparison.n_painted,
                )
            )
        elif not comparison.has_defects:
            said.append(
                self.tr(
                    "No defect is labelled: shown are the normal images, and the share of them "
                    "that would be flagged."
                )
            )
        if comparison.is_found:
            said.append(self.tr("The groups are found by their looks, not given."))
        if comparison.learned:
            said.append(
                self.tr(
                    "Images that the model has learned from are among them: they tell little of "
                    "new ones."
                )
            )
        return " ".join(said)


def share(value: float) -> str:
    """A share in whole percent; what is not quite none or all says so."""
    percent = round(100 * value)
    if value > 0 and percent == 0:
        return "<\u00a01\u00a0%"
    if value < 1 and percent == 100:
        return ">\u00a099\u00a0%"
    return f"{percent}\u00a0%"


def _tells_more(good: Spread, bad: Spread | None) -> bool:
    width = good.high - good.low
    return bad is None or width >= _TELLING or width >= bad.high - bad.low
