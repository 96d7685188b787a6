from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from inspector.errors import InspectorError
from inspector.jobs.bank_file import MUTED_FILE, read_banks, read_muted, write_muted
from inspector.jobs.model_card import WEIGHTS_FILE


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "0003-dmad"
    folder.mkdir()
    rng = np.random.default_rng(0)
    tensors = {
        "detector.normal.features": rng.random((5, 3)).astype(np.float16),
        "detector.normal.sources": np.tile(np.int32([7, 1, 2, -1]), (5, 1)),
        "detector.annotated.features": rng.random((2, 3)).astype(np.float16),
        "detector.annotated.sources": np.int32([[9, 3, 4, 31], [9, 3, 5, 31]]),
        "detector.head.leave.weight": np.zeros((1, 3), np.float32),
    }
    save_file(tensors, folder / WEIGHTS_FILE)
    return folder


def test_banks_are_read_without_torch(model: Path) -> None:
    banks = read_banks(model)
    assert list(banks) == ["normal", "annotated"]
    assert banks["normal"].features.shape == (5, 3)
    assert banks["normal"].features.dtype == np.float16
    painted = banks["annotated"]
    assert painted.image_ids.tolist() == [9, 9]
    assert (painted.rows.tolist(), painted.columns.tolist()) == ([3, 3], [4, 5])
    assert painted.annotation_ids.tolist() == [31, 31]
    assert painted.places() == [(31, 3, 4), (31, 3, 5)]
    code = (
        "import sys, pathlib; from inspector.jobs.bank_file import read_banks;"
        f"read_banks(pathlib.Path({str(model)!r})); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_muted_entries_are_remembered(model: Path) -> None:
    assert read_muted(model) == frozenset()
    write_muted(model, [(31, 3, 5), (8, 0, 0)])
    assert read_muted(model) == {(31, 3, 5), (8, 0, 0)}
    write_muted(model, [])
    assert read_muted(model) == frozenset()


@pytest.mark.parametrize("content", [b"", b"{", b"[[1, 2]]", b'[["a", 1, 2]]', b"\xff"])
def test_a_damaged_list_is_said(model: Path, content: bytes) -> None:
    (model / MUTED_FILE).write_bytes(content)
    with pytest.raises(InspectorError, match=r"muted\.json") as caught:
        read_muted(model)
    assert "Delete" in caught.value.hint


def test_a_damaged_model_is_said(model: Path) -> None:
    (model / WEIGHTS_FILE).write_bytes(b"no weights")
    with pytest.raises(InspectorError, match="0003-dmad"):
        read_banks(model)
    (model / WEIGHTS_FILE).unlink()
    with pytest.raises(InspectorError, match="0003-dmad"):
        read_banks(model)
