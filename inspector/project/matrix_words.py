"""The matrix of methods and alignments in words, and as a file: HTML, CSV, Markdown."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from pathlib import Path

from inspector.core.files import write_atomically
from inspector.core.words import UNDEFINED, metric, percent, variant_label
from inspector.errors import InspectorError
from inspector.jobs.catalogue import METHODS
from inspector.project.matrix import Column, MatrixRow, Spread, columns_of

_TITLES = {
    "image_auroc": "AUROC",
    "image_ap": "AP",
    "pixel_aupro": "AUPRO",
    "false_positive_rate": "good flagged",
    "true_positive_rate": "caught",
}
_SUFFIXES = (".html", ".csv", ".md")

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 3em auto; max-width: 80em; padding: 0 1.5em;
  font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; }
th, td { padding: .35em .8em; text-align: right; border-bottom: 1px solid #8884; }
th { vertical-align: bottom; font-weight: 600; }
th:nth-child(-n+2), td:nth-child(-n+2) { text-align: left; }
tr.first td { border-top: 2px solid #888a; }
small { opacity: .7; }
"""


def column_title(column: Column) -> tuple[str, str]:
    """Heading in two lines; the second is empty where there is one only."""
    name, setting = column
    if name.endswith("_rate"):
        return _TITLES[name], ""
    return _TITLES[name], setting


def value_text(column: Column, found: Spread | None) -> str:
    """The median: rates as percentages, all else with three decimals."""
    value = found.median if found is not None else None
    return percent(value) if column[0].endswith("_rate") else metric(value)


def spread_text(column: Column, found: Spread | None) -> str:
    """How far the seeds spread; empty for one."""
    if found is None or found.half_range is None:
        return ""
    if column[0].endswith("_rate"):
        return f"±{100 * found.half_range:.1f}"
    return f"±{found.half_range:.3f}"


def minutes_text(found: Spread | None) -> str:
    """Minutes of training, with a decimal where they are few."""
    if found is None:
        return UNDEFINED
    return f"{found.median:.1f}" if found.median < 9.95 else f"{found.median:.0f}"


def method_text(row: MatrixRow) -> str:
    """Name, preset and changes of a row's method, and how many seeds."""
    method = METHODS.get(row.method)
    parts = [method.title if method else row.method, row.preset]
    if row.changes:
        parts.append(row.changes)
    if len(row.seeds) > 1:
        parts.append(f"{len(row.seeds)} seeds")
    return ", ".join(parts)


def short_method_text(row: MatrixRow) -> str:
    """A row's method in two short lines, for a narrow table."""
    seeds = f", {len(row.seeds)} seeds" if len(row.seeds) > 1 else ""
    return f"{row.method}\n{row.preset}{seeds}"


def write_matrix(file: Path, rows: Sequence[MatrixRow], title: str, remarks: Sequence[str]) -> None:
    """Writes the table as the file's ending says.

    Raises:
        InspectorError: The ending is none of .html, .csv and .md, or the file cannot be written.
    """
    check_ending(file)
    match file.suffix.lower():
        case ".csv":
            text = _csv(rows)
        case ".md":
            text = _markdown(rows, title, remarks)
        case _:
            text = _html(rows, title, remarks)
    write_atomically(file, text.encode("utf-8", errors="replace"))


def check_ending(file: Path) -> None:
    """Raises InspectorError where the file's ending tells no format."""
    if file.suffix.lower() not in _SUFFIXES:
        raise InspectorError(
            f"'{file.name}' does not tell a format by its ending.",
            f"End it with one of: {', '.join(_SUFFIXES)}.",
        )


def _cells(row: MatrixRow, columns: Sequence[Column]) -> list[str]:
    cells = [
        " ".join(filter(None, (value_text(c, row.metrics[c]), spread_text(c, row.metrics[c]))))
        for c in columns
    ]
    return [method_text(row), variant_label(row.variant), *cells, minutes_text(row.minutes)]


def _headings(columns: Sequence[Column]) -> list[str]:
    titles = (" ".join(filter(None, column_title(column))) for column in columns)
    return ["method", "alignment", *titles, "minutes"]


def _csv(rows: Sequence[MatrixRow]) -> str:
    """One line a row; numbers in full, medians and half ranges apart."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    columns = columns_of(rows)
    names = [f"{setting}_{name}" for name, setting in columns]
    spreads = [f"{name}_half_range" for name in names]
    facts = ["method", "preset", "changes", "alignment", "seeds", "models"]
    writer.writerow([*facts, *names, *spreads, "minutes"])
    for row in rows:
        found = [row.metrics[column] for column in columns]
        writer.writerow(
            [
                row.method,
                row.preset,
                row.changes,
                row.variant,
                " ".join(map(str, row.seeds)),
                " ".join(row.models),
                *("" if one is None else one.median for one in found),
                *("" if one is None or one.half_range is None else one.half_range for one in found),
                "" if row.minutes is None else row.minutes.median,
            ]
        )
    return buffer.getvalue()


def _markdown(rows: Sequence[MatrixRow], title: str, remarks: Sequence[str]) -> str:
    columns = columns_of(rows)
    lines = [_line(_headings(columns)), _line(["---", "---", *["---:"] * (len(columns) + 1)])]
    lines += [_line(_cells(row, columns)) for row in rows]
    return "\n".join([f"# {title}", "", *lines, "", *(f"{text}  " for text in remarks)]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _html(rows: Sequence[MatrixRow], title: str, remarks: Sequence[str]) -> str:
    columns = columns_of(rows)
    head = "".join(f"<th>{html.escape(text)}</th>" for text in _headings(columns))
    body = []
    before = ""
    for row in rows:
        cells = _cells(row, columns)
        is_first = cells[0] != before
        shown = cells if is_first else ["", *cells[1:]]
        before = cells[0]
        made = "".join(f"<td>{html.escape(text)}</td>" for text in shown)
        body.append(f'<tr class="{"first" if is_first else "same"}">{made}</tr>')
    said = "".join(f"<p><small>{html.escape(text)}</small></p>" for text in remarks)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>\n<body>"
        f"<h1>{html.escape(title)}</h1>\n<table><thead><tr>{head}</tr></thead>\n"
        f"<tbody>{chr(10).join(body)}</tbody></table>\n{said}</body></html>\n"
    )
