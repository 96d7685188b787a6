"""The parts of a class's bar: how each is drawn, and the legend that says so."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from inspector.gui.theme import Theme, em, mixed, theme_of

PARTS = ("train_good", "left_out", "test_good", "defective", "unknown")
"""Numbers of `ClassCount`, in the order in which they are drawn."""


def part_words() -> dict[str, str]:
    """What each part is called."""
    return {
        "train_good": QCoreApplication.translate("ClassChart", "To learn from"),
        "left_out": QCoreApplication.translate("ClassChart", "Left out by the split"),
        "test_good": QCoreApplication.translate("ClassChart", "Good, for test"),
        "defective": QCoreApplication.translate("ClassChart", "Defective"),
        "unknown": QCoreApplication.translate("ClassChart", "Unknown"),
    }


def paint_part(painter: QPainter, place: QRectF, part: str, theme: Theme) -> None:
    """Solid: to learn from; dashed outline: left out; outlined: good for test; hatched: defective;
    dotted: unknown."""
    inner = place.adjusted(0.5, 0.5, -0.5, -0.5)
    normal, defective = QColor(theme.normal), QColor(theme.defective)
    if part == "train_good":
        painter.fillRect(place, normal)
    elif part == "left_out":
        painter.setPen(QPen(normal, 1, Qt.PenStyle.DashLine))
        painter.drawRect(inner)
    elif part == "test_good":
        painter.fillRect(place, QColor(mixed(theme.normal, theme.surface, 0.72)))
        painter.setPen(normal)
        painter.drawRect(inner)
    elif part == "defective":
        painter.fillRect(place, QColor(mixed(theme.defective, theme.surface, 0.72)))
        painter.fillRect(place, QBrush(defective, Qt.BrushStyle.BDiagPattern))
        painter.setPen(defective)
        painter.drawRect(inner)
    else:
        painter.fillRect(place, QBrush(QColor(theme.muted), Qt.BrushStyle.Dense6Pattern))
        painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DotLine))
        painter.drawRect(inner)


class Legend(QWidget):
    """What the patterns of the bars mean."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: tuple[str, ...] = ()

    def set_parts(self, parts: tuple[str, ...]) -> None:
        """Explains these."""
        self._parts = parts
        self.setAccessibleName(", ".join(part_words()[part] for part in parts))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        height = em(self, 1.25 * len(self._parts) + 0.8) if self._parts else 0
        return QSize(em(self, 8), height)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme, line = theme_of(), em(self, 1.25)
        gap = em(self, 0.6)
        words = part_words()
        for number, part in enumerate(self._parts):
            top = em(self, 0.4) + number * line
            swatch = QRectF(gap, top + line * 0.3, em(self, 1.4), line * 0.4)
            paint_part(painter, swatch, part, theme)
            painter.setPen(QColor(theme.muted))
            room = QRectF(swatch.right() + gap, top, self.width(), line)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words[part])
        painter.end()
