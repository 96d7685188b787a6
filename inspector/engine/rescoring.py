"""Scores of many images again and again, after every newly painted mask, within seconds.

What a trained model says of a patch, and what normal patch is nearest, does not depend on what is
freshly painted. It is kept for as many images as memory allows, so that only the responses of the
few fresh filters are computed anew, and only those images get a new map that look like a defect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.evaluation import RAW, Expected
from inspector.core.patch_grid import PATCH_STRIDE
from inspector.core.tiling import Tiling
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
from inspector.engine.tiling import TILES_AT_ONCE, blend, blend_maps, portions


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

    Its N patches are those of all its tiles, tile by tile; of one that is seen as a whole, its own.

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
        size: Side of the square input, or how images are tiled.
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
        size: int | Tiling,
        memory: int,
        store: Store | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._detector = require_dmad(pipeline.detector)
        self._detector.fresh.fill(*no_entries(self._detector.descriptor_channels))
        self._detector.learn_filters()
        self._device = device
        self._tiling = Tiling.of(size)
        self._size = (self._tiling.side, self._tiling.side)
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
        """Looks at images (B, 3, canvas, canvas) in [0, 1]; keeps what it finds where there is
        room."""
        return self.score(keys, images, class_names)[1]

    @torch.inference_mode()
    def score(
        self, keys: Sequence[str], images: Tensor, class_names: Sequence[str]
    ) -> tuple[Scored, list[Assessed]]:
        """As `assess`, with the scores as the pipeline gives them, without anything fresh."""
        on_device = images.to(self._device.torch, memory_format=torch.channels_last)
        looked: list[_Looked] = []

        def predictions() -> Iterator[RawPrediction]:
            for tiles in portions(on_device, self._tiling):
                prediction, patches = self._look(tiles)
                looked.append(patches)
                yield prediction

        found = blend(predictions(), len(images), self._tiling)
        variants = list(self._pipeline.aligners)
        scored = self._pipeline.finish(found, class_names, variants)
        shown = for_display(scored.smoothed).cpu().numpy()
        descriptors = scored.descriptors.half().cpu().numpy()
        halves, scores, likeness, normal = (
            _by_image(torch.cat(parts), len(images)) for parts in zip(*looked, strict=True)
        )
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
        count = (self._tiling.side // PATCH_STRIDE) ** 2

        def patches_of(tile: int) -> Tensor:
            own = slice(tile * count, (tile + 1) * count)
            rows = self._on_device(image.normal[own]).long()
            near = self._detector.normal.features[rows].float().cpu()
            return as_entries(image.differences[own] + near)

        return entries_of_mask(patches_of, defect, self._tiling)

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
        side = self._tiling.side // PATCH_STRIDE
        grids = scores.view(-1, side, side)
        at_once = len(grids) if self._tiling.count == 1 else TILES_AT_ONCE
        maps = (
            mean_map([self._on_device(some)], self._size) for some in torch.split(grids, at_once)
        )
        smoothed = smooth(blend_maps(maps, len(images), self._tiling))
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

    def _look(self, tiles: Tensor) -> tuple[RawPrediction, _Looked]:
        """Looks at some tiles, or at images as a whole, (n, 3, side, side)."""
        detector = self._detector
        with self._device.autocast():
            features = detector.observe(tiles)
        grid = patch_features(features)
        patches = as_rows(grid)
        known = detector.assess(patches)
        maps = mean_map([known.scores.view(-1, *grid.shape[2:])], self._size)
        near = detector.normal.features[known.rows].float()
        parts = ((patches - near).half(), known.scores, known.likeness, known.rows.int())
        return RawPrediction(maps, look(grid)), _Looked(*(part.cpu() for part in parts))

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


class _Looked(NamedTuple):
    """Of the patches of n tiles, (n, h · w, C) and three times (n, h · w): see `Assessed`."""

    differences: Tensor
    patch_scores: Tensor
    likeness: Tensor
    normal: Tensor


def _by_image(values: Tensor, images: int) -> Tensor:
    """Values of patches (images · tiles, n, …), to (images, tiles · n, …)."""
    return values.reshape(images, -1, *values.shape[2:])


@dataclass(frozen=True, slots=True)
class _Filter:
    """A filter, and what it says of normal patches.

    Attributes:
        weights: (C,).
        sample: (N,), what it says of the sample of normal differences.
    """

    weights: Tensor
    sample: Tensor
