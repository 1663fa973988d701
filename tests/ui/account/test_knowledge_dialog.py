"""Reading Keys to Public Speaking in the window, and saving it in every form, opened again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtPdf import QPdfDocument
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QListWidget, QMenu, QPushButton, QTextBrowser, QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.coaching import knowledge
from coach_desktop.ui.account.cards import Outcome
from coach_desktop.ui.account.knowledge_dialog import KnowledgeDialog
from coach_desktop.ui.account.knowledge_pdf import as_pdf
from coach_desktop.ui.profiles.pick import FileQuestion

Open = Callable[..., KnowledgeDialog]


@pytest.fixture
def opened(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> Open:
    def make(key: str = "", folder: Path = tmp_path) -> KnowledgeDialog:
        def picker(_parent: QWidget, question: FileQuestion, on_picked: Callable[[Path], None]) -> None:
            assert f"*{Path(question.save_as).suffix})" in question.kinds
            on_picked(folder / question.save_as)

        dialog = KnowledgeDialog(key=key, pick=picker)
        qtbot.addWidget(dialog)
        with qtbot.waitExposed(dialog):
            dialog.show()
        return dialog

    return make


def in_view(dialog: KnowledgeDialog) -> str:
    text = dialog.findChild(QTextBrowser)
    assert text is not None
    return text.cursorForPosition(QPoint(30, 30)).block().text()


def choose(dialog: KnowledgeDialog, section: str) -> None:
    contents = dialog.findChild(QListWidget)
    assert contents is not None
    (item,) = contents.findItems(section, Qt.MatchFlag.MatchExactly)
    contents.setCurrentItem(item)


def save(dialog: KnowledgeDialog, suffix: str, qtbot: QtBot) -> Outcome:
    menu = dialog.findChild(QMenu)
    assert menu is not None
    (action,) = [one for one in menu.findChildren(QAction) if f"(.{suffix})" in one.text()]
    action.trigger()
    outcome = dialog.findChild(Outcome)
    assert outcome is not None
    qtbot.waitUntil(lambda: not outcome.accessibleName().startswith("Saving"))
    return outcome


def words_of(pdf: QPdfDocument) -> str:
    return " ".join(" ".join(pdf.getAllText(page).text() for page in range(pdf.pageCount())).split())


def test_it_begins_with_how_to_read_it_and_goes_to_any_section(opened: Open) -> None:
    dialog = opened()
    assert in_view(dialog) == "Keys to Public Speaking"
    for section in ("Pauses", "Eye contact"):
        choose(dialog, section)
        assert in_view(dialog) == section
    choose(dialog, "How to read this")
    assert in_view(dialog) == "Keys to Public Speaking"


def test_it_opens_at_the_section_that_is_asked_for(opened: Open, qtbot: QtBot) -> None:
    dialog = opened("fillers")
    qtbot.waitUntil(lambda: in_view(dialog) == "Fillers")


def test_the_menu_of_kinds_opens_by_keyboard_and_escape_closes(opened: Open, qtbot: QtBot) -> None:
    dialog = opened()
    button = next(one for one in dialog.findChildren(QPushButton) if one.text() == "Save a copy…")
    QTest.keyClick(button, Qt.Key.Key_Space)
    menu = dialog.findChild(QMenu)
    assert menu is not None
    qtbot.waitUntil(menu.isVisible)
    menu.close()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dialog.isVisible())


def test_a_word_document_is_saved_and_can_be_opened(opened: Open, qtbot: QtBot, tmp_path: Path) -> None:
    outcome = save(opened(), "docx", qtbot)
    assert outcome.accessibleName() == "Saved as keys-to-public-speaking.docx."
    document = docx.Document(str(tmp_path / "keys-to-public-speaking.docx"))
    assert document.paragraphs[0].text == "Keys to Public Speaking"
    assert len(document.paragraphs) > 60


def test_a_pdf_of_two_pages_is_saved_with_every_word(opened: Open, qtbot: QtBot, tmp_path: Path) -> None:
    save(opened(), "pdf", qtbot)
    pdf = QPdfDocument()
    assert pdf.load(str(tmp_path / "keys-to-public-speaking.pdf")) == QPdfDocument.Error.None_
    assert pdf.pageCount() == 2
    words = words_of(pdf)
    text = knowledge.load()
    for section in text.sections:
        assert " ".join(section.passage.split()) in words
    # Long words are broken at the end of a line.
    bare = words.replace(" ", "")
    for source in text.sources:
        assert f"{source.name}.{source.words}{source.url}".replace(" ", "") in bare
    assert re.search(r"1 ?/ ?2", words)
    assert re.search(r"2 ?/ ?2", words)
    pdf.close()


def test_no_section_is_cut_by_the_end_of_a_page(dressed: QApplication, tmp_path: Path) -> None:
    path = tmp_path / "keys.pdf"
    path.write_bytes(as_pdf(knowledge.load()))
    pdf = QPdfDocument()
    pdf.load(str(path))
    pages = [" ".join(pdf.getAllText(page).text().split()) for page in range(pdf.pageCount())]
    titles = [section.title for section in knowledge.load().sections]
    homes = [[number for number, page in enumerate(pages) if f" {title} " in f" {page} "] for title in titles]
    for section, home in zip(knowledge.load().sections, homes, strict=True):
        whole = " ".join(re.sub(r"[*>\\]|\[[^\]]*\]", " ", section.text_markdown).split())
        first, last = whole[:30], whole[-30:]
        assert any(first in pages[number] and last in pages[number] for number in home), section.key
    pdf.close()


def test_markdown_is_saved_without_the_keys(opened: Open, qtbot: QtBot, tmp_path: Path) -> None:
    save(opened(), "md", qtbot)
    assert (tmp_path / "keys-to-public-speaking.md").read_text(encoding="utf-8") == knowledge.load().markdown


def test_a_place_that_cannot_be_written_to_is_told(opened: Open, qtbot: QtBot, tmp_path: Path) -> None:
    dialog = opened(folder=tmp_path / "absent")
    outcome = save(dialog, "md", qtbot)
    assert outcome.accessibleName().startswith("The copy cannot be saved as keys-to-public-speaking.md: No such file")
