"""Fitting DMAD: its banks, then the head that reads them (METHODS section 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from inspector.engine.annotating import Entries, pseudo_anomalies
from inspector.engine.detectors.dmad import MARGIN, Dmad
from inspector.engine.memory.nearest import nearest
from inspector.engine.memory.patches import as_rows, patch_features
from inspector.jobs.parameters import DmadParameters
from training.banks import Cover, NormalPatches, fill_bank, patches_per_image
from training.distributed import own, size
from training.fitting import Assignment
from training.outliers import Outliers, texture_patches
from training.painted import all_painted_entries
from training.run import Run
from training.sampling import batch_rows

_ABNORMAL_ROWS = 512  # (ours) painted and pseudo patches a step
_METRIC_EVERY = 10
_VALIDATIONS = 8
_LOOKED_AT = 64  # rows, at least: normal patches hardly differ more between more of them


class Weights(NamedTuple):
    """λ1 of noisy normal patches and λ2 of abnormal ones in the loss."""

    noisy: float
    abnormal: float


UNSUPERVISED = Weights(1.0, 0.0)
SUPERVISED = Weights(0.5, 15.0)


def fit(detector: Dmad, task: Assignment, run: Run) -> None:
    """Fits in place; with painted defects as soon as there is one.

    Always in float32: the noise that is to be told from normal patches is as small as bfloat16's
    rounding. Several processes share the steps of the head; the first fills the banks.
    """

    def fill_banks() -> None:
        fill_normal_and_outliers(detector, task, run)
        fit_spread(detector, task)
        take_painted(detector, task)

    run.by_first(detector, fill_banks)
    fit_head(detector, task, run)
    detector.eval()
    run.by_first(detector, lambda: blend(detector, task))


def fill_normal_and_outliers(detector: Dmad, task: Assignment, run: Run) -> None:
    """M_n and M_o, which painted defects do not change."""
    parameters: DmadParameters = task.parameters
    patches = NormalPatches(task.source, task.rows, task.entries)
    repeated = task.repeats if isinstance(task.repeats, Dmad) else None
    per_image = patches_per_image(patches.size)

    def size(images: int, bank_of_repeated: str) -> int:
        if repeated is not None:  # as many centres cover as closely: see PatchCore's fit
            return len(getattr(repeated, bank_of_repeated))
        return max(1, round(parameters.coreset * images * per_image))

    width, points = parameters.coreset_width, parameters.coreset_points
    cover = Cover(size(patches.count, "normal"), width, points, task.seed, "normal")
    fill_bank(detector.normal, patches, cover, run)
    bank = detector.normal.features.float()
    detector.scale.fill_(float(bank.square().mean().sqrt().clamp_min(1e-6)))
    images = parameters.outlier_images
    if images:
        textures = texture_patches(
            parameters.textures,
            detector.backbone,
            patches.size[0],
            images,
            task.seed,
            detector.normal.features.device,
        )
        units = ("outlier patches", "outlier entries")
        cover = Cover(size(images, "outliers"), width, points, task.seed, "outliers", units)
        fill_bank(detector.outliers, Outliers(textures, patches, images, task.seed), cover, run)


@torch.no_grad()
def fit_spread(detector: Dmad, task: Assignment) -> None:
    """How patches of normal images differ from the bank, on some of them."""

    def differences() -> Iterator[Tensor]:
        for row in _some(task):
            patches = as_rows(patch_features(task.source.batch([row])))[0]
            near = detector.normal.nearest(patches).row
            yield patches - detector.normal.features[near].float()

    detector.spread.fit(differences())


def take_painted(detector: Dmad, task: Assignment) -> None:
    """M_as, the filters matched to it, and M_p; empty where nothing is painted."""
    parameters: DmadParameters = task.parameters
    painted = all_painted_entries(
        task.painted, detector.descriptor_channels, filtered=parameters.mask_filter
    )
    detector.annotated.fill(*painted)
    detector.annotated.leave_out(task.muted)
    detector.learn_filters()
    kept = Entries(detector.annotated.features.float().cpu(), detector.annotated.sources.cpu())
    noise = parameters.centre_noise * float(detector.scale)
    detector.pseudo.fill(*pseudo_anomalies(kept, parameters.centre_samples, noise, seed=task.seed))


def fit_head(detector: Dmad, task: Assignment, run: Run) -> None:
    """AdamW on the three-part hinge loss. Resumable: see `Run.steps`."""
    parameters: DmadParameters = task.parameters
    head = detector.head
    is_supervised = len(detector.annotated) > 0
    weights = SUPERVISED if is_supervised else UNSUPERVISED
    attends = not is_supervised if parameters.attention == "auto" else parameters.attention == "on"
    head.attends.fill_(attends)
    slow = [head.key, head.value, head.projection]
    fast = [head.enter, head.blocks, head.leave]
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for m in slow for p in m.parameters()], "lr": parameters.projection_rate},
            {"params": [p for m in fast for p in m.parameters()], "lr": parameters.learning_rate},
        ],
        weight_decay=parameters.weight_decay,
    )
    normal = _NormalBatches(detector, task)
    abnormal = _AbnormalRows(detector) if weights.abnormal else None
    torch.manual_seed(task.seed)
    every = max(1, task.steps // _VALIDATIONS)
    detector.train()
    for step in run.steps(head, optimiser, task.steps):
        clean = normal.representation(step).flatten(0, 1)
        noisy = clean + parameters.noise * torch.randn_like(clean)
        parts = [clean, noisy]
        if abnormal is not None:
            parts.append(abnormal.representation(step, task.seed))
        scores = head.score(torch.cat(parts))
        loss = hinge_loss(torch.split(scores, [len(part) for part in parts]), weights)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step % _METRIC_EVERY == 0:
            run.metric("loss", step, loss.item())
            run.metric("learning_rate", step, parameters.learning_rate)
        if (step + 1) % every == 0:
            detector.eval()
            task.validate(step)
            detector.train()


@torch.no_grad()
def blend(detector: Dmad, task: Assignment) -> None:
    """Chooses what counts beside the mapper, by what is said of some of the normal images."""
    parameters: DmadParameters = task.parameters
    found = [
        detector.assess(as_rows(patch_features(task.source.batch([row])))) for row in _some(task)
    ]
    detector.blend_by(
        torch.cat([one.scores for one in found]),
        torch.cat([one.distances for one in found]),
        distance=parameters.distance,
        likeness=parameters.likeness,
    )


def _some(task: Assignment) -> Sequence[int]:
    """Rows at equal steps; of tiles as many at random, as steps may meet the same of each image."""
    every = max(1, len(task.rows) // _LOOKED_AT)
    if task.source.tiling.count == 1:
        return task.rows[::every]
    order = np.random.default_rng([task.seed, 0x50E]).permutation(len(task.rows))
    return [task.rows[place] for place in sorted(order[: -(-len(order) // every)].tolist())]


def hinge_loss(scores: Sequence[Tensor], weights: Weights) -> Tensor:
    """max(0, ½ − Ψ(o_n)) + λ1 max(0, ½ + Ψ(o_p)) + λ2 max(0, ½ + Ψ(o_a)), each averaged.

    Args:
        scores: Ψ of normal, of noisy and, where there are any, of abnormal patches.
        weights: λ1 and λ2.
    """
    normal, noisy, *abnormal = scores
    loss = (MARGIN - normal).clamp_min(0).mean()
    loss = loss + weights.noisy * (MARGIN + noisy).clamp_min(0).mean()
    for part in abnormal:
        loss = loss + weights.abnormal * (MARGIN + part).clamp_min(0).mean()
    return loss


class _NormalBatches:
    """Representations of normal patches, a batch of images a step."""

    def __init__(self, detector: Dmad, task: Assignment) -> None:
        self._detector = detector
        self._task = task
        images, patches = len(task.entries), patches_per_image(task.source.size)
        self._normal = _Neighbours(detector.normal.features, images, patches)
        bank = detector.abnormal()
        self._abnormal = _Neighbours(bank, images, patches) if len(bank) else None
        self._patches = patches

    def representation(self, step: int) -> Tensor:
        """o of the step's patches, (B, n, 3C)."""
        task = self._task
        everything = batch_rows(task.rows, task.parameters.batch_size, step, task.seed)
        rows = own(everything)
        patches = as_rows(patch_features(task.source.batch(rows)))
        images = torch.tensor(rows, device=patches.device)[:, None]
        chosen_places = own(list(self._choose(len(everything), step)))
        places = torch.stack(chosen_places).to(patches.device)
        chosen = patches[torch.arange(len(rows), device=patches.device)[:, None], places]
        normal = self._normal.of(images, places, chosen)
        abnormal = None if self._abnormal is None else self._abnormal.of(images, places, chosen)
        return self._detector.represent(chosen, normal, abnormal)

    def _choose(self, images: int, step: int) -> Tensor:
        """Which patches of each image: (B, n), a function of seed and step alone."""
        wanted = self._task.parameters.patches
        if wanted == 0 or wanted >= self._patches:
            return torch.arange(self._patches).expand(images, -1)
        rng = np.random.default_rng([self._task.seed, step, 0xBA7C])
        order = rng.random((images, self._patches)).argsort(axis=1)
        return torch.from_numpy(order[:, :wanted].copy())


class _Neighbours:
    """The nearest bank entries of training patches. Neither changes, so each is searched once."""

    def __init__(self, bank: Tensor, images: int, patches: int) -> None:
        self._bank = bank
        self._known = torch.full((images, patches), -1, dtype=torch.int32, device=bank.device)

    def of(self, images: Tensor, places: Tensor, patches: Tensor) -> Tensor:
        """Entries (B, n, C) nearest to `patches` (B, n, C), which are those at `places` (B, n)."""
        index = self._known[images, places]
        missing = index < 0
        if bool(missing.any()):
            index[missing] = nearest(patches[missing], self._bank).row.int()
            self._known[images, places] = index
        return self._bank[index].float()


class _AbnormalRows:
    """Representations of painted and pseudo patches.

    None may find itself in the bank: a defect that is seen later is not in it either *(ours)*.
    """

    def __init__(self, detector: Dmad) -> None:
        self._detector = detector
        everything = detector.abnormal()
        first = len(detector.outliers)
        own = torch.arange(first, len(everything), device=everything.device)
        self._rows = everything[first:].float()
        normal = detector.normal.nearest(self._rows).row
        self._normal = detector.normal.features[normal].float()
        self._abnormal = everything[nearest(self._rows, everything, own).row].float()

    def representation(self, step: int, seed: int) -> Tensor:
        """o of some of them, (Q, 3C)."""
        count = min(_ABNORMAL_ROWS, len(self._rows))
        count = max(1, count // size()) * size()  # drawn again where there are too few to split
        chosen = own(batch_rows(range(len(self._rows)), count, step, seed))
        # Each as an image of one patch: they come from many images.
        q, normal, abnormal = (
            rows[chosen].unsqueeze(1) for rows in (self._rows, self._normal, self._abnormal)
        )
        return self._detector.represent(q, normal, abnormal).squeeze(1)
