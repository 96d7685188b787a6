"""Labels, cards, buttons and the empty state, in the looks that the style sheet gives by role."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.icons import icon, paint_icon
from inspector.gui.theme import em, theme_of


def label(
    text: str = "", role: str = "", *, wrap: bool = False, selectable: bool = False
) -> QLabel:
    """A label in a role: "title", "headline", "number", "muted", "error", "section" or plain."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    made.setWordWrap(wrap)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def button(text: str, kind: str = "", icon_name: str = "") -> QPushButton:
    """A button of a kind: "primary", "danger", "plain" or the usual one."""
    made = QPushButton(text)
    if kind:
        made.setProperty("kind", kind)
    if icon_name:
        made.setIcon(icon(icon_name))
    return made


def icon_button(icon_name: str, name: str, *, checkable: bool = False) -> QToolButton:
    """A button that is only an icon; `name` is its tooltip and its name for screen readers."""
    made = QToolButton()
    made.setIcon(icon(icon_name))
    made.setToolTip(name)
    made.setAccessibleName(name)
    made.setCheckable(checkable)
    made.setProperty("kind", "plain")
    return made


def action_button(action: QAction, *, text: bool = False) -> QToolButton:
    """A tool button for an action: it follows its state, title and keys."""
    made = QToolButton()
    made.setDefaultAction(action)
    made.setProperty("kind", "" if text else "plain")
    made.setAccessibleName(action.text())
    if text:
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return made


def card(*widgets: QWidget, spacing: float = 0.5, margin: float = 0.75) -> QFrame:
    """A framed surface with widgets one below the other."""
    made = QFrame()
    made.setProperty("role", "card")
    layout = QVBoxLayout(made)
    gap = em(made, margin)
    layout.setContentsMargins(gap, gap, gap, gap)
    layout.setSpacing(em(made, spacing))
    for widget in widgets:
        layout.addWidget(widget)
    return made


def row(*items: QWidget | None, spacing: float = 0.5) -> QWidget:
    """Widgets side by side; None is a gap that takes the room that is left."""
    made = QWidget()
    layout = QHBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(em(made, spacing))
    add_all(layout, items)
    return made


def column(*items: QWidget | None, spacing: float = 0.5, margin: float = 0) -> QWidget:
    """Widgets one below the other; None is a gap that takes the room that is left."""
    made = QWidget()
    layout = QVBoxLayout(made)
    gap = em(made, margin)
    layout.setContentsMargins(gap, gap, gap, gap)
    layout.setSpacing(em(made, spacing))
    add_all(layout, items)
    return made


def add_all(layout: QBoxLayout, items: Sequence[QWidget | None]) -> None:
    """Adds widgets to a layout; None is a stretch."""
    for item in items:
        if item is None:
            layout.addStretch(1)
        else:
            layout.addWidget(item)


def line() -> QFrame:
    """A thin horizontal line."""
    made = QFrame()
    made.setProperty("role", "line")
    return made


class IconLabel(QWidget):
    """An icon as a picture, in a theme colour (the name of a role of `Theme`)."""

    def __init__(self, icon_name: str, colour: str = "muted", size: float = 1.2) -> None:
        super().__init__()
        self._icon, self._colour, self._size = icon_name, colour, size
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_icon(self, icon_name: str, colour: str) -> None:
        self._icon, self._colour = icon_name, colour
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(em(self, self._size), em(self, self._size))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_icon(painter, self._icon, self.rect().toRectF(), getattr(theme_of(), self._colour))
        painter.end()


class Segments(QWidget):
    """A few choices side by side of which one is chosen; arrow keys move the choice."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str]], name: str) -> None:
        """`choices` are (value, text); `name` is for screen readers."""
        super().__init__()
        self.setAccessibleName(name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for value, text in choices:
            made = QPushButton(text)
            made.setCheckable(True)
            made.clicked.connect(lambda checked=False, value=value: self._choose(value))
            self._group.addButton(made)
            self._buttons[value] = made
            layout.addWidget(made)
        if choices:
            self.set_value(choices[0][0])

    @property
    def value(self) -> str:
        """The chosen value."""
        return next((v for v, b in self._buttons.items() if b.isChecked()), "")

    def set_value(self, value: str) -> None:
        """Chooses without telling anybody."""
        if value in self._buttons:
            self._buttons[value].setChecked(True)

    def button_of(self, value: str) -> QPushButton:
        """The button of a value."""
        return self._buttons[value]

    def _choose(self, value: str) -> None:
        self.chosen.emit(value)


class EmptyState(QWidget):
    """What a page shows where there is nothing yet: why, and what to do next."""

    def __init__(
        self,
        icon_name: str,
        title: str,
        text: str,
        actions: Sequence[tuple[str, Callable[[], object]]] = (),
    ) -> None:
        """The first of the `actions` is the primary one."""
        super().__init__()
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        self._icon = IconLabel(icon_name, "muted", 2.8)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        self._title = label(title, "title")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._title)
        self._text = label(text, "muted", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setMinimumWidth(em(self, 24))
        self._text.setMaximumWidth(em(self, 34))
        middle = QHBoxLayout()  # not an alignment, which would cut off all lines but the first
        middle.addStretch(1)
        middle.addWidget(self._text, 100)
        middle.addStretch(1)
        layout.addLayout(middle)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        self.buttons: list[QPushButton] = []
        for index, (title_text, run) in enumerate(actions):
            made = button(title_text, "primary" if index == 0 else "")
            made.clicked.connect(lambda checked=False, run=run: run())
            buttons.addWidget(made)
            self.buttons.append(made)
        buttons.addStretch(1)
        layout.addSpacing(em(self, 0.5))
        layout.addLayout(buttons)
        layout.addStretch(3)

    def set_texts(self, title: str, text: str) -> None:
        """Says something else."""
        self._title.setText(title)
        self._text.setText(text)
