"""Which runtime computes a backbone's features on this machine: measured once, then remembered.

Torch always does; others are faster on some processors. `inspector bench` measures and decides.
"""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
import platformdirs

from inspector.core.files import write_atomically
from inspector.errors import InspectorError
from inspector.jobs.extras import not_found

TORCH, OPENVINO, ONNXRUNTIME = "torch", "openvino", "onnxruntime"
PACKAGES: dict[str, tuple[str, ...]] = {
    TORCH: ("torch",),
    OPENVINO: ("openvino", "onnx"),
    ONNXRUNTIME: ("onnxruntime", "onnx"),
}
"""What each runtime needs; the first is the runtime itself."""
FORCED = "INSPECTOR_RUNTIME"
"""Environment variable with the name of a runtime to use whatever was measured."""
TITLES = {TORCH: "torch", OPENVINO: "OpenVINO", ONNXRUNTIME: "ONNX Runtime"}


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How one runtime did.

    Attributes:
        runtime: Its name.
        version: Of its package.
        batch_ms: Median milliseconds for a batch.
        single_ms: The same for one image.
        difference: Greatest difference of a feature to torch's, as a share of the largest feature.
    """

    runtime: str
    version: str
    batch_ms: float
    single_ms: float
    difference: float


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one backbone, and what follows.

    Attributes:
        runtime: The name of the fastest whose features are equal.
        machine: Where it was measured; elsewhere it says nothing.
        image_size, batch: What was measured with.
        measured: All runtimes that are installed.
        created: Date and time, UTC.
    """

    runtime: str
    machine: str
    image_size: int
    batch: int
    measured: list[Timing]
    created: str


def choices_file() -> Path:
    """Where the choices are kept: with the user, not with a project."""
    return platformdirs.user_data_path("inspector", appauthor=False) / "runtimes.json"


def this_machine() -> str:
    """What a measurement depends on: processor, number of cores, torch."""
    processor = platform.processor() or platform.machine()
    return f"{platform.node()}, {processor}, {os.cpu_count()} cores, torch {version('torch')}"


def installed_runtimes() -> tuple[str, ...]:
    """Names of the runtimes whose packages are here; loads none of them."""
    return tuple(name for name, packages in PACKAGES.items() if not not_found(packages))


def runtime_version(runtime: str) -> str:
    """The version of a runtime's package; empty where it is not installed."""
    try:
        return version(PACKAGES[runtime][0]).partition("-")[0]
    except PackageNotFoundError:
        return ""


def read_choices() -> dict[str, Choice]:
    """By backbone; nothing where nothing was measured, or the file is damaged."""
    try:
        return msgspec.json.decode(choices_file().read_bytes(), type=dict[str, Choice])
    except (OSError, msgspec.MsgspecError):
        return {}


def remember(backbone: str, choice: Choice) -> None:
    """Keeps the choice for a backbone.

    Raises:
        OSError: The file cannot be written.
    """
    file = choices_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    choices = read_choices() | {backbone: choice}
    write_atomically(file, msgspec.json.format(msgspec.json.encode(choices)))


def chosen_runtime(backbone: str) -> str:
    """The runtime to use: the measured one while machine and versions are the same, else torch.

    Raises:
        InspectorError: The environment names one that does not exist.
    """
    forced = os.environ.get(FORCED, "").lower()
    if forced:
        if forced not in PACKAGES:
            raise InspectorError(
                f"There is no runtime '{forced}' ({FORCED}).", f"Use one of: {', '.join(PACKAGES)}."
            )
        return forced
    choice = read_choices().get(backbone)
    if choice is None or choice.machine != this_machine():
        return TORCH
    found = next((t for t in choice.measured if t.runtime == choice.runtime), None)
    known = found is not None and found.version == runtime_version(choice.runtime)
    return choice.runtime if known and choice.runtime in installed_runtimes() else TORCH
