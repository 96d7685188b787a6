"""The demo in the window: makes what is missing in the background, then trains on it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.jobs.requests import ResumeRequest, ScoreRequest, TrainRequest
from inspector.gui.session import Session
from inspector.gui.shell.new_project import documents
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, label
from inspector.project.project import Project


def default_folder() -> Path:
    """Where the window makes its demo."""
    return documents() / "Inspector demo"


class DemoDialog(QDialog):
    """How far the sample parts are; cancelling leaves nothing half done."""

    def __init__(self, window: QWidget, folder: Path) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Demo"))
        self._stage = label(self.tr("Making sample parts…"))
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self._count = label("", "muted")
        where = label(self.tr("The demo is made in {folder}").format(folder=folder), "muted")
        where.setWordWrap(True)
        self.cancel = button(self.tr("Cancel"))
        self.cancel.clicked.connect(self.reject)
        counts = QHBoxLayout()
        counts.addWidget(self._stage)
        counts.addStretch(1)
        counts.addWidget(self._count)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        gap = em(self, 1.2)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.6))
        layout.addWidget(label(self.tr("Getting the demo ready"), "title"))
        layout.addWidget(where)
        layout.addLayout(counts)
        layout.addWidget(self.bar)
        layout.addLayout(foot)
        self.setMinimumWidth(em(self, 28))

    def show_importing(self) -> None:
        """The parts are made."""
        self._stage.setText(self.tr("Importing them…"))

    def show_progress(self, done: int, total: int) -> None:
        """Counts images."""
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self._count.setText(self.tr("{done} of {total}").format(done=done, total=total))


class Demo(QObject):
    """Brings the demo to where it can be looked at, from wherever it stands.

    Args:
        window: Over which its progress is shown.
        session: Opens the demo's project and queues its jobs.
    """

    opened = Signal()

    _importing = Signal()

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self.dialog: DemoDialog | None = None

    def start(self, folder: Path | None = None) -> None:
        """Opens the demo; makes first what it lacks."""
        if self.dialog is not None:
            self.dialog.raise_()
            return
        place = folder or default_folder()
        self.dialog = dialog = DemoDialog(self._window, place)
        self._importing.connect(dialog.show_importing)
        task = self._session.background.run(
            lambda task: self._prepare(place, task),
            lambda _: self._open(place),
            key="demo",
            failed=self._failed,
            progress=dialog.show_progress,
        )
        dialog.rejected.connect(task.cancel)
        dialog.finished.connect(self._forget)
        dialog.open()

    def _prepare(self, place: Path, task: Task) -> None:
        """In a thread: the sample parts, made and imported."""
        from inspector.project import demo

        is_there = Project.is_project(place)
        with Project.open(place) if is_there else Project.create(place) as project:
            if demo.next_step(project) is demo.Step.PARTS:
                demo.make_parts(project, task.report)
                self._importing.emit()
                demo.import_parts(project, task.report)

    def _open(self, place: Path) -> None:
        if self.dialog is not None:
            self.dialog.accept()
        if self._session.open_project(place):
            self._go_on()
            self.opened.emit()

    def _go_on(self) -> None:
        """Queues what the demo lacks, unless somebody is at it already."""
        from inspector.project import demo

        session, project = self._session, self._session.project
        assert project is not None
        if session.jobs.jobs:
            return
        match demo.next_step(project):
            case demo.Step.TRAIN:
                lost = demo.training_to_resume(project)
                if lost is not None:
                    session.jobs.add(ResumeRequest(run_id=lost.run_id))
                else:
                    session.jobs.add(
                        TrainRequest(
                            method=demo.METHOD, preset=demo.PRESET, changes=dict(demo.PARAMETERS)
                        )
                    )
                session.page_wanted.emit("train")
                session.notices.info(
                    self.tr("The demo is training."),
                    self.tr("When it is done, the Alignment page shows what alignment does."),
                )
            case demo.Step.EVALUATE:
                name = project.find_model().name
                session.jobs.add(ScoreRequest(model=name, evaluate=True, everything=True))
            case _:
                session.page_wanted.emit("alignment")

    def _failed(self, error: InspectorError) -> None:
        if self.dialog is not None:
            self.dialog.accept()
        self._session.notices.error(error)

    def _forget(self) -> None:
        self.dialog = None
