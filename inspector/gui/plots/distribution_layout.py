"""The geometry of a distribution plot: its columns and rows, in pixels, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything lies.

    From left to right: class names, the plot, the numbers; from top to bottom: the head with title
    and threshold bubble, the rows (which scroll), the foot with the axis.

    Attributes:
        width, height: The whole, in pixels.
        names, numbers: Widths of the columns at both sides; at least a margin.
        named: Whether the class names are shown.
        head, foot: Heights of the bands above and below the rows.
        row: Height of a row.
        n_rows: Number of rows.
        scroll: Pixels by which the rows are scrolled up.
        two_sided: Whether defective images hang below the base lines.
    """

    width: float
    height: float
    names: float
    named: bool
    numbers: float
    head: float
    foot: float
    row: float
    n_rows: int
    scroll: float
    two_sided: bool

    @property
    def left(self) -> float:
        """Of the plot."""
        return self.names

    @property
    def right(self) -> float:
        """Of the plot."""
        return max(self.left + 10.0, self.width - self.numbers)

    @property
    def bottom(self) -> float:
        """Lower end of the rows that are to be seen."""
        return min(self.height - self.foot, self.head + self.n_rows * self.row)

    @property
    def hidden(self) -> float:
        """Pixels of rows for which there is no room: how far they scroll."""
        return max(0.0, self.n_rows * self.row - (self.height - self.foot - self.head))

    @property
    def plot(self) -> QRectF:
        """The plot without head and foot."""
        return QRectF(self.left, self.head, self.right - self.left, self.bottom - self.head)

    @property
    def half(self) -> float:
        """Height for what stands on a base line, or hangs from it."""
        return self.row * (0.44 if self.two_sided else 0.74)

    def x(self, place: float) -> float:
        """Of a place; what lies off the axis is shown at its end."""
        return self.left + min(max(place, 0.0), 1.0) * (self.right - self.left)

    def place(self, x: float) -> float:
        """At a pixel, within [0, 1]."""
        return min(max((x - self.left) / (self.right - self.left), 0.0), 1.0)

    def base_line(self, row: int) -> float:
        """y of a row's base line."""
        share = 0.5 if self.two_sided else 0.86
        return self.head + (row + share) * self.row - self.scroll

    def middle(self, row: int) -> float:
        """y of a row's middle."""
        return self.head + (row + 0.5) * self.row - self.scroll

    def row_at(self, y: float) -> int:
        """The row at, or nearest to, a pixel; 0 where there are none."""
        return min(max(int((y - self.head + self.scroll) // self.row), 0), max(0, self.n_rows - 1))

    def shown(self) -> range:
        """The rows that are at least partly to be seen."""
        if self.n_rows == 0 or self.bottom <= self.head:
            return range(0)
        return range(self.row_at(self.head), self.row_at(self.bottom - 0.01) + 1)

    def holds(self, point: QPointF) -> bool:
        """Whether a point lies in the plot's rows."""
        return self.plot.contains(point)
