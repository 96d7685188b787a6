from __future__ import annotations

import subprocess
import sys

import pytest

FIRST_IMPORTS = [
    "import inspector.engine.torchvision_operators; import torchvision; import timm",
    "import inspector.engine.detectors.revdist; import torchvision.ops",
]


@pytest.mark.parametrize("code", FIRST_IMPORTS)
def test_a_fresh_process_can_import(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_asking_twice_changes_nothing() -> None:
    import torch

    from inspector.engine.torchvision_operators import ensure_torchvision_imports

    ensure_torchvision_imports()
    before = torch.ops.torchvision.nms.default._schema
    ensure_torchvision_imports()
    assert torch.ops.torchvision.nms.default._schema == before
    assert "dets" in str(before)
