"""Measuring in the window which runtime computes features fastest: `inspector bench` beside it."""

from __future__ import annotations

import subprocess

import msgspec
from PySide6.QtCore import QObject

from inspector.errors import InspectorError
from inspector.gui.background import Task
from inspector.gui.session import Session
from inspector.jobs.backbones import EMBEDDED_BACKBONE
from inspector.jobs.extras import pip_command
from inspector.jobs.process import own_command, worker_environment
from inspector.jobs.runtime_choice import TITLES, TORCH, Choice, installed_runtimes

_LOOK_SECONDS = 0.2


class Measured(msgspec.Struct):
    """What `inspector bench --json` prints."""

    backbone: str
    choice: Choice


class _Refused(msgspec.Struct):
    error: str
    hint: str = ""


class Measuring(QObject):
    """Starts a measurement, of the active model's backbone where there is one, and tells of it.

    Args:
        session: Its notices are told, its background waits.
    """

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._is_running = False

    def start(self) -> None:
        """Measures, unless it does so already."""
        if self._is_running:
            return
        if self._session.jobs.current is not None:
            self._session.notices.warning(
                self.tr("A job is running: it would disturb the measurement."),
                self.tr("Measure this computer when the job is done."),
            )
            return
        self._is_running = True
        self._session.notices.info(
            self.tr("Measuring this computer…"), self.tr("It takes about a minute.")
        )
        arguments = self._arguments()
        self._session.background.run(
            lambda task: measured(arguments, task), self._tell, key="bench", failed=self._failed
        )

    def _arguments(self) -> tuple[str, ...]:
        card = self._session.scale.card
        if card is None:
            return ("--backbone", EMBEDDED_BACKBONE)
        return ("--backbone", card.backbone, "--size", str(card.image_size))

    def _tell(self, found: Measured) -> None:
        self._is_running = False
        times = {timing.runtime: timing.batch_ms for timing in found.choice.measured}
        if found.choice.runtime != TORCH:
            self._session.notices.success(
                self.tr("{runtime} computes features {times:.1f} times as fast as torch.").format(
                    runtime=TITLES[found.choice.runtime],
                    times=times[TORCH] / times[found.choice.runtime],
                ),
                self.tr(
                    "It is used from now on for {backbone} on this computer's processor."
                ).format(backbone=found.backbone),
            )
            return
        others = [name for name in TITLES if name not in installed_runtimes()]
        hint = self.tr("Others come with: {command}").format(command=pip_command("export"))
        self._session.notices.info(
            self.tr("Torch stays: nothing else that is installed is faster here."),
            hint if others else "",
        )

    def _failed(self, error: InspectorError) -> None:
        self._is_running = False
        self._session.notices.error(error)


def measured(arguments: tuple[str, ...], task: Task) -> Measured:
    """Runs `inspector bench` and waits for it.

    Raises:
        InspectorError: It failed, and says why.
    """
    process = subprocess.Popen(
        own_command("bench", "--json", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=dict(worker_environment()),
    )
    while True:
        try:
            out, err = process.communicate(timeout=_LOOK_SECONDS)
            break
        except subprocess.TimeoutExpired:
            if task.is_cancelled:
                process.kill()
    try:
        return msgspec.json.decode(out, type=Measured)
    except msgspec.MsgspecError:
        pass  # it says instead what went wrong
    try:
        refused = msgspec.json.decode(out, type=_Refused)
    except msgspec.MsgspecError as error:
        last = err.decode(errors="replace").strip().splitlines()[-1:] or ["it gave no answer"]
        raise InspectorError(
            f"This computer could not be measured: {last[0]}.",
            "`inspector bench` on the command line tells more.",
        ) from error
    raise InspectorError(refused.error, refused.hint)
