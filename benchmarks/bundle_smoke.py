"""Builds the bundle and uses it as a person without Python would.

    pip install -e ".[bundle]" && python benchmarks/bundle_smoke.py [--keep FOLDER]

Starts the bundled window offscreen, imports sample parts, runs a tiny training through the bundled
worker, scores with it, and prints size and start times.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from inspector.core.sampleparts import SamplePlan, write_sample_parts

ROOT = Path(__file__).resolve().parents[1]
STARTS = 5
TINY = (
    "image_size=64",
    "revdist.iterations=4",
    "revdist.batch_size=4",
    "alignment.iterations=8",
    "alignment.batch_size=4",
    "alignment.folds=2",
)


def build(folder: Path) -> Path:
    """Runs PyInstaller. Returns the bundle's folder."""
    start = time.monotonic()
    subprocess.run(
        [
            sys.executable,
            *("-m", "PyInstaller", str(ROOT / "build_app.spec"), "--noconfirm", "--log-level=WARN"),
            *("--distpath", str(folder / "dist"), "--workpath", str(folder / "build")),
        ],
        check=True,
        cwd=ROOT,
    )
    print(f"built in {time.monotonic() - start:.0f} s")
    return folder / "dist" / "Inspector"


def size_mb(folder: Path) -> float:
    """Size of all files in megabytes; links count once."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files) / 1e6


def start_seconds(window: Path, *arguments: str) -> float:
    """Seconds from starting the window's executable to its first painted frame."""
    start = time.monotonic()
    with subprocess.Popen(
        [window, "--window", *arguments, "--quit-when-shown"],
        stdout=subprocess.PIPE,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.monotonic() - start
    if line.strip() != b"shown" or process.returncode != 0:
        raise SystemExit(f"The bundled window did not start (exit code {process.returncode}).")
    return seconds


def main() -> None:
    """Builds, uses and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="build here and leave it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        bundle = build(options.keep or Path(temporary))
        print(f"bundle: {size_mb(bundle):.0f} MB")
        suffix = ".exe" if sys.platform == "win32" else ""
        window, console = bundle / f"Inspector{suffix}", bundle / f"inspector-cli{suffix}"
        first, *others = [start_seconds(window) for _ in range(STARTS + 1)]
        print(
            f"window: {first:.2f} s the first time, then median {statistics.median(others):.2f} s"
        )
        project, parts = Path(temporary) / "project", Path(temporary) / "parts"
        write_sample_parts(parts, SamplePlan.tiny())
        sets = [word for change in TINY for word in ("--set", change)]
        for command in (
            ["doctor"],
            ["import", str(project), str(parts)],
            ["train", str(project), *sets],
            ["evaluate", str(project)],
        ):
            start = time.monotonic()
            subprocess.run([console, *command], check=True, stdout=subprocess.DEVNULL)
            print(f"{command[0]}: {time.monotonic() - start:.1f} s")
        print(f"window on that project: {start_seconds(window, str(project)):.2f} s")


if __name__ == "__main__":
    main()
