"""The Dataset page: what the project holds, to search, sort, look at, and add to."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from inspector.core.windows import IntensityWindow
from inspector.gui.actions import ActionRegistry
from inspector.gui.background import Task
from inspector.gui.jobs.requests import ScoreRequest
from inspector.gui.pages.dataset.browser import GRID, LIST, ImageBrowser
from inspector.gui.pages.dataset.class_chart import ClassChart
from inspector.gui.pages.dataset.class_counts import count_classes, counts_under
from inspector.gui.pages.dataset.details import DetailsPanel
from inspector.gui.pages.dataset.header import DatasetHeader
from inspector.gui.pages.dataset.preview_window import PreviewWindow
from inspector.gui.pages.dataset.query import Order, Query
from inspector.gui.pages.dataset.words import DatasetWords
from inspector.gui.pages.page import Page
from inspector.gui.session import Session
from inspector.gui.theme import em
from inspector.gui.thumbnails import Thumbnails
from inspector.gui.widgets.basics import action_button, icon_button, label
from inspector.gui.widgets.split_banner import SplitBanner


class DatasetPage(Page):
    """Assembles header, class chart, images and details, and connects them to the session."""

    def __init__(self, session: Session, actions: ActionRegistry) -> None:
        super().__init__(session, actions)
        self._words = DatasetWords()
        self._is_shown = False
        self._is_stale = True
        self._wanted: NDArray[np.int64] | None = None
        self._preview: PreviewWindow | None = None
        self._thumbnails = Thumbnails(parent=self)
        self.header = DatasetHeader(actions)
        self.browser = ImageBrowser(session, self._thumbnails, self._import, self._clear)
        self.chart = ClassChart()
        self.split = SplitBanner(session.split)
        self.details = DetailsPanel(session, actions, self.browser.model, self.browser.pictures)
        self._assemble()
        self._connect()
        self._bind()
        self._restore()
        self._take_project()

    def activate(self) -> None:
        self._is_shown = True
        if self._is_stale:
            self._take_images()

    def deactivate(self) -> None:
        self._is_shown = False
        self.session.preferences.set_bytes("dataset.splitter", self._splitter.saveState())

    def show_images(self, image_ids: list[int]) -> None:
        """Chooses these images; shows all images where a filter hides one of them."""
        self._wanted = np.array(image_ids, np.int64)
        if not self.session.library.is_loading and not self._is_stale:
            self._choose_wanted()

    def main_focus(self) -> QWidget:
        return self.browser.currentWidget() or self

    def _assemble(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        for part in (self._side(), self.browser, self.details):
            self._splitter.addWidget(part)
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
        for name in ("dataset.refresh", "dataset.split"):
            heading.addWidget(action_button(self.actions_table.action(name)))
        layout.addLayout(heading)
        inset = QHBoxLayout()
        inset.setContentsMargins(em(self, 0.4), em(self, 0.2), em(self, 0.4), em(self, 0.2))
        inset.addWidget(self.split)
        layout.addLayout(inset)
        layout.addWidget(self.chart, 1)
        side.setMinimumWidth(em(self, 10))
        return side

    def _connect(self) -> None:
        session, header, browser = self.session, self.header, self.browser
        session.project_changed.connect(self._take_project)
        session.library.images_changed.connect(self._take_images)
        session.library.scores_changed.connect(self._take_scores)
        session.library.verdicts_changed.connect(self._take_verdicts)
        session.scale.variant_changed.connect(self._take_scores)
        session.scale.threshold_changed.connect(self._take_thresholds)
        session.jobs.changed.connect(self._offer_scoring)
        session.split.changed.connect(self._show_classes)
        self._thumbnails.arrived.connect(lambda _: self.details.preview.update())
        header.search.searched.connect(lambda text: self._change(text=text))
        header.filters.changed.connect(self._ask)
        header.order.currentIndexChanged.connect(self._reorder)
        header.view.chosen.connect(self._set_look)
        header.tile_size.valueChanged.connect(self._set_tile)
        self.chart.chosen.connect(lambda name: self._change(class_name=name))
        browser.table.sort_wanted.connect(
            lambda order, down: self._change(order=order, descending=down)
        )
        browser.choice_changed.connect(self._show_choice)
        browser.opened.connect(self.open_chosen)

    def _bind(self) -> None:
        bind = self.actions_table.bind
        bind("dataset.search", self._focus_search)
        bind("dataset.view", lambda: self._set_look(LIST if self.browser.look == GRID else GRID))
        bind("dataset.clear_filters", self._clear)
        bind("dataset.score", self._score)
        bind("dataset.refresh", self._look_for_changes)
        bind("dataset.split", self._split)
        bind("dataset.review", partial(self._lead_to, "review"))
        bind("dataset.annotate", partial(self._lead_to, "annotate"))
        bind("dataset.inspector", self._toggle_details)

    def _restore(self) -> None:
        """What the person had chosen the last time."""
        preferences = self.session.preferences
        shown = preferences.text("dataset.details", "on") == "on"
        self.actions_table.action("dataset.inspector").setChecked(shown)
        self.details.setVisible(shown)
        size = preferences.text("dataset.tile")
        if size.isdecimal():
            self.header.tile_size.setValue(int(size))
        self._set_look(preferences.text("dataset.view", GRID))
        self._splitter.setSizes([em(self, size) for size in (13, 60, 17)])
        state = preferences.bytes("dataset.splitter")
        if not state.isEmpty():
            self._splitter.restoreState(state)
        query = self.browser.model.query
        self.browser.table.show_order(query.order, query.descending)

    def _take_project(self) -> None:
        project = self.session.project
        self._thumbnails.set_folder(
            project.cache_folder / "thumbnails" if project is not None else None
        )
        self.browser.pictures.windows = {}
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
        self.browser.keeping_choice(self.browser.model.take_images)
        self._show_classes()
        self._load_windows()
        self._after_query()
        self._offer_scoring()
        if self._wanted is not None and len(columns):
            self._choose_wanted()

    def _show_classes(self) -> None:
        """The class chart, as a split in force makes it."""
        if self._is_stale:
            return
        counts, split = count_classes(self.session.library.images), self.session.split.split
        self.chart.set_counts(counts_under(counts, split) if split is not None else counts)

    def _load_windows(self) -> None:
        project = self.session.project
        if project is None or not self.session.library.images.is_deep.any():
            return

        def work(task: Task) -> dict[str, IntensityWindow]:
            with project.reopened() as own:
                return own.class_windows()

        def done(windows: dict[str, IntensityWindow]) -> None:
            self.browser.pictures.windows = windows
            self.browser.grid.viewport().update()
            self.details.preview.update()

        self.session.background.run(work, done, key="dataset.windows")

    def _take_scores(self) -> None:
        if not self._is_stale:
            self.browser.keeping_choice(self.browser.model.take_scores)
            self._after_query()
            self._offer_scoring()

    def _take_thresholds(self) -> None:
        if not self._is_stale:
            self.browser.keeping_choice(self.browser.model.take_thresholds)
            self._after_query()

    def _take_verdicts(self, image_ids: list[int] | None) -> None:
        if self._is_stale:
            return
        model = self.browser.model
        if model.query.verdict is not None or model.query.order is Order.VERDICT:
            self.browser.keeping_choice(model.update)
        else:
            model.repaint()
        self._after_query()

    def _change(self, **values: object) -> None:
        self._ask(replace(self.browser.model.query, **values))  # type: ignore[arg-type]

    def _ask(self, query: Query) -> None:
        self.header.filters.set_query(query)
        self.header.search.set_text(query.text)
        self.header.order.set_value((query.order, query.descending))
        self.chart.set_current(query.class_name)
        self.browser.ask(query)
        self._after_query()

    def _reorder(self, _: int) -> None:
        if self.header.order.value is not None:
            order, descending = self.header.order.value
            self._change(order=order, descending=descending)

    def _after_query(self) -> None:
        total = len(self.session.library.images)
        shown = len(self.browser.model.rows)
        self.header.count.setText(self._words.count(shown, total) if total else "")
        self.header.setEnabled(total > 0)
        self.browser.refresh()

    def _choose_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None and not self.browser.choose(wanted):
            self.header.filters.clear()
            self.browser.choose(wanted)

    def _show_choice(self) -> None:
        if not (self.details.isHidden() or self._is_stale):
            self.details.show_images(self.browser.chosen_ids)

    def open_chosen(self) -> None:
        """Opens the chosen images in Review where they are scored, else the current one large."""
        ids = self.browser.chosen_ids
        scored = np.isfinite(self.browser.model.judged.scores)
        if len(ids) and scored[self.browser.model.columns.rows_of(ids)].all():
            self.session.show_images("review", ids.tolist())
        else:
            self.open_preview()

    def open_preview(self) -> None:
        """Opens the current image in a window of its own."""
        image = self.browser.step(0)
        if image is None:
            return
        if self._preview is None:
            self._preview = PreviewWindow(
                self.session, self.browser.pictures, self.browser.step, self
            )
        self._preview.show_image(image)
        self._preview.show()

    def _set_look(self, look: str) -> None:
        self.header.view.set_value(look)
        self.header.tile_size.setVisible(look == GRID)
        self.browser.set_look(look)
        self.session.preferences.set_text("dataset.view", look)

    def _set_tile(self, lines: int) -> None:
        self.browser.grid.set_tile(lines)
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
            self.main_focus().setFocus()

    def _import(self) -> None:
        self.actions_table.action("file.import").trigger()

    def _look_for_changes(self) -> None:
        from inspector.gui.pages.dataset.refresh_dialog import RefreshDialog

        RefreshDialog(self.session, self.window()).open()

    def _split(self) -> None:
        from inspector.gui.pages.dataset.split_dialog import SplitDialog

        SplitDialog(self.session, self.window()).open()

    def _lead_to(self, page: str) -> None:
        """Another page gets the chosen images; all that are shown where none is."""
        browser = self.browser
        ids = browser.chosen_ids
        shown = ids if len(ids) else browser.model.ids(np.arange(len(browser.model.rows)))
        self.session.show_images(page, shown.tolist())

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
        offered = self.session.scale.model is not None and is_open and not self._is_scoring()
        self.header.score.setVisible(offered)
