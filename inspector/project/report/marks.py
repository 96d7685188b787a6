"""The shapes of a distribution row as SVG paths: density ridges and swarms of marks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from inspector.project.report.axis import Axis

Scores = NDArray[np.float64]

_PITCH = 1.08  # distance of neighbouring marks in a lane, in mark sizes
_STACK = 1.0  # distance of lanes, in mark sizes
_CLEARANCE = 2.5  # distance of the first lane's marks from the baseline


def number(value: float) -> str:
    """A coordinate with at most one decimal, as short as it can be written."""
    return f"{value:.1f}".removesuffix(".0")


def circle(x: float, y: float, size: float) -> str:
    """Path of a circle of that diameter: a good image."""
    r, d = number(size / 2), number(size)
    half = f"a{r} {r} 0 1 0"
    return f"M{number(x - size / 2)} {number(y)}{half} {d} 0{half}-{d} 0"


def diamond(x: float, y: float, size: float) -> str:
    """Path of a diamond about as heavy as the circle: a defective image."""
    r = number(size * 0.62)
    return f"M{number(x)} {number(y - size * 0.62)}l{r} {r}-{r} {r}-{r}-{r}z"


def cross(x: float, y: float, size: float) -> str:
    """Path of a lying cross: an image of unknown truth."""
    r, d = size * 0.4, number(size * 0.8)
    return f"M{number(x - r)} {number(y - r)}l{d} {d}m0-{d}l-{d} {d}"


def ridge(scores: Scores, axis: Axis, baseline: float, height: float) -> str:
    """Path of a Gaussian density standing on `baseline`; a negative height hangs it below.

    Only scores on the axis count. The bandwidth is two thirds of Silverman's, which smooths too
    much where defects come in clusters, and at least 0.6 % of the axis so that equal scores still
    show. Fewer than three scores have no density: the path is empty.
    """
    span = axis.high - axis.low
    scores = scores[(scores >= axis.low) & (scores <= axis.high)]
    if scores.size < 3:
        return ""
    deviation = float(np.std(scores))
    quartiles = float(np.subtract(*np.quantile(scores, [0.75, 0.25]))) / 1.34
    spread = min(deviation, quartiles) or deviation
    width = max(0.6 * spread * scores.size**-0.2, 0.006 * span)
    grid = np.linspace(axis.low, axis.high, 161)
    density = np.exp(-(((grid[:, None] - scores[None]) / width) ** 2) / 2).sum(axis=1)
    peak = density.max()
    shown = density > 0.004 * peak
    first, last = int(np.argmax(shown)), int(shown.size - np.argmax(shown[::-1]))
    xs = axis.place(grid)
    points = (
        f"{number(x)} {number(baseline - height * d / peak)}"
        for x, d in zip(xs[first:last], density[first:last], strict=True)
    )
    start, end = number(xs[first]), number(xs[last - 1])
    base = number(baseline)
    return f"M{start} {base}L{' '.join(points)} {end} {base}z"


def swarm(
    scores: Scores,
    axis: Axis,
    baseline: float,
    height: float,
    size: float,
    mark: Callable[[float, float, float], str],
) -> str:
    """Path of one mark per score, stacked away from `baseline` so as not to overlap.

    A negative height stacks them below. Where the stack is full, marks lie over others.
    """
    side = 1 if height > 0 else -1
    xs = np.sort(axis.place(scores))
    lanes, _ = _arranged(xs, abs(height), size)
    ys = [baseline - side * (_CLEARANCE + size * (0.5 + _STACK * lane)) for lane in lanes]
    return "".join(mark(x, y, size) for x, y in zip(xs.tolist(), ys, strict=True))


def overlaps(scores: Scores, axis: Axis, height: float, size: float) -> int:
    """How many marks `swarm` would draw over others, those off the axis left aside."""
    return _arranged(np.sort(axis.place(scores[scores <= axis.high])), abs(height), size)[1]


def _arranged(xs: Scores, height: float, size: float) -> tuple[list[int], int]:
    """A lane for each of the ascending positions, 0 nearest the baseline; and how many overlap."""
    free = [-np.inf] * max(1, int((height - _CLEARANCE - size) // (size * _STACK)) + 1)
    lanes = []
    crowded = 0
    for x in xs:
        lane = next((i for i, edge in enumerate(free) if x >= edge), None)
        if lane is None:
            lane = int(np.argmin(free))
            crowded += 1
        free[lane] = x + size * _PITCH
        lanes.append(lane)
    return lanes, crowded


def thinned(scores: Scores, limit: int) -> Scores:
    """At most `limit` of the scores, evenly by rank, the extremes always among them."""
    if scores.size <= limit:
        return scores
    ranks = np.rint(np.linspace(0, scores.size - 1, limit)).astype(np.intp)
    return np.sort(scores)[ranks]
