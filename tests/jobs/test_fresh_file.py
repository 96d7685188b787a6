"""The file of what a model learned at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from inspector.errors import InspectorError
from inspector.jobs.fresh_file import (
    FRESH_FILE,
    FreshBank,
    FreshMask,
    encode_fresh,
    read_fresh,
    read_fresh_masks,
    write_fresh,
)

MASKS = (
    FreshMask(31, 9, "a" * 64, "b" * 64, "Kratzer"),
    FreshMask(32, 9, "a" * 64, "c" * 64, "dent"),
)


def bank(count: int = 4) -> FreshBank:
    rng = np.random.default_rng(0)
    features = rng.random((count, 3)).astype(np.float16)
    sources = rng.integers(0, 9, (count, 4)).astype(np.int32)
    return FreshBank(features, sources, MASKS, "digest")


@pytest.mark.parametrize("count", [4, 0])
def test_it_survives_a_file(tmp_path: Path, count: int) -> None:
    made = bank(count)
    write_fresh(tmp_path, encode_fresh(made))
    found = read_fresh(tmp_path)
    assert found is not None
    assert np.array_equal(found.features, made.features)
    assert found.features.dtype == np.float16
    assert np.array_equal(found.sources, made.sources)
    assert (found.masks, found.snapshot_digest) == (MASKS, "digest")
    assert read_fresh_masks(tmp_path) == MASKS


def test_nothing_learned_is_no_file(tmp_path: Path) -> None:
    assert read_fresh(tmp_path) is None
    assert read_fresh_masks(tmp_path) == ()
    write_fresh(tmp_path, None)
    write_fresh(tmp_path, encode_fresh(bank()))
    write_fresh(tmp_path, None)
    assert not (tmp_path / FRESH_FILE).exists()


@pytest.mark.parametrize("damage", ["torn", "other", "empty"])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, damage: str) -> None:
    from safetensors.numpy import save

    whole = encode_fresh(bank())
    content = {
        "torn": whole[: len(whole) // 2],
        "other": save({"weight": np.zeros(3)}),
        "empty": b"",
    }[damage]
    (tmp_path / FRESH_FILE).write_bytes(content)
    for read in (read_fresh, read_fresh_masks):
        with pytest.raises(InspectorError, match=r"learned at once.*cannot be read") as caught:
            read(tmp_path)
        assert "Delete the file" in caught.value.hint


def test_it_is_read_without_torch() -> None:
    code = "import sys; import inspector.jobs.fresh_file; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
