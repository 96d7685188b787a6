"""The defect types: which one is painted with, how each looks, and which are shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.icons import icon
from inspector.gui.pages.annotate.swatch import swatch
from inspector.gui.pages.annotate.words import AnnotateWords
from inspector.gui.theme import em
from inspector.gui.widgets.basics import icon_button, label, row
from inspector.project.defect_types import COLOURS, PATTERNS, DefectType


class TypesPanel(QWidget):
    """One row for each type; the line below adds another, or gives one another name."""

    chosen = Signal(int)
    added = Signal(str)
    renamed = Signal(int, str)
    recoloured = Signal(int, str)
    patterned = Signal(int, str)
    removed = Signal(int)
    visibility_changed = Signal(int, bool)
    left = Signal()  # the keyboard is not needed here any more

    def __init__(self, words: AnnotateWords) -> None:
        super().__init__()
        self._words = words
        self._types: tuple[DefectType, ...] = ()
        self._renaming: int | None = None
        self.hidden: set[int] = set()
        self.rows: dict[int, TypeRow] = {}
        self.none = label(self.tr("None yet. The first stroke makes one."), "muted", wrap=True)
        self.name = _NameEdit()
        self.name.returnPressed.connect(self._name_written)
        self.name.left.connect(self._end_naming)
        self.add = icon_button("plus", self.tr("Add"))
        self.add.clicked.connect(self._name_written)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(em(self, 0.15))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.35))
        layout.addWidget(label(self.tr("Defect types"), "section"))
        layout.addWidget(self.none)
        layout.addLayout(self._list)
        layout.addWidget(row(self.name, self.add, spacing=0.25))
        self._show_naming()

    def show_types(self, types: Sequence[DefectType], active: int | None) -> None:
        """Shows other types, or another one chosen."""
        if tuple(types) != self._types:
            self._types = tuple(types)
            self.hidden &= {one.type_id for one in types}
            for old in self.rows.values():
                self._list.removeWidget(old)
                old.hide()
                old.deleteLater()
            self.rows = {one.type_id: self._row(place, one) for place, one in enumerate(types, 1)}
            for made in self.rows.values():
                self._list.addWidget(made)
        self.none.setVisible(not types)
        for type_id, shown in self.rows.items():
            shown.choose.setChecked(type_id == active)

    def begin_adding(self) -> None:
        """The keyboard goes to the name of a new type."""
        self._renaming = None
        self._show_naming()
        self.name.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def begin_renaming(self, type_id: int) -> None:
        """The keyboard goes to the name of a type."""
        self._renaming = type_id
        self._show_naming()
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def _row(self, place: int, one: DefectType) -> TypeRow:
        made = TypeRow(place, one, self._words)
        type_id = one.type_id
        made.choose.clicked.connect(lambda: self._choose(type_id))
        made.visible.clicked.connect(lambda: self._set_visible(type_id, type_id in self.hidden))
        made.show_visible(type_id not in self.hidden)
        made.rename.triggered.connect(lambda: self.begin_renaming(type_id))
        made.remove.triggered.connect(lambda: self.removed.emit(type_id))
        made.colour_wanted.connect(lambda colour: self.recoloured.emit(type_id, colour))
        made.pattern_wanted.connect(lambda pattern: self.patterned.emit(type_id, pattern))
        return made

    def _choose(self, type_id: int) -> None:
        self.rows[type_id].choose.setChecked(True)  # a click on the chosen one leaves it chosen
        self.chosen.emit(type_id)

    def _set_visible(self, type_id: int, visible: bool) -> None:
        (self.hidden.discard if visible else self.hidden.add)(type_id)
        self.rows[type_id].show_visible(visible)
        self.visibility_changed.emit(type_id, visible)

    def _name_written(self) -> None:
        name = self.name.text().strip()
        if not name:
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        renamed = self._renaming
        self._end_naming()
        if renamed is None:
            self.added.emit(name)
        else:
            self.renamed.emit(renamed, name)

    def _end_naming(self) -> None:
        self._renaming = None
        self._show_naming()
        self.left.emit()

    def _show_naming(self) -> None:
        known = next((one for one in self._types if one.type_id == self._renaming), None)
        text = self.tr("New defect type") if known is None else self.tr("New name")
        self.name.setPlaceholderText(text)
        self.name.setAccessibleName(text)
        self.name.setText(known.name if known is not None else "")
        self.name.selectAll()
        what = self.tr("Add this type (Enter)") if known is None else self.tr("Rename (Enter)")
        self.add.setIcon(icon("plus" if known is None else "check"))
        self.add.setToolTip(what)
        self.add.setAccessibleName(what)


class TypeRow(QWidget):
    """One type: its key, how it looks, its name, whether it is shown, and what can be changed."""

    colour_wanted = Signal(str)
    pattern_wanted = Signal(str)

    def __init__(self, place: int, one: DefectType, words: AnnotateWords) -> None:
        super().__init__()
        self._one, self._words = one, words
        self.key = label(str(place) if place <= 9 else " ", "key" if place <= 9 else "")
        self.key.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose = QToolButton()
        self.choose.setCheckable(True)
        self.choose.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.choose.setProperty("kind", "plain")
        self.choose.setText(one.name)
        self.choose.setToolTip(self.tr("Paint with {name}").format(name=one.name))
        self.choose.setAccessibleName(self.tr("Paint with {name}").format(name=one.name))
        self.choose.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.visible = icon_button("eye", "")
        self.more = icon_button("more", self.tr("Change {name}").format(name=one.name))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        self.rename = menu.addAction(icon("rename"), self.tr("Rename…"))
        self.colours = menu.addMenu(self.tr("Colour"))
        self.patterns = menu.addMenu(self.tr("Pattern"))
        self.remove = menu.addAction(icon("trash"), self.tr("Remove"))
        self.more.setMenu(menu)
        self._fill_menus()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.15))
        layout.addWidget(self.key)
        layout.addWidget(self.choose, 1)
        layout.addWidget(self.visible)
        layout.addWidget(self.more)
        self._fit()

    def show_visible(self, shown: bool) -> None:
        """Shows whether the type is shown."""
        name = self._one.name
        text = self.tr("Hide {name}") if shown else self.tr("Show {name}")
        self.visible.setIcon(icon("eye" if shown else "eye-off"))
        self.visible.setToolTip(text.format(name=name))
        self.visible.setAccessibleName(text.format(name=name))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        side, ratio = em(self, 1.35), self.devicePixelRatioF()
        self.choose.setIconSize(QSize(side, side))
        self.choose.setIcon(swatch(self._one.colour, self._one.pattern, side, ratio))

    def _fill_menus(self) -> None:
        side, one = em(self, 1.2), self._one
        for colour in COLOURS:
            picture = swatch(colour, one.pattern, side)
            made = self.colours.addAction(picture, self._words.colours.get(colour, colour))
            made.triggered.connect(lambda checked=False, c=colour: self.colour_wanted.emit(c))
        for pattern in PATTERNS:
            picture = swatch(one.colour, pattern, side)
            made = self.patterns.addAction(picture, self._words.patterns.get(pattern, pattern))
            made.triggered.connect(lambda checked=False, p=pattern: self.pattern_wanted.emit(p))


class _NameEdit(QLineEdit):
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)
