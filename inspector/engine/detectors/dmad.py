"""DMAD: a normal and an abnormal memory bank, and what a patch's place between them tells.

METHODS section 3. Without annotations the abnormal bank holds outliers only; with annotations also
the painted patches and pseudo-anomalies around their centres, and the attention is left out.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.engine.backbones import Backbone
from inspector.engine.detectors.base import Detector, RawPrediction, check_features
from inspector.engine.maps import mean_map
from inspector.engine.memory.bank import Bank
from inspector.engine.memory.nearest import nearest
from inspector.engine.memory.patches import as_rows, look, patch_channels, patch_features

_LEAK = 0.2
_LEAST_WIDTH = 256
_MARGINS = 1.0  # from −0.5 to 0.5: what tells a normal patch from an abnormal one in the loss


class Dmad(Detector):
    """Scores −Ψ of the knowledge that both banks give of a patch.

    Attributes:
        normal: M_n, a coreset of the normal patches.
        outliers: M_o, a coreset of normal patches blended with foreign textures.
        annotated: M_as, the painted patches.
        pseudo: M_p, noise around the centres of the painted defects.
        fresh: Painted after the training: they change scores by their distance alone.
        scale: Root mean square of the normal bank; the head sees features divided by it, so that
            noise means the same for every backbone *(ours)*.
        head: What is learned by gradient.
        blend: (a, b, c) of a·(−Ψ) + b·‖d_n‖ + c: see `blend_by`. The paper has (1, 0, 0).
    """

    scale: Tensor
    blend: Tensor

    def __init__(self, backbone: Backbone) -> None:
        super().__init__(backbone)
        channels = patch_channels(backbone)
        self.normal = Bank(channels)
        self.outliers = Bank(channels)
        self.annotated = Bank(channels)
        self.pseudo = Bank(channels)
        self.fresh = Bank(channels)
        self.register_buffer("scale", torch.tensor(1.0))
        self.register_buffer("blend", torch.tensor([1.0, 0.0, 0.0]))
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
        scores, distances = self.assess(patches)
        if len(self.fresh):
            found = self.fresh.nearest(as_entries(patches.flatten(0, 1))).distance
            scores = scores + self.likeness(found.view_as(scores), distances)
        return scores

    def likeness(self, fresh: Tensor, normal: Tensor) -> Tensor:
        """How much patches look like freshly painted ones rather than normal ones.

        0 where a normal patch is at least as near; up to the distance of the loss's two margins
        where the patch is a painted one *(ours)*. The rest of the scores, and so the threshold,
        stay as they are.

        Args:
            fresh: Distances to the nearest freshly painted patch, any shape.
            normal: Distances to the nearest normal one, the same shape.
        """
        nearness = (1 - fresh / normal.clamp_min(1e-6)).clamp_min(0)
        return self.blend[0].to(fresh.device) * _MARGINS * nearness

    def blend_by(self, scores: Tensor, distances: Tensor) -> None:
        """Lets the distance to the normal bank count as much as the mapper *(ours)*.

        Ψ is trained to tell two sides of a margin, and says little of what lies on one side; the
        distance says how far. Both are standardised by what they are on normal patches.

        Args:
            scores: −Ψ of normal patches, any number.
            distances: ‖d_n‖ of the same patches.
        """
        a, b = (1 / x.std(correction=0).clamp_min(1e-6) for x in (scores, distances))
        self.blend.copy_(torch.stack([a, b, -a * scores.mean() - b * distances.mean()]))

    def assess(self, patches: Tensor) -> tuple[Tensor, Tensor]:
        """What the training taught, without what was freshly painted; the bank must not be empty.

        Args:
            patches: (B, N, C), all of each image, float32.

        Returns:
            Anomaly scores, and distances to the nearest normal patch, each (B, N).
        """
        rows = patches.flatten(0, 1)
        known = self.normal.nearest(rows)
        normal = self.normal.features[known.row].float().view_as(patches)
        abnormal_bank = self.abnormal()
        abnormal = None
        if len(abnormal_bank):
            found = nearest(rows, abnormal_bank)
            abnormal = abnormal_bank[found.row].float().view_as(patches)
        score = -self.head.score(self.represent(patches, normal, abnormal))
        distance = known.distance.view_as(score)
        a, b, c = self.blend
        return a * score + b * distance + c, distance


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
