from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import nn

import inspector.engine.device
from inspector.engine.device import Device, cpu_precision, make_repeatable, resolve_device
from inspector.errors import InspectorError


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_the_cpu_computes_in_full_precision() -> None:
    assert resolve_device() == Device("cpu", "float32")
    assert resolve_device("cpu") == Device("cpu", "float32")
    assert resolve_device("cpu", "bfloat16") == Device("cpu", "bfloat16")
    assert resolve_device().torch == torch.device("cpu")
    assert resolve_device().name.startswith("CPU")


@pytest.mark.parametrize(("bf16", "precision"), [(True, "bfloat16"), (False, "float32")])
def test_a_gpu_is_chosen_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, bf16: bool, precision: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: bf16)
    monkeypatch.setattr(inspector.engine.device, "_cuda_problem", lambda: "")
    assert resolve_device() == Device("cuda", precision)
    assert resolve_device("cuda", "float32") == Device("cuda", "float32")
    assert resolve_device("cpu") == Device("cpu", "float32")


def test_a_gpu_that_torch_no_longer_supports_is_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("CUDA error: no kernel image is available\nmore of it")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch, "zeros", broken)
    inspector.engine.device._cuda_problem.cache_clear()
    try:
        assert resolve_device() == Device("cpu", "float32")
        with pytest.raises(InspectorError, match="no kernel image is available\\)") as caught:
            resolve_device("cuda")
        assert "--device cpu" in caught.value.hint
    finally:
        inspector.engine.device._cuda_problem.cache_clear()


def test_apples_gpu_comes_after_cuda(monkeypatch: pytest.MonkeyPatch, no_gpu: None) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert resolve_device() == Device("mps", "float32")
    assert resolve_device().name == "Apple GPU (mps)"


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_an_absent_device_is_an_error_with_a_way_out(name: str) -> None:
    with pytest.raises(InspectorError, match="available") as caught:
        resolve_device(name)
    assert "--device cpu" in caught.value.hint


def test_an_unknown_device_lists_the_known_ones() -> None:
    with pytest.raises(InspectorError, match="'tpu'") as caught:
        resolve_device("tpu")
    assert all(name in caught.value.hint for name in ("auto", "cpu", "cuda", "mps"))


def test_an_unknown_precision_lists_the_known_ones() -> None:
    with pytest.raises(InspectorError, match="'int7'") as caught:
        resolve_device("cpu", "int7")
    assert all(name in caught.value.hint for name in ("auto", "float32", "bfloat16"))


def test_autocast_follows_the_precision() -> None:
    layer, x = nn.Linear(4, 4), torch.ones(1, 4)
    with Device("cpu").autocast():
        assert layer(x).dtype == torch.float32
    with Device("cpu", "bfloat16").autocast():
        assert layer(x).dtype == torch.bfloat16
    assert layer(x).dtype == torch.float32


def test_modules_are_placed_channels_last() -> None:
    layer = nn.Conv2d(3, 8, 3)
    Device("cpu").place(layer)
    assert layer.weight.is_contiguous(memory_format=torch.channels_last)


class _Work:
    """Work that takes as long, and errs as much, in bf16 as a test wants it to."""

    def __init__(self, seconds: float, seconds_in_bf16: float, error_in_bf16: float) -> None:
        self.seconds = {False: seconds, True: seconds_in_bf16}
        self.error = {False: 0.0, True: error_in_bf16}
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def __call__(self) -> torch.Tensor:
        in_bf16 = torch.is_autocast_enabled("cpu")
        self.now += self.seconds[in_bf16]
        return torch.tensor([10.0, 1.0 + 10 * self.error[in_bf16]])


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """`cpu_precision` on a processor with (or without) bf16, by the work's own clock."""

    def run(work: _Work, supported: bool = True, **options: float) -> str:
        monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: supported)
        monkeypatch.setattr(time, "perf_counter", work.clock)
        return cpu_precision(work, **options)

    return run


def test_bf16_is_chosen_where_it_is_faster_with_equal_results(choose: Callable[..., str]) -> None:
    assert choose(_Work(2.0, 1.0, 1e-3)) == "bfloat16"


def test_bf16_is_not_chosen_on_processors_without_it(choose: Callable[..., str]) -> None:
    assert choose(_Work(2.0, 1.0, 0.0), supported=False) == "float32"


@pytest.mark.parametrize("seconds_in_bf16", [2.0, 1.9, 3.0])
def test_bf16_is_not_chosen_for_nothing(choose: Callable[..., str], seconds_in_bf16: float) -> None:
    assert choose(_Work(2.0, seconds_in_bf16, 0.0)) == "float32"


def test_bf16_is_not_chosen_where_results_differ(choose: Callable[..., str]) -> None:
    assert choose(_Work(2.0, 1.0, 0.05)) == "float32"
    assert choose(_Work(2.0, 1.0, 0.05), tolerance=0.1) == "bfloat16"
    assert choose(_Work(2.0, 1.0, 1e-3), tolerance=1e-4) == "float32"


def test_bf16_is_not_chosen_where_it_gives_no_numbers(choose: Callable[..., str]) -> None:
    assert choose(_Work(2.0, 1.0, float("nan"))) == "float32"


def test_measuring_leaves_the_work_without_gradients_and_autocast(
    choose: Callable[..., str],
) -> None:
    choose(_Work(2.0, 1.0, 0.0))
    assert torch.is_grad_enabled()
    assert not torch.is_autocast_enabled("cpu")


@pytest.fixture
def _settings_restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", torch.backends.cudnn.benchmark)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with torch.random.fork_rng(devices=[]):
        yield
    torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)


@pytest.mark.usefixtures("_settings_restored")
def test_the_same_seed_gives_the_same_draws() -> None:
    make_repeatable(5)
    first = torch.randn(8), nn.Linear(4, 4).weight.clone()
    make_repeatable(5)
    second = torch.randn(8), nn.Linear(4, 4).weight.clone()
    make_repeatable(6)
    other = torch.randn(8)
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], other)
    assert torch.are_deterministic_algorithms_enabled()
