"""The queue of jobs: one worker at a time, followed through its `events.jsonl`."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.errors import InspectorError
from inspector.gui.background import Background, Task
from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.requests import (
    ExportRequest,
    Request,
    ResumeRequest,
    RetrainRequest,
    ScoreRequest,
    TrainRequest,
    prepare,
)
from inspector.jobs.catalogue import METHODS
from inspector.jobs.events import Tail
from inspector.jobs.outcome import LOST, read_outcome
from inspector.jobs.process import CANCEL, FINISH_EARLY, Worker, send_command
from inspector.project.learned import LEARN
from inspector.project.project import Project
from inspector.project.runs import RunRow, RunState
from inspector.project.settling import settle
from inspector.project.workers import announce_worker, is_worker_alive

_POLL_MS = 100


class JobQueue(QObject):
    """Prepares, starts and follows workers. Its project is set by the session."""

    changed = Signal()  # jobs were added, removed or changed their state
    progressed = Signal(object)  # Job
    told = Signal(object, object)  # Job, Event
    finished = Signal(object)  # Job, after what it made was taken over

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._project: Project | None = None
        self._worker: Worker | None = None
        self._tail: Tail | None = None
        self.jobs: list[Job] = []
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._poll)

    @property
    def current(self) -> Job | None:
        """The job under way."""
        for job in self.jobs:
            if job.state in (JobState.STARTING, JobState.RUNNING):
                return job
        return None

    @property
    def waiting(self) -> list[Job]:
        """Jobs that wait for their turn, the next one first."""
        return [j for j in self.jobs if j.state is JobState.QUEUED and j.request is not None]

    def set_project(self, project: Project | None) -> None:
        """Works for another project: finds its running worker and the jobs that waited in it.

        What ran for the project before must have been left to itself or ended.
        """
        self._release()
        self._project = project
        self.jobs = []
        if project is not None:
            waiting = project.get_setting("queue", list[Request], [])
            for run in project.runs():
                # Lost, too: it may have been taken for that before the worker was up.
                alive = run.state in (RunState.RUNNING, RunState.LOST)
                if alive and run.kind != LEARN and is_worker_alive(run.folder):
                    self._adopt(run)
            self.jobs += [Job(request, self._title(request)) for request in waiting]
            self._keep_queue()
        self.changed.emit()
        self._start_next()

    def add(self, request: Request, *, first: bool = False) -> Job:
        """Puts a job into the queue, at its end or as the next one."""
        job = Job(request, self._title(request))
        waiting = self.waiting
        place = self.jobs.index(waiting[0]) if first and waiting else len(self.jobs)
        self.jobs.insert(place, job)
        self._keep_queue()
        self.changed.emit()
        self._start_next()
        return job

    def withdraw(self, job: Job) -> None:
        """Takes a waiting job out of the queue, or a finished one out of the list."""
        if job.state is JobState.QUEUED or job.state.is_over:
            self.jobs.remove(job)
            self._keep_queue()
            self.changed.emit()

    def move_up(self, job: Job) -> None:
        """Lets a waiting job come before the one that waits before it."""
        waiting = self.waiting
        if job in waiting[1:]:
            place = self.jobs.index(job)
            before = self.jobs.index(waiting[waiting.index(job) - 1])
            self.jobs[before], self.jobs[place] = job, self.jobs[before]
            self._keep_queue()
            self.changed.emit()

    def finish_early(self, job: Job) -> None:
        """Ends the stage under way and keeps what is learned."""
        self._command(job, FINISH_EARLY, "finish_early")

    def cancel(self, job: Job) -> None:
        """Stops the job and discards what it made; a waiting one is withdrawn."""
        if job.state is JobState.QUEUED:
            self.withdraw(job)
        else:
            self._command(job, CANCEL, "cancel")

    def leave_running(self) -> None:
        """Lets the worker go on alone; it is found again when the project is opened."""
        if self._worker is not None:
            self._worker.detach()
        self._worker = None

    def _title(self, request: Request) -> str:
        match request:
            case TrainRequest():
                method = METHODS.get(request.method)
                name = method.title if method else request.method
                return self.tr("Training: {name}").format(name=name)
            case RetrainRequest():
                return self.tr("Training again: {name}").format(name=request.name)
            case ScoreRequest(evaluate=True, everything=True):
                return self.tr("Scoring and evaluating {name}").format(name=request.model)
            case ScoreRequest(evaluate=True):
                return self.tr("Evaluating {name}").format(name=request.model)
            case ScoreRequest():
                return self.tr("Scoring with {name}").format(name=request.model)
            case ExportRequest():
                return self.tr("Exporting {name}").format(name=request.name)
            case ResumeRequest():
                return self.tr("Resuming run {number}").format(number=request.run_id)

    def _start_next(self) -> None:
        project = self._project
        if project is None or self.current is not None:
            return
        for job in self.jobs:  # another worker that was found running comes before what waits
            if job.state is JobState.QUEUED and job.run is not None:
                self._follow(job, job.run.folder, from_start=True)
                return
        if not self.waiting:
            return
        job = self.waiting[0]
        request = job.request
        assert request is not None  # that is what waiting means
        job.state = JobState.STARTING
        self._keep_queue()
        self.changed.emit()

        def work(task: Task) -> RunRow:
            with project.reopened() as own:
                return prepare(request, own)

        def done(run: RunRow) -> None:
            if self._project is not project or job.ending == "cancel":
                self._withdraw_run(project, run, request)
                if self._project is project:
                    self._end(job, JobState.CANCELLED, "", "")
                return
            job.run = run
            try:
                self._worker = Worker(run.folder, listen=False)
                announce_worker(run.folder, self._worker.pid)
            except OSError as error:
                self._withdraw_run(project, run, ResumeRequest(run_id=run.run_id))
                reason = self.tr("The worker could not be started: {reason}.")
                hint = self.tr("Check the free memory, then resume the run.")
                self._end(job, LOST, reason.format(reason=error.strerror or error), hint)
                return
            self._follow(job, run.folder, from_start=not isinstance(request, ResumeRequest))

        def failed(error: InspectorError) -> None:
            self._end(job, JobState.FAILED, error.message, error.hint)

        self._background.run(work, done, failed=failed)

    def _withdraw_run(self, project: Project, run: RunRow, request: Request) -> None:
        """A run was prepared that is not started. One that was to go on stays resumable."""
        state = RunState.LOST if isinstance(request, ResumeRequest) else RunState.CANCELLED
        with project.reopened() as own:
            own.finish_run(run.run_id, None, state)

    def _adopt(self, run: RunRow) -> None:
        """Follows a worker that runs already: a window before this one left it running."""
        job = Job(
            None,
            self.tr("Run {number}: {name}").format(number=run.run_id, name=run.method or run.kind),
            run,
        )
        self.jobs.append(job)
        if self._tail is None:
            self._follow(job, run.folder, from_start=True)

    def _follow(self, job: Job, folder: Path, *, from_start: bool) -> None:
        job.state = JobState.RUNNING
        self._keep_queue()
        self._tail = Tail(folder)
        if not from_start:
            self._tail.read()  # what an earlier try said
        self._timer.start()
        self.changed.emit()

    def _poll(self) -> None:
        job = self.current
        if job is None or job.run is None or self._tail is None:
            self._timer.stop()
            return
        # Asked before reading: what it said last is then in the file.
        ended = self._has_ended(job.run.folder)
        news = self._tail.read()
        for event in news:
            job.take(event)
            self.told.emit(job, event)
        if news:
            self.progressed.emit(job)
        if ended:
            self._settle(job, job.run)

    def _has_ended(self, folder: Path) -> bool:
        if self._worker is not None:
            return not self._worker.is_running
        return not is_worker_alive(folder)

    def _settle(self, job: Job, run: RunRow) -> None:
        """The process is gone: takes over what it made."""
        self._timer.stop()
        self._tail = None
        outcome = self._worker.wait() if self._worker is not None else read_outcome(run.folder)
        self._worker = None
        project = self._project
        assert project is not None

        def work(task: Task) -> dict[str, object]:
            with project.reopened() as own:
                return settle(own, run, outcome)

        def done(results: dict[str, object]) -> None:
            if self._project is project:
                job.results = results
                self._end(job, outcome.state, outcome.message, outcome.hint)

        def failed(error: InspectorError) -> None:
            if self._project is project:
                state = outcome.state if outcome.state != JobState.DONE else JobState.FAILED
                self._end(job, state, error.message, error.hint)

        self._background.run(work, done, failed=failed)

    def _end(self, job: Job, state: str, message: str, hint: str) -> None:
        job.state, job.message, job.hint = JobState(state), message, hint
        self._keep_queue()
        self.changed.emit()
        self.finished.emit(job)
        self._start_next()

    def _command(self, job: Job, command: bytes, name: str) -> None:
        if job is not self.current or (job.run is None and command != CANCEL):
            return
        job.ending = name
        if job.run is None:
            pass  # still being prepared; it is withdrawn then
        elif self._worker is None:
            send_command(job.run.folder, command)
        elif command == CANCEL:
            self._worker.cancel()
        else:
            self._worker.finish_early()
        self.changed.emit()

    def _keep_queue(self) -> None:
        if self._project is not None:
            # One that is being prepared waits still: the window may be closed before it runs.
            kept = (JobState.QUEUED, JobState.STARTING)
            requests = [j.request for j in self.jobs if j.state in kept and j.request is not None]
            self._project.set_setting("queue", requests)

    def _release(self) -> None:
        self._timer.stop()
        self._tail = None
        self._worker = None
