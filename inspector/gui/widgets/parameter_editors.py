"""One editor per type of parameter; each speaks text, so that what is being typed may be wrong."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from inspector.jobs.fields import ParameterField


class TextEditor(QLineEdit):
    """A line of text, or a number: Up and Down step through those that fit."""

    edited = Signal()

    def __init__(self, field: ParameterField) -> None:
        super().__init__()
        self._field = field
        self.textEdited.connect(lambda text: self.edited.emit())
        if field.kind in ("int", "float"):
            self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def text_value(self) -> str:
        return self.text().strip()

    def set_text_value(self, text: str) -> None:
        if text != self.text_value():
            self.setText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down: the next whole number that fits; twice or half of other numbers."""
        directions = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        direction = directions.get(Qt.Key(event.key()))
        if direction is None or self._field.kind not in ("int", "float"):
            super().keyPressEvent(event)
            return
        self._step(direction)

    def _step(self, direction: int) -> None:
        field = self._field
        try:
            value = field.parse(self.text_value())
            if field.kind == "int":
                value += direction * int(field.multiple_of or 1)
            else:
                value = value * 2 if direction > 0 else value / 2
            text = field.text_of(field.parse(field.text_of(value)))
        except ValueError:
            return  # there is nothing to step from, or nothing to step to
        self.setText(text)
        self.edited.emit()


class ChoiceEditor(QComboBox):
    """One of a few words. The wheel scrolls the form rather than the choice."""

    edited = Signal()

    def __init__(self, field: ParameterField) -> None:
        super().__init__()
        self.addItems(field.choices)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.activated.connect(lambda index: self.edited.emit())

    def text_value(self) -> str:
        return self.currentText()

    def set_text_value(self, text: str) -> None:
        self.setCurrentText(text)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class SwitchEditor(QCheckBox):
    """On or off."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.clicked.connect(lambda checked: self.edited.emit())

    def text_value(self) -> str:
        return "true" if self.isChecked() else "false"

    def set_text_value(self, text: str) -> None:
        self.setChecked(text == "true")


AnyEditor = TextEditor | ChoiceEditor | SwitchEditor


def make_editor(field: ParameterField) -> AnyEditor:
    """The editor for a field's type."""
    made: AnyEditor
    if field.kind == "bool":
        made = SwitchEditor()
    elif field.kind == "choice":
        made = ChoiceEditor(field)
    else:
        made = TextEditor(field)
    made.setAccessibleName(field.title)
    made.setAccessibleDescription(field.description)
    return made


def bounds_sentence(field: ParameterField) -> str:
    """What a field takes, in words."""
    translate = QCoreApplication.translate
    if field.kind == "str":
        return translate("ParameterForm", "Write something here.")
    low = field.gt if field.ge is None else field.ge
    high = field.lt if field.le is None else field.le
    if field.kind == "int":
        sentence = translate("ParameterForm", "Write a whole number")
        low = low if field.ge is not None or low is None else low + 1
        high = high if field.le is not None or high is None else high - 1
        above = below = ""
    else:
        sentence = translate("ParameterForm", "Write a number")
        above = translate("ParameterForm", "above ") if field.ge is None else ""
        below = translate("ParameterForm", "below ") if field.le is None else ""
    if low is not None and high is not None:
        bounds = translate("ParameterForm", " from {low} to {high}").format(
            low=above + _plain(low), high=below + _plain(high)
        )
    elif low is not None:
        bounds = translate("ParameterForm", " from {low}").format(low=above + _plain(low))
    else:
        bounds = "" if high is None else f" ≤ {_plain(high)}"
    steps = ""
    if field.multiple_of is not None:
        steps = translate("ParameterForm", ", a multiple of {step}").format(
            step=_plain(field.multiple_of)
        )
    return f"{sentence}{bounds}{steps}."


def _plain(number: float) -> str:
    """A bound as a person writes it, thousands apart."""
    if float(number).is_integer():
        return f"{int(number):,}".replace(",", "\u202f")
    return f"{number:g}"
