"""Work that must not block the window: functions in threads, results on the GUI thread.

Of several tasks with one key the latest wins: results of the earlier ones are dropped.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

from inspector.errors import InspectorError
from inspector.gui.notify import Notices


class TaskCancelled(Exception):
    """Raised within a task by `Task.report` where nobody wants its result any more."""


class Task:
    """One piece of work under way. No QObject: none may die while a thread still speaks by it."""

    def __init__(self, tell: Callable[[Task, int, int], object]) -> None:
        self._tell = tell
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
        self._tell(self, done, total)


class _Runnable(QRunnable):
    def __init__(
        self,
        task: Task,
        work: Callable[[Task], Any],
        end: Callable[[Task, Any, BaseException | None], object],
    ) -> None:
        super().__init__()
        self._task, self._work, self._end = task, work, end

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
            self._end(self._task, value, error)


@dataclass(frozen=True, slots=True)
class _Handlers:
    """Who gets what on the GUI thread."""

    done: Callable[[Any], object]
    failed: Callable[[InspectorError], object]
    progress: Callable[[int, int], object] | None


class Background(QObject):
    """Starts tasks.

    Args:
        notices: Where errors go for which the caller has no handler.
    """

    # Emitted in threads; Qt queues the calls to the slots on the GUI thread.
    _reported = Signal(object, int, int)
    _ended = Signal(object, object, object)

    def __init__(self, notices: Notices, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notices = notices
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(4)
        self._latest: dict[str, Task] = {}
        self._alive: dict[Task, _Handlers] = {}
        self._reported.connect(self._on_report, Qt.ConnectionType.QueuedConnection)
        self._ended.connect(self._on_end, Qt.ConnectionType.QueuedConnection)

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
        task = Task(self._reported.emit)
        if key:
            if key in self._latest:
                self._latest[key].cancel()
            self._latest[key] = task
        self._alive[task] = _Handlers(done, failed or self._notices.error, progress)
        self._pool.start(_Runnable(task, work, self._ended.emit))
        return task

    def wait(self) -> None:
        """Cancels everything and waits for the threads; before the program ends."""
        for task in self._alive:
            task.cancel()
        self._pool.clear()
        self._pool.waitForDone()

    @Slot(object, int, int)
    def _on_report(self, task: Task, done: int, total: int) -> None:
        handlers = self._alive.get(task)
        if handlers is not None and handlers.progress is not None and not task.is_cancelled:
            handlers.progress(done, total)

    @Slot(object, object, object)
    def _on_end(self, task: Task, value: Any, error: BaseException | None) -> None:
        handlers = self._alive.pop(task)
        self._latest = {key: kept for key, kept in self._latest.items() if kept is not task}
        if task.is_cancelled:
            return
        if error is None:
            handlers.done(value)
        elif isinstance(error, InspectorError):
            handlers.failed(error)
        else:
            sys.excepthook(type(error), error, error.__traceback__)
            # Whoever waits must not wait for ever.
            handlers.failed(
                InspectorError(
                    self.tr("This ended by a bug ({kind}).").format(kind=type(error).__name__),
                    self.tr("The report tells more; trying again may help."),
                )
            )
