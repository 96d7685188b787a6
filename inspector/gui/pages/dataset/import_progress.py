"""An import under way: how far, how fast, how long still, and the button that ends it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QProgressBar, QVBoxLayout, QWidget

from inspector.errors import InspectorError
from inspector.gui.background import Background
from inspector.gui.pages.dataset.import_plan import ImportPlan, carry_out, carry_out_anew
from inspector.gui.widgets.basics import button, label, row
from inspector.project.importing import ImportSummary
from inspector.project.project import Project


class ImportRun(QObject):
    """Carries out plans in a thread and tells how it goes."""

    progressed = Signal(int, int, int)  # number of the plan, images done, images in all
    finished = Signal(object)  # tuple of ImportSummary, None where it was cancelled
    failed = Signal(object)  # InspectorError

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._stop = threading.Event()
        self.is_running = False

    def start(self, project: Project, plans: Sequence[ImportPlan]) -> None:
        """Begins to import into an open project."""
        stop, tell = self._stop, self.progressed.emit
        self._begin(lambda: carry_out(project.reopened, plans, stop, tell))

    def start_anew(self, folder: Path, plan: ImportPlan) -> None:
        """Begins to import into a project that is to be made."""
        stop, tell = self._stop, self.progressed.emit
        self._begin(lambda: carry_out_anew(folder, plan, stop, tell))

    def _begin(self, work: Callable[[], tuple[ImportSummary, ...] | None]) -> None:
        self._stop.clear()
        self.is_running = True

        def done(result: tuple[ImportSummary, ...] | None) -> None:
            self.is_running = False
            self.finished.emit(result)

        def failed(error: InspectorError) -> None:
            self.is_running = False
            self.failed.emit(error)

        self._background.run(lambda task: work(), done, failed=failed)

    def cancel(self) -> None:
        """Ends it at the next image; `finished` tells."""
        self._stop.set()


class ImportProgress(QWidget):
    """Shows a run."""

    def __init__(self, run: ImportRun, folders: Sequence[Path] = ()) -> None:
        super().__init__()
        self._run = run
        self._folders = list(folders)
        self._began = time.monotonic()
        self._number = 0
        self._title = label("", "title", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 0)
        self._text = label(self.tr("Looking at the folder…"), "muted")
        self.cancel = button(self.tr("Cancel"))
        self.cancel.clicked.connect(self.stop)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        for widget in (self._title, self._bar, self._text):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(row(None, self.cancel))
        run.progressed.connect(self._show)

    def begin(self, folders: Sequence[Path]) -> None:
        """A run over these folders begins now."""
        self._folders = list(folders)
        self._began, self._number = time.monotonic(), 0
        self._bar.setRange(0, 0)
        self._text.setText(self.tr("Looking at the folder…"))
        self.cancel.setEnabled(True)
        self._name_folder()

    def stop(self) -> None:
        """Asks the run to end."""
        self.cancel.setEnabled(False)
        self._text.setText(self.tr("Cancelling; the project stays as it was…"))
        self._run.cancel()

    def _name_folder(self) -> None:
        folder = self._folders[self._number]
        self._title.setText(self.tr("Importing {folder}").format(folder=folder.name))
        self._title.setToolTip(str(folder))

    def _show(self, number: int, done: int, total: int) -> None:
        if not self.cancel.isEnabled():
            return
        if number != self._number:
            self._number, self._began = number, time.monotonic()
            self._name_folder()
        self._bar.setRange(0, max(total, 1))
        self._bar.setValue(done)
        seconds = time.monotonic() - self._began
        if done == total:
            self._text.setText(self.tr("Writing to the project…"))
        elif seconds < 0.5 or done == 0:
            self._text.setText(self.tr("{done} of {total}").format(done=done, total=total))
        else:
            rate = done / seconds
            self._text.setText(
                self.tr("{done} of {total} · {rate} images per second · {left} left").format(
                    done=done, total=total, rate=f"{rate:.0f}", left=_lasting((total - done) / rate)
                )
            )


def _lasting(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
