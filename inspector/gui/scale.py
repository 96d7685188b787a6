"""What decides: active model, alignment variant, and the thresholds on it."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from inspector.core.evaluation import RAW
from inspector.core.thresholds import threshold_for_false_positive_rate
from inspector.errors import InspectorError
from inspector.gui.notify import Notices
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.project.active import (
    active_model,
    active_variant,
    adopt_model,
    lower_threshold_key,
    pin_model,
    threshold_key,
    use_model,
    variant_key,
)
from inspector.project.models import ModelRow
from inspector.project.project import Project

_UNSURE_FACTOR = 5
"""The unsure band holds the scores that up to this many times the target share would exceed."""


class Scale(QObject):
    """Active model, variant and thresholds; all are kept in the project.

    The rule: score > `threshold` is NG, score ≤ `lower_threshold` is OK, between them is unsure.
    """

    model_changed = Signal()  # another model, or none
    variant_changed = Signal()
    threshold_changed = Signal()  # one of the two; also sent after the two above

    def __init__(self, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notices = notices
        self._project: Project | None = None
        self.model: ModelRow | None = None
        self.card: ModelCard | None = None
        self.variant = RAW
        self._numbers: dict[str, float] = {}  # settings that were read before

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants that the active model has."""
        return tuple(self.card.alignments) if self.card else ()

    def set_project(self, project: Project | None) -> None:
        """Takes the model that is active there."""
        self._project = project
        self._numbers = {}
        self.refresh()

    def refresh(self) -> None:
        """Looks again which model is active."""
        self._show(active_model(self._project) if self._project else None)

    def set_model(self, model: ModelRow) -> None:
        """A person makes a model the active one; it stays so, whatever newer ones come."""
        if self._project is not None:
            try:
                use_model(self._project, model)
            except InspectorError as error:
                self._notices.error(error)
                return
        self._show(model)

    def adopt(self, model: ModelRow) -> bool:
        """A new model becomes the active one, unless a person has chosen another."""
        adopted = self._project is not None and adopt_model(self._project, model)
        if adopted:
            self._show(model)
        return adopted

    def pin(self) -> None:
        """The active model stays it for now."""
        if self._project is not None:
            pin_model(self._project)

    def set_variant(self, variant: str) -> None:
        """Scores by another alignment variant of the active model."""
        if variant not in self.variants or variant == self.variant:
            return
        self.variant = variant
        if self._project is not None and self.model is not None:
            self._project.set_setting(variant_key(self.model), variant)
        self.variant_changed.emit()
        self.threshold_changed.emit()

    def default_threshold(self, variant: str | None = None) -> float:
        """The model's own threshold for a variant (the active one by default)."""
        card = self.card.thresholds.get(variant or self.variant) if self.card else None
        return card.value if card else 0.0

    def threshold_of(self, variant: str) -> float:
        """The threshold in use for a variant: the one set by hand, else the model's own."""
        if self._project is None or self.model is None:
            return 0.0
        key = threshold_key(self.model, variant)
        return self._kept(self._project, key, self.default_threshold(variant))

    @property
    def threshold(self) -> float:
        """The threshold in use for the active variant."""
        return self.threshold_of(self.variant)

    @property
    def is_threshold_default(self) -> bool:
        """Whether nobody has moved the threshold of the active variant."""
        return self.threshold == self.default_threshold()

    @property
    def lower_threshold(self) -> float:
        """Where the unsure band begins, at most `threshold`.

        By default the quantile of the calibration scores for five times the target rate.
        """
        if self._project is None or self.model is None or self.card is None:
            return 0.0
        default = math.inf
        card = self.card.thresholds.get(self.variant)
        if card is not None and card.calibration_scores:
            rate = min(_UNSURE_FACTOR * card.target_false_positive_rate, 0.5)
            default = threshold_for_false_positive_rate(card.calibration_scores, rate).value
        key = lower_threshold_key(self.model, self.variant)
        return min(self._kept(self._project, key, default), self.threshold)

    def set_threshold(self, value: float, variant: str | None = None) -> None:
        """Sets the threshold of a variant (the active one by default)."""
        self._keep(threshold_key, value, variant or self.variant)

    def set_lower_threshold(self, value: float) -> None:
        """Sets where the unsure band of the active variant begins."""
        self._keep(lower_threshold_key, min(value, self.threshold), self.variant)

    def reset_threshold(self, variant: str | None = None) -> None:
        """Back to the model's own thresholds for a variant (the active one by default)."""
        if self._project is not None and self.model is not None:
            for key_of in (threshold_key, lower_threshold_key):
                key = key_of(self.model, variant or self.variant)
                self._project.remove_setting(key)
                self._numbers.pop(key, None)
        self.threshold_changed.emit()

    def _kept(self, project: Project, key: str, default: float) -> float:
        """A number of the project's settings, which every repaint may ask for: read once."""
        if key not in self._numbers:
            self._numbers[key] = project.get_setting(key, float, default)
        return self._numbers[key]

    def _keep(self, key_of: Callable[[ModelRow, str], str], value: float, variant: str) -> None:
        if self._project is not None and self.model is not None and math.isfinite(value):
            key = key_of(self.model, variant)
            self._project.set_setting(key, float(value))
            self._numbers[key] = float(value)
            self.threshold_changed.emit()

    def _show(self, model: ModelRow | None) -> None:
        card = None
        if model is not None:
            try:
                card = read_model_card(model.folder)
            except InspectorError as error:
                self._notices.error(error)
                model = None
        self.model, self.card, self.variant = model, card, RAW
        if self._project is not None and model is not None and card is not None:
            self.variant = active_variant(self._project, model, card)
        self.model_changed.emit()
        self.variant_changed.emit()
        self.threshold_changed.emit()
