"""Starting workers; what they do is tested end to end."""

from __future__ import annotations

from pathlib import Path

from inspector.jobs.process import CANCEL, Worker, send_command


def test_commands_of_an_earlier_try_are_not_obeyed(tmp_path: Path) -> None:
    send_command(tmp_path, CANCEL)
    worker = Worker(tmp_path, listen=False)
    try:
        assert not (tmp_path / "commands").exists()
    finally:
        outcome = worker.wait()
    assert outcome.state == "failed"  # there is no job in this folder; it was not cancelled
