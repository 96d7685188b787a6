"""The session: the open project and all that the pages share. Signals go up, calls go down."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLockFile, QObject, QSysInfo, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from inspector.core.samples import Truth
from inspector.errors import InspectorError
from inspector.gui.background import Background, Task
from inspector.gui.candidates import Candidates
from inspector.gui.jobs.job import Job, JobState
from inspector.gui.jobs.queue import JobQueue
from inspector.gui.jobs.requests import ResumeRequest, ScoreRequest, TrainRequest
from inspector.gui.learning import Learning
from inspector.gui.library import Library
from inspector.gui.notify import NoticeAction, Notices
from inspector.gui.preferences import Preferences
from inspector.gui.scale import Scale
from inspector.gui.training_split import TrainingSplit
from inspector.jobs.spec import ScoreJob, read_job
from inspector.project.columns import TRUTHS
from inspector.project.models import ModelRow
from inspector.project.project import Project
from inspector.project.runs import RunRow, RunState
from inspector.project.settling import take_over_finished
from inspector.project.work import EVALUATE, EXPORT, SCORE, TRAIN
from inspector.project.workers import has_begun, is_worker_alive


class Session(QObject):
    """Owns the project and wires the shared parts together.

    Attributes:
        preferences: What the person chose on this computer.
        notices: Where everything is said.
        background: Work in threads.
        jobs: Worker processes.
        library: Images, scores and verdicts of the project.
        scale: Active model, variant and thresholds.
        learning: What is painted, learned at once.
        candidates: Models that were trained again and wait for a decision.
        split: The long-tailed split that new trainings take, if any.
    """

    project_changed = Signal()
    models_changed = Signal()
    runs_changed = Signal()
    page_wanted = Signal(str)  # name of the page that something leads to
    images_wanted = Signal(str, object)  # page name, list of image ids to show there

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.preferences = preferences
        self.notices = Notices(self)
        self.background = Background(self.notices, self)
        self.jobs = JobQueue(self.background, self)
        self.library = Library(self.background, self)
        self.scale = Scale(self.notices, self)
        self.candidates = Candidates(self.notices, self.scale, self.jobs, self.library, self)
        self.learning = Learning(
            self.background, self.jobs, self.library, self.scale, self.notices, self
        )
        self.split = TrainingSplit(self.background, self.library, self.notices, self)
        self.project: Project | None = None
        self._lock: QLockFile | None = None
        self._next_model = ""  # becomes the active one as soon as it has scores
        self.lost_runs: list[RunRow] = []
        self.library.failed.connect(self.notices.error)
        self.scale.model_changed.connect(self._show_scores)
        self.jobs.finished.connect(self._after_job)

    def open_project(self, folder: Path) -> bool:
        """Opens a project instead of the present one; says so and keeps that where it fails."""
        if self.project is not None and self.project.folder == folder.resolve():
            return True
        return self._show(lambda: Project.open(folder))

    def create_project(self, folder: Path) -> bool:
        """Makes a project and opens it."""
        return self._show(lambda: Project.create(folder))

    def close_project(self) -> None:
        """Closes the project; a worker under way must have been left or ended before."""
        project, self.project = self.project, None
        self._hand_out(None)
        if project is not None:
            project.close()
        self._unlock()

    def show_images(self, page: str, image_ids: list[int]) -> None:
        """Leads to a page with some images chosen there."""
        self.page_wanted.emit(page)
        self.images_wanted.emit(page, image_ids)

    def models_have_changed(self) -> None:
        """After a model was renamed, trashed, restored or removed."""
        self.scale.refresh()
        self.models_changed.emit()

    def _show(self, opened: Callable[[], Project]) -> bool:
        try:
            project = opened()
            try:
                lock = locked(project.folder)
            except InspectorError:
                project.close()
                raise
        except InspectorError as error:
            self.notices.error(error)
            return False
        previous, self.project = self.project, project
        try:
            self._hand_out(project)
        except InspectorError as error:  # locked, full or gone since it was opened
            self.project = None
            self._hand_out(None)
            project.close()
            lock.unlock()
            self.notices.error(error)
            return False
        finally:
            if previous is not None:
                previous.close()
            self._unlock()
        self._lock = lock
        self.preferences.add_recent(project.folder)
        self._take_over_finished(project)
        self._tell_lost_runs(project)
        return True

    def _hand_out(self, project: Project | None) -> None:
        self.notices.disarm()  # first: what follows may say something of the new project
        self.jobs.set_project(project)
        self.library.set_project(project)
        self.scale.set_project(project)
        self.candidates.set_project(project)
        self.learning.set_project(project)
        self.split.set_project(project)
        self.project_changed.emit()
        self.models_changed.emit()
        self.runs_changed.emit()

    def _take_over_finished(self, project: Project) -> None:
        def work(task: Task) -> tuple[list[InspectorError], list[str]]:
            with project.reopened() as own:
                before = {model.model_id for model in own.models()}
                failures = take_over_finished(own)
                return failures, [m.name for m in own.models() if m.model_id not in before]

        def done(taken: tuple[list[InspectorError], list[str]]) -> None:
            failures, names = taken
            for failure in failures:
                self.notices.error(failure)
            if project is not self.project:
                return
            self.models_have_changed()
            self.library.reload_scores()
            for name in names:
                self._welcome_model(name)

        self.background.run(work, done)

    def _tell_lost_runs(self, project: Project) -> None:
        lost = [
            run
            for run in project.runs()
            if run.kind == TRAIN
            and run.state is RunState.LOST
            and has_begun(run.folder)
            and not is_worker_alive(run.folder)
        ]
        self.lost_runs = lost
        if lost:
            run = lost[-1]
            self.notices.warning(
                self.tr("Training run {number} ended before it was done.").format(
                    number=run.run_id
                ),
                self.tr("It can go on from its last checkpoint."),
                NoticeAction(self.tr("Resume"), lambda: self.resume(run.run_id)),
                about=_about_run(run.run_id),
            )

    def resume(self, run_id: int) -> None:
        """Goes on with a run that was lost or failed."""
        self.notices.disarm(_about_run(run_id))
        self.jobs.add(ResumeRequest(run_id=run_id))

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _show_scores(self) -> None:
        self.library.set_model(self.scale.model.model_id if self.scale.model else None)

    def _after_job(self, job: Job) -> None:
        self.runs_changed.emit()
        kind = job.run.kind if job.run else ""
        if job.state is JobState.DONE and kind == TRAIN:
            self._after_training(job)
        elif job.state is JobState.DONE and kind in (SCORE, EVALUATE):
            self._after_scoring(job)
            if kind == EVALUATE:
                self.notices.success(
                    self.tr("Evaluation done."),
                    "",
                    NoticeAction(
                        self.tr("Show alignment"), lambda: self.page_wanted.emit("alignment")
                    ),
                )
        elif job.state is JobState.DONE and kind == EXPORT:
            self._after_export(job)
        elif job.state in (JobState.FAILED, JobState.LOST):
            actions: tuple[NoticeAction, ...] = ()
            about = ""
            if job.run is not None and kind == TRAIN:
                run_id, about = job.run.run_id, _about_run(job.run.run_id)
                actions = (NoticeAction(self.tr("Resume"), lambda: self.resume(run_id)),)
            self.notices.error(InspectorError(job.message, job.hint), *actions, about=about)
        elif job.state is JobState.CANCELLED:
            self.notices.info(
                self.tr("{title}: cancelled, nothing was kept.").format(title=job.title)
            )

    def _after_training(self, job: Job) -> None:
        self.models_changed.emit()
        compares = isinstance(job.request, TrainRequest) and job.request.for_comparison
        self._welcome_model(str(job.results["model"]), is_wanted=not compares)

    def _welcome_model(self, name: str, *, is_wanted: bool = True) -> None:
        """A new model scores all images, then becomes the active one.

        Not before: somebody may be reviewing by the scores of another one. Not at all, where it was
        trained again from another one, is not `is_wanted`, or a person has chosen another: then
        somebody decides.
        """
        assert self.project is not None
        is_candidate = self.candidates.welcome(name)
        if not is_wanted:
            self.scale.pin()
        elif not is_candidate:
            if self.library.scores.n_scored == 0:
                self.scale.adopt(self.project.find_model(name))
            self._next_model = name
        self.notices.success(
            self.tr("The model {name} is trained; it is scoring all images now.").format(name=name)
        )
        self.score_images(name)

    def _after_scoring(self, job: Job) -> None:
        """Shows the new scores; those of a new model make it the active one."""
        name, self._next_model = self._next_model, ""
        request = job.request
        if isinstance(request, ScoreRequest) and request.model == name and self.project is not None:
            self._adopt(self._scored_model(self.project, job, name))
        else:
            self._next_model = name
        self.library.reload_scores()
        self.models_changed.emit()
        self.candidates.tell_ready()

    def _scored_model(self, project: Project, job: Job, name: str) -> ModelRow:
        """By its folder: it may have been given another name while it scored."""
        spec = read_job(job.run.folder) if job.run is not None else None
        if isinstance(spec, ScoreJob):
            return project.find_model_by_folder(Path(spec.model))
        return project.find_model(name)

    def _adopt(self, model: ModelRow) -> None:
        if self.scale.adopt(model) or self.scale.model is None:
            return
        self.notices.info(
            self.tr("{new} has scored all images. {active} stays the active model.").format(
                new=model.name, active=self.scale.model.name
            ),
            "",
            NoticeAction(
                self.tr("Use {name}").format(name=model.name), lambda: self.scale.set_model(model)
            ),
        )

    def _after_export(self, job: Job) -> None:
        file, proof = Path(job.results["file"]), job.results["proof"]
        self.notices.success(
            self.tr("Exported: {file}").format(file=file.name),
            self.tr("Run on {n} images in {runtime}, it gives the scores of the model.").format(
                n=proof["images"], runtime=proof["runtime"]
            ),
            NoticeAction(
                self.tr("Show folder"),
                lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(file.parent))),
            ),
        )

    def score_images(self, model: str) -> None:
        """Scores all images with a model and, where defects are known, evaluates it by them."""
        columns = self.library.images
        judges = bool((columns.is_test & (columns.truths == TRUTHS.index(Truth.DEFECTIVE))).any())
        self.jobs.add(ScoreRequest(model=model, evaluate=judges, everything=judges), first=True)


def _about_run(run_id: int) -> str:
    """As notices about it are marked."""
    return f"run {run_id}"


def locked(folder: Path) -> QLockFile:
    """The lock by which a window claims a project: two would run one queue twice.

    The lock of a window that died does not count.

    Raises:
        InspectorError: Another window has the project, or its folder cannot be written to.
    """
    lock = QLockFile(str(folder / "window.lock"))
    lock.setStaleLockTime(0)  # a lock never gets too old, it only outlives its window
    if lock.tryLock(0):
        return lock
    if lock.error() != QLockFile.LockError.LockFailedError:
        raise InspectorError(
            QCoreApplication.translate("Session", "'{folder}' cannot be written to.").format(
                folder=folder
            ),
            QCoreApplication.translate("Session", "Check its permissions and the free disk space."),
        )
    # What Qt finds of who holds it: process, host, program; a lock of another host never ends.
    host = str(lock.getLockInfo()[1])
    if host and host != QSysInfo.machineHostName():
        raise InspectorError(
            QCoreApplication.translate("Session", "{name} is open on '{host}'.").format(
                name=folder.name, host=host
            ),
            QCoreApplication.translate(
                "Session", "If no Inspector runs there, delete 'window.lock' in its folder."
            ),
        )
    raise InspectorError(
        QCoreApplication.translate("Session", "{name} is open in another window.").format(
            name=folder.name
        ),
        QCoreApplication.translate("Session", "Use that window, or close it first."),
    )
