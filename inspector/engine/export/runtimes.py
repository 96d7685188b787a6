"""Writing and running the files: each format with the runtime that is meant for it.

The packages are an extra, and slow to import: they are loaded when they are needed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from inspector.engine.export.graph import INPUT, OUTPUTS, Outputs
from inspector.errors import InspectorError
from inspector.jobs.export_formats import EXPORT_FORMATS, ExportFormat

Facts = Mapping[str, str]
"""What stands in the file's own metadata."""


class Runtime(ABC):
    """A loaded file.

    Attributes:
        format: The format that it runs.
        title: Name and version of the runtime.
    """

    format: ClassVar[ExportFormat]
    title: str

    @abstractmethod
    def run(self, images: NDArray[np.float32]) -> Outputs:
        """What the file says of images (B, 3, H, W) in [0, 1]."""


class OnnxRuntime(Runtime):
    """A file in ONNX Runtime, on the CPU."""

    format = EXPORT_FORMATS["onnx"]

    def __init__(self, file: Path) -> None:
        import onnxruntime

        self.title = f"ONNX Runtime {onnxruntime.__version__}"
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        self._session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )

    def run(self, images: NDArray[np.float32]) -> Outputs:
        return Outputs(*self._session.run(list(OUTPUTS), {INPUT: images}))


class OpenVino(Runtime):
    """A pair of files in OpenVINO, on the CPU, in float32."""

    format = EXPORT_FORMATS["openvino"]

    def __init__(self, file: Path) -> None:
        import openvino

        self.title = f"OpenVINO {openvino.__version__.partition('-')[0]}"
        core = openvino.Core()
        core.set_property({"ENABLE_MMAP": "NO"})  # or the file could not be moved on Windows
        self._compiled = core.compile_model(
            core.read_model(file), "CPU", dict(self.format.run_with)
        )

    def run(self, images: NDArray[np.float32]) -> Outputs:
        found = self._compiled(images)
        return Outputs(*(found[name] for name in OUTPUTS))


def write_onnx(graph: bytes, facts: Facts, file: Path) -> None:
    """Writes an ONNX graph with these facts."""
    import onnx

    model = onnx.load_model_from_string(graph)
    model.producer_name, model.producer_version = "Inspector", facts["inspector_version"]
    model.doc_string = facts["preprocessing"]
    onnx.helper.set_model_props(model, dict(facts))
    file.write_bytes(model.SerializeToString())


def write_openvino(graph: bytes, facts: Facts, file: Path) -> None:
    """Writes an ONNX graph as OpenVINO's pair of files, `file` and one beside it ending in .bin."""
    import openvino

    # Not `convert_model`, which reports that it was used to the outside.
    model = openvino.Core().read_model(graph)
    for name, value in facts.items():
        model.set_rt_info(value, ["inspector", name])
    openvino.save_model(model, file, compress_to_fp16=False)


def write_file(format_: ExportFormat, graph: bytes, facts: Facts, file: Path) -> None:
    """Writes a graph in a format.

    Raises:
        InspectorError: The format's packages cannot be loaded, or the graph not be converted.
        OSError: The file cannot be written.
    """
    write = {"onnx": write_onnx, "openvino": write_openvino}[format_.name]
    try:
        write(graph, facts, file)
    except ImportError as error:
        raise format_.unusable(str(error)) from error
    except (RuntimeError, ValueError) as error:  # ValueError: beyond 2 GiB
        raise _refused(format_, error) from error


def load_file(format_: ExportFormat, file: Path) -> Runtime:
    """A file in its runtime.

    Raises:
        InspectorError: The runtime cannot be loaded, or does not take the file.
    """
    kinds: dict[str, type[Runtime]] = {kind.format.name: kind for kind in (OnnxRuntime, OpenVino)}
    make: Any = kinds[format_.name]
    try:
        made: Runtime = make(file)
    except ImportError as error:
        raise format_.unusable(str(error)) from error
    except (RuntimeError, ValueError) as error:
        raise _refused(format_, error) from error
    return made


def _refused(format_: ExportFormat, error: Exception) -> InspectorError:
    reason = str(error).strip().splitlines()[0]
    return InspectorError(
        f"{format_.title} does not take this model: {reason}",
        "Export it to another format, or score with Inspector itself.",
    )
