"""The job under way: how far it is, how long it will take, and the two ways to end it."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.queue import JobQueue
from inspector.gui.pages.train.recording import learns
from inspector.gui.pages.train.words import (
    duration,
    stage_title,
    state_look,
    state_word,
    unit_word,
)
from inspector.gui.widgets.basics import IconLabel, button, card, label, row


class JobCard(QWidget):
    """Follows one job; asks within itself before anything is discarded."""

    def __init__(self, jobs: JobQueue) -> None:
        super().__init__()
        self._jobs = jobs
        self._job: Job | None = None
        self._icon = IconLabel("clock", "muted", 1.2)
        self.title = label("", "headline")
        self.state = label("", "muted")
        self.stage = label("")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the stage"))
        self.numbers = label("", "muted")
        self.stop = button(self.tr("Stop early"), "", "stop")
        self.stop.clicked.connect(self._on_stop)
        self.cancel = button(self.tr("Cancel…"), "danger", "cancel")
        self.cancel.clicked.connect(self.ask_cancel)
        self.says = label("", "muted", wrap=True)
        self.says.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._usual = row(self.says, self.stop, self.cancel)
        self.confirm = button(self.tr("Discard"), "danger", "trash")
        self.confirm.clicked.connect(self._on_confirm)
        self.go_on = button(self.tr("Go on"))
        self.go_on.clicked.connect(self.withdraw_question)
        question = label(
            self.tr("Stop this job and discard all that it has made so far?"), wrap=True
        )
        question.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._question = row(question, self.go_on, self.confirm)
        self._question.hide()
        made = card(
            row(self._icon, self.title, None, self.state),
            row(self.stage, None, self.numbers),
            self.bar,
            self._usual,
            self._question,
            spacing=0.4,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(made)

    def show_job(self, job: Job) -> None:
        """Shows a job as it is now."""
        if job is not self._job:
            self._job = job
            self.withdraw_question()
        icon, colour = state_look(job.state)
        self._icon.set_icon(icon, colour)
        self.title.setText(job.title)
        number = self.tr("Run {number}, ").format(number=job.run.run_id) if job.run else ""
        self.state.setText(number + state_word(job.state).lower())
        self.stage.setText(self._stage_text(job))
        fraction = job.fraction
        self.bar.setRange(0, 1000 if fraction is not None or job.state.is_over else 0)
        self.bar.setValue(1000 if job.state is JobState.DONE else round(1000 * (fraction or 0)))
        self.numbers.setText(self._numbers_text(job))
        self._show_endings(job)

    def ask_cancel(self) -> None:
        """Asks whether everything is to be discarded."""
        self._usual.hide()
        self._question.show()
        self.go_on.setFocus()

    def withdraw_question(self) -> None:
        """Nothing is discarded."""
        self._question.hide()
        self._usual.show()

    def _stage_text(self, job: Job) -> str:
        if job.stage is None:
            return self.tr("The worker starts; its libraries take some seconds to load.")
        return self.tr("Stage {index} of {count}: {title}").format(
            index=job.stage.index,
            count=job.stage.count,
            title=stage_title(job.stage.name, job.stage.title),
        )

    def _numbers_text(self, job: Job) -> str:
        progress = job.progress
        if progress is None:
            return ""
        parts = []
        unit = unit_word(progress.unit)
        if progress.unit == "B":
            mega = self.tr("{done:.0f} of {total:.0f} MB")
            parts.append(mega.format(done=progress.done / 1e6, total=progress.total / 1e6))
        else:
            counted = self.tr("{done} of {total} {unit}")
            parts.append(counted.format(done=progress.done, total=progress.total, unit=unit))
        rate = job.rate
        if rate and progress.unit != "B":
            digits = f"{rate:.1f}" if rate < 20 else f"{rate:.0f}"
            parts.append(self.tr("{rate} {unit}/s").format(rate=digits, unit=unit))
        left = job.seconds_left
        if left is not None and progress.done < progress.total:
            parts.append(self.tr("{time} left").format(time=duration(left)))
        return "  ·  ".join(parts)

    def _show_endings(self, job: Job) -> None:
        is_running = job.state is JobState.RUNNING
        can_stop = is_running and job.stage is not None and learns(job.stage.name)
        self.stop.setEnabled(can_stop and not job.ending)
        self.cancel.setEnabled(is_running and not job.ending)
        self.confirm.setEnabled(is_running)
        if job.ending == "cancel":
            said = self.tr("Cancelling…")
        elif job.ending == "finish_early":
            said = self.tr("Ending this stage; what it has learned is kept.")
        elif can_stop:
            said = self.tr(
                "Stop early ends this stage and keeps what it has learned. "
                "Cancel discards the whole run."
            )
        elif is_running:
            said = self.tr("Cancel discards the whole run. This stage cannot be stopped early.")
        else:
            said = ""
        self.says.setText(said)
        self.stop.setToolTip(
            self.tr("Ends this stage now, keeps what it has learned, and goes on with the next one")
            if can_stop
            else self.tr("Only a stage that learns can be stopped early")
        )
        self.cancel.setToolTip(self.tr("Ends the job and discards what it has made"))
        if not is_running:
            self.withdraw_question()
        self._usual.setVisible(not job.state.is_over and not self._question.isVisibleTo(self))

    def _on_stop(self) -> None:
        if self._job is not None:
            self._jobs.finish_early(self._job)

    def _on_confirm(self) -> None:
        self.withdraw_question()
        if self._job is not None:
            self._jobs.cancel(self._job)
