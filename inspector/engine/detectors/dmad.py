"""DMAD: a normal and an abnormal memory bank, and what a patch's place between them tells.

METHODS section 3. Without annotations the abnormal bank holds outliers only; with annotations also
the painted patches and pseudo-anomalies around their centres, and the attention is left out.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from inspector.engine.backbones import Backbone
from inspector.engine.detectors.base import Detector, RawPrediction, check_features
from inspector.engine.maps import mean_map
from inspector.engine.memory.bank import Bank
from inspector.engine.memory.nearest import nearest
from inspector.engine.memory.patches import as_rows, look, patch_channels, patch_features
from inspector.engine.memory.spread import NOTABLE, Spread

MARGIN = 0.5  # of the hinge loss: Ψ is beyond it on either side
_LEAK = 0.2
_LEAST_WIDTH = 256


class Assessment(NamedTuple):
    """What the training taught of patches, without what was freshly painted; each (B, N).

    Attributes:
        scores: Anomaly scores.
        likeness: The part of them that tells how much a patch looks like a painted defect.
        distances: To the nearest normal entry, float32.
        rows: Of that entry, int64.
    """

    scores: Tensor
    likeness: Tensor
    distances: Tensor
    rows: Tensor


class Dmad(Detector):
    """Scores −Ψ of the knowledge that both banks give of a patch, and what *we* add to it.

    Attributes:
        normal: M_n, a coreset of the normal patches.
        outliers: M_o, a coreset of normal patches blended with foreign textures.
        annotated: M_as, the painted patches.
        pseudo: M_p, noise around the centres of the painted defects.
        fresh: Painted after the training.
        spread: Of the differences d_n of normal patches.
        filters: (K, C) matched to the defects in the annotated bank, one a painted mask.
        fresh_filters: The same for the fresh ones.
        fresh_level: Response to one of them from which on it counts.
        scale: Root mean square of the normal bank; the head sees features divided by it, so that
            noise means the same for every backbone *(ours)*.
        head: What is learned by gradient.
        blend: (b, c, limit, likeness, fresh): see `blend_by`. The paper has (0, 0, ∞, 0, …).
    """

    scale: Tensor
    blend: Tensor
    filters: Tensor
    fresh_filters: Tensor
    fresh_level: Tensor

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        channels = patch_channels(backbone)
        self.normal = Bank(channels)
        self.outliers = Bank(channels)
        self.annotated = Bank(channels)
        self.pseudo = Bank(channels)
        self.fresh = Bank(channels)
        self.spread = Spread(channels)
        for name in ("filters", "fresh_filters"):  # follow from the banks: not in the file
            self.register_buffer(name, torch.zeros(0, channels), persistent=False)
        self.register_buffer("fresh_level", torch.tensor(NOTABLE), persistent=False)
        self.register_buffer("scale", torch.tensor(1.0))
        self.register_buffer("blend", torch.tensor([0.0, 0.0, torch.inf, 0.0, 1.0]))
        self.head = DmadHead(channels)

    @property
    def descriptor_channels(self) -> int:
        return patch_channels(self.backbone)

    @property
    def is_supervised(self) -> bool:
        """Whether it was trained with painted defects."""
        return not bool(self.head.attends)

    def abnormal(self) -> Tensor:
        """M_a: the features of the abnormal banks, one behind the other, (N, C) float16."""
        banks = (self.outliers, self.annotated, self.pseudo)
        return torch.cat([bank.features for bank in banks])

    def represent(self, patches: Tensor, normal: Tensor, abnormal: Tensor | None) -> Tensor:
        """o of patches and their neighbours in both banks, all (B, N, C), to (B, N, 3C).

        Where there is no abnormal bank a patch counts as its own neighbour: no difference.
        """
        scaled = patches / self.scale
        near = scaled if abnormal is None else abnormal / self.scale
        representation: Tensor = self.head.represent(scaled, normal / self.scale, near)
        return representation

    def predict_features(self, features: list[Tensor], size: tuple[int, int]) -> RawPrediction:
        check_features(features, self.backbone.channels)
        patches = patch_features(features)
        count, _, height, width = patches.shape
        scores = patches.new_zeros(count, height, width)
        if len(self.normal):
            # The noise that the head tells from normal patches is as small as bfloat16's rounding.
            with torch.autocast(patches.device.type, enabled=False):
                scores = self._scores(as_rows(patches)).view(count, height, width)
        return RawPrediction(mean_map([scores], size), look(patches))

    def _scores(self, patches: Tensor) -> Tensor:
        """Anomaly scores (B, N) of all patches of images, (B, N, C)."""
        found = self.assess(patches)
        if len(self.fresh_filters) == 0:
            return found.scores
        # Not rounded to halves first: that would make the exported file's last digit count.
        difference = patches - self.normal.features[found.rows].float() - self.spread.mean
        responses = respond(difference, self.fresh_filters)
        fresh = self.fresh_likeness(responses, self.fresh_level)
        return found.scores + (fresh - found.likeness).clamp_min(0)

    def fresh_likeness(self, responses: Tensor, level: Tensor | float) -> Tensor:
        """What a fresh filter's response, any shape, adds to the score of a patch.

        Nothing below `Spread.level` *(ours)*: so what is painted at once hardly moves normal
        patches, and the thresholds, which nobody chooses anew, keep their meaning.
        """
        return self.blend[4].to(responses.device) * (responses - level).clamp_min(0)

    def learn_filters(self) -> None:
        """Makes the filters what the annotated and the fresh bank say; whoever changes one calls
        it."""
        self.filters = self._filters_of(self.annotated)
        self.fresh_filters = self._filters_of(self.fresh)
        said = self.spread.respond_to_sample(self.fresh_filters)
        self.fresh_level.fill_(self.spread.level(said))

    def filter_for(self, entries: Tensor) -> Tensor:
        """The filter (C,) matched to a defect, given its patches (n, C)."""
        rows = entries.to(self.spread.mean.device).float()
        near = self.normal.features[self.normal.nearest(rows).row].float()
        return self.spread.filter_for(rows - near)

    def blend_by(
        self, scores: Tensor, distances: Tensor, *, distance: bool, likeness: bool
    ) -> None:
        """Chooses what counts beside the mapper *(ours)*.

        Ψ is trained to tell two sides of a margin and says little of what lies beyond; the distance
        to the normal bank says how far. So −Ψ counts between the margins only, from 0 to 1, beside
        the distance in standard deviations of normal patches, and the filters' responses in
        standard deviations. Without the distance all is in units of −Ψ, as the paper has it.

        Args:
            scores: −Ψ of normal patches, any number.
            distances: ‖d_n‖ of the same patches.
            distance: Whether the distance counts.
            likeness: Whether the filters of the annotated bank count; the fresh ones always do.
        """
        counts = float(likeness)
        if distance:
            unit = max(1e-6, float(distances.std(correction=0)))
            level = float(distances.mean()) / unit
            made = [1 / unit, MARGIN - level, MARGIN, counts, 1.0]
        else:
            unit = float(scores.std(correction=0))
            made = [0.0, 0.0, torch.inf, counts * unit, unit]
        self.blend.copy_(torch.tensor(made))

    def assess(self, patches: Tensor) -> Assessment:
        """What the training taught; the normal bank must not be empty.

        Args:
            patches: (B, N, C), all of each image, float32.
        """
        rows = patches.flatten(0, 1)
        known = self.normal.nearest(rows)
        normal = self.normal.features[known.row].float().view_as(patches)
        abnormal_bank = self.abnormal()
        abnormal = None
        if len(abnormal_bank):
            found = nearest(rows, abnormal_bank)
            abnormal = abnormal_bank[found.row].float().view_as(patches)
        mapped = -self.head.score(self.represent(patches, normal, abnormal))
        distances = known.distance.view_as(mapped)
        b, c, limit, likeness, _ = self.blend
        scores = torch.minimum(torch.maximum(mapped, -limit), limit) + b * distances + c
        alike = torch.zeros_like(scores)
        if len(self.filters):
            responses = respond(patches - normal - self.spread.mean, self.filters)
            alike = likeness * (responses - NOTABLE).clamp_min(0)
        return Assessment(scores + alike, alike, distances, known.row.view_as(mapped))

    def _filters_of(self, bank: Bank) -> Tensor:
        masks = bank.sources[:, 3]
        known = sorted(set(masks.tolist())) if len(self.normal) else []
        made = [self.filter_for(bank.features[masks == mask]) for mask in known]
        return torch.stack(made) if made else self.spread.mean.new_zeros(0, len(self.spread.mean))


def respond(differences: Tensor, filters: Tensor) -> Tensor:
    """The strongest response of filters (K, C) to centred differences (…, C): (…)."""
    return (differences @ filters.T).amax(dim=-1)


def as_entries(patches: Tensor) -> Tensor:
    """Patches as a bank keeps them, float16: so a painted patch is at no distance from itself."""
    return patches.half()


class DmadHead(nn.Module):
    """Attention, projection and mapper.

    Attributes:
        attends: Whether the attention is used; not where there are annotations, as it over-fits.
    """

    attends: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("attends", torch.tensor(True))
        self.key = nn.Linear(channels, channels, bias=False)
        self.value = nn.Linear(channels, channels, bias=False)
        self.projection = nn.Linear(channels, channels)
        nn.init.xavier_normal_(self.projection.weight)  # keeps the spread of the features
        width = max(_LEAST_WIDTH, channels)  # (ours)
        self.enter = _block(3 * channels, width)
        self.blocks = nn.ModuleList(_block(width, width) for _ in range(3))
        self.leave = nn.Linear(width, 1)

    def represent(self, patches: Tensor, normal: Tensor, abnormal: Tensor) -> Tensor:
        """o = [P(q), P(k_n), P(k_a)]: three times (B, N, C) to (B, N, 3C)."""
        knowledge = [patches - normal, patches - abnormal]
        if self.attends:
            neighbours = (normal, abnormal)
            knowledge = [
                difference + self._attention(neighbour, patches)
                for difference, neighbour in zip(knowledge, neighbours, strict=True)
            ]
        return torch.cat([self.projection(part) for part in (patches, *knowledge)], dim=-1)

    def score(self, representation: Tensor) -> Tensor:
        """Ψ: (…, 3C) to (…), large for normal patches."""
        rows = self.enter(representation.flatten(0, -2))
        for block in self.blocks:
            rows = rows + block(rows)
        score: Tensor = self.leave(rows).view(representation.shape[:-1])
        return score

    def _attention(self, neighbours: Tensor, patches: Tensor) -> Tensor:
        """The neighbours ask the patches of their own image *(ours: one head for both banks)*."""
        return nn.functional.scaled_dot_product_attention(
            neighbours, self.key(patches), self.value(patches)
        )


def _block(width_in: int, width: int) -> nn.Module:
    return nn.Sequential(nn.Linear(width_in, width), nn.BatchNorm1d(width), nn.LeakyReLU(_LEAK))
