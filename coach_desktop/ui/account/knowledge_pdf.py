"""Keys to Public Speaking as a PDF: two pages of A4 with their numbers."""

from __future__ import annotations

import html
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QColor,
    QFont,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextBlock,
    QTextDocument,
    QTextFormat,
)

from coach_desktop.ui.account.knowledge_text import RESTS_ON, as_html

if TYPE_CHECKING:
    from coach_desktop.coaching.knowledge import Knowledge

_MARGIN_MM: Final = 16.0
_FOOT_PT: Final = 16.0
_RESOLUTION: Final = 300
_PT_PER_INCH: Final = 72
_MOST_PAGES: Final = 2
_SECTION: Final = 2
_BREAK: Final = '<h2 style="page-break-before: always">'
# Fonts differ from one computer to the next: the largest of these with which the text takes two pages is used.
_SIZES_PT: Final = (10.5, 10.0, 9.5, 9.0, 8.5, 8.0, 7.5)
_FONTS: Final = ("Calibri", "Carlito", "Helvetica Neue", "Liberation Sans", "Arial", "Noto Sans", "DejaVu Sans")
# Lengths of `margin` are those of a screen of 96 dots per inch; Qt turns them into those of the paper.
_STYLE: Final = """
    h1 {{ font-size: {title}pt; color: #176a72; margin: 0 0 3px 0; }}
    h2 {{ font-size: {heading}pt; color: #176a72; margin: 8px 0 2px 0; }}
    p {{ margin: 0 0 3px 0; }}
    blockquote {{ margin: 0 0 0 0; }}
    blockquote p {{ font-weight: 600; }}
    .{rests_on} {{ color: #5a636c; font-weight: 400; }}
    ul {{ margin: 0; -qt-list-indent: 0; }}
    li {{ margin: 0 0 1px 0; font-size: {small}pt; }}
    a {{ color: #3c444c; text-decoration: none; }}
"""


def as_pdf(knowledge: Knowledge) -> bytes:
    """Return a PDF of A4 pages with the number of the page at the foot of each. Needs a QGuiApplication.

    It has two pages unless the fonts of this computer are so wide that even small letters need more.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(knowledge.title)
    writer.setCreator("Coach Desktop")
    writer.setResolution(_RESOLUTION)
    margins = QMarginsF(_MARGIN_MM, _MARGIN_MM, _MARGIN_MM, _MARGIN_MM)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter
        )
    )
    foot = _FOOT_PT * _RESOLUTION / _PT_PER_INCH
    page = QSizeF(writer.width(), writer.height() - foot)
    _paint(_fitting(as_html(knowledge), writer, page), writer, page, foot)
    buffer.close()
    return bytes(buffer.data().data())


def _fitting(text: str, writer: QPdfWriter, page: QSizeF) -> QTextDocument:
    for points in _SIZES_PT:
        document = _with_whole_sections(text, points, writer, page)
        if document.pageCount() <= _MOST_PAGES:
            break
    return document


def _with_whole_sections(text: str, points: float, writer: QPdfWriter, page: QSizeF) -> QTextDocument:
    """Begin a new page before a section that would be cut in two, but for the last, the long list of sources."""
    while True:
        document = _laid_out(text, points, writer, page)
        heads = [block for block in _blocks(document) if block.blockFormat().headingLevel() == _SECTION]
        cut = next((head for head, after in pairwise(heads) if _page_of(head) != _page_of(after.previous())), None)
        if cut is None or _starts_page(cut):
            return document
        # Laid out anew from the beginning: a break that is put into a finished layout leaves parts of it behind.
        name = html.escape(cut.text(), quote=False)
        text = re.sub(rf"<h2>(<a [^>]*></a>)?{re.escape(name)}</h2>", f"{_BREAK}\\1{name}</h2>", text, count=1)


def _laid_out(text: str, points: float, writer: QPdfWriter, page: QSizeF) -> QTextDocument:
    document = QTextDocument()
    document.documentLayout().setPaintDevice(writer)
    document.setDocumentMargin(0)
    font = QFont()
    font.setFamilies(list(_FONTS))
    font.setPointSizeF(points)
    document.setDefaultFont(font)
    sizes = {"title": points * 2, "heading": points * 1.15, "small": points * 0.86}
    document.setDefaultStyleSheet(_STYLE.format(rests_on=RESTS_ON, **sizes))
    document.setHtml(text)
    document.setPageSize(page)
    return document


def _starts_page(block: QTextBlock) -> bool:
    return bool(block.blockFormat().pageBreakPolicy() & QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)


def _blocks(document: QTextDocument) -> list[QTextBlock]:
    found = []
    block = document.begin()
    while block.isValid():
        found.append(block)
        block = block.next()
    return found


def _page_of(block: QTextBlock) -> int:
    document = block.document()
    bounds = document.documentLayout().blockBoundingRect(block)
    # A line that does not fit goes to the next page with its block: where it ends is where it is.
    return int((bounds.bottom() - 1) // document.pageSize().height())


def _paint(document: QTextDocument, writer: QPdfWriter, page: QSizeF, foot: float) -> None:
    context = QAbstractTextDocumentLayout.PaintContext()
    # Not the palette of the app: paper is white in the dark theme, too.
    context.palette.setColor(QPalette.ColorRole.Text, QColor(Qt.GlobalColor.black))
    painter = QPainter(writer)
    painter.setFont(document.defaultFont())
    pages = document.pageCount()
    for number in range(pages):
        if number:
            writer.newPage()
        top = number * page.height()
        painter.save()
        painter.translate(0, -top)
        context.clip = QRectF(0, top, page.width(), page.height())
        painter.setClipRect(context.clip)
        document.documentLayout().draw(painter, context)
        painter.restore()
        painter.setPen(QColor(Qt.GlobalColor.darkGray))
        painter.drawText(
            QRectF(0, page.height(), page.width(), foot),
            Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom,
            f"{number + 1} / {pages}",
        )
    painter.end()
