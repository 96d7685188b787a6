"""Warnings of masks, and what is painted of each defect type: two lists that scroll."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from inspector.core.bank_checks import Coverage
from inspector.gui.pages.annotate.bank.facts import PaintedMask
from inspector.gui.pages.annotate.bank.words import BankWords
from inspector.gui.pages.annotate.swatch import swatch
from inspector.gui.pages.review.words import count
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, button, label, line
from inspector.project.defect_types import DefectType


class _Scrolled(QScrollArea):
    """Rows one below the other, a line between them."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _show(self, rows: Sequence[QWidget], nothing: str) -> None:
        held = QWidget()
        layout = QVBoxLayout(held)
        gap = em(self, 0.5)
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.setSpacing(em(self, 0.4))
        if not rows:
            layout.addWidget(label(nothing, "muted", wrap=True))
        for number, row in enumerate(rows):
            if number:
                layout.addWidget(line())
            layout.addWidget(row)
        layout.addStretch(1)
        self.setWidget(held)


class Warnings(_Scrolled):
    """One sentence each, and a button that leads to the mask."""

    wanted = Signal(object)  # PaintedMask: go to it

    def __init__(self, words: BankWords) -> None:
        super().__init__(self.tr("Warnings"))
        self._words = words
        self.buttons: list[QWidget] = []

    def show_masks(self, masks: Sequence[tuple[PaintedMask, str]]) -> int:
        """Shows the warnings of (mask, its title); returns how many there are."""
        self.buttons = []
        rows = [self._row(mask, title, text) for mask, title in masks for text in self._texts(mask)]
        nothing = self.tr(
            "Nothing to warn of: the masks fit the patch grid and differ from normal parts."
        )
        self._show(rows, nothing)
        return len(rows)

    def _texts(self, mask: PaintedMask) -> list[str]:
        """One at most: a small mask is normal surroundings for the most part anyway."""
        if mask.is_small:
            return [self._words.small(mask)]
        return [self._words.mispainted(mask)] if mask.is_mispainted else []

    def _row(self, mask: PaintedMask, title: str, text: str) -> QWidget:
        made = QWidget()
        layout = QHBoxLayout(made)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.5))
        go = button(self.tr("Go to the mask"))
        go.setAccessibleName(self.tr("Go to the mask on {title}").format(title=title))
        go.clicked.connect(lambda: self.wanted.emit(mask))
        self.buttons.append(go)
        texts = QVBoxLayout()
        texts.setSpacing(em(self, 0.1))
        texts.addWidget(label(title, "headline", wrap=True))
        texts.addWidget(label(text, wrap=True))
        layout.addWidget(IconLabel("warning", "unsure"), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        layout.addWidget(go, 0, Qt.AlignmentFlag.AlignVCenter)
        return made


class CoverageList(_Scrolled):
    """How much is painted of each type, and on which products nothing is."""

    def __init__(self, words: BankWords) -> None:
        super().__init__(self.tr("Coverage"))
        self._words = words

    def show_coverage(
        self,
        rows: Sequence[Coverage],
        types: Sequence[DefectType],
        open_classes: Sequence[tuple[str, int]],
    ) -> None:
        """Shows each type.

        Args:
            rows: What is covered.
            types: For their colours.
            open_classes: Classes on which nothing at all is painted although images are flagged,
                and how many are.
        """
        looks = {one.name: one for one in types}
        made = [self._row(row, looks.get(row.type_name)) for row in rows]
        if open_classes:
            made.insert(0, self._open(open_classes))
        self._show(made, self.tr("There is no defect type yet."))

    def _open(self, classes: Sequence[tuple[str, int]]) -> QWidget:
        named = ", ".join(
            self.tr("{name} ({count} flagged)").format(
                name=name or self._words.no_class, count=count(number)
            )
            for name, number in classes
        )
        text = self.tr("Nothing is painted on any image of: {classes}.").format(classes=named)
        return label(text, wrap=True)

    def _row(self, row: Coverage, look: DefectType | None) -> QWidget:
        made = QWidget()
        layout = QHBoxLayout(made)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.5))
        side = em(self, 1.2)
        picture = label()
        if look is not None:
            icon = swatch(look.colour, look.pattern, side, self.devicePixelRatioF())
            picture.setPixmap(icon.pixmap(side, side))
        texts = QVBoxLayout()
        texts.setSpacing(em(self, 0.1))
        texts.addWidget(label(row.type_name, "headline"))
        texts.addWidget(label(self._numbers(row), wrap=True))
        if row.masks and row.without:
            without = ", ".join(name or self._words.no_class for name in row.without)
            texts.addWidget(
                label(self.tr("None on: {classes}").format(classes=without), "muted", wrap=True)
            )
        layout.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(texts, 1)
        return made

    def _numbers(self, row: Coverage) -> str:
        if not row.masks:
            return self.tr("Nothing is painted with this type.")
        classes = ", ".join(
            f"{name or self._words.no_class} {count(number)}"
            for name, number in row.classes.items()
        )
        images = (
            self.tr("1 image")
            if row.images == 1
            else self.tr("{n} images").format(n=count(row.images))
        )
        text = self.tr("{masks} on {images}, {patches} in the bank. Masks by class: {classes}")
        return text.format(
            masks=self._words.masks(row.masks),
            images=images,
            patches=self._words.patches(row.patches),
            classes=classes,
        )
