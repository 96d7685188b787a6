"""The signature picture: every class's scores before and after alignment, under one threshold.

One row per class, the same rows in both panels. Normal scores stand above a row's baseline as
circles under a density, defective ones hang below it as diamonds, so that the two are told apart by
place and shape as well as by colour. A line through the normal medians shows the drift from class
to class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from inspector.core import words
from inspector.core.evaluation import ImageResult
from inspector.core.samples import Truth
from inspector.project.report import marks
from inspector.project.report.axis import Axis, Scores, axis_for

_WIDTH = 1240
_NAMES = 176  # width of the column of class names
_GAP = 34
_COUNTS = 66  # width of the column of flagged images beside each panel
_HEAD = 74
_FOOT = 46
_MARK_SIZES = (5.4, 4.8, 4.2, 3.6, 3.0)
_MARKS = 8000  # marks drawn per panel, at most; beyond, each row is thinned evenly


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the pictures side by side: which scores it shows, and what stands above it."""

    variant: str
    title: str
    subtitle: str
    threshold: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One class (or other group) and its scores in one panel, by truth."""

    name: str
    good: Scores
    defective: Scores
    unknown: Scores


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Lengths that follow from the number of rows."""

    row: float
    two_sided: bool

    @property
    def half(self) -> float:
        """Height for what stands above, and hangs below, a baseline."""
        return (self.row / 2 if self.two_sided else self.row - 4) - 3

    def baseline(self, index: int) -> float:
        return (
            _HEAD + (index + 0.5) * self.row
            if self.two_sided
            else _HEAD + (index + 1) * self.row - 4
        )


def distribution_figure(results: Sequence[ImageResult], panels: Sequence[Panel]) -> Markup:
    """The figure as one inline SVG, coloured by the page's style sheet.

    Args:
        results: At least one scored image.
        panels: One or two panels; the first one's normal medians give the order of the rows.
    """
    names = _order(results, panels[0].variant)
    rows = [[_row(results, name, panel.variant) for name in names] for panel in panels]
    return _figure(rows, panels, show_names=True)


def single_row_figure(row: Row, panel: Panel) -> Markup:
    """One row without names, for scores that belong to no class."""
    return _figure([[row]], [panel], show_names=False)


def is_thinned(results: Sequence[ImageResult]) -> bool:
    """Whether some row has more images than marks are drawn for."""
    groups: dict[tuple[str, Truth], int] = {}
    for result in results:
        key = (result.class_name, result.truth)
        groups[key] = groups.get(key, 0) + 1
    return max(groups.values(), default=0) > _limit(len({name for name, _ in groups}))


def _figure(rows: Sequence[Sequence[Row]], panels: Sequence[Panel], *, show_names: bool) -> Markup:
    sizes = _sizes(len(rows[0]), any(row.defective.size for row in rows[0]))
    bottom = _HEAD + len(rows[0]) * sizes.row
    left = _NAMES if show_names else 0
    width = (_WIDTH - left - _GAP * (len(panels) - 1)) / len(panels)
    parts = []
    if show_names:
        parts += [_name(row, index, sizes) for index, row in enumerate(rows[0])]
    for index, (panel, panel_rows) in enumerate(zip(panels, rows, strict=True)):
        start = left + index * (width + _GAP)
        axis = axis_for(
            np.concatenate([r.good for r in panel_rows]),
            np.concatenate([np.r_[r.defective, r.unknown] for r in panel_rows]),
            panel.threshold,
            start + 8,
            start + width - (_COUNTS if panel.threshold is not None else 0) - 8,
        )
        parts += _panel(panel, panel_rows, axis, sizes, start, bottom)
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH,
        marks.number(bottom + _FOOT),
        f"Score distributions: {', '.join(panel.title for panel in panels)}",
        Markup("").join(parts),
    )


def _panel(
    panel: Panel, rows: Sequence[Row], axis: Axis, sizes: _Sizes, start: float, bottom: float
) -> list[Markup]:
    parts = [
        _text(start, 20, panel.title, "panel-title"),
        _text(start, 39, panel.subtitle, "panel-subtitle"),
        *_grid(axis, sizes, len(rows), bottom),
    ]
    limit = _limit(len(rows))
    size = _mark_size(rows, axis, sizes, limit)
    for index, row in enumerate(rows):
        parts += _distribution(row, axis, sizes, sizes.baseline(index), size, limit)
    parts += _medians(rows, axis, sizes)
    if panel.threshold is not None:
        parts += _threshold(panel.threshold, axis, bottom)
        counts = axis.right + 8 + _COUNTS
        parts.append(_text(counts, _HEAD - 8, "flagged", "small muted", "end"))
        for index, row in enumerate(rows):
            parts += _flagged(row, panel.threshold, counts, sizes.baseline(index), sizes)
    return parts


def _distribution(
    row: Row, axis: Axis, sizes: _Sizes, baseline: float, size: float, limit: int
) -> list[Markup]:
    """Ridges and marks of one row: good and unknown above its baseline, defective below."""
    parts = []
    for scores, kind, side, mark in (
        (row.unknown, "unknown", 1, marks.cross),
        (row.good, "good", 1, marks.circle),
        (row.defective, "defective", -1, marks.diamond),
    ):
        if scores.size == 0:
            continue
        outline = marks.ridge(scores, axis, baseline - side, side * (sizes.half - 1))
        shown = marks.thinned(scores, limit)
        path = marks.swarm(shown, axis, baseline, side * sizes.half, size, mark)
        parts.append(Markup('<path class="ridge {}" d="{}"/>').format(kind, outline))
        parts.append(Markup('<path class="marks {}" d="{}"/>').format(kind, path))
        beyond = int(np.sum(scores > axis.high))
        if beyond:
            y = baseline - side * sizes.half * 0.5 + 4
            parts.append(_text(axis.right - 8, y, f"{beyond} ›", f"beyond {kind}", "end"))
    return parts


def _mark_size(rows: Sequence[Row], axis: Axis, sizes: _Sizes, limit: int) -> float:
    """The largest size at which hardly any mark of the panel lies over another."""
    groups = [marks.thinned(s, limit) for r in rows for s in (r.good, r.defective, r.unknown)]
    total = sum(scores.size for scores in groups)
    for size in _MARK_SIZES[:-1]:
        if sum(marks.overlaps(s, axis, sizes.half, size) for s in groups) <= 0.03 * total:
            return size
    return _MARK_SIZES[-1]


def _grid(axis: Axis, sizes: _Sizes, n_rows: int, bottom: float) -> list[Markup]:
    parts = []
    for x, label in axis.ticks():
        parts.append(_line(x, _HEAD, x, bottom, "grid"))
        parts.append(_text(x, bottom + 18, label, "tick", "middle"))
    parts += [
        _line(axis.left - 8, sizes.baseline(i), axis.right + 8, sizes.baseline(i), "baseline")
        for i in range(n_rows)
    ]
    parts.append(_line(axis.left - 8, bottom, axis.right + 8, bottom, "axis"))
    centre = (axis.left + axis.right) / 2
    parts.append(_text(centre, bottom + 38, "image score →", "small muted", "middle"))
    return parts


def _threshold(threshold: float, axis: Axis, bottom: float) -> list[Markup]:
    x = float(axis.place(threshold))
    anchor = "start" if x < axis.left + 60 else "end" if x > axis.right - 60 else "middle"
    return [
        Markup('<rect class="ng-zone" x="{}" y="{}" width="{}" height="{}"/>').format(
            marks.number(x), _HEAD, marks.number(axis.right + 8 - x), marks.number(bottom - _HEAD)
        ),
        _line(x, _HEAD - 4, x, bottom, "threshold"),
        _text(x, _HEAD - 9, f"threshold {words.score(threshold)}", "threshold-label", anchor),
    ]


def _medians(rows: Sequence[Row], axis: Axis, sizes: _Sizes) -> list[Markup]:
    """A tick at each class's normal median, and the line through them."""
    parts, points = [], []
    for index, row in enumerate(rows):
        if row.good.size:
            x, y = float(axis.place(float(np.median(row.good)))), sizes.baseline(index)
            points.append(f"{marks.number(x)},{marks.number(y)}")
            parts.append(_line(x, y - min(sizes.half, 15), x, y, "median"))
    if len(points) > 1:
        line = Markup('<polyline class="median-line" points="{}"/>').format(" ".join(points))
        parts.insert(0, line)
    return parts


def _flagged(row: Row, threshold: float, x: float, y: float, sizes: _Sizes) -> list[Markup]:
    """How many of each kind exceed the threshold, on the side of the baseline where they stand."""
    offset = min(sizes.half * 0.5, 13)
    parts = []
    for scores, kind, dy in (
        (row.good, "good", -offset),
        (row.defective, "defective", offset),
        (row.unknown, "unknown", offset),
    ):
        if scores.size and not (kind == "unknown" and row.defective.size):
            share = f"{int(np.sum(scores > threshold))} of {scores.size}"
            parts.append(_text(x, y + dy + 4, share, f"flagged {kind}", "end"))
    return parts


def _name(row: Row, index: int, sizes: _Sizes) -> Markup:
    y = sizes.baseline(index)
    label = words.class_label(row.name)
    counts = [
        (scores.size, kind, sign)
        for scores, kind, sign in (
            (row.good, "good", "●"),
            (row.defective, "defective", "◆"),
            (row.unknown, "unknown", "×"),
        )
        if scores.size
    ]
    signs = Markup("\u2002").join(
        Markup('<tspan class="{}">{}</tspan> {}').format(kind, sign, size)
        for size, kind, sign in counts
    )
    return Markup("<g><title>{}</title>{}{}</g>").format(
        f"{label}: {', '.join(f'{size} {kind}' for size, kind, _ in counts)}",
        _text(0, y - 3, _shortened(label, 23), "class-name"),
        _text(0, y + 12, signs, "small muted"),
    )


def _order(results: Sequence[ImageResult], variant: str) -> list[str]:
    """Class names by the median of their normal scores, of all scores where none is normal."""
    medians = {}
    for name in {r.class_name for r in results}:
        row = _row(results, name, variant)
        scores = row.good if row.good.size else np.r_[row.unknown, row.defective]
        medians[name] = (float(np.median(scores)), name)
    return sorted(medians, key=lambda name: medians[name])


def _row(results: Sequence[ImageResult], name: str, variant: str) -> Row:
    def scores(truth: Truth) -> Scores:
        chosen = (r for r in results if r.class_name == name and r.truth is truth)
        return np.array([r.scores[variant] for r in chosen], dtype=np.float64)

    return Row(name, scores(Truth.GOOD), scores(Truth.DEFECTIVE), scores(Truth.UNKNOWN))


def _sizes(n_rows: int, two_sided: bool) -> _Sizes:
    height = 100 if n_rows <= 6 else 68 if n_rows <= 12 else 50 if n_rows <= 20 else 38
    return _Sizes(height if two_sided else height * 0.7, two_sided)


def _limit(n_rows: int) -> int:
    return max(60, _MARKS // (2 * max(1, n_rows)))


def _shortened(label: str, length: int) -> str:
    return label if len(label) <= length else label[: length - 1].rstrip() + "…"


def _text(x: float, y: float, content: str, style: str, anchor: str = "start") -> Markup:
    return Markup('<text x="{}" y="{}" class="{}" text-anchor="{}">{}</text>').format(
        marks.number(x), marks.number(y), style, anchor, content
    )


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    return Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" class="{}"/>').format(
        *(marks.number(v) for v in (x1, y1, x2, y2)), style
    )
