"""A torch module as a graph in ONNX's format, for other runtimes."""

from __future__ import annotations

import io
import warnings
from collections.abc import Sequence

import torch
from torch import nn

INPUT = "images"
"""Name of the input in every graph."""
OPSET = 18

_TRACED_IMAGES = 2  # one might be taken for a fixed number


def traced(module: nn.Module, size: int, outputs: Sequence[str], *, fold_constants: bool) -> bytes:
    """The graph of a module that takes images (B, 3, size, size); B stays free.

    What depends on the size of the input is fixed by tracing.

    Args:
        module: On the CPU, in eval mode.
        size: Side of its square input in pixels.
        outputs: Names for what it gives, in its order.
        fold_constants: Whether to compute beforehand what does not depend on the input. Every
            runtime does so when it loads the file; left as it is, a bank stays float16.

    Raises:
        RuntimeError: A part of it has no counterpart in ONNX, or it is too large.
    """
    images = torch.rand(_TRACED_IMAGES, 3, size, size)
    file = io.BytesIO()
    with torch.no_grad(), warnings.catch_warnings():
        # It warns of everything that is fixed by tracing, and of its own age: the newer exporter
        # takes five times as long and one more package, for the same graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (images,),
            file,  # type: ignore[arg-type]  # in memory will do
            input_names=[INPUT],
            output_names=list(outputs),
            dynamic_axes={name: {0: "batch"} for name in (INPUT, *outputs)},
            opset_version=OPSET,
            do_constant_folding=fold_constants,
            dynamo=False,
        )
    return file.getvalue()
