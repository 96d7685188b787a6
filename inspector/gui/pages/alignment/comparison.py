"""One score set under two thresholds that move: what is flagged on either side."""

from __future__ import annotations

from dataclasses import dataclass, field

from inspector.core.distributions import (
    DEFECTIVE,
    NORMAL,
    ScoreSet,
    Side,
    Tally,
    ThresholdCounts,
)

SIDES: tuple[Side, Side] = ("raw", "aligned")


@dataclass(slots=True, eq=False)
class Comparison:
    """Raw beside aligned.

    Attributes:
        score_set: The scores.
        variant: How the right side is aligned.
        model_id: Whose scores they are.
        thresholds: As they are shown now, while they move, too.
        is_found: Whether the classes are groups found by their looks.
        learned: Whether images that the model has learned from are among them.
        n_painted: How many test images are left out, as it learned from defects painted on them.
    """

    score_set: ScoreSet
    variant: str
    thresholds: dict[Side, float]
    is_found: bool = False
    learned: bool = False
    n_painted: int = 0
    model_id: int = 0
    _counts: dict[Side, ThresholdCounts] = field(init=False)

    def __post_init__(self) -> None:
        self._counts = {side: ThresholdCounts(self.score_set, side) for side in SIDES}

    @property
    def has_defects(self) -> bool:
        """Whether a defect is labelled."""
        return bool((self.score_set.labels == DEFECTIVE).any())

    @property
    def has_both(self) -> bool:
        """Whether the metrics are defined: there are good and defective images."""
        return self.has_defects and bool((self.score_set.labels == NORMAL).any())

    def tally(self, side: Side) -> Tally:
        """What the threshold of a side flags now."""
        return self._counts[side].at(self.thresholds[side])
