"""Writing verdicts to a CSV file: where to and which, then in the background."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.gui.background import Task
from inspector.gui.notify import NoticeAction
from inspector.gui.session import Session


class Exporter(QObject):
    """Asks for a file and writes it."""

    def __init__(self, window: QWidget, session: Session) -> None:
        super().__init__(window)
        self._window, self._session = window, session

    def ask(self, image_ids: Collection[int] | None) -> None:
        """Asks where to, then exports all verdicts, or those of some images."""
        project = self._session.project
        if project is None:
            return
        dialog = QFileDialog(self._window, self.tr("Export verdicts"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self.tr("CSV files (*.csv)"))
        dialog.setDefaultSuffix("csv")
        dialog.selectFile(str(project.reports_folder / "verdicts.csv"))
        dialog.fileSelected.connect(lambda name: self.write(Path(name), image_ids))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def write(
        self,
        file: Path,
        image_ids: Collection[int] | None,
        then: Callable[[int], object] | None = None,
    ) -> None:
        """Writes the file; tells how many verdicts it holds."""
        project = self._session.project
        if project is None:
            return

        def work(task: Task) -> int:
            with project.reopened() as own:
                return own.export_verdicts(file, image_ids)

        def done(count: int) -> None:
            self._session.notices.success(
                self.tr("Verdicts exported: {count}").format(count=count),
                str(file),
                NoticeAction(self.tr("Open folder"), lambda: _open_folder(file.parent)),
            )
            if then is not None:
                then(count)

        self._session.background.run(work, done)


def _open_folder(folder: Path) -> None:
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
