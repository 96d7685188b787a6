"""The words that the bank view has for states, points and warnings."""

from __future__ import annotations

import math
from datetime import datetime

from PySide6.QtCore import QObject

from inspector.gui.pages.annotate.bank.facts import PaintedMask, State
from inspector.gui.pages.review.words import Mark, count


class BankWords(QObject):
    """Texts in the user's language."""

    def __init__(self) -> None:
        super().__init__()
        self.states = {
            State.LEARNED: Mark(self.tr("In the bank"), "check", "ok"),
            State.AT_ONCE: Mark(self.tr("In the bank, learned at once"), "check", "ok"),
            State.CHANGED: Mark(self.tr("Changed since it was learned"), "refresh", "unsure"),
            State.ERASED: Mark(self.tr("Erased since it was learned"), "eraser", "unsure"),
            State.LEFT_OUT: Mark(self.tr("Left out of the training"), "eye-off", "muted"),
            State.WAITING: Mark(self.tr("Not learned yet"), "clock", "muted"),
        }
        self.banks = {
            "normal": self.tr("Normal"),
            "outliers": self.tr("Outlier"),
            "annotated": self.tr("Painted"),
            "pseudo": self.tr("Pseudo"),
            "fresh": self.tr("Painted, learned at once"),
        }
        self.muted = self.tr("Muted")
        self.no_class = self.tr("No class")
        self.gone = self.tr("an image that is gone")

    def state(self, mask: PaintedMask, n_muted: int) -> Mark:
        """How a mask stands, where so many of its patches are muted."""
        if n_muted == len(mask.patches):
            return Mark(self.muted, "eye-off", "muted")
        mark = self.states[mask.state]
        if n_muted:
            text = self.tr("{muted} of {total} muted").format(
                muted=count(n_muted), total=count(len(mask.patches))
            )
            return Mark(f"{mark.word} · {text}", mark.icon, mark.colour)
        return mark

    def explained(self, mask: PaintedMask) -> str:
        """The state in a sentence."""
        version = mask.annotation.version
        return {
            State.LEARNED: self.tr("The model learned from this mask."),
            State.AT_ONCE: self.tr("The model learned from this mask at once."),
            State.CHANGED: self.tr(
                "The model learned from version {old}; version {new} is painted now. "
                "Train again to learn from that."
            ).format(old=version, new=mask.newest),
            State.ERASED: self.tr(
                "The model learned from this mask; nothing is painted there any more. "
                "Mute its patches, or train again."
            ),
            State.LEFT_OUT: self.tr("Patches of this mask were muted when the model was trained."),
            State.WAITING: self.tr("The model has not learned from this mask yet. Train again."),
        }[mask.state]

    def patches(self, number: int) -> str:
        """A number of patches."""
        if number == 1:
            return self.tr("1 patch")
        return self.tr("{count} patches").format(count=count(number))

    def masks(self, number: int) -> str:
        """A number of masks."""
        return self.tr("1 mask") if number == 1 else self.tr("{n} masks").format(n=count(number))

    def painted(self, mask: PaintedMask) -> str:
        """Who painted a mask, when, with what."""
        one = mask.annotation
        when = f"{datetime.fromisoformat(one.created).astimezone():%Y-%m-%d %H:%M}"
        return " · ".join(part for part in (one.operator, when, one.tool) if part)

    def ratio(self, value: float) -> str:
        """How far a painted patch is from normal ones."""
        if not math.isfinite(value):
            return ""
        return self.tr(
            "{ratio} × as far from the nearest normal patch as those from each other"
        ).format(ratio=f"{value:.2f}")

    def mispainted(self, mask: PaintedMask) -> str:
        """The warning that a mask looks like normal parts."""
        alike = sum(patch.looks_normal for patch in mask.patches)
        known = [patch.ratio for patch in mask.patches if math.isfinite(patch.ratio)]
        least = f"{min(known):.2f}" if known else "–"
        return self.tr(
            "{alike} of {total} patches are nearly the same as normal ones (the nearest: {least} × "
            "as far as those from each other). Look whether the mask lies in the right place; "
            "from a defect that is this faint little is learned."
        ).format(alike=count(alike), total=count(len(mask.patches)), least=least)

    def small(self, mask: PaintedMask) -> str:
        """The warning that a mask is smaller than what the model looks at."""
        area = f"{mask.area:.2f}"
        if mask.vanishes:
            return self.tr(
                "The mask covers {area} of a patch and meets the middle of none. Only the patch "
                "that it covers most is learned, mostly its surroundings."
            ).format(area=area)
        return self.tr(
            "The mask covers {area} of a patch: what is learned is mostly its surroundings. "
            "Paint a little more, or train with larger images."
        ).format(area=area)
