"""Below the image: the verdicts with their keys, kind of defect, note, undo, and who works."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QToolButton

from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.review.words import ReviewWords
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, action_button, button, label
from inspector.project.verdicts import Verdict


class VerdictBar(QFrame):
    """Big buttons; everything on them has a key, which is written on it."""

    note_written = Signal(str)
    operator_written = Signal(str)
    left = Signal()  # the keyboard belongs to the image again

    def __init__(self, actions: ActionRegistry, words: ReviewWords) -> None:
        super().__init__()
        self._words = words
        self.setProperty("role", "card")
        self.buttons = {
            verdict: self._verdict_button(actions, verdict)
            for verdict in (Verdict.OK, Verdict.NG, Verdict.UNSURE)
        }
        self.kind = button("", icon_name="target")
        self.kind.clicked.connect(actions.action("review.kind").trigger)
        self.note = QLineEdit()
        self.note.setPlaceholderText(self.tr("Note (M)"))
        self.note.setAccessibleName(self.tr("Note"))
        self.operator = QLineEdit()
        self.operator.setAccessibleName(self.tr("Your name, written beside every verdict"))
        self.operator.setToolTip(self.tr("Your name, written beside every verdict"))
        self.problem = label("", "error", wrap=True)
        self.problem.hide()
        layout = QHBoxLayout(self)
        gap = em(self, 0.4)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.35))
        for made in self.buttons.values():
            layout.addWidget(made)
        layout.addWidget(self.kind)
        layout.addWidget(self.note, 2)
        layout.addWidget(self.problem, 3)
        for name in ("undo", "redo"):
            layout.addWidget(action_button(actions.action(f"review.{name}")))
        layout.addWidget(IconLabel("user", "muted", 1.0))
        layout.addWidget(self.operator, 1)
        self.operator.setMaximumWidth(em(self, 8))
        for field in (self.note, self.operator):
            field.installEventFilter(self)
            field.returnPressed.connect(self.left)
        self.note.editingFinished.connect(lambda: self.note_written.emit(self.note.text()))
        self.operator.editingFinished.connect(
            lambda: self.operator_written.emit(self.operator.text())
        )
        self.show_said(None, "", "")

    def show_said(self, verdict: Verdict | None, kind: str, note: str) -> None:
        """What holds for the image: the verdict that it has, the kind and the note."""
        for one, made in self.buttons.items():
            made.setProperty("chosen", one is verdict)
            made.setChecked(one is verdict)
        shown = self.fontMetrics().elidedText(kind, Qt.TextElideMode.ElideRight, em(self, 7))
        self.kind.setText(f"{shown or self.tr('Kind')} (D)")
        self.kind.setToolTip(kind or self.tr("Choose the kind of defect (D)"))
        if not self.note.hasFocus():
            self.note.setText(note)
            self.note.setCursorPosition(0)
        self.show_problem("")

    def show_problem(self, text: str) -> None:
        """Why a verdict could not be written; empty when it could."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        self.note.setVisible(not text)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc leaves a field without the shortcut of the window."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Escape
        ):
            self.left.emit()
            return True
        return False

    def _verdict_button(self, actions: ActionRegistry, verdict: Verdict) -> QToolButton:
        mark = self._words.verdicts[verdict]
        action: QAction = actions.action(f"review.{verdict}")
        keys = actions.shown_keys(f"review.{verdict}")
        made = QToolButton()
        made.setIcon(action.icon())
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        made.setText(f"{mark.word}  ({keys})" if keys else mark.word)
        made.setToolTip(action.toolTip())
        made.setAccessibleName(mark.word)
        made.setCheckable(True)
        side = em(self, 1.2)
        made.setIconSize(QSize(side, side))
        made.setMinimumWidth(em(self, 5.2))
        made.setMinimumHeight(em(self, 2.2))
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(action.trigger)
        return made
