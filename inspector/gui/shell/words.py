"""How the shell writes jobs, durations and times."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTime

from inspector.gui.jobs.job import Job, JobState

UNDEFINED = "–"


def duration(seconds: float) -> str:
    """ "8 s", "3 min", "1 h 20 min"."""
    whole = round(seconds)
    if whole < 60:
        return QCoreApplication.translate("Shell", "{n} s").format(n=whole)
    minutes = round(seconds / 60)
    if minutes < 60:
        return QCoreApplication.translate("Shell", "{n} min").format(n=minutes)
    return QCoreApplication.translate("Shell", "{h} h {n} min").format(
        h=minutes // 60, n=minutes % 60
    )


def time_left(job: Job) -> str:
    """ "3 min left", of the stage; empty until it can be told."""
    left = job.seconds_left
    if left is None or job.ending:
        return ""
    return QCoreApplication.translate("Shell", "{time} left").format(time=duration(left))


def rate(job: Job) -> str:
    """ "12.3 images/s"; empty until it can be told."""
    if job.rate is None or job.progress is None:
        return ""
    number = f"{job.rate:.0f}" if job.rate >= 100 else f"{job.rate:.1f}"
    return QCoreApplication.translate("Shell", "{rate} {unit}/s").format(
        rate=number, unit=job.progress.unit
    )


def stage(job: Job) -> str:
    """ "stage 2 of 6"; what the job waits for where no stage is under way."""
    if job.ending == "cancel":
        return QCoreApplication.translate("Shell", "cancelling…")
    if job.ending == "finish_early":
        return QCoreApplication.translate("Shell", "stopping this stage early…")
    if job.stage is None:
        return QCoreApplication.translate("Shell", "starting…")
    return QCoreApplication.translate("Shell", "stage {index} of {count}").format(
        index=job.stage.index, count=job.stage.count
    )


def state(job: Job) -> str:
    """How a job stands, in words."""
    match job.state:
        case JobState.QUEUED:
            return QCoreApplication.translate("Shell", "Waits for its turn")
        case JobState.STARTING | JobState.RUNNING:
            return QCoreApplication.translate("Shell", "Running")
        case JobState.DONE:
            return QCoreApplication.translate("Shell", "Done")
        case JobState.CANCELLED:
            return QCoreApplication.translate("Shell", "Cancelled, nothing was kept")
        case JobState.FAILED:
            return QCoreApplication.translate("Shell", "Failed")
        case JobState.LOST:
            return QCoreApplication.translate("Shell", "Ended before it was done")


def moment(time: datetime, now: datetime) -> str:
    """ "Today 14:02", "Yesterday 09:30", or the date, in the user's language."""
    locale = QLocale()
    clock = locale.toString(QTime(time.hour, time.minute), QLocale.FormatType.ShortFormat)
    days = (now.date() - time.date()).days
    if days == 0:
        return QCoreApplication.translate("Shell", "Today {clock}").format(clock=clock)
    if days == 1:
        return QCoreApplication.translate("Shell", "Yesterday {clock}").format(clock=clock)
    return locale.toString(QDate(time.year, time.month, time.day), QLocale.FormatType.LongFormat)
