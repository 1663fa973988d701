"""The dialogs of a window that are open: each kind once, and none of them holds up the app."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QDialog


class OpenDialogs:
    """Shows dialogs by name and closes them with the window."""

    def __init__(self) -> None:
        """Begin without any."""
        self._open: dict[str, QDialog] = {}

    def show(self, name: str, make: Callable[[], QDialog]) -> None:
        """Show a dialog, or bring forward the one that is open."""
        if name not in self._open:
            dialog = make()
            self._open[name] = dialog
            dialog.finished.connect(lambda _result: self._open.pop(name, None))
            dialog.open()
        self._open[name].raise_()
        self._open[name].activateWindow()

    def drop(self, name: str) -> None:
        """Close a dialog, if it is open."""
        if name in self._open:
            self._open[name].close()

    def close(self) -> None:
        """Close them all."""
        for dialog in list(self._open.values()):
            dialog.close()
