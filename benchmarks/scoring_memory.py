"""Memory of the worker that scores an archive: does it grow with the number of images?

    python benchmarks/scoring_memory.py [--images 10000] [--model-size 128]

Trains a small RevDist on sample parts, scores a folder of that many images (links to sample parts)
as `inspector score PROJECT FOLDER` does, and reads the worker's resident memory (Linux: /proc) as
it goes. Prints it every thousand images, and the last thousand beside the second.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from inspector.cli.following import follow
from inspector.cli.output import Output
from inspector.core.sampleparts import SamplePlan, write_sample_parts
from inspector.jobs import events
from inspector.jobs.process import Worker
from inspector.project.project import Project
from inspector.project.settling import settle
from inspector.project.work import Computing, prepare_folder_scoring, prepare_training

PARAMETERS = {
    "revdist.iterations": 20,
    "alignment.iterations": 40,
    "alignment.statistics": "fitted",
}


def resident_mebibytes(pid: int) -> float:
    """Of a process, now; by Linux."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def write_archive(parts: Path, target: Path, count: int) -> None:
    """A flat folder with `count` images."""
    target.mkdir()
    known = sorted(parts.rglob("*.png"))
    known = [file for file in known if "ground_truth" not in file.parts]
    for number in range(count):
        os.link(known[number % len(known)], target / f"{number:06d}.png")


def main() -> None:
    """Trains, scores and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--model-size", type=int, default=128)
    options = parser.parse_args()
    output = Output(json=True, silent=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_sample_parts(folder / "parts", SamplePlan.demo())
        write_archive(folder / "parts", folder / "archive", options.images)
        project = Project.create(folder / "project")
        project.import_folder(folder / "parts")
        changes = {**PARAMETERS, "image_size": options.model_size}
        run = prepare_training(project, "revdist", "quick", changes, Computing())
        settle(project, run, follow(run, output))
        model = project.find_model()
        scoring = prepare_folder_scoring(project, model, folder / "archive", None, Computing())
        worker = Worker(scoring.folder)
        found: dict[int, list[float]] = defaultdict(list)
        start = time.monotonic()
        for event in worker.events():
            if isinstance(event, events.Progress) and event.unit == "images" and event.done:
                found[(event.done - 1) // 1000].append(resident_mebibytes(worker.pid))
        outcome = worker.wait()
        minutes = (time.monotonic() - start) / 60
        project.close()
    print(f"{outcome.state}, {options.images:,} images in {minutes:.1f} min")
    medians = {thousand: statistics.median(values) for thousand, values in sorted(found.items())}
    for thousand, median in medians.items():
        print(f"images {1000 * thousand + 1:6,} to {1000 * (thousand + 1):6,}: {median:.0f} MiB")
    if len(medians) > 2:
        last, second = medians[max(medians)], medians[1]
        print(
            f"the last thousand has {100 * (last / second - 1):+.1f} % of the second's memory more"
        )


if __name__ == "__main__":
    main()
