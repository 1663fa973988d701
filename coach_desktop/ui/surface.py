"""Keeps the window from flickering when the web engine joins it."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QRhiWidget, QWidget

_WITH_GRAPHICS = frozenset({"xcb", "wayland", "wayland-egl", "windows", "cocoa"})


class _Seed(QRhiWidget):
    """One pixel that is drawn by the graphics card, and nothing in it."""

    def initialize(self, commands: object) -> None:
        """Need nothing."""

    def render(self, commands: object) -> None:  # type: ignore[override]  # QRhiWidget has a second method of this name
        """Draw nothing."""


def prepare_for_web(window: QWidget) -> QWidget | None:
    """Make a window whose web view comes later draw through the graphics card from the beginning.

    The first web view in a window that is shown already makes Qt replace the native window: it vanishes and comes
    back. With one pixel of the same kind in it from the start, nothing is replaced (measured on xcb, Qt 6.12: no
    change of the window's id, for 40 ms of start-up).
    """
    if QGuiApplication.platformName() not in _WITH_GRAPHICS:
        return None
    seed = _Seed(window)
    if QGuiApplication.platformName() in {"xcb", "wayland", "wayland-egl"}:
        seed.setApi(QRhiWidget.Api.OpenGL)
    seed.setFixedSize(1, 1)
    seed.move(0, 0)
    seed.lower()
    return seed
