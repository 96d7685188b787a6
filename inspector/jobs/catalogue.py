"""The methods that can be trained: names, sentences, parameters, and where their code lives.

Code is named as "module:attribute" and imported only by the process that needs it, so reading the
catalogue never imports torch.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

import msgspec

from inspector.errors import InspectorError
from inspector.jobs.backbones import KINDS, PYRAMID, TRANSFORMER
from inspector.jobs.parameters import (
    AlignmentParameters,
    CommonParameters,
    DinomalyParameters,
    DmadParameters,
    LtadParameters,
    PatchCoreParameters,
    ReContrastParameters,
    RevDistParameters,
    UniAdParameters,
)
from inspector.jobs.tiles import check_tiles
from inspector.jobs.validation import validate

Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of parameters: what differs from the defaults, per group."""

    name: str
    sentence: str
    common: Parameters = field(default_factory=dict)
    alignment: Parameters = field(default_factory=dict)
    method: Parameters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FitStage:
    """A part of a fit that the user sees as a stage of its own.

    Attributes:
        name: What events and checkpoints call it.
        title: What people call it.
        fit: "module:function".
    """

    name: str
    title: str
    fit: str


@dataclass(frozen=True, slots=True)
class Method:
    """One entry of the catalogue.

    Attributes:
        name: What scripts call it.
        title: What people call it.
        sentence: What it is for.
        needs: What it needs, in words.
        detector: "module:class" of the detector.
        fit: "module:function" of the fit.
        parameters: Struct type of its own parameters.
        presets: The first is the default.
        learns_from_defects: Whether painted defects make it better.
        before: What is learned before the fit, each a stage of its own; in a fold it is part of
            the fold's stage.
        kinds: The kinds of backbones that it takes.
        names_classes: Whether it names classes in words, which needs a text encoder.
    """

    name: str
    title: str
    sentence: str
    needs: str
    detector: str
    fit: str
    parameters: type[msgspec.Struct]
    presets: tuple[Preset, ...]
    learns_from_defects: bool = False
    before: tuple[FitStage, ...] = ()
    kinds: tuple[str, ...] = (PYRAMID,)
    names_classes: bool = False

    @property
    def stages(self) -> tuple[FitStage, ...]:
        """All stages of the fit."""
        return (*self.before, FitStage("detector", "Learning what is normal", self.fit))


FIVE_PATCHES = 0.49
"""The top percentage of pixels that is as large as the memory banks' mean of the top 5 patches, at
an input of 256 pixels (32×32 patches)."""

FIVE_PATCHES_OF_PAPER = 0.64
"""The same at the paper's 224 pixels (28×28 patches)."""

METHODS: dict[str, Method] = {
    "revdist": Method(
        name="revdist",
        title="Reverse distillation",
        sentence="Learns to give back the features of normal parts; where it cannot, there is a "
        "defect. Many product classes in one model.",
        needs="Normal images only.",
        detector="inspector.engine.detectors.revdist:RevDist",
        fit="training.revdist:fit",
        parameters=RevDistParameters,
        presets=(
            Preset(
                "quick",
                "Minutes on two CPU cores with the backbone that comes with the install.",
                common={"backbone": "tf_efficientnet_lite0"},
                alignment={"iterations": 800, "folds": 2},
                method={"iterations": 400, "plateau": 0.7},
            ),
            Preset(
                "paper",
                "The paper's numbers; made for a GPU.",
                common={"backbone": "wide_resnet50_2.tv_in1k"},
            ),
        ),
    ),
    "recontrast": Method(
        name="recontrast",
        title="Contrastive reconstruction",
        sentence="Reverse distillation with a second feature extractor that adapts to the parts. "
        "Slower to train.",
        needs="Normal images only.",
        detector="inspector.engine.detectors.recontrast:ReContrast",
        fit="training.recontrast:fit",
        parameters=ReContrastParameters,
        presets=(
            Preset(
                "quick",
                "Minutes on two CPU cores with the backbone that comes with the install.",
                common={"backbone": "tf_efficientnet_lite0"},
                alignment={"iterations": 800, "folds": 2},
                method={"iterations": 300, "batch_size": 8},
            ),
            Preset(
                "paper",
                "The paper's numbers; made for a GPU.",
                common={"backbone": "wide_resnet50_2.tv_in1k"},
            ),
        ),
    ),
    "uniad": Method(
        name="uniad",
        title="UniAD",
        sentence="A transformer that gives back features of normal parts from their surroundings. "
        "Made for many product classes in one model.",
        needs="Normal images only.",
        detector="inspector.engine.detectors.uniad:UniAd",
        fit="training.uniad:fit",
        parameters=UniAdParameters,
        presets=(
            Preset(
                "quick",
                "Minutes on two CPU cores with the backbone that comes with the install.",
                common={"backbone": "tf_efficientnet_lite0", "image_size": 224},
                alignment={"iterations": 800, "folds": 2},
                method={"iterations": 600, "batch_size": 4},
            ),
            Preset(
                "paper",
                "The paper's numbers; made for a GPU.",
                common={"backbone": "tf_efficientnet_b4", "image_size": 224},
                alignment={"iterations": 20_000},
                method={"whitening": False},
            ),
        ),
        kinds=KINDS,
    ),
    "dinomaly": Method(
        name="dinomaly",
        title="Dinomaly",
        sentence="Reconstruction on a vision transformer that has seen millions of pictures. "
        "Strong with many product classes in one model.",
        needs="Normal images only; a vision transformer, such as DINOv2.",
        detector="inspector.engine.detectors.dinomaly:Dinomaly",
        fit="training.dinomaly:fit",
        parameters=DinomalyParameters,
        presets=(
            Preset(
                "quick",
                "The small transformer at half the size of the paper's images, and fewer steps.",
                common={
                    "backbone": "vit_small_patch14_reg4_dinov2.lvd142m",
                    "image_size": 224,
                },
                alignment={"iterations": 800, "folds": 2},
                method={"iterations": 300, "batch_size": 4},
            ),
            Preset(
                "paper",
                "The paper's numbers; made for a GPU.",
                common={
                    "backbone": "vit_base_patch14_reg4_dinov2.lvd142m",
                    "image_size": 448,
                },
            ),
        ),
        kinds=(TRANSFORMER,),
    ),
    "dmad": Method(
        name="dmad",
        title="Dual memory banks",
        sentence="Compares every patch with normal and abnormal ones. Learns from painted defects, "
        "on other products too, as soon as there is one.",
        needs="Normal images; painted defects make it better.",
        detector="inspector.engine.detectors.dmad:Dmad",
        fit="training.dmad:fit",
        parameters=DmadParameters,
        presets=(
            Preset(
                "quick",
                "Minutes on two CPU cores with the backbone that comes with the install.",
                common={"backbone": "tf_efficientnet_lite0", "score_percent": FIVE_PATCHES},
                alignment={"iterations": 800, "folds": 2},
                method={
                    "epochs": 8,
                    "batch_size": 16,
                    "patches": 128,
                    "learning_rate": 1e-3,
                    "projection_rate": 5e-4,
                    "coreset": 0.01,
                    "coreset_width": 64,
                    "coreset_points": 200_000,
                    "outlier_images": 64,
                },
            ),
            Preset(
                "paper",
                "The paper's numbers; made for a GPU.",
                common={
                    "backbone": "wide_resnet50_2.tv_in1k",
                    "image_size": 224,
                    "score_percent": FIVE_PATCHES_OF_PAPER,
                },
                method={"distance": False, "likeness": False},
            ),
        ),
        learns_from_defects=True,
    ),
    "patchcore": Method(
        name="patchcore",
        title="PatchCore",
        sentence="Remembers patches of normal parts; what is far from all of them is a defect. "
        "A well-known reference to compare with.",
        needs="Normal images only.",
        detector="inspector.engine.detectors.patchcore:PatchCore",
        fit="training.patchcore:fit",
        parameters=PatchCoreParameters,
        presets=(
            Preset(
                "quick",
                "Minutes on two CPU cores with the backbone that comes with the install.",
                common={"backbone": "tf_efficientnet_lite0", "score_percent": FIVE_PATCHES},
                alignment={"iterations": 800, "folds": 2},
                method={"coreset": 0.01, "coreset_width": 64, "coreset_points": 200_000},
            ),
            Preset(
                "paper",
                "The backbone, input size and bank of DMAD's paper; made for a GPU.",
                common={
                    "backbone": "wide_resnet50_2.tv_in1k",
                    "image_size": 224,
                    "score_percent": FIVE_PATCHES_OF_PAPER,
                },
            ),
        ),
    ),
    "ltad": Method(
        name="ltad",
        title="Learned names for rare classes",
        sentence="Gives each class a name that it learns, and makes up features of rare ones, so "
        "that a dozen images count beside a thousand of another class.",
        needs="Normal images only; the package extra 'ltad'.",
        detector="inspector.engine.detectors.ltad:Ltad",
        fit="training.ltad:fit",
        parameters=LtadParameters,
        presets=(
            Preset(
                "quick",
                "Minutes on two CPU cores with what comes with the install.",
                common={"backbone": "tf_efficientnet_lite0"},
                alignment={"iterations": 800, "folds": 2},
                method={
                    "iterations": 1000,
                    "batch_size": 8,
                    "learning_rate": 1e-3,
                    "name_iterations": 150,
                },
            ),
            Preset(
                "paper",
                "An image and a text side that were trained together; made for a GPU.",
                common={"backbone": "openclip-RN50.openai"},
                method={"whitening": False},
            ),
        ),
        before=(FitStage("names", "Learning names", "training.ltad_names:fit"),),
        names_classes=True,
    ),
}


def find_method(name: str) -> Method:
    """The catalogue's entry.

    Raises:
        InspectorError: There is no such method; the hint lists those there are.
    """
    if name not in METHODS:
        raise InspectorError(f"There is no method '{name}'.", f"Use one of: {', '.join(METHODS)}.")
    return METHODS[name]


def find_preset(method: Method, name: str) -> Preset:
    """A preset of the method.

    Raises:
        InspectorError: There is no such preset; the hint lists those there are.
    """
    for preset in method.presets:
        if preset.name == name:
            return preset
    names = ", ".join(preset.name for preset in method.presets)
    raise InspectorError(f"'{method.name}' has no preset '{name}'.", f"Use one of: {names}.")


@dataclass(frozen=True, slots=True)
class TrainingParameters:
    """The complete, validated parameters of one training."""

    common: CommonParameters
    alignment: AlignmentParameters
    method: Any  # the method's own struct


def resolve_parameters(method: Method, preset: str, changes: Parameters) -> TrainingParameters:
    """A preset's parameters with some changed.

    Args:
        method: The catalogue's entry.
        preset: Name of the preset.
        changes: Values by dotted name: "image_size", "alignment.folds", "revdist.iterations".

    Raises:
        InspectorError: A name is unknown or a value is out of bounds; says which and what fits.
    """
    base = find_preset(method, preset)
    groups: dict[str, Parameters] = {
        "common": dict(base.common),
        "alignment": dict(base.alignment),
        method.name: dict(base.method),
    }
    for name, value in changes.items():
        group, _, key = name.rpartition(".")
        if (group or "common") not in groups:
            own = f"a plain name, 'alignment.…' or '{method.name}.…'"
            if group in METHODS:
                raise InspectorError(
                    f"'{name}' is a parameter of the method {group}; this is {method.name}.",
                    f"Choose that method, or use {own}.",
                )
            raise InspectorError(f"There is no parameter group '{group}'.", f"Use {own}.")
        groups[group or "common"][key] = value
    common = validate(groups["common"], CommonParameters, "")
    check_tiles(common)
    return TrainingParameters(
        common,
        validate(groups["alignment"], AlignmentParameters, "alignment."),
        validate(groups[method.name], method.parameters, f"{method.name}."),
    )


def load_object(reference: str) -> Any:
    """What "module:attribute" names."""
    module, _, attribute = reference.partition(":")
    return getattr(importlib.import_module(module), attribute)
