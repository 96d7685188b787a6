"""What the card and the map say of an entry of the banks."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject

from inspector.gui.pages.annotate.bank.facts import (
    BankFacts,
    PaintedMask,
    Patch,
    entry_of,
)
from inspector.gui.pages.annotate.bank.patch_card import Shown
from inspector.gui.pages.annotate.bank.words import BankWords
from inspector.gui.pages.annotate.pictures import Pictures
from inspector.jobs.bank_file import Place


class Entries(QObject):
    """Describes entries in the user's language."""

    def __init__(self, words: BankWords, pictures: Pictures) -> None:
        super().__init__()
        self._words, self._pictures = words, pictures

    def image(self, image_id: int) -> str:
        """Class and file of an image."""
        image = self._pictures.image(image_id)
        if image is None:
            return self._words.gone
        name = image.record.class_name
        return f"{name} · {image.path.name}" if name else image.path.name

    def file_of(self, image_id: int) -> str:
        """Class, kind of defect and file: several images may be called 000.png."""
        image = self._pictures.image(image_id)
        if image is None:
            return self._words.gone
        parts = (image.record.class_name, f"{image.path.parent.name}/{image.path.name}")
        return " · ".join(part for part in parts if part)

    def short(self, facts: BankFacts, bank: str, row: int, muted: frozenset[Place]) -> str:
        """A point under the mouse, in a line or two."""
        stored = facts.banks[bank]
        image_id, grid_row, grid_column = entry_of(stored, row)
        name = self._words.banks[bank]
        if (int(stored.annotation_ids[row]), grid_row, grid_column) in muted:
            name = f"{name} · {self._words.muted}"
        return f"{name}\n{self.file_of(image_id)}" if image_id >= 0 else name

    def of_patch(self, facts: BankFacts, mask: PaintedMask, patch: Patch, muted: bool) -> Shown:
        """A painted patch, beside the nearest normal one."""
        types = {one.type_id: one.name for one in facts.types}
        _, row, column = patch.place
        title = self.tr("Painted patch · {type}").format(
            type=types.get(mask.annotation.type_id, mask.annotation.defect_type)
        )
        state = self._words.state(mask, len(mask.patches) if muted else 0).word
        who = f"{self._words.painted(mask)} · {state}"
        lines = [self._at(patch.image_id, row, column), who]
        pictures = [(self.tr("Painted"), (patch.image_id, row, column))]
        normal = facts.banks.get("normal")
        if patch.nearest >= 0 and normal is not None:
            lines.insert(0, self._words.ratio(patch.ratio))
            nearest = entry_of(normal, patch.nearest)
            pictures.append((self.tr("Nearest normal"), nearest))
            text = self.tr("Nearest normal: {place}")
            lines.append(text.format(place=self._at(*nearest)))
        return Shown(title, tuple(lines), tuple(pictures))

    def of_entry(self, facts: BankFacts, bank: str, row: int) -> Shown:
        """An entry of a bank that nobody painted."""
        stored = facts.banks[bank]
        place = entry_of(stored, row)
        title = self._words.banks[bank]
        explained = self._explained().get(bank, "")
        if place[0] < 0:
            return Shown(title, (explained,), ())
        lines = (self._at(*place), explained)
        return Shown(title, lines, ((title, place),))

    def _explained(self) -> Mapping[str, str]:
        return {
            "normal": self.tr("A patch of a normal image that the model learned from."),
            "outliers": self.tr(
                "This normal patch was blended with a foreign texture; the picture shows it before."
            ),
            "pseudo": self.tr(
                "Noise around the middle of the patches painted on this image: it lies nowhere."
            ),
        }

    def _at(self, image_id: int, row: int, column: int) -> str:
        where = self.file_of(image_id)
        if row < 0:
            return where
        text = self.tr("{image}, row {row}, column {column}")
        return text.format(image=where, row=row + 1, column=column + 1)
