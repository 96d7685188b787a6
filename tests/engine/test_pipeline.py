from __future__ import annotations

import pytest
import torch
from torch import Tensor

from inspector.engine.alignment.base import NoAlignment
from inspector.engine.alignment.cada import Cada
from inspector.engine.alignment.class_statistics import ClassStatistics
from inspector.engine.backbones import random_backbone
from inspector.engine.detectors.base import Detector, RawPrediction
from inspector.engine.device import Device
from inspector.engine.maps import image_score, smooth
from inspector.engine.pipeline import Pipeline, Scored
from inspector.engine.scorers import TopScorer

CPU = Device("cpu")
NAMES = ("bolt", "nut", "bolt", "nut")
VARIANTS = ("none", "cada-a", "cada")


class Brightness(Detector):
    """Anomalous is what is bright; the descriptor is the image in small."""

    @property
    def descriptor_channels(self) -> int:
        return 3

    def predict_features(self, features: list[Tensor], size: tuple[int, int]) -> RawPrediction:
        raise NotImplementedError

    def predict(self, images: Tensor) -> RawPrediction:
        small = torch.nn.functional.avg_pool2d(images, 16)
        return RawPrediction(images.mean(dim=1), small)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    torch.manual_seed(0)
    by_class = ClassStatistics(["bolt", "nut"])
    by_class.u.copy_(torch.tensor([0.4, 0.5]))
    by_class.gamma.copy_(torch.tensor([0.8, 2.0]))
    regressed = Cada(3)
    regressed.target_mean.copy_(torch.tensor([0.3, 0.9]))
    aligners = {"none": NoAlignment(), "cada-a": by_class, "cada": regressed}
    detector = Brightness(random_backbone("test_resnet.r160_in1k"))
    return Pipeline(detector, aligners, "cada", TopScorer(2.0)).to(CPU)


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def scored(pipeline: Pipeline, images: Tensor) -> Scored:
    return pipeline.score(images, NAMES, CPU, VARIANTS)


def test_raw_scores_are_those_of_the_smoothed_map(scored: Scored, images: Tensor) -> None:
    smoothed = smooth(images.mean(dim=1))
    torch.testing.assert_close(scored.smoothed, smoothed)
    torch.testing.assert_close(scored.raw_scores, image_score(smoothed, 2.0))
    torch.testing.assert_close(scored.scores["none"], scored.raw_scores)
    assert scored.smoothed.dtype == torch.float32


@pytest.mark.parametrize("variant", VARIANTS)
def test_aligned_scores_are_those_of_maps_aligned_before_smoothing(
    pipeline: Pipeline, scored: Scored, images: Tensor, variant: str
) -> None:
    """The order of METHODS section 0, done pixel by pixel."""
    with torch.inference_mode():
        prediction = pipeline.detector.predict(images)
        aligner = pipeline.aligners[variant]
        found = aligner.statistics(prediction.descriptor, NAMES)
        aligned = aligner.apply_to(prediction.map, found)
    expected = image_score(smooth(aligned), 2.0)
    torch.testing.assert_close(scored.scores[variant], expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(scored.statistics[variant].u, found.u)
    torch.testing.assert_close(scored.statistics[variant].gamma, found.gamma)


def test_each_result_depends_on_its_own_image_alone(
    pipeline: Pipeline, scored: Scored, images: Tensor
) -> None:
    alone = pipeline.score(images[1:2], NAMES[1:2], CPU, VARIANTS)
    for variant in VARIANTS:
        together = scored.scores[variant][1:2]
        torch.testing.assert_close(together, alone.scores[variant], rtol=0, atol=1e-5)
    torch.testing.assert_close(scored.descriptors[1:2], alone.descriptors)


def test_only_the_variants_that_are_asked_for_are_computed(
    pipeline: Pipeline, images: Tensor
) -> None:
    found = pipeline.score(images, NAMES, CPU, ["cada"])
    assert set(found.scores) == set(found.statistics) == {"cada"}


def test_descriptors_are_pooled(scored: Scored, images: Tensor) -> None:
    torch.testing.assert_close(scored.descriptors, images.mean(dim=(2, 3)))


def test_scoring_asks_for_no_gradients(scored: Scored) -> None:
    assert not any(scores.requires_grad for scores in scored.scores.values())


def test_placing_a_pipeline_sets_all_of_it_to_inference(pipeline: Pipeline) -> None:
    pipeline.detector.train()
    pipeline.aligners["cada"].train()
    pipeline.to(CPU)
    modules = (pipeline.detector, pipeline.detector.backbone, *pipeline.aligners.values())
    assert not any(part.training for module in modules for part in module.modules())


def test_the_default_must_be_among_the_aligners(pipeline: Pipeline) -> None:
    with pytest.raises(ValueError, match="magic"):
        Pipeline(pipeline.detector, pipeline.aligners, "magic")
