"""Old model and new model side by side, and two buttons: use the new one, or keep the old one."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from inspector.core.model_comparison import Comparison
from inspector.core.windows import IntensityWindow
from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.pages.models import words
from inspector.gui.pages.models.grid import Grid
from inspector.gui.pages.models.replacing.changed_list import ChangedList
from inspector.gui.pages.models.replacing.rows import summary, table_of
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.thumbnails import Thumbnails
from inspector.gui.widgets.basics import button, icon_button, label, row
from inspector.project.comparing import compare_models
from inspector.project.models import ModelRow


class ReplacingView(QWidget):
    """Compares two models in the background and shows what replacing one would mean."""

    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.pair: tuple[ModelRow, ModelRow] | None = None
        self.comparison: Comparison | None = None
        self.thumbnails = Thumbnails(parent=self)
        self.back = icon_button("chevron-left", self.tr("Back to the models (Esc)"))
        self.back.clicked.connect(self.close_view)
        self.title = label("", "headline")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.about = label("", "muted", wrap=True)
        self.grid = Grid(self.tr("Old and new model for each class"), lines=2)
        self.legend = label(
            self.tr(
                "old → new · ▲ better · ▼ worse · “–”: not known · pixel metrics are of the "
                "stored, coarser maps"
            ),
            "muted",
            wrap=True,
        )
        self.changed_title = label("", "section")
        self.changed = ChangedList(session.library, self.thumbnails)
        self.changed.opened.connect(self._open_image)
        self.review = button(self.tr("Review these images"), icon_name="review")
        self.review.clicked.connect(self._review)
        self.use = button(self.tr("Use the new model"), "primary")
        self.use.clicked.connect(self._use)
        self.keep = button(self.tr("Keep the old one"))
        self.keep.clicked.connect(self._keep)
        self._lay_out()

    def show_pair(self, old: ModelRow, new: ModelRow) -> None:
        """Compares two models."""
        self.pair, self.comparison = (old, new), None
        text = self.tr("{new} instead of {old}?").format(new=new.name, old=old.name)
        self.title.setText(text)
        self.title.setToolTip(text)
        self.refresh()

    def refresh(self) -> None:
        """Compares anew."""
        project, pair = self._session.project, self.pair
        if project is None or pair is None:
            return
        self.thumbnails.set_folder(project.cache_folder / "thumbnails")
        if self.comparison is None:
            self._show_working(self.tr("Comparing…"))

        def work(task: Task) -> tuple[Comparison, dict[str, IntensityWindow]]:
            with project.reopened() as own:
                return compare_models(own, *pair, task.report), own.class_windows()

        def done(found: tuple[Comparison, dict[str, IntensityWindow]]) -> None:
            if pair == self.pair:
                self._show_comparison(*found)

        def failed(error: InspectorError) -> None:
            if pair == self.pair:
                self._show_working(f"{error.message} {error.hint}")

        self._session.background.run(work, done, key="models.replacing", failed=failed)

    def close_view(self) -> None:
        """Back to the models."""
        self.pair = self.comparison = None
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_view()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.5))
        head = QHBoxLayout()
        head.setSpacing(em(self, 0.5))
        head.addWidget(self.back)
        head.addWidget(self.title, 1)
        head.addWidget(self.keep)
        head.addWidget(self.use)
        layout.addLayout(head)
        layout.addWidget(self.about)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.legend)
        layout.addWidget(row(self.changed_title, None, self.review))
        layout.addWidget(self.changed)

    def _show_working(self, text: str) -> None:
        self.about.setText(text)
        self.grid.fill([], [])
        for widget in (self.grid, self.legend, self.changed_title, self.changed, self.review):
            widget.setVisible(widget is self.grid)

    def _show_comparison(self, comparison: Comparison, windows: dict[str, IntensityWindow]) -> None:
        self.comparison = comparison
        self.about.setText(summary(comparison))
        self.grid.fill(*table_of(comparison))
        n_changed = len(comparison.changes)
        self.changed_title.setText(
            self.tr(
                "Decided differently: {n}, the largest change first. ✓ right now, ✗ wrong now"
            ).format(n=words.images(n_changed))
            if n_changed
            else self.tr("Both decide the same of every image.")
        )
        self.changed.images.show_changes(comparison.changes, windows)
        for shown in (self.grid, self.legend, self.changed_title):
            shown.setVisible(True)
        for part in (self.changed, self.review):
            part.setVisible(n_changed > 0)

    def _open_image(self, image_id: int) -> None:
        """The image first, then the others."""
        if self.comparison is not None:
            ids = [change.image_id for change in self.comparison.changes]
            at = ids.index(image_id)
            self._session.show_images("review", ids[at:] + ids[:at])

    def _review(self) -> None:
        if self.comparison is not None:
            ids = [change.image_id for change in self.comparison.changes]
            self._session.show_images("review", ids)

    def _use(self) -> None:
        if self.pair is not None:
            self._session.candidates.use(self.pair[1])
            self.close_view()

    def _keep(self) -> None:
        if self.pair is not None:
            self._session.candidates.keep(*self.pair)
            self.close_view()
