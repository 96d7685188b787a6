"""Fitting PatchCore: choosing the patches to remember (METHODS section 1)."""

from __future__ import annotations

from inspector.engine.detectors.patchcore import PatchCore
from training.banks import Cover, NormalPatches, fill_bank, patches_per_image
from training.fitting import Assignment
from training.run import Run


def fit(detector: PatchCore, task: Assignment, run: Run) -> None:
    """Fills the bank, in place. A fit that repeats another gets a bank of the same size: as many
    centres cover what is normal as closely, however many images there are. One process does it.
    """
    patches = NormalPatches(task.source, task.rows, task.entries)
    everything = patches.count * patches_per_image(patches.size)
    size = task.steps or max(1, round(task.parameters.coreset * everything))
    parameters = task.parameters
    cover = Cover(size, parameters.coreset_width, parameters.coreset_points, task.seed)
    run.by_first(detector, lambda: fill_bank(detector.normal, patches, cover, run))
    detector.eval()
