"""A long-tailed split: shown as the class chart that it makes, then put in force or not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.notify import NoticeAction
from inspector.gui.pages.dataset.class_chart import ClassChart
from inspector.gui.pages.dataset.class_counts import ClassCounts, counts_of
from inspector.gui.pages.dataset.split_form import Asked, SplitForm
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.training_split import kept_text
from inspector.gui.widgets.basics import button, column, label, row
from inspector.project.splits import (
    SplitFile,
    check_fit,
    draw_split,
    read_split,
    training_images,
    write_split,
)

_FOLDER = "dataset.split_folder"
_KEY = "dataset.split"

Images = Mapping[str, frozenset[str]]


class SplitDialog(QDialog):
    """Draws, loads and saves splits. Nothing is changed before *Apply*. `open()` it.

    Attributes:
        split: What is shown; None while it is drawn, and where there is none.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._images: Images | None = None
        self._task: Task | None = None
        self.split: SplitFile | None = None
        self.setWindowTitle(self.tr("Long-tailed split"))
        self.form = SplitForm()
        self.form.asked.connect(self._draw)
        self.chart = ClassChart()
        self.chart.numbers.setText(self.tr("kept / there are"))
        self.summary = label("", "headline", wrap=True)
        self.reached = label("", "muted", wrap=True)
        self.error = label("", "error", wrap=True)
        self.load = button(self.tr("Load file…"), icon_name="folder-open")
        self.save = button(self.tr("Save file…"), icon_name="save")
        self.take_off = button(self.tr("Take off"))
        self.apply = button(self.tr("Apply"), "primary")
        self.cancel = button(self.tr("Cancel"))
        self._assemble()
        self._connect()
        self.resize(em(self, 52), em(self, 40))
        self._begin()

    def _assemble(self) -> None:
        self.load.setToolTip(self.tr("A split file of this window or of `inspector split`"))
        self.save.setToolTip(self.tr("For another project with the same images, or for later"))
        self.take_off.setToolTip(self.tr("New trainings learn from all normal images again"))
        self.take_off.setVisible(bool(self._session.split.name))
        self.apply.setDefault(True)
        for made in (self.load, self.save, self.take_off, self.cancel):
            made.setAutoDefault(False)
        about = label(
            self.tr(
                "Trains on many images of some classes and few of others, as lines really make "
                "them. Your images stay as they are, and every test image stays a test image."
            ),
            "muted",
            wrap=True,
        )
        files = row(self.load, self.save, None)
        left = column(self.form, files, None, spacing=0.8)
        left.setMaximumWidth(em(self, 21))
        right = column(self.summary, self.reached, self.error, self.chart, spacing=0.3)
        inside = right.layout()
        assert isinstance(inside, QVBoxLayout)
        inside.setStretch(3, 1)
        sides = QHBoxLayout()
        sides.setSpacing(em(self, 1.2))
        sides.addWidget(left, 2)
        sides.addWidget(right, 3)
        layout = QVBoxLayout(self)
        layout.setSpacing(em(self, 0.8))
        layout.addWidget(about)
        layout.addLayout(sides, 1)
        layout.addWidget(row(self.take_off, None, self.cancel, self.apply))

    def _connect(self) -> None:
        self.load.clicked.connect(self._load)
        self.save.clicked.connect(self._save)
        self.take_off.clicked.connect(self._take_off)
        self.cancel.clicked.connect(self.reject)
        self.apply.clicked.connect(self._apply)
        self.finished.connect(self.deleteLater)

    def _begin(self) -> None:
        """Shows the split in force, or draws one."""
        in_force = self._session.split.split
        if in_force is not None:
            self.form.show_split(in_force)
            self._show(in_force)
        else:
            self._draw(self.form.value)

    def done(self, result: int) -> None:
        if self._task is not None:
            self._task.cancel()
        super().done(result)

    def _draw(self, asked: Asked) -> None:
        known, columns = self._images, self._session.library.images
        self.split = None  # Return in a field commits its value and then presses the default button
        self._enable()

        def work(task: Task) -> tuple[Images, SplitFile]:
            images = training_images(columns) if known is None else known
            return images, draw_split(images, asked.kind, asked.beta, asked.seed)

        def done(found: tuple[Images, SplitFile]) -> None:
            self._images, split = found
            self._show(split)

        self._task = self._session.background.run(work, done, key=_KEY, failed=self._refuse)

    def _show(self, split: SplitFile) -> None:
        self.split = split
        self.error.hide()
        self.chart.set_counts(counts_of(split))
        self.summary.setText(self.tr("Kept: {what} to learn from").format(what=kept_text(split)))
        most, fewest = max(split.counts.values()), min(split.counts.values())
        text = self.tr("{most} images of the largest class, {fewest} of the smallest: β = {beta}")
        text = text.format(most=most, fewest=fewest, beta=f"{most / fewest:.3g}")
        if most / fewest < 0.9 * split.beta:
            text = self.tr("{text}. There are too few images for β = {asked}.").format(
                text=text, asked=f"{split.beta:g}"
            )
        self.reached.setText(text)
        self._enable()

    def _refuse(self, error: InspectorError) -> None:
        self.split = None
        self.error.setText(f"{error.message} {error.hint}")
        self.error.show()
        self.chart.set_counts(ClassCounts())
        for text in (self.summary, self.reached):
            text.clear()
        self._enable()

    def _enable(self) -> None:
        self.save.setEnabled(self.split is not None)
        self.apply.setEnabled(self.split is not None and self.split != self._session.split.split)

    def _load(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, self.tr("Load a split"), self._folder(), self.tr("Split files (*.json)")
        )
        if not chosen:
            return
        file, columns = Path(chosen), self._session.library.images

        def work(task: Task) -> SplitFile:
            split = read_split(file)
            check_fit(split, training_images(columns))
            return split

        def done(split: SplitFile) -> None:
            self.form.show_split(split)
            self._show(split)

        self._session.preferences.set_text(_FOLDER, str(file.parent))
        self._task = self._session.background.run(work, done, key=_KEY, failed=self._refuse)

    def _save(self) -> None:
        split = self.split
        if split is None:
            return
        name = f"split-{split.kind}-{split.beta:g}-{split.seed}.json"
        chosen, _ = QFileDialog.getSaveFileName(
            self,
            self.tr("Save the split"),
            str(Path(self._folder()) / name),
            self.tr("Split files (*.json)"),
        )
        if not chosen:
            return
        file = Path(chosen)
        if file.suffix.lower() != ".json":
            file = file.with_name(f"{file.name}.json")
        try:
            write_split(file, split)
        except InspectorError as error:
            self._session.notices.error(error)
            return
        self._session.preferences.set_text(_FOLDER, str(file.parent))
        self._session.notices.success(self.tr("Written: {file}").format(file=file.name))

    def _folder(self) -> str:
        return self._session.preferences.text(_FOLDER) or str(Path.home())

    def _take_off(self) -> None:
        self._session.split.take_off()
        self.accept()

    def _apply(self) -> None:
        split = self.split
        if split is None or not self._session.split.put_in_force(split):
            return
        self._session.notices.success(
            self.tr("New trainings learn from {what}.").format(what=kept_text(split)),
            self.tr("Until the split is taken off."),
            NoticeAction(self.tr("Train"), lambda: self._session.page_wanted.emit("train")),
        )
        self.accept()
