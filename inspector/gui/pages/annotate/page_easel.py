"""The page as the tools see it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from inspector.core.brushes import Box, Image, Map, Mask
from inspector.gui.pages.annotate.options_bar import OptionsBar
from inspector.gui.pages.annotate.painting import Painting
from inspector.gui.pages.review.prefetch import Look


class PageEasel(QObject):
    """Joins what is painted, what is shown, and what the bar says."""

    def __init__(
        self,
        painting: Painting,
        options: OptionsBar,
        before: Callable[[], object],
        say: Callable[[str], object],
    ) -> None:
        """`before` is called before anything is painted; `say` shows a sentence."""
        super().__init__()
        self._painting, self._options = painting, options
        self._before, self._say = before, say
        self.look: Look | None = None
        self.low = 0.0

    @property
    def brush_size(self) -> int:
        return self._options.pixels.value()

    @property
    def tolerance(self) -> int:
        return self._options.tolerance.value()

    @property
    def heat_share(self) -> float:
        return self._options.share.value() / 100

    @property
    def pixels(self) -> Image | None:
        return self.look.pixels if self.look is not None else None

    def heat(self) -> tuple[Map, float] | None:
        """The map of the image; where there is none, the reason is said."""
        look = self.look
        if look is None or look.anomaly_map is None:
            self._say(
                self.tr("This image has no heat map: score it with a model first (Dataset page).")
            )
            return None
        return look.anomaly_map, self.low

    def begin(self) -> Mask | None:
        self._before()
        mask = self._painting.begin()
        if mask is None:
            self._say(self.tr("There is no image to paint on."))
        return mask

    def touched(self, box: Box) -> None:
        self._painting.touched(box)

    def finish(self, tool: str) -> None:
        self._painting.finish(tool)

    def drop(self) -> None:
        self._painting.drop()

    def say(self, text: str) -> None:
        self._say(text)
