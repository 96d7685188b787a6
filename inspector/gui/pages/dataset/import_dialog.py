"""The import of a folder: what was recognised is shown first, then read, then told."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from inspector.core.layouts import LAYOUTS
from inspector.core.samples import Truth
from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.pages.dataset.filter_bar import Choice
from inspector.gui.pages.dataset.import_plan import ImportPlan, Preview, preview_folder
from inspector.gui.pages.dataset.import_preview import ImportPreview
from inspector.gui.pages.dataset.import_progress import ImportProgress, ImportRun
from inspector.gui.pages.dataset.import_report import ImportReport
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, column, icon_button, label, row
from inspector.project.importing import ImportSummary


class ImportDialog(QDialog):
    """Recognises a folder, shows it, and imports it into the open project or into a new one.

    Nothing is written before *Import*; a cancelled import leaves everything as it was. `open()` it.

    Args:
        session: Its project gets the images; without one, a project is made.
        folder: What to import.
        parent: The window.
    """

    def __init__(self, session: Session, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._folder = session, folder
        self._found: Preview | None = None
        self.setWindowTitle(self.tr("Import {folder}").format(folder=folder.name))
        self._run = ImportRun(session.background, self)
        self._run.finished.connect(self._report)
        self._run.failed.connect(self._fail)
        self.preview = ImportPreview()
        self.progress = ImportProgress(self._run)
        self._make_options()
        self._make_buttons()
        self._pages = QStackedWidget()
        self._looking = self._looking_page()
        self._showing = self._showing_page()
        for page in (self._looking, self._showing, self.progress):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.addWidget(self._pages)
        self.resize(em(self, 54), em(self, 36))
        self.finished.connect(self.deleteLater)
        self._look()

    def reject(self) -> None:
        """Escape while it imports cancels; the dialog goes when the thread has ended."""
        if self._run.is_running:
            self.progress.stop()
        else:
            super().reject()

    def done(self, result: int) -> None:
        self._task.cancel()
        self.preview.strip.close_threads()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._run.is_running:
            event.ignore()
            self.progress.stop()
        else:
            super().closeEvent(event)

    def _make_options(self) -> None:
        automatic = self.tr("Recognise by itself")
        entries = [(name, text.partition(":")[0]) for name, text in LAYOUTS.items()]
        self.layouts = Choice(self.tr("Layout"), [(None, automatic), *entries])
        self.layouts.currentIndexChanged.connect(lambda _: self._look())
        self.error = label("", "error", wrap=True)
        self.error.hide()
        self.assume_good = QCheckBox(self.tr("Take images of unknown truth as good"))
        self.assume_good.toggled.connect(lambda _: self._show_options())
        self.class_name = QLineEdit()
        self.class_name.setPlaceholderText(self.tr("One class for all images without one"))
        self.class_name.textChanged.connect(lambda _: self._show_options())
        self.place = QLineEdit(str(suggested_place(self._folder)))
        self.place.setAccessibleName(self.tr("Folder of the new project"))
        self._choose = icon_button("folder-open", self.tr("Choose where the project goes"))
        self._choose.clicked.connect(self._choose_place)

    def _make_buttons(self) -> None:
        self.import_button = button(self.tr("Import"), "primary")
        self.import_button.clicked.connect(self.start)
        self.import_button.setDefault(True)
        self.cancel_button = button(self.tr("Cancel"))
        self.cancel_button.clicked.connect(self.reject)

    def _looking_page(self) -> QWidget:
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setTextVisible(False)
        cancel = button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        text = self.tr("Looking at {folder}").format(folder=self._folder.name)
        return column(None, label(text, "title", wrap=True), bar, None, row(None, cancel))

    def _showing_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.error)
        layout.addWidget(self.preview, 1)
        self._form = QFormLayout()
        self._form.addRow(self.tr("Layout"), self.layouts)
        self._form.addRow(self.tr("Class"), self.class_name)
        self._form.addRow("", self.assume_good)
        place = QWidget()
        inside = QHBoxLayout(place)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.place, 1)
        inside.addWidget(self._choose)
        self._place_row = place
        self._form.addRow(self.tr("New project in"), place)
        layout.addLayout(self._form)
        layout.addWidget(row(None, self.cancel_button, self.import_button))
        self._form.setRowVisible(place, self._session.project is None)
        return page

    def _look(self) -> None:
        """Recognises the folder in the chosen layout."""
        folder, layout = self._folder, self.layouts.value
        self.import_button.setEnabled(False)
        if self._found is None:
            self._pages.setCurrentWidget(self._looking)

        def work(task: Task) -> Preview:
            return preview_folder(folder, layout)

        self._task = self._session.background.run(
            work, self._show, key=f"import.{id(self)}", failed=self._refuse
        )

    def _show(self, preview: Preview) -> None:
        self._found = preview
        self.error.hide()
        self.preview.setEnabled(True)
        self.preview.set_preview(preview, self._folder.resolve())
        self._form.setRowVisible(self.assume_good, preview.has_unknown)
        self._form.setRowVisible(self.class_name, preview.has_no_class)
        if preview.has_no_class and not self.class_name.text():
            self.class_name.setText(self._folder.name)
        self._show_options()
        number = len(preview.recognised.samples)
        self.import_button.setText(self.tr("Import {number} images").format(number=number))
        self.import_button.setEnabled(True)
        self._pages.setCurrentWidget(self._showing)
        self.import_button.setFocus()

    def _refuse(self, error: InspectorError) -> None:
        """The folder or the layout will not do; another layout may."""
        self.error.setText(str(error))
        self.error.show()
        self.preview.setEnabled(False)
        if self._found is None:
            for widget in (self.preview, self._place_row):
                widget.hide()
            for widget in (self.layouts, self.assume_good, self.class_name, self._place_row):
                self._form.setRowVisible(widget, False)
            self.import_button.hide()
            self.cancel_button.setText(self.tr("Close"))
        self._pages.setCurrentWidget(self._showing)

    def _show_options(self) -> None:
        self.preview.set_options(self.assume_good.isChecked(), self.class_name.text().strip())

    def _choose_place(self) -> None:
        start = str(Path(self.place.text()).parent)
        chosen = QFileDialog.getExistingDirectory(
            self, self.tr("Choose where the project goes"), start
        )
        if chosen:
            self.place.setText(str(Path(chosen) / Path(self.place.text()).name))

    def start(self) -> None:
        """Begins the import."""
        found, project = self._found, self._session.project
        if found is None or self._run.is_running:
            return
        plan = ImportPlan(
            self._folder,
            self.layouts.value,
            Truth.GOOD if found.has_unknown and self.assume_good.isChecked() else None,
            (self.class_name.text().strip() or None) if found.has_no_class else None,
        )
        self.progress.begin([self._folder])
        self._pages.setCurrentWidget(self.progress)
        if project is not None:
            self._run.start(project, [plan])
        else:
            self._run.start_anew(self._new_project(), plan)

    def _new_project(self) -> Path:
        return Path(self.place.text().strip()).expanduser()

    def _report(self, summaries: tuple[ImportSummary, ...] | None) -> None:
        if summaries is None:
            super().reject()
            return
        if self._session.project is None:
            self._session.open_project(self._new_project())
        else:
            self._session.library.reload_images()
        done = button(self.tr("Done"))
        done.clicked.connect(self.accept)
        train = button(self.tr("Train a model"), "primary")
        train.clicked.connect(self._go_train)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(ImportReport(summaries), 1)
        layout.addWidget(row(None, done, train))
        self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        train.setDefault(True)
        done.setFocus()
        if not any(summary.problems or summary.duplicates for summary in summaries):
            self.resize(em(self, 34), em(self, 12))

    def _go_train(self) -> None:
        self.accept()
        self._session.page_wanted.emit("train")

    def _fail(self, error: InspectorError) -> None:
        """Nothing was written; the person may choose otherwise and try again."""
        self.error.setText(str(error))
        self.error.show()
        self._pages.setCurrentWidget(self._showing)


def suggested_place(folder: Path) -> Path:
    """A project folder that does not exist yet, named after the folder of images."""
    home = platformdirs.user_documents_path() / "Inspector"
    name = folder.name or "images"
    place, number = home / name, 2
    while place.exists():
        place, number = home / f"{name} {number}", number + 1
    return place
