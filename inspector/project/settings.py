"""What a project remembers of how it is used, such as the active model: names and JSON values."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from inspector.project.database import Database

T = TypeVar("T")


def get_setting(database: Database, key: str, kind: type[T], default: T) -> T:
    """The value kept under `key`, or `default` where there is none of type `kind`.

    A value that cannot be read, as one that another version wrote, is none: a setting must never
    keep a project from opening.
    """
    row = database.row("SELECT value FROM setting WHERE key = ?", (key,))
    if row is None:
        return default
    try:
        return msgspec.json.decode(row["value"], type=kind)
    except msgspec.MsgspecError:
        return default


def set_setting(database: Database, key: str, value: object) -> None:
    """Keep `value`, which msgspec must be able to encode, under `key` in place of the old one."""
    with database.transaction():
        database.run(
            """
            INSERT INTO setting (key, value) VALUES (?, ?)
            ON CONFLICT (key) DO UPDATE SET value = excluded.value
            """,
            (key, msgspec.json.encode(value).decode()),
        )


def remove_setting(database: Database, key: str) -> None:
    """Forget what is kept under `key`; nothing happens where there is nothing."""
    with database.transaction():
        database.run("DELETE FROM setting WHERE key = ?", (key,))
