"""The words that the Annotate page has for tools, colours and numbers."""

from __future__ import annotations

from PySide6.QtCore import QObject

from inspector.gui.pages.review.words import Mark

SHAPES = ("brush", "eraser", "polygon", "rectangle", "fill", "from_heat")
"""The tools, by the names of their actions."""


class AnnotateWords(QObject):
    """Texts in the user's language."""

    def __init__(self) -> None:
        super().__init__()
        self.annotated = Mark(self.tr("Annotated"), "annotate", "accent")
        self.patterns = {
            "solid": self.tr("Solid"),
            "diagonal": self.tr("Diagonal lines"),
            "dots": self.tr("Dots"),
            "cross": self.tr("Crossed lines"),
        }
        self.colours = {
            "#d55e00": self.tr("Vermilion"),
            "#0072b2": self.tr("Blue"),
            "#009e73": self.tr("Green"),
            "#cc79a7": self.tr("Pink"),
            "#e69f00": self.tr("Orange"),
            "#56b4e9": self.tr("Sky blue"),
            "#f0e442": self.tr("Yellow"),
        }
        erases = self.tr("The right button erases.")
        self.hints = {
            "brush": erases,
            "eraser": self.tr("The right button paints."),
            "polygon": self.tr("Click the corners. Enter closes, Backspace removes the last one."),
            "rectangle": self.tr("Drag from corner to corner.") + " " + erases,
            "fill": self.tr("Click a colour.") + " " + erases,
            "from_heat": self.tr("Click another hot spot to begin there."),
        }
