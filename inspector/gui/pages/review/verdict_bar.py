"""Below the image: the verdicts with their keys, the kind of defect, and a note."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QToolButton

from inspector.gui.actions import ActionRegistry
from inspector.gui.pages.review.words import Mark, ReviewWords
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, label
from inspector.project.verdicts import Verdict


class VerdictBar(QFrame):
    """Big buttons; everything on them has a key, which is written on it."""

    note_written = Signal(str)
    left = Signal()  # the keyboard belongs to the image again

    def __init__(self, actions: ActionRegistry, words: ReviewWords) -> None:
        super().__init__()
        self._words = words
        self.setProperty("role", "card")
        self.buttons = {
            verdict: self._verdict_button(actions, verdict)
            for verdict in (Verdict.OK, Verdict.NG, Verdict.UNSURE)
        }
        kind_keys = actions.shown_keys("review.kind")
        self.kind = KeyButton(Mark(self.tr("Kind"), "target", "muted"), kind_keys)
        self.kind.clicked.connect(actions.action("review.kind").trigger)
        self.note = QLineEdit()
        self.note.setPlaceholderText(self.tr("Note (M)"))
        self.note.setAccessibleName(self.tr("Note"))
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
        self.note.installEventFilter(self)
        self.note.returnPressed.connect(self.left)
        self.note.editingFinished.connect(lambda: self.note_written.emit(self.note.text()))
        self.show_said(None, "", "")

    def show_said(self, verdict: Verdict | None, kind: str, note: str) -> None:
        """What holds for the image: the verdict that it has, the kind and the note."""
        for one, made in self.buttons.items():
            made.setChecked(one is verdict)
        elide = Qt.TextElideMode.ElideRight
        shown = self.fontMetrics().elidedText(kind, elide, em(self, 5))
        self.kind.word.setText(shown or self.tr("Kind"))
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

    def _verdict_button(self, actions: ActionRegistry, verdict: Verdict) -> KeyButton:
        action = actions.action(f"review.{verdict}")
        made = KeyButton(self._words.verdicts[verdict], actions.shown_keys(f"review.{verdict}"))
        made.setCheckable(True)
        made.setToolTip(action.toolTip())
        made.clicked.connect(action.trigger)
        return made


class KeyButton(QToolButton):
    """Icon, word and key. A checkable one stays pressed in while what it says holds."""

    def __init__(self, mark: Mark, keys: str) -> None:
        super().__init__()
        self.setAccessibleName(mark.word)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.word = label(mark.word, "headline")
        cap = label(keys)
        cap.setProperty("role", "key")
        cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
        cap.setMinimumWidth(em(cap, 1.3))
        layout = QHBoxLayout(self)
        layout.setSpacing(em(self, 0.35))
        layout.setContentsMargins(em(self, 0.5), em(self, 0.3), em(self, 0.45), em(self, 0.3))
        for widget in (IconLabel(mark.icon, mark.colour, 1.25), self.word, cap):
            widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            layout.addWidget(widget)

    def sizeHint(self) -> QSize:
        layout = self.layout()
        size = layout.sizeHint() if layout is not None else QSize()
        return size.expandedTo(QSize(em(self, 3), em(self, 2.4)))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The second press of a double click would judge the image after."""
        event.accept()

    def nextCheckState(self) -> None:
        """Not by itself: only a verdict that is written presses it in."""
