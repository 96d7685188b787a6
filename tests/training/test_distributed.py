"""Two real processes learn what one learns."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from inspector.errors import InspectorError
from inspector.jobs.parameters import RevDistParameters
from inspector.jobs.processes import check_split
from training import distributed, joining
from training.processes import Place
from training.run import Run
from training.worker import _joined

SCRIPT = Path(__file__).with_name("two_processes.py")
ROOT = Path(__file__).parents[2]


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1"]
    done = subprocess.run(
        [sys.executable, *launcher, "--nproc-per-node", "2", str(SCRIPT), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]

    sys.path.insert(0, str(SCRIPT.parent))
    try:
        from two_processes import learn
    finally:
        sys.path.remove(str(SCRIPT.parent))
    alone = learn(Run(tmp_path / "alone", lambda event: None)).state_dict()
    together = load_file(tmp_path / "together.safetensors")
    assert set(alone) == set(together)
    for name, tensor in alone.items():
        # Running statistics and weights alike: the sums are only taken in another order.
        np.testing.assert_allclose(together[name], tensor, atol=2e-6, rtol=1e-4, err_msg=name)


def test_alone_nothing_is_split_and_nobody_is_waited_for() -> None:
    assert (distributed.size(), distributed.rank(), distributed.is_first()) == (1, 0, True)
    assert distributed.own([3, 1, 2]) == [3, 1, 2]
    assert distributed.exchange("x") == ["x"]
    with distributed.first_before_others(lambda: None):
        pass


def test_the_first_process_tells_that_there_are_too_few_gpus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(joining, "resolve_device", lambda *_: SimpleNamespace(kind="cuda"))
    monkeypatch.setattr("torch.cuda.device_count", lambda: 1)
    with pytest.raises(InspectorError, match=r"fewer GPUs \(1\) than processes"):
        joining.take_device(Place(0, 2, 0), "cuda", 2)


def test_a_process_that_never_comes_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(joining, "_START_PATIENCE", timedelta(seconds=0.5))
    listener = socket.create_server(("127.0.0.1", 0))
    others: Any = SimpleNamespace(
        size=2, lost=None, address=listener.getsockname(), take_listener=listener.detach
    )
    threads = torch.get_num_threads()
    try:
        with pytest.raises(InspectorError, match="did not find each other"):
            distributed.join(Place(), others, "cpu")
    finally:
        distributed.leave()
        torch.set_num_threads(threads)


def test_memory_that_ran_out_is_told_by_any_process(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[InspectorError | None] = []
    monkeypatch.setattr(distributed, "join", lambda *_: None)
    monkeypatch.setattr(distributed, "leave", lambda failure=None: told.append(failure))
    job: Any = SimpleNamespace(device="cpu")
    with pytest.raises(InspectorError, match="ran out of memory") as caught, _joined(job, None):
        raise torch.OutOfMemoryError
    assert told[0] is caught.value


def test_a_batch_that_cannot_be_split_evenly_is_refused_beforehand() -> None:
    check_split(RevDistParameters(batch_size=16), 4)
    with pytest.raises(InspectorError, match="cannot be split evenly over 3") as caught:
        check_split(RevDistParameters(batch_size=16), 3)
    assert "batch_size" in caught.value.hint and "18" in caught.value.hint
