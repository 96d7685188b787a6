"""Views of images, shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.canvas.image_view import ImageView

from .hand import image


@pytest.fixture
def open_view(qtbot: QtBot) -> Callable[..., ImageView]:
    def opened(width: int = 404, height: int = 304) -> ImageView:
        """With its frame, 400 x 300 are left for the image."""
        view = ImageView()
        qtbot.addWidget(view)
        view.resize(width, height)
        view.show()
        qtbot.waitExposed(view)
        return view

    return opened


@pytest.fixture
def view(open_view: Callable[..., ImageView]) -> ImageView:
    view = open_view()
    view.set_image(image())
    return view
