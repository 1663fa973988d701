"""Menu and keys. Every action can be reached by both, also while the menu is hidden in full screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow

from coach_desktop.ui.session_bar import END_KEY

if TYPE_CHECKING:
    from coach_desktop.ui.desk import Desk
    from coach_desktop.ui.talk_desk import TalkDesk
    from coach_desktop.ui.tavus_desk import TavusDesk


class Commands(Protocol):
    """What the actions ask for."""

    def start(self) -> None:
        """Start a session."""

    def end(self) -> None:
        """End the session."""

    def leave_room(self) -> None:
        """Take the keyboard out of the room."""

    def toggle_full_screen(self) -> None:
        """Fill the screen, or stop filling it."""

    def show_home(self) -> None:
        """Show the first page."""

    def show_history(self) -> None:
        """Show the past sessions."""

    def preview(self) -> None:
        """Show what the next start sends."""

    def open_data_folder(self) -> None:
        """Show the data folder."""

    def show_shortcuts(self) -> None:
        """Show the keys."""

    def show_about(self) -> None:
        """Show what this is."""


class Actions:
    """The actions of the window."""

    def __init__(
        self, window: QMainWindow, commands: Commands, desk: Desk, account: TavusDesk, talks: TalkDesk
    ) -> None:
        """Build the menu bar of `window`, whose actions ask `commands` and the desks."""
        self._window = window
        self._all: list[QAction] = []
        self.start = self._made("Start practice", "Ctrl+Return", commands.start)
        self.end = self._made("End session", END_KEY, commands.end)
        self.open_talk = self._made("Open a recorded talk…", QKeySequence.StandardKey.Open, talks.choose)
        self.leave = self._made("Leave the room with the keyboard", "F6", commands.leave_room)
        self.full_screen = self._made("Full screen", "F11", commands.toggle_full_screen)
        self.home = self._made("Practice", "Ctrl+1", commands.show_home)
        self.history = self._made("History", "Ctrl+H", commands.show_history)
        self.profiles = self._made("Manage profiles…", "Ctrl+Shift+P", desk.manage_profiles)
        self.key = self._made("Tavus key…", "Ctrl+K", desk.show_key)
        self.preview = self._made("Preview what is sent…", "Ctrl+Shift+V", commands.preview)
        self.chuck = self._made("Chuck in my account…", "", account.show_chuck)
        self.documents = self._made("Documents…", "", account.show_documents)
        self.running = self._made("Running conversations…", "Ctrl+Shift+R", account.show_running)
        self.minutes = self._made("Minutes used…", "", account.show_minutes)
        self.knowledge = self._made("Keys to Public Speaking", "", account.show_knowledge)
        self.settings = self._made("Settings…", "Ctrl+,", desk.show_settings)
        self.settings.setMenuRole(QAction.MenuRole.PreferencesRole)
        self.folder = self._made("Open data folder", "", commands.open_data_folder)
        self.shortcuts = self._made("Keyboard shortcuts", "Ctrl+?", commands.show_shortcuts)
        self.about = self._made("About Coach Desktop", "", commands.show_about)
        self.about.setMenuRole(QAction.MenuRole.AboutRole)
        self.quit = self._made("Quit", QKeySequence.StandardKey.Quit, window.close)
        if self.quit.shortcut().isEmpty():
            self.quit.setShortcut("Ctrl+Q")
        self.quit.setMenuRole(QAction.MenuRole.QuitRole)
        bar = window.menuBar()
        bar.setAccessibleName("Menu")
        for title, entries in {
            "&Session": (self.start, self.end, None, self.open_talk, None, self.settings, self.folder, None, self.quit),
            "&Coach": (self.profiles, self.preview, None, self.knowledge),
            "&Tavus": (self.key, None, self.chuck, self.documents, None, self.running, self.minutes),
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
        for action in (
            self.open_talk,
            self.history,
            self.profiles,
            self.preview,
            self.key,
            self.chuck,
            self.documents,
            self.running,
            self.minutes,
            self.settings,
        ):
            action.setEnabled(not busy)

    def keys(self) -> list[tuple[str, str]]:
        """Return what each key does, as (words, key)."""
        keys = [(action.text().replace("&", ""), action.shortcut()) for action in self._all]
        # A report takes this one by itself, wherever it has a transcript.
        keys.append(("Find in the transcript", QKeySequence(QKeySequence.StandardKey.Find)))
        native = QKeySequence.SequenceFormat.NativeText
        return [(words, key.toString(native)) for words, key in keys if not key.isEmpty()]

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
