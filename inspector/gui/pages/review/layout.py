"""The parts of the page and where they lie; no behaviour."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.review.canvas_panel import CanvasPanel
from inspector.gui.pages.review.facts_panel import FactsPanel
from inspector.gui.pages.review.filmstrip import Filmstrip
from inspector.gui.pages.review.queue_bar import QueueBar
from inspector.gui.pages.review.thresholds_card import ThresholdsCard
from inspector.gui.pages.review.verdict_bar import VerdictBar
from inspector.gui.pages.review.words import ReviewWords
from inspector.gui.scale import Scale
from inspector.gui.theme import em
from inspector.gui.widgets.basics import EmptyState, IconLabel, card, column, label, row


class ReviewParts:
    """Makes the widgets and lays them out on a page."""

    def __init__(
        self, page: QWidget, actions: ActionRegistry, words: ReviewWords, strip: Filmstrip, s: Scale
    ) -> None:
        self.bar = QueueBar(words)
        self.canvas = CanvasPanel(actions)
        self.verdicts = VerdictBar(actions, words)
        self.facts = FactsPanel()
        self.thresholds = ThresholdsCard(s)
        self.left = label("", "headline")
        self.place = label("", "muted")
        self.pace = label("", "muted", wrap=True)
        self.operator = QLineEdit()
        self.operator.setAccessibleName(words.operator)
        self.operator.setToolTip(words.operator)
        self.filmstrip = strip
        self.stack = QStackedWidget()
        self.work = QWidget()
        self.stack.addWidget(self.work)
        self._empty: EmptyState | None = None
        self._lay_out_work()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.stack, 1)

    def show_work(self) -> None:
        """Shows images."""
        self.stack.setCurrentWidget(self.work)

    def show_empty(self, empty: EmptyState) -> None:
        """Shows why there is nothing to do."""
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

    def _lay_out_work(self) -> None:
        gap = em(self.work, 0.5)
        middle = QVBoxLayout()
        middle.setSpacing(gap)
        middle.addWidget(self.canvas, 1)
        middle.addWidget(self.verdicts)
        side = column(
            card(
                row(self.left, None, self.place),
                self.pace,
                row(IconLabel("user", "muted", 1.0), self.operator),
                spacing=0.25,
                margin=0.6,
            ),
            self.facts,
            card(self.thresholds, margin=0.6),
            None,
        )
        area = SideArea(side)
        self.side = area
        upper = QHBoxLayout()
        upper.setSpacing(gap)
        upper.addLayout(middle, 1)
        upper.addWidget(area)
        layout = QVBoxLayout(self.work)
        layout.setContentsMargins(gap, gap, gap, gap // 2)
        layout.setSpacing(gap)
        layout.addLayout(upper, 1)
        layout.addWidget(self.filmstrip)


class SideArea(QScrollArea):
    """A column as wide as what it holds; it scrolls only up and down."""

    def __init__(self, column: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setWidget(column)
        column.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return bool(super().eventFilter(watched, event))

    def sizeHint(self) -> QSize:
        widget = self.widget()
        inner = widget.minimumSizeHint().width() if widget is not None else 0
        bar = self.verticalScrollBar().sizeHint().width()
        return QSize(max(inner + bar, em(self, 16)), em(self, 20))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width(), em(self, 8))
