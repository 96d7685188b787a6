"""COCO's run lengths against the examples of its documentation and a few naive lines."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from inspector.core.run_lengths import decode_compressed_runs, decode_runs, encode_runs

MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=20))


def _naive_runs(mask: np.ndarray) -> list[int]:
    pixels = [bool(mask[y, x]) for x in range(mask.shape[1]) for y in range(mask.shape[0])]
    runs = [(value, len(list(group))) for value, group in groupby(pixels)]
    return ([0] if runs[0][0] else []) + [length for _, length in runs]


def _naive_text(runs: list[int]) -> str:
    """As the description of the format says: two's complement in groups of five bits."""
    text = ""
    for place, run in enumerate(runs):
        value = run - runs[place - 2] if place > 2 else run
        while True:
            bits, value = value & 31, value >> 5
            done = value == (-1 if bits & 16 else 0)
            text += chr(48 + bits + (0 if done else 32))
            if done:
                break
    return text


def test_the_examples_of_the_documentation() -> None:
    column = np.array([[0, 0, 1, 1, 1, 0, 1]], np.bool_).T
    assert encode_runs(column) == [2, 3, 1, 1]
    assert encode_runs(np.array([[1, 1, 1, 1, 1, 1, 0]], np.bool_).T) == [0, 6, 1]
    assert np.array_equal(decode_runs([2, 3, 1, 1], (7, 1)), column)
    # Down the first column, then down the second.
    assert encode_runs(np.array([[0, 1], [1, 1], [0, 0]], np.bool_)) == [1, 1, 1, 2, 1]


def test_compressed_text_by_hand() -> None:
    # 6 is one group; 100 is 4 and 3; then 7 - 6 is not yet a difference; 99 - 100 is -1.
    assert decode_compressed_runs("6T37O") == [6, 100, 7, 99]


@given(MASKS)
@settings(derandomize=True, deadline=None)
def test_runs_of_any_mask(mask: np.ndarray) -> None:
    runs = encode_runs(mask)
    assert runs == _naive_runs(mask)
    assert np.array_equal(decode_runs(runs, mask.shape), mask)
    assert decode_compressed_runs(_naive_text(runs)) == runs


@given(st.lists(st.integers(0, 10**7), max_size=30))
@settings(derandomize=True, deadline=None)
def test_compressed_text_of_any_runs(runs: list[int]) -> None:
    assert decode_compressed_runs(_naive_text(runs)) == runs


@pytest.mark.parametrize("runs", [[3], [3, 2], [-1, 5], [2, 3, -1], []])
def test_runs_that_do_not_fill_the_mask_are_refused(runs: list[int]) -> None:
    with pytest.raises(ValueError, match="fill"):
        decode_runs(runs, (2, 2))


@pytest.mark.parametrize("text", ["/", "p", "ä", "T", "6T"])
def test_text_that_is_damaged_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="runs"):
        decode_compressed_runs(text)
