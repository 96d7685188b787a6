"""What a long-tailed split is asked to be: its kind, β and seed."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QLocale, QSignalBlocker, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QFormLayout, QSpinBox, QVBoxLayout, QWidget

from inspector.core.longtail import Kind
from inspector.gui.theme import em
from inspector.gui.training_split import kind_title
from inspector.gui.widgets.basics import Segments, label
from inspector.project.splits import SplitFile

_KINDS: dict[str, Kind] = {"exp": "exp", "step": "step"}
_USUAL_BETA = 10.0
_MOST_BETA = 100_000.0
_MOST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """As `draw_split` takes it."""

    kind: Kind
    beta: float
    seed: int


class SplitForm(QWidget):
    """Says at once when anything is asked differently."""

    asked = Signal(object)  # Asked

    def __init__(self) -> None:
        super().__init__()
        self.kind = Segments(
            [(value, kind_title(kind)) for value, kind in _KINDS.items()], self.tr("Kind of split")
        )
        self.sentence = label("", "muted", wrap=True)
        self.beta = _Beta()
        self.beta.setRange(1, _MOST_BETA)
        self.beta.setDecimals(2)
        self.beta.setValue(_USUAL_BETA)
        self.beta.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.beta.setToolTip(self.tr("Images of the largest class for one of the smallest"))
        self.seed = QSpinBox()
        self.seed.setRange(0, _MOST_SEED)
        self.seed.setToolTip(
            self.tr("Which images are kept, and which of equally large classes comes first")
        )
        fields = QFormLayout()
        fields.setHorizontalSpacing(em(self, 0.8))
        fields.setVerticalSpacing(em(self, 0.5))
        fields.addRow(label(self.tr("β, largest to smallest class")), self.beta)
        fields.addRow(label(self.tr("Seed")), self.seed)
        for name, field in ((self.tr("β"), self.beta), (self.tr("Seed"), self.seed)):
            field.setAccessibleName(name)
            field.setKeyboardTracking(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.5))
        layout.addWidget(self.kind)
        layout.addWidget(self.sentence)
        layout.addLayout(fields)
        self.kind.chosen.connect(lambda value: self._ask())
        self.beta.valueChanged.connect(lambda value: self._ask())
        self.seed.valueChanged.connect(lambda value: self._ask())
        self._explain()

    @property
    def value(self) -> Asked:
        """What is asked for."""
        return Asked(_KINDS[self.kind.value], self.beta.value(), self.seed.value())

    def show_split(self, split: SplitFile) -> None:
        """Shows what a split was asked to be, without asking for it."""
        with QSignalBlocker(self):
            self.kind.set_value(split.kind)
            self.beta.setValue(split.beta)
            self.seed.setValue(min(split.seed, _MOST_SEED))
        self._explain()

    def _ask(self) -> None:
        self._explain()
        self.asked.emit(self.value)

    def _explain(self) -> None:
        self.sentence.setText(
            self.tr("Every class keeps fewer images than the one before it, by the same factor.")
            if self.kind.value == "exp"
            else self.tr("The larger half of the classes keeps all it can, the others few.")
        )


class _Beta(QDoubleSpinBox):
    """Writes 10 as "10"."""

    def textFromValue(self, value: float) -> str:
        locale = self.locale()  # it reads with it, too
        locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
        return locale.toString(value, "g", 8)
