"""The lines of a transcript, and what is marked in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.coaching.report import Turn
from coach_desktop.coaching.report_model import Word
from coach_desktop.ui.transcript.lines import Lines, lines_of, units
from tests.ui.transcript.talks import chuck, turn

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8).filter(lambda text: text.split())


def marked(lines: Lines) -> list[tuple[str, str]]:
    """Return kind and words of each mark, read out of the text itself as Qt counts it."""
    text = lines.plain.encode("utf-16-le")
    return [(mark.kind, text[2 * mark.start : 2 * mark.end].decode("utf-16-le")) for mark in lines.marks]


def test_fillers_are_marked_where_they_stand_and_without_their_commas() -> None:
    lines = lines_of([chuck("Begin, um, please.", 0.0), turn("Um,~ the number is like,= um~ nine.", at_s=3.0)], "local")
    assert lines.plain == "0:00\tChuck\tBegin, um, please.\n0:03\tYou\tUm, the number is like, um nine."
    assert marked(lines) == [("sound", "Um"), ("word", "like"), ("sound", "um")]
    assert [mark.at_s for mark in lines.marks] == [3.0, 5.0, 5.5]


def test_the_words_of_a_phrase_are_one_mark_and_two_fillers_are_two() -> None:
    lines = lines_of([turn("So you= know,= like,= it is you= know= fine.")], "local")
    assert marked(lines) == [("word", "you know"), ("word", "like"), ("word", "you know")]


def test_what_is_said_again_is_marked_from_its_first_word_to_its_last() -> None:
    lines = lines_of([turn("I^ think,+ um,~ I think the^ the dif-^ different one.")], "local")
    assert marked(lines) == [("repeat", "I think"), ("sound", "um"), ("repeat", "the"), ("repeat", "dif-")]
    between = lines_of([turn("I^ um~ think+ I think.")], "local")
    assert marked(between) == [("repeat", "I um think"), ("sound", "um")]


def test_a_filler_that_is_said_again_has_both_marks() -> None:
    lines = lines_of([turn("It is like,=^ like= new.")], "local")
    assert sorted(marked(lines)) == [("repeat", "like"), ("word", "like"), ("word", "like")]
    assert [mark.kind for mark in lines.marks_at(lines.marks[0].end)] == ["word", "repeat"]


def test_letters_beyond_the_sixteen_bit_ones_move_no_mark() -> None:
    assert marked(lines_of([turn("𝄞🎤 um~ 🎤 um~")], "local")) == [("sound", "um"), ("sound", "um")]


def test_a_word_that_the_text_does_not_have_marks_nothing_else() -> None:
    said = turn("The number um~ nine")
    assert marked(lines_of([said.model_copy(update={"text": "The number nine"})], "local")) == []
    far = " ".join(["number"] * 40)
    assert marked(lines_of([said.model_copy(update={"text": f"The {far} um"})], "local")) == []


def test_a_long_turn_takes_a_new_line_with_its_own_time_at_the_end_of_a_sentence() -> None:
    sentence = "one two three four five six seven eight nine ten."
    lines = lines_of([turn(" ".join([sentence] * 13))], "local")
    assert [len(line.text.split()) for line in lines.lines] == [60, 60, 10]
    assert [line.when for line in lines.lines] == ["0:00", "0:30", "1:00"]
    assert " ".join(line.text for line in lines.lines) == " ".join([sentence] * 13)
    endless = lines_of([turn("word " * 130)], "local")
    assert [len(line.text.split()) for line in endless.lines] == [120, 10]


def test_the_mark_at_a_place_and_those_beside_it() -> None:
    lines = lines_of([turn("a um~ b uh~ c")], "local")
    first, second = lines.marks
    assert lines.marks_at(first.start) == lines.marks_at(first.end) == (first,)
    assert lines.marks_at(first.end + 1) == ()
    assert (lines.mark_before(first.start), lines.mark_after(0)) == (None, first)
    assert (lines.mark_before(second.start), lines.mark_after(first.end)) == (first, second)
    assert lines.mark_after(second.start + 1) is None


KINDS = st.sampled_from(["sound", "word", None])
PARTS = st.sampled_from(["start", "rest", None])


@given(st.lists(st.lists(st.tuples(WORDS, KINDS, PARTS), min_size=1), max_size=4))
def test_whatever_is_said_no_word_is_lost_and_every_mark_lies_in_its_line(
    said: list[list[tuple[str, str | None, str | None]]],
) -> None:
    turns = []
    for n, words in enumerate(said):
        told = [
            Word.model_validate({"text": t, "start_s": n, "end_s": n, "filler": f, "repeat": r}) for t, f, r in words
        ]
        text = " ".join(word.text for word in told)
        turns.append(Turn(role="user", text=text, start_s=float(n), end_s=float(n), words=told))
    lines = lines_of(turns, "local")
    assert " ".join(line.text for line in lines.lines).split() == " ".join(turn.text for turn in turns).split()
    assert sum(units(line.whole) + 1 for line in lines.lines) == units(lines.plain) + bool(lines.lines)
    for mark in lines.marks:
        number = lines.line_at(mark.start)
        line = lines.lines[number]
        assert mark.length > 0
        assert mark in lines.marks_at(mark.start)
        assert mark in lines.marks_at(mark.end)
        assert lines.starts[number] < mark.start < mark.end <= lines.starts[number] + units(line.whole)
