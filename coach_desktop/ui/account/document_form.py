"""One document: the address, name and tags of a new one, or another name and other tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.documents import (
    DEEPEST,
    MOST_CRAWLED,
    checked_address,
    is_file,
    name_for,
    new_document,
    shown_address,
)
from coach_desktop.ui import parts
from coach_desktop.ui.account.cards import Outcome
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.account.fit import FittedDialog, fit_height
from coach_desktop.ui.profiles.fields import NumberField

if TYPE_CHECKING:
    from coach_desktop.tavus.document_models import CreateDocument, Document

_WIDTH: Final = 560
_NUMBER_WIDTH: Final = 90
_DEPTH, _PAGES = 2, 20
_ADDRESS_HELP: Final = (
    "A PDF, Word, PowerPoint, Excel, CSV or text file, or a web page, in English, that anybody can open without "
    "signing in. Files: 50 MB at most."
)


class _Entry:
    """A line with its label, a help text, and what is wrong with it."""

    def __init__(self, label: str, line: QLineEdit, words: str = "") -> None:
        self.line = line
        line.setAccessibleName(label.replace("&", ""))
        line.setAccessibleDescription(words)
        name = parts.label(label, "strong", wrap=False)
        name.setBuddy(line)
        self.problem = parts.label("", "problem")
        self.problem.hide()
        self.rows: list[QWidget] = [name, line, self.problem]
        if words:
            self.rows.append(parts.label(words, "small"))

    def tell(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        parts.change_look(self.line, "wrong" if problem else "field")


class DocumentForm(FittedDialog):
    """Asks, sends, and stays with all that was typed until it was taken."""

    taken = Signal(object)
    """Brings what `add` or `change` gave back: the new document, or None."""
    abandoned = Signal()
    """It was closed while the answer was still to come: nobody knows here what became of it."""

    def __init__(
        self,
        parent: QWidget | None,
        *,
        add: Callable[[CreateDocument], Document] | None = None,
        change: Callable[[str, list[str]], None] | None = None,
        document: Document | None = None,
    ) -> None:
        """Ask for a new document and `add` it, or for another name and tags of `document` and `change` those.

        Both are called in a thread of their own and raise `CoachError`.
        """
        super().__init__(parent)
        self._add, self._change, self._document = add, change, document
        self._is_sending = False
        self._errand = Errand(self)
        title = "Add a document" if document is None else "Change a document"
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self._address = _Entry("&Address", QLineEdit(), _ADDRESS_HELP)
        self._address.line.setPlaceholderText("https://…")
        self._name = _Entry("&Name", QLineEdit())
        self._tags = QLineEdit()
        tags = _Entry("&Tags", self._tags, "With commas between them. A profile can ask for all documents of a tag.")
        self._crawl = QCheckBox("&Follow the links of this website")
        self._depth, self._pages = NumberField(), NumberField()
        self._limits = QWidget()
        self._limit_problem = parts.label("", "problem")
        self._outcome = Outcome()
        self._cancel = parts.button("Cancel", self.reject)
        self._send = parts.button(
            "Add document" if document is None else "Save changes", self._on_send_pressed, look="primary"
        )
        self._send.setDefault(True)
        self._build(title, [self._address, self._name, tags])
        for line in (self._address.line, self._name.line, self._tags, self._depth.line, self._pages.line):
            line.textChanged.connect(lambda _text: self._on_typed())
        self._crawl.toggled.connect(lambda _on: self._on_typed())
        if document is not None:
            self._name.line.setText(document.document_name or "")
            self._tags.setText(", ".join(document.tags))
        self._on_typed()
        (self._address if document is None else self._name).line.setFocus()

    def done(self, result: int) -> None:
        """Close at once; what was sent is on its way."""
        if self._is_sending:
            self._errand.drop()
            self.abandoned.emit()
        super().done(result)

    def _build(self, title: str, entries: list[_Entry]) -> None:
        content = parts.column(parts.label(title, "heading"), spacing=16)
        if self._document is not None:
            entries = entries[1:]
            self._crawl.hide()
            self._limits.hide()
            address = shown_address(self._document.document_url or self._document.document_id)
            content.addWidget(parts.label(parts.breakable(address), "muted"))
        for entry in entries:
            content.addLayout(parts.column(*entry.rows, spacing=5))
        names = (("Links deep, at most", self._depth, _DEPTH), ("Pages, at most", self._pages, _PAGES))
        limits = parts.row(spacing=10)
        for words, field, value in names:
            field.line.setFixedWidth(_NUMBER_WIDTH)
            field.describe(words, "")
            field.line.setText(str(value))
            label = parts.label(words, wrap=False)
            label.setBuddy(field.line)
            limits.addWidget(label)
            limits.addWidget(field.line)
            limits.addSpacing(14)
        limits.addStretch(1)
        limits.setContentsMargins(30, 0, 0, 0)
        inner = parts.column(limits, self._limit_problem, spacing=5)
        self._limit_problem.hide()
        self._limits.setLayout(inner)
        if self._document is None:
            content.addLayout(parts.column(self._crawl, self._limits, spacing=6))
        content.addWidget(self._outcome)
        content.addStretch(1)
        content.addLayout(parts.row(1, self._cancel, self._send))
        content.setContentsMargins(28, 24, 28, 22)
        self.setLayout(content)

    def _on_typed(self) -> None:
        """Follow what is typed: a name is proposed, and only a website has links."""
        if self._is_sending:
            return
        self._outcome.clear()
        address = ""
        try:
            address = checked_address(self._address.line.text())
        except ValueError:
            self._name.line.setPlaceholderText("")
        else:
            self._name.line.setPlaceholderText(name_for(address))
            self._address.tell("")
        if self._document is None:
            self._crawl.setEnabled(not (address and is_file(address)))
            self._limits.setVisible(self._crawl.isChecked() and self._crawl.isEnabled())
        if self.isVisible():
            fit_height(self)

    def _on_send_pressed(self) -> None:
        if self._document is not None:
            change = self._change
            name, tags = self._name.line.text().strip(), self._tags_typed()
            if not name:
                self._name.tell("Give it a name.")
                self._name.line.setFocus()
                parts.announce(self._name.line, "Give it a name.")
            elif change is not None:
                self._begin("Saving the changes…", lambda: change(name, tags))
            return
        request, add = self._read(), self._add
        if request is not None and add is not None:
            self._begin("Telling Tavus of it…", lambda: add(request))

    def _read(self) -> CreateDocument | None:
        """Return what is asked for, or None where something is wrong with it, which is then said."""
        depth = pages = None
        if self._crawl.isChecked() and self._crawl.isEnabled():
            try:
                depth, pages = _number(self._depth, DEEPEST), _number(self._pages, MOST_CRAWLED)
            except ValueError as error:
                self._refuse(self._limit_problem, self._depth.line, str(error))
                return None
        self._limit_problem.hide()
        try:
            return new_document(
                self._address.line.text(), self._name.line.text(), self._tags_typed(), depth=depth, pages=pages
            )
        except ValueError as error:
            self._address.tell(str(error))
            self._refuse(self._address.problem, self._address.line, str(error))
            return None

    def _tags_typed(self) -> list[str]:
        return [tag for piece in self._tags.text().split(",") if (tag := piece.strip())]

    def _refuse(self, label: QLabel, line: QLineEdit, words: str) -> None:
        label.setText(words)
        label.show()
        line.setFocus()
        parts.announce(line, words)
        fit_height(self)

    def _begin(self, doing: str, work: Callable[[], Document | None]) -> None:
        self._is_sending = True
        self._send.setEnabled(False)
        self._outcome.show_busy(doing)
        fit_height(self)
        self._errand.run(work, self._on_taken, self._on_refused)

    def _on_taken(self, made: Document | None) -> None:
        self._is_sending = False
        self.taken.emit(made)
        self.accept()

    def _on_refused(self, error: CoachError) -> None:
        self._is_sending = False
        self._send.setEnabled(True)
        self._outcome.show_bad(error)
        self._send.setFocus()
        fit_height(self)


def _number(field: NumberField, most: int) -> int:
    value = field.read()
    if not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError(f"Links are followed 1 to {DEEPEST} deep, and to 1 to {MOST_CRAWLED} pages.")
    return value
