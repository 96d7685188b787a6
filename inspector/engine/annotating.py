"""Painted defects in a detector's banks: for training, and at once for a trained one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.core.patch_grid import in_tiles, patches_of_mask
from inspector.core.tiling import Tiling
from inspector.engine.detectors.base import Detector
from inspector.engine.detectors.dmad import Dmad
from inspector.engine.memory.patches import as_rows, patch_features
from inspector.errors import InspectorError

PatchesOf = Callable[[int], Tensor]
"""All patches of one tile of an image, (h · w, C) of any floating type; of whole images, tile 0."""


class Entries(NamedTuple):
    """Bank entries to be: features (N, C) float32, sources (N, 4) as `Bank.sources`."""

    features: Tensor
    sources: Tensor


@dataclass(frozen=True, slots=True)
class PaintedDefect:
    """One painted mask.

    Attributes:
        annotation_id: Its number in the project.
        image_id: That of the image.
        mask: (H', W') of any size.
    """

    annotation_id: int
    image_id: int
    mask: NDArray[np.bool_]


def no_entries(channels: int) -> Entries:
    """None at all."""
    return Entries(torch.zeros(0, channels), torch.zeros(0, 4, dtype=torch.int32))


def together(entries: Sequence[Entries], channels: int) -> Entries:
    """All of them, one behind the other."""
    parts = [no_entries(channels), *entries]
    return Entries(
        torch.cat([part.features for part in parts]), torch.cat([part.sources for part in parts])
    )


def without(entries: Entries, muted: Collection[tuple[int, int, int]]) -> Entries:
    """Without these, each named by (annotation id, row, column)."""
    unwanted = set(muted)
    kept = [(a, r, c) not in unwanted for _, r, c, a in entries.sources.tolist()]
    return Entries(entries.features[kept], entries.sources[kept])


def painted_entries(
    features: Sequence[Tensor],
    defect: PaintedDefect,
    tiling: Tiling,
    *,
    filtered: bool = True,
) -> Entries:
    """The patches in a painted mask (METHODS section 3, M_as).

    Args:
        features: A backbone's maps of the one image, [(T, C_i, h_i, w_i)]: of all its tiles.
        defect: What was painted on it.
        tiling: How it is looked at.
        filtered: False takes all patches of the image: the ablation of the mask filter.

    Raises:
        InspectorError: The mask is empty.
    """

    def patches_of(tile: int) -> Tensor:
        return as_rows(patch_features([stage[tile : tile + 1] for stage in features]))[0]

    return entries_of_mask(patches_of, defect, tiling, filtered=filtered)


def entries_of_mask(
    patches_of: PatchesOf, defect: PaintedDefect, tiling: Tiling, *, filtered: bool = True
) -> Entries:
    """As `painted_entries`, from patches that are asked for tile by tile.

    The mask is laid on the grid of the whole canvas. Each place that it takes is one entry, as of
    whole images: `patch_grid.in_tiles` tells which tile's patch stands for it. Sources have rows
    and columns of the canvas.

    Raises:
        InspectorError: The mask is empty.
    """
    size = (tiling.canvas, tiling.canvas)
    places = np.argwhere(patches_of_mask(defect.mask, size, filtered=filtered))
    tiles, numbers = in_tiles(places, tiling)
    chosen = [
        patches_of(tile).cpu()[torch.from_numpy(numbers[tiles == tile])]
        for tile in np.unique(tiles).tolist()
    ]
    in_order = np.argsort(np.argsort(tiles, kind="stable"))
    image = np.full(len(places), defect.image_id)
    annotation = np.full(len(places), defect.annotation_id)
    sources = np.stack([image, places[:, 0], places[:, 1], annotation], axis=1)
    features = torch.cat(chosen)[torch.from_numpy(in_order)]
    return Entries(features, torch.from_numpy(sources.astype(np.int32)))


def pseudo_anomalies(painted: Entries, count: int, noise: float, seed: int) -> Entries:
    """Anomaly-centre sampling (METHODS section 3, M_p): noise around the mean of each painted mask.

    One centre a mask, not one for all *(ours)*: the mean over products is like none of them.

    Args:
        painted: Patches of painted masks.
        count: How many a mask.
        noise: σ of the noise, in units of the features.
        seed: Of the noise.
    """
    generator = torch.Generator().manual_seed(seed)
    found = []
    for annotation in sorted(set(painted.sources[:, 3].tolist())):
        own = painted.sources[:, 3] == annotation
        centre = painted.features[own].mean(dim=0)
        spread = noise * torch.randn(count, len(centre), generator=generator)
        image = int(painted.sources[own][0, 0])
        source = torch.tensor([[image, -1, -1, annotation]], dtype=torch.int32)
        found.append(Entries(centre + spread, source.expand(count, -1)))
    return together(found, painted.features.shape[1])


@torch.no_grad()
def with_annotations(
    detector: Detector,
    painted: Sequence[tuple[Sequence[Tensor], PaintedDefect]],
    tiling: Tiling,
    muted: Collection[tuple[int, int, int]] = (),
) -> Dmad:
    """A copy of a trained detector that knows newly painted defects: no training, seconds at most.

    The patches become `fresh`: a filter is matched to each defect, and wherever a patch differs
    from normal as the defect does, its score rises, on other products too. Scores of normal patches
    hardly move, so thresholds and alignment keep their meaning *(ours)*. They do not enter M_as and
    M_p, in no model: those are what its head has learned to read, and whoever keeps what a model
    says of many images (`rescoring`) need not ask it again.

    The copy shares all tensors but those banks with `detector`, which stays as it is.

    Args:
        detector: A trained `Dmad`.
        painted: For each defect a backbone's maps of its image, [(T, C_i, h_i, w_i)], of all its
            tiles, and the mask.
        tiling: How images are looked at.
        muted: Entries to leave out, of earlier painted patches too: (annotation id, row, column).

    Raises:
        InspectorError: The detector does not learn from painted defects, or a mask is empty.
    """
    detector = require_dmad(detector)
    made = Dmad(detector.backbone).to(detector.normal.features.device)
    made.load_state_dict(detector.state_dict(), assign=True)
    found = [painted_entries(features, defect, tiling) for features, defect in painted]
    new = together(found, detector.descriptor_channels)
    made.fresh.add(*new)
    for bank in (made.annotated, made.fresh):
        bank.leave_out(muted)
    made.learn_filters()
    return made.eval()


def require_dmad(detector: Detector) -> Dmad:
    """The detector, which must be one that learns from painted defects.

    Raises:
        InspectorError: It does not.
    """
    if not isinstance(detector, Dmad):
        raise InspectorError(
            "This model does not learn from painted defects.", "Train one with the method 'dmad'."
        )
    return detector
