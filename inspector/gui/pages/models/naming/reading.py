"""Reads the names of a model when somebody looks at them, and keeps what was read."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from inspector.core.words import class_label
from inspector.errors import InspectorError
from inspector.gui.background import Background, Task
from inspector.gui.pages.models.facts import ModelFacts
from inspector.jobs.name_file import StoredNames, read_names


class NameReader(QObject):
    """Two views show the names of one model: they are read once, in a thread.

    Attributes:
        facts: The model; None before there is one.
        names: What it calls its classes; None while that is not known.
        problem: Why it cannot be read; empty where it can.
    """

    changed = Signal()

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._known: dict[Path, StoredNames] = {}
        self.facts: ModelFacts | None = None
        self.names: StoredNames | None = None
        self.problem = ""

    def set_facts(self, facts: ModelFacts) -> None:
        """Another model is shown."""
        self.facts = facts
        self._take(self._known.get(facts.model.folder))

    def read(self) -> None:
        """Somebody looks."""
        facts = self.facts
        if facts is None or not facts.has_names or self.names is not None:
            return
        folder = facts.model.folder

        def done(names: StoredNames | None) -> None:
            if names is not None:
                self._known[folder] = names
            if self.facts is not None and self.facts.model.folder == folder:
                self._take(names)

        def failed(error: InspectorError) -> None:
            if self.facts is not None and self.facts.model.folder == folder:
                self._take(None, f"{error.message} {error.hint}")

        def work(task: Task) -> StoredNames | None:
            return read_names(folder)

        self._background.run(work, done, key="models.names", failed=failed)

    def is_tail(self, c: int) -> bool:
        """Whether a class, by its place among the names, is one with few images."""
        card = self.facts.card if self.facts is not None else None
        if card is None or card.long_tail is None or self.names is None:
            return False
        return self.names.naming.classes[c] in map(class_label, card.long_tail.tail)

    def title(self, c: int) -> str:
        """A class by its place among the names, and whether it is one with few images."""
        if self.names is None:
            return ""
        name = self.names.naming.classes[c]
        return self.tr("{name} (tail)").format(name=name) if self.is_tail(c) else name

    def _take(self, names: StoredNames | None, problem: str = "") -> None:
        self.names, self.problem = names, problem
        self.changed.emit()
