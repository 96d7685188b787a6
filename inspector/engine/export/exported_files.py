"""Exported files: writing them, each format by its own packages, and running them there.

The packages are an extra, and slow to import: they are loaded when they are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.engine.export.graph import OUTPUTS, Outputs
from inspector.engine.loaded_graph import LoadedGraph, OnnxGraph, OpenVinoGraph
from inspector.errors import InspectorError
from inspector.jobs.export_formats import ExportFormat

Facts = Mapping[str, str]
"""What stands in the file's own metadata."""

_GRAPHS: dict[str, type[LoadedGraph]] = {"onnx": OnnxGraph, "openvino": OpenVinoGraph}


class ExportedFile:
    """A loaded file.

    Args:
        graph: What is in it.

    Attributes:
        title: Name and version of its runtime.
    """

    def __init__(self, graph: LoadedGraph) -> None:
        self._graph = graph
        self.title = graph.title

    def run(self, images: NDArray[np.float32]) -> Outputs:
        """What the file says of images (B, 3, H, W) in [0, 1]."""
        return Outputs(*(output.copy() for output in self._graph.run(images)))


def write_onnx(graph: bytes, facts: Facts, file: Path) -> None:
    """Writes an ONNX graph with these facts."""
    import onnx

    model = onnx.load_model_from_string(graph)
    model.producer_name, model.producer_version = "Inspector", facts["inspector_version"]
    model.doc_string = facts["preprocessing"]
    onnx.helper.set_model_props(model, dict(facts))
    shape = next(o for o in model.graph.output if o.name == OUTPUTS[1]).type.tensor_type.shape
    for length in shape.dim[1:]:  # which tracing leaves open
        length.dim_value = int(facts["input_size"])
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


def load_file(format_: ExportFormat, file: Path) -> ExportedFile:
    """A file in its runtime.

    Raises:
        InspectorError: The runtime cannot be loaded, or does not take the file.
    """
    try:
        return ExportedFile(_GRAPHS[format_.name](file))
    except ImportError as error:
        raise format_.unusable(str(error)) from error
    except (RuntimeError, ValueError) as error:
        raise _refused(format_, error) from error


def _refused(format_: ExportFormat, error: Exception) -> InspectorError:
    reason = str(error).strip().splitlines()[0]
    return InspectorError(
        f"{format_.title} does not take this model: {reason}",
        "Export it to another format, or score with Inspector itself.",
    )
