"""The page's choices: model, alignment, images, classes, order, and the view."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.core.words import variant_label, variant_sentence
from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.alignment.content import ALL, FOUND, GIVEN, TEST
from inspector.gui.theme import em
from inspector.gui.widgets.basics import Segments, action_button, icon_button, label

PAIR, MORPH = "pair", "morph"


class Choice(QComboBox):
    """A few values of which one is chosen."""

    chosen = Signal(str)

    def __init__(self, name: str, choices: Sequence[tuple[str, str]] = ()) -> None:
        """`choices` are (value, text); `name` is its tooltip and its name for screen readers."""
        super().__init__()
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_choices(choices)
        self.activated.connect(lambda row: self.chosen.emit(self.itemData(row)))

    @property
    def value(self) -> str:
        """The chosen value; empty without any."""
        data = self.currentData()
        return data if isinstance(data, str) else ""

    def set_choices(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offers other values; keeps the chosen one where it is among them."""
        if [(self.itemData(row), self.itemText(row)) for row in range(self.count())] == list(
            choices
        ):
            return
        kept = self.value
        self.clear()
        for value, text in choices:
            self.addItem(text, value)
        self.set_value(kept)

    def explain(self, sentences: Sequence[str]) -> None:
        """What the tooltip of each value says, in their order."""
        for row, sentence in enumerate(sentences):
            self.setItemData(row, sentence, Qt.ItemDataRole.ToolTipRole)

    def set_value(self, value: str) -> None:
        """Chooses without telling anybody."""
        row = self.findData(value)
        if row >= 0:
            self.setCurrentIndex(row)


class AlignmentHeader(QWidget):
    """Two lines: what is seen in words, with the view; and the choices."""

    def __init__(self, actions: ActionRegistry) -> None:
        super().__init__()
        self.headline = label("", "title", wrap=True, selectable=True)
        self.notes = label("", "muted", wrap=True)
        self.view = Segments(
            [(PAIR, self.tr("Side by side")), (MORPH, self.tr("Morph"))], self.tr("View")
        )
        self.model = Choice(self.tr("Model"))
        self.model.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.model.setMinimumWidth(em(self, 6))
        self.variant = Choice(self.tr("How the right side is aligned"))
        self.images = Choice(
            self.tr("Which images"),
            [(TEST, self.tr("Test images")), (ALL, self.tr("All scored"))],
        )
        self.classes = Choice(
            self.tr("Which classes"),
            [(GIVEN, self.tr("Given classes")), (FOUND, self.tr("Found groups"))],
        )
        self.order = Choice(
            self.tr("Order of the classes"),
            [
                ("median", self.tr("By raw score")),
                ("size", self.tr("By size")),
                ("name", self.tr("By name")),
            ],
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.35))
        layout.addLayout(self._choices(actions))
        layout.addWidget(self.headline)
        layout.addWidget(self.notes)

    def show_variants(self, names: Sequence[str], chosen: str) -> None:
        """Offers alignment variants, each with what it goes by."""
        self.variant.set_choices([(name, variant_label(name)) for name in names])
        self.variant.explain([variant_sentence(name) for name in names])
        self.variant.set_value(chosen)

    def _choices(self, actions: ActionRegistry) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(em(self, 0.35))
        for choice in (self.model, self.variant, self.images, self.classes, self.order):
            line.addWidget(choice)
        line.addStretch(1)
        line.addWidget(self.view)
        for name in ("reset", "present"):
            line.addWidget(action_button(actions.action(f"alignment.{name}")))
        line.addWidget(self._export_button(actions))
        return line

    def _export_button(self, actions: ActionRegistry) -> QToolButton:
        made = icon_button("export", self.tr("Copy or export"))
        menu = QMenu(made)
        for name in ("copy", "png", "svg", "csv"):
            menu.addAction(actions.action(f"alignment.{name}"))
        made.setMenu(menu)
        made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return made

    def set_texts(self, headline: str, notes: str) -> None:
        """Says what one sees."""
        if self.headline.text() != headline:
            self.headline.setText(headline)
        self.headline.setVisible(bool(headline))
        self.notes.setText(notes)
        self.notes.setVisible(bool(notes))
