"""What an import did, and lists of problems that one can search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from inspector.core.samples import Problem
from inspector.gui.pages.dataset.filter_bar import SearchField
from inspector.gui.theme import em
from inspector.gui.widgets.basics import IconLabel, label
from inspector.project.importing import ImportSummary

_MOST_LISTED = 500


class ProblemList(QWidget):
    """Problems with reason and hint; says how many there are."""

    def __init__(self) -> None:
        super().__init__()
        self._problems: Sequence[Problem] = ()
        self._root = Path()
        self.title = label("", "headline")
        self.search = SearchField(self.tr("Search the problems"))
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(self.tr("Problems"))
        self.tree.setHeaderLabels([self.tr("File"), self.tr("Problem"), self.tr("What to do")])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.tree.header()
        for section in range(3):
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Stretch)
        heading = QHBoxLayout()
        heading.addWidget(self.title, 1)
        heading.addWidget(self.search, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(heading)
        layout.addWidget(self.tree, 1)
        self.full = label("", "muted", wrap=True, selectable=True)
        layout.addWidget(self.full)
        self.tree.currentItemChanged.connect(lambda item, _: self._show_full(item))
        self.search.searched.connect(lambda _: self._fill())

    def set_problems(self, problems: Sequence[Problem], root: Path) -> None:
        """Shows other problems; paths are given from `root` on."""
        self._problems, self._root = problems, root
        self._fill()

    def _fill(self) -> None:
        words = self.search.text().casefold().split()
        shown = [
            (path, problem)
            for problem in self._problems
            for path in (self._short(problem.path),)
            if all(word in f"{path} {problem.reason}".casefold() for word in words)
        ]
        self.tree.clear()
        items = []
        for path, problem in shown[:_MOST_LISTED]:
            # The file stands in its own column: in the sentence its name is enough.
            reason = problem.reason.replace(str(problem.path), problem.path.name)
            item = QTreeWidgetItem([path, reason, problem.hint])
            item.setSizeHint(0, QSize(0, em(self, 1.6)))
            for place, text in enumerate((str(problem.path), problem.reason, problem.hint)):
                item.setToolTip(place, text)
            items.append(item)
        self.tree.addTopLevelItems(items)
        if items:
            self.tree.setCurrentItem(items[0])
        total, number = len(self._problems), len(shown)
        if number < total:
            text = self.tr("{number} of {total} problems").format(number=number, total=total)
        elif total == 1:
            text = self.tr("1 problem")
        else:
            text = self.tr("{total} problems").format(total=total)
        if number > _MOST_LISTED:
            text = self.tr("{text}, the first {most} are listed").format(
                text=text, most=_MOST_LISTED
            )
        self.title.setText(text)

    def _show_full(self, item: QTreeWidgetItem | None) -> None:
        """The columns may be too narrow for the whole sentence."""
        self.full.setText(f"{item.text(1)} {item.text(2)}" if item is not None else "")

    def _short(self, path: Path) -> str:
        return str(path.relative_to(self._root)) if path.is_relative_to(self._root) else str(path)


class ImportReport(QWidget):
    """The outcome of one or more imports."""

    def __init__(self, summaries: Sequence[ImportSummary]) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        new = sum(s.n_new for s in summaries)
        changed = sum(s.n_changed for s in summaries)
        same = sum(s.n_unchanged for s in summaries)
        problems = [problem for s in summaries for problem in s.problems]
        duplicates = [group for s in summaries for group in s.duplicates]
        title = self.tr("Nothing has changed")
        if new or changed:
            title = self.tr("{number} images imported").format(number=new + changed)
        layout.addWidget(label(title, "title"))
        layout.addWidget(
            label(
                self.tr("{new} new, {changed} changed, {same} as they were").format(
                    new=new, changed=changed, same=same
                ),
                "muted",
            )
        )
        if duplicates:
            layout.addWidget(self._warning(duplicates), 1)
        if problems:
            listed = ProblemList()
            listed.set_problems(problems, Path())
            layout.addWidget(listed, 2)
        else:
            layout.addStretch(1)

    def _warning(self, duplicates: Sequence[tuple[Path, ...]]) -> QWidget:
        """What a model learns from must not come back in its test."""
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(0, em(self, 0.5), 0, 0)
        heading = QHBoxLayout()
        heading.addWidget(IconLabel("warning", "unsure"))
        text = self.tr("{number} images lie in more than one split").format(number=len(duplicates))
        heading.addWidget(label(text, "headline"), 1)
        layout.addLayout(heading)
        why = self.tr(
            "A model that has learned from an image recognises it in the test: the results look "
            "better than they are. Remove one of each group."
        )
        layout.addWidget(label(why, "muted", wrap=True))
        tree = QTreeWidget()
        tree.setAccessibleName(text)
        tree.setHeaderHidden(True)
        for group in duplicates[:_MOST_LISTED]:
            item = QTreeWidgetItem([" = ".join(path.name for path in group)])
            item.addChildren([QTreeWidgetItem([str(path)]) for path in group])
            tree.addTopLevelItem(item)
        layout.addWidget(tree, 1)
        return made
