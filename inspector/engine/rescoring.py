"""Scores of many images again and again, after every newly painted mask, within seconds.

What a trained model says of a patch, and how far it is from normal, does not depend on what is
freshly painted. It is kept for as many images as memory allows, so that only the distances to the
few fresh patches are computed anew, and only those images get a new map that look like one.
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
    together,
)
from inspector.engine.detectors.base import RawPrediction
from inspector.engine.detectors.dmad import as_entries
from inspector.engine.device import Device
from inspector.engine.maps import for_display, image_score, mean_map, smooth
from inspector.engine.memory.nearest import nearest
from inspector.engine.memory.patches import as_rows, look, patch_features
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
        patches: (N, C) float16.
        patch_scores: (N,) float32, before anything was freshly painted.
        normal: (N,) float32, distance to the nearest normal patch.
        steady: The masks that `distances` are to, by the bytes of their entries' sources.
        distances: (N,) float32 to the nearest patch of the `steady` ones.
        is_mapped: Whether the larger arrays lie in a file and take no memory of their own.
    """

    trained: ImageScores
    statistics: dict[str, Expected]
    descriptor: NDArray[np.float16]
    patches: Tensor
    patch_scores: Tensor
    normal: Tensor
    steady: frozenset[bytes]
    distances: Tensor
    is_mapped: bool = False

    @property
    def bytes(self) -> int:
        """Memory that it takes, about."""
        own = self.distances.numel() * self.distances.element_size()
        if self.is_mapped:
            return own
        tensors = (self.patches, self.patch_scores, self.normal)
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

    Gives what the pipeline gives for `annotating.with_annotations`, to the rounding.

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
        self._device = device
        self._size = (size, size)
        self._memory = memory
        self._store = store
        self._kept: dict[str, Assessed] = {}
        self._held = 0
        self._steady: dict[bytes, Tensor] = {}
        self._changing = torch.zeros(0, self._detector.descriptor_channels)

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
        scores, normal = detector.assess(patches)
        found = RawPrediction(mean_map([scores.view(-1, *grid.shape[2:])], self._size), look(grid))
        variants = list(self._pipeline.aligners)
        scored = self._pipeline.finish(found, class_names, variants)
        shown = for_display(scored.smoothed).cpu().numpy()
        halves, descriptors = as_entries(patches).cpu(), scored.descriptors.half().cpu().numpy()
        scores, normal = scores.cpu(), normal.cpu()
        made = []
        for row, key in enumerate(keys):
            aligned = {name: float(scored.scores[name][row]) for name in variants}
            assessed = Assessed(
                trained=ImageScores(float(scored.raw_scores[row]), aligned, shown[row].copy()),
                statistics={
                    name: Expected(float(known.u[row]), float(known.gamma[row]))
                    for name, known in scored.statistics.items()
                    if name != RAW
                },
                descriptor=descriptors[row].copy(),
                patches=halves[row].clone(),  # a view would keep its whole batch
                patch_scores=scores[row].clone(),
                normal=normal[row].clone(),
                steady=frozenset(),
                distances=torch.full_like(normal[row], torch.inf),
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
        return entries_of_mask(image.patches, defect, self._size)

    def learn(self, painted: Mapping[int, Entries], changing: Collection[int]) -> None:
        """Makes these masks the freshly painted ones, in place of those before.

        Args:
            painted: Their patches by annotation id.
            changing: Those that are being painted: their distances are not worth keeping.
        """
        channels = self._detector.descriptor_channels
        self._steady = {
            # Not by the annotation alone: some of its patches may have been muted since.
            entries.sources.numpy().tobytes(): self._on_device(entries.features)
            for annotation, entries in painted.items()
            if annotation not in changing
        }
        now = together([e for a, e in painted.items() if a in changing], channels)
        self._changing = self._on_device(now.features)

    @torch.inference_mode()
    def rescore(self, images: Sequence[Assessed]) -> list[ImageScores]:
        """The scores of images with what is freshly painted."""
        self._measure_steady(images)
        fresh = torch.stack([image.distances for image in images])
        fresh = torch.minimum(fresh, self._distances(images, self._changing))
        raised = self._detector.likeness(fresh, torch.stack([image.normal for image in images]))
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
        raw = image_score(smoothed, self._pipeline.score_percent)
        aligned = {}
        for name, aligner in self._pipeline.aligners.items():
            expected = [image.statistics.get(name, Expected(0.0, 1.0)) for image in images]
            u, gamma = (
                torch.tensor(values, device=raw.device)
                for values in ([e.u for e in expected], [e.gamma for e in expected])
            )
            aligned[name] = aligner.apply_to(raw, Statistics(u, gamma)).tolist()
        shown = for_display(smoothed).cpu().numpy()
        return [
            ImageScores(score, {name: of[row] for name, of in aligned.items()}, shown[row])
            for row, score in enumerate(raw.tolist())
        ]

    def _measure_steady(self, images: Sequence[Assessed]) -> None:
        """Brings the kept distances up to date; those to a mask that is gone are begun anew."""
        wanted = frozenset(self._steady)
        behind: dict[frozenset[bytes], list[Assessed]] = defaultdict(list)
        for image in images:
            if not image.steady <= wanted:
                image.steady = frozenset()
                image.distances = torch.full_like(image.distances, torch.inf)
            if image.steady != wanted:
                behind[wanted - image.steady].append(image)
        for missing, group in behind.items():
            entries = torch.cat([self._steady[mask] for mask in sorted(missing)])
            for image, distances in zip(group, self._distances(group, entries), strict=True):
                image.distances = torch.minimum(image.distances, distances)
                image.steady = wanted

    def _distances(self, images: Sequence[Assessed], entries: Tensor) -> Tensor:
        """(B, N) of each patch to the nearest of some entries; infinite where there is none."""
        if len(entries) == 0:  # all of a mask's patches may be muted
            return torch.stack([torch.full_like(image.normal, torch.inf) for image in images])
        patches = torch.stack([image.patches for image in images]).to(self._device.torch)
        found = nearest(patches.flatten(0, 1), entries).distance
        return found.view(patches.shape[:2]).cpu()

    def _keep(self, key: str, image: Assessed) -> None:
        if key not in self._kept and self._held + image.bytes <= self._memory:
            self._kept[key] = image
            self._held += image.bytes

    def _on_device(self, features: Tensor) -> Tensor:
        return as_entries(features).to(self._device.torch)
