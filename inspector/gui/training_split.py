"""The long-tailed split that new trainings of the open project take, if there is one."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject, Signal

from inspector.core.longtail import Kind
from inspector.errors import InspectorError
from inspector.gui.background import Background, Task
from inspector.gui.library import Library
from inspector.gui.notify import NoticeAction, Notices
from inspector.project.kept_splits import put_in_force, split_file, split_in_force, take_off
from inspector.project.project import Project
from inspector.project.splits import SplitFile, check_fit, read_split, training_images


@dataclass(frozen=True, slots=True)
class _Found:
    """What a look at the file found: the split, or why it cannot be used."""

    split: SplitFile | None = None
    problem: str = ""


class TrainingSplit(QObject):
    """Puts splits in force and takes them off; looks again whether it fits when images change.

    It changes neither images nor scores, only what a training that is asked for from now on learns
    from.
    """

    changed = Signal()

    def __init__(
        self, background: Background, library: Library, notices: Notices, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._background, self._library, self._notices = background, library, notices
        self._project: Project | None = None
        self._found = _Found()
        self.name = ""
        library.images_changed.connect(self._look)

    @property
    def split(self) -> SplitFile | None:
        """The split in force; None without one, while it is being read, and where it does not fit
        the images."""
        return self._found.split

    @property
    def problem(self) -> str:
        """Why trainings cannot take the split in force; empty where they can."""
        return self._found.problem

    def set_project(self, project: Project | None) -> None:
        """Follows another project."""
        self._project = project
        self._show(split_in_force(project) if project is not None else "", _Found())
        self._look()

    def put_in_force(self, split: SplitFile) -> bool:
        """Lets new trainings take this split; says so where it cannot be kept."""
        if self._project is None:
            return False
        try:
            name = put_in_force(self._project, split)
        except InspectorError as error:
            self._notices.error(error)
            return False
        self._show(name, _Found(split))
        self._look()  # an import may have ended since the split was drawn
        return True

    def take_off(self) -> None:
        """Lets new trainings take all images again; a notice offers to undo it."""
        split, project, name = self.split, self._project, self.name
        if project is None or not name:
            return
        try:
            take_off(project)
        except InspectorError as error:
            self._notices.error(error)
            return
        self._show("", _Found())
        self._notices.info(
            self.tr("The long-tailed split is off: new trainings learn from all normal images."),
            "",
            *([self._way_back(project, split)] if split is not None else []),
        )

    def _way_back(self, project: Project, split: SplitFile) -> NoticeAction:
        def put_back() -> None:
            if self._project is project:
                self.put_in_force(split)

        return NoticeAction(self.tr("Put it back"), put_back)

    def _show(self, name: str, found: _Found) -> None:
        self.name, self._found = name, found
        self.changed.emit()

    def _look(self) -> None:
        project, name, columns = self._project, self.name, self._library.images
        if project is None or not name or self._library.is_loading:
            return
        file = split_file(project, name)

        def work(task: Task) -> _Found:
            try:
                split = read_split(file)
                check_fit(split, training_images(columns))
            except InspectorError as error:
                return _Found(problem=f"{error.message} {error.hint}")
            return _Found(split)

        def done(found: _Found) -> None:
            if self._project is project and self.name == name and found != self._found:
                self._show(name, found)

        self._background.run(work, done, key="split.fit")


def kind_title(kind: Kind) -> str:
    """A kind of split for people."""
    if kind == "exp":
        return QCoreApplication.translate("TrainingSplit", "Exponential")
    return QCoreApplication.translate("TrainingSplit", "Step")


def split_title(split: SplitFile) -> str:
    """ "Exponential, β = 10, seed 0"."""
    return QCoreApplication.translate("TrainingSplit", "{kind}, β = {beta}, seed {seed}").format(
        kind=kind_title(split.kind), beta=f"{split.beta:g}", seed=split.seed
    )


def kept_text(split: SplitFile) -> str:
    """How many of the images to learn from a split keeps."""
    return QCoreApplication.translate("TrainingSplit", "{kept} of {available} images").format(
        kept=sum(split.counts.values()), available=sum(split.available.values())
    )
