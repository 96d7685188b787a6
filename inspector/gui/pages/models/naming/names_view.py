"""What a model calls each class: the nearest words, and how alike the names are."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from inspector.gui.pages.models import words
from inspector.gui.pages.models.cells import Cell
from inspector.gui.pages.models.grid import Grid, Row
from inspector.gui.pages.models.naming.reading import NameReader
from inspector.gui.theme import em
from inspector.gui.widgets.basics import column, label
from inspector.jobs.name_file import StoredNames

_WORDS = 3


class NamesView(QWidget):
    """Words on the left, similarities on the right."""

    def __init__(self, reader: NameReader) -> None:
        super().__init__()
        self._reader = reader
        self.about = label("", "muted", wrap=True)
        self.names = Grid(self.tr("Nearest words of each class"), lines=2)
        self.similarity = Grid(self.tr("Similarity of the names of two classes"), lines=1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(em(self, 0.8))
        for title, grid in (
            (self.tr("Nearest words"), self.names),
            (self.tr("Similarity of the names; bold: the most alike of the row"), self.similarity),
        ):
            split.addWidget(column(label(title, "section"), grid, spacing=0.3))
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 1)
        split.setSizes([em(self, 36), em(self, 40)])
        layout = QVBoxLayout(self)
        gap = em(self, 0.5)
        layout.setContentsMargins(0, gap, 0, 0)
        layout.setSpacing(gap)
        layout.addWidget(self.about)
        layout.addWidget(split, 1)
        reader.changed.connect(self._on_changed)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._reader.read()

    def _on_changed(self) -> None:
        names = self._reader.names
        if names is None:
            self.about.setText(self._reader.problem or self.tr("Reading the names…"))
            for grid in (self.names, self.similarity):
                grid.fill([], [])
            if self.isVisible() and not self._reader.problem:
                self._reader.read()
            return
        self.about.setText(self._told(names))
        classes = range(len(names.similarity))
        headings = [self.tr("Class"), *self._places(names), self.tr("Most alike")]
        self.names.fill(headings, [self._words(names, c) for c in classes])
        # Numbers above, as columns with names would take several screens.
        numbers = [str(c + 1) for c in classes]
        rows: list[Row] = [self._alike(names, c) for c in classes]
        self.similarity.fill([self.tr("Class"), *numbers], rows)
        for c in classes:
            heading = self.similarity.horizontalHeaderItem(c + 1)
            if heading is not None:
                heading.setToolTip(self._reader.title(c))

    def _told(self, names: StoredNames) -> str:
        if not any(names.naming.nearest):
            return self.tr(
                "The names were given and are not learned. They are read by {encoder}."
            ).format(encoder=names.naming.encoder)
        return self.tr(
            "A learned name has no spelling: these words of {encoder} come nearest to it. 1 means "
            "the same, 0 nothing in common (cosine)."
        ).format(encoder=names.naming.encoder)

    def _places(self, names: StoredNames) -> list[str]:
        if not any(names.naming.nearest):
            return []
        return [self.tr("Nearest word"), *(f"{n}." for n in range(2, _WORDS + 1))]

    def _words(self, names: StoredNames, c: int) -> list[Cell]:
        name = names.naming.classes[c]
        parts = [self.tr("tail")] if self._reader.is_tail(c) else []
        count = self._count(name)
        if count is not None:
            parts.append(words.images(count))
        nearest = names.naming.nearest[c]
        told = "\n".join(f"{word} {value:.2f}" for word, value in nearest)
        cells = [Cell(name, below=", ".join(parts), is_left=True, is_bold=True, tip=told)]
        shown = [Cell(word, below=f"{value:.2f}") for word, value in nearest[:_WORDS]]
        cells += shown + [Cell()] * (len(self._places(names)) - len(shown))
        other = names.most_alike(c)
        if other is not None:
            value = names.similarity[c, other]
            cells.append(Cell(names.naming.classes[other], below=f"{value:.2f}"))
        return cells

    def _count(self, name: str) -> int | None:
        """Training images of a class; None for a cluster."""
        facts = self._reader.facts
        counts = facts.card.training_images if facts is not None and facts.card else {}
        return next((n for known, n in counts.items() if words.class_label(known) == name), None)

    def _alike(self, names: StoredNames, c: int) -> list[Cell]:
        title, most = self._reader.title(c), names.most_alike(c)
        made = [Cell(f"{c + 1}  {title}", is_left=True)]
        for other, value in enumerate(names.similarity[c].tolist()):
            tip = self.tr("{one} and {other}").format(one=title, other=self._reader.title(other))
            is_own = other == c
            made.append(Cell(f"{value:.2f}", is_quiet=is_own, is_bold=other == most, tip=tip))
        return made
