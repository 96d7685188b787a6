"""What this program is: version, licence, the versions of what it is built on."""

from __future__ import annotations

import platform

import PySide6
from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from inspector import __version__
from inspector.gui.icons import icon
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, label, line


class AboutDialog(QDialog):
    """Says nothing that a bug report does not need."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("About Inspector"))
        layout = QVBoxLayout(self)
        gap = em(self, 1.2)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.8))
        picture = QLabel()
        side = em(self, 3.4)
        picture.setPixmap(icon("app").pixmap(QSize(side, side), self.devicePixelRatio()))
        head = QHBoxLayout()
        head.setSpacing(em(self, 1))
        head.addWidget(picture)
        names = QVBoxLayout()
        names.addWidget(label("Inspector", "hero"))
        names.addWidget(label(self.tr("Version {v}").format(v=__version__), "muted"))
        head.addLayout(names, 1)
        layout.addLayout(head)
        text = self.tr(
            "Learns what normal parts look like and gives every new part one score on one scale "
            "for all product classes."
        )
        sentence = label(text, wrap=True)
        sentence.setMinimumWidth(em(self, 22))
        layout.addWidget(sentence)
        layout.addWidget(line())
        layout.addLayout(self._facts())
        close = button(self.tr("Close"), "primary")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(close)
        layout.addLayout(foot)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetFixedSize)

    def _facts(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(em(self, 1))
        facts = (
            (self.tr("Licence"), "Apache 2.0"),
            ("Python", platform.python_version()),
            ("Qt", qVersion()),
            ("PySide6", PySide6.__version__),
            (self.tr("System"), f"{platform.system()} {platform.release()}"),
        )
        for row, (name, value) in enumerate(facts):
            grid.addWidget(label(name, "muted"), row, 0)
            grid.addWidget(label(value, selectable=True), row, 1)
        grid.setColumnStretch(1, 1)
        return grid
