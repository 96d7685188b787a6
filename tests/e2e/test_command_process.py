"""The command line as a process: started as a module, interrupted at the keyboard."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector.project.project import Project
from inspector.project.runs import RunState

COMMAND = [sys.executable, "-m", "inspector"]


def test_the_module_is_the_command(tmp_path: Path) -> None:
    shown = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout == f"inspector {inspector.__version__}\n"
    missing = [*COMMAND, "models", str(tmp_path / "nowhere")]
    failed = subprocess.run(missing, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert "is not an Inspector project." in failed.stderr
    assert "Traceback" not in failed.stderr


def wait_for(process: subprocess.Popen[str], text: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    pytest.fail(f"it never said {text!r}")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process there")
def test_control_c_ends_a_stage_and_two_in_a_row_cancel(
    tmp_path: Path, tiny_parts: Path, one_thread: Any
) -> None:
    folder = tmp_path / "project"
    with Project.create(folder) as project:
        project.import_folder(tiny_parts)
    settings = ["image_size=64", "revdist.iterations=5000", "revdist.batch_size=4"]
    settings += ["alignment.iterations=100000", "alignment.folds=2"]
    arguments = [argument for pair in settings for argument in ("--set", pair)]
    process = subprocess.Popen(
        [*COMMAND, "train", str(folder), "--device", "cpu", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(process, "Learning what is normal")
    os.kill(process.pid, signal.SIGINT)
    wait_for(process, "keeping what is learned")
    wait_for(process, "Trying the alignment, part 1")  # it went on
    os.kill(process.pid, signal.SIGINT)
    time.sleep(0.2)  # two signals at once would be one
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=240)
    assert process.returncode == 3
    assert "Run 1 was cancelled; nothing of it was kept." in out
    with Project.open(folder) as project:
        assert project.find_run(1).state is RunState.CANCELLED
        assert project.models() == ()
