"""What the dialogs around profiles share: work in the background that outlives a dialog that is closed meanwhile."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.background import TaskRunner


class TaskDialog(QDialog):
    """Closes at once, and goes away when what it has begun is done: nothing waits for a slow disk or keyring."""

    def __init__(self, title: str, parent: QWidget | None) -> None:
        """Make an empty dialog with this title."""
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.tasks = TaskRunner(self)

    def done(self, result: int) -> None:
        """Close."""
        super().done(result)
        # One after another: when this one has its turn, all others are through.
        self.tasks.run(lambda: None, self._on_work_done, self._on_work_done)

    def _on_work_done(self, _outcome: CoachError | None) -> None:
        self.deleteLater()
