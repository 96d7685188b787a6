"""LTAD, phase 1: names of the classes, and what synthesises features of rare ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from inspector.core.words import class_label
from inspector.engine.detectors.ltad import Ltad
from inspector.engine.text.base import TextEncoder
from inspector.engine.text.loading import load_text_encoder
from inspector.jobs.parameters import LtadParameters
from training.checkpoints import Training
from training.fitting import Assignment
from training.run import Run
from training.sampling import one_cycle
from training.tails import Classes, draw, find_classes

_TEMPERATURE = 0.07  # (ours), of telling classes by the nearest name
_BATCH = 32
_METRIC_EVERY = 10
_SHARED = "part"


def fit(detector: Ltad, task: Assignment, run: Run) -> None:
    """Fits names, VAE and the way from features to names, in place. Resumable: see `Run.rounds`.

    The names are learned through the decoder's MSE and, so that images find them, through the
    nearest name being the right one *(ours)*.
    """
    parameters: LtadParameters = task.parameters
    device = task.device.torch
    classes = find_classes(task)
    if len(classes.names) == 1:
        run.note(
            "All images are of one class, so none is rare; ltad.classes=clusters finds classes "
            "without folders."
        )
    encoder = load_text_encoder(detector.backbone).to(device)
    _note_pair(encoder, detector.backbone.name, run)
    _standardise(detector, task, classes, run)
    detector.names.start(len(classes.names), encoder, task.seed)
    if parameters.names != "learned":
        detector.names.settle_as(_texts(classes, parameters), encoder)
    learner = nn.ModuleDict(
        {"names": detector.names, "synthesis": detector.synthesis, "nearest": detector.nearest}
    )
    optimiser = torch.optim.AdamW(learner.parameters(), lr=parameters.name_rate, weight_decay=1e-5)
    torch.manual_seed(task.seed)
    everything = classes.real_shares(1.0)
    state = Training(learner, optimiser)
    total = parameters.name_iterations
    for step in run.rounds(state, total, "naming steps", part="names"):
        rate = parameters.name_rate * one_cycle(step, total)
        for group in optimiser.param_groups:
            group["lr"] = rate
        seen = draw(classes, everything, parameters.name_batch_size, step, task.seed)
        target, z = detector.standardise(task.source.batch(seen.rows))
        labels = torch.tensor(seen.classes, device=device)
        named = detector.names.named
        if parameters.names == "learned":
            named = encoder.read("", detector.names.tokens)
        with task.device.autocast():
            latent = detector.synthesis.encode(z)
            decoded = detector.synthesis.decode(latent.draw(), named[labels], _grid(target))
        error = (decoded.float() - target).square().mean()
        look = F.normalize(detector.nearest(z), dim=1)
        found = F.cross_entropy(look @ named.T / _TEMPERATURE, labels)
        loss = error + parameters.divergence * latent.divergence() + found
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if step % _METRIC_EVERY == 0:
            run.metric("loss", step, loss.item())
            run.metric("synthesis_error", step, error.item())
            run.metric("learning_rate", step, rate)
    if run.ended_early():
        run.note("Learning names was ended early.")
    if parameters.names == "learned":
        detector.names.settle(encoder)
    if task.repeats is None:
        labels_ = [class_label(name) for name in classes.names]
        detector.names.describe(labels_, encoder, words=parameters.names == "learned")


def _note_pair(encoder: TextEncoder, backbone: str, run: Run) -> None:
    if encoder.is_joint:
        run.note(f"Names are read by the text side of {encoder.name}, trained with its image side.")
    else:
        run.note(
            f"Names are read by the sentence encoder {encoder.name}, which was not trained jointly "
            f"with the image side {backbone}: learned projections alone tie the two."
        )


def _texts(classes: Classes, parameters: LtadParameters) -> Sequence[str]:
    if parameters.names == "shared":
        return [_SHARED] * len(classes.names)
    return [name.replace("_", " ").strip() or _SHARED for name in classes.names]


def _grid(features: Tensor) -> tuple[int, int]:
    return (features.shape[2], features.shape[3])


@torch.no_grad()
def _standardise(detector: Ltad, task: Assignment, classes: Classes, run: Run) -> None:
    """Takes mean and spread of the channels, in which every class counts as much as any other."""
    channels = len(detector.mean)
    total, square = torch.zeros(2, channels, dtype=torch.float64)
    for members in classes.rows:
        for start in range(0, len(members), _BATCH):
            run.check()
            chosen = members[start : start + _BATCH]
            features = detector.gather(task.source.batch(chosen)).cpu().double()
            total += features.mean(dim=(2, 3)).sum(dim=0) / len(members)
            square += features.square().mean(dim=(2, 3)).sum(dim=0) / len(members)
    mean, square = total / len(classes.rows), square / len(classes.rows)
    detector.mean.copy_(mean)
    detector.std.copy_((square - mean.square()).clamp_min(1e-12).sqrt())
