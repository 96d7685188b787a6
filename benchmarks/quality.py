"""Detection quality on real and on sample parts: raw beside aligned, fitted beside held out.

    python benchmarks/quality.py [--data parts samples elpv polluted-5] [--methods revdist]

Trains through the same worker processes as the program and prints what `RESULTS.md` records. Real
images are looked for in `$INSPECTOR_DATA/parts`, then `../shared/data/parts`; solar cells (`elpv`)
come with `pip install elpv-dataset`. What is not here is left out, and that is said.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import msgspec
import torch
from datasets import elpv_data, real_parts, write_elpv, write_polluted

from inspector.cli.following import follow
from inspector.cli.output import Output
from inspector.core.evaluation import Evaluation
from inspector.core.sampleparts import SamplePlan, write_sample_parts
from inspector.engine.device import resolve_device
from inspector.engine.model_files import load_model, save_model
from inspector.engine.pipeline import Pipeline
from inspector.jobs.parameters import AlignmentParameters
from inspector.jobs.spec import read_job
from inspector.project.project import Project
from inspector.project.results import read_evaluation
from inspector.project.settling import settle
from inspector.project.work import Computing, prepare_scoring, prepare_training
from training.alignment import AlignmentData, fit_aligners, stage_names
from training.features import FeatureCache
from training.normal_statistics import measure as measure_normal
from training.run import Run
from training.sampling import fold_of
from training.score_job import score

LITE = "tf_efficientnet_lite0"
POLLUTED = "polluted-"  # and a percentage: real parts with unnoticed defects


@dataclass(frozen=True)
class Result:
    """One trained and evaluated model."""

    data: str
    method: str
    preset: str
    statistics: str
    seed: int
    minutes: float
    evaluation: Evaluation


def projects(folder: Path, names: list[str]) -> Iterator[tuple[str, Project]]:
    """A project for each data set that is here."""
    for name in names:
        images = folder / f"{name}-images"
        found = write_images(name, images)
        if found is None:
            print(f"The images of '{name}' are not here; skipping them.", file=sys.stderr)
            continue
        target = folder / name
        project = Project.open(target) if Project.is_project(target) else Project.create(target)
        project.import_folder(found)
        yield name, project


def write_images(name: str, target: Path) -> Path | None:
    """The folder of a data set, written to `target` unless it is there; None if it is not here."""
    if target.exists():
        return target
    if name == "samples":
        write_sample_parts(target, SamplePlan.demo())
        return target
    if name == "elpv":
        data = elpv_data()
        if data is not None:
            write_elpv(data, target)
        return target if data is not None else None
    parts = real_parts()
    if parts is not None and name.startswith(POLLUTED):
        write_polluted(parts, target, int(name.removeprefix(POLLUTED)))
        return target
    return parts


def measure(
    name: str, project: Project, method: str, preset: str, seed: int, changes: dict[str, object]
) -> Iterator[Result]:
    """Trains once; evaluates with held-out statistics, then with those of the fitted images."""
    output = Output(json=True, silent=True)
    own = {"backbone": LITE, "seed": seed, "alignment.statistics": "cross-fitted", **changes}
    start = time.monotonic()
    run = prepare_training(project, method, preset, own, Computing())
    settle(project, run, follow(run, output))
    minutes = (time.monotonic() - start) / 60
    model = project.find_model()
    scoring = prepare_scoring(project, model, Computing(), evaluate=True)
    settle(project, scoring, follow(scoring, output))
    yield Result(
        name, method, preset, "cross-fitted", seed, minutes, read_evaluation(scoring.folder)
    )
    folder = scoring.folder / "fitted"
    realign_on_fitted_images(project, model.folder, folder / "model")
    job = msgspec.structs.replace(read_job(scoring.folder), model=str(folder / "model"))
    score(job, Run(folder, lambda event: None))
    yield Result(name, method, preset, "fitted", seed, minutes, read_evaluation(folder))


def realign_on_fitted_images(project: Project, model: Path, target: Path) -> None:
    """The same detector, with alignment and thresholds from the images that it was fitted on.

    What `--set alignment.statistics=fitted` would have made, without fitting the detector again.
    """
    pipeline, card = load_model(model)
    device = resolve_device()
    pipeline.to(device)
    entries = project.snapshot(card.snapshot_id).normal_training()
    cache = FeatureCache(project.cache_folder, pipeline.detector.backbone, card.image_size, device)
    source, rows, _ = cache.fill(entries, lambda done, total, unit: None)
    found = measure_normal(pipeline.detector, source, rows, pipeline.scorer, device)
    names = [entries[row].class_name for row in rows]
    parameters = msgspec.convert(card.parameters["alignment"], AlignmentParameters)
    folds = fold_of(len(rows), parameters.folds, card.seed)
    run = Run(target.parent, lambda event: None)
    run.plan(*stage_names(parameters.folds))
    fitted = fit_aligners(
        AlignmentData(found.descriptors, found.statistics, False, names, folds),
        pipeline.scorer,
        parameters,
        card.parameters["common"]["target_false_positive_rate"],
        run,
        card.seed,
    )
    changed = Pipeline(pipeline.detector, fitted.aligners, card.default_alignment, pipeline.scorer)
    save_model(target, changed, msgspec.structs.replace(card, thresholds=fitted.thresholds))


def print_result(result: Result) -> None:
    """One line a variant."""
    for variant in result.evaluation.variants:
        average, unified = variant.class_average, variant.absolute_unified
        cells = (
            result.data,
            result.method,
            result.preset,
            result.statistics,
            str(result.seed),
            variant.variant,
            *(
                "–" if value is None else f"{value:.3f}"
                for value in (
                    average.image_auroc,
                    unified.image_auroc,
                    unified.image_ap,
                    average.pixel_auroc,
                    average.pixel_aupro,
                    unified.pixel_aupro,
                    unified.false_positive_rate,
                    unified.true_positive_rate,
                )
            ),
            f"{result.minutes:.1f}",
        )
        print("| " + " | ".join(cells) + " |", flush=True)


def print_medians(results: list[Result]) -> None:
    """Medians over seeds, where there is more than one."""
    keys = sorted({(r.data, r.method, r.preset, r.statistics) for r in results})
    for key in keys:
        own = [r for r in results if (r.data, r.method, r.preset, r.statistics) == key]
        for variant in own[0].evaluation.variants:
            found = [v for r in own if (v := r.evaluation.find(variant.variant)) is not None]
            average = _over_seeds([v.class_average.image_auroc for v in found])
            unified = _over_seeds([v.absolute_unified.image_auroc for v in found])
            print(
                f"{' '.join(key)} {variant.variant}: I-AUROC class average {average}, "
                f"absolute-unified {unified} over {len(found)} seeds"
            )


def _over_seeds(values: list[float | None]) -> str:
    """Median and range."""
    known = [value for value in values if value is not None]
    return f"{statistics.median(known):.3f} ({min(known):.3f}–{max(known):.3f})"


def main() -> None:
    """Measures and prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", nargs="+", default=["parts", "samples"], help="parts, samples, elpv, polluted-5"
    )
    parser.add_argument("--methods", nargs="+", default=["revdist"])
    parser.add_argument("--presets", nargs="+", default=["quick"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=NUMBER")
    parser.add_argument("--work", type=Path, help="keep projects here (default: a temporary one)")
    options = parser.parse_args()
    changes = {name: float(v) if "." in v else int(v) for name, v in map(_split, options.set)}
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {' '.join(sys.argv[1:])}")
    print(
        "| data | method | preset | statistics | seed | alignment | I-AUROC class average "
        "| I-AUROC unified | I-AP unified | P-AUROC average | AUPRO average | AUPRO unified "
        "| good flagged | defects caught | training, min |"
    )
    print("|---" * 15 + "|")
    results = []
    with tempfile.TemporaryDirectory() as temporary:
        for name, project in projects(options.work or Path(temporary), options.data):
            for method, preset, seed in product(options.methods, options.presets, options.seeds):
                for result in measure(name, project, method, preset, seed, changes):
                    print_result(result)
                    results.append(result)
            project.close()
    if len(options.seeds) > 1:
        print_medians(results)


def _split(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


if __name__ == "__main__":
    main()
