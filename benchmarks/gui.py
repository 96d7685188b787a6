"""How fast the window is: start, a project of 100 000 images, thresholds, review, memory.

    python benchmarks/gui.py [--images 100000] [--starts 7] [--projects FOLDER]

Each part runs in a process of its own, with Qt's offscreen platform: painting is counted, a screen
is not. The projects are made first, in a temporary folder or, to use them again, in the one named.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import gui_projects
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
N_FRAMES = 120
N_REVIEWED = 24
LOOK_SECONDS = 0.5

Row = tuple[str, str, str]  # what, median, 95th percentile or spread


# In the measuring process -----------------------------------------------------------------------


class Bench:
    """A window and what it takes to drive it by hand."""

    def __init__(self) -> None:
        from inspector.gui.app import keep_appearance, make_application
        from inspector.gui.main_window import MainWindow
        from inspector.gui.preferences import Preferences
        from inspector.gui.session import Session

        self.app = make_application([])
        preferences = Preferences()
        keep_appearance(self.app, preferences)
        self.session = Session(preferences)
        self.window = MainWindow(self.session)
        self.window.resize(1280, 800)
        self.window.show()
        self.app.processEvents()

    def wait(self, ready: Callable[[], bool], seconds: float = 120.0) -> None:
        """Lets the window live until something holds; asks seldom, to leave it the processor."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop, timer = QEventLoop(), QTimer()
        end = time.perf_counter() + seconds
        timer.timeout.connect(lambda: loop.quit() if ready() or time.perf_counter() > end else None)
        timer.start(4)
        loop.exec()
        if not ready():
            raise TimeoutError("The window did not get there in time.")

    def rest(self, seconds: float) -> None:
        """Lets the window live for a while."""
        end = time.perf_counter() + seconds
        self.wait(lambda: time.perf_counter() >= end)

    def frame(self, change: Callable[[], object]) -> float:
        """Milliseconds until everything that a change leads to is painted."""
        start = time.perf_counter()
        change()
        self.app.processEvents()
        return 1000 * (time.perf_counter() - start)

    def open(self, folder: Path) -> None:
        """Opens a project; comes back when its images and scores are there."""
        library = self.session.library
        told: list[bool] = []
        library.scores_changed.connect(lambda: told.append(library.scores.n_scored > 0))
        assert self.session.open_project(folder)
        self.wait(lambda: any(told) and not self.session.background._alive)

    def close(self) -> None:
        self.window.close()


def measure_opening(folder: Path) -> list[Row]:
    """From the call to the first frame with images, stalls meanwhile, memory before and after."""
    from PySide6.QtCore import QTimer

    bench = Bench()
    bench.rest(1.0)
    idle = _memory()
    library = bench.session.library
    start = last = time.perf_counter()
    shown: list[float] = []
    scored: list[float] = []
    stalls: list[float] = []

    def beat() -> None:
        nonlocal last
        now = time.perf_counter()
        stalls.append(now - last)
        last = now
        # What a change made stale was painted before the timer's turn came.
        if len(library.images) and not shown:
            shown.append(now - start)

    def note_scores() -> None:
        if library.scores.n_scored:
            scored.append(time.perf_counter() - start)

    timer = QTimer()
    timer.timeout.connect(beat)
    timer.start(2)
    library.scores_changed.connect(note_scores)
    assert bench.session.open_project(folder)
    last = time.perf_counter()
    made = last - start
    bench.wait(lambda: bool(scored) and not bench.session.background._alive)
    bench.rest(1.0)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak_mb = peak / 2**20 if sys.platform == "darwin" else peak / 2**10
    rows = [
        ("opening: page there, empty", f"{made:.2f} s", ""),
        ("opening: images shown", f"{shown[0]:.2f} s", ""),
        ("opening: scores shown", f"{scored[0]:.2f} s", ""),
        ("opening: longest stalls after the page is there", _longest(stalls), ""),
        ("memory, nothing open", f"{idle:.0f} MB", ""),
        ("memory, project open", f"{_memory():.0f} MB", f"peak {peak_mb:.0f} MB"),
    ]
    bench.close()
    return rows


def measure_lists(folder: Path) -> list[Row]:
    """Scrolling, filtering, searching, sorting."""
    from inspector.core.samples import Split, Truth
    from inspector.gui.pages.dataset.page import DatasetPage
    from inspector.gui.pages.dataset.query import Decision, Order, Query

    bench = Bench()
    bench.open(folder)
    page = bench.window.page("dataset")
    assert isinstance(page, DatasetPage)
    rows = []
    for look in ("grid", "list"):
        page._set_look(look)
        bench.rest(2.0)
        bar = page.browser.view.verticalScrollBar()
        for name, step in (("a step", bar.singleStep()), ("a page", bar.pageStep())):
            times = []
            for _ in range(N_FRAMES):
                times.append(bench.frame(partial(bar.setValue, bar.value() + step)))
            rows.append((f"scrolling the {look} by {name}", *_times(times)))
    queries = {
        "filter: split, truth, flagged": Query(
            split=Split.TEST, truth=Truth.GOOD, decision=Decision.NG
        ),
        "search: two words": Query(text="scratch 07"),
        "sort: score": Query(order=Order.SCORE, descending=True),
        "sort: name": Query(order=Order.NAME),
    }
    page._set_look("grid")
    for name, query in queries.items():
        times = []
        for _ in range(9):
            bench.frame(partial(page._ask, Query()))
            times.append(bench.frame(partial(page._ask, query)))
        rows.append((name, *_times(times)))
    page._thumbnails.wait()
    bench.close()
    return rows


def measure_threshold(folder: Path) -> list[Row]:
    """A line dragged by the mouse through all scores, with live counts."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from inspector.core.distributions import ScoreSet
    from inspector.gui.plots.distribution_pair import DistributionPair

    bench = Bench()
    bench.open(folder)
    library = bench.session.library
    columns, scores = library.images, library.scores
    pair = DistributionPair()
    pair.resize(1180, 700)
    pair.show()
    pair.set_scores(
        ScoreSet(
            image_ids=columns.ids,
            class_index=columns.classes.astype(np.intp),
            class_names=columns.class_names,
            labels=(columns.truths == 1).astype(np.int8),
            raw=scores.raw,
            aligned=scores.of("cada"),
        ),
        0.7,
        0.7,
    )
    bench.rest(1.0)
    panel = pair.panel("raw")
    scene, layout = panel.scene(), panel.plot_layout()
    assert scene is not None
    where, left = panel.viewport(), Qt.MouseButton.LeftButton
    start = layout.plot.center()
    start.setX(layout.x(scene.view.axis.place(0.7)))
    QTest.mousePress(where, left, pos=start.toPoint())
    times = []
    for number in range(N_FRAMES):
        place = start.toPoint()
        place.setX(place.x() - 60 + number % 60)
        times.append(bench.frame(partial(QTest.mouseMove, where, place)))
    QTest.mouseRelease(where, left, pos=place)
    bench.close()
    return [("moving the threshold, both panels", *_times(times))]


def measure_review(folder: Path) -> list[Row]:
    """The key O until the next image is painted; the verdict is on the disk before that."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest

    from inspector.core.review_order import Band, Order
    from inspector.gui.pages.review.page import ReviewPage
    from inspector.gui.pages.review.review_queue import Criteria

    bench = Bench()
    bench.open(folder)
    page = bench.window.page("review")
    assert isinstance(page, ReviewPage)
    page._set_criteria(Criteria(Order.LISTED, frozenset(Band), None, only_open=False))
    bench.wait(lambda: page.stage.shown_id == page.queue.current is not None)
    rows = []
    for name, pause in ((f"after looking {LOOK_SECONDS} s", LOOK_SECONDS), ("at once", 0.0)):
        times = []
        for _ in range(N_REVIEWED):
            bench.rest(pause)
            start = time.perf_counter()
            QTest.keyClick(page.main_focus(), Qt.Key.Key_O)
            if page.stage.shown_id != page.queue.current:
                bench.wait(lambda: page.stage.shown_id == page.queue.current)
            bench.app.processEvents()
            times.append(1000 * (time.perf_counter() - start))
        rows.append((f"next image in Review, {name}", *_times(times)))
    page.stage.prefetch.wait()
    page.thumbnails.wait()
    bench.close()
    return rows


PARTS: dict[str, Callable[[Path], list[Row]]] = {
    "opening": measure_opening,
    "lists": measure_lists,
    "threshold": measure_threshold,
    "review": measure_review,
}


def _memory() -> float:
    """Resident memory of this process now, in MB; at its peak where the system tells no more."""
    file = Path("/proc/self/statm")
    if not file.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return int(file.read_text().split()[1]) * resource.getpagesize() / 2**20


def _times(milliseconds: list[float]) -> tuple[str, str]:
    median, high = np.percentile(milliseconds, [50, 95])
    return f"{median:.1f} ms", f"{high:.1f} ms"


def _longest(seconds: list[float]) -> str:
    return ", ".join(f"{1000 * s:.0f}" for s in sorted(seconds)[-3:]) + " ms"


# In the process that was started ------------------------------------------------------------------


def measure_start(starts: int, environment: dict[str, str]) -> Row:
    """Process start until the window is painted."""
    command = [sys.executable, "-m", "inspector", "--window", "--quit-when-shown"]
    seconds = []
    for _ in range(starts + 1):
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds.append(time.perf_counter() - start)
        assert process.wait() == 0
        assert line.strip() == b"shown", line
    told = subprocess.run(
        [sys.executable, "-X", "importtime", *command[1:]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in told.stderr.splitlines()}
    assert "inspector.gui.main_window" in imported
    assert "torch" not in imported, "The window imports torch."
    seconds = seconds[1:]  # the first start fills the disk cache
    spread = f"{min(seconds):.2f}–{max(seconds):.2f} s"
    return "start until the window is painted", f"{statistics.median(seconds):.2f} s", spread


def measured(part: str, folder: Path, environment: dict[str, str]) -> list[Row]:
    """Runs a part in a process of its own."""
    told = subprocess.run(
        [sys.executable, __file__, "--part", part, "--projects", str(folder)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    rows: list[Any] = json.loads(told.stdout)
    return [(str(what), str(median), str(high)) for what, median, high in rows]


def run_all(options: argparse.Namespace, folder: Path) -> list[Row]:
    """Makes what is missing and measures everything."""
    big, review = folder / f"big-{options.images}", folder / "review"
    for project, make, count in (
        (big, gui_projects.make_big_project, options.images),
        (review, gui_projects.make_review_project, 2 * N_REVIEWED + 8),
    ):
        if not project.exists():
            print(f"making {count} images …", file=sys.stderr)
            make(project, count)
    with tempfile.TemporaryDirectory() as own:
        environment = os.environ | {
            "QT_QPA_PLATFORM": "offscreen",
            "XDG_CONFIG_HOME": own,
            "PYTHONPATH": str(ROOT),
        }
        rows = [measure_start(options.starts, environment)]
        for part in PARTS:
            print(f"measuring {part} …", file=sys.stderr)
            rows += measured(part, review if part == "review" else big, environment)
    return rows


def main() -> None:
    """Prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--starts", type=int, default=7)
    parser.add_argument("--projects", type=Path, help="where to make the projects, to keep them")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(PARTS[options.part](options.projects)))
        return
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "–"
    if options.projects:
        rows = run_all(options, options.projects.resolve())
    else:
        with tempfile.TemporaryDirectory() as folder:
            rows = run_all(options, Path(folder))
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.platform()}, {os.cpu_count()} CPUs,")
    print(f"Python {platform.python_version()}, load {load}; {options.images} images")
    print(f"`python benchmarks/gui.py --images {options.images}`\n")
    print("| what | median | 95th percentile |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
