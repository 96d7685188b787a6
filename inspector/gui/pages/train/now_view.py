"""What runs now, or ran last: progress, stages, curves and log, and the queue behind it."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from inspector.gui.background import Task
from inspector.gui.jobs.job import Job
from inspector.gui.pages.train.first_steps import FirstSteps
from inspector.gui.pages.train.job_card import JobCard
from inspector.gui.pages.train.queue_view import QueueView
from inspector.gui.pages.train.run_body import FollowedRun, RunBody, follow
from inspector.gui.pages.train.words import state_look, state_word
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, button, label, row
from inspector.project.runs import RunRow, RunState
from inspector.project.work import TRAIN

_TICK_MS = 1000


class NowView(QWidget):
    """Follows the session's jobs. Between jobs it shows the training that ran last."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._following = 0  # run that is shown or being read
        self.card = JobCard(session.jobs)
        self._icon = IconLabel("check", "ok", 1.2)
        self._idle_text = label("", wrap=False)
        self.resume = button(self.tr("Resume"), "", "resume")
        self.resume.clicked.connect(lambda: session.resume(self._following))
        self._idle = row(self._icon, self._idle_text, None, self.resume)
        self.body = RunBody()
        self.queue = QueueView(session.jobs)
        self.first_steps = FirstSteps()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.body)
        self._stack.addWidget(self.first_steps)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.7))
        layout.addWidget(self.card)
        layout.addWidget(self._idle)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.queue)
        self._clock = QTimer(self)
        self._clock.setInterval(_TICK_MS)
        self._clock.timeout.connect(self.body.tick)
        session.jobs.changed.connect(self.refresh)
        session.jobs.progressed.connect(self._on_progress)
        session.jobs.finished.connect(self._on_finished)
        session.project_changed.connect(self._on_project)
        self.refresh()

    def refresh(self) -> None:
        """Shows the job under way, or the training that ran last."""
        job = self._session.jobs.current
        self.card.setVisible(job is not None)
        if job is not None:
            self.card.show_job(job)
            self._idle.hide()
            if job.run is not None and job.run.kind == TRAIN:
                self._follow(job.run, is_live=True)
                return
        runs = self._session.project.runs() if self._session.project else ()
        trainings = [run for run in runs if run.kind == TRAIN]
        if trainings:
            last = trainings[-1]
            self._tell(last, beside_job=job is not None)
            self._follow(last, is_live=False)
        else:
            self._idle.hide()
            self._following = 0
            self._clock.stop()
            self._stack.setCurrentWidget(self.first_steps)

    def _tell(self, run: RunRow, *, beside_job: bool) -> None:
        self._icon.set_icon(*state_look(run.state))
        text = self.tr("Training run {number}: {state}. Nothing runs now.")
        if beside_job:
            text = self.tr("The curves are those of training run {number}: {state}.")
        self._idle_text.setText(text.format(number=run.run_id, state=state_word(run.state).lower()))
        can_resume = run.state in (RunState.LOST, RunState.FAILED) and not beside_job
        self.resume.setVisible(can_resume)
        self._idle.show()

    def _follow(self, run: RunRow, *, is_live: bool) -> None:
        """Reads what a run has said, once, in the background; then reads on."""
        self._stack.setCurrentWidget(self.body)
        if is_live:
            self._clock.start()
        else:
            self._clock.stop()
        if self._following == run.run_id:
            self.body.set_live(is_live)  # a run that is resumed goes on where it stands here
            return
        self._following = run.run_id

        def work(task: Task) -> FollowedRun:
            return follow(run)

        def done(followed: FollowedRun) -> None:
            if self._following == run.run_id:
                job = self._session.jobs.current
                live = job is not None and job.run is not None and job.run.run_id == run.run_id
                self.body.show_runs([followed], is_live=live)

        self._session.background.run(work, done, key="train.now")

    def _on_progress(self, job: Job) -> None:
        self.card.show_job(job)
        if job.run is not None and job.run.run_id == self._following:
            self.body.read_on()

    def _on_finished(self, job: Job) -> None:
        if job.run is not None and job.run.run_id == self._following:
            self.body.end()
        self.refresh()

    def _on_project(self) -> None:
        self._following = 0
        self.body.show_runs([], is_live=False)
        self.refresh()
