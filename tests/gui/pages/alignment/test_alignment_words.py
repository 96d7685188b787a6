"""What the Alignment page says and computes, without a window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from inspector.core.distributions import ScoreSet, Side
from inspector.core.evaluation import ImageResult, evaluate
from inspector.core.samples import Truth
from inspector.gui.pages.alignment.comparison import Comparison
from inspector.gui.pages.alignment.numbers import numbers_of, spread_of
from inspector.gui.pages.alignment.words import AlignmentWords, share

TRUTHS = {0: Truth.GOOD, 1: Truth.DEFECTIVE, -1: Truth.UNKNOWN}


def made(n_classes: int = 3, seed: int = 0) -> ScoreSet:
    """Classes that drift apart when raw, with images of all three truths."""
    rng = np.random.default_rng(seed)
    index = np.repeat(np.arange(n_classes), 40)
    labels = rng.choice([0, 0, 0, 1, -1], index.size).astype(np.int8)
    aligned = rng.normal(0.6, 0.1, index.size) + 0.3 * (labels == 1)
    return ScoreSet(
        image_ids=np.arange(index.size) + 7,
        class_index=index,
        class_names=tuple(f"part {i}" for i in range(n_classes)),
        labels=labels,
        raw=0.3 * aligned + 0.2 * index,
        aligned=aligned,
    )


def normal_only(score_set: ScoreSet) -> ScoreSet:
    return replace(score_set, labels=np.zeros_like(score_set.labels))


def compared(score_set: ScoreSet, raw: float, aligned: float) -> Comparison:
    return Comparison(score_set, "cada", {"raw": raw, "aligned": aligned})


def headline(comparison: Comparison) -> str:
    said = AlignmentWords().headline(
        comparison.score_set, comparison.tally("raw"), comparison.tally("aligned")
    )
    return said.replace("\u00a0", " ")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_numbers_are_those_of_the_evaluation(seed: int) -> None:
    score_set = made(4, seed)
    results = [
        ImageResult(
            int(score_set.image_ids[i]),
            "",
            score_set.class_names[score_set.class_index[i]],
            TRUTHS[int(score_set.labels[i])],
            "",
            float(score_set.raw[i]),
            {"none": float(score_set.raw[i]), "cada": float(score_set.aligned[i])},
            {},
        )
        for i in range(score_set.size)
    ]
    expected = evaluate(results, {}, {})
    found = numbers_of(score_set)
    for side, variant in ((found.raw, "none"), (found.aligned, "cada")):
        of = expected.find(variant)
        assert of is not None
        whole = of.absolute_unified
        assert (side.auroc, side.ap, side.f1) == (
            whole.image_auroc,
            whole.image_ap,
            whole.image_f1_max,
        )
        assert side.class_average == of.class_average.image_auroc
        assert list(side.per_class) == [row.image_auroc for row in of.per_class.values()]


def test_without_defects_nothing_is_defined() -> None:
    found = numbers_of(normal_only(made()))
    assert found.raw.auroc is found.aligned.ap is found.raw.class_average is None
    assert found.raw.per_class == (None, None, None)


def test_the_headline_tells_the_spread_that_is_there(qapp: QApplication) -> None:
    comparison = compared(made(), 0.5, 0.95)
    score_set = comparison.score_set
    shares = []
    for index in range(3):
        good = (score_set.class_index == index) & (score_set.labels == 0)
        shares.append(float((score_set.raw[good] > 0.5).mean()))
    assert shares[2] == max(shares) and shares[0] == min(shares)
    said = headline(comparison)
    assert f"Raw: {share(shares[2])} of part 2".replace("\u00a0", " ") in said
    assert f"{share(shares[0])} of part 0".replace("\u00a0", " ") in said
    assert said.startswith("Good images flagged by one threshold.")


def test_where_no_good_image_is_flagged_it_tells_of_the_defects(qapp: QApplication) -> None:
    score_set = made()
    highest = float(score_set.raw[score_set.labels == 0].max())
    said = headline(compared(score_set, highest, float(score_set.aligned.max())))
    assert said.startswith("Defects caught by one threshold.")
    assert said.endswith("Aligned: 0 % in every class.")


def test_normal_images_alone_have_their_own_words(qapp: QApplication) -> None:
    score_set = normal_only(made())
    said = headline(compared(score_set, 1e9, 1e9))
    assert said == "Neither threshold flags a good image of any class."
    comparison = compared(score_set, 1e9, 1e9)
    comparison.is_found = comparison.learned = True
    notes = AlignmentWords().notes(comparison)
    assert "No defect is labelled" in notes and "not given" in notes and "learned" in notes
    assert AlignmentWords().notes(compared(made(), 1e9, 1e9)) == ""


def test_images_that_were_left_out_are_told(qapp: QApplication) -> None:
    comparison = compared(normal_only(made()), 1e9, 1e9)
    comparison.n_painted = 3
    notes = AlignmentWords().notes(comparison)
    assert notes.startswith("Left out: 3 of the test images")
    assert "No defect is labelled" not in notes


def test_one_class_is_not_compared_with_itself(qapp: QApplication) -> None:
    said = headline(compared(made(1), -1.0, 1e9))
    assert said == "Raw: the threshold flags 100 % of the good images. Aligned: 0 %."


def test_unknown_truths_alone_say_nothing(qapp: QApplication) -> None:
    score_set = replace(made(), labels=np.full(120, -1, np.int8))
    assert headline(compared(score_set, 0.5, 0.5)) == ""


@pytest.mark.parametrize("side", ["raw", "aligned"])
def test_the_spread_is_that_of_the_classes(side: Side) -> None:
    comparison = compared(made(), 0.45, 0.65)
    spread = spread_of(comparison.tally(side), 0)
    assert spread is not None
    rates = [comparison.tally(side).confusion(i).false_positive_rate for i in range(3)]
    assert (spread.low, spread.high) == (min(r for r in rates if r is not None), max(rates))  # type: ignore[type-var]
    assert rates[spread.high_class] == spread.high


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 %"), (0.001, "< 1 %"), (0.124, "12 %"), (0.999, "> 99 %"), (1.0, "100 %")],
)
def test_shares_are_never_rounded_to_none_or_all(value: float, text: str) -> None:
    assert share(value).replace("\u00a0", " ") == text
