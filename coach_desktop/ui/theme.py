"""The look: one set of colour tokens for light and one for dark, a palette and a style sheet made of them.

The look follows the system's colour scheme while the app runs. Everything that is coloured asks for a tint by name,
so that a test can hold every pair of text and ground to a contrast of 4.5:1 (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from string import Template
from typing import Final

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget

from coach_desktop.core.paths import resource

_ICON_NAME = "coachIcon"
_ICON_TINT = "coachIconTint"
_ICON_ROOM = "coachIconRoom"
_ICON_GAP: Final = 0.375
_ICON_PIXELS: Final = (16, 20, 24, 32, 40, 48, 64)


@dataclass(frozen=True)
class Tokens:
    """The colours of one scheme, as `#rrggbb`."""

    window: str
    surface: str
    sunken: str
    text: str
    muted: str
    border: str
    control_border: str
    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    on_accent_soft: str
    good: str
    good_soft: str
    watch: str
    watch_soft: str
    act: str
    act_soft: str


LIGHT: Final = Tokens(
    window="#f6f5f2", surface="#ffffff", sunken="#eceae5", text="#1d2226", muted="#5a636c",
    border="#dedbd4", control_border="#868d94",
    accent="#176a72", accent_hover="#10565d", accent_soft="#e0eeee", on_accent="#ffffff", on_accent_soft="#0f4f56",
    good="#1c6a3b", good_soft="#e4f2e8", watch="#805200", watch_soft="#fcf1da", act="#a32f25", act_soft="#fce9e6",
)  # fmt: skip

DARK: Final = Tokens(
    window="#15181b", surface="#1e2226", sunken="#101214", text="#eceef0", muted="#a9b2bb",
    border="#343a40", control_border="#747d86",
    accent="#6cc4c9", accent_hover="#8ad4d8", accent_soft="#1c3639", on_accent="#0a2426", on_accent_soft="#a9e0e3",
    good="#83cd9b", good_soft="#1b3324", watch="#e6bb63", watch_soft="#3a2f16", act="#f39a90", act_soft="#40211e",
)  # fmt: skip

TEXT_ON_GROUND: Final = (
    ("text", "window"), ("text", "surface"), ("text", "sunken"),
    ("muted", "window"), ("muted", "surface"), ("muted", "sunken"),
    ("accent", "window"), ("accent", "surface"), ("on_accent", "accent"), ("on_accent", "accent_hover"),
    ("on_accent_soft", "accent_soft"), ("text", "accent_soft"), ("muted", "accent_soft"),
    ("good", "surface"), ("good", "good_soft"), ("text", "good_soft"), ("muted", "good_soft"),
    ("watch", "surface"), ("watch", "watch_soft"), ("text", "watch_soft"), ("muted", "watch_soft"),
    ("act", "surface"), ("act", "window"), ("act", "act_soft"), ("text", "act_soft"), ("muted", "act_soft"),
)  # fmt: skip
"""Every pair (text tint, ground tint) that the style sheet puts on the screen."""


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two `#rrggbb` colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def scheme_of_system(app: QApplication) -> Qt.ColorScheme:
    """Return Light or Dark: what the system asks for or, where it says nothing, what its palette looks like."""
    asked = app.styleHints().colorScheme()
    if asked != Qt.ColorScheme.Unknown:
        return asked
    palette = app.style().standardPalette()
    text, ground = palette.windowText().color(), palette.window().color()
    return Qt.ColorScheme.Dark if text.lightness() > ground.lightness() else Qt.ColorScheme.Light


class Theme(QObject):
    """Holds the look of the running app; `changed` tells that it went from light to dark or back."""

    changed = Signal()

    def __init__(self, app: QApplication) -> None:
        """Dress the app and follow the system from now on."""
        super().__init__(app)
        self._app = app
        self._forced: Qt.ColorScheme | None = None
        self._base_points = app.font().pointSizeF()
        if self._base_points <= 0:
            self._base_points = 10.0
        self.scheme = scheme_of_system(app)
        # Fusion is the one style that takes every colour of a palette; the others paint parts of it themselves.
        app.setStyle("Fusion")
        app.setWindowIcon(QIcon(str(resource("icons", "app.png"))))
        app.styleHints().colorSchemeChanged.connect(self._on_scheme_changed)
        self._dress()

    @property
    def tokens(self) -> Tokens:
        """The colours in use."""
        return DARK if self.scheme == Qt.ColorScheme.Dark else LIGHT

    @property
    def name(self) -> str:
        """`dark` or `light`."""
        return "dark" if self.scheme == Qt.ColorScheme.Dark else "light"

    def use(self, scheme: Qt.ColorScheme | None) -> None:
        """Use this scheme whatever the system says; None follows the system again."""
        self._forced = scheme
        # Where the desktop lets an app choose, pages in the web pane follow as well.
        self._app.styleHints().setColorScheme(scheme or Qt.ColorScheme.Unknown)
        self._on_scheme_changed()

    def icon(self, name: str, tint: str = "text", gap: float = 0.0) -> QIcon:
        """Return the drawing `resources/icons/NAME.svg` in the colour of a tint, sharp at 100 to 300 %.

        `gap` is empty room on its right, as a share of its width.
        """
        icon = QIcon()
        for pixels in _ICON_PIXELS:
            icon.addPixmap(_pixmap(name, getattr(self.tokens, tint), pixels, gap))
        return icon

    def set_icon(self, button: QAbstractButton, name: str, tint: str = "text", pixels: int = 16) -> None:
        """Give a button an icon that changes its colour with the theme."""
        # Style sheets cannot put room between icon and text, so the icon brings it along.
        gap = _ICON_GAP if isinstance(button, QPushButton) else 0.0
        button.setProperty(_ICON_NAME, name)
        button.setProperty(_ICON_TINT, tint)
        button.setProperty(_ICON_ROOM, gap)
        button.setIcon(self.icon(name, tint, gap))
        button.setIconSize(QSize(round(pixels * (1 + gap)), pixels))

    def _on_scheme_changed(self) -> None:
        scheme = self._forced or scheme_of_system(self._app)
        if scheme == self.scheme:
            return
        self.scheme = scheme
        self._dress()
        for widget in self._app.allWidgets():
            name = widget.property(_ICON_NAME)
            if name and isinstance(widget, QAbstractButton):
                widget.setIcon(self.icon(name, widget.property(_ICON_TINT), widget.property(_ICON_ROOM)))
        self.changed.emit()

    def _dress(self) -> None:
        self._app.setPalette(_palette(self.tokens))
        self._app.setStyleSheet(style_sheet(self.tokens, self._base_points))


def apply(app: QApplication) -> Theme:
    """Dress the app and return its theme; a second call returns the same one."""
    return app.findChild(Theme) or Theme(app)


def current() -> Theme:
    """Return the theme of the running app. Raises TypeError where there is no QApplication."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise TypeError("there is no QApplication to dress")
    return apply(app)


def style_sheet(tokens: Tokens, base_points: float) -> str:
    """Return the style sheet. `base_points` is the system's own font size; all others are multiples of it."""
    template = Template(resource("styles", "app.qss").read_text(encoding="utf-8"))
    sizes = {
        "small": 0.9, "base": 1.0, "lead": 1.15, "heading": 1.3, "title": 1.9, "display": 2.4,
    }  # fmt: skip
    points = {f"{name}_pt": f"{base_points * factor:.1f}pt" for name, factor in sizes.items()}
    scheme = "dark" if tokens is DARK else "light"
    return template.substitute(asdict(tokens), icons=resource("icons").as_posix(), scheme=scheme, **points)


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, colour in {
        role.Window: tokens.window, role.WindowText: tokens.text, role.Base: tokens.surface,
        role.AlternateBase: tokens.window, role.Text: tokens.text, role.Button: tokens.surface,
        role.ButtonText: tokens.text, role.ToolTipBase: tokens.surface, role.ToolTipText: tokens.text,
        role.PlaceholderText: tokens.muted, role.Highlight: tokens.accent, role.HighlightedText: tokens.on_accent,
        role.Link: tokens.accent, role.LinkVisited: tokens.accent, role.BrightText: tokens.act,
        role.Light: tokens.surface, role.Midlight: tokens.border, role.Mid: tokens.border,
        role.Dark: tokens.control_border, role.Accent: tokens.accent,
    }.items():  # fmt: skip
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(tokens.muted))
    return palette


@lru_cache(maxsize=32)
def _drawing(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise ValueError(f"not the name of an icon: {name!r}")
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


def _renderer(name: str, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_drawing(name).replace("currentColor", colour).encode()))


@lru_cache(maxsize=512)
def _pixmap(name: str, colour: str, pixels: int, gap: float) -> QPixmap:
    # First: an error must not leave a painter behind on a picture that goes away.
    drawing = _renderer(name, colour)
    pixmap = QPixmap(QSize(round(pixels * (1 + gap)), pixels))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    drawing.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return pixmap


class Drawing(QWidget):
    """A drawing from `resources/icons`, in the colour of a tint. For the eye only: screen readers skip it."""

    def __init__(self, name: str, tint: str = "text", pixels: int = 20, parent: QWidget | None = None) -> None:
        """Show a drawing as a square of `pixels` device-independent pixels."""
        super().__init__(parent)
        self._name = name
        self._tint = tint
        self.setFixedSize(pixels, pixels)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_drawing(self, name: str, tint: str) -> None:
        """Show another drawing."""
        self._name, self._tint = name, tint
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """Paint the drawing as vectors: sharp at any scale."""
        drawing = _renderer(self._name, getattr(current().tokens, self._tint))
        painter = QPainter(self)
        drawing.render(painter, QRectF(self.rect()))
        painter.end()
