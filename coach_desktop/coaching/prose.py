"""Prose with a little Markdown, taken apart into blocks and sentences and put together again as plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST: Final = 20_000
"""Characters of an analysis that are kept."""

BULLET: Final = "•"

_BOLD_RANK: Final = 7
_LABEL_RANK: Final = 8
_PARAGRAPH_RANK: Final = 100
_MOST_WORDS_OF_A_LABEL: Final = 6

_HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.*?)\s*#*$")
_BULLET = re.compile(r"^(\s*)(?:[*+\-•‣◦·\u2013]|\d{1,3}[.)])\s+(.*)$")
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")
_TABLE_RULE = re.compile(r"^\s*\|?[\s:|-]*-[\s:|-]*\|?\s*$")
_WHOLE_BOLD = re.compile(r"^\s*(?:\*\*|__)(.+?)(?:\*\*|__)\s*:?\s*$")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_MARKERS = re.compile(r"\*+|`+|~~|(?<!\w)_+|_+(?!\w)|^\s*>+\s?")
_LABEL = re.compile(r"^([^:.!?…]{1,60}):(?=\s|$)")
# Not after "e.g." or a mark of omission that stands by itself.
_END_OF_SENTENCE = re.compile(r"(?<=[^\s][.!?…])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bvs\.)([\"')\]\u201d\u2019]*)\s+")


@dataclass(frozen=True)
class Block:
    """One paragraph, bullet or heading. It owns the blocks behind it up to the next of the same or a lower rank."""

    rank: int
    depth: int | None
    label: str
    sentences: tuple[str, ...]
    is_heading: bool

    @property
    def heading(self) -> str:
        """What it calls itself and what follows: its label, or the whole of a heading."""
        return self.label if self.label or not self.is_heading else " ".join(self.sentences)

    @property
    def names_what_follows(self) -> bool:
        """Whether it has a name for its content."""
        return bool(self.heading)

    @property
    def text(self) -> str:
        """The block as one line of plain text, without its bullet."""
        label = f"{self.label}:" if self.label else ""
        return " ".join([label, *self.sentences]).strip()

    def with_sentences(self, sentences: Sequence[str]) -> Block:
        """Return the block with other sentences."""
        return replace(self, sentences=tuple(sentences))


def sentences_of(text: str) -> tuple[str, ...]:
    """Return the sentences of a line of prose; put together with single spaces they are the line again."""
    marked = _END_OF_SENTENCE.sub(lambda found: f"{found.group(1)}\n", " ".join(text.split()))
    return tuple(part for part in marked.split("\n") if part)


def blocks_of(text: str) -> list[Block]:
    """Return the blocks of a text. Lines that belong to one paragraph or bullet are put together."""
    blocks: list[Block] = []
    lines = text.split("\n")
    paragraph: list[str] = []
    indents: list[int] = []

    def close() -> None:
        joined = _bare(" ".join(paragraph))
        paragraph.clear()
        if joined:
            blocks.append(_block(joined, _PARAGRAPH_RANK, None))

    for number, line in enumerate(lines):
        heading, bullet = _HEADING.match(line), _BULLET.match(line)
        bold = _WHOLE_BOLD.match(line)
        if not line.strip() or _RULE.match(line):
            close()
        elif line.lstrip().startswith("|"):
            close()
            header = number + 1 < len(lines) and _TABLE_RULE.match(lines[number + 1])
            if not header and not _TABLE_RULE.match(line):
                _add(blocks, _row(line), _PARAGRAPH_RANK + 1, 0)
        elif heading:
            close()
            _add(blocks, _bare(heading.group(2)), len(heading.group(1)), None, is_heading=True)
        elif bold:
            close()
            _add(blocks, _bare(line), _BOLD_RANK, None, is_heading=True)
        elif bullet:
            close()
            depth = _depth(indents, len(bullet.group(1)))
            _add(blocks, _bare(bullet.group(2)), _PARAGRAPH_RANK + 1 + depth, depth)
        elif blocks and not paragraph and blocks[-1].depth is not None and line[:1].isspace():
            # A bullet that goes on in the next line.
            whole = f"{blocks[-1].text} {_bare(line)}"
            blocks[-1] = _block(whole, blocks[-1].rank, blocks[-1].depth)
        else:
            paragraph.append(line)
        if not bullet and line[:1].strip():
            indents.clear()
    close()
    return blocks


def rendered(blocks: Iterable[Block]) -> str:
    """Return blocks as plain text: paragraphs with an empty line between them, bullets below each other."""
    text = ""
    last: Block | None = None
    for block in blocks:
        tight = last is not None and last.depth is not None and block.depth is not None
        text += "" if last is None else ("\n" if tight else "\n\n")
        text += block.text if block.depth is None else f"{'  ' * block.depth}{BULLET} {block.text}"
        last = block
    return text


def _add(blocks: list[Block], text: str, rank: int, depth: int | None, *, is_heading: bool = False) -> None:
    if text:
        blocks.append(_block(text, rank, depth, is_heading=is_heading))


def _block(text: str, rank: int, depth: int | None, *, is_heading: bool = False) -> Block:
    found = _LABEL.match(text)
    if found is None or len(found.group(1).split()) > _MOST_WORDS_OF_A_LABEL:
        return Block(rank, depth, "", sentences_of(text), is_heading)
    rest = text[found.end() :].strip()
    if not rest and depth is None:
        rank, is_heading = min(rank, _LABEL_RANK), True
    return Block(rank, depth, found.group(1).strip(), sentences_of(rest), is_heading)


def _bare(text: str) -> str:
    """Return a line without the marks of Markdown."""
    while (bare := _MARKERS.sub("", _LINK.sub(r"\1", text))) != text:
        text = bare
    return " ".join(text.split())


def _row(line: str) -> str:
    cells = [cell for cell in (_bare(cell) for cell in line.strip().strip("|").split("|")) if cell]
    return f"{cells[0]}: {'; '.join(cells[1:])}" if len(cells) > 1 else "".join(cells)


def _depth(indents: list[int], indent: int) -> int:
    while indents and indents[-1] > indent:
        indents.pop()
    if not indents or indents[-1] < indent:
        indents.append(indent)
    return len(indents) - 1
