"""Menu and keys. Every action can be reached by both, also while the menu is hidden in full screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence

if TYPE_CHECKING:
    from coach_desktop.ui.main_window import MainWindow


class Actions:
    """The actions of the window."""

    def __init__(self, window: MainWindow) -> None:
        """Build the menu bar of `window`."""
        self._window = window
        self._all: list[QAction] = []
        self.start = self._made("Start practice", "Ctrl+Return", window.start)
        self.end = self._made("End session", "Ctrl+E", window.end)
        self.leave = self._made("Leave the room with the keyboard", "F6", window.leave_room)
        self.full_screen = self._made("Full screen", "F11", window.toggle_full_screen)
        self.home = self._made("Practice", "Ctrl+1", window.show_home)
        self.history = self._made("History", "Ctrl+H", window.show_history)
        self.folder = self._made("Open data folder", "", window.open_data_folder)
        self.shortcuts = self._made("Keyboard shortcuts", "Ctrl+?", window.show_shortcuts)
        self.about = self._made("About Coach Desktop", "", window.show_about)
        self.about.setMenuRole(QAction.MenuRole.AboutRole)
        self.quit = self._made("Quit", QKeySequence.StandardKey.Quit, window.close)
        if self.quit.shortcut().isEmpty():
            self.quit.setShortcut("Ctrl+Q")
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        bar = window.menuBar()
        bar.setAccessibleName("Menu")
        for title, entries in {
            "&Session": (self.start, self.end, None, self.folder, None, self.quit),
            "&View": (self.home, self.history, None, self.leave, self.full_screen),
            "&Help": (self.shortcuts, self.about),
        }.items():
            menu = bar.addMenu(title)
            for entry in entries:
                if entry is None:
                    menu.addSeparator()
                else:
                    menu.addAction(entry)
        self.set_busy(busy=False)

    def set_busy(self, busy: bool) -> None:
        """Offer what makes sense with a session under way, or without."""
        self.start.setEnabled(not busy)
        self.end.setEnabled(busy)
        self.leave.setEnabled(busy)
        self.history.setEnabled(not busy)

    def keys(self) -> list[tuple[str, str]]:
        """Return what each key does, as (words, key)."""
        return [
            (action.text().replace("&", ""), action.shortcut().toString(QKeySequence.SequenceFormat.NativeText))
            for action in self._all
            if not action.shortcut().isEmpty()
        ]

    def _made(self, text: str, keys: str | QKeySequence.StandardKey, on_triggered: Callable[[], object]) -> QAction:
        action = QAction(text, self._window)
        if keys:
            action.setShortcut(QKeySequence(keys))
        # A role is only set where one is meant: macOS would guess one from the text.
        action.setMenuRole(QAction.MenuRole.NoRole)
        action.triggered.connect(lambda _checked=False: on_triggered())
        self._window.addAction(action)
        self._all.append(action)
        return action
