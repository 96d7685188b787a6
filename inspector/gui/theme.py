"""Colours and sizes: two palettes, one style sheet, and how a widget asks for them.

Colours are roles. Every text role has a contrast of at least 4.5:1 on every ground role of its
theme (tested). Verdicts and truths also differ by shape or word, never by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QFontMetricsF, QPalette
from PySide6.QtWidgets import QApplication, QWidget


@dataclass(frozen=True, slots=True)
class Theme:
    """One palette; each value is `#rrggbb`.

    Grounds: `window` (behind everything), `surface` (cards, tables, inputs), `raised` (hover,
    headers). Texts: `text`, `muted`. `accent` marks what is chosen or primary, with `on_accent`
    written on it. `ok`, `ng`, `unsure` are verdicts, `normal` and `defective` truths in plots.
    """

    name: str
    is_dark: bool
    window: str
    surface: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    accent_soft: str
    on_accent: str
    ok: str
    ng: str
    unsure: str
    normal: str
    defective: str
    threshold: str
    grid: str
    canvas: str


LIGHT = Theme(
    name="light",
    is_dark=False,
    window="#f3f4f6",
    surface="#ffffff",
    raised="#e9ebef",
    border="#d3d7de",
    text="#1b1f24",
    muted="#555e6a",
    accent="#1d5fd1",
    accent_soft="#dce8fb",
    on_accent="#ffffff",
    ok="#0b6e55",
    ng="#b3400a",
    unsure="#7d5700",
    normal="#1e6bab",
    defective="#b3400a",
    threshold="#1b1f24",
    grid="#e3e6ea",
    canvas="#dfe2e6",
)

DARK = Theme(
    name="dark",
    is_dark=True,
    window="#14171b",
    surface="#1b1f25",
    raised="#262c34",
    border="#343b45",
    text="#e7eaee",
    muted="#a3adb9",
    accent="#72a8ff",
    accent_soft="#22334f",
    on_accent="#0d1626",
    ok="#4cc9a0",
    ng="#ff9264",
    unsure="#edbb4d",
    normal="#62b5ea",
    defective="#ff9264",
    threshold="#f5f7fa",
    grid="#2a3038",
    canvas="#0e1013",
)

THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
BASE_POINTS = 10.0
"""Size of the UI font at zoom 1, in points."""


def theme_of() -> Theme:
    """The theme that the application is shown in; ask anew after PaletteChange.

    A widget's own palette does not tell: a style sheet makes it black where the ground shows
    through, and one that was never shown still has the palette it was made with.
    """
    window = QApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if window.lightness() < 128 else LIGHT


def em(widget: QWidget, factor: float = 1.0) -> int:
    """A length in pixels that grows with the widget's font; 1 em is its line height."""
    return round(QFontMetricsF(widget.font()).height() * factor)


def apply_theme(app: QApplication, theme: Theme, zoom: float) -> None:
    """Shows the whole application in a theme, its font scaled by `zoom`.

    All widgets get PaletteChange and FontChange events; own painting follows them.
    """
    font = app.font()
    font.setPointSizeF(BASE_POINTS * zoom)
    app.setFont(font)
    app.setPalette(palette_of(theme))
    app.setStyleSheet(style_sheet(theme, QFontMetricsF(font).height()))


def palette_of(theme: Theme) -> QPalette:
    """The theme as a Qt palette."""
    palette = QPalette()
    role = QPalette.ColorRole
    colours = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.surface,
        role.AlternateBase: theme.raised,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.ng,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.muted,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.Light: theme.raised,
        role.Midlight: theme.raised,
        role.Mid: theme.border,
        role.Dark: theme.border,
        role.Shadow: theme.window,
    }
    for name, colour in colours.items():
        palette.setColor(name, QColor(colour))
    faint = mixed(theme.muted, theme.surface, 0.45)
    for name in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, QColor(faint))
    return palette


def mixed(colour: str, other: str, share: float) -> str:
    """`colour` with a `share` of `other` in it."""
    a, b = QColor(colour), QColor(other)
    parts = zip(a.getRgb()[:3], b.getRgb()[:3], strict=True)  # type: ignore[index]
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in parts)


def style_sheet(theme: Theme, em_pixels: float) -> str:
    """What the palette cannot say: spacing, corners, states. Lengths grow with the font."""
    from inspector.core.resources import resource_path

    folder = resource_path("themes")
    text = (folder / "inspector.qss").read_text("utf-8")
    values = {name: getattr(theme, name) for name in Theme.__slots__}
    values["folder"] = folder.as_posix()
    values["faint"] = mixed(theme.muted, theme.surface, 0.45)
    values["accent_hover"] = mixed(theme.accent, theme.text, 0.18)
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"@{name}", str(values[name]))
    return _scaled(text, em_pixels)


def _scaled(text: str, em_pixels: float) -> str:
    """Replaces lengths such as `0.5em`, which Qt style sheets take for the parent's, by pixels."""
    import re

    return re.sub(r"(\d*\.?\d+)em\b", lambda found: f"{float(found[1]) * em_pixels:.0f}px", text)
