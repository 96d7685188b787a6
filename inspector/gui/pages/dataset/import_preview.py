"""A folder before it is imported: its classes, some of its images, and what is not understood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QHeaderView,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inspector.core.samples import Sample, Truth
from inspector.gui.pages.dataset.badges import draw_mark
from inspector.gui.pages.dataset.import_plan import ClassRow, Preview
from inspector.gui.pages.dataset.import_report import ProblemList
from inspector.gui.theme import em, theme_of
from inspector.gui.thumbnails import PictureFile, Thumbnails, Unreadable
from inspector.gui.widgets.basics import label


class ImportPreview(QWidget):
    """Shows a preview; what the options change in it is worked out at once."""

    def __init__(self) -> None:
        super().__init__()
        self._preview: Preview | None = None
        self._assume_good, self._class_name = False, ""
        self.description = label("", "headline", wrap=True)
        self.strip = SampleStrip()
        self.classes = QTreeWidget()
        self.classes.setAccessibleName(self.tr("Classes"))
        self.classes.setRootIsDecorated(False)
        self.classes.setUniformRowHeights(True)
        self.problems = ProblemList()
        self.tabs = QTabWidget()
        self.tabs.addTab(self.classes, self.tr("Classes"))
        self.tabs.addTab(self.problems, self.tr("Problems"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.description)
        layout.addWidget(self.strip)
        layout.addWidget(self.tabs, 1)

    def set_preview(self, preview: Preview, root: Path) -> None:
        """Shows another folder or another layout."""
        self._preview = preview
        recognised = preview.recognised
        self.description.setText(recognised.description)
        self.strip.set_samples(preview.samples)
        self.problems.set_problems(recognised.problems, root)
        self.tabs.setTabText(0, self.tr("Classes: {number}").format(number=len(preview.rows)))
        self.tabs.setTabText(
            1, self.tr("Problems: {number}").format(number=len(recognised.problems))
        )
        self.tabs.setTabVisible(1, bool(recognised.problems))
        self.strip.update()
        self._fill()

    def set_options(self, assume_good: bool, class_name: str) -> None:
        """Shows what becomes of unknown images and of images without a class."""
        self._assume_good, self._class_name = assume_good, class_name
        self._fill()

    def _fill(self) -> None:
        if self._preview is None:
            return
        names = [
            self.tr("Class"),
            self.tr("To learn from"),
            self.tr("Validation"),
            self.tr("Test, good"),
            self.tr("Defective"),
            self.tr("With mask"),
            self.tr("Unknown"),
            self.tr("All"),
        ]
        cells = [self._cells(row) for row in self._preview.rows]
        used = [place for place in range(1, len(names)) if any(row[place] for row in cells)]
        self.classes.clear()
        self.classes.setHeaderLabels([names[0], *(names[place] for place in used)])
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for cell in cells:
            item = QTreeWidgetItem([str(cell[0]), *(str(cell[place] or "–") for place in used)])
            item.setSizeHint(0, QSize(0, em(self, 1.6)))
            for place in range(1, len(used) + 1):
                item.setTextAlignment(place, right)
            self.classes.addTopLevelItem(item)
        header = self.classes.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place in range(1, len(used) + 1):
            self.classes.headerItem().setTextAlignment(place, right)

    def _cells(self, row: ClassRow) -> tuple[str, *tuple[int, ...]]:
        name = row.class_name or self._class_name or self.tr("No class")
        train, test, unknown = row.train, row.test_good, row.unknown
        if self._assume_good:
            # Images of unknown truth lie in no split, but for layouts that say so themselves.
            train, unknown = train + unknown, 0
        return (
            name, train, row.validation, test, row.defective, row.masks, unknown, row.total
        )  # fmt: skip


class SampleStrip(QWidget):
    """A few images side by side, with what they are said to be."""

    def __init__(self) -> None:
        super().__init__()
        self._samples: Sequence[Sample] = ()
        self._thumbnails = Thumbnails(parent=self)
        self._thumbnails.arrived.connect(lambda _: self.update())
        self.setAccessibleName(self.tr("Some of the images"))

    def set_samples(self, samples: Sequence[Sample]) -> None:
        """Shows other images."""
        self._samples = samples
        self.update()

    def close_threads(self) -> None:
        """Waits for the pictures that are being made."""
        self._thumbnails.wait()

    def sizeHint(self) -> QSize:
        return QSize(em(self, 40), em(self, 6.6))

    def minimumSizeHint(self) -> QSize:
        return QSize(em(self, 20), em(self, 6.6))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme, gap, line = theme_of(), em(self, 0.5), em(self, 1)
        side = self.height() - line - gap
        metrics = QFontMetrics(self.font())
        words = {
            Truth.GOOD: self.tr("Good"),
            Truth.DEFECTIVE: self.tr("Defective"),
            Truth.UNKNOWN: self.tr("Unknown"),
        }
        for number, sample in enumerate(self._samples):
            left = number * (side + gap)
            if left + side > self.width():
                break
            box = QRectF(left, 0, side, side)
            painter.fillRect(box, QColor(theme.canvas))
            ratio = self.devicePixelRatioF()
            picture = self._thumbnails.get(PictureFile(sample.path), round(side * ratio))
            if isinstance(picture, QPixmap):
                scale = side / max(picture.width(), picture.height())
                place = QRectF(0, 0, picture.width() * scale, picture.height() * scale)
                place.moveCenter(box.center())
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawPixmap(place, picture, picture.rect().toRectF())
            elif isinstance(picture, Unreadable):
                painter.setPen(QColor(theme.muted))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(box, int(flags), self.tr("Cannot be read"))
            mark = QRectF(left, side + gap / 2 + line * 0.25, line * 0.55, line * 0.55)
            draw_mark(painter, sample.truth, theme, mark)
            room = QRectF(mark.right() + gap / 2, side + gap / 2, side - line, line + 2)
            text = sample.defect_kind or words[sample.truth]
            painter.setPen(QColor(theme.muted))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft, shown)
        painter.end()
