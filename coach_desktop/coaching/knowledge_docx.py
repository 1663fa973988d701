"""Keys to Public Speaking as a Word document, for those who host or upload it."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.text.paragraph import Paragraph
    from markdown_it.token import Token

    from coach_desktop.coaching.knowledge import Knowledge

_MARGIN_CM: Final = 1.7
_PAPER_CM: Final = (21.0, 29.7)
_FONT: Final = "Calibri"
_LINE_SPACING: Final = 1.0
_POINTS: Final = 9.5
_SMALL_POINTS: Final = 8.0
_INK: Final = (0x17, 0x6A, 0x72)
_MUTED: Final = (0x5A, 0x63, 0x6C)
_BRACKETS = re.compile(r"(\[[^\[\]]+\])")


def as_docx(knowledge: Knowledge) -> bytes:
    """Return a .docx of A4 pages: headings, quotations, lists, and the number of the page at the foot of each."""
    # Imported here: it takes a tenth of a second, and few ever save a copy.
    import docx
    from docx.shared import Cm
    from markdown_it import MarkdownIt

    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Cm(_PAPER_CM[0]), Cm(_PAPER_CM[1])
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(_MARGIN_CM)
    document.core_properties.title = knowledge.title
    document.core_properties.author = "Coach Desktop"
    document.core_properties.language = "en"
    _dress(document)
    _fill(document, MarkdownIt().parse(knowledge.markdown))
    _number_pages(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _dress(document: Document) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    looks = {
        "Normal": (_POINTS, 0, 4), "Title": (19, 0, 4), "Heading 1": (11.5, 6, 1), "Quote": (_POINTS, 0, 3),
        "List Bullet": (_SMALL_POINTS, 0, 0),
    }  # fmt: skip
    for name, (points, before, after) in looks.items():
        style = document.styles[name]
        style.font.size = Pt(points)
        style.font.name = _FONT
        # Fonts of the template's theme would go before the one named here.
        for script in ("asciiTheme", "hAnsiTheme"):
            style.element.rPr.rFonts.attrib.pop(qn(f"w:{script}"), None)
        # Some readers go by the style for letters that belongs to it, which keeps the looks of the template.
        _remove(style.element, "w:link")
        style.paragraph_format.line_spacing = _LINE_SPACING
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(after)
        if name in {"Title", "Heading 1"}:
            style.font.color.rgb = RGBColor(*_INK)
    # What no style says is said here; some readers ask here first.
    for fonts in document.styles.element.findall(f".//{qn('w:rPrDefault')}//{qn('w:rFonts')}"):
        fonts.attrib.clear()
        for script in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{script}"), _FONT)
    for size in document.styles.element.findall(f".//{qn('w:rPrDefault')}//{qn('w:sz')}"):
        size.set(qn("w:val"), str(round(2 * _POINTS)))
    _remove(document.styles["Title"].element.pPr, "w:pBdr")
    document.styles["Quote"].font.italic = False
    document.styles["Quote"].font.bold = True


def _remove(properties: BaseOxmlElement, name: str) -> None:
    from docx.oxml.ns import qn

    for found in properties.findall(qn(name)):
        properties.remove(found)


def _fill(document: Document, tokens: list[Token]) -> None:
    style, quoted = "Normal", False
    for token in tokens:
        if token.type in {"blockquote_open", "blockquote_close"}:
            quoted = token.nesting == 1
        elif token.type == "heading_open":
            style = "Title" if token.tag == "h1" else "Heading 1"
        elif token.type in {"list_item_open", "list_item_close"}:
            style = "List Bullet" if token.nesting == 1 else "Normal"
        elif token.type == "heading_close":
            style = "Normal"
        elif token.type == "inline":
            _write(document.add_paragraph(style="Quote" if quoted else style), token.children or [])


def _write(paragraph: Paragraph, pieces: list[Token]) -> None:
    from docx.shared import RGBColor

    bold = italic = False
    for piece in pieces:
        if piece.type in {"strong_open", "strong_close"}:
            bold = piece.nesting == 1
        elif piece.type in {"em_open", "em_close"}:
            italic = piece.nesting == 1
        elif piece.type in {"text", "softbreak"}:
            for part in _BRACKETS.split(" " if piece.type == "softbreak" else piece.content):
                run = paragraph.add_run(part)
                # None leaves it to the style of the paragraph.
                run.bold, run.italic = bold or None, italic or None
                if _BRACKETS.fullmatch(part):
                    run.bold, run.font.color.rgb = False, RGBColor(*_MUTED)


def _number_pages(document: Document) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    foot = document.sections[0].footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    foot._p.append(field)  # noqa: SLF001 - python-docx has no fields of its own, and names this way itself
