"""What the tool in hand can be told: size, tolerance, how far the heat map grows; and progress."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QWidget,
)

from inspector.gui.pages.annotate.words import AnnotateWords
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, label

LARGEST_BRUSH = 1000
_STEPS = 200  # of the size's slider, which is logarithmic
_FACTOR = 1.15  # of a step by key or wheel


class OptionsBar(QFrame):
    """Shows only what the tool has."""

    size_changed = Signal(int)
    share_changed = Signal()
    applied = Signal()
    cancelled = Signal()  # what is being computed
    left = Signal()  # the keyboard is not needed here any more

    def __init__(self, words: AnnotateWords) -> None:
        super().__init__()
        self._words = words
        self._tool, self._is_computing = "brush", False
        self.size_name = label(self.tr("Size"), "muted")
        self.diameter = _slider(self.tr("Size of the brush"), 0, _STEPS, 0)
        self.pixels = _number(self.tr("Size of the brush in pixels"), 1, LARGEST_BRUSH, 24)
        self.pixels.setSuffix(" " + self.tr("px"))
        self.tolerance_name = label(self.tr("Tolerance"), "muted")
        self.tolerance = _slider(self.tr("Tolerance of the colour"), 0, 128, 16)
        self.levels = _number(self.tr("Tolerance in grey levels"), 0, 128, 16)
        self.share_name = label(self.tr("Region"), "muted")
        self.share = _slider(self.tr("How far the region grows"), 0, 100, 40)
        self.apply = button(self.tr("Keep (Enter)"), "primary")
        self.hint = label("", "muted", wrap=True)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.stage = label(self.tr("Snapping to edges…"), "muted")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.stop = button(self.tr("Cancel (Esc)"))
        self._parts: dict[str, tuple[QWidget, ...]] = {
            "brush": (self.size_name, self.diameter, self.pixels),
            "fill": (self.tolerance_name, self.tolerance, self.levels),
            "from_heat": (self.share_name, self.share, self.apply),
        }
        self._parts["eraser"] = self._parts["brush"]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.5))
        for parts in ("brush", "fill", "from_heat"):
            for widget in self._parts[parts]:
                layout.addWidget(widget)
        layout.addWidget(self.hint, 1)
        layout.addWidget(self.stage)
        layout.addWidget(self.progress, 1)
        layout.addWidget(self.stop)
        self.setMinimumHeight(em(self, 2))
        self._connect()
        self.set_size(self.pixels.value())
        self.show_tool("brush")

    def show_tool(self, tool: str) -> None:
        """Another tool is in hand, by the name of its action."""
        self._tool = tool
        self._show()
        self.say()

    def say(self, text: str = "") -> None:
        """Says something where the tool's hint stands; nothing brings the hint back."""
        self.hint.setText(text or self._words.hints[self._tool])
        self.hint.setProperty("role", "" if text else "muted")
        self.hint.style().polish(self.hint)

    def set_size(self, pixels: int) -> None:
        """A brush of another diameter."""
        pixels = min(max(pixels, 1), LARGEST_BRUSH)
        place = round(_STEPS * math.log(pixels) / math.log(LARGEST_BRUSH))
        for widget, value in ((self.pixels, pixels), (self.diameter, place)):
            widget.blockSignals(True)
            widget.setValue(value)
            widget.blockSignals(False)
        self.size_changed.emit(pixels)

    def step_size(self, steps: int) -> None:
        """Larger or smaller by a few percent, at least by a pixel."""
        now = self.pixels.value()
        step = max(round(now * (_FACTOR - 1)), 1)
        self.set_size(now + steps * step)

    def set_heat(self, there: bool) -> None:
        """Whether the image has a heat map to grow from."""
        self.share.setEnabled(there)
        self.apply.setEnabled(there)

    def show_progress(self, done: int, total: int) -> None:
        """Something is being computed, and how far it is; takes the place of the options."""
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self._is_computing = True
        self._show()

    def end_progress(self) -> None:
        """Nothing is being computed."""
        self._is_computing = False
        self._show()

    def _show(self) -> None:
        """Hides before it shows: with both in the bar, the window would grow for a moment."""
        computing = (self.stage, self.progress, self.stop)
        shown = computing if self._is_computing else (*self._parts.get(self._tool, ()), self.hint)
        every = {widget for widgets in self._parts.values() for widget in widgets}
        for widget in {*every, *computing, self.hint} - set(shown):
            widget.hide()
        for widget in shown:
            widget.show()

    def _connect(self) -> None:
        self.pixels.valueChanged.connect(self.set_size)
        self.diameter.valueChanged.connect(
            lambda place: self.set_size(round(LARGEST_BRUSH ** (place / _STEPS)))
        )
        self.tolerance.valueChanged.connect(self.levels.setValue)
        self.levels.valueChanged.connect(self.tolerance.setValue)
        self.share.valueChanged.connect(lambda value: self.share_changed.emit())
        self.apply.clicked.connect(self.applied.emit)
        self.stop.clicked.connect(self.cancelled.emit)
        for number in (self.pixels, self.levels):
            number.lineEdit().returnPressed.connect(self.left.emit)


def _slider(name: str, low: int, high: int, value: int) -> QSlider:
    made = QSlider(Qt.Orientation.Horizontal)
    made.setRange(low, high)
    made.setValue(value)
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setMinimumSize(em(made, 5), em(made, 1.2))
    made.setMaximumWidth(em(made, 10))
    return made


def _number(name: str, low: int, high: int, value: int) -> QSpinBox:
    made = QSpinBox()
    made.setRange(low, high)
    made.setValue(value)
    made.setAccessibleName(name)
    made.setToolTip(name)
    made.setKeyboardTracking(False)
    return made
