"""Aligned maps in numpy: the same as the engine's, with the ε that the model's weights hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.aligned_maps import aligned_map, fixed_scale
from inspector.core.evaluation import Expected
from inspector.errors import InspectorError
from inspector.jobs.minimum_spread import minimum_spread
from inspector.jobs.model_card import WEIGHTS_FILE

finite = st.floats(-10, 10, width=32)


def test_the_map_is_that_of_the_engine(tiny_project: Any) -> None:
    torch = pytest.importorskip("torch")
    from inspector.engine.alignment.base import NoAlignment, Statistics

    rng = np.random.default_rng(0)
    raw = rng.random((3, 8, 8)).astype(np.float16)
    u, gamma = np.float32([0.1, 0.2, 0.3]), np.float32([0.5, 0.2, 0.30001])
    epsilon = minimum_spread(tiny_project.model.folder, "cada")
    aligner = NoAlignment(epsilon)
    theirs = aligner.apply_to(
        torch.from_numpy(raw).float(), Statistics(torch.from_numpy(u), torch.from_numpy(gamma))
    ).numpy()
    for index in range(3):
        expected = Expected(float(u[index]), float(gamma[index]))
        ours = aligned_map(raw[index], expected, epsilon)
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, theirs[index], rtol=1e-5, atol=1e-5)


def test_epsilon_is_the_one_that_training_left(tiny_project: Any) -> None:
    pytest.importorskip("torch")
    from safetensors.numpy import load_file

    from inspector.engine import model_files

    assert model_files.WEIGHTS_FILE == WEIGHTS_FILE
    folder = tiny_project.model.folder
    for variant in ("cada", "cada-a"):
        stored = load_file(folder / WEIGHTS_FILE)[f"alignment.{variant}.minimum_spread"]
        assert minimum_spread(folder, variant) == float(stored) > 0


def test_a_model_without_readable_weights_is_said(tmp_path: Path) -> None:
    with pytest.raises(InspectorError, match="cada"):
        minimum_spread(tmp_path, "cada")
    (tmp_path / WEIGHTS_FILE).write_bytes(b"nothing of the kind")
    with pytest.raises(InspectorError, match="cada"):
        minimum_spread(tmp_path, "cada")


def test_without_alignment_the_map_stays() -> None:
    raw = np.float16([[0.1, 0.2], [0.3, 0.4]])
    np.testing.assert_array_equal(aligned_map(raw, None, 1.0), raw.astype(np.float32))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(finite, max_size=20), finite)
def test_the_scale_is_fixed_and_rises(scores: list[float], threshold: float) -> None:
    low, high = fixed_scale(scores, threshold)
    assert low < high
    assert low == (np.median(scores) if scores else 0.0)
    if threshold > low:
        assert (threshold - low) / (high - low) == pytest.approx(0.25)
