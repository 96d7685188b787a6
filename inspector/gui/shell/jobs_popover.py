"""The list of jobs above the status line: the running one, those that wait, those that ended."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.queue import JobQueue
from inspector.gui.shell import words
from inspector.gui.shell.overlay import Overlay
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, button, label, line

_ENDED_SHOWN = 4
_LOOKS = {
    JobState.QUEUED: ("clock", "muted"),
    JobState.STARTING: ("processor", "accent"),
    JobState.RUNNING: ("processor", "accent"),
    JobState.DONE: ("check", "ok"),
    JobState.CANCELLED: ("cancel", "muted"),
    JobState.FAILED: ("error", "ng"),
    JobState.LOST: ("warning", "unsure"),
}


class JobRow(QFrame):
    """One job, with what can be done about it; it asks before anything is discarded."""

    asked = Signal()  # the question came or went: the row has another height

    def __init__(self, job: Job, jobs: JobQueue) -> None:
        super().__init__()
        self.job, self._jobs = job, jobs
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.3))
        icon_name, colour = _LOOKS[job.state]
        head = QHBoxLayout()
        head.setSpacing(em(self, 0.5))
        head.addWidget(IconLabel(icon_name, colour, 1.1))
        head.addWidget(label(job.title, "headline"), 1)
        layout.addLayout(head)
        self._text = label("", "muted", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setVisible(self._is_running)
        layout.addWidget(self._bar)
        layout.addWidget(self._text)
        self._buttons = QHBoxLayout()
        self._buttons.addStretch(1)
        self._add_buttons()
        if self._buttons.count() > 1:
            layout.addLayout(self._buttons)
        self.question = label(
            self.tr("Stop this job and discard all that it has made so far?"), wrap=True
        )
        self.question.hide()
        layout.addWidget(self.question)
        self._answers = QHBoxLayout()
        self._answers.addStretch(1)
        self.go_on = self._answer(self.tr("Go on"), self.withdraw_question)
        self.discard = self._answer(self.tr("Discard"), lambda: jobs.cancel(job), "danger")
        layout.addLayout(self._answers)
        self.refresh()

    @property
    def _is_running(self) -> bool:
        return self.job.state in (JobState.STARTING, JobState.RUNNING)

    def refresh(self) -> None:
        """Shows how far it is."""
        job = self.job
        if not self._is_running:
            self._text.setText(f"{words.state(job)}. {job.message}".strip())
            return
        fraction = job.fraction
        self._bar.setRange(0, 0 if fraction is None else 1000)
        if fraction is not None:
            self._bar.setValue(round(1000 * fraction))
        title = job.stage.title if job.stage and not job.ending else ""
        parts = (words.stage(job), title, words.rate(job), words.time_left(job))
        text = " · ".join(part for part in parts if part)
        self._text.setText(text[:1].upper() + text[1:])

    @property
    def can_cancel(self) -> bool:
        """Whether there is something to discard."""
        return self._is_running and not self.job.ending

    def ask_cancel(self) -> None:
        """Asks whether everything is to be discarded."""
        self._show_question(True)
        self.go_on.setFocus(Qt.FocusReason.OtherFocusReason)

    def withdraw_question(self) -> None:
        """Nothing is discarded."""
        self._show_question(False)

    def _show_question(self, shown: bool) -> None:
        for widget in (self.question, self.go_on, self.discard):
            widget.setVisible(shown)
        for place in range(self._buttons.count()):
            item = self._buttons.itemAt(place)
            usual = item.widget() if item is not None else None
            if usual is not None:
                usual.setVisible(not shown)
        self.asked.emit()

    def _answer(self, text: str, run: Callable[[], object], kind: str = "") -> QPushButton:
        made = button(text, kind)
        made.clicked.connect(lambda checked=False: run())
        made.hide()
        self._answers.addWidget(made)
        return made

    def _add_buttons(self) -> None:
        job, jobs = self.job, self._jobs
        if job.state is JobState.QUEUED:
            self._add(self.tr("Withdraw"), lambda: jobs.withdraw(job))
        elif self.can_cancel:
            if job.run is not None and job.run.kind == "train":
                early = self._add(self.tr("Stop early"), lambda: jobs.finish_early(job))
                early.setToolTip(self.tr("Ends this stage and keeps what is learned."))
            cancel = self._add(self.tr("Cancel…"), self.ask_cancel, "danger")
            cancel.setToolTip(self.tr("Stops the job and keeps nothing of it."))

    def _add(self, text: str, run: Callable[[], object], kind: str = "") -> QWidget:
        made = button(text, kind)
        made.clicked.connect(lambda checked=False: run())
        self._buttons.addWidget(made)
        return made


class JobsPopover(Overlay):
    """Stands above the right end of the status line."""

    def __init__(self, window: QMainWindow, jobs: JobQueue) -> None:
        super().__init__(window, 29, dims=False)
        self._window, self._jobs = window, jobs
        self.setAccessibleName(self.tr("Jobs"))
        self.rows: list[JobRow] = []
        self.panel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        gap = em(self, 0.8)
        self.body.setContentsMargins(gap, gap, gap, gap)
        self.body.setSpacing(em(self, 0.6))
        self._fill()
        jobs.changed.connect(self._fill)
        jobs.progressed.connect(self._refresh)

    def ask_cancel(self) -> None:
        """Asks whether the running job is to be discarded; nothing where none can be."""
        for row in self.rows:
            if row.can_cancel:
                row.ask_cancel()
                return

    def _refresh(self, job: Job) -> None:
        for row in self.rows:
            if row.job is job:
                row.refresh()

    def _fill(self) -> None:
        while (item := self.body.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.rows = [JobRow(job, self._jobs) for job in self._listed()]
        self.body.addWidget(label(self.tr("Jobs"), "section"))
        for place, row in enumerate(self.rows):
            if place:
                self.body.addWidget(line())
            self.body.addWidget(row)
            row.asked.connect(self._place_soon)
        if not self.rows:
            text = self.tr(
                "Nothing runs and nothing waits. Training, scoring and evaluating show up here."
            )
            self.body.addWidget(label(text, "muted", wrap=True))
        self.place()
        self._place_soon()

    def _place_soon(self) -> None:
        QTimer.singleShot(0, self, self.place)  # when what is new is shown

    def _listed(self) -> list[Job]:
        running = [] if self._jobs.current is None else [self._jobs.current]
        ended = [job for job in self._jobs.jobs if job.state.is_over][-_ENDED_SHOWN:]
        return [*running, *self._jobs.waiting, *ended[::-1]]

    def place(self) -> None:
        """As high as its jobs need."""
        self.setGeometry(self._window.rect())
        gap = em(self, 0.5)
        width = min(em(self, 29), self.width() - 2 * gap)
        self.body.activate()
        height = self.body.heightForWidth(width)
        if height < 0:
            height = self.body.sizeHint().height()
        bottom = self._window.statusBar().mapTo(self._window, QPoint(0, 0)).y() - gap
        height = min(height, bottom - gap)
        self.panel.setGeometry(self.width() - width - gap, bottom - height, width, height)
