"""Work that must not block the window: functions in threads, results on the GUI thread.

Of several tasks with one key the latest wins: results of the earlier ones are dropped.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from inspector.errors import InspectorError
from inspector.gui.notify import Notices


class TaskCancelled(Exception):
    """Raised within a task by `Task.report` where nobody wants its result any more."""


class Task(QObject):
    """One piece of work under way. Its signals are emitted to the GUI thread."""

    progressed = Signal(int, int)
    _ended = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._cancelled = False

    def cancel(self) -> None:
        """Its result is not wanted any more; `report` ends it at the next chance."""
        self._cancelled = True

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled

    def report(self, done: int, total: int) -> None:
        """From within the work: how far it is.

        Raises:
            TaskCancelled: The task was cancelled.
        """
        if self._cancelled:
            raise TaskCancelled
        self.progressed.emit(done, total)


class _Runnable(QRunnable):
    def __init__(self, task: Task, work: Callable[[Task], Any]) -> None:
        super().__init__()
        self._task, self._work = task, work

    def run(self) -> None:
        value, error = None, None
        try:
            if not self._task.is_cancelled:
                value = self._work(self._task)
        except TaskCancelled:
            self._task.cancel()
        except Exception as raised:  # noqa: BLE001  (raised again on the GUI thread)
            error = raised
        with contextlib.suppress(RuntimeError):  # the window is gone; nobody waits for it
            self._task._ended.emit(value, error)


class Background(QObject):
    """Starts tasks.

    Args:
        notices: Where errors go for which the caller has no handler.
    """

    def __init__(self, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notices = notices
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(4)
        self._latest: dict[str, Task] = {}
        self._alive: set[Task] = set()

    def run(
        self,
        work: Callable[[Task], Any],
        done: Callable[[Any], object],
        *,
        key: str = "",
        failed: Callable[[InspectorError], object] | None = None,
        progress: Callable[[int, int], object] | None = None,
    ) -> Task:
        """Runs `work(task)` in a thread, then `done(result)` on the GUI thread.

        Args:
            work: Must touch no widget and no object that belongs to the GUI thread.
            done: Gets the result; not called where the task was cancelled.
            key: Cancels the task under way that has the same key, if not empty.
            failed: Gets an InspectorError instead of the notices.
            progress: Gets `(done, total)` as `work` reports them.
        """
        task = Task(self)
        if key:
            if key in self._latest:
                self._latest[key].cancel()
            self._latest[key] = task
        self._alive.add(task)
        ending = _Ending(self, task, done, failed or self._notices.error)
        task._ended.connect(ending.end)
        if progress is not None:
            task.progressed.connect(progress)
        self._pool.start(_Runnable(task, work))
        return task

    def wait(self) -> None:
        """Cancels everything and waits for the threads; before the program ends."""
        for task in self._alive:
            task.cancel()
        self._pool.clear()
        self._pool.waitForDone()

    def _forget(self, task: Task) -> None:
        self._alive.discard(task)
        self._latest = {key: kept for key, kept in self._latest.items() if kept is not task}
        task.deleteLater()


class _Ending(QObject):
    """Receives a task's end. Lives in the GUI thread, so that Qt queues the call to it."""

    def __init__(
        self,
        background: Background,
        task: Task,
        done: Callable[[Any], object],
        failed: Callable[[InspectorError], object],
    ) -> None:
        super().__init__(task)
        self._background, self._task, self._done, self._failed = background, task, done, failed

    @Slot(object, object)
    def end(self, value: Any, error: BaseException | None) -> None:
        self._background._forget(self._task)
        if self._task.is_cancelled:
            return
        if error is None:
            self._done(value)
        elif isinstance(error, InspectorError):
            self._failed(error)
        else:
            sys.excepthook(type(error), error, error.__traceback__)
