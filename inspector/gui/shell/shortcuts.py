"""The shortcut sheet: every action with its keys, grouped by page."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from inspector.gui.actions import ActionRegistry, ActionSpec, title_of
from inspector.gui.pages.registry import PAGES
from inspector.gui.shell.overlay import Overlay
from inspector.gui.shell.scrolling import scrolled
from inspector.gui.theme import em
from inspector.gui.widgets.basics import icon_button, label

_COLUMNS = 2


def key_cap(keys: str) -> QWidget:
    """Keys as they look on a keyboard, written as the system writes them."""
    made = label(keys)
    made.setProperty("role", "key")
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made


class _Row(QWidget):
    """One action: its title on the left, all its keys on the right."""

    def __init__(self, spec: ActionSpec, keys: list[str]) -> None:
        super().__init__()
        self.words = " ".join([title_of(spec), *keys]).casefold()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.25))
        title = label(title_of(spec), wrap=True)
        layout.addWidget(title, 1)
        for text in keys:
            layout.addWidget(key_cap(text), 0, Qt.AlignmentFlag.AlignTop)


class _Group(QWidget):
    def __init__(self, title: str, rows: list[_Row]) -> None:
        super().__init__()
        self.rows = rows
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, em(self, 0.75))
        layout.setSpacing(em(self, 0.2))
        layout.addWidget(label(title, "section"))
        for row in rows:
            layout.addWidget(row)

    def show_matching(self, words: list[str]) -> int:
        """Shows the rows that hold all the words; returns their number."""
        count = 0
        for row in self.rows:
            is_shown = all(word in row.words for word in words)
            row.setVisible(is_shown)
            count += is_shown
        self.setVisible(count > 0)
        return count


class ShortcutSheet(Overlay):
    """All actions and their keys, in columns; typing filters them."""

    def __init__(self, window: QWidget, registry: ActionRegistry) -> None:
        super().__init__(window, 58, 46)
        self.setAccessibleName(self.tr("Keyboard shortcuts"))
        self._registry = registry
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Filter by name or key"))
        self.search.setAccessibleName(self.tr("Filter shortcuts"))
        self.search.textChanged.connect(self._filter)
        close = icon_button("close", self.tr("Close (Esc)"))
        close.clicked.connect(self.dismiss)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Keyboard shortcuts"), "title"))
        head.addStretch(1)
        head.addWidget(self.search, 1)
        head.addWidget(close)
        self.groups = self._make_groups()
        self._nothing = label(self.tr("No shortcut matches."), "muted")
        self._nothing.hide()
        self._scroll = scrolled(self._columns())
        gap = em(self, 0.9)
        self.body.setContentsMargins(gap, gap, gap, gap)
        self.body.setSpacing(em(self, 0.6))
        self.body.addLayout(head)
        self.body.addWidget(self._nothing)
        self.body.addWidget(self._scroll, 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self._scroll.verticalScrollBar()
        steps = {
            Qt.Key.Key_Down: bar.singleStep(),
            Qt.Key.Key_Up: -bar.singleStep(),
            Qt.Key.Key_PageDown: bar.pageStep(),
            Qt.Key.Key_PageUp: -bar.pageStep(),
        }
        if event.key() in steps:
            bar.setValue(bar.value() + steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        count = sum(group.show_matching(words) for group in self.groups)
        self._nothing.setVisible(count == 0)

    def _make_groups(self) -> list[_Group]:
        specs = list(self._registry.specs.values())
        general = {
            self.tr("Project"): ("file",),
            self.tr("Pages"): ("go",),
            self.tr("View"): ("view",),
            self.tr("Help"): ("help",),
        }
        groups = [
            self._group(title, [spec for spec in specs if spec.menu in menus])
            for title, menus in general.items()
        ]
        for entry in PAGES:
            title = title_of(self._registry.specs[f"go.{entry.name}"])
            mine = [spec for spec in specs if spec.menu == entry.name]
            if mine:
                groups.append(self._group(title, mine))
        return groups

    def _group(self, title: str, specs: list[ActionSpec]) -> _Group:
        native = QKeySequence.SequenceFormat.NativeText
        return _Group(
            title,
            [
                _Row(
                    spec,
                    [keys.toString(native) for keys in self._registry.action(spec.id).shortcuts()],
                )
                for spec in specs
            ],
        )

    def _columns(self) -> QWidget:
        """The groups in columns of about the same length, in their order."""
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, em(self, 0.5), 0)
        grid.setHorizontalSpacing(em(self, 2))
        columns = [QVBoxLayout() for _ in range(_COLUMNS)]
        total = sum(len(group.rows) + 2 for group in self.groups)
        done = 0
        for group in self.groups:
            columns[min(done * _COLUMNS // total, _COLUMNS - 1)].addWidget(group)
            done += len(group.rows) + 2
        for place, column in enumerate(columns):
            column.addStretch(1)
            grid.addLayout(column, 0, place)
            grid.setColumnStretch(place, 1)
        return made
