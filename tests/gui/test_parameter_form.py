"""The form knows every parameter, checks as one types, and gives what the catalogue takes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from inspector.gui.widgets.parameter_editors import ChoiceEditor, SwitchEditor, bounds_sentence
from inspector.gui.widgets.parameter_form import FieldRow, ParameterForm
from inspector.jobs import fields as fields_module
from inspector.jobs.catalogue import METHODS, resolve_parameters
from inspector.jobs.fields import ParameterField, fields_of, values_of

REVDIST = METHODS["revdist"]
TITLES = {"method": "Own", "alignment": "Alignment", "common": "General"}


class Odd(msgspec.Struct):
    """What the catalogue has no example of."""

    on: Annotated[bool, Meta(description="A switch")] = True
    above: Annotated[float, Meta(gt=0, description="Above zero")] = 1.0
    open_top: Annotated[int, Meta(ge=3, description="From three")] = 3
    word: Literal["a", "b"] = "a"


def field(name: str) -> ParameterField:
    return next(found for found in fields_of(REVDIST) if found.name == name)


@pytest.fixture
def form(themed: QApplication, qtbot: QtBot) -> ParameterForm:
    """The form of reverse distillation with its quick preset."""
    made = ParameterForm(fields_of(REVDIST), TITLES)
    made.set_base(values("quick"))
    qtbot.addWidget(made)
    made.show()
    return made


def values(preset: str) -> dict[str, Any]:
    return values_of(REVDIST, resolve_parameters(REVDIST, preset, {}))


def write(qtbot: QtBot, row: FieldRow, text: str) -> None:
    """Types over what stands in an editor."""
    assert isinstance(row.editor, QLineEdit)
    row.editor.selectAll()
    qtbot.keyClick(row.editor, Qt.Key.Key_Backspace)
    qtbot.keyClicks(row.editor, text)


def test_every_parameter_has_a_row_and_its_default(form: ParameterForm) -> None:
    for name, value in values("quick").items():
        row = form.row_of(name)
        assert row.value == value
        assert row.field.description
        assert not row.is_changed
    assert form.changes == {}
    assert form.problems == []
    assert not form.reset_all.isEnabled()


def test_what_is_typed_becomes_a_change_that_the_catalogue_takes(
    form: ParameterForm, qtbot: QtBot
) -> None:
    write(qtbot, form.row_of("image_size"), "128")
    write(qtbot, form.row_of("revdist.learning_rate"), "1e-4")
    folds = form.row_of("alignment.statistics").editor
    assert isinstance(folds, ChoiceEditor)
    qtbot.keyClick(folds, Qt.Key.Key_Down)
    folds.activated.emit(folds.currentIndex())
    assert form.changes == {
        "image_size": 128,
        "revdist.learning_rate": 1e-4,
        "alignment.statistics": "fitted",
    }
    resolved = resolve_parameters(REVDIST, "quick", form.changes)
    assert resolved.common.image_size == 128


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("image_size", "100", "Write a whole number from 64 to 1\u202f024, a multiple of 32."),
        ("image_size", "32", "Write a whole number from 64 to 1\u202f024, a multiple of 32."),
        ("image_size", "", "Write a whole number from 64 to 1\u202f024, a multiple of 32."),
        ("image_size", "12.5", "Write a whole number from 64 to 1\u202f024, a multiple of 32."),
        ("seed", "-1", "Write a whole number from 0 to 2\u202f147\u202f483\u202f647."),
        ("target_false_positive_rate", "1", "Write a number from above 0 to below 1."),
        ("target_false_positive_rate", "nan", "Write a number from above 0 to below 1."),
        ("revdist.plateau", "1.1", "Write a number from 0 to 1."),
    ],
)
def test_what_does_not_fit_is_said_beside_the_field(
    form: ParameterForm, qtbot: QtBot, name: str, text: str, sentence: str
) -> None:
    row = form.row_of(name)
    write(qtbot, row, text)
    assert row.problem == sentence
    assert row.editor.property("invalid") == "true"
    assert form.problems == [f"{row.field.title}: {sentence}"]
    assert name not in form.changes
    write(qtbot, row, row.field.text_of(values("quick")[name]))
    assert row.is_valid
    assert form.problems == []


def test_what_was_changed_is_marked_and_can_be_reset(form: ParameterForm, qtbot: QtBot) -> None:
    row = form.row_of("revdist.iterations")
    write(qtbot, row, "77")
    assert row.reset_button.isVisible()
    assert form.reset_all.isEnabled()
    qtbot.mouseClick(row.reset_button, Qt.MouseButton.LeftButton)
    assert form.changes == {}
    assert not row.reset_button.isVisible()
    write(qtbot, row, "77")
    write(qtbot, form.row_of("seed"), "no")
    qtbot.mouseClick(form.reset_all, Qt.MouseButton.LeftButton)
    assert (form.changes, form.problems) == ({}, [])


def test_another_preset_keeps_what_was_changed_by_hand(form: ParameterForm, qtbot: QtBot) -> None:
    write(qtbot, form.row_of("image_size"), "128")
    form.set_base(values("paper"))
    assert form.changes == {"image_size": 128}
    assert form.row_of("revdist.iterations").value == 5000


def test_the_search_leaves_what_fits(form: ParameterForm, qtbot: QtBot) -> None:
    qtbot.keyClicks(form.search, "learning rate")
    shown = [name for name in values("quick") if form.row_of(name).isVisible()]
    assert set(shown) == {"alignment.learning_rate", "revdist.learning_rate"}
    qtbot.keyClicks(form.search, " nonsense")
    assert not form.row_of("revdist.learning_rate").isVisible()


def test_arrow_keys_step_within_the_bounds(form: ParameterForm, qtbot: QtBot) -> None:
    row = form.row_of("image_size")
    qtbot.keyClick(row.editor, Qt.Key.Key_Up)
    assert row.value == 288
    write(qtbot, row, "64")
    qtbot.keyClick(row.editor, Qt.Key.Key_Down)
    assert row.value == 64
    rate = form.row_of("revdist.learning_rate")
    qtbot.keyClick(rate.editor, Qt.Key.Key_Down)
    assert rate.value == pytest.approx(1e-3)


def test_types_that_no_method_has_yet_have_an_editor(themed: QApplication, qtbot: QtBot) -> None:
    odd = {found.name: found for found in fields_module._fields(Odd, "method", "")}
    form = ParameterForm(list(odd.values()), TITLES)
    form.set_base(msgspec.structs.asdict(Odd()))
    qtbot.addWidget(form)
    switch = form.row_of("on").editor
    assert isinstance(switch, SwitchEditor)
    switch.click()
    assert form.changes == {"on": False}
    assert bounds_sentence(odd["above"]) == "Write a number from above 0."
    assert bounds_sentence(odd["open_top"]) == "Write a whole number from 3."
    assert odd["word"].choices == ("a", "b")


def test_every_value_survives_being_written_and_read() -> None:
    for preset in REVDIST.presets:
        for name, value in values(preset.name).items():
            found = field(name)
            assert found.parse(found.text_of(value)) == value
