"""Scores of many images again and again, after every newly painted mask, within seconds.

What a trained model says of a patch, and what normal patch is nearest, does not depend on what is
freshly painted. It is kept for as many images as memory allows, so that only the responses of the
few fresh filters are computed anew, and only those images get a new map that look like a defect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.evaluation import RAW, Expected
from inspector.core.patch_grid import PATCH_STRIDE
from inspector.engine.alignment.base import Statistics
from inspector.engine.annotating import (
    Entries,
    PaintedDefect,
    entries_of_mask,
    no_entries,
    require_dmad,
)
from inspector.engine.detectors.base import RawPrediction
from inspector.engine.detectors.dmad import as_entries, respond
from inspector.engine.device import Device
from inspector.engine.maps import for_display, mean_map, smooth
from inspector.engine.memory.patches import as_rows, look, patch_features
from inspector.engine.memory.spread import NOTABLE
from inspector.engine.pipeline import Pipeline, Scored


@dataclass(frozen=True, slots=True)
class ImageScores:
    """What is said of one image.

    Attributes:
        raw_score: Image score of the raw map.
        scores: Image score per alignment variant.
        shown: Smoothed raw map (h, w) as `maps.npy` keeps it.
    """

    raw_score: float
    scores: dict[str, float]
    shown: NDArray[np.float16]


@dataclass(slots=True)
class Assessed:
    """What a model says of one image as it was trained, and what is needed to say it anew.

    Attributes:
        trained: The scores without anything freshly painted.
        statistics: û and γ̂ per variant that aligns; painting does not change them.
        descriptor: (C,) float16, the pooled descriptor.
        differences: (N, C) float16, of its patches to the nearest normal entry: as halves they are
            more exact than the patches.
        patch_scores: (N,) float32, before anything was freshly painted.
        likeness: (N,) float32, the part of them that painted defects have.
        normal: (N,) int32, row of the nearest normal entry.
        steady: The masks that `responses` are of, by the bytes of their entries' sources.
        responses: (N,) float32, the strongest of the filters matched to the `steady` ones.
        is_mapped: Whether the larger arrays lie in a file and take no memory of their own.
    """

    trained: ImageScores
    statistics: dict[str, Expected]
    descriptor: NDArray[np.float16]
    differences: Tensor
    patch_scores: Tensor
    likeness: Tensor
    normal: Tensor
    steady: frozenset[bytes]
    responses: Tensor
    is_mapped: bool = False

    @property
    def bytes(self) -> int:
        """Memory that it takes, about."""
        own = self.responses.numel() * self.responses.element_size()
        if self.is_mapped:
            return own
        tensors = (self.differences, self.patch_scores, self.likeness, self.normal)
        held = sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        return own + held + self.trained.shown.nbytes + self.descriptor.nbytes


class Store(Protocol):
    """Keeps what memory has no room for, and what an earlier process has found."""

    def get(self, key: str) -> Assessed | None:
        """What is known of an image."""
        ...

    def add(self, key: str, image: Assessed) -> None:
        """Keeps what was found of an image."""
        ...


class Rescorer:
    """A trained DMAD that is asked for the same images again and again.

    Gives what the pipeline gives for `annotating.with_annotations`, to the rounding of the halves
    that differences are kept as.

    Args:
        pipeline: On the device; its own freshly painted patches are dropped.
        device: Where to compute.
        size: Side of the square input.
        memory: Bytes for what is kept of images; others come from the store, or are assessed again
            each time.
        store: Where there is one.

    Raises:
        InspectorError: The detector does not learn from painted defects.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        device: Device,
        size: int,
        memory: int,
        store: Store | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._detector = require_dmad(pipeline.detector)
        self._detector.fresh.fill(*no_entries(self._detector.descriptor_channels))
        self._detector.learn_filters()
        self._device = device
        self._size = (size, size)
        self._memory = memory
        self._store = store
        self._kept: dict[str, Assessed] = {}
        self._held = 0
        self._steady: dict[bytes, _Filter] = {}
        self._changing: list[_Filter] = []
        self._level = NOTABLE

    def kept(self, key: str) -> Assessed | None:
        """What is kept of an image; None where it has to be assessed (again)."""
        found = self._kept.get(key)
        if found is None and self._store is not None:
            found = self._store.get(key)
            if found is not None:
                self._keep(key, found)
        return found

    @torch.inference_mode()
    def assess(
        self, keys: Sequence[str], images: Tensor, class_names: Sequence[str]
    ) -> list[Assessed]:
        """Looks at images (B, 3, H, W) in [0, 1]; keeps what it finds where there is room."""
        return self.score(keys, images, class_names)[1]

    @torch.inference_mode()
    def score(
        self, keys: Sequence[str], images: Tensor, class_names: Sequence[str]
    ) -> tuple[Scored, list[Assessed]]:
        """As `assess`, with the scores as the pipeline gives them, without anything fresh."""
        device, detector = self._device, self._detector
        on_device = images.to(device.torch, memory_format=torch.channels_last)
        with device.autocast():
            features = detector.observe(on_device)
        grid = patch_features(features)
        patches = as_rows(grid)
        known = detector.assess(patches)
        maps = mean_map([known.scores.view(-1, *grid.shape[2:])], self._size)
        found = RawPrediction(maps, look(grid))
        variants = list(self._pipeline.aligners)
        scored = self._pipeline.finish(found, class_names, variants)
        shown = for_display(scored.smoothed).cpu().numpy()
        near = detector.normal.features[known.rows].float()
        halves, descriptors = (patches - near).half().cpu(), scored.descriptors.half().cpu().numpy()
        scores, likeness, normal = known.scores.cpu(), known.likeness.cpu(), known.rows.int().cpu()
        made = []
        for row, key in enumerate(keys):
            aligned = {name: float(scored.scores[name][row]) for name in variants}
            assessed = Assessed(
                trained=ImageScores(float(scored.raw_scores[row]), aligned, shown[row].copy()),
                statistics={
                    name: Expected(float(of.u[row]), float(of.gamma[row]))
                    for name, of in scored.statistics.items()
                    if name != RAW
                },
                descriptor=descriptors[row].copy(),
                differences=halves[row].clone(),  # a view would keep its whole batch
                patch_scores=scores[row].clone(),
                likeness=likeness[row].clone(),
                normal=normal[row].clone(),
                steady=frozenset(),
                responses=torch.full_like(scores[row], -torch.inf),
            )
            self._keep(key, assessed)
            if self._store is not None:
                self._store.add(key, assessed)
            made.append(assessed)
        return scored, made

    def entries(self, image: Assessed, defect: PaintedDefect) -> Entries:
        """The patches of a mask that was painted on an image.

        Raises:
            InspectorError: The mask is empty.
        """
        near = self._detector.normal.features[self._on_device(image.normal).long()].float().cpu()
        return entries_of_mask(as_entries(image.differences + near), defect, self._size)

    def learn(self, painted: Mapping[int, Entries], changing: Collection[int]) -> None:
        """Makes these masks the freshly painted ones, in place of those before.

        Args:
            painted: Their patches by annotation id.
            changing: Those that are being painted: their responses are not worth keeping.
        """
        left = {a: e for a, e in painted.items() if len(e.features)}  # not all of it is muted
        self._steady = {
            # Not by the annotation alone: some of its patches may have been muted since.
            key: self._steady.get(key) or self._filter_for(entries)
            for annotation, entries in left.items()
            if annotation not in changing
            for key in [entries.sources.numpy().tobytes()]
        }
        self._changing = [self._filter_for(e) for a, e in left.items() if a in changing]
        filters = [*self._steady.values(), *self._changing]
        if filters:
            said = torch.stack([one.sample for one in filters], dim=1)
            self._level = self._detector.spread.level(said)

    @torch.inference_mode()
    def rescore(self, images: Sequence[Assessed]) -> list[ImageScores]:
        """The scores of images with what is freshly painted."""
        self._measure_steady(images)
        responses = torch.stack([image.responses for image in images])
        responses = torch.maximum(responses, self._responses(images, self._changing))
        known = torch.stack([image.likeness for image in images])
        fresh = self._detector.fresh_likeness(responses, self._level)
        raised = (fresh - known).clamp_min(0)
        found = [image.trained for image in images]
        touched = torch.nonzero(raised.amax(dim=1) > 0).flatten().tolist()
        if touched:
            scores = torch.stack([images[row].patch_scores for row in touched]) + raised[touched]
            changed = self._finished([images[row] for row in touched], scores)
            for row, scored in zip(touched, changed, strict=True):
                found[row] = scored
        return found

    def _finished(self, images: Sequence[Assessed], scores: Tensor) -> list[ImageScores]:
        """From patch scores (B, N) to maps and image scores, as the pipeline does it."""
        side = self._size[0] // PATCH_STRIDE
        grid = scores.view(-1, side, side).to(self._device.torch)
        smoothed = smooth(mean_map([grid], self._size))
        scorer = self._pipeline.scorer
        levels = scorer.levels(smoothed)
        aligned = {}
        for name, aligner in self._pipeline.aligners.items():
            expected = [image.statistics.get(name, Expected(0.0, 1.0)) for image in images]
            u, gamma = (
                torch.tensor(values, device=levels.device)
                for values in ([e.u for e in expected], [e.gamma for e in expected])
            )
            found = aligner.apply_to(levels, Statistics(u, gamma))
            aligned[name] = scorer.score(found, name).tolist()
        shown = for_display(smoothed).cpu().numpy()
        return [
            ImageScores(score, {name: of[row] for name, of in aligned.items()}, shown[row])
            for row, score in enumerate(scorer.score(levels, RAW).tolist())
        ]

    def _measure_steady(self, images: Sequence[Assessed]) -> None:
        """Brings the kept responses up to date; those to a mask that is gone are begun anew."""
        wanted = frozenset(self._steady)
        behind: dict[frozenset[bytes], list[Assessed]] = defaultdict(list)
        for image in images:
            if not image.steady <= wanted:
                image.steady = frozenset()
                image.responses = torch.full_like(image.responses, -torch.inf)
            if image.steady != wanted:
                behind[wanted - image.steady].append(image)
        for missing, group in behind.items():
            filters = [self._steady[mask] for mask in sorted(missing)]
            for image, responses in zip(group, self._responses(group, filters), strict=True):
                image.responses = torch.maximum(image.responses, responses)
                image.steady = wanted

    def _responses(self, images: Sequence[Assessed], filters: Sequence[_Filter]) -> Tensor:
        """(B, N), of each patch the strongest of some filters; −∞ where there is none."""
        if not filters:
            return torch.stack([torch.full_like(image.responses, -torch.inf) for image in images])
        differences = self._on_device(torch.stack([image.differences for image in images]))
        weights = torch.stack([one.weights for one in filters])
        return respond(differences.float() - self._detector.spread.mean, weights).cpu()

    def _filter_for(self, entries: Entries) -> _Filter:
        weights = self._detector.filter_for(as_entries(entries.features))
        return _Filter(weights, self._detector.spread.respond_to_sample(weights[None])[:, 0])

    def _keep(self, key: str, image: Assessed) -> None:
        if key not in self._kept and self._held + image.bytes <= self._memory:
            self._kept[key] = image
            self._held += image.bytes

    def _on_device(self, values: Tensor) -> Tensor:
        return values.to(self._device.torch)


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter, and what it says of normal patches.

    Attributes:
        weights: (C,).
        sample: (N,), what it says of the sample of normal differences.
    """

    weights: Tensor
    sample: Tensor
