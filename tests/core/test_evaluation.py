"""Evaluation: what is pooled, what is averaged, what is left out, and its JSON round trip."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from inspector.core.class_pixels import ClassPixels, PixelsByClass
from inspector.core.evaluation import Evaluation, Expected, ImageResult, evaluate
from inspector.core.longtail import HeadAndTail
from inspector.core.pixel_metrics import PixelMetrics
from inspector.core.samples import Truth

GOOD, BAD, UNKNOWN = Truth.GOOD, Truth.DEFECTIVE, Truth.UNKNOWN


def _result(name: str, truth: Truth, raw: float, aligned: float) -> ImageResult:
    kind = "scratch" if truth is BAD else ""
    return ImageResult(
        image_id=1,
        path=f"{name}.png",
        class_name=name,
        truth=truth,
        defect_kind=kind,
        raw_score=raw,
        scores={"none": raw, "cada": aligned},
        statistics={"cada": Expected(0.1, 0.4)},
    )


# Each class is separable, but the raw scores of "b" lie above those of "a".
RESULTS = [
    _result("a", GOOD, 0.1, 0.5),
    _result("a", BAD, 0.3, 2.0),
    _result("b", GOOD, 0.5, 0.6),
    _result("b", GOOD, 0.6, 0.9),
    _result("b", BAD, 0.9, 3.0),
    _result("c", GOOD, 0.7, 1.5),
    _result("c", UNKNOWN, 9.0, 9.0),
    _result("d", UNKNOWN, 9.0, 9.0),
]


def _gathered(seeds: dict[str, int]) -> PixelsByClass:
    gathered = ClassPixels()
    for name, seed in seeds.items():
        gathered.update(name, *_pixels(seed))
    return gathered.result()


def _pixels(seed: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    return rng.random((8, 8)).astype(np.float32), rng.random((8, 8)) < 0.3


def test_pools_averages_and_leaves_out() -> None:
    evaluation = evaluate(RESULTS, {"cada": 1.0}, {})
    raw, cada = evaluation.find("none"), evaluation.find("cada")
    assert raw is not None
    assert cada is not None
    assert evaluation.find("other") is None

    assert list(raw.per_class) == ["a", "b", "c"]
    assert raw.per_class["a"].image_auroc == raw.per_class["b"].image_auroc == 1.0
    assert raw.per_class["c"].image_auroc is None
    assert raw.class_average.image_auroc == 1.0
    assert raw.absolute_unified.image_auroc == pytest.approx(5 / 8)
    assert cada.absolute_unified.image_auroc == 1.0

    assert (cada.absolute_unified.n_good, cada.absolute_unified.n_defective) == (4, 2)
    assert (cada.class_average.n_good, cada.class_average.n_defective) == (4, 2)
    assert cada.absolute_unified.false_positive_rate == pytest.approx(1 / 4)
    assert cada.absolute_unified.true_positive_rate == 1.0
    assert cada.per_class["c"].false_positive_rate == 1.0
    assert cada.per_class["c"].true_positive_rate is None
    assert cada.class_average.false_positive_rate == pytest.approx(1 / 3)
    assert raw.threshold is None
    assert raw.absolute_unified.false_positive_rate is None


def test_pixels_of_each_class_and_of_all() -> None:
    evaluation = evaluate(RESULTS, {}, {"cada": _gathered({"a": 1, "b": 2})})
    cada, raw = evaluation.find("cada"), evaluation.find("none")
    assert cada is not None
    assert raw is not None
    both, *apart = (PixelMetrics() for _ in range(3))
    for metrics, seed in zip(apart, (1, 2), strict=True):
        metrics.update(*_pixels(seed))
        both.update(*_pixels(seed))
    alone = [metrics.result() for metrics in apart]
    assert cada.absolute_unified.pixel_aupro == both.result().aupro
    assert cada.per_class["a"].pixel_ap == alone[0].ap
    assert cada.per_class["c"].pixel_ap is None
    assert cada.class_average.pixel_auroc == pytest.approx(
        np.mean([scores.auroc for scores in alone])
    )
    assert raw.absolute_unified.pixel_auroc is None


def test_nothing_labelled_is_undefined_not_zero() -> None:
    evaluation = evaluate([_result("a", UNKNOWN, 0.1, 0.2)], {"none": 0.0}, {})
    row = evaluation.variants[0].absolute_unified
    assert evaluation.variants[0].per_class == {}
    assert row.image_auroc is row.false_positive_rate is row.pixel_ap is None
    assert evaluate([], {}, {}) == Evaluation(())


def test_all_results_carry_the_same_variants() -> None:
    odd = ImageResult(2, "x.png", "a", GOOD, "", 0.1, {"none": 0.1}, {})
    with pytest.raises(ValueError, match="same alignment variants"):
        evaluate([*RESULTS, odd], {}, {})


def test_json_round_trip() -> None:
    evaluation = evaluate(RESULTS, {"cada": 1.0}, {"none": _gathered({"a": 3})})
    again = msgspec.json.decode(msgspec.json.encode(evaluation), type=Evaluation)
    assert again == evaluation
    results = msgspec.json.decode(msgspec.json.encode(RESULTS), type=list[ImageResult])
    assert results == RESULTS


def test_head_and_tail_are_averaged_apart() -> None:
    results = [
        _result(name, truth, score, score)
        for name, scores in {"a": (0.1, 0.9), "b": (0.8, 0.2), "c": (0.3, 0.7), "d": (0.1,)}.items()
        for truth, score in zip((Truth.GOOD, Truth.DEFECTIVE), scores, strict=False)
    ]
    found = evaluate(results, {}, {}, HeadAndTail(("a", "d"), ("b", "c", "absent"))).variants[0]
    assert found.head_average is not None and found.tail_average is not None
    assert found.head_average.image_auroc == 1.0  # that of d is undefined
    assert found.tail_average.image_auroc == pytest.approx(0.5)
    assert (found.tail_average.n_good, found.tail_average.n_defective) == (2, 2)
    assert list(found.averages()) == ["class average", "head (many images)", "tail (few images)"]
    plain = evaluate(results, {}, {}).variants[0]
    assert plain.head_average is None and plain.tail_average is None
    assert list(plain.averages()) == ["class average"]
    assert evaluate(results, {}, {}, HeadAndTail((), ("x",))).variants[0].tail_average is None
