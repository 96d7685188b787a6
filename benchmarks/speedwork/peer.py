"""The other side: anomalib's own models, data sets, transforms and metrics, as its user meets them.

Counted: reading by its `PredictDataset` in a data loader with as many workers as we have decoding
threads, scaling in these workers, its pre-processing, its torch model's map and score, its
post-processing. Not counted, as it would only slow it down: lightning's loop around all that,
logging and writing results. Runs in an environment of its own and imports nothing of ours.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from serving import Work, serve

WORKERS = 4
_OPERATORS = {
    "nms": "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}


def define_missing_operators() -> torch.library.Library | None:
    """A torchvision that was built for CUDA needs them to be imported beside a CPU-only torch."""
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        library = torch.library.Library("torchvision", "DEF")
        for signature in _OPERATORS.values():
            library.define(signature)
        return library
    return None


_LIBRARY = define_missing_operators()

from anomalib.data import PredictDataset  # noqa: E402
from anomalib.metrics.aupro import _AUPRO  # noqa: E402
from anomalib.metrics.auroc import _AUROC  # noqa: E402
from anomalib.models import Patchcore, ReverseDistillation  # noqa: E402
from anomalib.models.components import KCenterGreedy  # noqa: E402
from anomalib.models.image.patchcore.torch_model import PatchcoreModel  # noqa: E402
from torch.utils.data import DataLoader, Subset  # noqa: E402
from torchvision.transforms.v2 import Resize  # noqa: E402

_LAYERS = {"tf_efficientnet_lite0": ("blocks.1", "blocks.2", "blocks.4")}
_RESNET = ("layer1", "layer2", "layer3")


def model_of(method: str, backbone: str, size: int, bank: int) -> Patchcore | ReverseDistillation:
    """A model that nobody fitted, with random weights: its timings are those of a fitted one."""
    torch.manual_seed(0)
    shared: dict[str, Any] = {"backbone": backbone, "pre_trained": False, "evaluator": False}
    layers = _LAYERS.get(backbone, _RESNET)
    if method == "patchcore":
        found = Patchcore(
            layers=layers[1:],
            pre_processor=Patchcore.configure_pre_processor((size, size)),
            visualizer=False,
            **shared,
        )
        width = sum(found.model.feature_extractor.out_dims)
        found.model.memory_bank = torch.randn(bank, width)
    else:
        found = ReverseDistillation(
            layers=layers,
            pre_processor=ReverseDistillation.configure_pre_processor((size, size)),
            visualizer=False,
            **shared,
        )
    return found.eval()


def scoring(
    folder: str, method: str, backbone: str, size: int, batch: int, bank: int, count: int
) -> Work:
    """Files to scores and maps."""
    model = model_of(method, backbone, size, bank)
    images = PredictDataset(Path(folder), transform=Resize((size, size), antialias=True))
    single = count == 1  # a worker process would only delay it
    loader = DataLoader(
        Subset(images, range(count)),
        batch_size=batch,
        num_workers=0 if single else WORKERS,
        persistent_workers=not single,
        collate_fn=images.collate_fn,
    )

    @torch.inference_mode()
    def work() -> int:
        done = 0
        for read in loader:
            found = model.post_processor(model.model(model.pre_processor.transform(read.image)))
            done += len(found.pred_score.tolist())
            found.anomaly_map.numpy()
        return done

    return work


def training(backbone: str, size: int, batch: int, steps: int) -> Work:
    """Steps of reverse distillation, each with the backbone's pass, as it trains."""
    model = model_of("revdist", backbone, size, 0).train()
    images = torch.rand(batch, 3, size, size)
    optimiser = model.configure_optimizers()

    def work() -> None:
        for _ in range(steps):
            optimiser.zero_grad()
            loss = model.loss(*model.model(images))
            loss.backward()
            optimiser.step()
            loss.item()  # as its training step logs it

    return work


def coreset(points: str, count: int) -> Work:
    """Its greedy search, with its projection; the value is its choice."""
    rows = torch.from_numpy(np.load(points, allow_pickle=False))

    def work() -> list[int]:
        sampler = KCenterGreedy(rows, (count + 0.5) / len(rows))
        return sampler.select_coreset_idxs()

    return work


def nearest_neighbours(points: str, bank: int) -> Work:
    """PatchCore's search."""
    rows = torch.from_numpy(np.load(points, allow_pickle=False))
    model = PatchcoreModel(("layer2", "layer3"), "resnet18", pre_trained=False)
    model.memory_bank = rows[:bank].contiguous()
    queries = rows[bank:]
    return lambda: float(model.nearest_neighbors(queries, 1)[0].mean())


def metrics(maps: str) -> Work:
    """Its AUROC and AUPRO of the pixels of all maps."""
    with np.load(maps, allow_pickle=False) as saved:
        scores = torch.from_numpy(saved["scores"])
        masks = torch.from_numpy(saved["masks"]).int()

    def batches() -> Iterator[slice]:
        for start in range(0, len(scores), 16):
            yield slice(start, start + 16)

    def work() -> dict[str, float]:
        auroc, aupro = _AUROC(), _AUPRO()
        for part in batches():
            auroc.update(scores[part].flatten(), masks[part].flatten())
            aupro.update(scores[part], masks[part])
        return {"auroc": float(auroc.compute()), "aupro": float(aupro.compute())}

    return work


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    works = (scoring, training, coreset, nearest_neighbours, metrics)
    serve({work.__name__: work for work in works})
