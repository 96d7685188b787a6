"""What the window can do whatever page is shown: projects, appearance, jobs, help."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow, QWidget

from inspector.errors import InspectorError
from inspector.gui.actions import ActionRegistry
from inspector.gui.demo import Demo, default_folder
from inspector.gui.preferences import ZOOM_STEP, Preferences
from inspector.gui.session import Session, locked
from inspector.gui.shell.jobs_popover import JobsPopover
from inspector.gui.shell.leaving import Leaving, LeavingDialog
from inspector.gui.shell.measuring import Measuring
from inspector.gui.shell.new_project import NewProjectDialog, documents
from inspector.project.paths import DATABASE
from inspector.project.project import Project

_IMPORT_DIALOG = "inspector.gui.pages.dataset.import_dialog:ImportDialog"
_IMAGES_PLACE, _PROJECTS_PLACE = "images_place", "projects_place"


class ShellCommands(QObject):
    """Binds the actions that belong to no page, and those of the running job.

    Args:
        window: The main window.
        session: What the commands act on.
        registry: The actions.
    """

    def __init__(self, window: QMainWindow, session: Session, registry: ActionRegistry) -> None:
        super().__init__(window)
        self._window, self._session, self._registry = window, session, registry
        self.demo = Demo(window, session)
        self.measuring = Measuring(session, self)
        bindings: dict[str, Callable[[], object]] = {
            "file.new": self.new_project,
            "file.open": self.choose_project,
            "file.import": self.import_folder,
            "file.demo": self.open_demo,
            "file.close": self.close_project,
            "file.preferences": self.show_preferences,
            "file.quit": window.close,
            "view.theme": self.switch_theme,
            "view.larger": lambda: self.change_zoom(ZOOM_STEP),
            "view.smaller": lambda: self.change_zoom(-ZOOM_STEP),
            "view.usual": self.usual_zoom,
            "view.full_screen": self.full_screen,
            "view.notices": self.show_notices,
            "view.jobs": self.show_jobs,
            "help.commands": self.show_palette,
            "help.shortcuts": self.show_shortcuts,
            "help.bench": self.measuring.start,
            "help.about": self.show_about,
            "jobs.finish_early": self.finish_early,
            "jobs.cancel": self.cancel_job,
        }
        for action_id, handler in bindings.items():
            registry.bind(action_id, handler)

    def may_leave_jobs(self) -> bool:
        """Asks what becomes of a running job; False where the user goes back."""
        jobs = self._session.jobs
        job = jobs.current
        if job is None:
            return True
        dialog = LeavingDialog(self._window, job, len(jobs.waiting))
        jobs.finished.connect(dialog.reject)  # meanwhile it may end by itself
        dialog.exec()
        dialog.deleteLater()
        if jobs.current is None:
            return True
        if dialog.answer is Leaving.CANCEL:
            jobs.cancel(job)
        if dialog.answer is not Leaving.STAY:
            jobs.leave_running()
        return dialog.answer is not Leaving.STAY

    def new_project(self) -> None:
        """Asks for name and place, then makes a project and opens it."""
        dialog = NewProjectDialog(self._window, self._session.preferences)
        dialog.accepted.connect(lambda: self._create(dialog.folder))
        dialog.open()

    def choose_project(self) -> None:
        """Asks for a project folder and opens it."""
        folder = self._ask_folder(_PROJECTS_PLACE, self.tr("Open project"))
        if folder is not None:
            self.open_project(folder)

    def open_project(self, folder: Path) -> None:
        """Opens a project instead of the present one."""
        present = self._session.project
        if present is not None and present.folder == folder.resolve():
            return
        # Known before a job is given up for a project that does not open.
        if self._session.jobs.current is not None and not self._opens(folder):
            return
        if self.may_leave_jobs():
            end_typing()
            self._session.open_project(folder)

    def import_folder(self, path: Path | None = None) -> None:
        """Leads to the import of a folder of images; asks for the folder where none is given."""
        folder = path or self._ask_folder(_IMAGES_PLACE, self.tr("Open folder of images"))
        if folder is None:
            return
        module, _, name = _IMPORT_DIALOG.partition(":")
        dialog_class: Any = getattr(importlib.import_module(module), name)
        dialog_class(self._session, folder, self._window).open()

    def open_dropped(self, path: Path) -> None:
        """Something was dropped on the window: a project is opened, images are imported."""
        folder = path if path.is_dir() else path.parent
        if path.is_file() and path.name != DATABASE and not _is_image(path):
            self._session.notices.error(
                InspectorError(
                    self.tr("Inspector cannot open “{name}”.").format(name=path.name),
                    self.tr("Drop a project folder or a folder of images."),
                )
            )
        elif Project.is_project(folder):
            self.open_project(folder)
        else:
            self.import_folder(folder)

    def open_demo(self) -> None:
        """Opens the demo, and makes first what it lacks."""
        present = self._session.project
        is_demo = present is not None and present.folder == default_folder().resolve()
        is_made = Project.is_project(default_folder())
        is_leaving = not is_demo and self._session.jobs.current is not None
        if is_leaving and is_made and not self._opens(default_folder()):
            return
        if is_demo or self.may_leave_jobs():
            end_typing()
            self.demo.start()

    def close_project(self) -> None:
        """Back to the welcome."""
        if self.may_leave_jobs():
            end_typing()
            self._session.close_project()

    def show_preferences(self) -> None:
        """Opens the preferences."""
        from inspector.gui.shell.preferences_dialog import PreferencesDialog

        PreferencesDialog(self._window, self._session.preferences).open()

    def switch_theme(self) -> None:
        """From light to dark or back."""
        preferences = self._session.preferences
        preferences.theme = "dark" if preferences.theme == "light" else "light"

    def change_zoom(self, step: float) -> None:
        """Larger or smaller type everywhere."""
        self._session.preferences.zoom += step

    def usual_zoom(self) -> None:
        """Type in its usual size."""
        self._session.preferences.zoom = 1.0

    def full_screen(self) -> None:
        """As the action is checked."""
        state, full = self._window.windowState(), Qt.WindowState.WindowFullScreen
        checked = self._registry.action("view.full_screen").isChecked()
        self._window.setWindowState(state | full if checked else state & ~full)

    def show_notices(self) -> None:
        """Opens the list of notices."""
        from inspector.gui.shell.notices_list import NoticesList

        NoticesList(self._window, self._session.notices).open()

    def show_jobs(self) -> JobsPopover:
        """Opens the list of jobs."""
        popover = JobsPopover(self._window, self._session.jobs)
        popover.open(popover.panel)
        return popover

    def show_palette(self) -> None:
        """Opens the command palette."""
        from inspector.gui.shell.palette import CommandPalette

        palette = CommandPalette(self._window, self._session, self._registry, self.open_project)
        palette.open(palette.search)

    def show_shortcuts(self) -> None:
        """Opens the shortcut sheet."""
        from inspector.gui.shell.shortcuts import ShortcutSheet

        sheet = ShortcutSheet(self._window, self._registry)
        sheet.open(sheet.search)

    def show_about(self) -> None:
        """Opens what this program is."""
        from inspector.gui.shell.about import AboutDialog

        AboutDialog(self._window).open()

    def finish_early(self) -> None:
        """Ends the stage under way and keeps what is learned."""
        job = self._session.jobs.current
        if job is not None:
            self._session.jobs.finish_early(job)

    def cancel_job(self) -> None:
        """Asks in the list of jobs whether the running one is to be discarded."""
        self.show_jobs().ask_cancel()

    def _opens(self, folder: Path) -> bool:
        """Whether a project can be opened; says why where it cannot."""
        try:
            with Project.open(folder) as project:
                locked(project.folder).unlock()
        except InspectorError as error:
            self._session.notices.error(error)
            return False
        return True

    def _create(self, folder: Path) -> None:
        if self._session.jobs.current is None:
            end_typing()
            self._session.create_project(folder)
            return
        try:  # before a job is given up for a project that cannot be made
            Project.create(folder).close()
        except InspectorError as error:
            self._session.notices.error(error)
            return
        if self.may_leave_jobs():
            end_typing()
            self._session.open_project(folder)
        else:
            self._session.preferences.add_recent(folder)
            self._session.notices.info(
                self.tr("The project {name} is made.").format(name=folder.name),
                self.tr("Open it when the job is done."),
            )

    def _ask_folder(self, place: str, title: str) -> Path | None:
        """A folder of the user's choice; the dialog begins where the last one ended."""
        return ask_folder(self._window, title, self._session.preferences, place)


def end_typing() -> None:
    """What is being typed is taken over, as when the keyboard goes elsewhere."""
    focused = QApplication.focusWidget()
    if focused is not None:
        focused.clearFocus()


def ask_folder(parent: QWidget, title: str, preferences: Preferences, place: str) -> Path | None:
    """A folder of the user's choice, None where there was none.

    Args:
        parent: Over which the dialog stands.
        title: Of the dialog.
        preferences: Remember where the dialog ended.
        place: Under this name.
    """
    begin = preferences.text(place, str(documents()))
    chosen = QFileDialog.getExistingDirectory(parent, title, begin)
    if not chosen:
        return None
    preferences.set_text(place, str(Path(chosen).parent))
    return Path(chosen)


def _is_image(file: Path) -> bool:
    from inspector.core.imagefiles import IMAGE_SUFFIXES

    return file.suffix.lower() in IMAGE_SUFFIXES
