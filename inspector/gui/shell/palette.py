"""The command palette: every action and the recent projects, found by a few letters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListView, QWidget

from inspector.gui.actions import ActionRegistry, title_of
from inspector.gui.pages.registry import PAGES
from inspector.gui.session import Session
from inspector.gui.shell.fuzzy import match
from inspector.gui.shell.overlay import Overlay
from inspector.gui.shell.palette_rows import PaletteRows
from inspector.gui.theme import em
from inspector.gui.widgets.basics import label

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the palette.

    Attributes:
        title: What is searched and shown.
        where: Muted text beside it: the page, or a project's folder.
        keys: Its shortcut as the system writes it.
        icon: Icon name, may be empty.
        enabled: Whether it can be done now.
        run: Does it, or leads to where it can be done; None where neither is possible.
    """

    title: str
    where: str
    keys: str
    icon: str
    enabled: bool
    run: Callable[[], object] | None


class EntryModel(QAbstractListModel):
    """The rows that match, the best first; what can be done now comes before the rest."""

    EntryRole = Qt.ItemDataRole.UserRole + 1
    PlacesRole = Qt.ItemDataRole.UserRole + 2

    def __init__(self, entries: list[Entry]) -> None:
        super().__init__()
        self._entries = entries
        self._rows: list[tuple[Entry, tuple[int, ...]]] = []
        self.search("")

    def search(self, query: str) -> None:
        """Shows what matches `query`; all of it where that is empty."""
        found = []
        for place, entry in enumerate(self._entries):
            matched = match(query, entry.title)
            if matched is not None:
                # Without a query the order of the table is the best order.
                score = matched[0] if query.strip() else -place
                found.append((not entry.enabled, -score, place, entry, matched[1]))
        self.beginResetModel()
        self._rows = [(entry, places) for *_, entry, places in sorted(found, key=lambda f: f[:3])]
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008  (Qt's signature)
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry, places = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(text for text in (entry.title, entry.where, entry.keys) if text)
        if role == self.EntryRole:
            return entry
        return places if role == self.PlacesRole else None


class CommandPalette(Overlay):
    """Type, choose with the arrow keys, Enter.

    Args:
        window: What it lies over.
        session: For the recent projects.
        registry: The actions.
        open_project: Opens one of the recent projects.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        registry: ActionRegistry,
        open_project: Callable[[Path], object],
    ) -> None:
        super().__init__(window, 38, 30, top=0.35)
        self.setAccessibleName(self.tr("Find a command"))
        self._registry = registry
        entries = [*self._action_entries(), *self._recent_entries(session, open_project)]
        self.model = EntryModel(entries)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Type a command or a project…"))
        self.search.setAccessibleName(self.tr("Search commands"))
        self.search.setProperty("role", "search")
        self.search.textChanged.connect(self._look_for)
        self.list = QListView()
        self.list.setProperty("role", "palette")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setModel(self.model)
        self.list.setItemDelegate(PaletteRows(self.list))
        self.list.clicked.connect(self._run)
        self._nothing = label(self.tr("No command has these letters."), "muted")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        hint = label(self.tr("↑ ↓ choose    Enter run    Esc close"), "muted")
        gap = em(self, 0.5)
        self.body.setContentsMargins(gap, gap, gap, gap)
        self.body.setSpacing(gap)
        for widget in (self.search, self.list, self._nothing, hint):
            self.body.addWidget(widget, 1 if widget in (self.list, self._nothing) else 0)
        self._look_for("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The search field leaves these keys to us."""
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -8,
            Qt.Key.Key_PageDown: 8,
        }
        if event.key() in steps:
            self._move(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self.list.currentIndex())
        elif (
            event.key() == Qt.Key.Key_K and event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.dismiss()
        else:
            super().keyPressEvent(event)

    def _look_for(self, query: str) -> None:
        self.model.search(query)
        found = self.model.rowCount() > 0
        self.list.setVisible(found)
        self._nothing.setVisible(not found)
        if found:
            self.list.setCurrentIndex(self.model.index(0))

    def _move(self, step: int) -> None:
        last = self.model.rowCount() - 1
        if last < 0:
            return
        row = self.list.currentIndex().row() + step
        # One step beyond an end goes round; a page stops there.
        row = row % (last + 1) if abs(step) == 1 else min(max(row, 0), last)
        self.list.setCurrentIndex(self.model.index(row))

    def _run(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        entry: Entry = index.data(EntryModel.EntryRole)
        if entry.run is not None:
            self.dismiss()
            entry.run()

    def _action_entries(self) -> list[Entry]:
        icons = {entry.name: entry.icon for entry in PAGES}
        titles = {name: title_of(self._registry.specs[f"go.{name}"]) for name in icons}
        entries = []
        for spec in self._registry.specs.values():
            action = self._registry.action(spec.id)
            if spec.id == "help.commands":
                continue
            run: Callable[[], object] | None = action.trigger
            if not action.isEnabled():
                # Only leads there: a verdict or a deletion from afar would surprise.
                to_page = self._registry.action(f"go.{spec.page}") if spec.page else None
                run = to_page.trigger if to_page is not None and to_page.isEnabled() else None
            entries.append(
                Entry(
                    title_of(spec),
                    titles.get(spec.page, ""),
                    self._registry.shown_keys(spec.id),
                    icons[spec.id[3:]] if spec.id.startswith("go.") else spec.icon,
                    action.isEnabled(),
                    run,
                )
            )
        return entries

    def _recent_entries(
        self, session: Session, open_project: Callable[[Path], object]
    ) -> list[Entry]:
        now = session.project.folder if session.project else None
        return [
            Entry(
                self.tr("Open {name}").format(name=folder.name),
                str(folder.parent),
                "",
                "project",
                True,
                partial(open_project, folder),
            )
            for folder in session.preferences.recent_projects
            if folder != now
        ]
