"""Asks for the name and the place of a new project."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.preferences import Preferences
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, label

_PLACE = "new_project_place"


def documents() -> Path:
    """The user's documents, else the home folder."""
    kind = QStandardPaths.StandardLocation.DocumentsLocation
    return Path(QStandardPaths.writableLocation(kind) or Path.home())


class NewProjectDialog(QDialog):
    """Name and place, checked while they are typed; `folder` is what was chosen."""

    def __init__(self, window: QWidget, preferences: Preferences) -> None:
        super().__init__(window)
        self._preferences = preferences
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("New project"))
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("For example “Line 3”"))
        self.name.setAccessibleName(self.tr("Name"))
        self.place = QLineEdit(preferences.text(_PLACE, str(documents())))
        self.place.setAccessibleName(self.tr("Place"))
        self.place.setMinimumWidth(em(self, 24))
        choose = button(self.tr("Choose…"))
        choose.clicked.connect(self._choose)
        self.note = label("", "muted", wrap=True)
        self.note.setMinimumHeight(em(self, 2.2))
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.make = button(self.tr("Create project"), "primary")
        self.make.setDefault(True)
        self.make.clicked.connect(self.accept)
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        grid = QGridLayout()
        grid.setHorizontalSpacing(em(self, 0.8))
        grid.setVerticalSpacing(em(self, 0.5))
        grid.addWidget(label(self.tr("Name")), 0, 0)
        grid.addWidget(self.name, 0, 1, 1, 2)
        grid.addWidget(label(self.tr("Place")), 1, 0)
        grid.addWidget(self.place, 1, 1)
        grid.addWidget(choose, 1, 2)
        grid.addWidget(self.note, 2, 1, 1, 2)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.make)
        layout = QVBoxLayout(self)
        gap = em(self, 1.2)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.addLayout(grid)
        layout.addLayout(foot)
        self.name.textChanged.connect(self._check)
        self.place.textChanged.connect(self._check)
        self._check()
        self.name.setFocus()

    @property
    def folder(self) -> Path:
        """The project folder that would be made."""
        return Path(self.place.text().strip()).expanduser() / self.name.text().strip()

    def accept(self) -> None:
        """Remembers the place for the next time."""
        self._preferences.set_text(_PLACE, self.place.text().strip())
        super().accept()

    def _choose(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, self.tr("Place of the project"), self.place.text()
        )
        if chosen:
            self.place.setText(chosen)

    def _check(self) -> None:
        problem = self._problem()
        self.make.setEnabled(not problem and bool(self.name.text().strip()))
        wrong = bool(problem)
        self.note.setProperty("role", "error" if wrong else "muted")
        self.note.style().polish(self.note)
        if wrong or not self.name.text().strip():
            self.note.setText(problem)
        else:
            self.note.setText(self.tr("Makes the folder {path}").format(path=self.folder))

    def _problem(self) -> str:
        """What is wrong, in a sentence; empty where nothing is."""
        name, place = self.name.text().strip(), self.place.text().strip()
        if not name:
            return ""
        if any(letter in name for letter in '/\\:*?"<>|') or name in (".", ".."):
            return self.tr('A name cannot contain any of / \\ : * ? " < > |')
        if not place or not Path(place).expanduser().is_absolute():
            return self.tr("Give the whole path of the place.")
        folder = self.folder
        if folder.is_file():
            return self.tr("There is a file of this name.")
        try:
            if folder.is_dir() and any(folder.iterdir()):
                return self.tr("There is a folder of this name already, and it is not empty.")
        except OSError:
            return self.tr("This folder cannot be read.")
        return ""
