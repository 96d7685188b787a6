"""Raw and aligned distributions side by side: the same rows, one threshold in each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from inspector.core.distributions import Order, ScoreSet, Side, as_csv
from inspector.core.files import write_atomically
from inspector.gui.plots.distribution_export import Ground, ground_theme, picture, write_svg
from inspector.gui.plots.distribution_panel import DistributionPanel
from inspector.gui.theme import Theme, em, theme_of


class DistributionPair(QWidget):
    """Two panels that share the names of the rows, their order, and how far they are scrolled.

    Images chosen in one panel are marked in the other as well.
    """

    threshold_moved = Signal(str, float)
    """Side ("raw" or "aligned") and threshold, while it moves."""
    threshold_released = Signal(str, float)
    """Side and threshold, when let go."""
    hovered = Signal(object)
    """The id of the image under the mouse, or None."""
    selected = Signal(list)
    """The ids of the images clicked at or brushed over."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.raw = DistributionPanel(self)
        self.aligned = DistributionPanel(self)
        self._score_set: ScoreSet | None = None
        self.setAccessibleName(self.tr("Score distributions"))
        self.raw.set_title(self.tr("Raw score"))
        self.aligned.set_title(self.tr("Aligned score"))
        self.aligned.set_names_shown(False)
        self.raw.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bars = self.raw.verticalScrollBar(), self.aligned.verticalScrollBar()
        bars[0].valueChanged.connect(bars[1].setValue)
        bars[1].valueChanged.connect(bars[0].setValue)
        self._connect(self.raw, self.aligned, "raw")
        self._connect(self.aligned, self.raw, "aligned")

    def set_scores(
        self,
        score_set: ScoreSet | None,
        raw_threshold: float | None = None,
        aligned_threshold: float | None = None,
    ) -> None:
        """Shows a score set; None or no images show a sentence."""
        self._score_set = score_set if score_set is not None and score_set.size else None
        self.raw.set_scores(self._score_set, "raw", raw_threshold)
        self.aligned.set_scores(self._score_set, "aligned", aligned_threshold)
        self.aligned.setVisible(self._score_set is not None)
        self._place()

    def panel(self, side: Side) -> DistributionPanel:
        """The panel of one side."""
        return self.raw if side == "raw" else self.aligned

    def set_titles(self, raw: str, aligned: str) -> None:
        """What the axes measure, such as "Aligned score (CADA)"."""
        self.raw.set_title(raw)
        self.aligned.set_title(aligned)

    def set_subtitles(self, raw: str, aligned: str) -> None:
        """Muted lines below the titles; both or neither, so that the rows stay level."""
        self.raw.set_subtitle(raw)
        self.aligned.set_subtitle(aligned)
        self._place()

    def set_threshold(self, side: Side, threshold: float | None) -> None:
        """Moves one threshold without a signal."""
        self.panel(side).set_threshold(threshold)

    def set_order(self, order: Order) -> None:
        """Order of the rows: by "size", "name" or raw "median"."""
        self.raw.set_order(order)
        self.aligned.set_order(order)

    def set_presentation(self, on: bool) -> None:
        """Larger type and strokes."""
        self.raw.set_presentation(on)
        self.aligned.set_presentation(on)
        self._place()

    def set_chosen(self, image_ids: Sequence[int]) -> None:
        """Marks images in both panels."""
        self.raw.set_chosen(image_ids)
        self.aligned.set_chosen(image_ids)

    def clear_brush(self) -> None:
        """Forgets the brushed region and the chosen images, without a signal."""
        self.raw.clear_brush()
        self.aligned.clear_brush()

    # Export

    def render_image(self, scale: float = 2.0, ground: Ground = "theme") -> QImage:
        """Both panels with all of their rows as a picture."""
        self._place()
        theme = ground_theme(self, ground)
        return picture(self._picture_size(), scale, lambda p: self._paint_picture(p, theme))

    def render_svg(self, path: Path, ground: Ground = "white") -> None:
        """Both panels with all of their rows as an SVG file.

        Raises:
            InspectorError: the file cannot be written.
        """
        self._place()
        theme = ground_theme(self, ground)
        write_svg(path, self, self._picture_size(), lambda p: self._paint_picture(p, theme))

    def to_csv(self, path: Path) -> None:
        """The data: image id, class, truth, raw and aligned score.

        Raises:
            InspectorError: the file cannot be written.
        """
        if self._score_set is not None:
            write_atomically(path, as_csv(self._score_set).encode())

    def _picture_size(self) -> QSize:
        height = self.raw.layout_for(self.raw.size(), all_rows=True).height
        return QSize(self.width(), round(height) + 2 * self._margin())

    def _paint_picture(self, painter: QPainter, theme: Theme) -> None:
        size = self._picture_size()
        painter.fillRect(0, 0, size.width(), size.height(), QColor(theme.surface))
        shown = (self.raw,) if self._score_set is None else (self.raw, self.aligned)
        for panel in shown:
            painter.save()
            painter.translate(panel.x(), panel.y())
            room = QSize(panel.width(), size.height() - 2 * self._margin())
            panel.paint_picture(painter, room, theme)
            painter.restore()

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(theme_of().surface))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._place()

    def _margin(self) -> int:
        return em(self, 0.6)

    def _place(self) -> None:
        """Gives both plots the same width: the left panel has the names beside it."""
        margin = self._margin()
        height = self.height() - 2 * margin
        if self._score_set is None:
            self.raw.setGeometry(margin, margin, self.width() - 2 * margin, height)
            return
        gap = em(self, 1.6)
        self.raw.set_names_limit(0.25 * self.width())
        # Decided here and not by Qt: a bar that comes late would leave the rows at odds.
        scrolls = self.raw.layout_for(QSize(self.width(), height)).hidden > 0
        policy = Qt.ScrollBarPolicy
        self.aligned.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOn if scrolls else policy.ScrollBarAlwaysOff
        )
        bar_width = self.aligned.verticalScrollBar().sizeHint().width() if scrolls else 0
        names = round(self.raw.names_width()) - em(self, 0.6)
        plot = (self.width() - 2 * margin - gap - names - bar_width) // 2
        self.raw.setGeometry(margin, margin, names + plot, height)
        self.aligned.setGeometry(margin + names + plot + gap, margin, plot + bar_width, height)

    def _connect(self, panel: DistributionPanel, other: DistributionPanel, side: Side) -> None:
        panel.threshold_moved.connect(lambda value: self.threshold_moved.emit(side, value))
        panel.threshold_released.connect(lambda value: self.threshold_released.emit(side, value))
        panel.hovered.connect(self.hovered)
        panel.selected.connect(other.clear_brush)
        panel.selected.connect(other.set_chosen)
        panel.selected.connect(self.selected)
