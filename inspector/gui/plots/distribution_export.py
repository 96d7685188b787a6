"""Pictures of a plot, with any number of rows, as pixels or as SVG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QBuffer, QIODevice, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from inspector.core.files import write_atomically
from inspector.gui.theme import LIGHT, Theme, theme_of

Ground = Literal["white", "theme"]
Paint = Callable[[QPainter], None]


def ground_theme(widget: QWidget, ground: Ground) -> Theme:
    """The colours of a picture: on white for paper, or as the widget looks."""
    return LIGHT if ground == "white" else theme_of()


def picture(size: QSize, scale: float, paint: Paint) -> QImage:
    """What `paint` draws on `size` logical pixels, with `scale` pixels for each of them."""
    image = QImage(size * scale, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    paint(painter)
    painter.end()
    return image


def write_svg(path: Path, widget: QWidget, size: QSize, paint: Paint) -> None:
    """Writes what `paint` draws on `size` logical pixels of a widget as an SVG file.

    Raises:
        InspectorError: the file cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(widget.accessibleName())
    # As on the screen: at another resolution, text would not be as wide as it was measured.
    generator.setResolution(widget.logicalDpiX())
    painter = QPainter(generator)
    paint(painter)
    painter.end()
    write_atomically(path, bytes(buffer.data().data()))
