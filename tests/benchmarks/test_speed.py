"""The speed benchmark runs: a smoke test of our side, tiny and without the peer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
QUICKLY = ["--quick", "--no-peer", "--turns", "1", "--threads", "1"]
QUICKLY += ["--only", "patchcore", "training", "nearest", "metrics"]


def test_the_speed_benchmark_measures_our_side(tmp_path: Path) -> None:
    script = ROOT / "benchmarks" / "speed.py"
    done = subprocess.run(
        [sys.executable, script, *QUICKLY],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    for what in ("patchcore", "training step", "nearest", "AUPRO"):
        assert any(what in row for row in rows), what
