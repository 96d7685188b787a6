"""Paints what of a distribution plot follows the mouse: threshold, numbers, brush, hovered mark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from inspector.core.distributions import Ints, Tally
from inspector.core.thresholds import Confusion
from inspector.gui.plots import distribution_shapes as shapes
from inspector.gui.plots.distribution_paint import (
    CENTRE,
    LEFT,
    RIGHT,
    Scene,
    draw_text,
    mark_positions,
)
from inspector.gui.plots.distribution_style import Style, bold, line_height, text_width


@dataclass(frozen=True, slots=True)
class Brush:
    """A marked region: rows `first` to `last`, places `low` to `high`, all included."""

    first: int
    last: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Pointing:
    """What the user points at.

    Attributes:
        brush: The marked region.
        chosen: Indices of the images to be marked.
        hovered: Index of the image under the mouse.
        focused: Whether keys move the threshold.
        dragging: Whether the mouse holds the threshold.
    """

    brush: Brush | None = None
    chosen: Ints | None = None
    hovered: int | None = None
    focused: bool = False
    dragging: bool = False


def paint_live(painter: QPainter, scene: Scene, pointing: Pointing) -> None:
    """Everything above `paint_static`."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint_zone(painter, scene)
    painter.save()
    painter.setClipRect(scene.layout.plot.adjusted(-scene.style.dot, 0, scene.style.dot, 0))
    _paint_brush(painter, scene, pointing.brush)
    _paint_chosen(painter, scene, pointing.chosen)
    painter.restore()
    _paint_numbers(painter, scene)
    _paint_threshold(painter, scene, pointing)
    if pointing.focused and scene.view.threshold is None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(scene.style.pen("accent", 1.8))
        painter.drawRect(scene.layout.plot)
    if pointing.hovered is not None:
        _paint_hovered(painter, scene, pointing.hovered)


def bubble_rect(scene: Scene) -> QRectF:
    """The threshold's handle; empty where there is no threshold."""
    place, threshold = scene.view.threshold_place, scene.view.threshold
    if place is None or threshold is None:
        return QRectF()
    layout, style = scene.layout, scene.style
    font = bold(style.numbers)
    width = text_width(font, _bubble_text(scene)) + 1.0 * style.em
    height = line_height(font) + 0.15 * style.em
    x = min(max(layout.x(place) - width / 2, layout.left), layout.right - width)
    return QRectF(x, layout.head - 0.3 * style.em - height, width, height)


def numbers_width(style: Style, totals: Ints) -> float:
    """Pixels that the column of numbers needs."""
    normal, defective = (int(n) for n in totals[:, :2].sum(axis=0))
    words = [*heading(totals)]
    widest = max(text_width(bold(style.numbers), f"{n} / {n}") for n in (normal, defective))
    return max(*(text_width(style.small, word) + 1.2 * style.em for word in words), widest) + (
        1.2 * style.em
    )


def heading(totals: Ints) -> tuple[str, str]:
    """The two lines above the numbers."""
    if totals[:, 1].any():
        return (
            QCoreApplication.translate("Distributions", "good flagged"),
            QCoreApplication.translate("Distributions", "defects caught"),
        )
    if totals[:, 0].any():
        return (
            QCoreApplication.translate("Distributions", "expected"),
            QCoreApplication.translate("Distributions", "false positives"),
        )
    return "", QCoreApplication.translate("Distributions", "flagged")


def in_words(confusion: Confusion) -> str:
    """The numbers of a row, such as "good flagged 3 of 120, defects caught 41 of 45"."""
    good, defective = confusion.fp + confusion.tn, confusion.tp + confusion.fn
    parts = []
    if good:
        parts.append(
            QCoreApplication.translate("Distributions", "good flagged {0} of {1}").format(
                confusion.fp, good
            )
        )
    if defective:
        parts.append(
            QCoreApplication.translate("Distributions", "defects caught {0} of {1}").format(
                confusion.tp, defective
            )
        )
    return ", ".join(parts)


def percent(share: float | None) -> str:
    """A share with one decimal; a dash where it is undefined."""
    return "–" if share is None else f"{100 * share:.1f} %"


def _paint_zone(painter: QPainter, scene: Scene) -> None:
    place = scene.view.threshold_place
    if place is None:
        return
    zone = scene.layout.plot
    zone.setLeft(scene.layout.x(place))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(zone, scene.style.colour("ng", 0.07 if scene.style.theme.is_dark else 0.055))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _paint_threshold(painter: QPainter, scene: Scene, pointing: Pointing) -> None:
    place = scene.view.threshold_place
    if place is None:
        return
    layout, style = scene.layout, scene.style
    bubble, x = bubble_rect(scene), layout.x(place)
    ends = QPointF(x, bubble.center().y()), QPointF(x, layout.bottom)
    width = (3 if pointing.dragging else 2) * style.stroke
    shapes.hairline(painter, *ends, width, style.colour("threshold"))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(style.colour("threshold"))
    radius = bubble.height() / 2
    painter.drawPath(shapes.rounded(bubble, radius))
    if pointing.focused:
        gap = 1.8 * style.stroke
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(style.pen("accent", 1.8))
        ring = bubble.adjusted(-gap, -gap, gap, gap)
        painter.drawPath(shapes.rounded(ring, radius + gap))
    text = _bubble_text(scene)
    draw_text(painter, bubble, text, bold(style.numbers), style.pen("surface"), CENTRE)


def _bubble_text(scene: Scene) -> str:
    """The threshold's value; between two axes it has none, only a place."""
    view = scene.view
    if view.threshold is None:
        return ""
    if not view.movable:
        return QCoreApplication.translate("Distributions", "threshold")
    return f"‹ {view.axis.text(view.threshold)} ›"


def _paint_numbers(painter: QPainter, scene: Scene) -> None:
    layout, style = scene.layout, scene.style
    if scene.view.threshold is None or not layout.numbers:
        return
    tally = scene.view.tally
    left = layout.right + 0.8 * style.em
    column = QRectF(left, 0, layout.width - 0.4 * style.em - left, line_height(style.small))
    for line, word in enumerate(heading(tally.totals)):
        where = column.translated(0, layout.head - (2 - line) * column.height() - 0.2 * style.em)
        draw_text(painter, where, word, style.small, style.pen("muted"), RIGHT)
        if tally.totals[:, 1].any():
            x = where.right() - text_width(style.small, word) - 0.6 * style.em
            _paint_key(painter, style, line, x, where.center().y())
    painter.save()
    painter.setClipRect(QRectF(left, layout.head, column.width(), layout.bottom - layout.head))
    for row in layout.shown():
        index = int(scene.order[row])
        _paint_counts(painter, scene, tally, index, layout.base_line(row), layout.middle(row))
    painter.restore()
    below = layout.bottom + 0.3 * style.em + line_height(style.numbers)
    if not tally.totals[:, 1].any():
        below -= line_height(style.numbers) / 2
    _paint_counts(painter, scene, tally, None, below, below)


def _paint_key(painter: QPainter, style: Style, line: int, x: float, y: float) -> None:
    """The mark beside a heading: which shape it speaks of."""
    at = np.array([x]), np.array([y])
    if line == 0:
        shapes.discs(painter, *at, style.dot * 1.2, style.colour("normal"))
    else:
        colours = style.colour("defective"), style.colour("surface")
        shapes.diamonds(painter, *at, style.dot * 1.3, *colours)


def _paint_counts(
    painter: QPainter, scene: Scene, tally: Tally, index: int | None, base: float, middle: float
) -> None:
    """One row's numbers: the good above its base line, the defective below."""
    style, layout = scene.style, scene.layout
    confusion = tally.confusion(index)
    height = line_height(style.numbers)
    left = layout.right + 0.8 * style.em
    font = bold(style.numbers) if index is None else style.numbers

    def write(y: float, text: str, role: str) -> None:
        where = QRectF(left, y, layout.width - 0.4 * style.em - left, height)
        draw_text(painter, where, text, font, style.pen(role), RIGHT)

    good, defective = confusion.fp + confusion.tn, confusion.tp + confusion.fn
    chosen = slice(None) if index is None else slice(index, index + 1)
    unknown = int(tally.totals[chosen, 2].sum())
    if not tally.totals[:, 1].any():
        if tally.totals[:, 0].any():
            write(middle - height / 2, percent(confusion.false_positive_rate), "text")
        elif unknown:
            flagged = int(tally.flagged[chosen, 2].sum())
            write(middle - height / 2, f"{flagged} / {unknown}", "text")
        return
    role = "normal" if confusion.fp else "muted"
    write(base - height, f"{confusion.fp} / {good}" if good else "–", role)
    if defective:
        write(base, f"{confusion.tp} / {defective}", "defective")
    else:
        write(base, "–", "muted")


def _paint_brush(painter: QPainter, scene: Scene, brush: Brush | None) -> None:
    if brush is None:
        return
    layout, style = scene.layout, scene.style
    top = layout.head + brush.first * layout.row - layout.scroll
    rect = QRectF(
        QPointF(layout.x(brush.low), top),
        QPointF(layout.x(brush.high), top + (brush.last - brush.first + 1) * layout.row),
    )
    painter.setBrush(style.colour("accent", 0.14))
    pen = style.pen("accent", 1.2)
    pen.setStyle(Qt.PenStyle.DashLine)
    painter.setPen(pen)
    painter.drawPath(shapes.rounded(rect.adjusted(0, 1, 0, -1), 0.2 * style.em))


def _paint_chosen(painter: QPainter, scene: Scene, chosen: Ints | None) -> None:
    """The images chosen here or elsewhere: the same shapes, filled with the accent."""
    if chosen is None or chosen.size == 0:
        return
    style, score_set = scene.style, scene.view.score_set
    for defective in (False, True):
        index = chosen[(score_set.labels[chosen] == 1) == defective]
        xs, ys = mark_positions(scene, index)
        size = scene.dot * 1.25
        if defective:
            colour = style.colour("accent")
            shapes.diamonds(painter, xs, ys, size, colour, colour)
        else:
            shapes.discs(painter, xs, ys, size, style.colour("accent"))


def _paint_hovered(painter: QPainter, scene: Scene, index: int) -> None:
    """A ring around the mark, and which image it is."""
    layout, style, view = scene.layout, scene.style, scene.view
    xs, ys = mark_positions(scene, np.array([index], np.int64))
    centre, radius = QPointF(float(xs[0]), float(ys[0])), scene.dot * 1.1
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(style.pen("text", 1.6))
    painter.drawEllipse(centre, radius, radius)
    score = view.axis.text(float(view.score_set.scores(view.side)[index]))
    name = QCoreApplication.translate("Distributions", "Image {0}").format(
        int(view.score_set.image_ids[index])
    )
    text = f"{name} · {score}"
    width = text_width(style.small, text) + style.em
    height = line_height(style.small) + 0.3 * style.em
    x = centre.x() + 0.7 * style.em
    if x + width > layout.width:
        x = centre.x() - 0.7 * style.em - width
    y = max(layout.head, centre.y() - height - 0.4 * style.em)
    rect = QRectF(x, y, width, height)
    painter.setBrush(style.colour("raised"))
    painter.setPen(QPen(style.colour("border"), style.stroke))
    painter.drawPath(shapes.rounded(rect, 0.25 * style.em))
    inside = rect.adjusted(0.5 * style.em, 0, 0, 0)
    draw_text(painter, inside, text, style.small, style.pen("text"), LEFT)
