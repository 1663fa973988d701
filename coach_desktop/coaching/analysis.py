"""The perception analysis of a conversation, as far as this app shows it: what was done, never what somebody is like.

Tavus describes in prose what its camera model saw. Appearance, ethnicity, age, sex and clothing are left out of it:
by sentence, or by part of a sentence where the rest stands by itself. The words to look for are data
(`resources/coaching/left_out.toml`). When in doubt a sentence is lost rather than let through.
"""

from __future__ import annotations

import html
import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from coach_desktop.coaching.prose import LONGEST, Block, blocks_of, rendered
from coach_desktop.core import paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CUT_NOTE: Final = "The rest of the analysis is too long to be shown."

_LONGEST_INPUT: Final = 4 * LONGEST
_MOST_PASSES: Final = 12
_MARK: Final = "…"
_LEAST_WORDS_KEPT: Final = 2
_WORDS_TO_KNOW_A_LANGUAGE: Final = 8
_DASHES: Final = str.maketrans({"\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": " , ", "\u2014": " , "})
_APOSTROPHES: Final = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'"})


@dataclass(frozen=True)
class Readable:
    """An analysis that may be shown: plain paragraphs and bullets, and how many sentences were left out or cut."""

    text: str
    left_out: int


@dataclass(frozen=True)
class _Words:
    kinds: dict[str, re.Pattern[str]]
    survives: re.Pattern[str]
    continues: re.Pattern[str]
    verb: re.Pattern[str]
    joint: re.Pattern[str]
    turning: re.Pattern[str]
    people: re.Pattern[str]
    english: frozenset[str]


@lru_cache(maxsize=2)
def readable_analysis(text: str) -> Readable:
    """Return a perception analysis without what describes a person's looks, as plain text. Never raises.

    Markdown becomes plain paragraphs and bullets, a heading goes with its content. The text is at most
    `prose.LONGEST` characters long; where it was longer its last line says so. What comes out goes in unchanged.
    """
    left_out, cut = 0, False
    for _ in range(_MOST_PASSES):
        plain, was_cut = _plain(text)
        again, lost = _one_pass(plain)
        left_out, cut = left_out + lost, cut or was_cut
        if again == text:
            return Readable(_limited(text, cut=cut), left_out)
        text = again
    # It does not come to rest, so nothing vouches for it.
    return Readable("", left_out + 1)


def mentions(text: str) -> str | None:
    """Return the kind of thing in a text that is left out ("age", "clothing", …), or None where there is none."""
    words = _words()
    shadow = words.survives.sub("\n", _shadow(text))
    return next((kind for kind, pattern in words.kinds.items() if pattern.search(shadow)), None)


def _plain(text: str) -> tuple[str, bool]:
    """Return the text without characters that cannot be seen, and whether its end was cut off."""
    cut = len(text) > _LONGEST_INPUT
    if cut:
        # A cut in the middle of a sentence could take away the very words that give it away.
        text = text[:_LONGEST_INPUT]
        text = text[: max(text.rfind("\n"), text.rfind(". ") + 1, 0)]
    # The mark of an omission is the one sign that is to stay as it is.
    text = _MARK.join(unicodedata.normalize("NFKC", part) for part in html.unescape(text).split(_MARK))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return "".join(sign for sign in lines if sign == "\n" or unicodedata.category(sign) not in _UNSEEN), cut


_UNSEEN: Final = {"Cc", "Cf", "Cs", "Co", "Cn"}


def _shadow(text: str) -> str:
    """Return the text as the patterns want it: lower case, no accents, single spaces, sentences still told apart."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", text) if unicodedata.category(sign) != "Mn")
    bare = bare.casefold().translate(_APOSTROPHES).translate(_DASHES)
    return "\n".join(" ".join(re.sub(r"[^a-z0-9.,;:!?'()%&/\-]", " ", line).split()) for line in bare.splitlines())


def _one_pass(text: str) -> tuple[str, int]:
    blocks = blocks_of(text)
    kept: list[Block | None] = []
    left_out, gone_below = 0, None
    for block in blocks:
        if gone_below is not None and block.rank > gone_below:
            left_out += max(1, len(block.sentences))
            kept.append(None)
            continue
        gone_below = None
        if block.names_what_follows and mentions(block.heading) is not None:
            gone_below = block.rank
            left_out += len(block.sentences)
            kept.append(None)
            continue
        sentences, lost = _kept_sentences(block.sentences)
        left_out += lost
        if block.sentences and block.sentences[-1].endswith(":") and not (sentences and sentences[-1].endswith(":")):
            gone_below = block.rank
        kept.append(_settled(block, sentences))
    return rendered(_without_empty_headings(blocks, kept)), left_out


def _settled(block: Block, sentences: Sequence[str]) -> Block | None:
    """Return the block with what is left of it, or None: nothing is left, or it gives away more than its parts."""
    if not sentences and (block.sentences or not block.heading):
        return block.with_sentences(()) if block.heading and block.label else None
    left = block.with_sentences(tuple(sentences))
    return None if mentions(left.text) is not None else left


def _without_empty_headings(blocks: Sequence[Block], kept: list[Block | None]) -> list[Block]:
    for number in range(len(blocks) - 1, -1, -1):
        block = kept[number]
        if block is None or not (block.text.endswith(":") or block.is_heading):
            continue
        owned = []
        for later in range(number + 1, len(blocks)):
            if blocks[later].rank <= blocks[number].rank:
                break
            owned.append(kept[later])
        emptied = bool(owned) and not any(owned)
        hollow = not owned and bool(blocks[number].sentences) and not block.sentences
        if emptied or hollow:
            kept[number] = None
    return [block for block in kept if block is not None]


def _kept_sentences(sentences: Iterable[str]) -> tuple[list[str], int]:
    kept: list[str] = []
    lost = 0
    before_lost = False
    for sentence in sentences:
        if before_lost and _words().continues.match(_shadow(sentence)):
            lost += 1
            continue
        if mentions(sentence) is None and _can_be_judged(sentence):
            kept.append(sentence)
            before_lost = False
            continue
        lost += 1
        before_lost = True
        rest = _saved(sentence) if _can_be_judged(sentence) else None
        if rest is not None:
            kept.append(rest)
    return kept, lost


def _can_be_judged(sentence: str) -> bool:
    letters = [sign for sign in sentence if sign.isalpha()]
    if sum(sign.isascii() for sign in letters) * 2 < len(letters):
        return False
    words = re.findall(r"[^\W\d_]+", sentence.casefold())
    return len(words) < _WORDS_TO_KNOW_A_LANGUAGE or any(word in _words().english for word in words)


def _saved(sentence: str) -> str | None:
    """Return the part of a sentence that may stay and stands by itself, or None."""
    words = _words()
    for found in words.verb.finditer(sentence):
        rest = sentence[found.start() :]
        gone = sentence[: found.start()]
        last = gone.split()[-1:] or [""]
        if (
            len(rest.split()) >= _LEAST_WORDS_KEPT
            and mentions(rest) is None
            and last[0].casefold() not in {"that", "which", "to"}
            and not words.turning.search(_shadow(gone))
            and len(words.people.findall(_shadow(gone))) <= 1
        ):
            return f"{_MARK} {rest}"
    for found in reversed(list(words.joint.finditer(sentence))):
        rest = sentence[: found.start()]
        begin = _shadow(rest)
        if mentions(rest) is None and words.verb.search(rest) and not words.turning.match(begin):
            return f"{rest.rstrip(' ,;')}{_MARK}"
    return None


def _limited(text: str, *, cut: bool) -> str:
    if len(text) <= LONGEST and not cut:
        return text
    room = LONGEST - len(CUT_NOTE) - 2
    kept = text[: room + 1]
    if len(text) > room:
        ends = [found.end() for found in re.finditer(r"\S[.!?…](?=\s)|\n", kept)]
        kept = kept[: ends[-1]] if ends else ""
    return f"{kept.rstrip()}\n\n{CUT_NOTE}".strip()


@lru_cache(maxsize=1)
def _words() -> _Words:
    data = tomllib.loads(paths.resource("coaching", "left_out.toml").read_text(encoding="utf-8"))
    saved = data["saved"]
    adverbs = f"(?:(?:{'|'.join(saved['before_a_verb'])}) )*"
    return _Words(
        kinds={kind: _any_of(patterns) for kind, patterns in data["kinds"].items()},
        survives=_any_of(data["survives"]["patterns"]),
        continues=_any_of(data["continues"]["patterns"]),
        verb=re.compile(rf"(?<!\w){adverbs}(?:{'|'.join(saved['verbs'])})(?!\w)", re.IGNORECASE),
        joint=re.compile(rf"(?:{'|'.join(saved['joints'])})(?= )", re.IGNORECASE),
        turning=_any_of(saved["turning"]),
        people=_any_of(saved["people"]),
        english=frozenset(data["english"]["words"]),
    )


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    # The patterns stay readable with plain spaces; text has "middle-aged" as well as "middle aged".
    joined = "|".join(pattern.replace(" ?", "[ -]?").replace(" ", "[ -]") for pattern in patterns)
    joined = joined.replace("[[ -]-]", "[ -]")
    return re.compile(rf"(?<![a-z0-9])(?:{joined})(?![a-z0-9])")


__all__ = ["CUT_NOTE", "Readable", "mentions", "readable_analysis"]
