"""Looking for changes in the folders that were imported."""

from __future__ import annotations

from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from inspector.errors import InspectorError
from inspector.gui.pages.dataset.import_plan import ImportPlan
from inspector.gui.pages.dataset.import_progress import ImportProgress, ImportRun
from inspector.gui.pages.dataset.import_report import ImportReport
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, row
from inspector.project.importing import ImportSummary


class RefreshDialog(QDialog):
    """Imports every folder of the project again; what has not changed is not read again."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setWindowTitle(self.tr("Look for changes"))
        self._run = ImportRun(session.background, self)
        self._run.finished.connect(self._report)
        self._run.failed.connect(self._fail)
        self.progress = ImportProgress(self._run)
        self.finished.connect(self.deleteLater)
        self._layout = QVBoxLayout(self)
        self._layout.addWidget(self.progress)
        self.resize(em(self, 34), em(self, 14))
        project = session.project
        assert project is not None
        self._folders = [source.path for source in project.sources()]
        if self._folders:
            self.progress.begin(self._folders)
            plans = [ImportPlan(folder) for folder in self._folders]
            self._run.start(project, plans)
        else:
            self._report(())

    def reject(self) -> None:
        """Escape while it runs cancels; the dialog goes when the thread has ended."""
        if self._run.is_running:
            self.progress.stop()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._run.is_running:
            event.ignore()
            self.progress.stop()

    def _report(self, summaries: tuple[ImportSummary, ...] | None) -> None:
        self._session.library.reload_images()
        if summaries is None:
            super().reject()
            return
        self.progress.hide()
        self._layout.addWidget(ImportReport(summaries), 1)
        done = button(self.tr("Done"), "primary")
        done.clicked.connect(self.accept)
        self._layout.addWidget(row(None, done))
        done.setFocus()
        if any(summary.problems or summary.duplicates for summary in summaries):
            self.resize(em(self, 44), em(self, 28))

    def _fail(self, error: InspectorError) -> None:
        self._session.library.reload_images()
        self._session.notices.error(error)
        super().reject()
