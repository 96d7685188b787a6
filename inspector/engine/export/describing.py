"""What an exported file says of itself, for who builds it into something else."""

from __future__ import annotations

from typing import Any

import msgspec

import inspector
from inspector.jobs.export_formats import ExportFormat
from inspector.jobs.model_card import ModelCard

_PREPROCESSING = (
    "Turn the image upright (EXIF) and take it as RGB: grey becomes three equal channels, alpha is "
    "dropped. 8 bits: scale the whole image to {size} x {size} pixels without keeping its aspect, "
    "then divide by 255. 16 bits: map the intensity window of the class linearly to 0..1 and clip, "
    "then scale. Where an axis shrinks it is averaged over areas (OpenCV INTER_AREA), where it "
    "grows it is interpolated (INTER_LINEAR). Mean and standard deviation are part of the graph: "
    "do not apply them."
)
_TILES = (
    " The graph also cuts the tiles, {count} x {count} of {side} x {side} pixels that share "
    "{overlap} with each neighbour, and blends what it finds on them: do not cut images yourself. "
    "All tiles of a batch are computed at once, so memory grows with it; where it is short, give "
    "one image at a time."
)


def describe(
    card: ModelCard,
    name: str,
    folder: str,
    card_sha256: str,
    variant: str,
    threshold: float,
    format_: ExportFormat,
    masks_at_once: int,
) -> dict[str, Any]:
    """All that is known before the proof, as JSON.

    Args:
        card: Of the model.
        name: That people gave the model.
        folder: Name of its folder; with the card's digest it tells which model it was.
        card_sha256: Of the card's file.
        variant: The alignment variant of the scores.
        threshold: Scores above it are flagged.
        format_: Of the file.
        masks_at_once: How many painted masks it has learned since it was trained.
    """
    tiling = card.tiling
    size = tiling.canvas
    preprocessing = _PREPROCESSING.format(size=size)
    if tiling.count > 1:
        preprocessing += _TILES.format(count=tiling.count, side=tiling.side, overlap=tiling.overlap)
    known = card.thresholds.get(variant)
    return {
        "name": name,
        "method": card.method,
        "backbone": card.backbone,
        "input_size": size,
        "input": f"images: float32 (batch, 3, {size}, {size}), RGB, 0 to 1; any batch",
        "tiles": tiling.count,
        "tile_size": tiling.side,
        "tile_overlap": tiling.overlap,
        "preprocessing": preprocessing,
        "outputs": {
            "score": "float32 (batch,): aligned image score, larger is more anomalous",
            "anomaly_map": f"float32 (batch, {size}, {size}): aligned, smoothed map",
            "flagged": "bool (batch,): score > threshold",
        },
        "run_with": dict(format_.run_with),
        "alignment": variant,
        "threshold": threshold,
        "threshold_is_the_models": known is not None and known.value == threshold,
        "image_scorer": card.image_scorer,
        "score_percent": tiling.percent_of_canvas(card.score_percent),
        "windows": card.windows,
        "class_names": card.class_names,
        "model": folder,
        "model_card_sha256": card_sha256,
        "snapshot_digest": card.snapshot_digest,
        "images_with_learned_defects": len(card.annotated_images),
        "masks_learned_at_once": masks_at_once,
        "inspector_version": inspector.__version__,
    }


def as_facts(description: dict[str, Any]) -> dict[str, str]:
    """A description as the metadata of a file, which has only texts."""
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in description.items()
    }
