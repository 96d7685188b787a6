"""The scale in use: active model, alignment variant, and the thresholds on it."""

from __future__ import annotations

import math

from PySide6.QtCore import QObject, Signal

from inspector.core.evaluation import RAW
from inspector.core.thresholds import threshold_for_false_positive_rate
from inspector.errors import InspectorError
from inspector.gui.notify import Notices
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.project.candidates import candidates, decide
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
        """Takes the model that was active in the project, else its newest one."""
        self._project = project
        self._numbers = {}
        self.refresh()

    def refresh(self) -> None:
        """Looks again which models there are: keeps the active one, else takes the newest.

        One that was trained again and that nobody has decided on is not taken while there is
        another.
        """
        models = self._project.models() if self._project else ()
        undecided = set(candidates(self._project)) if self._project else set()
        models = tuple(model for model in models if model not in undecided) or models
        wanted = self._project.get_setting("active_model", int, 0) if self._project else 0
        by_id = {model.model_id: model for model in models}
        self._show(by_id.get(wanted) or (models[-1] if models else None))

    def set_model(self, model: ModelRow) -> None:
        """Makes a model the active one."""
        if self._project is not None:
            self._project.set_setting("active_model", model.model_id)
            decide(self._project, model.model_id)
        self._show(model)

    def pin(self) -> None:
        """The active model stays it, whatever newer ones come."""
        if self._project is not None and self.model is not None:
            self._project.set_setting("active_model", self.model.model_id)

    def set_variant(self, variant: str) -> None:
        """Scores by another alignment variant of the active model."""
        if variant not in self.variants or variant == self.variant:
            return
        self.variant = variant
        if self._project is not None and self.model is not None:
            self._project.set_setting(f"variant/{self.model.model_id}", variant)
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
        name = f"threshold/{self.model.model_id}/{variant}"
        return self._kept(self._project, name, self.default_threshold(variant))

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
        name = f"lower/{self.model.model_id}/{self.variant}"
        return min(self._kept(self._project, name, default), self.threshold)

    def set_threshold(self, value: float, variant: str | None = None) -> None:
        """Sets the threshold of a variant (the active one by default)."""
        self._keep("threshold", value, variant or self.variant)

    def set_lower_threshold(self, value: float) -> None:
        """Sets where the unsure band of the active variant begins."""
        self._keep("lower", min(value, self.threshold), self.variant)

    def reset_threshold(self, variant: str | None = None) -> None:
        """Back to the model's own thresholds for a variant (the active one by default)."""
        if self._project is not None and self.model is not None:
            for kind in ("threshold", "lower"):
                name = f"{kind}/{self.model.model_id}/{variant or self.variant}"
                self._project.remove_setting(name)
                self._numbers.pop(name, None)
        self.threshold_changed.emit()

    def _kept(self, project: Project, name: str, default: float) -> float:
        """A number of the project's settings, which every repaint may ask for: read once."""
        if name not in self._numbers:
            self._numbers[name] = project.get_setting(name, float, default)
        return self._numbers[name]

    def _keep(self, kind: str, value: float, variant: str) -> None:
        if self._project is not None and self.model is not None and math.isfinite(value):
            name = f"{kind}/{self.model.model_id}/{variant}"
            self._project.set_setting(name, float(value))
            self._numbers[name] = float(value)
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
            kept = self._project.get_setting(
                f"variant/{model.model_id}", str, card.default_alignment
            )
            self.variant = kept if kept in card.alignments else card.default_alignment
        self.model_changed.emit()
        self.variant_changed.emit()
        self.threshold_changed.emit()
