"""Both thresholds: the strip to drag them on, and two number fields."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDoubleSpinBox, QGridLayout, QWidget

from inspector.gui.pages.review.threshold_strip import ThresholdStrip
from inspector.gui.scale import Scale
from inspector.gui.theme import em
from inspector.gui.widgets.basics import icon_button, label


class ThresholdsCard(QWidget):
    """Shows the scale's thresholds and sets them."""

    previewed = Signal(float, float)  # threshold and lower threshold, while a line is dragged

    def __init__(self, scale: Scale) -> None:
        super().__init__()
        self._scale = scale
        self._shown_of: tuple[Path | None, str] = (None, "")
        self.strip = ThresholdStrip()
        self.threshold_field = self._field(self.tr("NG above"))
        self.lower_field = self._field(self.tr("OK up to"))
        self.reset = icon_button("refresh", self.tr("Thresholds of the model"))
        self.reset.clicked.connect(scale.reset_threshold)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(em(self, 0.35))
        grid.addWidget(self.strip, 0, 0, 1, 3)
        grid.addWidget(label(self.tr("NG above"), "muted"), 1, 0)
        grid.addWidget(self.threshold_field, 1, 1)
        grid.addWidget(self.reset, 1, 2)
        grid.addWidget(label(self.tr("OK up to"), "muted"), 2, 0)
        grid.addWidget(self.lower_field, 2, 1)
        grid.setColumnStretch(1, 1)
        self.strip.dragged.connect(self.previewed)
        self.strip.dropped.connect(self._set_both)
        self.threshold_field.editingFinished.connect(self._threshold_typed)
        self.lower_field.editingFinished.connect(self._lower_typed)
        self.show_thresholds()

    def show_thresholds(self) -> None:
        """Takes over what the scale says; of another model or variant nothing is kept."""
        scale = self._scale
        if not self._is_current:
            self.strip.let_go()
        self._shown_of = self._of_now()
        spread = max(abs(scale.default_threshold()), 1e-6)
        digits = min(max(3 - math.floor(math.log10(spread)), 2), 6)
        for field, value in (
            (self.threshold_field, scale.threshold),
            (self.lower_field, scale.lower_threshold),
        ):
            field.blockSignals(True)
            field.setDecimals(digits)
            field.setSingleStep(10 ** (1 - digits) * 2)
            field.setValue(value)
            field.blockSignals(False)
        self.strip.set_thresholds(scale.threshold, scale.lower_threshold)
        self.reset.setEnabled(scale.model is not None)

    def _field(self, name: str) -> QDoubleSpinBox:
        made = QDoubleSpinBox()
        made.setRange(-1e6, 1e6)
        made.setKeyboardTracking(False)
        made.setAccessibleName(name)
        return made

    @property
    def _is_current(self) -> bool:
        """Whether what is shown belongs to the model and variant in use.

        Where it does not, what is typed or dropped here was meant for others.
        """
        return self._shown_of == self._of_now()

    def _of_now(self) -> tuple[Path | None, str]:
        model = self._scale.model
        return (model.folder if model is not None else None, self._scale.variant)

    def _set_both(self, threshold: float, lower: float) -> None:
        """The threshold first: the lower one may not lie above it."""
        if not self._is_current:
            self.show_thresholds()
            return
        if threshold != self._scale.threshold:
            self._scale.set_threshold(threshold)
        if lower != self._scale.lower_threshold:
            self._scale.set_lower_threshold(lower)

    def _threshold_typed(self) -> None:
        if not self._is_current:
            self.show_thresholds()
        elif self._is_changed(self.threshold_field, self._scale.threshold):
            self._scale.set_threshold(self.threshold_field.value())

    def _lower_typed(self) -> None:
        if not self._is_current:
            self.show_thresholds()
        elif self._is_changed(self.lower_field, self._scale.lower_threshold):
            self._scale.set_lower_threshold(self.lower_field.value())

    def _is_changed(self, field: QDoubleSpinBox, value: float) -> bool:
        """Whether the field says another number than this, as far as it can show it."""
        return field.text() != field.textFromValue(value)
