"""The images that were pointed at or brushed over, as tiles with heat maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QPainter,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from inspector.core.distributions import DEFECTIVE, NORMAL, ScoreSet
from inspector.core.windows import IntensityWindow
from inspector.gui.plots import distribution_shapes as shapes
from inspector.gui.plots.distribution_paint import class_label
from inspector.gui.theme import em, theme_of
from inspector.gui.thumbnails import Thumbnails, Unreadable, picture_file
from inspector.project.records import StoredImage

MOST_SHOWN = 300
"""Of more chosen images, those with the highest aligned scores are shown."""

_SMALLEST, _LARGEST = 4.2, 7.0  # height of a picture, in em
_TEXTS = 2.1  # height of what stands below the picture, in em

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()


@dataclass(frozen=True, slots=True)
class ChosenImage:
    """One tile: the image, its class, its label as in `ScoreSet`, and its scores."""

    image: StoredImage
    class_name: str
    label: int
    raw: float
    aligned: float


def chosen_images(score_set: ScoreSet, stored: dict[int, StoredImage]) -> list[ChosenImage]:
    """Some images, by their ids, with the highest aligned score first; at most `MOST_SHOWN`."""
    index: NDArray[np.intp] = np.flatnonzero(np.isin(score_set.image_ids, list(stored)))
    index = index[np.argsort(-score_set.aligned[index], kind="stable")][:MOST_SHOWN]
    return [
        ChosenImage(
            stored[int(score_set.image_ids[i])],
            score_set.class_names[int(score_set.class_index[i])],
            int(score_set.labels[i]),
            float(score_set.raw[i]),
            float(score_set.aligned[i]),
        )
        for i in index.tolist()
    ]


class ChosenModel(QAbstractListModel):
    """The tiles."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[ChosenImage] = []
        self.heat: dict[int, QImage] = {}
        self.words = {NORMAL: self.tr("good"), DEFECTIVE: self.tr("defective")}

    def set_images(self, images: list[ChosenImage]) -> None:
        """Shows other images, without heat maps at first."""
        self.beginResetModel()
        self.images, self.heat = images, {}
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self.images)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        chosen = self.images[index.row()]
        kind = chosen.image.record.defect_kind or self.words.get(chosen.label, self.tr("unknown"))
        said = self.tr("{class_name}, {kind}: raw {raw}, aligned {aligned}").format(
            class_name=class_label(chosen.class_name),
            kind=kind,
            raw=f"{chosen.raw:.3f}",
            aligned=f"{chosen.aligned:.3f}",
        )
        return said if role == Qt.ItemDataRole.DisplayRole else f"{said}\n{chosen.image.path}"


class ChosenImages(QListView):
    """The tiles as a grid; Enter or a double click opens them in Review."""

    opened = Signal(list)  # image ids, the one that was meant first

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.tiles = ChosenModel()
        self.thumbnails = thumbnails
        self.windows: dict[str, IntensityWindow] = {}
        self.shows_heat = True
        self.setModel(self.tiles)
        self.setItemDelegate(_TileDelegate(self))
        self.setAccessibleName(self.tr("Chosen images"))
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setProperty("role", "flat")
        self.doubleClicked.connect(lambda _: self._open())
        thumbnails.arrived.connect(lambda _: self.viewport().update())
        self._fit()

    def set_images(self, images: list[ChosenImage]) -> None:
        """Shows other images."""
        self.tiles.set_images(images)
        if images:
            self.setCurrentIndex(self.tiles.index(0, 0))
        self.scrollToTop()

    def set_heat(self, heat: dict[int, QImage]) -> None:
        """The heat maps are ready."""
        self.tiles.heat = heat
        self.viewport().update()

    def set_heat_shown(self, shown: bool) -> None:
        """Whether the heat maps lie over the images."""
        self.shows_heat = shown
        self.viewport().update()

    def image_ids(self) -> list[int]:
        """The ids of the images shown, in their order."""
        return [chosen.image.image_id for chosen in self.tiles.images]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.tiles.images:
            self._open()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _open(self) -> None:
        first = max(self.currentIndex().row(), 0)
        rows = sorted(index.row() for index in self.selectedIndexes())
        ids = self.image_ids()
        if len(rows) < 2:
            rows = list(range(len(ids)))
        self.opened.emit([ids[first], *(ids[row] for row in rows if row != first)])

    def _fit(self) -> None:
        """A whole row of tiles must be seen."""
        line = em(self)
        room = self.viewport().height() / line - _TEXTS - 0.1
        side = round(line * min(max(room, _SMALLEST), _LARGEST))
        scores = self.fontMetrics().horizontalAdvance("−0.00 → 0.00") + line // 4
        size = QSize(max(side, scores), side + round(_TEXTS * line))
        if size != self.gridSize():
            self.setGridSize(size)
        self.verticalScrollBar().setSingleStep(em(self, 2))


class _TileDelegate(QStyledItemDelegate):
    """Paints a tile: the picture under its heat map, class and truth, both scores."""

    def __init__(self, view: ChosenImages) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._view.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        chosen = self._view.tiles.images[index.row()]
        cell: QRect = option.rect
        gap = em(self._view, 0.25)
        card = cell.adjusted(gap // 2, gap // 2, -gap // 2, -gap // 2)
        painter.save()
        self._paint_card(painter, card, option)
        side = min(card.width(), cell.height() - round(_TEXTS * em(self._view))) - 2 * gap
        self._paint_picture(painter, QRect(card.left() + gap, card.top() + gap, side, side), chosen)
        width = card.width() - 2 * gap
        below = QRect(card.left() + gap, card.top() + gap + side, width, em(self._view))
        self._paint_texts(painter, below, chosen)
        painter.restore()

    def _paint_card(self, painter: QPainter, card: QRect, option: QStyleOptionViewItem) -> None:
        theme, state = theme_of(), option.state
        is_chosen = bool(state & QStyle.StateFlag.State_Selected)
        is_focused = bool(state & QStyle.StateFlag.State_HasFocus)
        is_hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if not (is_chosen or is_focused or is_hovered):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(QColor(theme.accent_soft if is_chosen else theme.raised))
        edge = theme.text if is_focused else theme.accent if is_chosen else theme.raised
        painter.setPen(QPen(QColor(edge), 1.5))
        painter.drawRoundedRect(QRectF(card).adjusted(1, 1, -1, -1), 5, 5)

    def _paint_picture(self, painter: QPainter, box: QRect, chosen: ChosenImage) -> None:
        view, theme = self._view, theme_of()
        painter.fillRect(box, QColor(theme.canvas))
        file = picture_file(chosen.image, view.windows)
        picture = view.thumbnails.get(file, round(box.width() * view.devicePixelRatioF()))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if isinstance(picture, QPixmap):
            size = picture.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            corner = box.center() - QRect(box.topLeft(), size).center() + box.topLeft()
            place = QRect(corner, size)
            painter.drawPixmap(place, picture)
            heat = view.tiles.heat.get(chosen.image.image_id)
            if heat is not None and view.shows_heat:
                painter.setOpacity(0.75)
                painter.drawImage(place, heat)
                painter.setOpacity(1.0)
        elif isinstance(picture, Unreadable):
            painter.setPen(QColor(theme.muted))
            painter.drawText(
                box,
                int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
                self.tr("Cannot be read"),
            )

    def _paint_texts(self, painter: QPainter, line: QRect, chosen: ChosenImage) -> None:
        view, theme = self._view, theme_of()
        font = QFont(view.font())
        font.setPointSizeF(view.font().pointSizeF() * 0.92)
        painter.setFont(font)
        mark = em(view, 0.5)
        middle = np.array([line.left() + mark / 2]), np.array([line.center().y() + 1.0])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen.label == DEFECTIVE:
            fill = QColor(theme.surface)
            shapes.diamonds(painter, *middle, mark, QColor(theme.defective), fill)
        else:
            colour = theme.normal if chosen.label == NORMAL else theme.muted
            shapes.discs(painter, *middle, mark * 0.9, QColor(colour))
        metrics = QFontMetrics(font)
        room = line.adjusted(mark + em(view, 0.25), 0, 0, 0)
        name = class_label(chosen.class_name)
        painter.setPen(QColor(theme.text))
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.setPen(QColor(theme.muted))
        scores = f"{chosen.raw:.2f} → {chosen.aligned:.2f}"
        below = line.translated(0, line.height() - em(view, 0.05))
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, scores)
