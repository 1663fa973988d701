"""The list of past sessions: open a report, forget one, forget all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QMessageBox,
    QPushButton,
    QStackedWidget,
    QTableView,
    QWidget,
)

from coach_desktop.core.errors import CoachError
from coach_desktop.store.history import SessionRow
from coach_desktop.ui import parts, theme
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.tables import Index, RowsModel, dress
from coach_desktop.ui.theme import Drawing

_COLUMNS: Final = ("When", "With", "Length", "Result")
_STATUS: Final = {
    "done": ("Report ready", "good", "good"),
    "interrupted": ("Interrupted", "watch", "watch"),
    "failed": ("Did not start", "error", "act"),
    "running": ("Under way", "cue", "muted"),
}
_STILL_OPEN: Final = ("May still be running", "cloud", "watch")
_FOLLOWS: Final = "Transcript follows"
_PROVIDERS: Final = {"local": "local", "tavus": "Tavus", "recording": "recording"}
_WHY_OPEN: Final = (
    "This conversation may still be running at Tavus and cost money. The app keeps trying to end it, and has to "
    "remember it until then."
)
_WHY_FOLLOWS: Final = (
    "The transcript and what was seen come from Tavus some minutes after the end; they are added by themselves."
)
_WHY_MISSING: Final = "Tavus sent no transcript or no description of what was seen, and the app no longer asks for it."
_KEYS: Final = "Press Enter to open a report, Delete to forget a session."


def result_of(row: SessionRow) -> tuple[str, str, str]:
    """Return how it stands with a session: words, drawing and tint."""
    words, drawing, tint = _STATUS[row.status]
    if row.status == "running":
        return words, drawing, tint
    if row.remote_open:
        return _STILL_OPEN
    if row.analysis == "pending":
        return (_FOLLOWS if row.status == "done" else f"{words}, {_FOLLOWS.lower()}"), "cue", "muted"
    return words, drawing, tint


def note_on(row: SessionRow) -> str:
    """Return what the result of a session means, in a sentence or two; empty where it speaks for itself."""
    if row.status == "running":
        return ""
    if row.remote_open:
        return _WHY_OPEN
    return {"pending": _WHY_FOLLOWS, "missing": _WHY_MISSING}.get(row.analysis, "")


def may_be_deleted(row: SessionRow) -> bool:
    """Return whether a session may be forgotten: not while it runs, nor while it may still run elsewhere."""
    return row.status != "running" and not row.remote_open


class SessionsModel(RowsModel[SessionRow]):
    """Past sessions as a table, the newest first."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__(_COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a cell shows, says or looks like."""
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        status, drawing, tint = result_of(row)
        last = index.column() == len(_COLUMNS) - 1
        texts = (
            parts.local_time(row.started_at),
            _with(row),
            parts.NO_FIGURE if row.duration_s is None else parts.minutes(row.duration_s),
            status,
        )
        answers: dict[Qt.ItemDataRole, object] = {
            Qt.ItemDataRole.DisplayRole: texts[index.column()],
            Qt.ItemDataRole.AccessibleTextRole: ", ".join(texts) if index.column() == 0 else texts[index.column()],
            Qt.ItemDataRole.AccessibleDescriptionRole: note_on(row),
        }
        if last and note_on(row):
            answers[Qt.ItemDataRole.ToolTipRole] = note_on(row)
        if role == Qt.ItemDataRole.DecorationRole and last:
            return theme.current().icon(drawing, tint)
        return answers.get(Qt.ItemDataRole(role))


class HistoryPage(QWidget):
    """Shows the past sessions, or that there are none, or why they cannot be read."""

    report_asked = Signal(str)
    reload_asked = Signal()
    delete_asked = Signal(str)
    delete_all_asked = Signal()
    start_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the page, loading."""
        super().__init__(parent)
        self._model = SessionsModel()
        self._table = self._make_table()
        self._open = parts.button("Open report", self._on_open_pressed, look="primary", icon="open", tint="on_accent")
        self._delete = parts.button("Delete…", self._on_delete_pressed, icon="delete")
        self._delete_all = parts.button("Delete all…", self._on_delete_all_pressed, icon="delete")
        self._error = ErrorView()
        self._error.retry_asked.connect(self.reload_asked)
        self._stack = QStackedWidget()
        self._loading = parts.words_page(Drawing("history", "muted", 48), "Loading your sessions…", "")
        start = parts.button("Start practice", self.start_asked.emit, look="primary", icon="start", tint="on_accent")
        self._empty = parts.words_page(
            Drawing("history", "muted", 48),
            "No sessions yet",
            "After your first talk its report is kept here, on this computer only.",
            parts.row(1, start, 1),
        )
        self._list = QWidget()
        self._note = parts.label("", "muted")
        # Its place is kept: the list must not jump while the arrow keys go through it.
        policy = self._note.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._note.setSizePolicy(policy)
        self._list.setLayout(
            parts.column(self._table, self._note, parts.row(self._open, 1, self._delete, self._delete_all), spacing=14)
        )
        for page in (self._loading, self._empty, self._list, self._error):
            self._stack.addWidget(page)
        layout = parts.column(parts.label("History", "title"), self._stack, spacing=16)
        layout.setContentsMargins(32, 24, 32, 24)
        self.setLayout(layout)
        self._dialog: QMessageBox | None = None
        self._on_selection_changed()

    def show_sessions(self, rows: Sequence[SessionRow]) -> None:
        """Show these sessions, the newest first."""
        selected = self.selected_id
        if rows and rows[0].id not in {row.id for row in self._model.rows}:
            # A session that has just been held is the one that is looked for.
            selected = rows[0].id
        self._model.show_rows(rows)
        self._stack.setCurrentWidget(self._list if rows else self._empty)
        ids = [row.id for row in rows]
        if ids:
            self._table.selectRow(ids.index(selected) if selected in ids else 0)
        self._on_selection_changed()
        if self.isVisible():
            self.focus_list()

    def show_error(self, error: CoachError) -> None:
        """Show why the sessions cannot be read."""
        self._error.show_error(error)
        self._stack.setCurrentWidget(self._error)
        if self.isVisible():
            self.focus_list()

    @property
    def selected_id(self) -> str:
        """The id of the selected session, or an empty text."""
        rows = self._table.selectionModel().selectedRows()
        return self._model.rows[rows[0].row()].id if rows else ""

    def focus_list(self) -> None:
        """Give the keyboard to the list or, where there is none, to what can be done instead."""
        shown = self._stack.currentWidget()
        if shown is self._list:
            self._table.setFocus()
            return
        button = shown.findChild(QPushButton) if shown else None
        if button is not None:
            button.setFocus()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self._model)
        table.setAccessibleName("Past sessions")
        table.setAccessibleDescription(_KEYS)
        dress(table, stretched=1, row_padding=24)
        table.activated.connect(lambda _index: self._on_open_pressed())
        table.selectionModel().selectionChanged.connect(lambda _now, _before: self._on_selection_changed())
        forget = QAction("Delete", table)
        forget.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        forget.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        forget.triggered.connect(self._on_delete_pressed)
        table.addAction(forget)
        return table

    def _on_selection_changed(self) -> None:
        selected = self.selected_id
        row = next((row for row in self._model.rows if row.id == selected), None)
        self._open.setEnabled(row is not None and row.status != "running")
        self._delete.setEnabled(row is not None and row.status != "running")
        self._delete_all.setEnabled(any(may_be_deleted(row) for row in self._model.rows))
        note = note_on(row) if row is not None else ""
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self._table.setAccessibleDescription(f"{_KEYS} {note}".strip())

    def _on_open_pressed(self) -> None:
        if self._open.isEnabled():
            self.report_asked.emit(self.selected_id)

    def _on_delete_pressed(self) -> None:
        session_id = self.selected_id
        if not self._delete.isEnabled():
            return
        row = next(row for row in self._model.rows if row.id == session_id)
        if not may_be_deleted(row):
            self._refuse("This session cannot be deleted yet", f"{_WHY_OPEN} Delete it when it has ended.")
            return
        when = parts.local_time(row.started_at)
        self._confirm(
            f"Delete the session of {when[:1].lower()}{when[1:]}?",
            "Its report is removed from this computer, and its sound where that was kept. This cannot be undone.",
            "Delete session",
            lambda: self.delete_asked.emit(session_id),
        )

    def _on_delete_all_pressed(self) -> None:
        count = sum(may_be_deleted(row) for row in self._model.rows)
        kept = sum(row.remote_open and row.status != "running" for row in self._model.rows)
        self._confirm(
            "Delete all sessions?",
            f"{_sessions(count)} with {'its report is' if count == 1 else 'their reports are'} removed from this "
            "computer, and the sound where it was kept. This cannot be undone."
            + (f" {_sessions(kept)} that may still be running {'is' if kept == 1 else 'are'} kept." if kept else ""),
            "Delete all",
            self.delete_all_asked.emit,
        )

    def _confirm(self, question: str, words: str, yes: str, on_yes: Callable[[], object]) -> None:
        self._dialog = parts.question(self, question, words, yes=yes, no="Keep", on_yes=on_yes)
        self._dialog.open()

    def _refuse(self, title: str, words: str) -> None:
        self._dialog = parts.notice(self, title, words)
        self._dialog.open()


def _with(row: SessionRow) -> str:
    provider = _PROVIDERS[row.provider]
    known = provider.lower() in row.profile_name.lower()
    return row.profile_name if known else f"{row.profile_name} · {provider}"


def _sessions(count: int) -> str:
    return f"{count} {'session' if count == 1 else 'sessions'}"
