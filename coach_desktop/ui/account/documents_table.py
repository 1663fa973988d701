"""The table of an account's documents: name, how it stands, tags, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableView

from coach_desktop.sessions.documents import State, standing_of
from coach_desktop.ui import parts, theme
from coach_desktop.ui.tables import Index, RowsModel, dress

if TYPE_CHECKING:
    from coach_desktop.tavus.document_models import Document

_COLUMNS: Final = ("Name", "How it stands", "Tags", "Added")
_NAME, _STANDING, _TAGS, _ADDED = range(len(_COLUMNS))
_TAGS_WIDTH: Final = 150
_DRAWINGS: Final[dict[State, tuple[str, str]]] = {
    "waiting": ("history", "muted"),
    "working": ("history", "accent"),
    "ready": ("good", "good"),
    "error": ("error", "act"),
}


class DocumentsModel(RowsModel["Document"]):
    """Documents as a table, in the order given; `show_matching` leaves those out that a text is not found in."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__(_COLUMNS)
        self._all: tuple[Document, ...] = ()
        self._text = ""

    def show_documents(self, documents: Sequence[Document]) -> None:
        """Hold these documents."""
        self._all = tuple(documents)
        self._choose()

    def show_matching(self, text: str) -> None:
        """Show only those with each word of `text` in name, id or tags."""
        self._text = text
        self._choose()

    def _choose(self) -> None:
        words = self._text.casefold().split()
        self.show_rows([document for document in self._all if _matches(document, words)])

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return what a cell shows, says or looks like."""
        if not index.isValid():
            return None
        document = self.rows[index.row()]
        standing = standing_of(document)
        added = parts.local_time(document.created_at) if document.created_at else parts.NO_FIGURE
        texts = (name_of(document), standing.words, ", ".join(document.tags), added)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == _STANDING:
            return theme.current().icon(*_DRAWINGS[standing.state])
        answers: dict[Qt.ItemDataRole, object] = {
            Qt.ItemDataRole.DisplayRole: texts[index.column()],
            Qt.ItemDataRole.ToolTipRole: texts[index.column()],
            Qt.ItemDataRole.AccessibleTextRole: ", ".join(filter(None, texts))
            if index.column() == 0
            else texts[index.column()],
            Qt.ItemDataRole.AccessibleDescriptionRole: standing.note,
        }
        return answers.get(Qt.ItemDataRole(role))


class DocumentsTable(QTableView):
    """Shows documents; one of them is selected where there are any."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.documents = DocumentsModel()
        self.setModel(self.documents)
        self.setAccessibleName("Documents")
        self.setAccessibleDescription("Press Enter to change name and tags, Delete to delete a document.")
        self.setWordWrap(False)
        dress(self, stretched=_NAME, row_padding=22)
        self.horizontalHeader().setSectionResizeMode(_TAGS, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(_TAGS, _TAGS_WIDTH)

    @property
    def selected(self) -> Document | None:
        """The selected document, or None."""
        rows = self.selectionModel().selectedRows()
        return self.documents.rows[rows[0].row()] if rows else None

    def select(self, document_id: str) -> None:
        """Select the document with this id, else the first."""
        ids = [document.document_id for document in self.documents.rows]
        if ids:
            row = ids.index(document_id) if document_id in ids else 0
            self.selectRow(row)
            self.scrollTo(self.documents.index(row, 0))


def name_of(document: Document) -> str:
    """Return the name of a document, or the id of one without."""
    return document.document_name or document.document_id


def _matches(document: Document, words: Iterable[str]) -> bool:
    where = " ".join((document.document_name or "", document.document_id, *document.tags)).casefold()
    return all(word in where for word in words)
