"""The image that is judged, beside it the nearest normal one, and what is shown on them."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QSplitter, QVBoxLayout, QWidget

from inspector.core.heatmaps import OPACITY
from inspector.gui.actions import ActionRegistry
from inspector.gui.canvas.scale_bar import ScaleBar
from inspector.gui.pages.review.image_pane import ImagePane
from inspector.gui.pages.review.prefetch import Look
from inspector.gui.pages.review.words import Mark, number
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, action_button, label

Scale = tuple[float, float]


class CanvasPanel(QWidget):
    """Two linked canvases under one set of switches, all on one fixed scale."""

    pointed = Signal(str)  # what lies under the pointer, in words; empty for nothing

    def __init__(self, actions: ActionRegistry) -> None:
        super().__init__()
        self.image, self.reference = ImagePane(), ImagePane()
        self.image.view.setAccessibleName(self.tr("Image that is reviewed"))
        self.reference.view.setAccessibleName(self.tr("Nearest normal image"))
        self.reference.view.keep_view = True
        self.reference.view.link_to(self.image.view)
        self.scale_bar = ScaleBar()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(10, 100)
        self.opacity.setValue(round(100 * OPACITY))
        self.opacity.setAccessibleName(self.tr("Opacity of the heat map"))
        self.opacity.setToolTip(self.tr("Opacity of the heat map"))
        self._scale: Scale = (0.0, 1.0)
        self._threshold = 0.0
        self._shown, self._held = False, False
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.addWidget(self.image)
        self._split.addWidget(self.reference)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(em(self, 0.5))
        self._split.setStretchFactor(0, 3)
        self._split.setStretchFactor(1, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.35))
        layout.addWidget(self._split, 1)
        layout.addLayout(self._tools(actions))
        self.opacity.valueChanged.connect(self._set_opacity)
        for pane in (self.image, self.reference):
            pane.view.pointer_moved.connect(self._point)
            pane.view.pointer_left.connect(lambda: self.pointed.emit(""))
        self._show_heat()

    def set_scale(self, scale: Scale, threshold: float) -> None:
        """The scale of the heat map, the same for every image."""
        self._scale, self._threshold = scale, threshold
        self.scale_bar.set_scale(*scale, threshold)

    def show_image(self, look: Look | None) -> None:
        """Shows the image that is judged."""
        if look is not None and look.problem:
            self.image.view.set_message(
                self.tr("This image cannot be shown."),
                look.problem + "\n" + self.tr("A verdict can be given all the same."),
            )
        else:
            self.image.view.set_message("", "")
        self.image.show_look(look, self._scale)

    def show_reference(self, look: Look | None, missing: str = "", hint: str = "") -> None:
        """Shows the image to compare with, or why there is none and what to do."""
        problem = look.problem if look is not None else hint
        self.reference.view.set_message(missing or self.tr("Nothing to compare with"), problem)
        self.reference.show_look(look, self._scale)

    def show_verdict(self, mark: Mark | None, note: str = "") -> None:
        """The verdict that the image has, on the image."""
        plate = self.image.verdict
        plate.setVisible(mark is not None)
        if mark is not None:
            plate.show_mark(mark, note)
            self.image.place_verdict()

    def set_compare(self, visible: bool) -> None:
        """Shows or hides the image to compare with."""
        self.reference.setVisible(visible)

    def set_heat(self, shown: bool) -> None:
        """Shows the heat map until it is switched off."""
        self._shown = shown
        self._show_heat()

    def hold_heat(self, held: bool) -> None:
        """While a key is held the heat map is the other way round: shown where it is off."""
        if held != self._held:
            self._held = held
            self._show_heat()

    @property
    def is_heat_visible(self) -> bool:
        """Whether the heat map is to be seen now."""
        return self._shown != self._held

    def set_contours(self, visible: bool) -> None:
        """Shows or hides the regions above the threshold."""
        for pane in (self.image, self.reference):
            pane.view.set_contours_visible(visible)

    def set_mask(self, visible: bool) -> None:
        """Shows or hides the true defect."""
        self.image.view.set_mask_visible(visible)

    def _show_heat(self) -> None:
        for pane in (self.image, self.reference):
            pane.view.set_heat_visible(self.is_heat_visible)

    def _set_opacity(self, percent: int) -> None:
        for pane in (self.image, self.reference):
            pane.view.set_heat_opacity(percent / 100)

    def _point(self, x: float, y: float, value: float) -> None:
        if math.isnan(value):
            text = self.tr("x {x} · y {y}").format(x=int(x), y=int(y))
        else:
            where = self.tr("above the threshold") if value > self._threshold else ""
            text = self.tr("x {x} · y {y} · score {value}").format(
                x=int(x), y=int(y), value=number(value)
            )
            text += f" · {where}" if where else ""
        self.pointed.emit(text)

    def _tools(self, actions: ActionRegistry) -> QHBoxLayout:
        layout = QHBoxLayout()
        layout.setSpacing(em(self, 0.3))
        for name in ("heat", "contours", "mask", "compare", "fit", "one_to_one"):
            layout.addWidget(action_button(actions.action(f"review.{name}")))
        layout.addSpacing(em(self, 0.5))
        layout.addWidget(IconLabel("heat-map", "muted", 1.0))
        self.opacity.setMaximumWidth(em(self, 7))
        self.opacity.setMinimumSize(em(self, 3), em(self, 1.2))
        layout.addWidget(self.opacity)
        layout.addSpacing(em(self, 0.5))
        layout.addWidget(label(self.tr("Scale"), "muted"))
        self.scale_bar.setMaximumWidth(em(self, 16))
        layout.addWidget(self.scale_bar, 1)
        layout.addStretch(1)
        for name in ("undo", "redo"):
            layout.addWidget(action_button(actions.action(f"review.{name}")))
        return layout
