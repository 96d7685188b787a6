"""Backbones in other runtimes than torch."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
import torch
from torch import Tensor

from inspector.engine import runtimes
from inspector.engine.backbones import Backbone, random_backbone
from inspector.engine.device import Device
from inspector.engine.runtime_bench import measure
from inspector.engine.runtimes import Unusable, make_runner, speed_up
from inspector.errors import InspectorError
from inspector.jobs import extras, runtime_choice
from inspector.jobs.runtime_choice import (
    FORCED,
    ONNXRUNTIME,
    OPENVINO,
    TORCH,
    Choice,
    Timing,
    chosen_runtime,
    installed_runtimes,
    remember,
    this_machine,
)

CPU = Device("cpu")
OTHERS = (OPENVINO, ONNXRUNTIME)
LITE = "tf_efficientnet_lite0"

pytestmark = pytest.mark.skipif(
    set(installed_runtimes()) != {TORCH, *OTHERS}, reason="the extra 'export' is not installed"
)


@pytest.fixture(autouse=True)
def own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Graphs and choices of this test alone."""
    monkeypatch.delenv(FORCED, raising=False)
    for name in ("user_cache_path", "user_data_path"):
        monkeypatch.setattr(platformdirs, name, lambda *_, **__: tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def small() -> Backbone:
    """Random weights, whose features have a usual size."""
    backbone = random_backbone("resnet18.tv_in1k")
    CPU.place(backbone)
    return backbone


@pytest.fixture
def plain(small: Backbone) -> Iterator[Backbone]:
    """As torch computes it, before and after the test."""
    small.runner = None
    yield small
    small.runner = None


def images(count: int, size: int = 64) -> Tensor:
    made = torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(count))
    return made.contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("runtime", OTHERS)
def test_features_are_torchs(plain: Backbone, runtime: str) -> None:
    runner = make_runner(runtime, plain, 64)
    with torch.no_grad():
        for count in (1, 3):
            for found, wanted in zip(runner(images(count)), plain(images(count)), strict=True):
                assert found.shape == wanted.shape and found.dtype == torch.float32
                assert found.is_contiguous(memory_format=torch.channels_last)
                reach = float(wanted.abs().max())
                torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5 * reach)


@pytest.mark.parametrize("runtime", OTHERS)
def test_what_was_given_stays_when_more_is_asked(plain: Backbone, runtime: str) -> None:
    runner = make_runner(runtime, plain, 64)
    first = runner(images(2))
    kept = [stage.clone() for stage in first]
    runner(1 - images(2))
    assert all(torch.equal(a, b) for a, b in zip(first, kept, strict=True))


def test_a_graph_is_made_once(plain: Backbone, own_place: Path) -> None:
    make_runner(ONNXRUNTIME, plain, 64)
    (file,) = (own_place / "graphs").iterdir()
    made = file.stat().st_mtime_ns
    make_runner(OPENVINO, plain, 64)
    assert [f.stat().st_mtime_ns for f in (own_place / "graphs").iterdir()] == [made]


def test_torch_computes_where_gradients_or_graphs_or_other_formats_are_wanted(
    plain: Backbone,
) -> None:
    class Never:
        name = "never"

        def __call__(self, images: Tensor) -> list[Tensor]:
            raise AssertionError("the runner was asked")

    plain.runner = Never()
    plain(images(1).requires_grad_())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        plain(images(1))
    with torch.no_grad():
        torch.jit.trace(plain, images(1), check_trace=False, strict=False)  # type: ignore[no-untyped-call]
    with pytest.raises(AssertionError, match="was asked"):
        plain(images(1))


def test_a_copy_shares_the_runner(plain: Backbone) -> None:
    plain.runner = make_runner(OPENVINO, plain, 64)
    copied = copy.deepcopy(plain)
    assert copied.runner is plain.runner


def test_a_damaged_graph_is_told_and_torch_computes(
    plain: Backbone, own_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_runner(OPENVINO, plain, 64)
    (file,) = (own_place / "graphs").iterdir()
    for runtime in OTHERS:
        file.write_bytes(b"no graph")
        monkeypatch.setenv(FORCED, runtime)
        assert "Torch computes instead" in speed_up(plain, 64, CPU)
        assert plain.runner is None
        assert speed_up(plain, 64, CPU) == ""  # it was made anew
        assert plain.computed_by == runtime


def test_where_no_graph_can_be_kept_torch_computes(
    plain: Backbone, own_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_place / "graphs").write_text("a file where a folder should be")
    monkeypatch.setenv(FORCED, OPENVINO)
    assert "Torch computes instead" in speed_up(plain, 64, CPU)
    assert plain.runner is None


def test_a_vision_transformer_has_runtimes_too() -> None:
    backbone = random_backbone("vit_tiny_patch16_224.augreg_in21k")
    CPU.place(backbone)
    for runtime in OTHERS:
        make_runner(runtime, backbone, 64)  # compares


def test_a_runtime_that_does_not_exist_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FORCED, "OpenVINO")
    assert chosen_runtime(LITE) == OPENVINO
    monkeypatch.setenv(FORCED, "tensorrt")
    with pytest.raises(InspectorError, match="tensorrt"):
        chosen_runtime(LITE)


def test_other_features_are_refused(plain: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "TOLERANCE", -1.0)
    with pytest.raises(Unusable, match="other features"):
        make_runner(OPENVINO, plain, 64)


def test_gpus_and_short_formats_keep_torch(
    plain: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FORCED, OPENVINO)
    for device in (Device("cuda"), Device("cpu", "bfloat16")):
        assert speed_up(plain, 64, device) == ""
        assert plain.runner is None
    assert speed_up(plain, 64, CPU) == ""
    assert plain.computed_by == OPENVINO


def test_a_measurement_names_all_and_chooses_the_fastest(plain: Backbone) -> None:
    told: list[str] = []
    choice = measure(plain, 64, 2, 2, told.append)
    assert not told
    assert [t.runtime for t in choice.measured] == [TORCH, *OTHERS]
    assert all(t.batch_ms > 0 and t.single_ms > 0 and t.difference < 1e-4 for t in choice.measured)
    batch = {t.runtime: t.batch_ms for t in choice.measured}
    best = min(batch, key=lambda name: batch[name])
    assert choice.runtime in (best, TORCH)


def chosen(runtime: str = OPENVINO, version: str | None = None, machine: str = "") -> Choice:
    known = runtime_choice.runtime_version(runtime) if version is None else version
    timing = Timing(runtime=runtime, version=known, batch_ms=1, single_ms=1, difference=0)
    return Choice(
        runtime=runtime,
        machine=machine or this_machine(),
        image_size=64,
        batch=2,
        measured=[timing],
        created="",
    )


def test_a_choice_holds_for_its_backbone_machine_and_versions() -> None:
    assert chosen_runtime(LITE) == TORCH
    remember(LITE, chosen())
    remember("resnet18", chosen(ONNXRUNTIME))
    assert (chosen_runtime(LITE), chosen_runtime("resnet18")) == (OPENVINO, ONNXRUNTIME)
    assert chosen_runtime("resnet50") == TORCH
    remember(LITE, chosen(machine="another"))
    assert chosen_runtime(LITE) == TORCH
    remember(LITE, chosen(version="0.1"))
    assert chosen_runtime(LITE) == TORCH


def test_without_the_package_torch_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    remember(LITE, chosen())
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    assert chosen_runtime(LITE) == TORCH


def test_a_damaged_file_means_no_choice() -> None:
    remember(LITE, chosen())
    runtime_choice.choices_file().write_bytes(b"{")
    assert chosen_runtime(LITE) == TORCH
    remember(LITE, chosen())
    assert chosen_runtime(LITE) == OPENVINO
