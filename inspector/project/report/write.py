"""Puts a report together and writes it as one self-contained HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from inspector.core import words
from inspector.core.evaluation import RAW, VariantEvaluation
from inspector.core.files import write_atomically
from inspector.core.resources import resource_path
from inspector.core.samples import Truth
from inspector.project.report.content import ReportContent
from inspector.project.report.distributions import (
    Panel,
    Row,
    distribution_figure,
    is_thinned,
    single_row_figure,
)
from inspector.project.report.gallery import gallery, heat_scale
from inspector.project.report.headline import headline, summary
from inspector.project.report.tables import COLUMNS, class_table, variant_table


def write_report(target: Path, content: ReportContent) -> None:
    """Write the report to `target`, replacing an older one only when the new one is complete.

    Raises:
        InspectorError: The file cannot be written.
    """
    # A file name that is not valid Unicode must not cost the whole report.
    write_atomically(target, render(content).encode("utf-8", errors="replace"))


def render(content: ReportContent) -> str:
    """The report as HTML."""
    import jinja2  # here: the window takes words from this package, and shows no report

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resource_path("report")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.jinja").render(_view(content))


def _view(content: ReportContent) -> dict[str, Any]:
    """All that the template needs, by name."""
    scale = heat_scale(content)
    panels = _panels(content)
    figure = distribution_figure(content.results, panels) if content.results else ""
    return {
        "title": content.title,
        "summary": summary(content),
        "headline": headline(content),
        "figure": figure,
        "has_unknown": any(r.truth is Truth.UNKNOWN for r in content.results),
        "has_defective": any(r.truth is Truth.DEFECTIVE for r in content.results),
        "has_threshold": any(panel.threshold is not None for panel in panels),
        "thinned": is_thinned(content.results),
        "aligned_name": content.aligned and words.variant_label(content.default_variant),
        "columns": [heading for heading, _ in COLUMNS],
        "rows": class_table(content),
        "variants": variant_table(content),
        "held_out": _held_out(content),
        "groups": gallery(content, scale),
        "scale": scale,
        "scale_unit": "aligned score" if content.aligned else "raw score",
        "facts": content.facts,
        "score": words.score,
    }


def _panels(content: ReportContent) -> list[Panel]:
    raw, aligned = content.raw, content.aligned
    if aligned is None:
        shown = content.shown
        return [_panel(content.default_variant, "Scores by class", shown)]
    name = words.variant_label(aligned.variant)
    return [
        _panel(RAW, "Before: raw scores", raw),
        _panel(aligned.variant, f"After: aligned scores ({name})", aligned),
    ]


def _panel(variant: str, title: str, evaluation: VariantEvaluation | None) -> Panel:
    if evaluation is None:
        return Panel(variant, title, "", None)
    row = evaluation.absolute_unified
    told = [
        f"{label} {value}"
        for label, value in (
            ("AUROC", words.metric(row.image_auroc)),
            ("good parts flagged", words.percent(row.false_positive_rate)),
            ("defects caught", words.percent(row.true_positive_rate)),
        )
        if value != words.UNDEFINED
    ]
    return Panel(variant, title, " · ".join(told), evaluation.threshold)


def _held_out(content: ReportContent) -> Markup | None:
    """The scores that the threshold was chosen from, with the threshold."""
    shown = content.shown
    if shown is None or not len(content.held_out_scores):
        return None
    scores = np.asarray(content.held_out_scores, dtype=np.float64)
    nothing = np.empty(0)
    subtitle = words.count(scores.size, "good image") + ", none of which the model was fitted on"
    panel = Panel(shown.variant, "Where the threshold comes from", subtitle, shown.threshold)
    return single_row_figure(Row("", scores, nothing, nothing), panel)
