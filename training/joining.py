"""What each of several processes that learn together needs first: its device, and the others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.distributed.distributed_c10d import Store
from torch.distributed.rendezvous import rendezvous

from inspector.engine.device import resolve_device
from inspector.errors import InspectorError
from training.processes import Others, Place

_START_PATIENCE = timedelta(minutes=5)


def take_device(place: Place, device_name: str, needed: int) -> str:
    """Chooses this process's GPU of the `needed` ones, or its share of the processor; gives torch's
    word for the way in which processes on such devices talk."""
    kind = resolve_device(device_name, "float32").kind
    if kind == "mps":
        raise InspectorError(
            "The one GPU of this machine cannot be shared by several processes.",
            "Use --device cpu, or --processes 1.",
        )
    if kind == "cpu":
        if "OMP_NUM_THREADS" not in os.environ:
            torch.set_num_threads(max(1, torch.get_num_threads() // place.size))
        return "gloo"
    gpus = torch.cuda.device_count()
    if needed > gpus:
        raise InspectorError(
            f"There are fewer GPUs ({gpus}) than processes on this machine.",
            f"Use --processes {gpus}, or --device cpu.",
        )
    torch.cuda.set_device(place.local)
    return "cpu:gloo,cuda:nccl" if dist.is_nccl_available() else "gloo"


def open_store(others: Others | None) -> Store:
    """Where the processes find each other: of the first one, or of `torchrun`."""
    if others is None:
        store, _, _ = next(iter(rendezvous("env://", timeout=_START_PATIENCE)))
        found: Store = store
        return found
    host, port = others.address
    return dist.TCPStore(  # type: ignore[attr-defined]
        host,
        port,
        others.size,
        is_master=True,
        timeout=_START_PATIENCE,
        wait_for_workers=False,
        master_listen_fd=others.take_listener(),
    )


def start_deadline() -> Callable[[], None]:
    """A check for `exchange` that raises TimeoutError when it has taken too long."""
    latest = time.monotonic() + _START_PATIENCE.total_seconds()

    def check() -> None:
        if time.monotonic() > latest:
            raise TimeoutError(f"not all came within {_START_PATIENCE.total_seconds():.0f} s")

    return check
