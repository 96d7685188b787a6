"""How one image looks in the grid: its picture with badges, its class, score and truth below."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from inspector.core.windows import IntensityWindow
from inspector.gui.icons import paint_icon
from inspector.gui.pages.dataset.badges import Badges, colour_of
from inspector.gui.pages.dataset.image_list import ImageListModel, Tile
from inspector.gui.pages.dataset.query import Decision
from inspector.gui.pages.dataset.words import DatasetWords
from inspector.gui.theme import Theme, theme_of
from inspector.gui.thumbnails import PictureFile, Thumbnails, Unreadable, picture_file
from inspector.project.records import StoredImage
from inspector.project.verdicts import Verdict

_MOST_SCALED = 600
_MOST_ELIDED = 4000


@dataclass(frozen=True, slots=True)
class TileLook:
    """Sizes that depend on the font, worked out once for all tiles."""

    theme: Theme
    font: QFont
    small: QFont
    metrics: QFontMetrics
    small_metrics: QFontMetrics
    line: int
    small_line: int
    margin: int


def tile_look(view: QAbstractItemView) -> TileLook:
    """The sizes for a view's font and theme."""
    font = view.font()
    small = QFont(font)
    small.setPointSizeF(font.pointSizeF() * 0.9)
    metrics, small_metrics = QFontMetrics(font), QFontMetrics(small)
    line, small_line = metrics.height(), small_metrics.height()
    margin = round(line * 0.4)
    return TileLook(theme_of(), font, small, metrics, small_metrics, line, small_line, margin)


class Pictures:
    """Pictures of a project's images at exactly the size at which they are painted."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails
        self.windows: Mapping[str, IntensityWindow] = {}
        self._scaled: OrderedDict[tuple[int, int], QPixmap] = OrderedDict()

    def file(self, image: StoredImage) -> PictureFile:
        """What to make a picture of."""
        return picture_file(image, self.windows)

    def get(self, image: StoredImage, side: int, ratio: float) -> QPixmap | Unreadable | None:
        """The picture within a square of `side` pixels; None where it is not there yet."""
        wanted = round(side * ratio)
        found = self._thumbnails.get(self.file(image), wanted)
        if not isinstance(found, QPixmap):
            return found
        key = (found.cacheKey(), wanted)
        if key not in self._scaled:
            self._scaled[key] = _within(found, wanted, ratio)
            if len(self._scaled) > _MOST_SCALED:
                self._scaled.popitem(last=False)
        else:
            self._scaled.move_to_end(key)
        return self._scaled[key]


def _within(picture: QPixmap, side: int, ratio: float) -> QPixmap:
    longer = max(picture.width(), picture.height())
    if longer > side or longer < side // 2:
        # Tiny images are enlarged by whole steps of pixels, never smeared.
        smooth = Qt.TransformationMode.SmoothTransformation
        how = smooth if longer > side else Qt.TransformationMode.FastTransformation
        target = side if longer > side else longer * (side // longer)
        picture = picture.scaled(target, target, Qt.AspectRatioMode.KeepAspectRatio, how)
    else:
        picture = QPixmap(picture)
    picture.setDevicePixelRatio(ratio)
    return picture


class TileDelegate(QStyledItemDelegate):
    """Paints tiles without the style: a page of them takes a few milliseconds."""

    def __init__(self, view: QAbstractItemView, model: ImageListModel, pictures: Pictures) -> None:
        super().__init__(view)
        self._view, self._model, self._pictures = view, model, pictures
        self._badges, self._words = Badges(), DatasetWords()
        self._elided: dict[tuple[str, int, bool], str] = {}
        self._look = tile_look(view)

    def refresh(self) -> None:
        """Font or theme are different now."""
        self._look = tile_look(self._view)
        self._elided.clear()

    def height_for(self, width: int) -> int:
        """Height of a tile of some width."""
        look = self._look
        inset = 3 * look.margin
        return width - inset + look.line + look.small_line + inset + look.margin // 2

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return self._view.visualRect(index).size()

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        look = self._look
        tile = self._model.tile(index.row())
        state = option.state
        cell: QRect = option.rect
        half = look.margin // 2
        card = cell.adjusted(half, half, -half, -half)
        self._paint_card(painter, card, state)
        side = card.width() - 2 * look.margin
        box = QRect(card.left() + look.margin, card.top() + look.margin, side, side)
        self._paint_picture(painter, box, tile)
        self._paint_badges(painter, box, tile)
        self._paint_caption(painter, box, tile)

    def _paint_card(self, painter: QPainter, card: QRect, state: QStyle.StateFlag) -> None:
        theme = self._look.theme
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if not (chosen or focused or hovered):
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = theme.accent_soft if chosen else theme.raised if hovered else theme.surface
        painter.setBrush(QColor(fill))
        edge = theme.text if focused else theme.accent if chosen else fill
        painter.setPen(QPen(QColor(edge), 1.5 if focused or chosen else 1.0))
        painter.drawRoundedRect(QRectF(card).adjusted(1, 1, -1, -1), 6, 6)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _paint_picture(self, painter: QPainter, box: QRect, tile: Tile) -> None:
        look = self._look
        painter.fillRect(box, QColor(look.theme.canvas))
        picture = self._pictures.get(tile.image, box.width(), self._view.devicePixelRatioF())
        if isinstance(picture, QPixmap):
            size = picture.deviceIndependentSize()
            corner = QPoint(
                box.left() + round((box.width() - size.width()) / 2),
                box.top() + round((box.height() - size.height()) / 2),
            )
            painter.drawPixmap(corner, picture)
        if isinstance(picture, Unreadable) or tile.image.record.problem is not None:
            self._paint_problem(painter, box, isinstance(picture, QPixmap))

    def _paint_problem(self, painter: QPainter, box: QRect, over_picture: bool) -> None:
        """A calm sign: on its own where there is no picture, else on a strip at the foot."""
        look = self._look
        strip = QRect(box)
        if over_picture:
            strip.setTop(box.bottom() - look.small_line - look.margin)
            painter.fillRect(strip, QColor(look.theme.surface))
        text = self.tr("Not used") if over_picture else self.tr("Cannot be read")
        icon_side = look.line if over_picture else round(look.line * 1.6)
        painter.setFont(look.small)
        painter.setPen(QColor(look.theme.muted))
        if over_picture:
            place = QRectF(
                strip.left() + look.margin, strip.center().y() - icon_side / 2, icon_side, icon_side
            )
            room = strip.adjusted(2 * look.margin + icon_side, 0, 0, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._fit(text, room.width()))
        else:
            middle = box.center()
            place = QRectF(middle.x() - icon_side / 2, middle.y() - icon_side, icon_side, icon_side)
            room = QRect(box.left(), middle.y() + look.margin, box.width(), look.small_line)
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter, self._fit(text, room.width()))
        paint_icon(painter, "warning", place, look.theme.muted)

    def _paint_badges(self, painter: QPainter, box: QRect, tile: Tile) -> None:
        look, ratio = self._look, self._view.devicePixelRatioF()
        inset = look.margin // 2
        roomy = box.width() > 5.5 * look.line
        if tile.verdict is not Verdict.NONE:
            made = self._badges.badge(tile.verdict, look.theme, look.font, ratio, word=True)
            height = round(made.deviceIndependentSize().height())
            corner = QPoint(box.left() + inset, box.bottom() + 1 - inset - height)
            painter.drawPixmap(corner, made)
        if tile.decision in (Decision.NG, Decision.UNSURE):
            made = self._badges.badge(tile.decision, look.theme, look.font, ratio, word=roomy)
            width = round(made.deviceIndependentSize().width())
            painter.drawPixmap(QPoint(box.right() + 1 - inset - width, box.top() + inset), made)

    def _paint_caption(self, painter: QPainter, box: QRect, tile: Tile) -> None:
        look, theme = self._look, self._look.theme
        record = tile.image.record
        first = QRect(box.left(), box.bottom() + 1 + look.margin // 2, box.width(), look.line)
        score = "" if tile.decision is Decision.UNSCORED else self._words.score(tile.score)
        taken = look.metrics.horizontalAdvance(score) + look.margin if score else 0
        painter.setFont(look.font)
        painter.setPen(QColor(theme.text))
        name = record.class_name or record.path.rpartition("/")[2]
        painter.drawText(
            first, Qt.AlignmentFlag.AlignLeft, self._fit(name, box.width() - taken, small=False)
        )
        if score:
            calm = tile.decision is Decision.OK
            painter.setPen(QColor(theme.muted if calm else colour_of(tile.decision, theme)))
            painter.drawText(first, Qt.AlignmentFlag.AlignRight, score)
        side = round(look.small_line * 0.6)
        second = QRect(box.left(), first.bottom() + 1, box.width(), look.small_line)
        mark = self._badges.mark(tile.truth, theme, side, self._view.devicePixelRatioF())
        painter.drawPixmap(second.left(), second.center().y() - side // 2, mark)
        painter.setFont(look.small)
        painter.setPen(QColor(theme.muted))
        word = record.defect_kind or self._words.truths[tile.truth]
        room = second.adjusted(side + look.margin, 0, 0, 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft, self._fit(word, room.width()))

    def _fit(self, text: str, width: int, *, small: bool = True) -> str:
        key = (text, width, small)
        if key not in self._elided:
            if len(self._elided) > _MOST_ELIDED:
                self._elided.clear()
            metrics = self._look.small_metrics if small else self._look.metrics
            self._elided[key] = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width)
        return self._elided[key]
