"""The jobs that wait for their turn."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from inspector.gui.jobs.job import Job
from inspector.gui.jobs.queue import JobQueue
from inspector.gui.jobs.requests import TrainRequest
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, card, icon_button, label, row

_MOST_SHOWN = 2
"""Lines; more are scrolled to, so that the plots keep their room."""


class QueueView(QWidget):
    """One line for each waiting job, the next one first; hidden while none waits."""

    def __init__(self, jobs: JobQueue) -> None:
        super().__init__()
        self._jobs = jobs
        self._lines = QWidget()
        self._layout = QVBoxLayout(self._lines)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(em(self, 0.2))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.title = label("", "section")
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidget(self._lines)
        self._lines.setAutoFillBackground(False)
        self._area.viewport().setAutoFillBackground(False)
        layout.addWidget(card(self.title, self._area, spacing=0.3, margin=0.45))
        self._shown: list[Job] = []
        self._made: list[QWidget] = []
        jobs.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        waiting = self._jobs.waiting
        self.setVisible(bool(waiting))
        if waiting == self._shown:
            return
        self._shown = waiting
        self.title.setText(self.tr("Waiting: {count}").format(count=len(waiting)))
        for old in self._made:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._made = [self._line(place, job) for place, job in enumerate(waiting)]
        for line in self._made:
            self._layout.addWidget(line)
        heights = [line.sizeHint().height() + self._layout.spacing() for line in self._made]
        self._area.setFixedHeight(sum(heights[:_MOST_SHOWN]))

    def _line(self, place: int, job: Job) -> QWidget:
        up = icon_button("chevron-up", self.tr("Earlier"))
        up.setEnabled(place > 0)
        up.clicked.connect(lambda: self._jobs.move_up(job))
        remove = icon_button("close", self.tr("Take out of the queue"))
        for small in (up, remove):
            small.setFixedSize(em(self, 1.5), em(self, 1.5))
        remove.clicked.connect(lambda: self._jobs.withdraw(job))
        return row(
            IconLabel("clock", "muted", 1.0),
            label(job.title),
            self._details(job),
            None,
            up,
            remove,
        )

    def _details(self, job: Job) -> QLabel:
        """The preset and how much was changed in it; what exactly, in the tooltip."""
        made = label("", "muted")
        if isinstance(job.request, TrainRequest):
            changes = job.request.changes
            text = self.tr("{preset}, {count} changed") if changes else "{preset}"
            text = text.format(preset=job.request.preset, count=len(changes))
            split = self.tr("{text}, on a long-tailed split").format(text=text)
            made.setText(split if job.request.split else text)
            made.setToolTip("\n".join(f"{name}: {value}" for name, value in changes.items()))
        return made
