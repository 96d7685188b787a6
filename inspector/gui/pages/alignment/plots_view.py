"""The plots: raw and aligned side by side, or one panel that moves from raw to aligned."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QSlider, QStackedWidget, QVBoxLayout, QWidget

from inspector.core.distributions import Order, ScoreSet, Side
from inspector.gui.icons import icon
from inspector.gui.pages.alignment.header import MORPH, PAIR
from inspector.gui.plots.distribution_morph import MorphPanel
from inspector.gui.plots.distribution_pair import DistributionPair
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, icon_button

_STEPS = 1000


class MorphControls(QWidget):
    """Play, raw, a slider, aligned."""

    def __init__(self, panel: MorphPanel) -> None:
        super().__init__()
        self._panel = panel
        self.play = icon_button("play", self.tr("Play from raw to aligned and back (Space)"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 10)
        self.slider.setSingleStep(_STEPS // 50)
        self.slider.setAccessibleName(self.tr("From raw to aligned"))
        self.slider.setMinimumHeight(em(self, 1.4))
        self.raw = button(self.tr("Raw"), "plain")
        self.aligned = button(self.tr("Aligned"), "plain")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.4))
        for part in (self.play, self.raw):
            layout.addWidget(part)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.aligned)
        self.play.clicked.connect(self.toggle)
        self.raw.clicked.connect(lambda: self._go(0.0))
        self.aligned.clicked.connect(lambda: self._go(1.0))
        self.slider.valueChanged.connect(lambda value: self._go(value / _STEPS))
        panel.morphed.connect(self._follow)
        panel.playing_changed.connect(self._show_state)

    def toggle(self) -> None:
        """Plays, or stops where it is."""
        if self._panel.playing():
            self._panel.stop()
        else:
            self._panel.play()

    def _go(self, t: float) -> None:
        self._panel.stop()
        self._panel.set_morph(t)

    def _follow(self, t: float) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(round(t * _STEPS))
        self.slider.blockSignals(False)

    def _show_state(self, playing: bool) -> None:
        self.play.setIcon(icon("pause" if playing else "play"))
        name = (
            self.tr("Pause (Space)")
            if playing
            else self.tr("Play from raw to aligned and back (Space)")
        )
        self.play.setToolTip(name)
        self.play.setAccessibleName(name)


class PlotsView(QStackedWidget):
    """Either view of one score set. The one that is not shown is filled when it is."""

    threshold_moved = Signal(str, float)
    threshold_released = Signal(str, float)
    selected = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.pair = DistributionPair()
        self.morph = MorphPanel()
        self.controls = MorphControls(self.morph)
        self._score_set: ScoreSet | None = None
        self._thresholds: dict[Side, float] = {"raw": 0.0, "aligned": 0.0}
        self._stale = {PAIR, MORPH}
        moving = QWidget()
        layout = QVBoxLayout(moving)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.4))
        layout.addWidget(self.morph, 1)
        layout.addWidget(self.controls)
        self.addWidget(self.pair)
        self.addWidget(moving)
        self.pair.threshold_moved.connect(self._move)
        self.pair.threshold_released.connect(self._release)
        self.pair.selected.connect(self.selected)
        self.morph.threshold_moved.connect(lambda value: self._move(self.morph.side(), value))
        self.morph.threshold_released.connect(lambda value: self._release(self.morph.side(), value))
        self.morph.selected.connect(self.selected)

    @property
    def view(self) -> str:
        """The view that is shown."""
        return PAIR if self.currentIndex() == 0 else MORPH

    def set_view(self, view: str) -> None:
        """Shows one of the views."""
        self.morph.stop()
        self.setCurrentIndex(0 if view == PAIR else 1)
        self._fill()

    def set_score_set(self, score_set: ScoreSet | None, raw: float, aligned: float) -> None:
        """Shows other scores."""
        self._score_set = score_set
        self._thresholds = {"raw": raw, "aligned": aligned}
        self._stale = {PAIR, MORPH}
        self._fill()

    def set_thresholds(self, raw: float, aligned: float) -> None:
        """Moves the thresholds to where they are set."""
        wanted: dict[Side, float] = {"raw": raw, "aligned": aligned}
        changed = [side for side, value in wanted.items() if self._thresholds[side] != value]
        if not changed:
            return
        self._thresholds = wanted
        for side in changed:
            if self.pair.panel(side).threshold() != wanted[side]:
                self.pair.set_threshold(side, wanted[side])
        self._stale.add(MORPH)
        self._fill()

    def set_titles(self, raw: str, aligned: str) -> None:
        """What the axes measure."""
        self.pair.set_titles(raw, aligned)
        self.morph.set_titles(raw, aligned)

    def set_order(self, order: Order) -> None:
        """Order of the classes."""
        self.pair.set_order(order)
        self.morph.set_order(order)

    def set_reduced_motion(self, on: bool) -> None:
        """Whether playing jumps."""
        self.morph.set_reduced_motion(on)

    def clear_choice(self) -> None:
        """Forgets what was brushed."""
        self.pair.clear_brush()
        self.morph.clear_brush()

    def set_chosen(self, image_ids: list[int]) -> None:
        """Marks images in the view that is shown."""
        if self.view == PAIR:
            self.pair.set_chosen(image_ids)
        else:
            self.morph.set_chosen(image_ids)

    def focus_target(self) -> QWidget:
        """What gets the keyboard: the aligned threshold, or the slider."""
        return self.pair.aligned if self.view == PAIR else self.controls.slider

    def picture(self, subtitles: tuple[str, str]) -> QImage:
        """What is shown, all rows, in the theme's colours, twice as fine."""
        if self.view == MORPH:
            return self.morph.render_image(2.0, "theme")
        with _Subtitles(self.pair, subtitles):
            return self.pair.render_image(2.0, "theme")

    def write_svg(self, path: Path, subtitles: tuple[str, str]) -> None:
        """What is shown, on white, as a drawing.

        Raises:
            InspectorError: the file cannot be written.
        """
        if self.view == MORPH:
            self.morph.render_svg(path, "white")
            return
        with _Subtitles(self.pair, subtitles):
            self.pair.render_svg(path, "white")

    def _move(self, side: Side, value: float) -> None:
        self._thresholds[side] = value
        self.threshold_moved.emit(side, value)

    def _release(self, side: Side, value: float) -> None:
        self._thresholds[side] = value
        self._stale.add(MORPH if self.view == PAIR else PAIR)
        self.threshold_released.emit(side, value)

    def _fill(self) -> None:
        if self.view not in self._stale:
            return
        self._stale.discard(self.view)
        raw, aligned = self._thresholds["raw"], self._thresholds["aligned"]
        if self.view == PAIR:
            self.pair.set_scores(self._score_set, raw, aligned)
        else:
            self.morph.set_score_set(self._score_set, raw, aligned)


class _Subtitles:
    """Lines below the titles that only a picture needs: on the screen the numbers stand beside."""

    def __init__(self, pair: DistributionPair, texts: tuple[str, str]) -> None:
        self._pair, self._texts = pair, texts

    def __enter__(self) -> None:
        self._pair.set_subtitles(*self._texts)

    def __exit__(self, *_: object) -> None:
        self._pair.set_subtitles("", "")
