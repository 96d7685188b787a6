"""Progress bars with rate and time left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from inspector.cli.output import Output


class _Rate(ProgressColumn):
    """Units per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        unit = task.fields.get("unit", "")
        return Text("" if speed is None else f"{speed:.1f} {unit}/s", style="dim")


def progress_bars(output: Output) -> Progress:
    """Bars on stderr; none where the output is for machines."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=output.progress_console,
        disable=output.json,
    )


@contextmanager
def counting(output: Output, title: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """One bar for work done in this process; gives a function that is told (done, total)."""
    with progress_bars(output) as progress:
        task = progress.add_task(title, total=None, unit=unit)
        yield lambda done, total: progress.update(task, completed=done, total=total)
