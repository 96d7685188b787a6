"""A form over a method's parameters, made from their types and bounds, checked as one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from inspector.gui.icons import icon
from inspector.gui.theme import em
from inspector.gui.widgets.basics import button, icon_button, label, row
from inspector.gui.widgets.parameter_editors import AnyEditor, bounds_sentence, make_editor
from inspector.jobs.fields import ParameterField


class ParameterForm(QWidget):
    """Fields in groups with a search box; what differs from the preset is marked and can be reset.

    Args:
        fields: The parameters to show.
        titles: Heading of each group.
    """

    changed = Signal()

    def __init__(self, fields: Sequence[ParameterField], titles: dict[str, str]) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(em(self, 0.5))
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search"))
        self.search.setAccessibleName(self.tr("Search the parameters"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.textChanged.connect(self._filter)
        self.reset_all = button(self.tr("Reset all"))
        self.reset_all.setToolTip(self.tr("Back to the preset's values"))
        self.reset_all.clicked.connect(self.reset)
        layout.addWidget(row(self.search, self.reset_all))
        self._nothing = label(self.tr("No parameter has this in its name."), "muted")
        self._nothing.hide()
        layout.addWidget(self._nothing)
        self._rows: dict[str, FieldRow] = {}
        self._headings: dict[str, QLabel] = {}
        for field in fields:
            if field.group not in self._headings:
                heading = label(titles.get(field.group, field.group), "section")
                self._headings[field.group] = heading
                layout.addWidget(heading)
            made = FieldRow(field)
            made.changed.connect(self._on_row)
            self._rows[field.name] = made
            layout.addWidget(made)
        self._on_row()

    def set_base(self, values: dict[str, Any]) -> None:
        """Another preset: fields that nobody changed follow it, the others keep their values."""
        for name, made in self._rows.items():
            made.set_base(values[name])
        self._on_row()

    def set_changes(self, changes: dict[str, Any]) -> None:
        """Shows values by dotted name over the preset's; names that are unknown are left out."""
        for name, value in changes.items():
            if name in self._rows:
                self._rows[name].set_value(value)
        self._on_row()

    @property
    def changes(self) -> dict[str, Any]:
        """The valid values that differ from the preset's, by dotted name."""
        rows = self._rows.items()
        return {name: made.value for name, made in rows if made.is_changed and made.is_valid}

    @property
    def problems(self) -> list[str]:
        """A sentence for every field that holds something invalid."""
        rows = self._rows.values()
        return [f"{made.field.title}: {made.problem}" for made in rows if not made.is_valid]

    def row_of(self, name: str) -> FieldRow:
        """The row of a parameter."""
        return self._rows[name]

    def focus_problem(self) -> None:
        """Leads to the first field that is invalid."""
        for made in self._rows.values():
            if not made.is_valid:
                self.search.clear()
                made.editor.setFocus()
                return

    def reset(self) -> None:
        """Back to the preset everywhere."""
        for made in self._rows.values():
            made.reset()
        self._on_row()

    def _on_row(self) -> None:
        self.reset_all.setEnabled(any(made.is_changed for made in self._rows.values()))
        self.changed.emit()

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        shown: set[str] = set()
        for made in self._rows.values():
            field = made.field
            whole = f"{field.title} {field.name} {field.description}".casefold()
            fits = all(word in whole for word in words)
            made.setVisible(fits)
            if fits:
                shown.add(field.group)
        for group, heading in self._headings.items():
            heading.setVisible(group in shown)
        self._nothing.setVisible(not shown)


class FieldRow(QWidget):
    """Title, editor and reset button of one parameter; below, what it is or what is wrong."""

    changed = Signal()

    def __init__(self, field: ParameterField) -> None:
        super().__init__()
        self.field = field
        self.problem = ""
        self.value: Any = None
        self._base: Any = None
        self.editor: AnyEditor = make_editor(field)
        self.editor.edited.connect(self._on_edited)
        self.editor.setToolTip(f"{field.description}\n{field.name}")
        self._title = label(field.title, wrap=True)
        self._title.setBuddy(self.editor)
        self._title.setToolTip(self.editor.toolTip())
        self.reset_button = icon_button(
            "undo", self.tr("Reset {name} to the preset").format(name=field.title.lower())
        )
        self.reset_button.clicked.connect(self._on_reset)
        keep = self.reset_button.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset_button.setSizePolicy(keep)
        self._helper = label(field.description, "muted", wrap=True)
        self._assemble()

    def _assemble(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, em(self, 0.15))
        layout.setSpacing(em(self, 0.1))
        line = QHBoxLayout()
        line.setSpacing(em(self, 0.35))
        line.addWidget(self._title, 1)
        self.editor.setFixedWidth(em(self, 7))
        line.addWidget(self.editor)
        line.addWidget(self.reset_button)
        layout.addLayout(line)
        policy = self._helper.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.MinimumExpanding)
        self._helper.setSizePolicy(policy)
        layout.addWidget(self._helper)

    @property
    def is_changed(self) -> bool:
        """Whether it differs from the preset."""
        return not self.is_valid or self.value != self._base

    @property
    def is_valid(self) -> bool:
        """Whether what stands there can be used."""
        return not self.problem

    def set_base(self, value: Any) -> None:
        """The preset's value; shown unless another one was written here."""
        follows = self._base is None or not self.is_changed
        self._base = value
        if follows:
            self.set_value(value)
        else:
            self._show()

    def set_value(self, value: Any) -> None:
        """Shows a value."""
        self.editor.set_text_value(self.field.text_of(value))
        self._read()

    def reset(self) -> None:
        """Back to the preset."""
        self.set_value(self._base)

    def _on_reset(self) -> None:
        self.reset()
        self.editor.setFocus()
        self.changed.emit()

    def _on_edited(self) -> None:
        self._read()
        self.changed.emit()

    def _read(self) -> None:
        try:
            self.value = self.field.parse(self.editor.text_value())
            self.problem = ""
        except ValueError:
            self.problem = bounds_sentence(self.field)
        self._show()

    def _show(self) -> None:
        """Marks what was changed by weight, sign and button; what is wrong by border and text."""
        self._title.setText(f"{self.field.title} •" if self.is_changed else self.field.title)
        font = self._title.font()
        font.setBold(self.is_changed)
        self._title.setFont(font)
        self.reset_button.setVisible(self.is_changed)
        self.reset_button.setToolTip(
            self.tr("Back to {value}").format(value=self.field.text_of(self._base))
        )
        self._helper.setText(self.problem or self.field.description)
        _set(self._helper, "role", "error" if self.problem else "muted")
        _set(self.editor, "invalid", "true" if self.problem else "false")


def _set(widget: QWidget, name: str, value: str) -> None:
    """Sets a property that the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
