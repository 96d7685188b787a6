"""The peer's environment: made once, beside the work folder, with the torch that is here."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

PEER = "anomalib==2.7.0"


def peer_python(folder: Path) -> Path:
    """The interpreter of an environment with anomalib, made where it is missing.

    It gets exactly the torch and torchvision of this environment, a CPU build where this one is: so
    both sides compute with the same libraries, and no CUDA build of several GB comes along.
    """
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = folder / "ready"
    if ready.exists():
        return python
    print(f"Installing {PEER} in {folder} (once) ...", file=sys.stderr, flush=True)
    venv.create(folder, with_pip=True, clear=True)
    constraints = folder / "constraints.txt"
    same = [f"{name}=={version(name)}" for name in ("torch", "torchvision", "timm", "numpy")]
    constraints.write_text("\n".join(same) + "\n", encoding="utf-8")
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--constraint", constraints, *same[:2], PEER],
        check=False,
    )
    if done.returncode:
        raise SystemExit(
            f"{PEER} could not be installed beside {same[0]}. Where this torch came from an index "
            "of its own, name it in PIP_EXTRA_INDEX_URL; or pass --peer-python."
        )
    ready.touch()
    return python
