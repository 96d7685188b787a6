"""Long-tailed training folders: what rare classes lose with each method, and what LTAD gives back.

    python benchmarks/long_tail.py [--data samples parts] [--splits exp-10 step-20] [--seeds 0 1 2]

Trains every entry of `ENTRIES` on every split through the program's own worker processes, with
statistics from fitted images (one fit a row), and prints detection AUROC over all classes, those
with many (High) and those with few images (Low). With `--work FOLDER` what is finished is kept, and
the same command goes on where it was. Images are looked at with 160 pixels.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import msgspec
from quality import LITE, projects

from inspector.cli.following import follow
from inspector.cli.output import Output
from inspector.core.evaluation import Evaluation
from inspector.project.project import Project
from inspector.project.results import read_evaluation
from inspector.project.settling import settle
from inspector.project.splits import SplitFile, make_split
from inspector.project.work import Computing, prepare_scoring, prepare_training

Changes = dict[str, object]
ENTRIES: dict[str, tuple[str, Changes]] = {
    "LTAD": ("ltad", {}),
    "LTAD, no semantic module": ("ltad", {"ltad.semantic": False}),
    "LTAD, no synthesis": ("ltad", {"ltad.synthesis": False}),
    "LTAD, as the paper": ("ltad", {"ltad.whitening": False}),
    "LTAD, folder names": ("ltad", {"ltad.names": "folder"}),
    "LTAD, one shared name": ("ltad", {"ltad.names": "shared"}),
    "UniAD": ("uniad", {}),
    "UniAD, as many images": ("uniad", {"uniad.iterations": 2000}),  # as LTAD: × 4
    "RevDist": ("revdist", {}),
    "PatchCore": ("patchcore", {}),
}
"""Rows: a method and what differs from its quick preset."""

SIZE = 160
"""Pixels: a row takes minutes on one core instead of half an hour."""

VARIANTS = ("none", "cada")
_RESULTS = "long_tail.jsonl"


@dataclass(frozen=True)
class Row:
    """What one training gave: per alignment variant (All, High, Low, unified), pixels of raw maps
    (All, High, Low)."""

    data: str
    split: str
    entry: str
    seed: int
    image: dict[str, tuple[float, float, float, float]]
    pixel: tuple[float, float, float]

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What makes it this one."""
        return (self.data, self.split, self.entry, self.seed)


def row_of(data: str, split: str, entry: str, seed: int, evaluation: Evaluation) -> Row:
    """The row of an evaluation of a model that knows head and tail."""
    image = {}
    pixel = (0.0, 0.0, 0.0)
    for name in VARIANTS:
        found = evaluation.find(name)
        assert found is not None
        parts = (found.class_average, found.head_average, found.tail_average)
        assert all(part is not None for part in parts)
        values = [part.image_auroc or 0.0 for part in parts if part is not None]
        image[name] = (*values, found.absolute_unified.image_auroc or 0.0)
        if name == "none":
            pixels = [part.pixel_auroc or 0.0 for part in parts if part is not None]
            pixel = (pixels[0], pixels[1], pixels[2])
    return Row(data, split, entry, seed, image, pixel)  # type: ignore[arg-type]


def train(project: Project, split: SplitFile, entry: str, seed: int) -> Evaluation:
    """Trains on the split and evaluates."""
    output = Output(json=True, silent=True)
    method, own = ENTRIES[entry]
    changes: Changes = {
        "backbone": LITE,
        "image_size": SIZE,
        "seed": seed,
        "alignment.statistics": "fitted",
        **own,
    }
    run = prepare_training(project, method, "quick", changes, Computing(), split)
    settle(project, run, follow(run, output))
    scoring = prepare_scoring(
        project, project.find_model(), Computing(), evaluate=True, variants=VARIANTS
    )
    settle(project, scoring, follow(scoring, output))
    return read_evaluation(scoring.folder)


def show(rows: list[Row]) -> None:
    """A table in Markdown: medians over the seeds."""
    grouped: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row.key[:3]].append(row)
    print(
        "| data | split | method | raw: All / High / Low | unified | CADA: All / High / Low "
        "| unified | pixels: All / High / Low | seeds |"
    )
    print("|---" * 9 + "|")
    for key, own in grouped.items():
        cells = list(key)
        for variant in VARIANTS:
            medians = [_median([r.image[variant][k] for r in own]) for k in range(4)]
            cells += [" / ".join(medians[:3]), medians[3]]
        cells.append(" / ".join(_median([r.pixel[k] for r in own]) for k in range(3)))
        print("| " + " | ".join((*cells, str(len(own)))) + " |")


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.3f}"


def main() -> None:
    """Measures what is not there yet, then prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=["samples", "parts"])
    parser.add_argument("--splits", nargs="+", default=["exp-10"], metavar="KIND-BETA")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--entries", nargs="+", default=list(ENTRIES), choices=list(ENTRIES))
    parser.add_argument("--work", type=Path, help="keep what is made here and go on with it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        file = work / _RESULTS
        known = file.read_bytes().splitlines() if file.exists() else []
        rows = [msgspec.json.decode(line, type=Row) for line in known]
        done = {row.key for row in rows}
        for data, project in projects(work, options.data):
            for split_name, seed, entry in product(options.splits, options.seeds, options.entries):
                if (data, split_name, entry, seed) in done:
                    continue
                kind, _, beta = split_name.partition("-")
                split = make_split(project.take_snapshot(), kind, float(beta), 0)
                found = train(project, split, entry, seed)
                rows.append(row_of(data, split_name, entry, seed, found))
                with file.open("ab") as stream:
                    stream.write(msgspec.json.encode(rows[-1]) + b"\n")
            project.close()
    wanted = set(product(options.data, options.splits, options.entries, options.seeds))
    show([row for row in rows if row.key in wanted])


if __name__ == "__main__":
    main()
