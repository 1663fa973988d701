"""The list of past sessions: open a report, forget one, forget all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
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
from coach_desktop.ui.theme import Drawing

_COLUMNS: Final = ("When", "With", "Length", "Result")
_STATUS: Final = {
    "done": ("Report ready", "good", "good"),
    "interrupted": ("Interrupted", "watch", "watch"),
    "failed": ("Did not start", "error", "act"),
    "running": ("Under way", "cue", "muted"),
}
_PROVIDERS: Final = {"local": "", "tavus": " (Tavus)", "recording": " (recording)"}
_Index = QModelIndex | QPersistentModelIndex


class SessionsModel(QAbstractTableModel):
    """Past sessions as a table, the newest first."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.rows: list[SessionRow] = []

    def show_rows(self, rows: Sequence[SessionRow]) -> None:
        """Show these sessions."""
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """Return how many sessions there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """Return the number of columns."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: N802
        """Return the title of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a cell shows, says or looks like."""
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        status, drawing, tint = _STATUS[row.status]
        last = index.column() == len(_COLUMNS) - 1
        texts = (
            parts.local_time(row.started_at),
            row.profile_name + _PROVIDERS.get(row.provider, ""),
            parts.NO_FIGURE if row.duration_s is None else parts.minutes(row.duration_s),
            status,
        )
        answers = {
            Qt.ItemDataRole.DisplayRole: texts[index.column()],
            Qt.ItemDataRole.AccessibleTextRole: ", ".join(texts) if index.column() == 0 else texts[index.column()],
        }
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
        self._loading = self._make_words("Loading your sessions…", "")
        self._empty = self._make_words(
            "No sessions yet", "After your first talk its report is kept here, on this computer only.", start=True
        )
        self._list = QWidget()
        self._list.setLayout(
            parts.column(self._table, parts.row(self._open, 1, self._delete, self._delete_all), spacing=14)
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
        table.setAccessibleDescription("Press Enter to open a report, Delete to forget a session.")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.setIconSize(QSize(18, 18))
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 24)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.activated.connect(lambda _index: self._on_open_pressed())
        table.selectionModel().selectionChanged.connect(lambda _now, _before: self._on_selection_changed())
        forget = QAction("Delete", table)
        forget.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        forget.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        forget.triggered.connect(self._on_delete_pressed)
        table.addAction(forget)
        return table

    def _make_words(self, title: str, words: str, *, start: bool = False) -> QWidget:
        lines = [parts.label(title, "heading", wrap=False), parts.label(words, "muted", wrap=False)]
        content = parts.column(1, parts.row(1, Drawing("history", "muted", 48), 1), spacing=12)
        for line in lines:
            content.addLayout(parts.row(1, line, 1))
        if start:
            content.addLayout(
                parts.row(
                    1,
                    parts.button(
                        "Start practice", self.start_asked.emit, look="primary", icon="start", tint="on_accent"
                    ),
                    1,
                )
            )
        content.addStretch(2)
        page = QWidget()
        page.setLayout(content)
        return page

    def _on_selection_changed(self) -> None:
        selected = self.selected_id
        row = next((row for row in self._model.rows if row.id == selected), None)
        self._open.setEnabled(row is not None and row.status != "running")
        self._delete.setEnabled(row is not None and row.status != "running")
        self._delete_all.setEnabled(any(row.status != "running" for row in self._model.rows))

    def _on_open_pressed(self) -> None:
        if self._open.isEnabled():
            self.report_asked.emit(self.selected_id)

    def _on_delete_pressed(self) -> None:
        session_id = self.selected_id
        if not self._delete.isEnabled():
            return
        row = next(row for row in self._model.rows if row.id == session_id)
        when = parts.local_time(row.started_at)
        self._confirm(
            f"Delete the session of {when[:1].lower()}{when[1:]}?",
            "Its report is removed from this computer. This cannot be undone.",
            "Delete session",
            lambda: self.delete_asked.emit(session_id),
        )

    def _on_delete_all_pressed(self) -> None:
        count = sum(row.status != "running" for row in self._model.rows)
        self._confirm(
            "Delete all sessions?",
            f"{count} {'session' if count == 1 else 'sessions'} with their reports are removed from this computer. "
            "This cannot be undone.",
            "Delete all",
            self.delete_all_asked.emit,
        )

    def _confirm(self, question: str, words: str, yes: str, on_yes: Callable[[], object]) -> None:
        self._dialog = parts.question(self, question, words, yes=yes, no="Keep", on_yes=on_yes)
        self._dialog.open()
