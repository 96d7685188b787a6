"""A frozen backbone in another runtime than torch, where that is faster and gives the same.

Its graph is made of torch's own modules and kept beside the weights of downloads, so that only the
first run waits for it.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
from pathlib import Path

import numpy as np
import platformdirs
import torch
from torch import Tensor

from inspector.core.files import write_atomically
from inspector.engine.backbones import Backbone
from inspector.engine.device import Device
from inspector.engine.loaded_graph import LoadedGraph, OnnxGraph, OpenVinoGraph
from inspector.engine.tracing import OPSET, traced
from inspector.errors import InspectorError
from inspector.jobs.runtime_choice import (
    ONNXRUNTIME,
    OPENVINO,
    TITLES,
    TORCH,
    chosen_runtime,
)

TOLERANCE = 1e-4
"""Greatest accepted difference of a feature, as a share of the largest; float32 rounds at 1e-6."""

_GRAPHS: dict[str, type[LoadedGraph]] = {OPENVINO: OpenVinoGraph, ONNXRUNTIME: OnnxGraph}


class Unusable(Exception):
    """A runtime that cannot be loaded, does not take a backbone, or gives other features."""


class Runner:
    """A backbone's graph in a runtime, on the CPU.

    Args:
        name: Of the runtime.
        file: With the graph.

    Attributes:
        name: Of the runtime.

    Raises:
        ImportError: The runtime is not installed.
        RuntimeError, ValueError: It does not take the file.
    """

    def __init__(self, name: str, file: Path) -> None:
        self.name = name
        self._graph = _GRAPHS[name](file, torch.get_num_threads())

    def __call__(self, images: Tensor) -> list[Tensor]:
        """Images (B, 3, H, W) in [0, 1] to feature maps, as the backbone's own `forward`."""
        # Its results live in memory that the next call takes again.
        found = self._graph.run(np.ascontiguousarray(images.numpy()))
        return [
            torch.from_numpy(stage.copy()).contiguous(memory_format=torch.channels_last)
            for stage in found
        ]

    def __deepcopy__(self, memo: dict[int, object]) -> Runner:
        return self  # it holds nothing that changes


def make_runner(runtime: str, backbone: Backbone, size: int) -> Runner:
    """A backbone, on the CPU, in a runtime other than torch, for square inputs of `size` pixels.

    Raises:
        Unusable: See there. What it gives is compared with torch on one image.
    """
    file = _graph_file(backbone, size)
    try:
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, _as_onnx(backbone, size))
        runner = Runner(runtime, file)
        difference = difference_of(runner, backbone, size)
    except (ImportError, RuntimeError, ValueError, OSError, InspectorError) as error:
        if isinstance(error, (RuntimeError, ValueError)):
            with contextlib.suppress(OSError):  # if it is damaged, the next run makes it anew
                file.unlink(missing_ok=True)
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise Unusable(f"{TITLES[runtime]} cannot compute {backbone.name}: {reason}") from error
    if difference > TOLERANCE:
        raise Unusable(
            f"{TITLES[runtime]} gives other features of {backbone.name} than torch: they differ by "
            f"{difference:.1e} of the largest."
        )
    return runner


@torch.no_grad()
def difference_of(runner: Runner, backbone: Backbone, size: int) -> float:
    """Greatest difference to torch's features on an image, as a share of the largest feature."""
    rows = torch.linspace(0, 1, size)
    image = torch.stack([rows.expand(size, size), rows.expand(size, size).T, rows.outer(rows)])
    images = torch.stack([image, 1 - image.flip(2)])
    pairs = zip(runner(images), backbone.through(backbone.body, images), strict=True)
    return max(float((a - b).abs().max() / b.abs().max().clamp_min(1e-12)) for a, b in pairs)


def speed_up(backbone: Backbone, size: int, device: Device, runtime: str = "") -> str:
    """From now on lets the backbone be computed by a runtime.

    Nothing changes on a GPU, in bfloat16, or where torch is chosen.

    Args:
        backbone: On the device.
        size: Side of its square inputs in pixels.
        device: Where it is.
        runtime: Its name; by default that which was chosen on this machine.

    Returns:
        A sentence for the user where the chosen one cannot be used, else nothing.
    """
    backbone.runner = None
    if device.kind != "cpu" or device.precision != "float32":
        return ""
    runtime = runtime or chosen_runtime(backbone.name)
    if runtime == TORCH:
        return ""
    try:
        backbone.runner = make_runner(runtime, backbone, size)
    except Unusable as error:
        return f"{error} Torch computes instead."
    return ""


def _graph_file(backbone: Backbone, size: int) -> Path:
    """Where the graph is kept, in ONNX's format."""
    digest = backbone.weights.sha256[:12] if backbone.weights else _digest_of(backbone)
    kind = f"{backbone.name}-{digest}-{size}-torch{torch.__version__}-{OPSET}.onnx"
    folder = platformdirs.user_cache_path("inspector", appauthor=False) / "graphs"
    return folder / kind


def _as_onnx(backbone: Backbone, size: int) -> bytes:
    """The graph, batch dimension free."""
    backbone = copy.deepcopy(backbone)
    backbone.fix_size(size, size)
    stages = [f"stage{n}" for n in range(len(backbone.channels))]
    return traced(backbone, size, stages, fold_constants=True)


def _digest_of(backbone: Backbone) -> str:
    """Of random weights, for timings and tests."""
    found = hashlib.sha256()
    for tensor in backbone.state_dict().values():
        found.update(tensor.detach().contiguous().numpy().tobytes())
    return found.hexdigest()[:12]
