"""The Train page: on the left what to train, on the right what runs and what ran."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from inspector.gui.actions import ActionRegistry
from inspector.gui.jobs.requests import TrainRequest
from inspector.gui.pages.page import Page
from inspector.gui.pages.train.history_view import HistoryView
from inspector.gui.pages.train.now_view import NowView
from inspector.gui.pages.train.setup_panel import SetupPanel
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.widgets.basics import Segments, row

NOW, HISTORY = "now", "history"


class TrainPage(Page):
    """Puts the panels together."""

    def __init__(self, session: Session, actions: ActionRegistry) -> None:
        super().__init__(session, actions)
        self.setup = SetupPanel(session)
        self.setup.wanted.connect(self._on_wanted)
        self.setup.import_wanted.connect(lambda: actions.action("file.import").trigger())
        self.now = NowView(session)
        self.history = HistoryView(session)
        self.views = Segments(
            [(NOW, self.tr("Now")), (HISTORY, self.tr("History"))], self.tr("What to show")
        )
        self.views.chosen.connect(self.show_view)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.now)
        self._stack.addWidget(self.history)
        right = QVBoxLayout()
        right.setSpacing(em(self, 0.6))
        right.addWidget(row(self.views, None))
        right.addWidget(self._stack, 1)
        layout = QHBoxLayout(self)
        gap = em(self, 0.7)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 1.0))
        self.setup.setFixedWidth(em(self, 19.2))
        layout.addWidget(self.setup)
        layout.addLayout(right, 1)
        actions.bind("train.start", self.setup.ask)

    def activate(self) -> None:
        """Weights may have been put in place meanwhile."""
        self.setup.find_weights()
        self.now.refresh()

    def main_focus(self) -> QWidget:
        return self.setup.start if self.setup.start.isEnabled() else self.setup.methods

    def show_view(self, view: str) -> None:
        """Shows what runs now, or the history."""
        self.views.set_value(view)
        self._stack.setCurrentWidget(self.history if view == HISTORY else self.now)

    def _on_wanted(self, request: TrainRequest) -> None:
        self.session.jobs.add(request)
        self.show_view(NOW)
