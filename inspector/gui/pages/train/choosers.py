"""Choosing the method and the backbone: a sentence on each, and whether it can be used here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, label, row
from inspector.jobs.backbones import KNOWN_BACKBONES, PYRAMID, TRANSFORMER


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose."""

    value: str
    title: str
    sentence: str


class OptionCard(QFrame):
    """A radio button with a sentence and a note; a click anywhere chooses it.

    Args:
        option: What it stands for.
        beside: Whether the note, then short, stands beside the title rather than below.
    """

    def __init__(self, option: Option, *, beside: bool = False) -> None:
        super().__init__()
        self.option = option
        self.setProperty("role", "card")
        self.radio = QRadioButton(option.title)
        self.radio.setAccessibleDescription(option.sentence)
        font = self.radio.font()
        font.setBold(True)
        self.radio.setFont(font)
        self._icon = IconLabel("info", "muted", 0.95)
        self._note = label("", "muted", wrap=not beside)
        self.note_row = row(self._icon, self._note, spacing=0.3)
        self.note_row.hide()
        layout = QVBoxLayout(self)
        gap = em(self, 0.5)
        layout.setContentsMargins(gap, round(0.7 * gap), gap, round(0.7 * gap))
        layout.setSpacing(em(self, 0.15))
        self.sentence = label(option.sentence, "muted", wrap=True)
        if beside:
            layout.addWidget(row(self.radio, None, self.note_row))
            layout.addWidget(self.sentence)
        else:
            inner = self.note_row.layout()
            assert inner is not None
            inner.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop)
            for widget in (self.radio, self.sentence, self.note_row):
                layout.addWidget(widget)

    def set_note(self, text: str, tip: str = "", icon: str = "info", colour: str = "muted") -> None:
        """What it needs, or why it cannot be used; empty for nothing."""
        self.note_row.setToolTip(tip)
        self._note.setText(text)
        self._icon.set_icon(icon, colour)
        self.note_row.setVisible(bool(text))

    @property
    def note(self) -> str:
        """The note as it stands there."""
        return self._note.text()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.radio.click()
            self.radio.setFocus()


class Chooser(QWidget):
    """Cards one below the other, of which one is chosen."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[Option], name: str, *, beside: bool = False) -> None:
        super().__init__()
        self._beside = beside
        self.setAccessibleName(name)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(em(self, 0.35))
        self._group = QButtonGroup(self)
        self.cards: dict[str, OptionCard] = {}
        for option in options:
            self.add(option)

    def add(self, option: Option) -> OptionCard:
        """One more thing to choose."""
        made = OptionCard(option, beside=self._beside)
        made.radio.clicked.connect(lambda _=False: self.chosen.emit(option.value))
        self._group.addButton(made.radio)
        self.cards[option.value] = made
        self._layout.addWidget(made)
        return made

    @property
    def value(self) -> str:
        """The chosen value."""
        return next((v for v, made in self.cards.items() if made.radio.isChecked()), "")

    def set_value(self, value: str) -> None:
        """Chooses without telling anybody."""
        if value in self.cards:
            self.cards[value].radio.setChecked(True)


_OTHER = "other"


class BackboneChooser(Chooser):
    """The known backbones, and a line for any other timm name."""

    def __init__(self) -> None:
        known = [Option(b.name, b.title, b.sentence) for b in KNOWN_BACKBONES]
        super().__init__([], "", beside=True)
        self.setAccessibleName(self.tr("Backbone"))
        other = Option(_OTHER, self.tr("Another"), "")
        for option in (*known, other):
            self.add(option)
        self.other_name = QLineEdit()
        self.other_name.setAccessibleName(self.tr("timm name of another backbone"))
        self.other_name.textEdited.connect(self._on_other)
        inner = self.cards[_OTHER].layout()
        assert inner is not None
        inner.addWidget(self.other_name)
        self.other_name.hide()
        self.offer((PYRAMID,))
        self.chosen.connect(self._on_card)

    @property
    def name(self) -> str:
        """timm name of the chosen backbone; empty while another one is still to be typed."""
        return self.other_name.text().strip() if self.value == _OTHER else self.value

    def set_name(self, name: str) -> None:
        """Chooses a backbone by its timm name."""
        if name in self.cards and name != _OTHER:
            self.set_value(name)
        else:
            self.other_name.setText(name)
            self.set_value(_OTHER)
        self.other_name.setVisible(self.value == _OTHER)

    def offer(self, kinds: Collection[str]) -> None:
        """Shows only backbones of these kinds: those that the method takes."""
        for known in KNOWN_BACKBONES:
            self.cards[known.name].setVisible(known.kind in kinds)
        said = self.tr("Any timm model with a pyramid.")
        if TRANSFORMER in kinds:
            said = self.tr("Any timm vision transformer.")
            if PYRAMID in kinds:
                said = self.tr("Any timm model with a pyramid, or a vision transformer.")
        self.cards[_OTHER].sentence.setText(said)
        self.cards[_OTHER].radio.setAccessibleDescription(said)
        self.other_name.setPlaceholderText(
            "resnet34.tv_in1k" if PYRAMID in kinds else "vit_small_patch16_224.dino"
        )

    def show_origins(self, origins: dict[str, str | None]) -> None:
        """Says of each backbone whether its weights are at hand."""
        for known in KNOWN_BACKBONES:
            if known.name in origins:
                self.cards[known.name].set_note(*self._note(origins[known.name], known.megabytes))
        name = self.other_name.text().strip()
        if name in origins:
            self.cards[_OTHER].set_note(*self._note(origins[name], 0))

    def _note(self, origin: str | None, megabytes: int) -> tuple[str, str, str, str]:
        if origin is not None:
            return self.tr("At hand"), self.tr("The weights are on this machine."), "check", "ok"
        said = self.tr("The weights are not on this machine; the training fetches them.")
        if megabytes:
            said = self.tr(
                "The weights are not on this machine; the training fetches them ({size} MB)."
            ).format(size=megabytes)
        return self.tr("Not here"), said, "warning", "unsure"

    def _on_card(self, value: str) -> None:
        self.other_name.setVisible(value == _OTHER)
        if value == _OTHER:
            self.other_name.setFocus()

    def _on_other(self) -> None:
        self.cards[_OTHER].set_note("")
        self.chosen.emit(_OTHER)
