"""What paid conversations have cost: the minutes of each month and profile, and how they stand against the limit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QDate, QLocale, QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QProgressBar,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from coach_desktop.core.errors import CoachError
from coach_desktop.ui import parts
from coach_desktop.ui.account.cards import Outcome
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.profiles.pick import FilePicker, FileQuestion, pick_file
from coach_desktop.ui.profiles.task_dialog import TaskDialog
from coach_desktop.ui.tables import dress
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.store.ledger import LedgerEntry, MonthMinutes
    from coach_desktop.store.settings import Settings
    from coach_desktop.ui.session_bar import Price

_SIZE: Final = QSize(820, 580)
_LEAST: Final = QSize(600, 440)
_BAR_STEPS: Final = 1000
_COLUMNS: Final = ("Month", "Profile", "Conversations", "Minutes", "Cost")
_COST: Final = len(_COLUMNS) - 1
_NUMBERS: Final = frozenset({2, 3, 4})
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_HOW: Final = "A conversation counts from its creation to its end, in the month in which it began."
_KEPT: Final = "Minutes stay here when a session is deleted from the history."
_OPEN: Final = "What may still run counts here with all that it can still cost."


class MinutesDialog(TaskDialog):
    """Reads the ledger in a thread, and shows it by month and profile."""

    def __init__(
        self,
        history_path: Path,
        settings: Settings,
        price: Price | None,
        parent: QWidget | None = None,
        *,
        pick: FilePicker = pick_file,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Read the history at `history_path`. `price` is shown where there is one; `clock` tells epoch seconds."""
        super().__init__("Minutes with Tavus", parent)
        self._history_path = history_path
        self._settings = settings
        self._price = price
        self._pick = pick
        self._clock = clock
        self._rows: Sequence[MonthMinutes] = ()
        self._error = ErrorView()
        self._error.retry_asked.connect(self._load)
        self._sum = parts.label("", "strong")
        self._outcome = Outcome()
        self._table = _table(with_cost=price is not None)
        self._full = QWidget()
        self._full.setLayout(
            parts.column(self._month_card(), self._table, self._sum, parts.label(_KEPT, "small"), spacing=12)
        )
        self._stack = QStackedWidget()
        self._loading = _words("Adding up…", "")
        self._empty = _words("No minutes yet", "Once you have held a conversation with Tavus, its minutes stand here.")
        for page in (self._loading, self._empty, self._full, self._error):
            self._stack.addWidget(page)
        self._export = parts.button("Export as CSV…", self._on_export_pressed, icon="export")
        self._export.setAutoDefault(False)
        self._close = parts.button("Close", self.accept, look="primary")
        heading = parts.column(parts.label("Minutes with Tavus", "title"), parts.label(_HOW, "muted"), spacing=4)
        content = parts.column(heading, self._stack, self._outcome, parts.row(self._export, 1, self._close), spacing=14)
        content.setStretch(1, 1)
        content.setContentsMargins(28, 22, 28, 20)
        self.setLayout(content)
        self.setMinimumSize(_LEAST)
        self.resize(_SIZE)
        self._close.setFocus()
        self._load()

    def _month_card(self) -> QFrame:
        self._month = parts.label("", "strong", wrap=False)
        self._used = parts.label("", "figure", wrap=False)
        self._bar = QProgressBar()
        self._bar.setRange(0, _BAR_STEPS)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Share of this month's limit that is used")
        self._left = parts.label("", "muted")
        top = parts.row(self._month, 1, self._used)
        return parts.frame("card", parts.column(top, self._bar, self._left, spacing=8), margins=(20, 14, 20, 14))

    def _load(self) -> None:
        self._export.setEnabled(False)
        self._stack.setCurrentWidget(self._loading)
        path = self._history_path
        self.tasks.run(lambda: _read(path), self._on_read, self._on_refused)

    def _on_read(self, entries: list[LedgerEntry]) -> None:
        from coach_desktop.store.ledger import by_month

        self._rows = by_month(entries)
        self._export.setEnabled(bool(self._rows))
        self._stack.setCurrentWidget(self._full if self._rows else self._empty)
        if self._rows:
            self._show_month(entries)
            self._fill()
            parts.announce(self, f"{self._month.text()}: {self._used.text()}. {self._left.text()}")

    def _on_refused(self, error: CoachError) -> None:
        self._error.show_error(error)
        self._stack.setCurrentWidget(self._error)

    def _show_month(self, entries: Sequence[LedgerEntry]) -> None:
        from coach_desktop.sessions.budget import WARN_FROM, spent_s
        from coach_desktop.store.ledger import month_of

        now = self._clock()
        minutes = spent_s(entries, now) / 60
        limit = self._settings.minutes_per_month
        month = month_of(now)
        self._month.setText(f"This month, {_month_words(month)}")
        number = _number(minutes)
        self._used.setText(f"{number} minutes" if limit is None else f"{number} of {limit} minutes")
        self._bar.setVisible(limit is not None)
        said = []
        if limit is None:
            said.append("There is no limit; you can set one in the settings.")
        else:
            share = min(1.0, minutes / limit)
            self._bar.setValue(round(share * _BAR_STEPS))
            self._bar.setAccessibleDescription(f"{round(share * 100)} %")
            left = max(0.0, limit - minutes)
            said.append(_left_words(left))
        if any(entry.billed_s is None and month_of(entry.created_at) >= month for entry in entries):
            said.append(_OPEN)
        self._left.setText(" ".join(said))
        near = limit is not None and minutes >= WARN_FROM * limit
        parts.change_look(self._left, "watch" if near else "muted")

    def _fill(self) -> None:
        self._table.setRowCount(len(self._rows))
        for number, row in enumerate(self._rows):
            texts = (
                _month_words(row.month),
                row.profile_name,
                f"{row.conversations} ({row.open} may still run)" if row.open else str(row.conversations),
                _number(row.minutes),
                "" if self._price is None else self._price.of(row.minutes * 60),
            )
            cells = [QTableWidgetItem(text) for text in texts]
            spoken = f"{texts[0]}, {texts[1]}: {texts[3]} minutes, conversations: {texts[2]}, {texts[4]}"
            cells[0].setData(Qt.ItemDataRole.AccessibleTextRole, spoken.removesuffix(", "))
            # Where there is little room, it is cut.
            cells[1].setToolTip(row.profile_name)
            for column, cell in enumerate(cells):
                cell.setTextAlignment(_RIGHT if column in _NUMBERS else _LEFT)
                self._table.setItem(number, column, cell)
        minutes = sum(row.minutes for row in self._rows)
        count = sum(row.conversations for row in self._rows)
        cost = "" if self._price is None else f", {self._price.of(minutes * 60)}"
        self._sum.setText(
            f"In all {_number(minutes)} minutes in {count} {'conversation' if count == 1 else 'conversations'}{cost}"
        )

    def _on_export_pressed(self) -> None:
        question = FileQuestion("Export minutes", "Tables (*.csv)", "minutes-with-tavus.csv")
        self._pick(self, question, self._on_picked)

    def _on_picked(self, path: Path) -> None:
        rows = self._rows
        self._outcome.show_busy("Writing the table…")
        self.tasks.run(
            lambda: _write(path, rows),
            lambda _done: self._outcome.show_good(f"Written to {path.name}."),
            self._outcome.show_bad,
        )


def _read(path: Path) -> list[LedgerEntry]:
    from coach_desktop.store.history import History

    with closing(History(path)) as history:
        return history.ledger()


def _write(path: Path, rows: Sequence[MonthMinutes]) -> None:
    from coach_desktop.store.files import write_atomically
    from coach_desktop.store.ledger import as_csv

    try:
        write_atomically(path, as_csv(rows))
    except OSError as error:
        raise CoachError(
            f"The table could not be written: {error.strerror or error}.",
            safe="Nothing is lost, and a file that was there is as it was.",
            do="Choose another place, and see that there is room on the disk.",
        ) from error


def _table(*, with_cost: bool) -> QTableWidget:
    table = QTableWidget(0, len(_COLUMNS))
    table.setAccessibleName("Minutes by month and profile")
    table.setHorizontalHeaderLabels(list(_COLUMNS))
    dress(table, stretched=1, row_padding=20)
    table.setColumnHidden(_COST, not with_cost)
    for column in range(len(_COLUMNS)):
        item = table.horizontalHeaderItem(column)
        if item is not None:
            item.setTextAlignment(_RIGHT if column in _NUMBERS else _LEFT)
    return table


def _words(title: str, words: str) -> QWidget:
    return parts.words_page(Drawing("cloud", "muted", 44), title, words)


def _month_words(month: str) -> str:
    year, number = month.split("-")
    return QLocale().toString(QDate(int(year), int(number), 1), "MMMM yyyy")


def _left_words(minutes: float) -> str:
    if minutes >= 1:
        return f"{_number(minutes)} minutes are left."
    return "Less than a minute is left: too little for a conversation." if minutes > 0 else "The limit is reached."


def _number(minutes: float) -> str:
    return QLocale().toString(minutes, "f", 1)
