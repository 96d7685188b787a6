"""The picture of score distributions as a widget: what it shows and how it is painted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from inspector.core.distributions import Ints, Order, ScoreSet, Side, class_order
from inspector.gui.plots import distribution_live as live
from inspector.gui.plots.distribution_layout import Layout
from inspector.gui.plots.distribution_live import Pointing
from inspector.gui.plots.distribution_paint import (
    CENTRE,
    Scene,
    class_label,
    paint_static,
)
from inspector.gui.plots.distribution_style import Style, line_height, text_width
from inspector.gui.plots.distribution_views import SideView, View
from inspector.gui.theme import Theme, theme_of

_LEAST_ROW, _LARGEST_ROW = 2.4, 26.0  # heights of a row, in em


class DistributionPlot(QAbstractScrollArea):
    """Distributions of one side of a score set, a row per class, one threshold across them all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: View | None = None
        self._order_by: Order = "median"
        self._order: Ints = np.zeros(0, np.int64)
        self._title, self._subtitle = "", ""
        self._names_shown = True
        self._names_limit: float | None = None
        self._presentation = False
        self._pointing = Pointing()
        self._static: QPixmap | None = None
        self._layout: Layout | None = None
        self._style: Style | None = None
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().valueChanged.connect(self.refresh)

    # What is shown

    def set_scores(
        self, score_set: ScoreSet | None, side: Side = "raw", threshold: float | None = None
    ) -> None:
        """Shows one side of a score set; None or no images show a sentence."""
        empty = score_set is None or score_set.size == 0
        self.set_view(None if empty or score_set is None else SideView(score_set, side, threshold))

    def set_view(self, view: View | None) -> None:
        """Shows anything that has places, densities and a threshold."""
        self._view = view
        self._pointing = Pointing(focused=self._pointing.focused)
        self._sort()

    def view(self) -> View | None:
        """What is shown."""
        return self._view

    def set_title(self, title: str) -> None:
        """What the axis measures, such as "Raw score"."""
        self._title = title
        self.setAccessibleName(title)
        self.refresh()

    def set_subtitle(self, subtitle: str) -> None:
        """A muted line below the title, such as the AUROC."""
        self._subtitle = subtitle
        self.refresh()

    def set_threshold(self, threshold: float | None) -> None:
        """Moves the threshold without a signal."""
        if self._view is None:
            return
        axis, had_one = self._view.axis, self._view.threshold is not None
        self._view.set_threshold(threshold)
        if self._view.axis == axis and had_one and threshold is not None:
            self.viewport().update()
            return
        self._pointing = replace(self._pointing, brush=None)
        self.refresh()

    def threshold(self) -> float | None:
        """The threshold of the side that is shown."""
        return None if self._view is None else self._view.threshold

    def set_order(self, order: Order) -> None:
        """Order of the rows: by "size", "name" or raw "median"."""
        self._order_by = order
        self._sort()

    def set_names_shown(self, shown: bool) -> None:
        """Whether the class names stand to the left of the rows."""
        self._names_shown = shown
        self.refresh()

    def set_names_limit(self, pixels: float) -> None:
        """The widest that the column of names may get; two fifths of the panel by default."""
        self._names_limit = pixels
        self.refresh()

    def set_presentation(self, on: bool) -> None:
        """Larger type and strokes."""
        self._presentation = on
        self.refresh()

    def set_chosen(self, image_ids: Sequence[int]) -> None:
        """Marks images that are chosen elsewhere."""
        chosen = None
        if self._view is not None and image_ids:
            ids = self._view.score_set.image_ids
            chosen = np.flatnonzero(np.isin(ids, np.asarray(image_ids, np.int64))).astype(np.int64)
        self._pointing = replace(self._pointing, chosen=chosen)
        self.viewport().update()

    def clear_brush(self) -> None:
        """Forgets the brushed region and the images chosen, without a signal."""
        self._pointing = replace(self._pointing, brush=None, chosen=None)
        self.viewport().update()

    def refresh(self) -> None:
        """Lays out and draws everything anew."""
        self._static = self._layout = self._style = None
        self.setAccessibleDescription(self.describe())
        bar = self.verticalScrollBar()
        layout = self.plot_layout()
        bar.setRange(0, round(layout.hidden))
        bar.setPageStep(max(1, round(layout.bottom - layout.head)))
        bar.setSingleStep(max(1, round(layout.row)))
        self.viewport().update()

    def describe(self, class_index: int | None = None) -> str:
        """A class's numbers in words, or those of all classes together with the threshold."""
        view = self._view
        if view is None or view.threshold is None:
            return ""
        counts = live.in_words(view.tally.confusion(class_index))
        if class_index is not None:
            return f"{class_label(view.score_set.class_names[class_index])}: {counts}"
        return self.tr("Threshold {0}, all classes: {1}").format(
            view.axis.text(view.threshold), counts
        )

    # Geometry and painting

    def titles(self) -> tuple[tuple[str, float], ...]:
        """The title's parts with their strengths."""
        return ((self._title, 1.0),)

    def plot_style(self, theme: Theme | None = None) -> Style:
        """Fonts and colours."""
        if theme is not None:
            return Style.of(self.font(), theme, presentation=self._presentation)
        if self._style is None:
            here = theme_of()
            self._style = Style.of(self.font(), here, presentation=self._presentation)
        return self._style

    def names_width(self) -> float:
        """Pixels that the column of names takes: what they need, up to the limit."""
        if self._view is None:
            return 0.0
        style = self.plot_style()
        names = [class_label(name) for name in self._view.score_set.class_names]
        words = [*names, self.tr("All classes")]
        widest = max(text_width(style.body, word) for word in words)
        limit = 0.4 * self.width() if self._names_limit is None else self._names_limit
        return min(widest + 1.2 * style.em, max(limit, 8 * style.em))

    def plot_layout(self) -> Layout:
        """The geometry in the viewport."""
        if self._layout is None:
            self._layout = self.layout_for(self.viewport().size())
        return self._layout

    def layout_for(self, room: QSize, *, all_rows: bool = False) -> Layout:
        """The geometry in some room; for a picture of all rows it may be higher."""
        style = self.plot_style()
        em, view = style.em, self._view
        lines = line_height(style.small) if self._subtitle else 0.0
        head = line_height(style.title) + lines + line_height(style.numbers) + 1.5 * em
        n_rows = self._order.size
        foot = 2 * line_height(style.numbers) + 0.7 * em
        totals = None if view is None else view.tally.totals
        counted = totals is not None and view is not None and view.threshold is not None
        two_sided = totals is not None and bool(totals[:, 1].any())
        fitting = (room.height() - head - foot) / max(1, n_rows)
        row = min(max(fitting, _LEAST_ROW * em), _LARGEST_ROW * em)
        height = max(room.height(), head + foot + n_rows * row) if all_rows else room.height()
        return Layout(
            width=room.width(),
            height=height,
            names=self.names_width() if self._names_shown else 0.6 * em,
            named=self._names_shown,
            numbers=live.numbers_width(style, totals)
            if counted and totals is not None
            else 0.6 * em,
            head=head,
            foot=foot,
            row=row,
            n_rows=n_rows,
            scroll=0.0 if all_rows else float(self.verticalScrollBar().value()),
            two_sided=two_sided,
        )

    def picture_size(self) -> QSize:
        """Logical pixels that a picture with all rows takes."""
        layout = self.layout_for(self.size(), all_rows=True)
        return QSize(round(layout.width), round(layout.height))

    def scene(self, layout: Layout | None = None, theme: Theme | None = None) -> Scene | None:
        """What is to be painted; None where there is nothing."""
        if self._view is None:
            return None
        layout = layout or self.plot_layout()
        style = self.plot_style(theme)
        return Scene(self._view, self._order, layout, style, self.titles(), self._subtitle)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Theme) -> None:
        """The whole panel, all of its rows, without anything the mouse points at."""
        scene = self.scene(self.layout_for(size, all_rows=True), theme)
        if scene is None:
            self._paint_empty(painter, QRectF(0, 0, size.width(), size.height()), theme)
            return
        paint_static(painter, scene)
        live.paint_live(painter, scene, Pointing())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        scene = self.scene()
        if scene is None:
            self._paint_empty(painter, QRectF(self.viewport().rect()), theme_of())
            return
        if scene.view.moving:
            paint_static(painter, scene)
        else:
            if self._static is None:
                self._static = self._painted(scene)
            painter.drawPixmap(0, 0, self._static)
        live.paint_live(painter, scene, self._pointing)

    def _painted(self, scene: Scene) -> QPixmap:
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self.viewport().size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        painter = QPainter(pixmap)
        paint_static(painter, scene)
        painter.end()
        return pixmap

    def _paint_empty(self, painter: QPainter, rect: QRectF, theme: Theme) -> None:
        style = self.plot_style(theme)
        painter.fillRect(rect, style.colour("surface"))
        text = self.tr("No scores yet. They appear here once a model has scored images.")
        painter.setFont(style.body)
        painter.setPen(style.pen("muted"))
        margin = 2 * style.em
        inside = rect.adjusted(margin, 0, -margin, 0)
        painter.drawText(inside, int(CENTRE | Qt.TextFlag.TextWordWrap), text)

    def _sort(self) -> None:
        if self._view is None:
            self._order = np.zeros(0, np.int64)
        else:
            self._order = class_order(self._view.score_set, self._order_by)
            self._pointing = replace(self._pointing, brush=None)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (
            QEvent.Type.PaletteChange,
            QEvent.Type.FontChange,
            QEvent.Type.StyleChange,
        ):
            self.refresh()
