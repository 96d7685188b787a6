"""The parts of the bank view and where they lie; no behaviour. Imports pyqtgraph."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.actions import ActionRegistry, title_of
from inspector.gui.pages.annotate.bank.facts import PaintedMask, Patch
from inspector.gui.pages.annotate.bank.map_plot import BankMap
from inspector.gui.pages.annotate.bank.map_style import LOOKS
from inspector.gui.pages.annotate.bank.mask_list import MaskList
from inspector.gui.pages.annotate.bank.notes import CoverageList, Warnings
from inspector.gui.pages.annotate.bank.patch_card import PatchCard
from inspector.gui.pages.annotate.bank.patch_tiles import PatchTiles
from inspector.gui.pages.annotate.bank.pictures import PatchPictures
from inspector.gui.pages.annotate.bank.switch import mode_switch
from inspector.gui.pages.annotate.bank.words import BankWords
from inspector.gui.plots.point_style import PointLegend
from inspector.gui.theme import em
from inspector.gui.widgets.basics import (
    EmptyState,
    IconLabel,
    Segments,
    action_button,
    button,
    column,
    icon_button,
    label,
    row,
)


class BankView(QWidget):
    """Masks and their patches on the left, the map and what is chosen in it on the right."""

    def __init__(self, actions: ActionRegistry, words: BankWords, pictures: PatchPictures) -> None:
        super().__init__()
        self._actions = actions
        self.switch = mode_switch(actions)
        self.switch.set_value("bank")
        self.title, self.summary = label("", "headline"), label("", "muted")
        self.undo = action_button(actions.action("annotate.undo_bank"))
        self.untaught = Notice("info", "muted", self.tr("Go to Train"))
        self.stale = Notice("warning", "unsure", self.tr("Score again"))
        self.masks = MaskList(words, _mask_picture(pictures))
        self.tiles = PatchTiles(words, _patch_picture(pictures))
        self.about_tiles = label("", "section", wrap=True)
        self.mute = self._button("annotate.mute", self.tr("Mute"))
        self.remove = self._button("annotate.remove", self.tr("Remove mask"))
        self.go = self._button("annotate.go_to_mask", self.tr("Go to the mask"))
        self.method = Segments(
            [("pca", self.tr("PCA")), ("tsne", self.tr("t-SNE"))], self.tr("Kind of map")
        )
        self.method.button_of("pca").setToolTip(self.tr("Keeps large distances: at once"))
        self.method.button_of("tsne").setToolTip(
            self.tr("Keeps neighbours together: takes seconds; far apart means little")
        )
        self.fit = icon_button("fit", self.tr("Show the whole map"))
        self.legend, self.map = PointLegend(LOOKS), BankMap()
        self.card = PatchCard(
            lambda place, side: pictures.get(*place, side, large=True),
            self.tr("Click a point of the map or a patch to see what it is."),
        )
        self.warnings, self.coverage = Warnings(words), CoverageList(words)
        self.tabs = QTabWidget()
        self.stack = QStackedWidget()
        self._empty: EmptyState | None = None
        self._lay_out()

    def show_empty(self, empty: EmptyState) -> None:
        """Shows why there is nothing to see."""
        before, self._empty = self._empty, empty
        self.stack.addWidget(empty)
        self.stack.setCurrentWidget(empty)
        if before is not None:
            self.stack.removeWidget(before)
            before.deleteLater()

    def show_body(self) -> None:
        """Shows the bank."""
        self.stack.setCurrentIndex(0)

    @property
    def empty(self) -> EmptyState | None:
        """What is shown instead of the bank; None while that is shown."""
        return self._empty if self.stack.currentIndex() else None

    def _button(self, action_id: str, text: str) -> QPushButton:
        action = self._actions.action(action_id)
        made = button(text, icon_name=self._actions.specs[action_id].icon)
        self.explain(made, action_id, title_of(self._actions.specs[action_id]))
        made.clicked.connect(lambda checked=False: action.trigger())
        return made

    def explain(self, made: QPushButton, action_id: str, text: str) -> None:
        """What a button does, with its key."""
        made.setToolTip(f"{text} ({self._actions.shown_keys(action_id)})")

    def _lay_out(self) -> None:
        gap = em(self, 0.5)
        bar = QFrame()
        bar.setProperty("role", "bar")
        head = QHBoxLayout(bar)
        head.setContentsMargins(gap, gap // 2, gap, gap // 2)
        head.setSpacing(gap)
        for widget in (self.switch, self.title, self.summary):
            head.addWidget(widget)
        head.addStretch(1)
        head.addWidget(self.undo)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self._left())
        split.addWidget(self._right())
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        body = column(self.untaught, self.stale, split, spacing=0.4, margin=0.5)
        self.stack.addWidget(body)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self.stack, 1)

    def _left(self) -> QWidget:
        buttons = row(self.mute, self.remove, self.go, None, spacing=0.3)
        made = column(self.masks, self.about_tiles, self.tiles, buttons, spacing=0.35)
        layout = made.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.setStretch(0, 3)
        layout.setStretch(2, 2)
        return made

    def _right(self) -> QWidget:
        head = row(self.legend, self.method, self.fit, spacing=0.4)
        card = QScrollArea()
        card.setWidgetResizable(True)
        card.setFrameShape(QFrame.Shape.NoFrame)
        card.setWidget(self.card)
        self.tabs.addTab(card, self.tr("Patch"))
        self.tabs.addTab(self.warnings, self.tr("Warnings"))
        self.tabs.addTab(self.coverage, self.tr("Coverage"))
        made = column(head, self.map, self.tabs, spacing=0.35)
        layout = made.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.setStretch(1, 3)
        layout.setStretch(2, 2)
        return made


class Notice(QFrame):
    """A sentence over the bank, and what can be done about it."""

    def __init__(self, icon_name: str, colour: str, text: str) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.text = label("", wrap=True)
        self.button = button(text)
        layout = QHBoxLayout(self)
        gap = em(self, 0.4)
        layout.setContentsMargins(2 * gap, gap, gap, gap)
        layout.setSpacing(2 * gap)
        layout.addWidget(IconLabel(icon_name, colour))
        layout.addWidget(self.text, 1)
        layout.addWidget(self.button)
        self.hide()

    def say(self, text: str) -> None:
        """Shows a sentence; nothing hides it."""
        self.text.setText(text)
        self.setVisible(bool(text))


def _mask_picture(pictures: PatchPictures) -> Callable[[PaintedMask, int], QPixmap | None]:
    """A mask is shown by its middle patch."""

    def picture(mask: PaintedMask, side: int) -> QPixmap | None:
        return _patch_picture(pictures)(mask.patches[len(mask.patches) // 2], side)

    return picture


def _patch_picture(pictures: PatchPictures) -> Callable[[Patch, int], QPixmap | None]:
    def picture(patch: Patch, side: int) -> QPixmap | None:
        _, grid_row, grid_column = patch.place
        return pictures.get(patch.image_id, grid_row, grid_column, side)

    return picture
