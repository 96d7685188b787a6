"""How fast, beside anomalib and beside the limit: one command, everything as paired medians.

    python benchmarks/speed.py [--only patchcore ...] [--threads 1] [--images FOLDER] [--quick]

anomalib gets an environment of its own in the work folder (once, about 2 GB); `--peer-python`
reuses one, `--no-peer` leaves it out. Both sides are processes that work in turns on the same files
with the same backbone, input size and number of computing threads; each measures itself. A ratio is
the median of the turns' ratios, so a busy machine hardly moves it.

Our side scores as the program does: in the runtime that `inspector bench` chose on this machine, or
that the environment variable INSPECTOR_RUNTIME names.

The limit of scoring is plain decoding of the same files in as many threads as we use, and after it
the backbone's forward pass. Weights are random where they are not here: that changes no time.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path

from speedwork.environment import PEER, peer_python
from speedwork.sections import QUICK, SECTIONS, Bench, Row, Section, Sizes
from speedwork.sides import Side

from inspector.jobs.backbones import EMBEDDED_BACKBONE
from inspector.jobs.runtime_choice import TITLES, chosen_runtime


def main() -> None:
    """Measures and prints Markdown."""
    options = _options()
    options.work.mkdir(parents=True, exist_ok=True)
    pythons = {"ours": Path(sys.executable)}
    if not options.no_peer:
        pythons["peer"] = options.peer_python or peer_python(options.work / "peer")

    def start(name: str) -> Side | None:
        if name not in pythons:
            return None
        return Side(name, pythons[name], options.threads, options.work / f"{name}.log")

    bench = Bench(
        start, options.work, QUICK if options.quick else Sizes(), options.turns, options.images
    )
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"{options.threads} computing threads, torch {version('torch')}; {PEER}; "
        f"{options.turns} turns; features of lite0 by {TITLES[chosen_runtime(EMBEDDED_BACKBONE)]}\n"
    )
    print("| what | ours, ms | anomalib, ms | anomalib ÷ ours | limit, ms | ours ÷ limit | |")
    print("|---|---|---|---|---|---|---|")
    found: dict[str, Section] = {}
    for name in options.only or SECTIONS:
        found[name] = SECTIONS[name](bench)
        for row in found[name].rows:
            print(_line(row), flush=True)
    print("\n| peak memory, MB | ours | anomalib |\n|---|---|---|")
    for name, section in found.items():
        if section.memory is not None:
            print(f"| {name} | {section.memory[0]:.0f} | {_number(section.memory[1], '.0f')} |")
    print("\nmilliseconds are per image, per step, or of the whole; memory is of the main process.")


def _line(row: Row) -> str:
    def shown(seconds: float | None) -> str:
        return _number(None if seconds is None else 1000 * seconds / row.parts, ".1f")

    cells = [
        row.what,
        shown(row.ours.median),
        shown(row.peer.median if row.peer else None),
        _number(row.peer.times(row.ours) if row.peer else None, ".2f"),
        shown(row.bare.median if row.bare else None),
        _number(row.ours.times(row.bare) if row.bare else None, ".2f"),
        row.note,
    ]
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=Path("speed-work"), help="for what is made")
    parser.add_argument("--peer-python", type=Path, help="of an environment that has anomalib")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--images", type=Path, help="photographs to score instead of made-up ones")
    parser.add_argument("--only", nargs="+", choices=list(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="tiny: whether it works, no numbers")
    return parser.parse_args()


if __name__ == "__main__":
    main()
