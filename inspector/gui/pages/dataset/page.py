"""The Dataset page: what the project holds, to search, sort, look at, and add to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from inspector.gui.actions import ActionRegistry
from inspector.gui.background import Task
from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.pages.dataset.class_chart import ClassChart
from inspector.gui.pages.dataset.class_counts import count_classes
from inspector.gui.pages.dataset.details import DetailsPanel
from inspector.gui.pages.dataset.header import GRID, LIST, DatasetHeader
from inspector.gui.pages.dataset.image_list import ImageListModel
from inspector.gui.pages.dataset.image_views import ImageGrid, ImageTable, share_choice
from inspector.gui.pages.dataset.preview_window import PreviewWindow
from inspector.gui.pages.dataset.query import Order, Query
from inspector.gui.pages.dataset.tile_painter import Pictures
from inspector.gui.pages.dataset.words import DatasetWords
from inspector.gui.pages.page import Page
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.thumbnails import Thumbnails
from inspector.gui.widgets.basics import EmptyState, action_button, icon_button, label
from inspector.project.records import StoredImage

_CHOICE_MS = 30
_LOADING_MS = 300
_MOST_RANGES = 5000


class DatasetPage(Page):
    """Assembles header, class chart, images and details, and connects them to the session."""

    def __init__(self, session: Session, actions: ActionRegistry) -> None:
        super().__init__(session, actions)
        self._words = DatasetWords()
        self._is_shown = False
        self._is_stale = True
        self._thumbnails = Thumbnails(parent=self)
        self.pictures = Pictures(self._thumbnails)
        self.model = ImageListModel(session, self)
        self.grid = ImageGrid(self.model, self.pictures)
        self.table = ImageTable(self.model)
        self.choice = share_choice(self.grid, self.table)
        self.header = DatasetHeader(actions)
        self.chart = ClassChart()
        self.details = DetailsPanel(session, actions, self.model, self.pictures)
        self._preview: PreviewWindow | None = None
        self._wanted: NDArray[np.int64] | None = None
        self._choice_timer = self._single_shot(_CHOICE_MS, self._show_choice)
        self._loading_timer = self._single_shot(_LOADING_MS, self._show_state)
        self._assemble()
        self._connect()
        self._bind()
        self._restore()
        self._take_project()

    # -- what the window asks --

    def activate(self) -> None:
        self._is_shown = True
        if self._is_stale:
            self._take_images()

    def deactivate(self) -> None:
        self._is_shown = False
        preferences = self.session.preferences
        preferences.set_bytes("dataset.splitter", self._splitter.saveState())
        preferences.set_bytes("dataset.table", self.table.horizontalHeader().saveState())

    def show_images(self, image_ids: list[int]) -> None:
        """Chooses these images, and shows all where a filter hides one of them."""
        self._wanted = np.array(image_ids, np.int64)
        if not self.session.library.is_loading:
            self._choose_wanted()

    def main_focus(self) -> QWidget:
        return self.views.currentWidget() or self

    # -- what it says of itself --

    @property
    def chosen_ids(self) -> NDArray[np.int64]:
        """The ids of the chosen images, in the order in which they are shown."""
        return self.model.ids(self._chosen_rows())

    def _chosen_rows(self) -> NDArray[np.intp]:
        ranges = self.choice.selection()
        rows = [np.arange(part.top(), part.bottom() + 1, dtype=np.intp) for part in ranges]
        return np.unique(np.concatenate(rows)) if rows else np.empty(0, np.intp)

    # -- making --

    def _assemble(self) -> None:
        self.empty = EmptyState(
            "dataset",
            self.tr("No images yet"),
            self.tr(
                "Open a folder of images. Its layout is recognised and shown before anything "
                "is written."
            ),
            [(self.tr("Open folder of images…"), self._import)],
        )
        self.no_match = EmptyState(
            "filter",
            self.tr("No image fits"),
            self.tr("Other words or fewer filters will find more."),
            [(self.tr("Show all"), self.header.filters.clear)],
        )
        self.loading = EmptyState("clock", self.tr("Reading the project…"), "")
        self.blank = QWidget()
        self.views = QStackedWidget()
        for view in (
            self.blank, self.grid, self.table, self.empty, self.no_match, self.loading
        ):  # fmt: skip
            self.views.addWidget(view)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._side())
        self._splitter.addWidget(self.views)
        self._splitter.addWidget(self.details)
        self._splitter.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self._splitter, 1)

    def _side(self) -> QWidget:
        """Classes, and the folders that they come from."""
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, em(self, 0.4), 0, 0)
        heading = QHBoxLayout()
        heading.setContentsMargins(em(self, 0.6), 0, em(self, 0.3), 0)
        heading.addWidget(label(self.tr("Classes"), "section"), 1)
        add = icon_button("plus", self.tr("Open folder of images…"))
        add.clicked.connect(self._import)
        heading.addWidget(add)
        heading.addWidget(action_button(self.actions_table.action("dataset.refresh")))
        layout.addLayout(heading)
        layout.addWidget(self.chart, 1)
        side.setMinimumWidth(em(self, 10))
        return side

    def _connect(self) -> None:
        session, header = self.session, self.header
        session.project_changed.connect(self._take_project)
        session.library.images_changed.connect(self._take_images)
        session.library.scores_changed.connect(self._take_scores)
        session.library.verdicts_changed.connect(self._take_verdicts)
        session.scale.variant_changed.connect(self._take_scores)
        session.scale.threshold_changed.connect(self._take_thresholds)
        session.jobs.changed.connect(self._offer_scoring)
        self._thumbnails.arrived.connect(self._show_arrived)
        header.search.searched.connect(lambda text: self._ask(replace(self.model.query, text=text)))
        header.filters.changed.connect(self._ask)
        header.order.currentIndexChanged.connect(self._reorder)
        header.view.chosen.connect(self._set_view)
        header.tile_size.valueChanged.connect(self._set_tile)
        self.chart.chosen.connect(
            lambda name: self._ask(replace(self.model.query, class_name=name))
        )
        self.table.sort_wanted.connect(
            lambda order, down: self._ask(replace(self.model.query, order=order, descending=down))
        )
        self.choice.selectionChanged.connect(lambda *_: self._choice_timer.start())
        self.choice.currentChanged.connect(lambda *_: self._choice_timer.start())
        for view in (self.grid, self.table):
            view.activated.connect(lambda _: self.open_chosen())

    def _bind(self) -> None:
        bind = self.actions_table.bind
        bind("dataset.search", self._focus_search)
        bind("dataset.view", lambda: self._set_view(LIST if self._look() == GRID else GRID))
        bind("dataset.clear_filters", self._clear)
        bind("dataset.score", self._score)
        bind("dataset.refresh", self._look_for_changes)
        bind("dataset.review", self._review)
        bind("dataset.inspector", self._toggle_details)

    def _single_shot(self, milliseconds: int, run: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(run)
        return timer

    def _restore(self) -> None:
        preferences = self.session.preferences
        shown = preferences.text("dataset.details", "on") == "on"
        self.actions_table.action("dataset.inspector").setChecked(shown)
        self.details.setVisible(shown)
        size = preferences.text("dataset.tile")
        if size.isdecimal():
            self.header.tile_size.setValue(int(size))
        self.header.view.set_value(preferences.text("dataset.view", GRID))
        self.header.tile_size.setVisible(self._look() == GRID)
        em_ = em(self)
        self._splitter.setSizes([13 * em_, 60 * em_, 16 * em_])
        state = preferences.bytes("dataset.splitter")
        if not state.isEmpty():
            self._splitter.restoreState(state)
        columns = preferences.bytes("dataset.table")
        if not columns.isEmpty():
            self.table.horizontalHeader().restoreState(columns)
        self.table.show_order(self.model.query.order, self.model.query.descending)

    # -- news from the session --

    def _take_project(self) -> None:
        project = self.session.project
        self._thumbnails.set_folder(
            project.cache_folder / "thumbnails" if project is not None else None
        )
        self.pictures.windows = {}
        if self._preview is not None:
            self._preview.close()
        self._ask(Query())
        self._take_images()

    def _take_images(self) -> None:
        """Images, scores and verdicts are there; waits with the work until the page is shown."""
        self._is_stale = not self._is_shown
        if self._is_stale:
            return
        columns = self.session.library.images
        self.header.filters.set_images(columns)
        self._keeping_choice(self.model.take_images)
        self.chart.set_counts(count_classes(columns))
        self._load_windows()
        self._after_query()
        self._offer_scoring()
        if self._wanted is not None and len(columns):
            self._choose_wanted()

    def _load_windows(self) -> None:
        project = self.session.project
        if project is None or not any(
            i.record.bit_depth == 16 for i in self.session.library.images.images
        ):
            return

        def work(task: Task) -> object:
            with project.reopened() as own:
                return own.class_windows()

        def done(windows: object) -> None:
            self.pictures.windows = windows  # type: ignore[assignment]
            self.grid.viewport().update()

        self.session.background.run(work, done, key="dataset.windows")

    def _take_scores(self) -> None:
        if not self._is_stale:
            self._keeping_choice(self.model.take_scores)
            self._after_query()
            self._offer_scoring()

    def _take_thresholds(self) -> None:
        if not self._is_stale:
            self._keeping_choice(self.model.take_thresholds)
            self._after_query()

    def _take_verdicts(self, image_ids: list[int] | None) -> None:
        query = self.model.query
        if self._is_stale:
            return
        if query.verdict is not None or query.order is Order.VERDICT:
            self._keeping_choice(self.model.update)
        else:
            self.model.repaint()
        self._after_query()

    def _show_arrived(self, paths: object) -> None:
        images = self.session.library.images.images
        assert isinstance(paths, set)
        if self._look() == GRID:
            for row in self.grid.visible_rows():
                if images[self.model.rows[row]].path in paths:
                    self.grid.update(self.model.index(row, 0))
        self.details.preview.update()

    # -- asking --

    def _ask(self, query: Query) -> None:
        self.header.filters.set_query(query)
        self.header.search.set_text(query.text)
        self.header.order.set_value((query.order, query.descending))
        self.chart.set_current(query.class_name)
        self.table.show_order(query.order, query.descending)
        if query != self.model.query:
            self._keeping_choice(lambda: self.model.set_query(query))
            if not self.choice.hasSelection():
                self.grid.scrollToTop()
                self.table.scrollToTop()
        self._after_query()

    def _keeping_choice(self, change: object) -> None:
        """Does something after which the same images shall be chosen."""
        ids = self.chosen_ids
        before = self.model.rows
        change()  # type: ignore[operator]
        if self.model.rows is not before and len(ids):
            self._choose(self.model.rows_of(ids))

    def _choose(self, rows: NDArray[np.intp]) -> None:
        breaks = np.flatnonzero(np.diff(rows) > 1) + 1
        runs = np.split(rows, breaks) if len(rows) else []
        selection = QItemSelection()
        for run in runs[:_MOST_RANGES]:
            last = self.model.columnCount() - 1
            selection.select(self.model.index(int(run[0]), 0), self.model.index(int(run[-1]), last))
        flags = QItemSelectionModel.SelectionFlag
        self.choice.select(selection, flags.ClearAndSelect)
        if len(rows):
            first = self.model.index(int(rows[0]), 0)
            self.choice.setCurrentIndex(first, flags.NoUpdate)
            self.grid.scrollTo(first)
            self.table.scrollTo(first)

    def _choose_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        assert wanted is not None
        rows = self.model.rows_of(wanted)
        if len(rows) < len(wanted):
            self.header.filters.clear()
            rows = self.model.rows_of(wanted)
        self._choose(rows)

    def _reorder(self, _: int) -> None:
        if self.header.order.value is not None:
            order, descending = self.header.order.value
            self._ask(replace(self.model.query, order=order, descending=descending))

    def _after_query(self) -> None:
        total = len(self.session.library.images)
        self.header.count.setText(self._words.count(len(self.model.rows), total) if total else "")
        if self.session.library.is_loading and not total:
            self._loading_timer.start()
            self.views.setCurrentWidget(self.blank)
        else:
            self._show_state()
        self._choice_timer.start()

    def _show_state(self) -> None:
        self._loading_timer.stop()
        total = len(self.session.library.images)
        has_images = total > 0
        self.header.setEnabled(has_images)
        if has_images and len(self.model.rows):
            view: QWidget = self.grid if self._look() == GRID else self.table
        elif has_images:
            view = self.no_match
        else:
            view = self.loading if self.session.library.is_loading else self.empty
        self.views.setCurrentWidget(view)

    def _show_choice(self) -> None:
        if not self.details.isHidden():
            self.details.show_images(self.chosen_ids)

    # -- doing --

    def open_chosen(self) -> None:
        """Opens the chosen images in Review where they are scored, else the current one large."""
        ids = self.chosen_ids
        index = self.choice.currentIndex()
        if not index.isValid():
            return
        if len(ids) == 0:
            ids = self.model.ids(np.array([index.row()], np.intp))
        scored = np.isfinite(self.model.judged.scores)
        if scored[self.session.library.images.rows_of(ids)].all():
            self.session.show_images("review", ids.tolist())
        else:
            self.open_preview()

    def open_preview(self) -> None:
        """Opens the current image in a window of its own."""
        if self._preview is None:
            self._preview = PreviewWindow(self.session, self.pictures, self._step, self)
        image = self._step(0)
        if image is not None:
            self._preview.show_image(image)
            self._preview.show()

    def _step(self, by: int) -> StoredImage | None:
        row = self.choice.currentIndex().row() + by
        if not 0 <= row < len(self.model.rows):
            return None
        flags = QItemSelectionModel.SelectionFlag
        self.choice.setCurrentIndex(self.model.index(row, 0), flags.ClearAndSelect | flags.Rows)
        return self.model.tile(row).image

    def _look(self) -> str:
        return self.header.view.value

    def _set_view(self, look: str) -> None:
        had_focus = self.views.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        self.header.view.set_value(look)
        self.header.tile_size.setVisible(look == GRID)
        self.session.preferences.set_text("dataset.view", look)
        self._show_state()
        if had_focus:
            self.views.currentWidget().setFocus()
        for view in (self.grid, self.table):
            if self.choice.currentIndex().isValid():
                view.scrollTo(self.choice.currentIndex())

    def _set_tile(self, lines: int) -> None:
        self.grid.set_tile(lines)
        self.session.preferences.set_text("dataset.tile", str(lines))

    def _toggle_details(self) -> None:
        shown = self.actions_table.action("dataset.inspector").isChecked()
        self.details.setVisible(shown)
        self.session.preferences.set_text("dataset.details", "on" if shown else "off")
        self._show_choice()

    def _focus_search(self) -> None:
        self.header.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.header.search.selectAll()

    def _clear(self) -> None:
        self.header.filters.clear()
        if self.header.search.hasFocus():
            self.views.currentWidget().setFocus()

    def _import(self) -> None:
        self.actions_table.action("file.import").trigger()

    def _look_for_changes(self) -> None:
        from inspector.gui.pages.dataset.refresh_dialog import RefreshDialog

        RefreshDialog(self.session, self.window()).open()

    def _review(self) -> None:
        ids = self.chosen_ids
        shown = ids if len(ids) else self.model.ids(np.arange(len(self.model.rows)))
        self.session.show_images("review", shown.tolist())

    def _score(self) -> None:
        model = self.session.scale.model
        if model is not None and not self._is_scoring():
            self.session.score_images(model.name)

    def _is_scoring(self) -> bool:
        model = self.session.scale.model
        return model is not None and any(
            isinstance(job.request, ScoreRequest)
            and job.request.model == model.name
            and not job.state.is_over
            for job in self.session.jobs.jobs
        )

    def _offer_scoring(self) -> None:
        """The button is there while the active model has not scored every usable image."""
        columns = self.session.library.images
        open_ = np.isnan(self.session.library.scores.raw)
        is_open = len(open_) == len(columns) and bool((open_ & ~columns.has_problem).any())
        self.header.score.setVisible(self.session.scale.model is not None and is_open)
        self.header.score.setEnabled(not self._is_scoring())
