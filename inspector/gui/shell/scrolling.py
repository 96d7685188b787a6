"""A scroll area without a ground of its own."""

from __future__ import annotations

from PySide6.QtWidgets import QScrollArea, QWidget


def scrolled(content: QWidget) -> QScrollArea:
    """`content`, which takes the whole width, on whatever ground the area lies."""
    made = QScrollArea()
    made.setWidgetResizable(True)
    made.setWidget(content)
    # Qt fills both; the panel's own ground is to be seen.
    content.setAutoFillBackground(False)
    made.viewport().setAutoFillBackground(False)
    return made
