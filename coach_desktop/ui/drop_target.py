"""What is dropped on the window: shown where it may fall, and told as files."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFrame, QMainWindow, QWidget

from coach_desktop.ui import parts
from coach_desktop.ui.theme import Drawing

_MARGIN = 8


class DropTarget(QObject):
    """Lets files be dropped anywhere on a widget that no part of it takes for itself."""

    dropped = Signal(list, bool)
    """The files, and whether there was something that is no file of this computer."""

    def __init__(self, target: QWidget) -> None:
        """Watch `target`."""
        super().__init__(target)
        self._target = target
        self._sheet: QFrame | None = None
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is dragged over the target, and what is dropped."""
        if watched is self._target:
            if isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
                self._show(shown=False)
                if event.mimeData().hasUrls():
                    event.acceptProposedAction()
                    self._tell(event.mimeData())
                    return True
            elif isinstance(event, QDragEnterEvent | QDragMoveEvent):
                if event.mimeData().hasUrls():
                    event.acceptProposedAction()
                    self._show(shown=True)
                    return True
            elif event.type() in {QEvent.Type.DragLeave, QEvent.Type.Hide}:
                self._show(shown=False)
            elif event.type() == QEvent.Type.Resize:
                self._fit()
        return super().eventFilter(watched, event)

    def _tell(self, data: QMimeData) -> None:
        files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
        self.dropped.emit(files, len(files) < len(data.urls()))

    def _show(self, *, shown: bool) -> None:
        if self._sheet is None:
            if not shown:
                return
            self._sheet = self._made()
        self._fit()
        self._sheet.setVisible(shown)
        self._sheet.raise_()

    def _fit(self) -> None:
        if self._sheet is not None:
            # Of a window all but its menu bar.
            inside = self._target.centralWidget() if isinstance(self._target, QMainWindow) else None
            whole = self._target.rect() if inside is None else inside.geometry()
            inner = whole.adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
            self._sheet.setGeometry(inner)

    def _made(self) -> QFrame:
        words = parts.label("Drop the recording of a talk here", "title")
        words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        more = parts.label("It is analysed on this computer, and kept only if you say so.", "muted")
        more.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        picture = parts.row(1, Drawing("import", "accent", 48), 1)
        sheet = parts.frame("drop", parts.column(1, picture, words, more, 1, spacing=12), margins=(24, 24, 24, 24))
        sheet.setParent(self._target)
        # What is dragged is for the window below it.
        sheet.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        sheet.setAccessibleName(words.text())
        return sheet
