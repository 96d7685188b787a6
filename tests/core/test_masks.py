"""Masks as bytes: other programs read them, damage shows, a patch leads both ways."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from inspector.core.masks import apply_patch, decode_mask, encode_mask, xor_patch
from inspector.errors import InspectorError

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=40)
MASKS = SHAPES.flatmap(lambda shape: arrays(np.bool_, shape))
PAIRS = SHAPES.flatmap(lambda shape: st.tuples(arrays(np.bool_, shape), arrays(np.bool_, shape)))


@given(MASKS)
@settings(derandomize=True, deadline=None)
def test_another_reader_sees_the_same_mask(mask: np.ndarray) -> None:
    data = encode_mask(mask)
    image = Image.open(io.BytesIO(data))
    image.verify()
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.mode, image.size) == ("PNG", "1", mask.shape[::-1])
    assert np.array_equal(np.array(image), mask)
    decoded = decode_mask(data)
    assert decoded.dtype == np.bool_ and np.array_equal(decoded, mask)
    decoded ^= True  # may be changed
    assert encode_mask(mask) == data


@given(PAIRS)
@settings(derandomize=True, deadline=None)
def test_a_patch_leads_there_and_back(pair: tuple[np.ndarray, np.ndarray]) -> None:
    before, after = pair
    patch = xor_patch(before, after)
    if patch is None:
        assert np.array_equal(before, after)
        return
    original = before.copy()
    assert np.array_equal(apply_patch(before, patch), after)
    assert np.array_equal(apply_patch(after, patch), before)
    assert np.array_equal(before, original)
    rows, columns = np.nonzero(before ^ after)
    assert (patch.y, patch.x) == (rows.min(), columns.min())
    assert (patch.height, patch.width) == (np.ptp(rows) + 1, np.ptp(columns) + 1)


def test_a_patch_of_a_part_fits_the_whole() -> None:
    before = np.zeros((30, 50), np.bool_)
    after = before.copy()
    after[12:15, 20:33] = True
    part = slice(10, 20), slice(15, 40)
    assert xor_patch(before[part], after[part], x=15, y=10) == xor_patch(before, after)


def test_a_patch_is_small() -> None:
    before = np.zeros((2000, 2000), np.bool_)
    after = before.copy()
    after[100:400, 100:400] = True
    patch = xor_patch(before, after)
    assert patch is not None and len(patch.data) < 200


def test_what_does_not_fit_is_a_bug() -> None:
    mask = np.zeros((4, 4), np.bool_)
    patch = xor_patch(mask, ~mask)
    assert patch is not None
    with pytest.raises(ValueError, match="sizes"):
        xor_patch(mask, np.zeros((4, 5), np.bool_))
    for wrong in (replace(patch, x=1), replace(patch, y=-1), replace(patch, width=0)):
        with pytest.raises(ValueError, match="beyond"):
            apply_patch(mask, wrong)
    for data in (b"", b"nothing", zlib.compress(b"123")):
        with pytest.raises(ValueError):
            apply_patch(mask, replace(patch, data=data))
    for shape in ((0, 3), (3,), (2, 2, 2)):
        with pytest.raises(ValueError, match="shape"):
            encode_mask(np.zeros(shape, np.bool_))


def test_any_damaged_byte_is_noticed() -> None:
    data = encode_mask(np.eye(9, 21, dtype=np.bool_))
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x10
        with pytest.raises(InspectorError, match="damaged"):
            decode_mask(bytes(damaged))
    for length in range(len(data)):
        with pytest.raises(InspectorError, match="damaged"):
            decode_mask(data[:length])


def test_a_png_of_another_kind_is_refused() -> None:
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "PNG")
    with pytest.raises(InspectorError, match="damaged"):
        decode_mask(buffer.getvalue())
