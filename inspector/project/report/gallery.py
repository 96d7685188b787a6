"""The gallery: which images are worth a look, and their pictures with heat maps on one scale."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import PureWindowsPath

import cv2
import numpy as np

from inspector.core import words
from inspector.core.evaluation import ImageResult
from inspector.core.heatmaps import colour_table, draw_contour, overlay, paint_share
from inspector.core.samples import Truth
from inspector.errors import InspectorError
from inspector.project.report.content import Image, Map, ReportContent

_PER_GROUP = 6
_LONGEST_SIDE = 320
_JPEG_BYTES = 36_000  # most that one picture takes, so that the whole file stays below 4 MB
_MISTAKES = {(Truth.DEFECTIVE, "OK"): "missed", (Truth.GOOD, "NG"): "false alarm"}


@dataclass(frozen=True, slots=True)
class HeatScale:
    """The one scale of all heat maps of a report, in scores of the default variant."""

    low: float
    high: float
    threshold: float | None

    def position(self, score: float) -> float:
        """Where a score lies on the scale, in percent from 0 to 100."""
        return 100 * min(1.0, max(0.0, (score - self.low) / (self.high - self.low)))

    @property
    def gradient(self) -> str:
        """The colours as CSS gradient stops, as transparent as they are painted."""
        positions = np.linspace(0, 1, 21, dtype=np.float32)
        table = colour_table()[np.rint(positions * 255).astype(int)].tolist()
        shares = paint_share(positions).tolist()
        return ", ".join(
            f"rgb({r} {g} {b} / {share:.2f})"
            for (r, g, b), share in zip(table, shares, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Card:
    """One image of the gallery, all written out.

    `mistake` says in what way the verdict is wrong, `problem` why the pictures are missing; both
    are empty where all is well.
    """

    name: str
    class_label: str
    truth: str
    kind: str
    verdict: str
    mistake: str
    raw: str
    aligned: str
    u: str
    gamma: str
    image: str
    heat: str
    problem: str


@dataclass(frozen=True, slots=True)
class Group:
    """A titled part of the gallery."""

    title: str
    note: str
    cards: tuple[Card, ...]


def heat_scale(content: ReportContent) -> HeatScale:
    """From the typical normal image's score to well above the threshold.

    A picture's pixels and its image score share one unit, the latter being a mean of the former's
    highest; so what is typical of normal images is painted transparent. The scale ends where a
    quarter of the caught images score higher, but keeps the threshold between an eighth and two
    fifths of it.
    """
    shown = content.shown
    threshold = None if shown is None else shown.threshold
    scores = np.array([r.scores[content.default_variant] for r in content.results])
    good = scores[[r.truth is Truth.GOOD for r in content.results]]
    low = float(np.median(good)) if good.size else float(np.min(scores, initial=0.0))
    if threshold is not None and threshold > low:
        caught = scores[scores > threshold]
        strong = float(np.quantile(caught, 0.75)) if caught.size else threshold
        step = threshold - low
        return HeatScale(low, min(max(strong, low + 2.5 * step), low + 8 * step), threshold)
    high = float(np.max(scores, initial=low))
    return HeatScale(low, high if high > low else low + (abs(low) or 1.0), threshold)


def gallery(content: ReportContent, scale: HeatScale) -> list[Group]:
    """Best caught, worst missed, false alarms, borderline images; empty groups are left out."""
    groups = []
    for title, note, results in _chosen(content, scale.threshold):
        if results:
            cards = tuple(_card(content, result, scale) for result in results)
            groups.append(Group(title, note, cards))
    return groups


def _chosen(
    content: ReportContent, threshold: float | None
) -> list[tuple[str, str, list[ImageResult]]]:
    def score(result: ImageResult) -> float:
        return result.scores[content.default_variant]

    ranked = sorted(content.results, key=score)
    good = [r for r in ranked if r.truth is Truth.GOOD]
    defective = [r for r in ranked if r.truth is Truth.DEFECTIVE]
    unknown = [r for r in ranked if r.truth is Truth.UNKNOWN]

    missed = sum(threshold is not None and score(r) <= threshold for r in defective)
    alarms = sum(threshold is not None and score(r) > threshold for r in good)
    worst = defective[:_PER_GROUP]
    best = [r for r in defective[::-1] if r not in worst][:_PER_GROUP]
    highest = good[::-1][:_PER_GROUP]
    groups = [
        ("Best caught", "Defective, highest scores.", best),
        (
            "Worst misses" if missed else "Weakest catches",
            f"Defective, lowest scores; {_of(missed, len(defective), 'missed', threshold)}.",
            worst,
        ),
        (
            "False alarms" if alarms else "Closest to a false alarm",
            f"Good, highest scores; {_of(alarms, len(good), 'flagged', threshold)}.",
            highest,
        ),
        ("Highest scores without a label", "Unlabelled images.", unknown[::-1][:_PER_GROUP]),
    ]
    if threshold is not None:
        seen = {id(r) for _, _, results in groups for r in results}
        near = sorted(ranked, key=lambda r: abs(score(r) - threshold))
        near = [r for r in near if id(r) not in seen][:_PER_GROUP]
        note = "Closest to the threshold, of those not shown above."
        groups.append(("Borderline", note, sorted(near, key=score)))
    return groups


def _of(number: int, total: int, verb: str, threshold: float | None) -> str:
    if threshold is None:
        return "no threshold is set"
    return f"{'none' if number == 0 else number} of {total} {verb}"


def _card(content: ReportContent, result: ImageResult, scale: HeatScale) -> Card:
    score = result.scores[content.default_variant]
    expected = result.statistics.get(content.default_variant)
    name = PureWindowsPath(result.path).name  # knows both kinds of separators
    image, heat, problem = "", "", ""
    try:
        image, heat = _pictures(content, result, scale)
    except InspectorError as error:
        problem = str(error).replace(result.path, name)
    verdict = "" if scale.threshold is None else "NG" if score > scale.threshold else "OK"
    return Card(
        name=name,
        class_label=words.class_label(result.class_name),
        truth=result.truth.value,
        kind=result.defect_kind
        or ("unlabelled" if result.truth is Truth.UNKNOWN else result.truth.value),
        verdict=verdict,
        mistake=_MISTAKES.get((result.truth, verdict), ""),
        raw=words.score(result.raw_score),
        aligned="" if content.aligned is None else words.score(score),
        u="" if expected is None else words.score(expected.u),
        gamma="" if expected is None else words.score(expected.gamma),
        image=image,
        heat=heat,
        problem=problem,
    )


def _pictures(content: ReportContent, result: ImageResult, scale: HeatScale) -> tuple[str, str]:
    """Data URLs of the image with its ground truth outlined, and of its heat map."""
    image, anomaly_map = content.picture(result.image_id)
    small = _reduced(image)
    painted = overlay(
        small,
        _aligned(content, result, anomaly_map),
        scale.low,
        scale.high,
        threshold=scale.threshold,
    )
    mask = content.mask(result.image_id)
    if mask is not None and mask.any():
        size = (small.shape[1], small.shape[0])
        share = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        small = draw_contour(small, share > 0)
    return _data_url(small), _data_url(painted)


def _aligned(content: ReportContent, result: ImageResult, anomaly_map: Map) -> Map:
    """The map in scores of the default variant (METHODS section 2); smoothing commutes with it."""
    expected = result.statistics.get(content.default_variant)
    if content.aligned is None or expected is None:
        return anomaly_map
    extent = max(expected.gamma - expected.u, content.minimum_spread)
    aligned: Map = (anomaly_map - np.float32(expected.u)) / np.float32(extent)
    return aligned


def _reduced(image: Image) -> Image:
    height, width = image.shape[:2]
    factor = _LONGEST_SIDE / max(height, width)
    if factor >= 1:
        return image
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    reduced: Image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return reduced


def _data_url(image: Image) -> str:
    """The image as JPEG in a data URL, in the best quality that fits the bound."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    data = b""
    for quality in (88, 75, 55, 35):
        data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= _JPEG_BYTES:
            break
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode('ascii')}"
