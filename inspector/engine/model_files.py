"""Saving and loading a model folder: `model.safetensors` and `model.json`."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from inspector.core.files import write_atomically
from inspector.engine.alignment.variants import build_aligner
from inspector.engine.annotating import require_dmad
from inspector.engine.backbones import Backbone, load_backbone
from inspector.engine.detectors.base import Detector
from inspector.engine.detectors.dmad import Dmad
from inspector.engine.memory.bank import Bank
from inspector.engine.pipeline import Pipeline
from inspector.engine.scorers import build_scorer
from inspector.errors import InspectorError
from inspector.jobs.bank_file import read_muted
from inspector.jobs.catalogue import find_method, load_object
from inspector.jobs.fresh_file import FRESH_FILE, read_fresh
from inspector.jobs.model_card import CARD_FILE, WEIGHTS_FILE, ModelCard, read_model_card


def build_detector(method: str, backbone: Backbone) -> Detector:
    """An unfitted detector of the catalogue."""
    detector: Detector = load_object(find_method(method).detector)(backbone)
    return detector


def save_model(folder: Path, pipeline: Pipeline, card: ModelCard) -> None:
    """Writes a model folder; it appears complete or not at all.

    Raises:
        FileExistsError: The folder is there already.
        InspectorError: It cannot be written.
    """
    if folder.exists():
        raise FileExistsError(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        write_atomically(temporary / WEIGHTS_FILE, save(_learned(pipeline)))
        write_atomically(temporary / CARD_FILE, msgspec.json.format(msgspec.json.encode(card)))
        temporary.chmod(0o755)
        temporary.replace(folder)
    except OSError as error:
        raise InspectorError(
            f"The model folder {folder} could not be written: {error.strerror or error}.",
            "Check that the disk is not full and the project folder may be written to.",
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def load_model(folder: Path) -> tuple[Pipeline, ModelCard]:
    """A saved pipeline, on the CPU, ready to score: with what it learned at once, and without the
    bank entries that are muted.

    Raises:
        InspectorError: The folder is not a model, is damaged, or its backbone's weights are not
            here or differ from those it was trained on.
    """
    card = read_model_card(folder)
    backbone = load_backbone(card.backbone)
    if backbone.weights is None or backbone.weights.sha256 != card.backbone_sha256:
        raise InspectorError(
            f"The model {folder.name} was trained on other weights of '{card.backbone}' than "
            "those on this machine.",
            "Put the original weights file into the weights folder that `inspector doctor` names, "
            "or train again.",
        )
    pipeline = _built(folder, card, build_detector(card.method, backbone))
    _fill(folder, pipeline)
    _take_changes(folder, pipeline.detector)
    for part in (pipeline.detector, pipeline.scorer, *pipeline.aligners.values()):
        part.eval()
    return pipeline, card


def _built(folder: Path, card: ModelCard, detector: Detector) -> Pipeline:
    """The pipeline that a card describes, with nothing learned yet."""
    layers = card.parameters.get("alignment", {}).get("layers", "conv-2-linear")
    aligners = {
        name: build_aligner(name, card.class_names, detector.descriptor_channels, layers)
        for name in card.alignments
    }
    if card.default_alignment not in aligners:
        raise InspectorError(
            f"The card of the model {folder.name} names an alignment '{card.default_alignment}' "
            "that the model does not have.",
            "Restore the folder from a backup, or train the model again.",
        )
    scorer = build_scorer(
        card.image_scorer, card.tiling.percent_of_canvas(card.score_percent), card.alignments
    )
    return Pipeline(detector, aligners, card.default_alignment, scorer, card.tiling)


def _fill(folder: Path, pipeline: Pipeline) -> None:
    """Reads what was learned, as `_learned` names it."""
    try:
        state = load_file(folder / WEIGHTS_FILE)
        pipeline.detector.load_state_dict(_under(state, "detector."))
        for name, aligner in pipeline.aligners.items():
            aligner.load_state_dict(_under(state, f"alignment.{name}."))
        pipeline.scorer.load_state_dict(_under(state, "scorer."))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InspectorError(
            f"The weights of the model {folder.name} are damaged, or of an earlier Inspector "
            f"({error}).",
            "Train the model again, or restore the folder from a backup.",
        ) from error


def _take_changes(folder: Path, detector: Detector) -> None:
    """What people have changed since: masks learned at once, entries muted."""
    fresh = read_fresh(folder)
    if fresh is not None:
        try:
            require_dmad(detector).fresh.fill(
                torch.from_numpy(fresh.features), torch.from_numpy(fresh.sources)
            )
        except ValueError as error:
            raise InspectorError(
                f"What the model {folder.name} learned at once is of another model ({error}).",
                f"Delete '{folder / FRESH_FILE}' and learn the painted masks again.",
            ) from error
    muted = read_muted(folder)
    if muted:
        for bank in detector.children():
            if isinstance(bank, Bank):
                bank.leave_out(muted)
    if isinstance(detector, Dmad):
        detector.learn_filters()


def _learned(pipeline: Pipeline) -> dict[str, Tensor]:
    state = {f"detector.{k}": v for k, v in pipeline.detector.state_dict().items()}
    for name, aligner in pipeline.aligners.items():
        state |= {f"alignment.{name}.{k}": v for k, v in aligner.state_dict().items()}
    state |= {f"scorer.{k}": v for k, v in pipeline.scorer.state_dict().items()}
    return {k: v.detach().cpu().contiguous().clone() for k, v in state.items()}


def _under(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
