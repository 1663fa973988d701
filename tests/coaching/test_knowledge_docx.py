"""Keys to Public Speaking as a Word document that is opened again."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
from docx.document import Document

from coach_desktop.coaching import knowledge
from coach_desktop.coaching.knowledge_docx import as_docx


@pytest.fixture(scope="module")
def opened() -> Document:
    return docx.Document(io.BytesIO(as_docx(knowledge.load())))


def test_titles_are_headings_and_passages_are_quotations(opened: Document) -> None:
    text = knowledge.load()
    styles: dict[str, list[str]] = {}
    for paragraph in opened.paragraphs:
        assert paragraph.style is not None
        styles.setdefault(str(paragraph.style.name), []).append(paragraph.text)
    assert styles["Title"] == [text.title]
    assert styles["Heading 1"] == [*(section.title for section in text.sections), "Sources"]
    for section, quoted in zip(text.sections, styles["Quote"], strict=True):
        assert quoted.replace("\u00a0", " ").startswith(f"{section.passage} [")
    for source, listed in zip(text.sources, styles["List Bullet"], strict=True):
        assert listed == f"{source.name}. {source.words} {source.url}".strip()


def test_no_markup_is_left_in_the_words(opened: Document) -> None:
    words = "\n".join(paragraph.text for paragraph in opened.paragraphs)
    for sign in ("**", "\\", "<", "## ", "> "):
        assert sign not in words
    tries = [run.text for paragraph in opened.paragraphs for run in paragraph.runs if run.italic]
    assert tries == ["Try:"] * len(knowledge.load().sections)


def test_pages_are_a4_and_numbered(opened: Document) -> None:
    (page,) = opened.sections
    assert page.page_width is not None
    assert page.page_height is not None
    assert (round(page.page_width.cm, 1), round(page.page_height.cm, 1)) == (21.0, 29.7)
    assert 'w:instr="PAGE"' in page.footer.paragraphs[0]._p.xml  # noqa: SLF001 - fields have no other name
    assert opened.core_properties.title == "Keys to Public Speaking"


def test_the_fonts_named_are_the_ones_that_count(opened: Document) -> None:
    for name in ("Normal", "Title", "Heading 1", "Quote", "List Bullet"):
        xml = opened.styles[name].element.xml
        assert 'w:ascii="Calibri"' in xml
        assert "asciiTheme" not in xml
        assert "w:link" not in xml
    assert "w:pBdr" not in opened.styles["Title"].element.xml


def test_the_file_is_a_whole_archive() -> None:
    with zipfile.ZipFile(io.BytesIO(as_docx(knowledge.load()))) as archive:
        assert archive.testzip() is None
        assert "word/document.xml" in archive.namelist()
