"""Paints what of a distribution plot stays while its threshold moves: rows, marks, axis, title."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from inspector.core.distributions import DEFECTIVE, KINDS, NORMAL, Floats, Ints
from inspector.gui.plots import distribution_shapes as shapes
from inspector.gui.plots.distribution_layout import Layout
from inspector.gui.plots.distribution_style import Style, line_height, text_width
from inspector.gui.plots.distribution_views import View, rows_with_marks
from inspector.gui.theme import mixed

RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """All that a picture is made of.

    Attributes:
        view: What is shown.
        order: (K,) class index of each row.
        layout, style: Where and how.
        titles: What the axis measures, each with its strength in [0, 1]; an arrow in between.
        subtitle: A line below the title; may be empty.
    """

    view: View
    order: Ints
    layout: Layout
    style: Style
    titles: tuple[tuple[str, float], ...]
    subtitle: str

    @property
    def dot(self) -> float:
        """Diameter of an image's mark: smaller where many share a ridge."""
        score_set, layout = self.view.score_set, self.layout
        most = int(np.bincount(score_set.groups, minlength=1).max(initial=1))
        room = 0.12 * (layout.right - layout.left) * layout.half / most
        return min(max(0.8 * math.sqrt(room), 0.6 * self.style.dot), self.style.dot)

    def row_of(self) -> Ints:
        """(K,) the row of each class."""
        rows = np.empty_like(self.order)
        rows[self.order] = np.arange(self.order.size)
        return rows


def paint_static(painter: QPainter, scene: Scene) -> None:
    """Everything below the threshold line."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    layout, style = scene.layout, scene.style
    painter.fillRect(QRectF(0, 0, layout.width, layout.height), style.colour("surface"))
    _paint_head(painter, scene)
    _paint_axis(painter, scene)
    painter.save()
    painter.setClipRect(QRectF(0, layout.head, layout.width, layout.bottom - layout.head))
    for row in layout.shown():
        _paint_row(painter, scene, row)
    _paint_marks(painter, scene)
    _paint_medians(painter, scene)
    painter.restore()


def mark_positions(scene: Scene, index: Ints) -> tuple[Floats, Floats]:
    """Pixels (x, y) of the marks of images; those off the axis stand at its end."""
    layout, frame = scene.layout, scene.view.frame
    score_set = scene.view.score_set
    rows = scene.row_of()[score_set.class_index[index]]
    below = score_set.labels[index] == DEFECTIVE
    base = layout.base_line(0) + rows * layout.row
    clear = 0.75 * scene.dot
    off: Floats = clear + frame.heights[index] * max(0.0, layout.half - 2 * clear)
    xs = layout.left + np.clip(frame.places[index], 0, 1) * (layout.right - layout.left)
    return xs, np.asarray(base + np.where(below, off, -off), np.float64)


def draw_text(
    painter: QPainter, rect: QRectF, text: str, font: QFont, pen: QPen, align: Qt.AlignmentFlag
) -> None:
    """One line of text, never wrapped or cut."""
    painter.setFont(font)
    painter.setPen(pen)
    painter.drawText(rect, int(align | Qt.TextFlag.TextDontClip), text)


def _paint_head(painter: QPainter, scene: Scene) -> None:
    layout, style = scene.layout, scene.style
    x, height = layout.left, line_height(style.title)
    top = 0.4 * style.em
    for index, (title, strength) in enumerate(scene.titles):
        if index:
            arrow = QRectF(x, top, 2.2 * style.em, height)
            draw_text(painter, arrow, "→", style.title, style.pen("muted"), CENTRE)
            x += arrow.width()
        colour = mixed(style.theme.muted, style.theme.text, strength)
        width = text_width(style.title, title)
        where = QRectF(x, top, width, height)
        draw_text(painter, where, title, style.title, QPen(QColor(colour)), LEFT)
        if len(scene.titles) > 1 and strength > 0:
            y = top + height + 0.1 * style.em
            painter.setPen(style.pen("accent", 2.0, strength))
            painter.drawLine(QPointF(x, y), QPointF(x + width, y))
        x += width
    if scene.subtitle:
        width = layout.width - layout.left
        where = QRectF(layout.left, top + height, width, line_height(style.small))
        metrics = QFontMetricsF(style.small)
        text = metrics.elidedText(scene.subtitle, Qt.TextElideMode.ElideRight, width)
        draw_text(painter, where, text, style.small, style.pen("muted"), LEFT)


def _paint_axis(painter: QPainter, scene: Scene) -> None:
    layout, style = scene.layout, scene.style
    wanted = max(3, int((layout.right - layout.left) / (3.6 * style.em)))
    for tick in scene.view.ticks(wanted):
        if tick.strength <= 0:
            continue
        x = layout.x(tick.place)
        ends = QPointF(x, layout.head), QPointF(x, layout.bottom)
        shapes.hairline(painter, *ends, style.stroke, style.colour("grid", tick.strength))
        where = QRectF(x - 50, layout.bottom + 0.3 * style.em, 100, style.em)
        pen = style.pen("muted", 1.0, tick.strength)
        draw_text(painter, where, tick.text, style.small, pen, CENTRE)
    ends = QPointF(0, layout.bottom), QPointF(layout.width, layout.bottom)
    shapes.hairline(painter, *ends, style.stroke, style.colour("border"))
    if layout.named:
        where = QRectF(0, layout.bottom, layout.names, layout.foot)
        text = QCoreApplication.translate("Distributions", "All classes")
        draw_text(painter, where, text, style.body, style.pen("text"), LEFT)


def _paint_row(painter: QPainter, scene: Scene, row: int) -> None:
    layout, style, frame = scene.layout, scene.style, scene.view.frame
    index = int(scene.order[row])
    base = layout.base_line(row)
    width = layout.right - layout.left
    if layout.named:
        room = layout.names - 0.8 * style.em
        text = QFontMetricsF(style.body).elidedText(
            class_label(scene.view.score_set.class_names[index]),
            Qt.TextElideMode.ElideMiddle,
            room,
        )
        where = QRectF(0, layout.middle(row) - style.em / 2, room, style.em)
        draw_text(painter, where, text, style.body, style.pen("text"), LEFT)
    painter.save()
    painter.setClipRect(layout.plot, Qt.ClipOperation.IntersectClip)
    for kind, role, side, fill in (
        (2, "muted", 1, 0.14),
        (NORMAL, "normal", 1, 0.26),
        (DEFECTIVE, "defective", -1, 0.10),
    ):
        heights = frame.ridges[index * KINDS + kind]
        drawn = shapes.ridge(heights, layout.left, width, base, side * layout.half)
        if drawn is None:
            continue
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.colour(role, fill))
        # The line smooths the edge; smoothing the shape as well would take twenty times as long.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.drawPolygon(drawn[0])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(style.pen(role))
        painter.drawPolyline(drawn[1])
    painter.restore()
    ends = QPointF(layout.left, base), QPointF(layout.right, base)
    shapes.hairline(painter, *ends, style.stroke, style.colour("border"))


def _paint_marks(painter: QPainter, scene: Scene) -> None:
    """A mark for each image of a small class, and for all images beyond the axis."""
    layout, style, frame = scene.layout, scene.style, scene.view.frame
    score_set = scene.view.score_set
    shown = layout.shown()
    rows = scene.row_of()[score_set.class_index]
    inside = (rows >= shown.start) & (rows < shown.stop)
    below, above = frame.places < 0, frame.places > 1
    few = rows_with_marks(score_set)[score_set.class_index] & ~below & ~above
    ground, dot = style.colour("surface"), scene.dot
    for label, role in ((-1, "muted"), (NORMAL, "normal"), (DEFECTIVE, "defective")):
        chosen = inside & (score_set.labels == label)
        xs, ys = mark_positions(scene, np.flatnonzero(chosen & few))
        if label == NORMAL:
            shapes.discs(painter, xs, ys, dot, style.colour(role, 0.8))
        elif label == DEFECTIVE:
            shapes.diamonds(painter, xs, ys, dot * 1.1, style.colour(role), ground)
        else:
            shapes.circles(painter, xs, ys, dot, style.colour(role), ground)
        size = 1.5 * style.dot
        fill = style.colour(role) if label == NORMAL else ground
        for off, sign in ((below, -1), (above, 1)):
            xs, ys = mark_positions(scene, np.flatnonzero(chosen & off))
            shapes.arrowheads(painter, xs, ys, sign * size, style.pen(role), fill)


def _paint_medians(painter: QPainter, scene: Scene) -> None:
    """The line from class to class through the normal medians: the drift, made visible."""
    layout, style = scene.layout, scene.style
    medians = scene.view.frame.medians[scene.order]
    points = [
        QPointF(layout.x(float(place)), layout.base_line(row))
        for row, place in enumerate(medians)
        if not np.isnan(place)
    ]
    if len(points) > 1:
        pen = style.pen("text", 1.7, 0.85)
        pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.drawPolyline(points)
    tick = QPointF(0, min(layout.half * 0.55, 0.9 * style.em))
    for point in points:
        shapes.hairline(painter, point - tick, point, 2 * style.stroke, style.colour("text"))


def class_label(name: str) -> str:
    """The class's name; a word where it has none."""
    return name or QCoreApplication.translate("Distributions", "No class")
