"""Words, icons and colours for states and stages, and times as people say them."""

from __future__ import annotations

import time
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from inspector.jobs.catalogue import METHODS

translate = QCoreApplication.translate


def duration(seconds: float | None) -> str:
    """ "8 s", "3 min 20 s", "2 h 5 min"; "–" where it is not known."""
    if seconds is None:
        return "–"
    whole = max(round(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return translate("Train", "{hours} h {minutes} min").format(hours=hours, minutes=left)
    if minutes >= 10:
        return translate("Train", "{minutes} min").format(minutes=minutes)
    if minutes:
        return translate("Train", "{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
    return translate("Train", "{seconds} s").format(seconds=whole)


def rough_duration(seconds: float) -> str:
    """A time that is only guessed, to about two digits: "about 20 min"."""
    minute, hour = 60, 3600
    if seconds < minute:
        return translate("Train", "under a minute")
    unit = 5 * minute if seconds > 20 * minute else minute
    if seconds > 5 * hour:
        unit = hour
    rounded = round(seconds / unit) * unit
    if rounded >= hour:
        hours, minutes = divmod(round(rounded / minute), 60)
        if minutes:
            return translate("Train", "about {hours} h {minutes} min").format(
                hours=hours, minutes=minutes
            )
        return translate("Train", "about {hours} h").format(hours=hours)
    return translate("Train", "about {minutes} min").format(minutes=round(rounded / minute))


def moment(iso: str) -> str:
    """A stored time in local time: today's as "10:03", this year's as "11-22 10:03"."""
    local = datetime.fromisoformat(iso).astimezone()
    today = datetime.now().astimezone().date()
    if local.date() == today:
        return local.strftime("%H:%M")
    return local.strftime("%m-%d %H:%M" if local.year == today.year else "%Y-%m-%d")


def seconds_between(start: str, end: str | None) -> float | None:
    """Between two stored times; None while the second is not known."""
    if end is None:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def clock(seconds: float) -> str:
    """Time of day of an event."""
    return time.strftime("%H:%M:%S", time.localtime(seconds))


def state_word(state: str) -> str:
    """A state of a run or a job in words."""
    words = {
        "queued": translate("Train", "Waiting"),
        "starting": translate("Train", "Starting"),
        "running": translate("Train", "Running"),
        "done": translate("Train", "Done"),
        "cancelled": translate("Train", "Cancelled"),
        "failed": translate("Train", "Failed"),
        "prepared": translate("Train", "Prepared"),
        "lost": translate("Train", "Interrupted"),
        "interrupted": translate("Train", "Interrupted"),
        "started": translate("Train", "Started"),
        "resumed": translate("Train", "Resumed"),
    }
    return words.get(state, state)


def state_look(state: str) -> tuple[str, str]:
    """Icon name and colour role of a state."""
    looks = {
        "queued": ("clock", "muted"),
        "starting": ("clock", "accent"),
        "running": ("play", "accent"),
        "done": ("check", "ok"),
        "cancelled": ("minus", "muted"),
        "failed": ("error", "ng"),
        "prepared": ("clock", "muted"),
        "lost": ("warning", "unsure"),
        "interrupted": ("warning", "unsure"),
    }
    return looks.get(state, ("info", "muted"))


def stage_title(name: str, fallback: str = "") -> str:
    """A stage in a word or two."""
    if name.startswith("fold-"):
        return translate("Train", "Held-out part {part}").format(part=name.removeprefix("fold-"))
    if name.startswith("calibration-"):
        return translate("Train", "Calibration {part}").format(
            part=name.removeprefix("calibration-")
        )
    titles = {
        "features": translate("Train", "Features"),
        "names": translate("Train", "Class names"),
        "detector": translate("Train", "Detector"),
        "measure": translate("Train", "Measuring"),
        "cada": translate("Train", "Alignment"),
        "save": translate("Train", "Saving"),
    }
    return titles.get(name, fallback or name)


def unit_word(unit: str) -> str:
    """What progress is counted in."""
    words = {
        "steps": translate("Train", "steps"),
        "images": translate("Train", "images"),
        "B": translate("Train", "bytes"),
        "patches": translate("Train", "patches"),
        "bank entries": translate("Train", "bank entries"),
        "outlier patches": translate("Train", "outlier patches"),
        "outlier entries": translate("Train", "outlier entries"),
    }
    return words.get(unit, unit)


def method_title(name: str) -> str:
    """Title of a method; its name where this Inspector does not know it."""
    return METHODS[name].title if name in METHODS else name


def kind_title(kind: str) -> str:
    """What a run does."""
    words = {
        "train": translate("Train", "Training"),
        "score": translate("Train", "Scoring"),
        "evaluate": translate("Train", "Evaluation"),
        "score-folder": translate("Train", "Scoring a folder"),
        "learn": translate("Train", "Learning at once"),
        "export": translate("Train", "Export"),
    }
    return words.get(kind, kind)
