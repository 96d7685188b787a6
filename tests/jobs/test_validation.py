"""Parameters that somebody typed wrongly: what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.errors import InspectorError
from inspector.jobs.catalogue import METHODS, resolve_parameters


@pytest.mark.parametrize(
    ("method", "name", "value", "fits"),
    [
        ("ltad", "ltad.names", "foo", "one of folder, learned, shared"),
        ("ltad", "ltad.semantic", "maybe", "true or false"),
        ("ltad", "ltad.noise", 11.0, "a number, at least 0, at most 10"),
        ("revdist", "revdist.iterations", "abc", "a whole number, at least 1, at most 1000000"),
        ("revdist", "revdist.learning_rate", 0.0, "a number, above 0, at most 1"),
        ("revdist", "backbone", 3, "a text"),
        ("revdist", "alignment.folds", 1, "a whole number, at least 2, at most 10"),
    ],
)
def test_a_value_that_does_not_fit_is_answered_with_what_does(
    method: str, name: str, value: Any, fits: str
) -> None:
    with pytest.raises(InspectorError) as caught:
        resolve_parameters(METHODS[method], "quick", {name: value})
    assert name in caught.value.message and repr(value) in caught.value.message
    assert caught.value.hint == f"It takes {fits}."


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InspectorError, match=r"'revdist\.iteration'") as caught:
        resolve_parameters(METHODS["revdist"], "quick", {"revdist.iteration": 3})
    assert caught.value.hint.startswith("Did you mean revdist.iterations? ")
    with pytest.raises(InspectorError, match="'qqq'") as caught:
        resolve_parameters(METHODS["revdist"], "quick", {"qqq": 3})
    assert caught.value.hint.startswith("Parameters here: backbone, image_size")
