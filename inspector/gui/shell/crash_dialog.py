"""What people see of a bug."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QVBoxLayout,
)

from inspector.gui.main_window import MainWindow
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, button, label

_EXIT_BUG = 70
_REPORTS_SHOWN = 5


class CrashDialog(QDialog):
    """One for all errors in a row: what happened, that the data are safe, a report, a way on."""

    def __init__(self, window: MainWindow, what: str, log_folder: Path) -> None:
        super().__init__(window)
        self._window, self._log_folder = window, log_folder
        self._count = 0
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Something went wrong"))
        self._title = label(self.tr("Something went wrong in Inspector"), "title", wrap=True)
        safe = self.tr(
            "This is a bug, not your doing. Verdicts, models and images are safe on disk, and a "
            "running job goes on. You can continue; if something looks odd, quit and start again."
        )
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setTabChangesFocus(True)
        self.report.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.report.setAccessibleName(self.tr("Report"))
        self.copy = button(self.tr("Copy report"), "", "copy")
        self.copy.clicked.connect(self._copy)
        folder = button(self.tr("Open log folder"), "", "folder-open")
        folder.clicked.connect(self._open_folder)
        self.quit = button(self.tr("Quit"))
        self.quit.clicked.connect(self._quit)
        self.go_on = button(self.tr("Continue"), "primary")
        self.go_on.setDefault(True)
        self.go_on.clicked.connect(self.accept)
        head = QHBoxLayout()
        head.setSpacing(em(self, 0.8))
        head.addWidget(IconLabel("error", "ng", 2), 0, Qt.AlignmentFlag.AlignTop)
        texts = QVBoxLayout()
        texts.addWidget(self._title)
        texts.addWidget(label(what, wrap=True, selectable=True))
        texts.addWidget(label(safe, "muted", wrap=True))
        head.addLayout(texts, 1)
        foot = QHBoxLayout()
        for widget in (self.copy, folder):
            foot.addWidget(widget)
        foot.addStretch(1)
        for widget in (self.quit, self.go_on):
            foot.addWidget(widget)
        layout = QVBoxLayout(self)
        gap = em(self, 1.2)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.8))
        layout.addLayout(head)
        layout.addWidget(self.report, 1)
        layout.addLayout(foot)
        self.resize(em(self, 42), em(self, 25))
        self.go_on.setFocus()

    def add(self, report: str) -> None:
        """One more error; after a few only their number grows."""
        self._count += 1
        if self._count > 1:
            self._title.setText(
                self.tr("Something went wrong in Inspector, %n times", "", self._count)
            )
        if self._count <= _REPORTS_SHOWN:
            mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
            mono.setPointSizeF(self.font().pointSizeF())
            self.report.setFont(mono)
            self.report.appendPlainText(report if self._count == 1 else f"\n{'─' * 40}\n\n{report}")

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.report.toPlainText())
        self.copy.setText(self.tr("Copied"))

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._log_folder)))

    def _quit(self) -> None:
        """Not by closing the window: that may be what fails."""
        self._window.session.jobs.leave_running()
        self._window.session.preferences.save()
        QCoreApplication.exit(_EXIT_BUG)
