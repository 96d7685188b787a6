"""The panel beside the images: everything that is known of the chosen one, or what many share."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QSize, Qt, QUrl
from PySide6.QtGui import QColor, QDesktopServices, QGuiApplication, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QWidget

from inspector.gui.actions import ActionRegistry
from inspector.gui.library import VERDICTS
from inspector.gui.pages.dataset.image_list import ImageListModel
from inspector.gui.pages.dataset.query import Decision
from inspector.gui.pages.dataset.tile_painter import Pictures
from inspector.gui.pages.dataset.words import DatasetWords
from inspector.gui.session import Session
from inspector.gui.theme import em, theme_of
from inspector.gui.thumbnails import Unreadable
from inspector.gui.widgets.basics import action_button, column, icon_button, label, line, row
from inspector.project.columns import TRUTHS
from inspector.project.records import StoredImage

_CLASSES_SHOWN = 6
_TOOLS = ("review", "annotate")


class DetailsPanel(QScrollArea):
    """Shows the chosen images."""

    def __init__(
        self, session: Session, actions: ActionRegistry, model: ImageListModel, pictures: Pictures
    ) -> None:
        super().__init__()
        self._session, self._model = session, model
        self._words = DatasetWords()
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._path = Path()
        self.preview = PreviewPane(pictures)
        self.name = label("", "headline", wrap=True, selectable=True)
        self.problem = label("", "error", wrap=True, selectable=True)
        self.facts = FactTable()
        self.scores = FactTable()
        self.history = FactTable()
        copy = icon_button("copy", self.tr("Copy the path"))
        copy.clicked.connect(self.copy_path)
        folder = icon_button("external", self.tr("Show in the folder"))
        folder.clicked.connect(self._show_in_folder)
        tools = (action_button(actions.action(f"dataset.{what}"), text=True) for what in _TOOLS)
        self._tools = column(*tools, spacing=0.25)
        self._path_tools = row(copy, folder, spacing=0.1)
        self._heading = QWidget()
        heading = QHBoxLayout(self._heading)
        heading.setContentsMargins(0, 0, 0, 0)
        heading.addWidget(self.name, 1)
        heading.addWidget(self._path_tools)
        self._invitation = label(
            self.tr("Choose one to see all that is known of it."), "muted", wrap=True
        )
        self._score_title = label(self.tr("Scores"), "section")
        self._history_title = label(self.tr("Verdicts"), "section")
        self._score_line, self._history_line = line(), line()
        self.setWidget(self._assembled())
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Details"))
        self.show_images(self._ids)

    def show_images(self, image_ids: NDArray[np.int64]) -> None:
        """Shows other images."""
        self._ids = image_ids
        self.refresh()

    def refresh(self) -> None:
        """Shows what is known now."""
        rows = self._session.library.images.rows_of(self._ids)
        rows = rows[rows >= 0]
        if len(rows) == 1:
            self._show_one(int(rows[0]))
        else:
            self._show_many(rows)

    def minimumSizeHint(self) -> QSize:
        return QSize(em(self, 15), em(self, 10))

    def sizeHint(self) -> QSize:
        return QSize(em(self, 17), em(self, 30))

    def copy_path(self) -> None:
        """Copies the path of the image that is shown."""
        QGuiApplication.clipboard().setText(str(self._path))

    def _show_in_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._path.parent)))

    def _assembled(self) -> QWidget:
        return column(
            self.preview,
            self._heading,
            self._invitation,
            self.problem,
            self._tools,
            self.facts,
            self._score_line,
            self._score_title,
            self.scores,
            self._history_line,
            self._history_title,
            self.history,
            None,
            margin=0.75,
        )

    def _show_one(self, place: int) -> None:
        image = self._session.library.images.images[place]
        self._path = image.path
        self.preview.set_image(image)
        self.preview.show()
        self._invitation.hide()
        self._tools.show()
        self._path_tools.show()
        _show_text(self.name, image.record.path.rpartition("/")[2])
        problem = image.record.problem or ""
        self.problem.setText(f"{problem} {image.record.hint or ''}".strip())
        self.problem.setVisible(bool(problem))
        self.facts.set_facts(self._facts(image))
        self._show_scores(place)
        self._show_history(image.image_id)

    def _facts(self, image: StoredImage) -> list[tuple[str, str]]:
        record, words = image.record, self._words
        size = f"{record.width} × {record.height}" if record.width else "–"
        bits = self.tr("{bits} bit, {channels} channels").format(
            bits=record.bit_depth, channels=record.channels
        )
        stamp = record.stamp
        return [
            (self.tr("Class"), record.class_name or "–"),
            (self.tr("Split"), words.splits[record.split]),
            (self.tr("Truth"), words.truth_of(record.truth, record.defect_kind)),
            (self.tr("Masks"), str(len(record.masks)) if record.masks else "–"),
            (self.tr("Size"), size),
            (self.tr("Depth"), bits if record.bit_depth else "–"),
            (self.tr("File size"), _bytes(stamp.file_size) if stamp else "–"),
            (self.tr("Changed"), _local(stamp.mtime_ns / 1e9) if stamp else "–"),
            (self.tr("Folder"), str(image.path.parent)),
            (self.tr("Source"), str(image.root)),
            (self.tr("SHA-256"), f"{record.sha256[:16]}…" if record.sha256 else "–"),
        ]

    def _show_scores(self, place: int) -> None:
        scores, words, scale = self._session.library.scores, self._words, self._session.scale
        shown = np.isfinite(scores.raw[place]) if place < len(scores.raw) else False
        facts: list[tuple[str, str]] = []
        if shown:
            facts.append((self.tr("Raw"), words.score(float(scores.raw[place]))))
            for variant, values in scores.aligned.items():
                if variant in scores.u:
                    facts += [
                        (self.tr("Aligned, {name}").format(name=variant),
                         words.score(float(values[place]))),
                        (self.tr("û, γ̂"), self._pair(variant, place)),
                    ]  # fmt: skip
            facts.append((self.tr("Threshold"), words.score(scale.threshold)))
            facts.append(
                (self.tr("Decision"), words.decisions[self._model.judged.decision_of(place)])
            )
        for widget in (self._score_line, self._score_title, self.scores):
            widget.setVisible(bool(shown))
        self.scores.set_facts(facts)

    def _pair(self, variant: str, place: int) -> str:
        scores = self._session.library.scores
        pair = (scores.u[variant][place], scores.gamma[variant][place])
        return ", ".join(self._words.score(float(value)) for value in pair)

    def _show_history(self, image_id: int) -> None:
        project = self._session.project
        rows = project.verdict_history(image_id) if project is not None else ()
        facts = []
        for verdict in reversed(rows):
            said = [self._words.verdicts[verdict.verdict], verdict.defect_kind, verdict.note]
            if verdict.undoes is not None:
                said.append(self.tr("(undo)"))
            moment = datetime.fromisoformat(verdict.created).astimezone()
            text = " ".join(part for part in said if part)
            facts.append((f"{moment:%Y-%m-%d %H:%M}", f"{text} – {verdict.operator}"))
        for widget in (self._history_line, self._history_title, self.history):
            widget.setVisible(bool(facts))
        self.history.set_facts(facts)

    def _show_many(self, rows: NDArray[np.intp]) -> None:
        self.preview.hide()
        self.problem.hide()
        self._path_tools.hide()
        self._tools.setVisible(len(rows) > 0)
        self._invitation.setVisible(len(rows) == 0)
        for widget in (self._history_line, self._history_title, self.history):
            widget.hide()
        for widget in (self._score_line, self._score_title, self.scores):
            widget.setVisible(False)
        if len(rows) == 0:
            self.name.setText(self.tr("No image is chosen"))
            self.facts.set_facts([])
            return
        library, words = self._session.library, self._words
        columns = library.images
        self.name.setText(self.tr("{number} images are chosen").format(number=len(rows)))
        classes = Counter(columns.class_names[c] or "–" for c in columns.classes[rows].tolist())
        facts = [(name, str(n)) for name, n in classes.most_common(_CLASSES_SHOWN)]
        if len(classes) > _CLASSES_SHOWN:
            rest = self.tr("{number} more classes").format(number=len(classes) - _CLASSES_SHOWN)
            facts.append((rest, str(sum(classes.values()) - sum(int(n) for _, n in facts))))
        facts.append(("", ""))
        truths = np.bincount(columns.truths[rows], minlength=len(TRUTHS))
        facts += [(words.truths[t], str(n)) for t, n in zip(TRUTHS, truths, strict=True) if n]
        codes = np.bincount(library.verdict_codes[rows], minlength=len(VERDICTS))
        facts.append(("", ""))
        names = {v: words.verdicts[v] for v in VERDICTS[1:]} | {VERDICTS[0]: self.tr("No verdict")}
        facts += [(names[v], str(n)) for v, n in zip(VERDICTS, codes, strict=True) if n]
        self.facts.set_facts(facts)
        self._summarise_scores(rows)

    def _summarise_scores(self, rows: NDArray[np.intp]) -> None:
        judged, words = self._model.judged, self._words
        values = judged.scores[rows]
        values = values[np.isfinite(values)]
        if len(values) == 0:
            return
        flagged = int(judged.those(Decision.NG)[rows].sum())
        self.scores.set_facts(
            [
                (self.tr("Scored"), str(len(values))),
                (self.tr("Flagged"), str(flagged)),
                (self.tr("Lowest"), words.score(float(values.min()))),
                (self.tr("Median"), words.score(float(np.median(values)))),
                (self.tr("Highest"), words.score(float(values.max()))),
            ]
        )
        for widget in (self._score_line, self._score_title, self.scores):
            widget.setVisible(True)


class FactTable(QWidget):
    """Names and values in two columns; the values can be selected and copied."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(em(self, 0.6))
        self._grid.setVerticalSpacing(em(self, 0.2))
        self._grid.setColumnStretch(1, 1)
        self._labels: list[tuple[QLabel, QLabel]] = []
        self.facts: list[tuple[str, str]] = []

    def set_facts(self, facts: list[tuple[str, str]]) -> None:
        """Shows other facts; labels are used again."""
        self.facts = facts
        while len(self._labels) < len(facts):
            number = len(self._labels)
            name = label("", "muted", wrap=True)
            value = label("", wrap=True, selectable=True)
            for widget in (name, value):
                widget.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            self._grid.addWidget(name, number, 0)
            self._grid.addWidget(value, number, 1)
            self._labels.append((name, value))
        for number, (name, value) in enumerate(self._labels):
            there = number < len(facts)
            name.setVisible(there)
            value.setVisible(there)
            if there:
                name.setText(facts[number][0])
                _show_text(value, facts[number][1])
                value.setToolTip(facts[number][1])


class PreviewPane(QWidget):
    """The image as large as the panel is wide."""

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self._pictures = pictures
        self._image: StoredImage | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(self.tr("Preview"))

    def set_image(self, image: StoredImage) -> None:
        """Shows another image."""
        self._image = image
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        record = self._image.record if self._image is not None else None
        if record is None or not record.width or not record.height:
            return width // 2
        return min(max(round(width * record.height / record.width), width // 4), width)

    def sizeHint(self) -> QSize:
        width = em(self, 10)
        return QSize(width, self.heightForWidth(width))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image is None:
            return
        painter = QPainter(self)
        theme = theme_of()
        painter.fillRect(self.rect(), QColor(theme.canvas))
        side = max(self.width(), self.height())
        picture = self._pictures.get(self._image, side, self.devicePixelRatioF())
        if isinstance(picture, QPixmap):
            size = picture.deviceIndependentSize()
            scale = min(self.width() / size.width(), self.height() / size.height(), 1.0)
            place = self.rect().toRectF()
            place.setSize(size * scale)
            place.moveCenter(self.rect().toRectF().center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(place.toRect(), picture)
        elif isinstance(picture, Unreadable):
            painter.setPen(QColor(theme.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(flags), self.tr("Cannot be read"))
        painter.end()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.updateGeometry()


def _show_text(shown: QLabel, text: str) -> None:
    """A text that had to be made breakable cannot be copied from the label: it is not the same."""
    broken = _breakable(text)
    flags = Qt.TextInteractionFlag
    shown.setText(broken)
    shown.setTextInteractionFlags(
        flags.TextSelectableByMouse if broken == text else flags.NoTextInteraction
    )


def _breakable(text: str) -> str:
    """The text with places at which a label may begin a new line: paths have no spaces."""
    broken = text
    for mark in ("/", "\\", "_", "-"):
        broken = broken.replace(mark, f"{mark}\u200b")
    if " " not in broken and "\u200b" not in broken and len(broken) > 24:
        broken = "\u200b".join(broken[i : i + 8] for i in range(0, len(broken), 8))
    return broken


def _bytes(number: int) -> str:
    if number < 1000:
        return f"{number} B"
    if number < 999_500:
        return f"{number / 1e3:.3g} kB"
    return f"{number / 1e6:.3g} MB"


def _local(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}"
