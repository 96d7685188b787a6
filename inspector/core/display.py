"""Whether a window could be shown here."""

from __future__ import annotations

import os
import sys


def has_display() -> bool:
    """True on Windows and macOS; elsewhere where an X11 or Wayland display, or another platform of
    Qt, is named."""
    if sys.platform in ("win32", "darwin"):
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return any(os.environ.get(name) for name in names)
