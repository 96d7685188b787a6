"""Graphs loaded to be run on the CPU in float32, in ONNX Runtime or OpenVINO.

The packages are an extra, and slow to import: they are loaded when they are needed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.engine.tracing import INPUT
from inspector.jobs.export_formats import EXPORT_FORMATS
from inspector.jobs.runtime_choice import ONNXRUNTIME, OPENVINO, TITLES


class LoadedGraph(ABC):
    """A file in the runtime that is meant for it.

    Args:
        file: As `traced` made it, or converted to the runtime's own format.
        threads: That it computes with; 0 leaves it to the runtime.

    Attributes:
        title: Name and version of the runtime.

    Raises:
        ImportError: The runtime is not installed.
        RuntimeError, ValueError: It does not take the file.
    """

    title: str

    @abstractmethod
    def __init__(self, file: Path, threads: int = 0) -> None: ...

    @abstractmethod
    def run(self, images: NDArray[np.float32]) -> list[NDArray[Any]]:
        """The outputs for images (B, 3, H, W), in their order; the next call may overwrite them.

        Raises:
            RuntimeError: It cannot be computed.
        """


class OnnxGraph(LoadedGraph):
    """A file of ONNX's format in ONNX Runtime."""

    def __init__(self, file: Path, threads: int = 0) -> None:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as errors

        self.title = f"{TITLES[ONNXRUNTIME]} {onnxruntime.__version__}"
        # They have no class of their own in common.
        self._refusals = (
            *(errors.Fail, errors.InvalidProtobuf, errors.InvalidGraph, errors.NotImplemented),
            *(errors.InvalidArgument, errors.RuntimeException),
        )
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(
                str(file), options, providers=["CPUExecutionProvider"]
            )
        except self._refusals as error:
            raise RuntimeError(str(error)) from error

    def run(self, images: NDArray[np.float32]) -> list[NDArray[Any]]:
        try:
            found: list[NDArray[Any]] = self._session.run(None, {INPUT: images})
        except self._refusals as error:
            raise RuntimeError(str(error)) from error
        return found


class OpenVinoGraph(LoadedGraph):
    """A file of ONNX's or OpenVINO's format in OpenVINO."""

    def __init__(self, file: Path, threads: int = 0) -> None:
        import openvino

        self.title = f"{TITLES[OPENVINO]} {openvino.__version__.partition('-')[0]}"
        settings: dict[str, str | int] = dict(EXPORT_FORMATS["openvino"].run_with)
        if threads:
            settings["INFERENCE_NUM_THREADS"] = threads
        core = openvino.Core()
        core.set_property({"ENABLE_MMAP": "NO"})  # or the file could not be moved on Windows
        self._compiled: Any = core.compile_model(core.read_model(file), "CPU", settings)

    def run(self, images: NDArray[np.float32]) -> list[NDArray[Any]]:
        found = self._compiled(images, share_inputs=True, share_outputs=True)
        return [found[place] for place in range(len(self._compiled.outputs))]
