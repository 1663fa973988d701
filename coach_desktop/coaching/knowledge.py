"""Keys to Public Speaking: what Chuck's advice rests on, read from `resources/knowledge/keys-to-public-speaking.md`.

The file is plain Markdown. Each section begins with `## Title` and `<!-- key: name -->`; a quotation in it is the
passage that stands for it in reports and prompts. In brackets stands what a statement rests on, as in
`[A: Chen 2002; P]`: a grade of evidence and, but for habits (O) and our own proposals (P), a source of the list at the
end. Square brackets stand for nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GRADES: Final = {
    "A": "a controlled study",
    "A*": "a controlled study, as others report it",
    "B": "a descriptive or field study",
    "B*": "a descriptive or field study, as others report it",
    "V": "a vendor's rule",
    "O": "a habit of open-source coaches",
    "P": "our own proposal",
}
"""Kinds of evidence, in words."""

SOURCES_KEY: Final = "sources"
MOST_ESSENTIAL: Final = 2500
"""How many characters `essentials` has at most: a prompt has room for little."""

_WITHOUT_NAME: Final = frozenset("OP")
_TITLE = re.compile(r"\A# (?P<title>[^\n]+)\n")
_SECTION = re.compile(r"^## (?P<title>[^\n]+)\n<!-- key: (?P<key>[a-z][a-z-]*) -->\n", re.MULTILINE)
_BRACKET = re.compile(r"\s?\[(?P<inside>[^\[\]]*)\]")
_KEY = re.compile(r"^<!-- key: [a-z-]+ -->\n", re.MULTILINE)
_PER_CENT = re.compile(r"(?<=\d) %")
# A line must not end between a grade and the name that it belongs to.
_GRADE_AND_NAME = re.compile(r"(?<=[\[ ])([ABV](?:\\\*)?): (?=[^\[\]]*\])")
_PASSAGE = re.compile(r"^> (?P<passage>[^\n]+)$", re.MULTILINE)
_SOURCE = re.compile(r"^- \*\*(?P<name>[^*\n]+)\.\*\* (?P<words>[^\n]+)$", re.MULTILINE)
_ADDRESS = re.compile(r"\s*<(?P<url>https://[^<>\s]+)>")
_BEFORE_PROMPT: Final = (
    "Keys to Public Speaking, in brief. Give advice in this spirit, one thing at a time. After each key stands what it "
    "rests on (A controlled study, B field study, V vendor's rule, P proposal): never claim more."
)


class KnowledgeError(CoachError):
    """The file of knowledge cannot be used."""


@dataclass(frozen=True)
class Source:
    """Where a statement comes from: `name` as it is cited, `words` as it is listed, `url` where it has an address."""

    name: str
    words: str
    url: str = ""


@dataclass(frozen=True)
class Citation:
    """What a statement rests on: a grade of `GRADES` and, where there is one, its source."""

    grade: str
    source: Source | None = None

    def words(self) -> str:
        """Return it in words: "Chen 2002, a controlled study", "our own proposal"."""
        return GRADES[self.grade] if self.source is None else f"{self.source.name}, {GRADES[self.grade]}"


@dataclass(frozen=True)
class Section:
    """One key. `text_markdown` is the section without its title; `passage` its quotation, plain and without brackets.

    `passage_rests_on` belongs to the passage, `sources` are all sources that the section cites, each once.
    """

    key: str
    title: str
    text_markdown: str
    passage: str
    passage_rests_on: tuple[Citation, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Knowledge:
    """The whole text. `markdown` is for readers: without the keys. `sections` does not hold the list of `sources`."""

    title: str
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    markdown: str

    def section(self, key: str) -> Section:
        """Return the section with this key. Raises KeyError."""
        return {section.key: section for section in self.sections}[key]


def read(path: Path) -> Knowledge:
    """Read a file of knowledge. Raises `KnowledgeError` that names the file and what is wrong in it."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _error(path.name, f"it cannot be read: {error.strerror}") from error
    except ValueError as error:  # a UnicodeDecodeError is one as well
        raise _error(path.name, str(error)) from error


def parse(text: str) -> Knowledge:
    """Return what a text says. Raises ValueError where a section lacks a passage, or a statement its source."""
    title = _TITLE.match(text)
    if title is None:
        raise ValueError("the first line must be a title, as in '# Title'")
    heads = list(_SECTION.finditer(text))
    if len(heads) != len(re.findall(r"^## ", text, re.MULTILINE)):
        raise ValueError("below each title of a section stands its key, as in '<!-- key: eye-contact -->'")
    ends = [head.start() for head in heads[1:]] + [len(text)]
    bodies = {
        head["key"]: (head["title"].strip(), text[head.end() : end].strip())
        for head, end in zip(heads, ends, strict=True)
    }
    if len(bodies) != len(heads):
        raise ValueError("each key belongs to one section")
    if SOURCES_KEY not in bodies:
        raise ValueError(f"there is no section with the key '{SOURCES_KEY}'")
    sources = _sources(bodies.pop(SOURCES_KEY)[1])
    return Knowledge(
        title=title["title"].strip(),
        sections=tuple(_section(key, *body, sources) for key, body in bodies.items()),
        sources=tuple(sources.values()),
        markdown=_PER_CENT.sub("\u00a0%", _GRADE_AND_NAME.sub("\\1:\u00a0", _KEY.sub("", text))),
    )


@lru_cache(maxsize=1)
def load() -> Knowledge:
    """Return the knowledge that comes with the app, read once. Raises `KnowledgeError`."""
    return read(paths.resource("knowledge", "keys-to-public-speaking.md"))


def essentials() -> str:
    """Return the passages of all keys for a prompt: plain words of at most `MOST_ESSENTIAL` characters.

    Raises `KnowledgeError`.
    """
    knowledge = load()
    lines = [_BEFORE_PROMPT]
    for section in knowledge.sections:
        grades = ", ".join(dict.fromkeys(citation.grade for citation in section.passage_rests_on))
        lines.append(f"- {section.title}: {section.passage} ({grades})")
    return "\n".join(lines)


def _section(key: str, title: str, text: str, sources: Mapping[str, Source]) -> Section:
    passage = _PASSAGE.search(text)
    if passage is None:
        raise ValueError(f"the section '{key}' has no passage, as in '> Finish each thought …'")
    rests_on = _citations(passage["passage"], sources)
    if not rests_on:
        raise ValueError(f"the passage of the section '{key}' does not say what it rests on")
    cited = (citation.source for citation in _citations(text, sources))
    return Section(
        key=key,
        title=title,
        text_markdown=text,
        passage=_BRACKET.sub("", passage["passage"]).strip(),
        passage_rests_on=rests_on,
        sources=tuple(dict.fromkeys(source for source in cited if source is not None)),
    )


def _citations(text: str, sources: Mapping[str, Source]) -> tuple[Citation, ...]:
    return tuple(
        _citation(part.strip(), sources) for bracket in _BRACKET.finditer(text) for part in bracket["inside"].split(";")
    )


def _citation(text: str, sources: Mapping[str, Source]) -> Citation:
    grade, _, name = (part.strip() for part in text.replace("\\", "").partition(":"))
    if grade not in GRADES:
        raise ValueError(f"'{text}' begins with no grade of evidence")
    if not name and grade in _WITHOUT_NAME:
        return Citation(grade)
    if name not in sources:
        raise ValueError(f"'{text}' names no source of the list at the end")
    return Citation(grade, sources[name])


def _sources(text: str) -> dict[str, Source]:
    found: dict[str, Source] = {}
    for item in _SOURCE.finditer(text):
        address = _ADDRESS.search(item["words"])
        name = item["name"].strip()
        if name in found:
            raise ValueError(f"the source '{name}' stands twice in the list")
        found[name] = Source(name, _ADDRESS.sub("", item["words"]).strip(), address["url"] if address else "")
    return found


def _error(name: str, reason: str) -> KnowledgeError:
    return KnowledgeError(
        f"The coaching knowledge in {name} cannot be used: {reason}.",
        safe="Your sessions and reports are not affected.",
        do="Install the app again, or undo the change to that file.",
    )
