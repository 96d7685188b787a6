"""The main window: assembly only."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from inspector.gui.actions import ACTIONS, ActionRegistry
from inspector.gui.pages.page import Page
from inspector.gui.pages.registry import PAGES, make_page
from inspector.gui.session import Session
from inspector.gui.shell.commands import ShellCommands, end_typing
from inspector.gui.shell.rail import Rail
from inspector.gui.shell.status import StatusLine
from inspector.gui.shell.toasts import Toasts
from inspector.gui.shell.welcome import Welcome

_MENUS = (
    "file",
    "view",
    "go",
    "dataset",
    "train",
    "alignment",
    "review",
    "annotate",
    "models",
    "help",
)


class MainWindow(QMainWindow):
    """Puts rail, pages and status line together and shows the page that is asked for."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.registry = ActionRegistry(self, session)
        self.commands = ShellCommands(self, session, self.registry)
        self._pages: dict[str, Page] = {}
        self._current = ""
        self._stack = QStackedWidget()
        self._rail = Rail(self.registry)
        self._welcome = Welcome(session, self.registry)
        self._stack.addWidget(self._welcome)
        self._assemble()
        self.toasts = Toasts(self, session.notices)
        for entry in PAGES:
            self.registry.bind(f"go.{entry.name}", partial(self.show_page, entry.name))
        session.project_changed.connect(self._on_project)
        session.page_wanted.connect(self.show_page)
        session.images_wanted.connect(self._show_images)
        session.candidates.comparison_wanted.connect(self._compare_models)
        self._restore_layout()
        self._on_project()

    def show_page(self, name: str) -> None:
        """Shows a page; makes it where this is the first time."""
        if self.session.project is None:
            return
        if name not in self._pages:
            entry = next(entry for entry in PAGES if entry.name == name)
            self._pages[name] = page = make_page(entry, self.session, self.registry)
            self._stack.addWidget(page)
        if self._current and self._current != name:
            self._pages[self._current].deactivate()
        self._current = name
        page = self._pages[name]
        self._stack.setCurrentWidget(page)
        self._rail.set_current(name)
        self.registry.set_page(name)
        page.activate()
        page.main_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def current_page(self) -> str:
        """Name of the page that is shown; empty for the welcome."""
        return self._current

    def page(self, name: str) -> Page:
        """A page, made and shown where it was not yet."""
        self.show_page(name)
        return self._pages[name]

    def _assemble(self) -> None:
        central = QWidget()
        layout = QHBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._rail)
        layout.addWidget(self._stack, 1)
        self.setCentralWidget(central)
        self.setStatusBar(StatusLine(self.session, self.registry))
        self.setAcceptDrops(True)
        titles = {
            "file": self.tr("&File"),
            "view": self.tr("&View"),
            "go": self.tr("&Go"),
            "dataset": self.tr("&Dataset"),
            "train": self.tr("&Train"),
            "alignment": self.tr("&Alignment"),
            "review": self.tr("&Review"),
            "annotate": self.tr("A&nnotate"),
            "models": self.tr("&Models"),
            "help": self.tr("&Help"),
        }
        for name in _MENUS:
            menu = self.menuBar().addMenu(titles[name])
            for spec in ACTIONS:
                if spec.menu == name:
                    menu.addAction(self.registry.action(spec.id))

    def _on_project(self) -> None:
        project = self.session.project
        self._rail.setVisible(project is not None)
        if project is not None:
            self.setWindowTitle(f"{project.folder.name} – Inspector")
            self.show_page(self._current or PAGES[0].name)
        else:
            self.setWindowTitle("Inspector")
            if self._current:
                self._pages[self._current].deactivate()
            self._current = ""
            self._stack.setCurrentWidget(self._welcome)
            self.registry.set_page("")

    def _show_images(self, name: str, image_ids: list[int]) -> None:
        self.page(name).show_images(image_ids)

    def _compare_models(self, old: int, new: int) -> None:
        self.page("models").compare_models(old, new)

    def _restore_layout(self) -> None:
        geometry = self.session.preferences.bytes("window")
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            self.resize(1280, 800)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks first where a worker runs."""
        if not self.commands.may_leave_jobs():
            event.ignore()
            return
        end_typing()
        self.session.preferences.set_bytes("window", self.saveGeometry())
        self.session.preferences.save()
        self.session.close_project()
        self.session.background.wait()
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.toasts.place()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A project is opened, a folder of images imported."""
        for url in event.mimeData().urls():
            if url.isLocalFile():
                event.acceptProposedAction()
                self.commands.open_dropped(Path(url.toLocalFile()))
                return
