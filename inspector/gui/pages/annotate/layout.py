"""The parts of the page and where they lie; no behaviour."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.actions import ActionRegistry
from inspector.gui.canvas.tools.paint_view import PaintView
from inspector.gui.pages.annotate.options_bar import OptionsBar
from inspector.gui.pages.annotate.queue_bar import QueueBar
from inspector.gui.pages.annotate.types_panel import TypesPanel
from inspector.gui.pages.annotate.words import SHAPES, AnnotateWords
from inspector.gui.pages.review.filmstrip import Filmstrip
from inspector.gui.pages.review.layout import SideArea
from inspector.gui.theme import em
from inspector.gui.widgets.basics import EmptyState, action_button, card, column, label, line


class AnnotateParts:
    """Makes the widgets and lays them out on a page."""

    def __init__(
        self, page: QWidget, actions: ActionRegistry, words: AnnotateWords, strip: Filmstrip
    ) -> None:
        self.bar = QueueBar(actions)
        self.view = PaintView()
        self.options = OptionsBar(words)
        self.types = TypesPanel(words)
        self.painted = PaintedCard()
        self.title = label("", "headline")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.about = label("", "muted")
        self.filmstrip = strip
        self.stack = QStackedWidget()
        self.work = QWidget()
        self.stack.addWidget(self.work)
        self._empty: EmptyState | None = None
        self._lay_out_work(actions)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.modes = QStackedWidget()
        self.modes.addWidget(column(self.bar, self.stack, spacing=0))
        layout.addWidget(self.modes)

    def show_work(self) -> None:
        """Shows images."""
        self.stack.setCurrentWidget(self.work)

    def show_empty(self, empty: EmptyState) -> None:
        """Shows why there is nothing to paint on."""
        before, self._empty = self._empty, empty
        self.stack.addWidget(empty)
        self.stack.setCurrentWidget(empty)
        if before is not None:
            self.stack.removeWidget(before)
            before.deleteLater()

    @property
    def empty(self) -> EmptyState | None:
        """What is shown instead of images; None while they are shown."""
        return self._empty if self.stack.currentWidget() is not self.work else None

    def add_to_side(self, widget: QWidget, place: int = -1) -> None:
        """Puts a card at a place among the others at the side, by default below them."""
        layout = self._side.layout()
        assert isinstance(layout, QVBoxLayout)  # that is what `column` makes
        layout.insertWidget(layout.count() - 1 if place < 0 else place, card(widget, margin=0.6))

    def _lay_out_work(self, actions: ActionRegistry) -> None:
        gap = em(self.work, 0.5)
        head = QHBoxLayout()
        head.setSpacing(gap)
        head.addWidget(self.title, 1)
        head.addWidget(self.about)
        middle = QVBoxLayout()
        middle.setSpacing(gap // 2)
        middle.addLayout(head)
        middle.addWidget(self.options)
        middle.addWidget(self.view, 1)
        self._side = column(card(self.types, margin=0.6), card(self.painted, margin=0.6), None)
        side = SideArea(self._side)
        upper = QHBoxLayout()
        upper.setSpacing(gap)
        upper.addWidget(_palette(actions))
        upper.addLayout(middle, 1)
        upper.addWidget(side)
        layout = QVBoxLayout(self.work)
        layout.setContentsMargins(gap, gap, gap, gap // 2)
        layout.setSpacing(gap)
        layout.addLayout(upper, 1)
        layout.addWidget(self.filmstrip)


class PaintedCard(QWidget):
    """What is painted with the chosen type, and how strongly the masks are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.name = label("", "section")
        self.area, self.regions = label("–"), label("–")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(60)
        self.opacity.setMinimumSize(em(self, 5), em(self, 1.2))
        for widget, text in (
            (self.area, self.tr("Painted area")),
            (self.regions, self.tr("Regions that hang together")),
            (self.opacity, self.tr("Opacity of what is painted; outlines stay")),
        ):
            widget.setAccessibleName(text)
            widget.setToolTip(text)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(em(self, 0.6))
        grid.setVerticalSpacing(em(self, 0.2))
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.name, 0, 0, 1, 2)
        rows: list[tuple[str, QLabel | QSlider]] = [
            (self.tr("Area"), self.area),
            (self.tr("Regions"), self.regions),
            (self.tr("Opacity"), self.opacity),
        ]
        for place, (text, widget) in enumerate(rows, 1):
            grid.addWidget(label(text, "muted"), place, 0)
            grid.addWidget(widget, place, 1)


def _palette(actions: ActionRegistry) -> QWidget:
    """The tools, two beside each other; a line between groups."""
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(em(made, 0.2))
    groups = (
        SHAPES,
        ("snap", "invert", "clear"),
        ("undo", "redo"),
        ("masks", "heat", "truth"),
        ("fit", "one_to_one"),
    )
    at = 0
    for number, names in enumerate(groups):
        if number:
            grid.addWidget(line(), at, 0, 1, 2)
            at += 1
        for place, name in enumerate(names):
            tool = action_button(actions.action(f"annotate.{name}"))
            grid.addWidget(tool, at + place // 2, place % 2)
        at += (len(names) + 1) // 2
    grid.setRowStretch(at, 1)
    return made
