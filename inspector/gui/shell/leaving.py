"""Asks what becomes of the running job when its project is left."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from inspector.gui.jobs.job import Job
from inspector.gui.shell import words
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, label


class Leaving(StrEnum):
    """The three answers."""

    LEAVE = "leave"
    CANCEL = "cancel"
    STAY = "stay"


class LeavingDialog(QDialog):
    """Three answers; closing it is the last one. `answer` is what was chosen."""

    def __init__(self, window: QWidget, job: Job, n_waiting: int) -> None:
        super().__init__(window)
        self.answer = Leaving.STAY
        self.setWindowTitle(self.tr("A job is running"))
        stage = ", ".join(text for text in (words.stage(job), words.time_left(job)) if text)
        text = self.tr(
            "It can go on without the window. You find it again when you open this project the "
            "next time."
        )
        if n_waiting:
            text += " " + self.tr("Jobs that wait start then, too.")
        body = label(text, wrap=True)
        body.setMinimumWidth(em(self, 28))
        self.leave = button(self.tr("Leave it running"), "primary")
        self.cancel = button(self.tr("Cancel it"), "danger")
        self.stay = button(self.tr("Go back"))
        self.cancel.setToolTip(self.tr("Stops the job and keeps nothing of it."))
        for made, answer in (
            (self.leave, Leaving.LEAVE),
            (self.cancel, Leaving.CANCEL),
            (self.stay, Leaving.STAY),
        ):
            made.clicked.connect(lambda checked=False, answer=answer: self._choose(answer))
        self.leave.setDefault(True)
        foot = QHBoxLayout()
        foot.addWidget(self.stay)
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.leave)
        layout = QVBoxLayout(self)
        gap = em(self, 1.2)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.6))
        layout.addWidget(label(job.title, "title", wrap=True))
        layout.addWidget(label(stage[:1].upper() + stage[1:], "muted"))
        layout.addWidget(body)
        layout.addSpacing(em(self, 0.4))
        layout.addLayout(foot)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)
        self.leave.setFocus()

    def _choose(self, answer: Leaving) -> None:
        self.answer = answer
        self.accept()
