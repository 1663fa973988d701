"""Keys to Public Speaking: to read, and to save for those who host or upload it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QTimer
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QListWidget, QMenu, QTextBrowser, QWidget

from coach_desktop.coaching import knowledge
from coach_desktop.core.errors import CoachError
from coach_desktop.store.files import write_atomically
from coach_desktop.store.text_files import shown_name
from coach_desktop.ui import parts, theme
from coach_desktop.ui.account.cards import Outcome
from coach_desktop.ui.account.fit import fit_width
from coach_desktop.ui.account.knowledge_text import RESTS_ON, as_html
from coach_desktop.ui.profiles.pick import FilePicker, FileQuestion, pick_file
from coach_desktop.ui.profiles.task_dialog import TaskDialog

if TYPE_CHECKING:
    from coach_desktop.coaching.knowledge import Knowledge

_NAME: Final = "keys-to-public-speaking"
_CONTENTS_WIDTH: Final = 186
_MARGIN: Final = 18
_ABOVE: Final = 8
_USE: Final = (
    "What Chuck's advice rests on. Tavus takes documents by a public address only: save a copy, put it where anybody "
    "can download it, and add that address under Documents."
)
_STYLE: Final = """
    h1 {{ font-size: {title}pt; margin: 0 0 6px 0; }}
    h2 {{ font-size: {heading}pt; color: {accent}; margin: 18px 0 4px 0; }}
    p, li {{ margin: 0 0 7px 0; line-height: 125%; }}
    blockquote {{ margin: 0; }}
    blockquote p {{ font-weight: 600; }}
    .{rests_on} {{ color: {muted}; font-weight: 400; }}
    ul {{ margin: 0; -qt-list-indent: 0; }}
    a {{ color: {accent}; text-decoration: none; }}
"""


def _docx(text: Knowledge) -> bytes:
    from coach_desktop.coaching.knowledge_docx import as_docx

    return as_docx(text)


def _pdf(text: Knowledge) -> bytes:
    from coach_desktop.ui.account.knowledge_pdf import as_pdf

    return as_pdf(text)


def _markdown(text: Knowledge) -> bytes:
    return text.markdown.encode()


_KINDS: Final[tuple[tuple[str, str, Callable[[Knowledge], bytes]], ...]] = (
    ("Word document", "docx", _docx),
    ("PDF", "pdf", _pdf),
    ("Markdown", "md", _markdown),
)


class KnowledgeDialog(TaskDialog):
    """Shows the text beside its contents. Raises `KnowledgeError` where the text cannot be used."""

    def __init__(self, parent: QWidget | None = None, *, key: str = "", pick: FilePicker = pick_file) -> None:
        """Show the section with this key, or the beginning. `pick` asks for the file to save to."""
        self._knowledge = knowledge.load()
        super().__init__(self._knowledge.title, parent)
        self._pick = pick
        self._contents = QListWidget()
        self._contents.setProperty("look", "contents")
        self._contents.setAccessibleName("Sections")
        self._places = [
            ("", "How to read this"),
            *((section.key, section.title) for section in self._knowledge.sections),
            (knowledge.SOURCES_KEY, "Sources"),
        ]
        self._contents.addItems([title for _key, title in self._places])
        fit_width(self._contents, _CONTENTS_WIDTH)
        self._contents.currentRowChanged.connect(self._on_section_chosen)
        self._text = QTextBrowser()
        self._text.setProperty("look", "document")
        self._text.setAccessibleName(self._knowledge.title)
        self._text.setOpenExternalLinks(True)
        self._text.document().setDocumentMargin(_MARGIN)
        self._outcome = Outcome()
        self._save = parts.button("Save a copy…", self._on_save_pressed, icon="export")
        self._kinds = QMenu(self._save)
        for words, suffix, made in _KINDS:
            action = QAction(f"{words} (.{suffix})", self._kinds)
            action.triggered.connect(
                lambda _checked=False, words=words, suffix=suffix, made=made: self._ask_where(words, suffix, made)
            )
            self._kinds.addAction(action)
        self._build()
        self._write()
        keys = [known for known, _title in self._places]
        self._contents.setCurrentRow(keys.index(key) if key in keys else 0)

    def changeEvent(self, event: QEvent) -> None:
        """Write in the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_text"):
            self._write()

    def showEvent(self, event: QShowEvent) -> None:
        """Go to the section that is asked for: before, nobody knew where the lines would end."""
        super().showEvent(event)
        QTimer.singleShot(0, self, lambda: self._on_section_chosen(self._contents.currentRow()))

    def _build(self) -> None:
        close = parts.button("Close", self.accept, look="primary")
        middle = parts.row(self._contents, self._text, spacing=14)
        middle.setStretch(1, 1)
        bottom = parts.row(self._save, self._outcome, 1, close, spacing=14)
        bottom.setStretch(1, 100)
        content = parts.column(
            parts.column(parts.label(self._knowledge.title, "title"), parts.label(_USE, "muted"), spacing=4),
            middle, bottom, spacing=14,
        )  # fmt: skip
        content.setStretch(1, 1)
        content.setContentsMargins(28, 22, 28, 20)
        self.setLayout(content)
        self.resize(860, 590)
        self._contents.setFocus()

    def _write(self) -> None:
        tokens = theme.current().tokens
        points = self.font().pointSizeF()
        document = self._text.document()
        document.setDefaultStyleSheet(
            _STYLE.format(
                title=points * 1.5, heading=points * 1.15, accent=tokens.accent, muted=tokens.muted, rests_on=RESTS_ON
            )
        )
        place = self._text.verticalScrollBar().value()
        self._text.setHtml(as_html(self._knowledge))
        self._text.verticalScrollBar().setValue(place)

    def _on_section_chosen(self, row: int) -> None:
        bar = self._text.verticalScrollBar()
        key = self._places[row][0]
        if not key:
            bar.setValue(0)
            return
        self._text.scrollToAnchor(key)
        bar.setValue(bar.value() - _ABOVE)

    def _on_save_pressed(self) -> None:
        # Upwards: the button is at the lower edge of the dialog.
        corner = self._save.mapToGlobal(self._save.rect().topLeft())
        self._kinds.popup(corner - QPoint(0, self._kinds.sizeHint().height() + 4))

    def _ask_where(self, words: str, suffix: str, made: Callable[[Knowledge], bytes]) -> None:
        question = FileQuestion(f"Save as {words}", f"{words} (*.{suffix})", f"{_NAME}.{suffix}")
        self._pick(self, question, lambda path: self._keep(path, made))

    def _keep(self, path: Path, made: Callable[[Knowledge], bytes]) -> None:
        self._save.setEnabled(False)
        self._outcome.show_busy(f"Saving {shown_name(path)}…")
        self.tasks.run(lambda: _save(path, made(self._knowledge)), self._on_saved, self._on_refused)

    def _on_saved(self, path: Path) -> None:
        self._save.setEnabled(True)
        self._outcome.show_good(f"Saved as {shown_name(path)}.")

    def _on_refused(self, error: CoachError) -> None:
        self._save.setEnabled(True)
        self._outcome.show_bad(error)


def _save(path: Path, data: bytes) -> Path:
    if path.exists() and not path.is_file():
        raise CoachError(f"{shown_name(path)} is not a file.", safe="Nothing was saved.", do="Choose another name.")
    try:
        write_atomically(path, data, 0o644)
    except OSError as error:
        raise CoachError(
            f"The copy cannot be saved as {shown_name(path)}: {error.strerror}.",
            safe="What was there before is as it was.",
            do="Choose another folder.",
            details=str(error),
        ) from error
    return path
