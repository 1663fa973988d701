"""Keys to Public Speaking: every statement with its source, short enough for a prompt, and wrong files refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.coaching import knowledge
from coach_desktop.coaching.knowledge import GRADES, KnowledgeError, parse, read
from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError
from tests.coaching.strategies import unhurried

SHIPPED = paths.resource("knowledge", "keys-to-public-speaking.md")
TEXT = SHIPPED.read_text(encoding="utf-8")
KEYS = (
    "eye-contact on-camera expression posture-and-hands pace pauses fillers pitch loudness nerves practice"
).split()  # fmt: skip


def test_the_sections_have_stable_keys() -> None:
    assert [section.key for section in knowledge.load().sections] == KEYS


def test_every_paragraph_says_what_it_rests_on_but_for_what_to_try() -> None:
    for section in knowledge.load().sections:
        paragraphs = [part for part in section.text_markdown.split("\n\n") if not part.startswith("*Try:*")]
        assert len(paragraphs) == len(section.text_markdown.split("\n\n")) - 1, section.key
        for paragraph in paragraphs:
            assert re.search(r"\]\.?$", paragraph), paragraph


def test_every_source_of_the_list_is_cited_and_every_line_of_the_list_is_one() -> None:
    text = knowledge.load()
    cited = {source for section in text.sections for source in section.sources}
    assert cited == set(text.sources)
    listed = TEXT.split("<!-- key: sources -->")[1]
    assert len(text.sources) == sum(line.startswith("- ") for line in listed.splitlines()) == 29
    assert [source.name for source in text.sources] == sorted(source.name for source in text.sources)


def test_no_passage_claims_more_than_one_idea_has_room_for() -> None:
    for section in knowledge.load().sections:
        assert 40 < len(section.passage) < 240
        assert not re.search(r"[\[\]*_<>`]", section.passage)
        assert section.passage_rests_on
        assert all(citation.grade in GRADES for citation in section.passage_rests_on)


def test_what_is_known_to_be_false_is_not_in_it() -> None:
    assert not re.search(r"\b(7|38|55)\s?%|Mehrabian|power pos", TEXT, re.IGNORECASE)


def test_the_essentials_fit_into_a_prompt_and_hold_every_passage() -> None:
    said = knowledge.essentials()
    assert len(said) <= knowledge.MOST_ESSENTIAL
    for section in knowledge.load().sections:
        assert f"- {section.title}: {section.passage} (" in said


def test_what_readers_get_has_no_keys_in_it() -> None:
    markdown = knowledge.load().markdown
    assert "<!--" not in markdown
    assert markdown.startswith("# Keys to Public Speaking\n")
    assert markdown.count("\n## ") == len(KEYS) + 1


def test_a_citation_in_words_names_source_and_grade() -> None:
    passage = knowledge.load().section("on-camera").passage_rests_on
    assert [citation.words() for citation in passage] == ["Chen 2002, a controlled study", "our own proposal"]


SMALL = """# Small

Words.

## One
<!-- key: one -->

> Do it. [A: Chen 2002; P]

More [O].

## Sources
<!-- key: sources -->

- **Chen 2002.** A study. <https://example.org/x>
"""


def test_a_small_text_is_read_as_it_stands() -> None:
    found = parse(SMALL)
    (section,) = found.sections
    assert found.title == "Small"
    assert (section.key, section.title, section.passage) == ("one", "One", "Do it.")
    assert section.sources == found.sources
    assert (found.sources[0].words, found.sources[0].url) == ("A study.", "https://example.org/x")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("# Small\n", "Small\n", "title"),
        ("<!-- key: one -->\n", "", "key"),
        ("<!-- key: one -->", "<!-- key: sources -->", "one section"),
        ("<!-- key: sources -->", "<!-- key: two -->", "'sources'"),
        ("> Do it.", "Do it.", "no passage"),
        (" [A: Chen 2002; P]", "", "rests on"),
        ("A: Chen 2002", "A: Chen 2003", "names no source"),
        ("A: Chen 2002", "A", "names no source"),
        ("A: Chen 2002", "X: Chen 2002", "grade"),
        ("More [O]", "More [sic]", "grade"),
        ("- **Chen", "- **Chen 2002.** Again.\n- **Chen", "twice"),
    ],
)
def test_a_text_that_lacks_something_is_refused_by_file_and_reason(
    tmp_path: Path, old: str, new: str, reason: str
) -> None:
    path = tmp_path / "keys.md"
    assert old in SMALL
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(KnowledgeError, match=reason) as caught:
        read(path)
    assert "keys.md" in caught.value.what
    assert caught.value.do


def test_a_text_that_is_not_there_is_told_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="cannot be read"):
        read(tmp_path / "absent.md")


pieces = st.sampled_from(
    ["# T\n", "## A\n", "<!-- key: a -->\n", "> p [P]\n", "[A: x]", "- **x.** y\n", "[", "*", "\n"]
)


@unhurried
@given(st.binary(max_size=200) | st.lists(pieces | st.text(max_size=8), max_size=20).map(lambda p: "".join(p).encode()))
def test_any_other_file_is_told_in_plain_words(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("knowledge") / "keys.md"
    path.write_bytes(content)
    with pytest.raises(CoachError):
        read(path)
