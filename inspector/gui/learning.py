"""Learning at once: what is painted enters the model's bank, and all images are scored anew.

A worker of its own does it beside the queue of jobs, which it gives way to. What it says of images
is shown as it comes; what is kept is taken over when all of them are scored.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import StrEnum

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.errors import InspectorError
from inspector.gui.background import Background, Task
from inspector.gui.jobs.queue import JobQueue
from inspector.gui.jobs.serving import Serving
from inspector.gui.library import Library
from inspector.gui.notify import Notices
from inspector.gui.scale import Scale
from inspector.jobs import events
from inspector.jobs.events import Change, Event, Tail
from inspector.jobs.outcome import DONE, OUTCOME_FILE, JobOutcome, read_outcome
from inspector.project.learning import (
    NO_ORDER,
    Order,
    count_unlearned,
    learns_at_once,
    newest_learning,
    prepare_learning,
    settle_learning,
)
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.results import CURRENT_FOLDER, read_changes
from inspector.project.runs import RunRow
from inspector.project.work import Computing

_POLL_MS = 50
_IDLE_MS = 5 * 60_000
"""A worker that nobody has asked for so long gives its memory back."""

_RESTARTS = 1


class Phase(StrEnum):
    """What learning at once is doing."""

    IDLE = "idle"
    WAITING = "waiting"  # for a job of the queue
    PREPARING = "preparing"
    LOADING = "loading"
    SCORING = "scoring"
    FAILED = "failed"


class Learning(QObject):
    """Belongs to the session. Of several wishes the newest counts.

    Attributes:
        phase: What it is doing.
        done, total: Images scored so far.
        changes: By image id, what the masks did to its scores; the live ones while it is scoring.
        n_unlearned: Painted masks that the active model does not know; None while not known.
    """

    changed = Signal()  # any of the attributes
    current_scored = Signal(int, object)  # image id, folder whose `maps.npy` holds its map
    learned = Signal()  # taken over; the library's scores follow

    def __init__(
        self,
        background: Background,
        jobs: JobQueue,
        library: Library,
        scale: Scale,
        notices: Notices,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._jobs, self._library = background, jobs, library
        self._scale, self._notices = scale, notices
        self._project: Project | None = None
        self._model: ModelRow | None = None
        self._serving: Serving | None = None
        self._forget_all()
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._poll)
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(_IDLE_MS)
        self._idle.timeout.connect(self._stop_serving)
        jobs.changed.connect(self._on_jobs)
        scale.model_changed.connect(self._on_model)

    def _forget_all(self) -> None:
        self.phase = Phase.IDLE
        self.done = self.total = 0
        self.changes: dict[int, Change] = {}
        self.n_unlearned: int | None = None
        self._wish: tuple[Order, bool] | None = None
        self._asked: tuple[Order, bool] = (NO_ORDER, False)
        self._serial = 0
        self._run: RunRow | None = None
        self._replaced: list[RunRow] = []
        self._tail: Tail | None = None
        self._is_settling = False
        self._restarts = 0
        self._began = 0.0

    @property
    def can_learn(self) -> bool:
        """Whether the active model learns from painted defects."""
        return self._model is not None and learns_at_once(self._model)

    @property
    def has_learned(self) -> bool:
        """Whether the active model knows all that is painted."""
        return self.can_learn and self.phase is Phase.IDLE and self.n_unlearned == 0

    @property
    def is_busy(self) -> bool:
        return self.phase in (Phase.PREPARING, Phase.LOADING, Phase.SCORING)

    @property
    def is_worker_running(self) -> bool:
        """Whether a worker is warm, or getting so."""
        return self._serving is not None and self._serving.is_running

    @property
    def rate(self) -> float | None:
        """Images a second; None until it can be told."""
        seconds = time.monotonic() - self._began
        return self.done / seconds if self.phase is Phase.SCORING and self.done > 1 else None

    @property
    def seconds_left(self) -> float | None:
        """None until it can be told."""
        return (self.total - self.done) / self.rate if self.rate else None

    def set_project(self, project: Project | None) -> None:
        """Works for another project; what is under way is given up, and done again some time."""
        self._halt()
        self._project = project
        self._serving = Serving(project.cache_folder) if project is not None else None
        self._model = self._scale.model if project is not None else None
        self._forget_all()
        self.changed.emit()
        self.refresh()

    def wake(self) -> None:
        """Somebody has begun to paint: the worker may start to load."""
        if self.can_learn and self._serving is not None and self._jobs.current is None:
            try:
                self._serving.start()
                self._idle.start()
            except InspectorError as error:
                self._fail(error)

    def learn(self, order: Order = NO_ORDER, *, anyway: bool = False) -> None:
        """Takes in what is painted now; `anyway` also where nothing is new, as after muting."""
        if self._project is None or not self.can_learn:
            return
        self._wish = (order, anyway or (self._wish is not None and self._wish[1]))
        if self._jobs.current is not None:
            self._set_phase(Phase.WAITING)
        else:
            self._prepare()

    def refresh(self) -> None:
        """Looks again what the active model knows, and what its last learning changed."""
        project, model = self._project, self._model
        if project is None or model is None or not learns_at_once(model) or self.is_busy:
            return

        def work(task: Task) -> tuple[int, Sequence[Change]]:
            with project.reopened() as own:
                run = newest_learning(own, model)
                return count_unlearned(own, model), read_changes(run.folder) if run else ()

        def done(found: tuple[int, Sequence[Change]]) -> None:
            if project is self._project and model == self._model and not self.is_busy:
                self.n_unlearned = found[0]
                self.changes = {change.image_id: change for change in found[1]}
                self.changed.emit()

        self._background.run(work, done, key="learning.state")

    # One learning after the other.

    def _prepare(self) -> None:
        project, model, wish = self._project, self._model, self._wish
        assert project is not None and model is not None and wish is not None
        self._wish, self._asked = None, wish
        self._serial += 1
        serial = self._serial
        # What is under way would undo that nothing is new by what it ends with.
        order, anyway = wish[0], wish[1] or self._run is not None
        if self._run is None:
            self._set_phase(Phase.PREPARING)

        def work(task: Task) -> RunRow | None:
            with project.reopened() as own:
                return prepare_learning(own, model, Computing(), order, anyway=anyway)

        def done(run: RunRow | None) -> None:
            is_current = project is self._project and serial == self._serial
            if run is not None and is_current:
                self._start(run)
            elif run is not None:
                self._replaced.append(run)
            elif is_current and self._run is None:
                self._set_phase(Phase.IDLE)
                self.refresh()

        def failed(error: InspectorError) -> None:
            if project is self._project:
                self._fail(error)

        self._background.run(work, done, failed=failed)

    def _start(self, run: RunRow) -> None:
        if self._run is not None and not self._is_settling:
            self._replaced.append(self._run)
        self._run, self._tail = run, Tail(run.folder)
        self._is_settling = False
        self._idle.stop()
        self.done = self.total = 0
        if self._jobs.current is not None:  # one has begun while this was prepared
            self._give_way()
            return
        assert self._serving is not None
        try:
            self._serving.request(run)
        except InspectorError as error:
            self._fail(error)
            return
        self._timer.start()
        self._set_phase(Phase.LOADING)

    def _poll(self) -> None:
        run, tail = self._run, self._tail
        if run is None or tail is None or self._is_settling:
            self._timer.stop()
            return
        # Asked before reading: what it said last is then in the file.
        is_alive = self._serving is not None and self._serving.is_running
        has_ended = (run.folder / OUTCOME_FILE).exists()
        news = tail.read()
        for event in news:
            self._take(run, event)
        if news:
            self.changed.emit()
        if has_ended:
            self._settle(run, read_outcome(run.folder))
        elif not is_alive:
            self._on_death(run)

    def _take(self, run: RunRow, event: Event) -> None:
        match event:
            case events.Hello():
                self.phase = Phase.LOADING
            case events.Rescored():
                if self.phase is not Phase.SCORING:
                    self.phase, self._began, self.changes = Phase.SCORING, time.monotonic(), {}
                self.done, self.total = event.done, event.total
                self.changes.update((change.image_id, change) for change in event.changes)
                if event.current >= 0:
                    self.current_scored.emit(event.current, run.folder / CURRENT_FOLDER)

    def _settle(self, run: RunRow, outcome: JobOutcome) -> None:
        project, replaced = self._project, self._replaced
        assert project is not None
        self._is_settling, self._replaced, self._restarts = True, [], 0
        self._timer.stop()
        self._idle.start()

        def work(task: Task) -> None:
            with project.reopened() as own:
                settle_learning(own, run, outcome, replaced)

        def done(nothing: None) -> None:
            if project is not self._project:
                return
            if run is self._run:
                self._run, self._is_settling = None, False
                self._set_phase(Phase.IDLE)
            if outcome.state == DONE:
                self._library.reload_scores()
                self.learned.emit()
            self.refresh()

        def failed(error: InspectorError) -> None:
            if project is self._project and run is self._run:
                self._fail(error)
            elif project is self._project:
                self._notices.error(error)

        self._background.run(work, done, failed=failed)

    def _on_death(self, run: RunRow) -> None:
        """The worker is gone in the middle of its work: once it is started again."""
        assert self._serving is not None
        log = self._serving.folder / "worker.log"
        if self._restarts < _RESTARTS:
            self._restarts += 1
            self._run = None
            self._start(run)
            return
        self._replaced.append(run)
        self._fail(
            InspectorError(
                self.tr("The worker that learns from what is painted has ended twice."),
                self.tr("Nothing painted is lost. Its log is {log}.").format(log=log),
            )
        )

    def _fail(self, error: InspectorError) -> None:
        self._timer.stop()
        self._run, self._tail, self._is_settling, self._restarts = None, None, False, 0
        self._set_phase(Phase.FAILED)
        self._notices.error(error)

    # Giving way.

    def _on_jobs(self) -> None:
        if self._jobs.current is not None:
            self._give_way()
        elif self._wish is not None and self._project is not None:
            self._prepare()

    def _give_way(self) -> None:
        """A job needs the memory and the processor: what is under way is done again after it."""
        if self._run is not None and not self._is_settling:
            self._wish = self._wish or (self._asked[0], True)
            self._replaced.append(self._run)
            self._run = None
        self._stop_serving()
        if self._wish is not None and self.phase is not Phase.WAITING:
            self._set_phase(Phase.WAITING)

    def _on_model(self) -> None:
        model = self._scale.model
        if model == self._model:
            return
        self._halt()
        project, replaced = self._project, self._replaced
        self._model = model
        self._forget_all()
        self._replaced = replaced
        self._project = project
        self.changed.emit()
        self.refresh()

    def _halt(self) -> None:
        if self._run is not None and not self._is_settling:
            self._replaced.append(self._run)
        self._run = None
        self._serial += 1
        self._stop_serving()

    def _stop_serving(self) -> None:
        self._idle.stop()
        if not self._is_settling:
            self._timer.stop()
        if self._serving is not None:
            self._serving.stop()

    def _set_phase(self, phase: Phase) -> None:
        self.phase = phase
        self.changed.emit()
