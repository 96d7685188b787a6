"""Which device computes, in which precision, and how runs are made repeatable."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import torch
from torch import nn

from inspector.core.words import count
from inspector.errors import InspectorError

# A bf16 pass must beat float32 by this factor to be chosen: below it, timing noise would decide.
_WORTHWHILE = 1.2


@dataclass(frozen=True, slots=True)
class Device:
    """A computing device and its number format.

    Attributes:
        kind: "cuda", "mps" or "cpu".
        precision: "float32" or "bfloat16" for what runs under `autocast`.
    """

    kind: str
    precision: str = "float32"

    @property
    def torch(self) -> torch.device:
        return torch.device(self.kind)

    @property
    def name(self) -> str:
        """In words: "NVIDIA H100 (cuda)", "CPU, 2 threads"."""
        if self.kind == "cuda":
            return f"{torch.cuda.get_device_name()} (cuda)"
        if self.kind == "mps":
            return "Apple GPU (mps)"
        return f"CPU, {count(torch.get_num_threads(), 'thread')}"

    def place(self, module: nn.Module) -> None:
        """Moves a module here, channels last: the layout that convolutions like best."""
        module.to(self.torch)
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @contextlib.contextmanager
    def autocast(self) -> Iterator[None]:
        """Mixed precision where `precision` asks for it."""
        if self.precision == "float32":
            yield
        else:
            with torch.autocast(self.kind, dtype=getattr(torch, self.precision)):
                yield


def resolve_device(name: str = "auto", precision: str = "auto") -> Device:
    """The device by name.

    Args:
        name: "auto" (GPU where there is one), "cpu", "cuda" or "mps".
        precision: "auto" (bf16 on GPUs that have it; on a CPU decided by `cpu_precision`),
            "float32" or "bfloat16".

    Raises:
        InspectorError: The device is not present.
    """
    if name == "auto":
        if torch.cuda.is_available() and not _cuda_problem():
            name = "cuda"
        else:
            name = "mps" if torch.backends.mps.is_available() else "cpu"
    if name not in ("cpu", "cuda", "mps"):
        raise InspectorError(f"There is no device '{name}'.", "Use auto, cpu, cuda or mps.")
    if precision not in ("auto", "float32", "bfloat16"):
        raise InspectorError(
            f"There is no precision '{precision}'.", "Use auto, float32 or bfloat16."
        )
    if name == "cuda" and not torch.cuda.is_available():
        raise InspectorError(
            "No CUDA device is available.", "Use --device cpu, or install torch for CUDA."
        )
    if name == "cuda" and _cuda_problem():
        raise InspectorError(
            f"The installed torch cannot compute on this GPU ({_cuda_problem()}).",
            "Use --device cpu, or install a torch that was built for it.",
        )
    if name == "mps" and not torch.backends.mps.is_available():
        raise InspectorError("No Apple GPU is available.", "Use --device cpu.")
    if precision == "auto":
        precision = "float32"
        if name == "cuda":
            native = torch.cuda.is_bf16_supported(including_emulation=False)
            precision = "bfloat16" if native else "float32"
    return Device(name, precision)


@cache
def _cuda_problem() -> str:
    """Why the present GPU cannot be computed on; empty where it can. Wheels drop old GPUs, and only
    a computation tells."""
    try:
        torch.zeros(1, device="cuda").add_(1).item()
    except RuntimeError as error:
        return str(error).strip().splitlines()[0]
    return ""


def cpu_precision(work: Callable[[], torch.Tensor], tolerance: float = 2e-2) -> str:
    """bf16 autocast on a CPU where it measures faster with equal results, else float32.

    Args:
        work: One representative forward pass.
        tolerance: Greatest accepted relative difference (of the largest value) of the results.
    """
    has_library = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    if not (has_library and torch.ops.mkldnn._is_mkldnn_bf16_supported()):
        return "float32"
    bf16 = Device("cpu", "bfloat16")
    with torch.inference_mode():
        exact, exact_s = _timed(work)
        with bf16.autocast():
            rough, rough_s = _timed(work)
    scale = exact.float().abs().max().clamp_min(1e-12)
    equal = float((exact.float() - rough.float()).abs().max() / scale) <= tolerance
    return "bfloat16" if equal and exact_s > _WORTHWHILE * rough_s else "float32"


def make_repeatable(seed: int) -> None:
    """Seeds torch and forbids operations whose result changes from run to run."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Else torch fills every new tensor before it is written, which costs a sixth of the scoring.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    # Else convolutions on newer GPUs round to 10 bits, and scores differ from a CPU's by 1e-3.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False


def _timed(work: Callable[[], torch.Tensor], repeats: int = 3) -> tuple[torch.Tensor, float]:
    result = work()
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return result, best
