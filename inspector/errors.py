"""The exception for problems that a user can act on. Anything else that is raised is a bug."""

from __future__ import annotations


class InspectorError(Exception):
    """A problem the user can solve: what happened, and what to do about it.

    Args:
        message: One sentence that says what is wrong, naming the file, folder or option.
        hint: One sentence that says what to do. May be empty only where the message says it all.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()
