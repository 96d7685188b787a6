"""All notices since the window was opened, the newest first."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.notify import Notice, Notices
from inspector.gui.shell.scrolling import scrolled
from inspector.gui.shell.toasts import LOOKS
from inspector.gui.shell.words import moment
from inspector.gui.theme import em
from inspector.gui.widgets.basics import EmptyState, IconLabel, button, label, line

_SHOWN = 200


class NoticesList(QDialog):
    """The history of notices; their buttons still work."""

    def __init__(self, window: QWidget, notices: Notices) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Notices"))
        layout = QVBoxLayout(self)
        gap = em(self, 1)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(gap)
        history = notices.history[-_SHOWN:][::-1]
        if history:
            layout.addWidget(scrolled(self._rows(history)), 1)
        else:
            text = self.tr("What happens while you work is listed here.")
            layout.addWidget(EmptyState("bell", self.tr("No notices yet"), text), 1)
        close = button(self.tr("Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        layout.addLayout(foot)
        self.resize(em(self, 36), em(self, 26))
        close.setFocus()

    def _rows(self, history: list[Notice]) -> QWidget:
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(0, 0, em(self, 0.5), 0)
        layout.setSpacing(em(self, 0.5))
        for place, notice in enumerate(history):
            if place:
                layout.addWidget(line())
            layout.addWidget(self._row(notice))
        layout.addStretch(1)
        return made

    def _row(self, notice: Notice) -> QWidget:
        made = QFrame()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(em(self, 0.6))
        icon_name, colour = LOOKS[notice.level]
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(IconLabel(icon_name, colour, 1.1), 0, 0, top)
        grid.addWidget(label(notice.text, wrap=True, selectable=True), 0, 1)
        grid.addWidget(label(moment(notice.time, datetime.now()), "muted"), 0, 2, top)
        if notice.hint:
            grid.addWidget(label(notice.hint, "muted", wrap=True, selectable=True), 1, 1)
        if notice.actions:
            buttons = QHBoxLayout()
            for action in notice.actions:
                pressed = button(action.text)
                pressed.clicked.connect(self.accept)
                pressed.clicked.connect(lambda checked=False, run=action.run: run())
                buttons.addWidget(pressed)
            buttons.addStretch(1)
            grid.addLayout(buttons, 2, 1)
        grid.setColumnStretch(1, 1)
        return made
