from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.jobs.catalogue import METHODS
from inspector.jobs.parameters import (
    AlignmentParameters,
    CommonParameters,
    DmadParameters,
    PatchCoreParameters,
    RevDistParameters,
    planned_steps,
)

GROUPS: list[type[msgspec.Struct]] = [
    CommonParameters,
    AlignmentParameters,
    *(method.parameters for method in METHODS.values()),
]

OUT_OF_BOUNDS: list[tuple[type[msgspec.Struct], str, Any]] = [
    (CommonParameters, "backbone", ""),
    (CommonParameters, "image_size", 32),
    (CommonParameters, "image_size", 100),
    (CommonParameters, "image_size", 1056),
    (CommonParameters, "image_size", "256"),
    (CommonParameters, "score_percent", -0.1),
    (CommonParameters, "score_percent", 100.5),
    (CommonParameters, "target_false_positive_rate", 0),
    (CommonParameters, "target_false_positive_rate", 1),
    (CommonParameters, "seed", -1),
    (CommonParameters, "seed", 2**31),
    (AlignmentParameters, "statistics", "guessed"),
    (AlignmentParameters, "folds", 1),
    (AlignmentParameters, "folds", 11),
    (AlignmentParameters, "iterations", 0),
    (AlignmentParameters, "batch_size", 0),
    (AlignmentParameters, "learning_rate", 0),
    (AlignmentParameters, "weight_decay", -1e-9),
    (AlignmentParameters, "dropout", 1),
    (RevDistParameters, "iterations", 0),
    (RevDistParameters, "batch_size", 1),  # batch normalisation needs two
    (RevDistParameters, "learning_rate", 0),
    (RevDistParameters, "weight_decay", 1.1),
    (RevDistParameters, "iterations", 2.5),
    (PatchCoreParameters, "coreset", 0),
    (PatchCoreParameters, "coreset", 1.1),
    (PatchCoreParameters, "coreset_width", -1),
    (DmadParameters, "epochs", 0),
    (DmadParameters, "batch_size", 0),
    (DmadParameters, "patches", -1),
    (DmadParameters, "learning_rate", 0),
    (DmadParameters, "noise", -0.1),
    (DmadParameters, "outlier_images", -1),
    (DmadParameters, "mask_filter", "yes"),
    (DmadParameters, "attention", "maybe"),
]


def convert(kind: type[msgspec.Struct], **values: Any) -> Any:
    if kind is CommonParameters:
        values.setdefault("backbone", "tf_efficientnet_lite0")
    return msgspec.convert(values, kind)


@pytest.mark.parametrize(("kind", "name", "value"), OUT_OF_BOUNDS)
def test_values_out_of_bounds_are_refused(
    kind: type[msgspec.Struct], name: str, value: object
) -> None:
    with pytest.raises(msgspec.ValidationError, match=name):
        convert(kind, **{name: value})


@pytest.mark.parametrize("kind", GROUPS)
def test_unknown_names_are_refused(kind: type[msgspec.Struct]) -> None:
    with pytest.raises(msgspec.ValidationError, match="iteratoins"):
        convert(kind, iteratoins=3)


@pytest.mark.parametrize("kind", GROUPS)
def test_every_field_carries_a_sentence(kind: type[msgspec.Struct]) -> None:
    schema = msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"]
    for name in kind.__struct_fields__:
        assert schema[name].get("description"), name


@pytest.mark.parametrize("kind", GROUPS)
def test_numbers_have_bounds_and_defaults_lie_within(kind: type[msgspec.Struct]) -> None:
    schema = msgspec.json.schema(kind)["$defs"][kind.__name__]["properties"]
    for name, entry in schema.items():
        if entry.get("type") in ("integer", "number"):
            assert {"minimum", "exclusiveMinimum"} & entry.keys(), name
            assert {"maximum", "exclusiveMaximum"} & entry.keys(), name
    # Struct defaults are never validated by msgspec itself.
    convert(kind, **msgspec.to_builtins(convert(kind)))


def test_the_defaults_are_the_papers_numbers() -> None:
    """But the aligner's rate: its targets are standardised here."""
    common = CommonParameters(backbone="wide_resnet50_2.tv_in1k")
    assert (common.image_size, common.score_percent) == (256, 1.0)
    detector = RevDistParameters()
    assert (detector.iterations, detector.batch_size) == (5000, 16)
    assert (detector.learning_rate, detector.weight_decay) == (2e-3, 1e-5)
    dmad = DmadParameters()
    assert (dmad.epochs, dmad.batch_size, dmad.patches) == (48, 32, 0)
    assert (dmad.projection_rate, dmad.learning_rate, dmad.weight_decay) == (1e-4, 2e-4, 1e-5)
    assert dmad.coreset == 0.02
    assert PatchCoreParameters().coreset == dmad.coreset
    alignment = AlignmentParameters()
    assert (alignment.iterations, alignment.batch_size) == (5000, 16)
    assert (alignment.learning_rate, alignment.weight_decay) == (1e-2, 1e-4)
    assert alignment.dropout == 0.25


def test_steps_come_from_iterations_or_epochs_or_are_not_known() -> None:
    assert planned_steps(RevDistParameters(iterations=7), 100) == 7
    assert planned_steps(DmadParameters(epochs=3, batch_size=4), 9) == 9
    assert planned_steps(DmadParameters(epochs=3, batch_size=4), 8) == 6
    assert planned_steps(PatchCoreParameters(), 100) == 0


@settings(derandomize=True)
@given(
    image_size=st.integers(0, 1200),
    score_percent=st.floats(-10, 110),
    seed=st.integers(-(2**33), 2**33),
)
def test_common_parameters_accept_exactly_what_the_bounds_say(
    image_size: int, score_percent: float, seed: int
) -> None:
    valid = (
        64 <= image_size <= 1024
        and image_size % 32 == 0
        and 0 <= score_percent <= 100
        and 0 <= seed < 2**31
    )
    values = {"image_size": image_size, "score_percent": score_percent, "seed": seed}
    if valid:
        made = convert(CommonParameters, **values)
        assert msgspec.to_builtins(made).items() >= values.items()
    else:
        with pytest.raises(msgspec.ValidationError):
            convert(CommonParameters, **values)
