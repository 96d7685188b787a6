"""Raw beside aligned in numbers, with the difference: one cell for each metric."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from inspector.core.thresholds import Confusion
from inspector.core.words import metric, percent
from inspector.gui.pages.alignment.numbers import Numbers
from inspector.gui.theme import em
from inspector.gui.widgets.basics import label

_VISIBLE = 0.0005
"""Differences below this do not show in the numbers."""

_WAITING = "…"


@dataclass(frozen=True, slots=True)
class Pair:
    """A metric's two values; None where undefined."""

    raw: float | None
    aligned: float | None


class MetricCell(QWidget):
    """One metric: its name, raw → aligned, and what that means."""

    def __init__(self, title: str, meaning: str, *, is_rate: bool, lower_is_better: bool) -> None:
        super().__init__()
        self._title, self._meaning = title, meaning
        self._is_rate, self._lower_is_better = is_rate, lower_is_better
        self._raw = label("", "muted")
        self._aligned = label("", "title")
        self._difference = label("", "muted")
        for part in (self._raw, self._aligned):
            font = part.font()
            font.setFeature(font.Tag("tnum"), 1)
            part.setFont(font)
        values = QHBoxLayout()
        values.setSpacing(em(self, 0.3))
        for part in (self._raw, self._arrow(), self._aligned):
            values.addWidget(part, 0, Qt.AlignmentFlag.AlignBaseline)
        values.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self._heading = label(title, "section")
        layout.addWidget(self._heading)
        layout.addLayout(values)
        layout.addWidget(self._difference)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_pair(None)

    def set_title(self, title: str) -> None:
        """Calls it something else."""
        self._title = title
        self._heading.setText(title)

    def set_pair(self, pair: Pair | None) -> None:
        """Shows both values; None while they are not known yet."""
        if pair is None:
            texts = _WAITING, _WAITING
        else:
            texts = self._written(pair.raw), self._written(pair.aligned)
        self._raw.setText(texts[0])
        self._aligned.setText(texts[1])
        words, role = self._compared(pair)
        self._difference.setText(words)
        if self._difference.property("role") != role:
            self._difference.setProperty("role", role)
            self._difference.style().polish(self._difference)
        said = self.tr("{title}: raw {raw}, aligned {aligned}. {words}").format(
            title=self._title, raw=texts[0], aligned=texts[1], words=words
        )
        self.setAccessibleName(said)
        self.setToolTip(f"{self._meaning}\n{said}")

    def texts(self) -> tuple[str, str, str]:
        """What is shown: raw, aligned, difference."""
        return self._raw.text(), self._aligned.text(), self._difference.text()

    def _arrow(self) -> QLabel:
        return label("→", "muted")

    def _written(self, value: float | None) -> str:
        return percent(value) if self._is_rate else metric(value)

    def _compared(self, pair: Pair | None) -> tuple[str, str]:
        """The difference in words, and the role of the label that says it."""
        if pair is None or pair.raw is None or pair.aligned is None:
            return "", "muted"
        gain = pair.aligned - pair.raw
        if abs(gain) < _VISIBLE:
            return self.tr("the same"), "muted"
        size = (
            self.tr("{0} points").format(f"{100 * gain:+.1f}") if self._is_rate else f"{gain:+.3f}"
        ).replace("-", "−")
        if (gain < 0) == self._lower_is_better:
            return self.tr("{0}, better").format(size), "better"
        return self.tr("{0}, worse").format(size), "error"


class MetricStrip(QFrame):
    """All metrics side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setAccessibleName(self.tr("Metrics, raw and aligned"))
        whole = self.tr("All classes together, under one threshold, with no class label.")
        self.cells = {
            "auroc": self._cell(self.tr("AUROC"), whole),
            "ap": self._cell(self.tr("Average precision"), whole),
            "f1": self._cell(self.tr("F1-max"), whole),
            "class_average": self._cell(
                self.tr("Class mean AUROC"),
                self.tr("Each class for itself, then the mean: alignment need not change it much."),
            ),
            "flagged": self._cell(
                self.tr("Good flagged"),
                self.tr("Share of the good images above the threshold that is set now."),
                is_rate=True,
                lower_is_better=True,
            ),
            "caught": self._cell(
                self.tr("Defects caught"),
                self.tr("Share of the defective images above the threshold that is set now."),
                is_rate=True,
            ),
        }
        layout = QHBoxLayout(self)
        gap = em(self, 0.7)
        layout.setContentsMargins(gap, em(self, 0.4), gap, em(self, 0.4))
        layout.setSpacing(em(self, 0.6))
        for cell in self.cells.values():
            layout.addWidget(cell, 1)
        layout.addStretch(0)

    def set_numbers(self, numbers: Numbers | None, *, has_defects: bool) -> None:
        """Shows the metrics; None while they are being computed. Without defects there are none."""
        for name in ("auroc", "ap", "f1", "class_average"):
            cell = self.cells[name]
            cell.setVisible(has_defects)
            cell.set_pair(
                None
                if numbers is None
                else Pair(getattr(numbers.raw, name), getattr(numbers.aligned, name))
            )
        self.cells["caught"].setVisible(has_defects)
        self.cells["flagged"].set_title(
            self.tr("Good flagged") if has_defects else self.tr("Expected false positives")
        )

    def set_confusions(self, raw: Confusion, aligned: Confusion) -> None:
        """Shows what the thresholds do now."""
        self.cells["flagged"].set_pair(Pair(raw.false_positive_rate, aligned.false_positive_rate))
        self.cells["caught"].set_pair(Pair(raw.true_positive_rate, aligned.true_positive_rate))

    @staticmethod
    def _cell(
        title: str, meaning: str, *, is_rate: bool = False, lower_is_better: bool = False
    ) -> MetricCell:
        return MetricCell(title, meaning, is_rate=is_rate, lower_is_better=lower_is_better)
