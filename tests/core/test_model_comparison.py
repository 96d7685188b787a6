"""Comparing two models, against scikit-learn and a few naive lines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from inspector.core.class_pixels import ClassPixels, PixelsByClass
from inspector.core.model_comparison import (
    NOTHING_SAID,
    SAID_NG,
    SAID_OK,
    ComparedImages,
    Judge,
    compare,
)
from inspector.core.samples import Truth

TRUTHS = (Truth.GOOD, Truth.DEFECTIVE, Truth.UNKNOWN)
NAN = float("nan")
NO_MAPS = PixelsByClass()


@st.composite
def cases(draw: Any) -> tuple[ComparedImages, Judge, Judge]:
    n = draw(st.integers(1, 30))

    def several(of: Any) -> list[Any]:
        return list(draw(st.lists(of, min_size=n, max_size=n)))

    images = ComparedImages(
        ids=np.arange(100, 100 + n, dtype=np.int64),
        class_names=several(st.sampled_from(["bolt", "nut"])),
        truths=several(st.sampled_from(TRUTHS)),
        is_test=np.array(several(st.booleans())),
        said=np.array(several(st.sampled_from([NOTHING_SAID, SAID_OK, SAID_NG])), np.int8),
    )
    score = st.one_of(st.just(NAN), st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, 7.0]))
    judges = [
        Judge(
            threshold=draw(st.sampled_from([0.25, 0.9, 1.5])),
            calibration=np.array(draw(st.lists(st.sampled_from([0.1, 0.3, 1.0]), max_size=5))),
            scores=np.array(several(score)),
            learned=np.array(several(st.sampled_from([False, False, False, True]))),
        )
        for _ in range(2)
    ]
    return images, judges[0], judges[1]


def naive(images: ComparedImages, one: Judge, other: Judge, name: str | None) -> dict[str, Any]:
    """What one model finds, image by image."""
    labels, scores, flagged = [], [], []
    counts = {"images": 0, "flagged": 0, "said": 0, "agreed": 0}
    for i in range(len(images.ids)):
        if np.isnan(one.scores[i]) or np.isnan(other.scores[i]):
            continue
        if one.learned[i] or other.learned[i] or name not in (None, images.class_names[i]):
            continue
        is_flagged = bool(one.scores[i] > one.threshold)
        counts["images"] += 1
        counts["flagged"] += is_flagged
        if images.said[i] != NOTHING_SAID:
            counts["said"] += 1
            counts["agreed"] += is_flagged == (images.said[i] == SAID_NG)
        if images.is_test[i] and images.truths[i] is not Truth.UNKNOWN:
            labels.append(images.truths[i] is Truth.DEFECTIVE)
            scores.append(one.scores[i])
            flagged.append(is_flagged)
    good = [f for f, label in zip(flagged, labels, strict=True) if not label]
    bad = [f for f, label in zip(flagged, labels, strict=True) if label]
    both = bool(good) and bool(bad)
    return {
        "counts": counts,
        "n": (len(good), len(bad)),
        "auroc": roc_auc_score(labels, scores) if both else None,
        "ap": average_precision_score(labels, scores) if both else None,
        "fpr": np.mean(good) if good else None,
        "tpr": np.mean(bad) if bad else None,
    }


@settings(derandomize=True, deadline=None, max_examples=50)
@given(cases())
def test_every_row_is_what_counting_by_hand_gives(
    case: tuple[ComparedImages, Judge, Judge],
) -> None:
    images, old, new = case
    found = compare(images, old, new, NO_MAPS, NO_MAPS)
    assert [row.name for row in found.classes] == sorted({row.name for row in found.classes})
    for row in (found.together, *found.classes):
        name = row.name or None
        for metrics, counts, one, other in (
            (row.old, row.old_counts, old, new),
            (row.new, row.new_counts, new, old),
        ):
            expected = naive(images, one, other, name)
            assert (metrics.n_good, metrics.n_defective) == expected["n"]
            for value, wanted in (
                (metrics.image_auroc, expected["auroc"]),
                (metrics.image_ap, expected["ap"]),
                (metrics.false_positive_rate, expected["fpr"]),
                (metrics.true_positive_rate, expected["tpr"]),
            ):
                assert value == (None if wanted is None else pytest.approx(wanted))
            assert metrics.pixel_auroc is None
            for key, number in expected["counts"].items():
                assert getattr(counts, key) == number
    assert found.n_judged == found.together.old.n_good + found.together.old.n_defective


@settings(derandomize=True, deadline=None, max_examples=40)
@given(cases())
def test_the_other_way_round_everything_is_mirrored(
    case: tuple[ComparedImages, Judge, Judge],
) -> None:
    images, old, new = case
    there, back = (
        compare(images, old, new, NO_MAPS, NO_MAPS),
        compare(images, new, old, NO_MAPS, NO_MAPS),
    )
    assert there.together.old == back.together.new
    assert there.calibration_flagged == back.calibration_flagged[::-1]
    assert {(c.image_id, c.is_flagged) for c in there.changes} == {
        (c.image_id, not c.is_flagged) for c in back.changes
    }
    assert compare(images, old, old, NO_MAPS, NO_MAPS).changes == ()


def test_what_changed_most_comes_first_whatever_the_units() -> None:
    images = ComparedImages(
        np.arange(4, dtype=np.int64),
        ["a"] * 4,
        [Truth.UNKNOWN] * 4,
        np.zeros(4, np.bool_),
        np.full(4, NOTHING_SAID, np.int8),
    )
    nothing = np.zeros(4, np.bool_)
    # Typical good parts at 0 and at 100, thresholds at 1 and at 300: a step is 1 and 200.
    old = Judge(1.0, np.array([0.0]), np.array([0.5, 2.0, 1.1, 0.9]), nothing)
    new = Judge(300.0, np.array([100.0]), np.array([320.0, 100.0, 290.0, 299.0]), nothing)
    found = compare(images, old, new, NO_MAPS, NO_MAPS)
    assert [(c.image_id, c.is_flagged) for c in found.changes] == [
        (1, False),
        (0, True),
        (2, False),
    ]
    first = found.changes[0]
    assert (first.old_distance, first.new_distance) == pytest.approx((1.0, -1.0))
    assert found.calibration_flagged == (0.0, 0.0)
    assert found.together.new_counts.flagged == 1


def test_pixels_belong_to_their_model() -> None:
    images = ComparedImages(
        np.arange(2, dtype=np.int64),
        ["a", "a"],
        [Truth.GOOD, Truth.DEFECTIVE],
        np.ones(2, np.bool_),
        np.full(2, NOTHING_SAID, np.int8),
    )
    judge = Judge(0.5, np.array([0.1]), np.array([0.0, 1.0]), np.zeros(2, np.bool_))
    mask = np.array([[True, False], [False, False]])
    right, wrong = ClassPixels(), ClassPixels()
    right.update("a", mask.astype(np.float32), mask)
    wrong.update("a", 1 - mask.astype(np.float32), mask)
    found = compare(images, judge, judge, wrong.result(), right.result())
    assert found.together.old.pixel_auroc == pytest.approx(0.0)
    assert found.together.new.pixel_auroc == found.classes[0].new.pixel_auroc == 1.0
