"""LTAD, phase 2: reconstruction and semantic module on real and synthetic features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from inspector.core.metrics import auroc
from inspector.core.words import count as counted
from inspector.engine.detectors.ltad import Ltad, Observed
from inspector.engine.maps import image_score, mean_map, smooth
from inspector.jobs.parameters import LtadParameters
from training.fitting import Assignment
from training.run import Run
from training.sampling import one_cycle
from training.tails import Classes, Drawn, draw, find_classes
from training.whitening import learn_whitening

_CLIP = 1.0
_BATCH = 16
_METRIC_EVERY = 10
_VALIDATIONS = 8
_FUSIONS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_DAMAGES = 3  # of each image that λ is chosen on
_ALIKE = 0.01
_SHOWN = 24  # of a class: so many synthetic images, and at most so many real ones, to look at


def fit(detector: Ltad, task: Assignment, run: Run) -> None:
    """Fits RM and SAD in place, then fuses them. Resumable: see `Run.steps`."""
    parameters: LtadParameters = task.parameters
    classes = find_classes(task)
    held_out: list[int] = []
    if task.repeats is None and parameters.semantic:
        classes, held_out = classes.without_held_out(task.seed, task.source.tiling.tiles)
    shares = classes.real_shares(parameters.least_real if parameters.synthesis else 1.0)
    _fit_modules(detector, task, classes, shares, run)
    detector.eval()
    if parameters.whitening:
        learn_whitening(
            detector.whitening,
            lambda features: detector.left_over(detector.standardise(features)),
            task.source,
            classes.rows,
            run,
        )
    if isinstance(task.repeats, Ltad):
        # The same scale as the detector that this one repeats: its statistics stand for that one's.
        for name in ("score_mean", "score_std", "fusion"):
            getattr(detector, name).copy_(getattr(task.repeats, name))
        return
    _standardise_scores(detector, task, classes, run)
    if parameters.semantic:
        rows = held_out or [members[0] for members in classes.rows if members]
        detector.fusion.fill_(_choose_fusion(detector, task, classes, rows, run))
    _keep_sample(detector, task, classes, run)


def _fit_modules(
    detector: Ltad,
    task: Assignment,
    classes: Classes,
    shares: NDArray[np.float64],
    run: Run,
) -> None:
    parameters: LtadParameters = task.parameters
    learner = nn.ModuleDict(
        {"reconstruction": detector.reconstruction, "semantic": detector.semantic}
    )
    optimiser = torch.optim.AdamW(
        learner.parameters(), lr=parameters.learning_rate, weight_decay=parameters.weight_decay
    )
    torch.manual_seed(task.seed)
    every = max(1, parameters.iterations // _VALIDATIONS)
    detector.train()
    for step in run.steps(learner, optimiser, task.steps):
        rate = parameters.learning_rate * one_cycle(step, parameters.iterations)
        for group in optimiser.param_groups:
            group["lr"] = rate
        drawn = draw(classes, shares, parameters.batch_size, step, task.seed)
        clean = normal_features(detector, task, drawn)
        noisy = clean + parameters.noise * torch.randn_like(clean)
        with task.device.autocast():
            rebuilt = detector.reconstruction(noisy)
        loss = (rebuilt.float() - clean).square().mean()
        if parameters.semantic:
            loss = loss + _semantic_loss(detector, task, drawn, clean, noisy)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(learner.parameters(), _CLIP)
        optimiser.step()
        if step % _METRIC_EVERY == 0:
            run.metric("loss", step, loss.item())
            run.metric("learning_rate", step, rate)
        if (step + 1) % every == 0:
            detector.eval()
            task.validate(step)
            detector.train()


@torch.no_grad()
def normal_features(detector: Ltad, task: Assignment, drawn: Drawn) -> Tensor:
    """Features of the drawn images, standardised; of those to be synthesised, synthetic ones."""
    seen = detector.standardise(task.source.batch(drawn.rows))
    if not drawn.synthetic.any():
        return seen.tensor
    device = seen.tensor.device
    chosen = torch.from_numpy(np.flatnonzero(drawn.synthetic)).to(device)
    named = detector.names.named[torch.tensor(drawn.classes, device=device)[chosen]]
    synthetic = detector.synthesis.vary(seen.tensor[chosen], seen.z[chosen], named)
    return seen.tensor.index_copy(0, chosen, synthetic)


def _semantic_loss(
    detector: Ltad, task: Assignment, drawn: Drawn, clean: Tensor, noisy: Tensor
) -> Tensor:
    """Binary cross-entropy per patch: 0 for normal patches, 1 for those with noise."""
    of_image = torch.tensor(drawn.classes, device=clean.device)
    both = torch.cat([of_image, of_image])
    normal, abnormal = detector.names.normal[both], detector.names.abnormal[both]
    with task.device.autocast():
        logits = detector.semantic(torch.cat([clean, noisy]), normal, abnormal)
    wanted = torch.zeros_like(logits, dtype=torch.float32)
    wanted[len(clean) :] = 1
    return F.binary_cross_entropy_with_logits(logits.float(), wanted)


@torch.no_grad()
def _standardise_scores(detector: Ltad, task: Assignment, classes: Classes, run: Run) -> None:
    """Mean and deviation of S_rec and S_sem on the training images, all classes counting alike."""
    total, square = torch.zeros(2, 2, dtype=torch.float64)
    members = [rows for rows in classes.rows if rows]
    for rows in members:
        for start in range(0, len(rows), _BATCH):
            run.check()
            chosen = rows[start : start + _BATCH]
            scores = _both_scores(detector, detector.standardise(task.source.batch(chosen)))
            stacked = torch.stack(scores).cpu().double()
            total += stacked.mean(dim=(2, 3)).sum(dim=1) / len(rows)
            square += stacked.square().mean(dim=(2, 3)).sum(dim=1) / len(rows)
    mean, square = total / len(members), square / len(members)
    detector.score_mean.copy_(mean)
    detector.score_std.copy_((square - mean.square()).clamp_min(1e-12).sqrt())


def _both_scores(detector: Ltad, seen: Observed) -> tuple[Tensor, Tensor]:
    """S_rec and S_sem on the grid of the features, each (B, h, w)."""
    error = detector.reconstruction_score(seen)
    semantic = detector.semantic_score(seen, detector.classify(seen.z))
    return error, F.interpolate(semantic.unsqueeze(1), size=error.shape[1:]).squeeze(1)


def damaged(tensor: Tensor, noise: float, seed: int) -> Tensor:
    """Puts one anomaly into each image: noise, or what another image has elsewhere *(ours)*.

    Args:
        tensor: (B, C, h, w), standardised.
        noise: Standard deviation of the noise.
        seed: Of place, size and kind.
    """
    rng = np.random.default_rng([seed, 0xDA3A])
    count, _, height, width = tensor.shape
    rows, columns = np.mgrid[:height, :width]
    foreign = torch.roll(tensor, (1, height // 3, width // 3), (0, 2, 3))
    noisy = tensor + noise * torch.from_numpy(rng.standard_normal(tensor.shape)).to(tensor)
    out = tensor.clone()
    for n in range(count):
        row, column = rng.integers(height), rng.integers(width)
        radius = rng.uniform(1, max(1.5, min(height, width) / 8))
        inside = (rows - row) ** 2 + (columns - column) ** 2 <= radius**2
        place = torch.from_numpy(inside).to(tensor.device)
        source = foreign if n % 2 else noisy
        out[n] = torch.where(place, source[n], tensor[n])
    return out


@torch.no_grad()
def _choose_fusion(
    detector: Ltad, task: Assignment, classes: Classes, rows: Sequence[int], run: Run
) -> float:
    """λ by which image scores tell held-out normal images with a synthetic anomaly from those
    without, all classes on one scale.

    Measured by AUROC; of those within a hundredth of the best the smallest, as images are few.
    """
    parameters: LtadParameters = task.parameters
    clean: dict[float, list[float]] = {value: [] for value in _FUSIONS}
    harmed: dict[float, list[float]] = {value: [] for value in _FUSIONS}
    for start in range(0, len(rows), _BATCH):
        seen = detector.standardise(task.source.batch(rows[start : start + _BATCH]))
        _add_scores(detector, seen, task.source.size, clean)
        for repeat in range(_DAMAGES):
            run.check()
            seed = task.seed + _DAMAGES * start + repeat
            tensor = damaged(seen.tensor, parameters.noise, seed)
            _add_scores(detector, Observed(tensor, seen.z), task.source.size, harmed)
    truth = np.repeat([False, True], [len(rows), _DAMAGES * len(rows)])
    areas = {v: auroc(truth, np.array(clean[v] + harmed[v])) or 0.0 for v in _FUSIONS}
    chosen = min(value for value, area in areas.items() if area >= max(areas.values()) - _ALIKE)
    run.note(
        f"λ = {chosen:g} of the semantic score was chosen on synthetic anomalies of "
        f"{counted(len(rows), 'normal image')}."
    )
    return chosen


def _add_scores(
    detector: Ltad, seen: Observed, size: tuple[int, int], found: dict[float, list[float]]
) -> None:
    """Adds the image scores with each λ."""
    error, semantic = (
        (score - mean) / std
        for score, mean, std in zip(
            _both_scores(detector, seen), detector.score_mean, detector.score_std, strict=True
        )
    )
    for value, scores in found.items():
        scores += image_score(smooth(mean_map([error + value * semantic], size))).tolist()


@torch.no_grad()
def _keep_sample(detector: Ltad, task: Assignment, classes: Classes, run: Run) -> None:
    """Of a rare class there are more synthetic images than real ones: they are what counts."""
    parameters: LtadParameters = task.parameters
    torch.manual_seed(task.seed)
    features, labels, synthetic = [], [], []
    for c, members in enumerate(classes.rows):
        run.check()
        chosen = members[:_SHOWN]
        if not chosen:
            continue
        seen = detector.standardise(task.source.batch(chosen))
        made = [(seen.tensor, 0)]
        if parameters.synthesis:
            again = torch.arange(_SHOWN, device=seen.z.device) % len(chosen)
            named = detector.names.named[c].expand(_SHOWN, -1)
            made.append((detector.synthesis.vary(seen.tensor[again], seen.z[again], named), 1))
        for tensor, kind in made:
            features.append(tensor.mean(dim=(2, 3)))
            labels += [c] * len(tensor)
            synthetic += [kind] * len(tensor)
    detector.sample.keep(torch.cat(features), torch.tensor(labels), torch.tensor(synthetic))
