"""Full screen: for the window as the user asks for it, or for the room alone as its page asks for it."""

from __future__ import annotations

from PySide6.QtWidgets import QMainWindow, QWidget

from coach_desktop.ui.live_page import LivePage


class FullScreen:
    """Fills the screen with a window, and takes away what would stand around the room."""

    def __init__(self, window: QMainWindow, live: LivePage, navigation: QWidget) -> None:
        """Work on this window."""
        self._window = window
        self._live = live
        self._navigation = navigation

    def toggle(self) -> None:
        """Fill the screen, or stop filling it."""
        self.use(not self._window.isFullScreen())

    def use(self, on: bool, *, room_alone: bool = False) -> None:
        """Fill the screen or not; `room_alone` leaves nothing but the room."""
        self._show_frame(bar=not (on and room_alone), rest=not on)
        if on:
            self._window.showFullScreen()
        elif self._window.isFullScreen():
            self._window.showNormal()
        if not room_alone and self._live.pane is not None:
            self._live.pane.exit_full_screen()

    def leave_room(self) -> None:
        """Let the window be as it is, with all that belongs around a page that is no room."""
        self.use(self._window.isFullScreen())

    def window_changed(self) -> None:
        """Bring back the frame where the system has ended full screen."""
        if not self._window.isFullScreen():
            self._show_frame(bar=True, rest=True)

    def _show_frame(self, *, bar: bool, rest: bool) -> None:
        self._live.hide_bar(not bar)
        self._navigation.setVisible(rest)
        self._window.menuBar().setVisible(rest)
