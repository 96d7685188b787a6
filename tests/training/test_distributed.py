"""Two real processes learn what one learns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from inspector.errors import InspectorError
from inspector.jobs.parameters import RevDistParameters
from inspector.jobs.processes import check_split
from training import distributed
from training.run import Run

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


def test_a_batch_that_cannot_be_split_evenly_is_refused_beforehand() -> None:
    check_split(RevDistParameters(batch_size=16), 4)
    with pytest.raises(InspectorError, match="cannot be split evenly over 3") as caught:
        check_split(RevDistParameters(batch_size=16), 3)
    assert "batch_size" in caught.value.hint and "18" in caught.value.hint
