"""One panel whose rows move from the raw to the aligned scores and back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QAbstractAnimation, QEasingCurve, QSize, QVariantAnimation, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from inspector.core.distributions import ScoreSet, Side
from inspector.gui.plots.distribution_export import Ground, ground_theme, picture, write_svg
from inspector.gui.plots.distribution_panel import DistributionPanel
from inspector.gui.plots.distribution_views import MorphView
from inspector.gui.theme import Theme, em

_REST = 0.4  # time at rest on the other side, in one ways


class MorphPanel(DistributionPanel):
    """Raw scores at 0, aligned ones at 1, both under one line in the same place.

    The threshold can be moved at either end; on the way the line only counts.
    """

    morphed = Signal(float)
    """The position in [0, 1], whenever it changes."""
    playing_changed = Signal(bool)
    """When the animation starts or ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._t = 0.0
        self._ends = self.tr("Raw score"), self.tr("Aligned score")
        self._reduced_motion = False
        self._animation = QVariantAnimation(self)
        self._animation.valueChanged.connect(self._animate)
        self._animation.stateChanged.connect(self._say_state)
        self.setAccessibleName(" → ".join(self._ends))

    def set_score_set(
        self,
        score_set: ScoreSet | None,
        raw_threshold: float | None,
        aligned_threshold: float | None,
    ) -> None:
        """Shows a score set at the present position; None or no images show a sentence."""
        if score_set is None or score_set.size == 0:
            self.stop()
            self.set_view(None)
            return
        view = MorphView(score_set, raw_threshold, aligned_threshold)
        view.move(self._t)
        self.set_view(view)

    def set_titles(self, raw: str, aligned: str) -> None:
        """What the axes measure."""
        self._ends = raw, aligned
        self.setAccessibleName(" → ".join(self._ends))
        self.refresh()

    def titles(self) -> tuple[tuple[str, float], ...]:
        """Both titles, each as strong as its side is near."""
        return ((self._ends[0], 1 - self._t), (self._ends[1], self._t))

    def side(self) -> Side:
        """The nearer side: the one whose threshold the signals speak of."""
        return "raw" if self._t < 0.5 else "aligned"

    def morph(self) -> float:
        """The position in [0, 1]."""
        return self._t

    def set_morph(self, t: float) -> None:
        """Goes to a position in [0, 1]: 0 raw, 1 aligned."""
        t = min(max(t, 0.0), 1.0)
        if t == self._t:
            return
        self._t = t
        view = self.view()
        if isinstance(view, MorphView):
            view.move(t)
        if self._marked():
            self.clear_brush()
        self._static = None
        self.viewport().update()
        self.morphed.emit(t)

    def set_reduced_motion(self, on: bool) -> None:
        """Whether `play` jumps instead of moving."""
        self._reduced_motion = on

    def playing(self) -> bool:
        """Whether the animation runs."""
        return self._animation.state() == QAbstractAnimation.State.Running

    def play(self, one_way: int = 1800) -> None:
        """Moves to the other side, rests, and comes back; with reduced motion only jumps there.

        Args:
            one_way: Milliseconds from one side to the other.
        """
        self.stop()
        start = 0.0 if self._t < 0.5 else 1.0
        if self._reduced_motion:
            self.set_morph(1.0 - start)
            return
        self._animation.setDuration(round((2 + _REST) * one_way))
        self._animation.setStartValue(start)
        self._animation.setKeyValueAt(1 / (2 + _REST), 1.0 - start)
        self._animation.setKeyValueAt((1 + _REST) / (2 + _REST), 1.0 - start)
        self._animation.setEndValue(start)
        self._animation.start()

    def stop(self) -> None:
        """Stops where it is."""
        self._animation.stop()

    def render_image(self, scale: float = 2.0, ground: Ground = "theme") -> QImage:
        """The panel with all of its rows as a picture."""
        theme = ground_theme(self, ground)
        return picture(self._picture_size(), scale, lambda p: self._paint_framed(p, theme))

    def render_svg(self, path: Path, ground: Ground = "white") -> None:
        """The panel with all of its rows as an SVG file.

        Raises:
            InspectorError: the file cannot be written.
        """
        theme, size = ground_theme(self, ground), self._picture_size()
        write_svg(path, self, size, lambda p: self._paint_framed(p, theme))

    def _picture_size(self) -> QSize:
        margin = 2 * em(self)
        return self.picture_size() + QSize(margin, margin)

    def _paint_framed(self, painter: QPainter, theme: Theme) -> None:
        size = self._picture_size()
        painter.fillRect(0, 0, size.width(), size.height(), QColor(theme.surface))
        painter.translate(em(self), em(self))
        self.paint_picture(painter, self.size(), theme)

    def _animate(self, value: float) -> None:
        # The curve is applied to each way by itself, not to the whole trip there and back.
        self.set_morph(QEasingCurve(QEasingCurve.Type.InOutCubic).valueForProgress(value))

    def _say_state(self, state: QAbstractAnimation.State) -> None:
        self.playing_changed.emit(state == QAbstractAnimation.State.Running)
