"""Copies the picture and writes it, or the data, to a file that the person names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage, QImageWriter
from PySide6.QtWidgets import QFileDialog, QMainWindow, QWidget

from inspector.core.distributions import ScoreSet, as_csv
from inspector.core.files import write_atomically
from inspector.core.words import metric
from inspector.errors import InspectorError
from inspector.gui.actions import ActionRegistry
from inspector.gui.notify import NoticeAction
from inspector.gui.pages.alignment.numbers import Numbers
from inspector.gui.pages.alignment.plots_view import PlotsView
from inspector.gui.session import Session
from inspector.gui.shell.new_project import documents

_FOLDER = "alignment.export_folder"

_Write = Callable[[], object]
"""Writes a file, in a thread; raises InspectorError where it cannot."""


class Exports(QObject):
    """Asks for the file, writes it, and says where it lies.

    Args:
        parent: Over which the dialog is shown.
        session: Remembers the folder, and is told of success and errors.
        plots: What a picture shows.

    Attributes:
        score_set: The data; None while there is nothing of the active model to export.
        numbers: The metrics, written below the titles of a picture.
    """

    def __init__(self, parent: QWidget, session: Session, plots: PlotsView) -> None:
        super().__init__(parent)
        self._parent, self._session, self._plots = parent, session, plots
        self.score_set: ScoreSet | None = None
        self.numbers: Numbers | None = None

    def bind(self, actions: ActionRegistry) -> None:
        """Takes over the page's actions that copy and export."""
        actions.bind("alignment.copy", self.copy)
        actions.bind("alignment.png", self.save_png)
        actions.bind("alignment.svg", self.save_svg)
        actions.bind("alignment.csv", self.save_csv)

    def show(self, score_set: ScoreSet) -> None:
        """Other scores are shown; their metrics are not there yet."""
        self.score_set, self.numbers = score_set, None

    def clear(self) -> None:
        """Nothing is shown that is of the active model: there is nothing to export."""
        self.score_set = self.numbers = None

    def copy(self) -> None:
        """Puts the picture on the clipboard."""
        if self.score_set is None:
            self._refuse()
            return
        QGuiApplication.clipboard().setImage(self._plots.picture(self._subtitles()))
        self._session.notices.success(self.tr("The picture is on the clipboard."))

    def save_png(self) -> None:
        """Writes the picture as pixels."""

        def made(file: Path) -> _Write:
            picture = self._plots.picture(self._subtitles())
            return lambda: _png(file, picture)

        self._save(".png", self.tr("Pictures (*.png)"), made)

    def save_svg(self) -> None:
        """Writes the picture as a drawing."""

        def made(file: Path) -> _Write:
            self._plots.write_svg(file, self._subtitles())  # a widget paints on no other thread
            return lambda: None

        self._save(".svg", self.tr("Drawings (*.svg)"), made)

    def save_csv(self) -> None:
        """Writes the scores as a table."""
        score_set = self.score_set

        def made(file: Path) -> _Write:
            assert score_set is not None
            return lambda: write_atomically(file, as_csv(score_set).encode())

        self._save(".csv", self.tr("Tables (*.csv)"), made)

    def _subtitles(self) -> tuple[str, str]:
        """Below the titles of a picture, where no numbers stand beside it."""
        if self.numbers is None:
            return "", ""
        raw, aligned = (
            self.tr("AUROC {0} · AP {1} · F1-max {2}").format(
                metric(side.auroc), metric(side.ap), metric(side.f1)
            )
            for side in (self.numbers.raw, self.numbers.aligned)
        )
        return raw, aligned

    def _refuse(self) -> None:
        window = self._parent.window()
        if isinstance(window, QMainWindow):
            text = self.tr("There is nothing to export yet: the scores are not there.")
            window.statusBar().showMessage(text)

    def _save(self, suffix: str, kind: str, made: Callable[[Path], _Write]) -> None:
        """Asks for the file, paints here what needs a widget, and writes in the background."""
        score_set = self.score_set
        if score_set is None:
            self._refuse()
            return
        model = self._session.scale.model
        name = f"alignment {model.name}" if model is not None else "alignment"
        preferences = self._session.preferences
        folder = Path(preferences.text(_FOLDER) or documents())
        chosen, _ = QFileDialog.getSaveFileName(
            self._parent, self.tr("Export"), str(folder / f"{name}{suffix}"), kind
        )
        if not chosen:
            return
        if self.score_set is not score_set:  # while the dialog was open
            self._refuse()
            return
        file = Path(chosen)
        if file.suffix.lower() != suffix:
            file = file.with_name(file.name + suffix)
        try:
            write = made(file)
        except InspectorError as error:
            self._session.notices.error(error)
            return
        self._session.background.run(lambda task: write(), lambda _: self._say_written(file))

    def _say_written(self, file: Path) -> None:
        self._session.preferences.set_text(_FOLDER, str(file.parent))
        show = NoticeAction(
            self.tr("Show folder"),
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(file.parent))),
        )
        self._session.notices.success(self.tr("Written: {file}").format(file=file.name), "", show)


def _png(file: Path, picture: QImage) -> None:
    """Writes a PNG file, or leaves the one that is there as it is.

    Raises:
        InspectorError: The file cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(picture)
    write_atomically(file, bytes(buffer.data().data()))
