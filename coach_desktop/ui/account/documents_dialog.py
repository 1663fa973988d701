"""The documents of a Tavus account: how they stand, and adding, changing and deleting them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QLabel, QLayout, QLineEdit, QMessageBox, QPushButton, QStackedWidget, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions import documents
from coach_desktop.sessions.documents import Shelf, standing_of, wait_s
from coach_desktop.ui import parts
from coach_desktop.ui.account.cards import Outcome, busy_bar
from coach_desktop.ui.account.document_form import DocumentForm
from coach_desktop.ui.account.documents_table import DocumentsTable, name_of
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.account.key_words import wants_key
from coach_desktop.ui.account.knowledge_dialog import KnowledgeDialog
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.tavus.document_models import Document

_WHAT: Final = (
    "What personas of your account may look up. Tavus fetches it from a public address, which takes some minutes."
)
_EMPTY: Final = (
    "Add the public address of a file or a website. To give a coach our own text, save a copy of "
    "Keys to Public Speaking, put it where anybody can download it, and add that address."
)
_MOST_LOOKS: Final = 40  # with the waits between them about 18 minutes
_STILL_AT_WORK: Final = "This takes longer than usual. Press Refresh to look again."
_BUSY_WIDTH: Final = 220
_NOTE_LINES: Final = 3


class DocumentsDialog(QDialog):
    """Never waits: whatever asks the account is at work behind it, and closing it drops that."""

    documents_changed = Signal()
    key_asked = Signal()
    """A document was added, changed or deleted, or has become ready."""

    def __init__(
        self, connect: documents.Connect, parent: QWidget | None = None, *, wait: Callable[[int], float] = wait_s
    ) -> None:
        """Show the documents of the account that `connect` gives a client of.

        `connect` is called in other threads and raises `CoachError`. `wait` gives the seconds before the next look at
        what is not ready, after so many looks.
        """
        super().__init__(parent)
        self._connect = connect
        self._wait = wait
        self._shelf = Shelf()
        self._looks = 0
        self._question: QMessageBox | None = None
        self._asking = Errand(self)
        self._watching = Errand(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_look_due)
        self.setWindowTitle("Documents")
        self.setAccessibleName("Documents")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._table = DocumentsTable()
        self._table.selectionModel().selectionChanged.connect(lambda _now, _before: self._show_selected())
        self._table.documents.modelReset.connect(self._show_selected)
        self._table.activated.connect(lambda _index: self._on_change_pressed())
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search name, id or tag")
        self._search.setAccessibleName("Search documents")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._on_search_typed)
        self._note = parts.label("", "muted")
        self._note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._note.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Its place is kept: the table must not jump while the arrow keys go through it.
        self._note.setMinimumHeight(_NOTE_LINES * self._note.fontMetrics().lineSpacing())
        self._add = parts.button("Add…", self._on_add_pressed, look="primary", icon="add", tint="on_accent")
        self._change = parts.button("Name and tags…", self._on_change_pressed, icon="edit")
        self._copy = parts.button("Copy id", self._on_copy_pressed, icon="copy")
        self._delete = parts.button("Delete…", self._on_delete_pressed, icon="delete")
        self._refresh = parts.button("Refresh", self._reload, icon="retry")
        self._outcome = Outcome()
        self._error = ErrorView()
        self._error.retry_asked.connect(self._reload)
        self._stack = QStackedWidget()
        self._loading, self._empty, self._list = self._make_loading(), self._make_empty(), self._make_list()
        self._build()
        self._reload()

    def done(self, result: int) -> None:
        """Close at once."""
        self._timer.stop()
        self._asking.drop()
        self._watching.drop()
        super().done(result)

    def _build(self) -> None:
        for page in (self._loading, self._empty, self._list, self._error):
            self._stack.addWidget(page)
        keys = parts.button(
            "Keys to Public Speaking…", self._on_keys_pressed, look="quiet", icon="knowledge", tint="accent"
        )
        close = parts.button("Close", self.accept)
        bottom = parts.row(keys, self._outcome, 1, close, spacing=14)
        bottom.setStretchFactor(self._outcome, 100)
        head = parts.column(parts.label("Documents", "title"), parts.label(_WHAT, "muted"), spacing=4)
        content = parts.column(head, self._stack, bottom, spacing=14)
        content.setStretch(1, 1)
        content.setContentsMargins(28, 22, 28, 20)
        self.setLayout(content)
        self.resize(900, 600)
        remove = QAction("Delete", self._table)
        remove.setShortcut(QKeySequence(QKeySequence.StandardKey.Delete))
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(self._on_delete_pressed)
        self._table.addAction(remove)

    def _make_list(self) -> QWidget:
        page = QWidget()
        top = parts.row(self._search, self._refresh, self._add)
        top.setStretch(0, 1)
        buttons = parts.row(self._change, self._copy, 1, self._delete)
        content = parts.column(top, self._table, self._note, buttons, spacing=12)
        content.setStretch(1, 1)
        page.setLayout(content)
        return page

    def _make_loading(self) -> QWidget:
        bar = busy_bar("Loading the documents")
        bar.setFixedWidth(_BUSY_WIDTH)
        return _centred(parts.label("Loading the documents of your account…", "heading"), parts.row(1, bar, 1))

    def _make_empty(self) -> QWidget:
        add = parts.button("Add a document…", self._on_add_pressed, look="primary", icon="add", tint="on_accent")
        words = parts.label(_EMPTY, "muted")
        words.setMinimumWidth(440)
        return _centred(
            parts.row(1, Drawing("text", "muted", 48), 1),
            parts.label("No documents yet", "heading"),
            parts.row(1, words, 1),
            parts.row(1, add, 1),
        )

    def _reload(self) -> None:
        self._timer.stop()
        self._watching.drop()
        self._looks = 0
        if not self._shelf.documents:
            self._stack.setCurrentWidget(self._loading)
            parts.announce(self._loading, "Loading the documents of your account")
        self._refresh.setEnabled(False)
        self._asking.run(lambda: documents.load(self._connect), self._on_loaded, self._on_load_failed)

    def _on_loaded(self, shelf: Shelf) -> None:
        self._refresh.setEnabled(True)
        first = self._stack.currentWidget() is not self._list
        self._show(shelf)
        if shelf.is_capped:
            self._outcome.show_same(f"Only the first {len(shelf.documents)} documents are shown.")
        if first:
            self._focus()
        self._watch()

    def _on_load_failed(self, error: CoachError) -> None:
        self._refresh.setEnabled(True)
        if self._shelf.documents:
            self._outcome.show_bad(error)
            return
        ways = [("Tavus key…", self.key_asked.emit), ("Try again", self._reload)]
        self._error.show_error(error, ways if wants_key(error) else ())
        self._stack.setCurrentWidget(self._error)
        self._focus()

    def key_known(self) -> None:
        """Load again, where it was the key that was missing."""
        if self._stack.currentWidget() is self._error:
            self._reload()

    def _show(self, shelf: Shelf, select: str = "") -> None:
        before = self._table.selected
        chosen = select or (before.document_id if before else "")
        self._shelf = shelf
        self._table.documents.show_documents(shelf.documents)
        self._table.select(chosen)
        self._stack.setCurrentWidget(self._list if shelf.documents else self._empty)

    def _focus(self) -> None:
        shown = self._stack.currentWidget()
        target = self._table if shown is self._list else shown.findChild(QPushButton) if shown is not None else None
        if target is not None:
            target.setFocus()

    def _show_selected(self) -> None:
        document = self._table.selected
        for button in (self._change, self._copy, self._delete):
            button.setEnabled(document is not None)
        if document is None:
            none = "No document has these words in its name, id or tags." if self._shelf.documents else ""
            self._note.setText(none)
            return
        standing = standing_of(document)
        where = " · ".join(filter(None, (document.document_id, documents.shown_address(document.document_url or ""))))
        self._note.setText(parts.breakable("\n".join(filter(None, (standing.note, where)))))

    def _on_search_typed(self, text: str) -> None:
        before = self._table.selected
        self._table.documents.show_matching(text)
        self._table.select(before.document_id if before else "")

    # What is not ready yet -----------------------------------------------------------------------------------------

    def _unsettled(self) -> list[str]:
        return [one.document_id for one in self._shelf.documents if not standing_of(one).is_settled]

    def _watch(self) -> None:
        """Look again after a while where something is still to come."""
        if not self._unsettled():
            return
        if self._looks >= _MOST_LOOKS:
            self._outcome.show_same(_STILL_AT_WORK)
            return
        self._timer.start(round(1000 * self._wait(self._looks)))

    def _on_look_due(self) -> None:
        self._looks += 1
        ids = self._unsettled()
        self._watching.run(lambda: documents.look(self._connect, ids), self._on_looked, lambda _error: self._watch())

    def _on_looked(self, found: dict[str, Document | None]) -> None:
        now = [found.get(one.document_id, one) for one in self._shelf.documents]
        shelf = Shelf(tuple(one for one in now if one is not None), self._shelf.is_capped)
        news = [
            after for before, after in zip(self._shelf.documents, now, strict=True)
            if after is not None and standing_of(after).is_settled and not standing_of(before).is_settled
        ]  # fmt: skip
        if shelf != self._shelf:
            self._show(shelf)
        for document in news:
            standing = standing_of(document)
            if standing.state == "ready":
                self._outcome.show_good(f"{_called(document)} is ready.")
            else:
                self._outcome.show_bad(CoachError(f"{_called(document)} cannot be used.", safe=standing.note))
        if news:
            self.documents_changed.emit()
        self._watch()

    # What the user asks for ----------------------------------------------------------------------------------------

    def _on_add_pressed(self) -> None:
        known = [document.document_id for document in self._shelf.documents]
        form = DocumentForm(self, add=lambda request: documents.add(self._connect, request, known))
        form.taken.connect(self._on_added)
        form.abandoned.connect(self._reload)
        form.open()

    def _on_added(self, document: Document) -> None:
        self._search.clear()
        self._show(Shelf((document, *self._shelf.documents), self._shelf.is_capped), select=document.document_id)
        self._outcome.show_good(f"{_called(document)} was added. It is ready in some minutes.")
        self._table.setFocus()
        self._looks = 0
        self.documents_changed.emit()
        self._watch()

    def _on_change_pressed(self) -> None:
        document = self._table.selected
        if document is None:
            return
        its_id = document.document_id
        form = DocumentForm(
            self, change=lambda name, tags: documents.change(self._connect, its_id, name, tags), document=document
        )
        form.taken.connect(lambda _none: self._on_changed(f"{_called(document)} was changed."))
        form.abandoned.connect(self._reload)
        form.open()

    def _on_changed(self, words: str) -> None:
        self._outcome.show_good(words)
        self.documents_changed.emit()
        self._reload()

    def _on_copy_pressed(self) -> None:
        document = self._table.selected
        if document is not None:
            parts.copy_with_thanks(document.document_id, self._copy)

    def _on_delete_pressed(self) -> None:
        document = self._table.selected
        if document is None:
            return
        self._question = parts.question(
            self,
            "Delete this document?",
            f"{_called(document)} is removed from your Tavus account, and no persona can look it up any more. The file "
            "at its address stays as it is.",
            yes="Delete document",
            no="Keep it",
            on_yes=lambda: self._on_deletion_chosen(document),
        )
        self._question.open()

    def _on_deletion_chosen(self, document: Document) -> None:
        self._timer.stop()
        self._watching.drop()
        self._outcome.show_busy(f"Deleting {_called(document)}…")
        self._asking.run(
            lambda: documents.remove(self._connect, document.document_id),
            lambda _none: self._on_deleted(document),
            self._on_deletion_failed,
        )

    def _on_deleted(self, document: Document) -> None:
        self._show(
            Shelf(
                tuple(one for one in self._shelf.documents if one.document_id != document.document_id),
                self._shelf.is_capped,
            )
        )
        self._outcome.show_good(f"{_called(document)} was deleted.")
        self._refresh.setEnabled(True)
        self._focus()
        self.documents_changed.emit()
        self._watch()

    def _on_deletion_failed(self, error: CoachError) -> None:
        self._refresh.setEnabled(True)
        self._outcome.show_bad(error)
        self._watch()

    def _on_keys_pressed(self) -> None:
        try:
            KnowledgeDialog(self).open()
        except CoachError as error:
            self._outcome.show_bad(error)


def _called(document: Document) -> str:
    return parts.shortened(name_of(document))


def _centred(*items: QWidget | QLayout) -> QWidget:
    content = parts.column(1, *items, 2, spacing=14)
    page = QWidget()
    page.setLayout(content)
    for label in page.findChildren(QLabel):
        label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    return page
