"""What every method of the catalogue must keep, whatever it computes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from inspector.core.images import read_for_model
from inspector.core.tiling import Tiling
from inspector.engine.backbones import random_backbone
from inspector.engine.detectors.base import Detector
from inspector.engine.device import Device
from inspector.engine.export.exported_files import load_file, write_onnx
from inspector.engine.export.graph import ScoringGraph, as_onnx
from inspector.engine.model_files import build_detector, load_model, save_model
from inspector.engine.pipeline import Pipeline
from inspector.engine.scorers import FittedScorer, TopScorer
from inspector.jobs.backbones import EMBEDDED_BACKBONE, PYRAMID
from inspector.jobs.catalogue import METHODS, Method, load_object, resolve_parameters
from inspector.jobs.events import Event, Metric, Progress, Stage
from inspector.jobs.export_formats import EXPORT_FORMATS
from inspector.jobs.model_card import ModelCard, read_model_card
from inspector.jobs.spec import MODEL_FOLDER, TrainJob, read_job
from inspector.project.project import Project
from inspector.project.work import Computing, prepare_training
from training.run import Run
from training.train_job import train

SIZE = 64
TINY_TRANSFORMER = "test_vit.r160_in1k"
CPU = Device("cpu")
# As little as shows that it works; a method takes those that it has.
FEW = {"iterations": 2, "name_iterations": 2, "epochs": 1, "batch_size": 4, "outlier_images": 2}

WITH_FITTED_SCORER = "patchcore"  # one is enough: nothing of a scorer depends on the method


@dataclass(frozen=True, slots=True)
class Trained:
    """A method after its tiny training."""

    method: Method
    folder: Path
    card: ModelCard
    pipeline: Pipeline
    events: tuple[Event, ...]
    images: Tensor  # of all three classes, normal and defective
    class_names: tuple[str, ...]


def backbone_for(method: Method) -> str:
    """The name of a small backbone that the method takes."""
    return EMBEDDED_BACKBONE if PYRAMID in method.kinds else TINY_TRANSFORMER


@pytest.fixture(scope="module", autouse=True)
def weights_at_hand(transformer_home: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(platformdirs, "user_data_path", lambda *_, **__: transformer_home)
        yield


@pytest.fixture(scope="module", params=list(METHODS))
def trained(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_parts: Path
) -> Iterator[Trained]:
    method = METHODS[request.param]
    changes: dict[str, Any] = {
        "backbone": backbone_for(method),
        "image_size": SIZE,
        "alignment.iterations": 6,
        "alignment.folds": 2,
    }
    own = method.parameters.__struct_fields__
    changes |= {f"{method.name}.{name}": few for name, few in FEW.items() if name in own}
    if method.name == WITH_FITTED_SCORER:
        changes["image_scorer"] = "fitted"
    events: list[Event] = []
    with Project.create(tmp_path_factory.mktemp(method.name) / "project") as project:
        project.import_folder(tiny_parts)
        row = prepare_training(project, method.name, "", changes, Computing("cpu", "float32"))
        test = project.snapshot(row.snapshot_id or 0).test()
    job = read_job(row.folder)
    assert isinstance(job, TrainJob)
    made = train(job, Run(row.folder, events.append))
    assert made["model"] == MODEL_FOLDER
    pipeline, card = load_model(row.folder / MODEL_FOLDER)
    pixels = np.stack([read_for_model(Path(entry.path), SIZE, entry.window) for entry in test])
    yield Trained(
        method,
        row.folder / MODEL_FOLDER,
        card,
        pipeline,
        tuple(events),
        torch.from_numpy(pixels).permute(0, 3, 1, 2),
        tuple(entry.class_name for entry in test),
    )


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_every_preset_gives_valid_parameters(method: Method) -> None:
    for preset in method.presets:
        made = resolve_parameters(method, preset.name, {})
        assert isinstance(made.method, method.parameters)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_code_that_it_names_is_there(method: Method) -> None:
    backbone = random_backbone(backbone_for(method))
    assert issubclass(load_object(method.detector), Detector)
    assert callable(load_object(method.fit))
    detector = build_detector(method.name, backbone)
    assert isinstance(detector, Detector)
    assert detector.backbone is backbone
    assert all(not name.startswith("_backbone") for name, _ in detector.named_modules())


def test_its_card_tells_what_made_it(trained: Trained) -> None:
    card = trained.card
    assert card == read_model_card(trained.folder)
    assert (card.method, card.preset) == (trained.method.name, trained.method.presets[0].name)
    assert card.image_size == SIZE
    assert card.class_names == sorted(set(trained.class_names))
    assert card.training_images == dict.fromkeys(card.class_names, 6)
    assert card.parameters["common"]["image_size"] == SIZE
    assert set(card.parameters) == {"common", "alignment", trained.method.name}
    assert card.steps
    assert card.default_alignment == "cada"
    is_fitted = trained.method.name == WITH_FITTED_SCORER
    assert card.image_scorer == ("fitted" if is_fitted else "top")
    assert isinstance(trained.pipeline.scorer, FittedScorer if is_fitted else TopScorer)


def test_every_variant_has_a_threshold_from_held_out_images(trained: Trained) -> None:
    card = trained.card
    assert set(card.thresholds) == set(card.alignments) == set(trained.pipeline.aligners)
    assert {"none", "cada"} <= set(card.alignments)
    for threshold in card.thresholds.values():
        scores = threshold.calibration_scores
        assert len(scores) == sum(card.training_images.values())
        assert scores == sorted(scores)
        assert np.isfinite([*scores, threshold.value]).all()
        assert threshold.held_out
        flagged = sum(score > threshold.value + 1e-6 for score in scores)
        assert flagged <= threshold.target_false_positive_rate * len(scores)


def test_its_training_tells_how_far_it_is(trained: Trained) -> None:
    stages = [event for event in trained.events if isinstance(event, Stage)]
    assert [stage.index for stage in stages] == list(range(1, stages[0].count + 1))
    assert len({stage.name for stage in stages}) == len(stages)
    assert all(stage.title for stage in stages)
    stage = ""
    last: dict[tuple[str, str], Progress] = {}  # a stage may count several things one by one
    for event in trained.events:
        if isinstance(event, Stage):
            stage = event.name
        if isinstance(event, Progress):
            key = (stage, event.unit)
            assert 0 <= event.done <= event.total
            assert key not in last or last[key].done <= event.done
            last[key] = event
    assert {name for name, _ in last} == {stage.name for stage in stages}
    assert all(event.done == event.total for event in last.values())
    assert any(isinstance(event, Metric) and event.name == "loss" for event in trained.events)


def test_predictions_have_their_shapes(trained: Trained) -> None:
    detector = trained.pipeline.detector
    with torch.inference_mode():
        prediction = detector.predict(trained.images)
    count = len(trained.images)
    assert prediction.map.shape == (count, SIZE, SIZE)
    assert prediction.map.dtype == torch.float32
    assert prediction.descriptor.shape[:2] == (count, detector.descriptor_channels)
    assert prediction.descriptor.dim() == 4
    assert bool(prediction.map.isfinite().all())
    assert bool(prediction.descriptor.isfinite().all())


def test_maps_have_the_size_of_their_images(trained: Trained) -> None:
    with torch.inference_mode():
        prediction = trained.pipeline.detector.predict(torch.rand(1, 3, 64, 128))
    assert prediction.map.shape == (1, 64, 128)


def test_prediction_is_pure_and_of_each_image_alone(trained: Trained) -> None:
    detector = trained.pipeline.detector
    before = {name: tensor.clone() for name, tensor in detector.state_dict().items()}
    with torch.inference_mode():
        first = detector.predict(trained.images)
        second = detector.predict(trained.images)
        alone = detector.predict(trained.images[1:2])
    assert torch.equal(first.map, second.map)
    assert torch.equal(first.descriptor, second.descriptor)
    torch.testing.assert_close(first.map[1:2], alone.map, rtol=1e-4, atol=1e-5)
    assert all(torch.equal(before[name], t) for name, t in detector.state_dict().items())


def test_predicting_features_is_predicting_images(trained: Trained) -> None:
    """Training sees cached features, scoring sees images: both must get the same answer."""
    detector = trained.pipeline.detector
    with torch.inference_mode():
        from_images = detector.predict(trained.images)
        features = detector.observe(trained.images)
        from_features = detector.predict_features(features, (SIZE, SIZE))
    assert torch.equal(from_images.map, from_features.map)
    assert torch.equal(from_images.descriptor, from_features.descriptor)


def test_every_variant_aligns(trained: Trained) -> None:
    with torch.inference_mode():
        prediction = trained.pipeline.detector.predict(trained.images)
        for name, aligner in trained.pipeline.aligners.items():
            found = aligner.statistics(prediction.descriptor, trained.class_names)
            aligned = aligner.apply_to(prediction.map, found)
            assert aligned.shape == prediction.map.shape, name
            assert found.u.shape == found.gamma.shape == (len(trained.images),), name
            assert bool(aligned.isfinite().all()), name
            for raw, new in zip(prediction.map, aligned, strict=True):
                assert bool((new.flatten()[raw.flatten().argsort()].diff() >= 0).all()), name


def test_saved_and_loaded_it_scores_the_same_to_the_bit(trained: Trained, tmp_path: Path) -> None:
    def scores(pipeline: Pipeline) -> dict[str, Tensor]:
        names = trained.class_names
        return pipeline.score(trained.images, names, CPU, list(pipeline.aligners)).scores

    save_model(tmp_path / "copy", trained.pipeline, trained.card)
    again, card = load_model(tmp_path / "copy")
    before, after = scores(trained.pipeline), scores(again)
    assert card == trained.card
    assert set(before) == set(trained.card.alignments)
    for name in before:
        assert before[name].shape == (len(trained.images),)
        assert torch.equal(before[name], after[name]), name
        assert bool(before[name].isfinite().all()), name


def test_on_tiles_a_score_is_of_the_whole_image_and_of_it_alone(trained: Trained) -> None:
    whole, tiling = trained.pipeline, Tiling(SIZE, 2, 16)
    tiled = Pipeline(whole.detector, whole.aligners, "cada", whole.scorer, tiling)
    images = F.interpolate(trained.images, tiling.canvas, mode="bilinear")
    names, variants = trained.class_names, list(tiled.aligners)
    found = tiled.score(images, names, CPU, variants)
    alone = tiled.score(images[1:2], names[1:2], CPU, variants)
    assert found.smoothed.shape == (len(images), tiling.canvas, tiling.canvas)
    torch.testing.assert_close(found.smoothed[1:2], alone.smoothed, rtol=1e-4, atol=1e-5)
    for name in variants:
        assert bool(found.scores[name].isfinite().all()), name
        torch.testing.assert_close(
            found.scores[name][1:2], alone.scores[name], rtol=1e-3, atol=1e-4
        )


@pytest.mark.parametrize("tiling", [Tiling(SIZE), Tiling(SIZE, 2, 16)], ids=["whole", "tiled"])
def test_exported_it_scores_the_same(trained: Trained, tiling: Tiling, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    card, as_trained = trained.card, trained.pipeline
    pipeline = Pipeline(
        *(as_trained.detector, as_trained.aligners, as_trained.default_alignment),
        *(as_trained.scorer, tiling),
    )
    images = F.interpolate(trained.images, tiling.canvas, mode="bilinear")
    threshold = card.thresholds[card.default_alignment].value
    graph = as_onnx(ScoringGraph(pipeline, card.default_alignment, threshold, SIZE))
    side = str(tiling.canvas)
    facts = {"inspector_version": "", "preprocessing": "", "input_size": side}
    write_onnx(graph, facts, tmp_path / "model.onnx")
    loaded = load_file(EXPORT_FORMATS["onnx"], tmp_path / "model.onnx")
    names = (card.default_alignment,)
    expected = pipeline.score(images, trained.class_names, CPU, names)
    found = loaded.run(np.ascontiguousarray(images.numpy()))
    scores = expected.scores[card.default_alignment].numpy()
    np.testing.assert_allclose(found.score, scores, atol=1e-4, rtol=0)
    aligned = pipeline.aligners[card.default_alignment].apply_to(
        expected.smoothed, expected.statistics[card.default_alignment]
    )
    np.testing.assert_allclose(found.anomaly_map, aligned.numpy(), atol=1e-4, rtol=1e-4)
    assert (found.flagged == (found.score > threshold)).all()
    alone = loaded.run(np.ascontiguousarray(images[1:2].numpy()))
    np.testing.assert_allclose(alone.score, scores[1:2], atol=1e-4, rtol=0)
