"""List, tiles, map and card show the same choice; muting shows everywhere at once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from inspector.core.bank_checks import PaintedFact, coverage
from inspector.gui.pages.annotate.bank.entries import Entries
from inspector.gui.pages.annotate.bank.facts import PAINTED, BankFacts, PaintedMask, Patch, counted
from inspector.gui.pages.annotate.bank.map_points import MapPoints
from inspector.gui.pages.annotate.bank.map_style import MUTED
from inspector.gui.pages.annotate.bank.mask_list import mask_rows
from inspector.gui.pages.annotate.bank.muting import Muting
from inspector.gui.pages.annotate.bank.view import BankView
from inspector.gui.pages.annotate.bank.words import BankWords
from inspector.gui.pages.annotate.pictures import Pictures
from inspector.gui.pages.review.words import count


class BankDesk(QObject):
    """What stands in the view, and what follows from a choice in it."""

    mask_wanted = Signal(object)  # PaintedMask: go to it

    def __init__(
        self, view: BankView, words: BankWords, pictures: Pictures, muting: Muting
    ) -> None:
        super().__init__(view)
        self._view, self._words, self._pictures, self._muting = view, words, pictures, muting
        self._entries = Entries(words, pictures)
        self._open_classes: Sequence[tuple[str, int]] = ()
        self.facts: BankFacts | None = None
        view.masks.chosen.connect(self._on_mask)
        view.tiles.chosen.connect(self._on_tiles)
        view.map.chosen.connect(self._on_point)
        view.map.hovered.connect(self._on_hover)
        view.fit.clicked.connect(view.map.fit)
        view.warnings.wanted.connect(self.mask_wanted.emit)
        muting.changed.connect(self._show_muted)

    # What is shown.

    def show_facts(self, facts: BankFacts, open_classes: Sequence[tuple[str, int]]) -> None:
        """Shows a bank; the same mask stays chosen.

        Args:
            facts: All of it.
            open_classes: See `CoverageList.show_coverage`.
        """
        view, before = self._view, self._view.masks.current
        self.facts, self._open_classes = facts, open_classes
        view.title.setText(self.tr("Bank of {name}").format(name=facts.model.name))
        view.map.show_points(None)
        titled = [(mask, self._title(mask)) for mask in facts.masks]
        number = view.warnings.show_masks(titled)
        text = self.tr("Warnings ({n})").format(n=count(number)) if number else ""
        view.tabs.setTabText(1, text or self.tr("Warnings"))
        self._show_muted()
        view.masks.choose(before)
        self._on_mask(view.masks.current)

    def show_points(self, points: MapPoints) -> None:
        """Shows a map."""
        self._view.map.show_points(points)
        self._show_muted()

    def show_waiting(self, text: str) -> None:
        """There is no map yet."""
        self._view.map.show_points(None, text)

    def _show_muted(self) -> None:
        """After others were muted."""
        facts, view, muted = self.facts, self._view, self._muting.muted
        view.undo.setVisible(self._muting.can_undo)
        if facts is None:
            return
        view.masks.rows.show_rows(
            mask_rows(facts, self._words, self._title, lambda mask: len(self._muted_of(mask)))
        )
        mask = view.masks.current
        view.tiles.rows.show_patches(mask.patches if mask is not None else (), muted)
        silent = [patch for one in facts.masks for patch in self._muted_of(one)]
        view.map.show_muted(self._points(silent))
        number = counted(facts.masks, muted)
        text = f"{self._words.masks(len(facts.masks))} · {self._words.patches(int(number.sum()))}"
        view.summary.setText(self.tr("{what} in the bank").format(what=text))
        self._show_coverage(facts, number.tolist())
        self._show_legend(len(silent))
        self._on_tiles()

    def _show_coverage(self, facts: BankFacts, numbers: Sequence[int]) -> None:
        """Of what is painted now; of an erased mask nothing is."""
        names = {one.type_id: one.name for one in facts.types}
        classes = self._pictures.class_names()
        painted = [
            PaintedFact(
                names.get(mask.annotation.type_id, mask.annotation.defect_type),
                mask.annotation.image_id,
                classes.get(mask.annotation.image_id, ""),
                number,
            )
            for mask, number in zip(facts.masks, numbers, strict=True)
            if mask.newest
        ]
        every = sorted(set(classes.values()))
        rows = coverage([one.name for one in facts.types], every, painted)
        self._view.coverage.show_coverage(rows, facts.types, self._open_classes)

    def _show_legend(self, n_muted: int) -> None:
        points = self._view.map.points
        entries = []
        if points is not None:
            for bank, total in zip(points.banks, points.totals, strict=True):
                shown = len(points.of(bank))
                text = f"{self._words.banks[bank]} {count(total)}"
                if shown < total:
                    text = self.tr("{bank} {shown} of {total}").format(
                        bank=self._words.banks[bank], total=count(total), shown=count(shown)
                    )
                entries.append((bank, text))
        if n_muted:
            entries.append((MUTED, f"{self._words.muted} {count(n_muted)}"))
        self._view.legend.set_entries(entries)

    def _show_buttons(self) -> None:
        view, targets = self._view, self.targets
        for one in (view.mute, view.remove, view.go):
            one.setEnabled(view.masks.current is not None)
        silences = self.silences
        view.mute.setText(self.tr("Mute") if silences else self.tr("Unmute"))
        what = self._words.patches(len(targets))
        text = (
            self.tr("Leave {what} out of this model, and out of the next training")
            if silences
            else self.tr("Let {what} count again")
        )
        view.explain(view.mute, "annotate.mute", text.format(what=what))
        view.explain(
            view.remove,
            "annotate.remove",
            self.tr("Erase this mask from its image and leave its patches out of this model"),
        )
        mask = view.masks.current
        if mask is None:
            view.about_tiles.setText("")
            return
        chosen = view.tiles.chosen_patches
        total = self._words.patches(len(mask.patches))
        some = self.tr("{total}, {n} chosen").format(total=total, n=count(len(chosen)))
        view.about_tiles.setText(some if chosen else total)

    # What is chosen.

    @property
    def targets(self) -> tuple[Patch, ...]:
        """The patches that muting means: the chosen ones, else all of the mask."""
        mask = self._view.masks.current
        return self._view.tiles.chosen_patches or (mask.patches if mask is not None else ())

    @property
    def silences(self) -> bool:
        """Whether muting would mute some of them; else all are muted and it lets them in again."""
        return any(patch.place not in self._muting.muted for patch in self.targets)

    def _on_mask(self, mask: PaintedMask | None) -> None:
        view = self._view
        view.tiles.rows.show_patches(mask.patches if mask is not None else (), self._muting.muted)
        view.tiles.choose(None)
        self._on_tiles()

    def _on_tiles(self) -> None:
        """The card shows the patch under the keyboard, else the mask's first one."""
        view, facts, mask = self._view, self.facts, self._view.masks.current
        self._show_buttons()
        if mask is None or facts is None:
            view.map.show_chosen([], -1)
            view.card.show_entry(None)
            return
        patch = view.tiles.current
        shown = patch or mask.patches[0]
        is_muted = shown.place in self._muting.muted
        view.card.show_entry(self._entries.of_patch(facts, mask, shown, is_muted))
        current = self._points([patch]) if patch is not None else []
        view.map.show_chosen(self._points(self.targets), current[0] if current else -1)

    def _on_point(self, point: int) -> None:
        view, facts, points = self._view, self.facts, self._view.map.points
        if facts is None or points is None:
            return
        bank, row = points.banks[points.codes[point]], int(points.rows[point])
        stored = facts.banks[bank]
        number = int(stored.annotation_ids[row])
        mask = next((one for one in facts.masks if one.annotation.annotation_id == number), None)
        if mask is not None:
            view.masks.choose(mask)
            place = stored.places()[row] if bank in PAINTED else None
            view.tiles.choose(place)
        if mask is None or bank not in PAINTED:
            view.card.show_entry(self._entries.of_entry(facts, bank, row))
            view.map.show_chosen(self._points(self.targets) if mask is not None else [], point)
        view.tabs.setCurrentIndex(0)

    def _on_hover(self, point: int) -> None:
        points, facts = self._view.map.points, self.facts
        if point < 0 or points is None or facts is None:
            self._view.map.say("")
            return
        bank, row = points.banks[points.codes[point]], int(points.rows[point])
        self._view.map.say(self._entries.short(facts, bank, row, self._muting.muted))

    def _title(self, mask: PaintedMask) -> str:
        return self._entries.file_of(mask.annotation.image_id)

    def _muted_of(self, mask: PaintedMask) -> list[Patch]:
        return [patch for patch in mask.patches if patch.place in self._muting.muted]

    def _points(self, patches: Sequence[Patch]) -> list[int]:
        points = self._view.map.points
        if points is None:
            return []
        found = [points.find(patch.bank, patch.row) for patch in patches if patch.bank]
        return [point for point in found if point >= 0]
