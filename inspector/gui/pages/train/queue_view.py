"""The jobs that wait for their turn."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.gui.jobs.job import Job
from inspector.gui.jobs.queue import JobQueue
from inspector.gui.jobs.requests import TrainRequest
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, card, icon_button, label, row


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
        layout.addWidget(card(self.title, self._lines, spacing=0.3, margin=0.6))
        self._shown: list[Job] = []
        jobs.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        waiting = self._jobs.waiting
        self.setVisible(bool(waiting))
        if waiting == self._shown:
            return
        self._shown = waiting
        self.title.setText(self.tr("Waiting: {count}").format(count=len(waiting)))
        while self._layout.count():
            old = self._layout.takeAt(0).widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for place, job in enumerate(waiting):
            self._layout.addWidget(self._line(place, job))

    def _line(self, place: int, job: Job) -> QWidget:
        up = icon_button("chevron-up", self.tr("Earlier"))
        up.setEnabled(place > 0)
        up.clicked.connect(lambda: self._jobs.move_up(job))
        remove = icon_button("close", self.tr("Take out of the queue"))
        remove.clicked.connect(lambda: self._jobs.withdraw(job))
        return row(
            IconLabel("clock", "muted", 1.0),
            label(job.title),
            label(_details(job), "muted"),
            None,
            up,
            remove,
        )


def _details(job: Job) -> str:
    """Preset and what was changed in it."""
    if not isinstance(job.request, TrainRequest):
        return ""
    changes = [f"{name} {value}" for name, value in job.request.changes.items()]
    return ", ".join([job.request.preset, *changes[:2]]) + (" …" if len(changes) > 2 else "")
