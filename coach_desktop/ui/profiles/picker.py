"""Picks what an account holds: a persona, a replica, documents or their tags. Searched as one types, keys first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QStackedWidget, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.directory import Entry, Kind, Listing, matches, tags_of
from coach_desktop.ui import parts
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.profiles.fields import ChoiceField
from coach_desktop.ui.profiles.loading import Loader
from coach_desktop.ui.profiles.picker_list import PickerList, PickerModel
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.ui.profiles.account import AccountServices


@dataclass(frozen=True)
class Pick:
    """One thing that can be picked. `one` and `several` are its words; `many`: any number at once."""

    kind: Kind
    one: str
    several: str
    empty: str
    many: bool = False
    tags: bool = False
    pictures: bool = False


PICKS: Final = {
    "persona_id": Pick("personas", "persona", "personas", "There is no persona in your account yet."),
    "replica_id": Pick("replicas", "replica", "replicas", "There is no replica in your account yet.", pictures=True),
    "document_ids": Pick("documents", "document", "documents", "There is no document in your account yet.", many=True),
    "document_tags": Pick("documents", "tag", "tags", "No document in your account has a tag.", many=True, tags=True),
}
"""What is picked for the fields of a profile, by the field's name."""

_WHOSE: Final = (("All", None), ("Yours", True), ("Stock", False))
_MOVES: Final = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
_ENTER: Final = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class PickerDialog(QDialog):
    """Lets one thing be picked, or several. `picked` brings their ids, in the order in which they were ticked."""

    picked = Signal(tuple)

    def __init__(
        self, pick: Pick, chosen: Sequence[str], account: AccountServices, parent: QWidget | None = None
    ) -> None:
        """Ask `account` for what there is; `chosen` are the ids that are picked already, in the account or not."""
        super().__init__(parent)
        self._pick = pick
        self._chosen = tuple(dict.fromkeys(chosen))
        self._wanted = self._chosen[0] if self._chosen else ""
        self._account = account
        self._listing = Listing()
        self._failed = False
        self._listens = False
        self._model = PickerModel(self._chosen if pick.many else None)
        self._list = PickerList(self._model, account.thumbnails if pick.pictures else None)
        self._search = QLineEdit()
        self._whose = ChoiceField(_WHOSE)
        self._refresh = parts.button("Refresh", self._on_refresh_pressed, icon="retry")
        self._words = parts.label("", "muted")
        self._part_words = parts.label("")
        self._part = self._notice()
        self._error = ErrorView()
        self._stack = QStackedWidget()
        self._status = parts.label("", "muted")
        self._use = parts.button("Use what is ticked" if pick.many else "Choose", self._on_use_pressed, look="primary")
        self._loader = Loader(account.directory, self)
        self._build()
        self._connect()
        self._load(refresh=False)

    def done(self, result: int) -> None:
        """Close; what is still under way is waited for by nobody."""
        self._loader.stop()
        if self._pick.pictures:
            self._account.thumbnails.only(set())
        super().done(result)
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the keys that move and choose work wherever the keyboard is, and typing search from the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if watched is self._search and event.key() in _MOVES:
                QApplication.sendEvent(self._list, event)
                return True
            if event.key() in _ENTER:
                self._on_enter_pressed(event)
                return True
            if watched is self._list and event.key() == Qt.Key.Key_Space and self._pick.many:
                self._toggle()
                return True
            if watched is self._list and event.text().isprintable() and event.text().strip():
                self._search.setFocus()
                QApplication.sendEvent(self._search, event)
                return True
        return super().eventFilter(watched, event)

    def _build(self) -> None:
        pick = self._pick
        title = f"Choose {pick.several}" if pick.many else f"Choose a {pick.one}"
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        by = "Search by name, id or tag" if pick.kind == "documents" else "Search by name or id"
        self._search.setPlaceholderText("Search" if pick.tags else by)
        self._search.setAccessibleName(f"Search {pick.several}")
        self._search.setClearButtonEnabled(True)
        self._whose.describe("Show", "Which of them are shown")
        self._whose.widget.setVisible(pick.kind != "documents")
        self._list.setAccessibleName(parts.sentence(pick.several))
        top = parts.row(self._search, self._whose.widget, self._refresh, spacing=10)
        top.setStretch(0, 1)
        around = parts.column(1, self._words, 1)
        self._words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        empty = QWidget()
        empty.setLayout(around)
        card = parts.frame("card", parts.column(self._list), margins=(8, 8, 8, 8))
        plain = parts.frame("card", parts.column(empty), margins=(8, 8, 8, 8))
        for page in (card, plain, self._error):
            self._stack.addWidget(page)
        keys = "Enter ticks, Ctrl+Enter uses what is ticked." if pick.many else "Type to search, Enter chooses."
        cancel = parts.button("Cancel", self.reject)
        bottom = parts.row(self._status, cancel, self._use, spacing=10)
        bottom.setStretch(0, 1)
        header = parts.row(parts.label(title, "title", wrap=False), 1, parts.label(keys, "small", wrap=False))
        content = parts.column(header, top, self._part, self._stack, bottom, spacing=14)
        content.setStretch(3, 1)
        content.setContentsMargins(28, 22, 28, 20)
        self.setLayout(content)
        self._use.setDefault(True)
        self.resize(760, 580)
        self._search.setFocus()

    def _notice(self) -> QWidget:
        again = parts.button("Try again", self._on_refresh_pressed, look="quiet", icon="retry", tint="accent")
        line = parts.row(Drawing("watch", "watch", 20), self._part_words, again, spacing=12)
        line.setStretch(1, 1)
        made = parts.frame("card-watch", line, margins=(16, 8, 10, 8))
        made.hide()
        return made

    def _connect(self) -> None:
        for watched in (self._search, self._list):
            watched.installEventFilter(self)
        self._search.textChanged.connect(lambda _text: self._show_rows())
        self._whose.changed.connect(self._show_rows)
        self._loader.listing_came.connect(self._on_listing_came)
        self._loader.load_failed.connect(self._on_load_failed)
        self._error.retry_asked.connect(self._on_refresh_pressed)
        self._list.selectionModel().currentChanged.connect(lambda _new, _old: self._on_current_changed())
        self._list.clicked.connect(lambda _index: self._on_row_clicked())
        self._list.doubleClicked.connect(lambda _index: self._on_row_activated())

    def _load(self, *, refresh: bool) -> None:
        self._failed = False
        self._part.hide()
        self._loader.load(self._pick.kind, refresh=refresh)
        self._show_rows()

    def _on_listing_came(self, listing: Listing) -> None:
        came = tags_of(listing) if self._pick.tags else listing
        if not came.complete and len(came.entries) < len(self._listing.entries):
            # Asked for anew: what is in view stays there until as much has come again.
            return
        self._listing = came
        self._show_rows()
        if came.complete:
            parts.announce(self._status, self._status.text())

    def _on_load_failed(self, error: CoachError) -> None:
        self._failed = True
        if self._listing.entries:
            self._part_words.setText(f"Not all {self._pick.several} could be loaded. {error.what}")
            self._part.show()
            parts.announce(self._part, f"{self._part_words.text()} {error.do}")
            self._show_rows()
            return
        self._error.show_error(error)
        self._show_rows()
        self._error.setFocus()

    def _show_rows(self) -> None:
        """Show what fits the search."""
        whose = self._whose.read()
        rows = [
            entry
            for entry in (*self._missing(), *self._listing.entries)
            if matches(entry, self._search.text()) and (whose is None or entry.own in {whose, None})
        ]
        before, self._listens = self._wanted, False
        self._list.show_entries(rows, before)
        self._wanted, self._listens = before, True
        if not rows:
            self._words.setText(self._why_empty())
        if self._failed and not self._listing.entries:
            self._stack.setCurrentWidget(self._error)
        else:
            self._stack.setCurrentIndex(0 if rows else 1)
        self._show_status()
        self._show_what_can_be_done()

    def _missing(self) -> list[Entry]:
        """Return what was picked before and is not in the account, as far as one knows by now."""
        if not self._listing.complete:
            state = ""
        elif self._listing.capped:
            state = "Not among these"
        else:
            state = "On no document" if self._pick.tags else "Not in your account"
        return [Entry(each, "", state=state) for each in self._chosen if self._listing.find(each) is None]

    def _why_empty(self) -> str:
        if self._loader.is_loading:
            return f"Loading your {self._pick.several}…"
        if self._search.text().strip():
            return f"Nothing matches “{parts.breakable(self._search.text().strip())}”."
        return self._pick.empty if self._whose.read() is None else f"There is no such {self._pick.one}."

    def _show_status(self) -> None:
        shown, known = self._model.rowCount(), len(self._listing.entries)
        several = self._pick.one if known == 1 else self._pick.several
        if self._loader.is_loading:
            words = f"Loading… {known} so far" if known else "Loading…"
        elif self._stack.currentWidget() is self._error:
            words = ""
        elif self._listing.capped:
            words = f"The first {known} {several}. There are more: write the id of another one by hand."
        else:
            words = f"{known} {several}" if shown >= known else f"{shown} of {known} {several}"
        if self._model.ticked:
            words = f"{words}, {len(self._model.ticked)} ticked" if words else f"{len(self._model.ticked)} ticked"
        current = self._list.current
        if current is not None and current.refusal:
            words = f"{words}. {current.refusal}."
        self._status.setText(words)

    def _show_what_can_be_done(self) -> None:
        current = self._list.current
        refusal = current.refusal if current else ""
        usable = current is not None and not refusal and self._stack.currentIndex() == 0
        self._use.setEnabled(True if self._pick.many else usable)
        self._use.setAccessibleDescription(refusal)
        self._use.setToolTip(refusal)

    def _on_current_changed(self) -> None:
        current = self._list.current
        if current is None or not self._listens:
            return
        self._wanted = current.id
        self._show_status()
        self._show_what_can_be_done()
        if not self._list.hasFocus():
            # A screen reader follows the keyboard, which stays in the search field.
            parts.announce(self._list, self._model.spoken(current))

    def _on_row_clicked(self) -> None:
        if self._pick.many:
            self._toggle()

    def _on_row_activated(self) -> None:
        if not self._pick.many:
            self._on_use_pressed()

    def _on_enter_pressed(self, event: QKeyEvent) -> None:
        if self._pick.many and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._toggle()
            self._search.selectAll()
        else:
            self._on_use_pressed()

    def _toggle(self) -> None:
        index = self._list.currentIndex()
        if not index.isValid():
            return
        entry = self._model.rows[index.row()]
        done = self._model.toggle(index.row())
        parts.announce(self._list, self._model.spoken(entry) if done else entry.refusal)
        self._show_status()

    def _on_use_pressed(self) -> None:
        if not self._use.isEnabled():
            current = self._list.current
            if current is not None:
                parts.announce(self._use, current.refusal)
            return
        current = self._list.current
        ids = tuple(self._model.ticked) if self._model.ticked is not None else (current.id,) if current else ()
        self.picked.emit(ids)
        self.accept()

    def _on_refresh_pressed(self) -> None:
        self._listing = replace(self._listing, complete=False)
        self._account.thumbnails.retry()
        self._load(refresh=True)
        self._search.setFocus()
