"""Training time per step and scoring time per image, beside the backbone's bare forward pass.

    python benchmarks/speed.py [--backbone tf_efficientnet_lite0] [--size 256] [--device auto]

Medians of paired repetitions in one process. A backbone whose weights are not here is timed with
random weights, and that is said.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from inspector.engine.alignment.cada import Cada
from inspector.engine.backbones import Backbone, load_backbone, random_backbone
from inspector.engine.detectors.revdist import RevDist, global_cosine_loss
from inspector.engine.device import Device, resolve_device
from inspector.engine.pipeline import Pipeline
from inspector.errors import InspectorError

BATCH = 16


def milliseconds(
    works: dict[str, Callable[[], object]], device: Device, repeats: int
) -> dict[str, float]:
    """Median time of each, measured in turns so that all see the same machine."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(repeats + 1):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if device.kind == "cuda":
                torch.cuda.synchronize()
            if turn:  # the first turn warms up
                times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def backbone_for_timing(name: str) -> tuple[Backbone, str]:
    """With its weights where they are here, else with random ones."""
    try:
        return load_backbone(name), "pretrained weights"
    except InspectorError:
        return random_backbone(name), "random weights (timing only)"


def main() -> None:
    """Prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="tf_efficientnet_lite0")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    device = resolve_device(options.device)
    backbone, weights = backbone_for_timing(options.backbone)
    detector = RevDist(backbone)
    aligners = {"cada": Cada(detector.descriptor_channels)}
    pipeline = Pipeline(detector, aligners, "cada").to(device)
    images = torch.rand(BATCH, 3, options.size, options.size, device=device.torch)
    images = images.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        features = [feature.float() for feature in backbone(images)]
    optimiser = torch.optim.AdamW(detector.parameters(), lr=2e-3)

    @torch.inference_mode()
    def forward(batch: torch.Tensor) -> object:
        with device.autocast():
            return backbone(batch)

    def step() -> object:
        detector.train()
        with device.autocast():
            _, decoded = detector.reconstruct(features)
        loss = global_cosine_loss(features, decoded)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        return loss

    def score(batch: torch.Tensor) -> object:
        detector.eval()
        return pipeline.score(batch, [""] * len(batch), device, ["cada"]).scores["cada"].cpu()

    found = milliseconds(
        {
            "backbone": lambda: forward(images),
            "training step on cached features": step,
            "scoring": lambda: score(images),
            "backbone, one image": lambda: forward(images[:1]),
            "scoring, one image": lambda: score(images[:1]),
        },
        device,
        options.repeats,
    )
    print(f"{device.name}, {device.precision}, torch {torch.__version__}")
    print(f"{backbone.name}, {weights}, {options.size}² pixels, batch {BATCH}\n")
    print("| what | ms | × bare forward |\n|---|---|---|")
    for name, value in found.items():
        bare = found["backbone, one image" if "one image" in name else "backbone"]
        print(f"| {name} | {value:.1f} | {value / bare:.2f} |")
    print(
        f"\nper image in a batch: {found['backbone'] / BATCH:.1f} ms backbone, "
        f"{found['scoring'] / BATCH:.1f} ms scoring"
    )


if __name__ == "__main__":
    main()
