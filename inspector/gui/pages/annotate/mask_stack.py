"""The masks of all defect types on the canvas, kept in step with what is painted."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QObject

from inspector.core.brushes import Box
from inspector.gui.canvas.mask_layer import MaskLayer
from inspector.gui.canvas.zoom_view import ZoomView
from inspector.gui.pages.annotate.draft import Draft
from inspector.gui.pages.annotate.painting import Painting

_Z = 4


class MaskStack(QObject):
    """One layer for each type that has a draft; the one that is painted with lies on top."""

    def __init__(self, view: ZoomView, painting: Painting, hidden: Collection[int]) -> None:
        super().__init__(view)
        self._view, self._painting, self._hidden = view, painting, hidden
        self._opacity, self._shown = 0.6, True
        self.layers: dict[int, MaskLayer] = {}
        self._drafts: dict[int, Draft] = {}
        painting.opened.connect(self.refresh)
        painting.types_changed.connect(self.refresh)
        painting.touched_at.connect(self._on_touch)

    def set_opacity(self, opacity: float) -> None:
        """How much of the image the inside of the masks covers, in [0, 1]."""
        self._opacity = opacity
        self.refresh()

    def set_shown(self, shown: bool) -> None:
        """Shows or hides all of them."""
        self._shown = shown
        self.refresh()

    def refresh(self) -> None:
        """After other drafts, types, looks or visibilities."""
        types = {one.type_id: one for one in self._painting.types}
        for type_id in list(self.layers):
            if type_id not in types:
                self._view.scene().removeItem(self.layers.pop(type_id))
                self._drafts.pop(type_id, None)
        for type_id, one in types.items():
            layer = self.layers.get(type_id)
            if layer is None:
                layer = self.layers[type_id] = MaskLayer(one.colour, one.pattern, self._opacity)
                self._view.add_layer(layer, _Z)
            layer.set_look(one.colour, one.pattern, self._opacity)
            layer.setZValue(_Z + 0.5 * (type_id == self._painting.type_id))
            layer.setVisible(self._shown and type_id not in self._hidden)
            draft = self._painting.drafts.get(type_id)
            if draft is not self._drafts.get(type_id):
                layer.set_mask(draft.mask if draft is not None else None)
                if draft is None:
                    self._drafts.pop(type_id)
                else:
                    self._drafts[type_id] = draft

    def _on_touch(self, type_id: int, box: Box) -> None:
        if type_id in self.layers:
            self.layers[type_id].touched(box)
