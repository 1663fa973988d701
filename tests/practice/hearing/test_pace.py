"""Pace, articulation rate and their windows over talks whose figures are known beforehand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.practice.hearing import fillers, pace, syllables, telling
from coach_desktop.practice.hearing.words import Word
from coach_desktop.tavus.delivery import WORD_MEASURES


def evenly(start_s: float, end_s: float, wpm: float, text: str = "bread") -> list[Word]:
    """Words of one kind at an even pace."""
    step = 60 / wpm
    return [
        Word(text, start_s + n * step, start_s + n * step + step / 2) for n in range(round((end_s - start_s) / step))
    ]


def test_words_a_minute_over_the_talk_and_syllables_without_its_pauses() -> None:
    # 50 words of one syllable in two stretches of 10 s with 5 s of silence between, which itself lies within 100 s.
    words = evenly(20, 30, 150) + evenly(35, 45, 150)
    found = pace.pace(words, [(20, 30), (35, 45)], [(0, 100)])
    assert found.words == 50
    assert found.talk_s == pytest.approx(25)
    assert found.wpm == pytest.approx(120)
    assert found.articulation_rate == pytest.approx(2.5)
    assert (found.windows, found.spread) == ((), None)


def test_filled_pauses_are_no_words_and_a_hyphen_joins_two() -> None:
    words = fillers.judge([Word("Um,", 0, 1), Word("well-known", 1, 2), Word("bread.", 2, 3)])
    assert pace.count_words(words) == 3


def test_the_pace_of_a_talk_that_speeds_up() -> None:
    words = evenly(0, 60, 120) + evenly(60, 120, 180)
    found = pace.pace(words, [(0, 120)], [(0, 120)])
    assert found.wpm == pytest.approx(150, abs=2)
    assert found.windows[0].wpm == pytest.approx(120, abs=4)
    assert found.windows[-1].wpm == pytest.approx(180, abs=4)
    assert found.spread is not None
    assert 20 < found.spread < 32
    spans = {span.kind: span for span in telling.spans(words, [(0, 120)], [(0, 120)])}
    assert spans["slowest"].start_s == 0
    assert spans["fastest"].start_s >= 60
    steady = pace.pace(evenly(0, 120, 150), [(0, 120)], [(0, 120)])
    assert steady.spread == pytest.approx(0, abs=2)


def test_what_could_not_be_followed_counts_neither_way() -> None:
    words = evenly(0, 30, 150) + evenly(60, 90, 150)
    followed = pace.pace(words, [(0, 90)], [(0, 30), (60, 90)])
    assert followed.wpm == pytest.approx(150, abs=3)
    assert followed.talk_s == pytest.approx(60)
    assert followed.articulation_rate == pytest.approx(2.5, abs=0.1)


def test_over_a_few_seconds_nothing_is_said_of_pace() -> None:
    found = telling.measures(evenly(0, 8, 150), [(0, 8)], [(0, 8)])
    assert found["words"].value == 20
    for name in ("pace", "articulation_rate", "filler_rate"):
        assert found[name].reason == telling.LITTLE_TALK
    assert found["pace_spread"].value is None
    assert {measure.reason for measure in telling.measures([], [(0, 8)], [(0, 8)]).values()} == {telling.NO_WORDS}


def test_a_word_now_and_then_is_no_slow_talk() -> None:
    words = [Word("Yep.", 9, 9.6), Word("Take", 27, 27.3), Word("notes.", 27.3, 27.9)]
    found = telling.measures(words, [(9, 9.6), (27, 27.9)], [(0, 30)])
    assert found["words"].value == 3
    for name in ("pace", "articulation_rate", "filler_rate"):
        assert found[name].reason == telling.LITTLE_SPEECH


def test_fillers_a_minute() -> None:
    words = fillers.judge([*evenly(0, 30, 120), Word("um,", 30, 30.3), Word("uh,", 31, 31.2), *evenly(32, 60, 120)])
    found = telling.measures(words, [(0, 60)], [(0, 60)])
    assert found["filler_sounds"].value == 2
    assert found["filler_rate"].value == pytest.approx(2.0)
    assert list(found) == list(WORD_MEASURES)


def test_where_most_fillers_are() -> None:
    words = [Word("um", at, at + 0.2, "sound") for at in (5.0, 70.0, 80.0, 95.0)]
    (found,) = [span for span in telling.spans(words, [(0, 100)], [(0, 100)]) if span.kind == "most_fillers"]
    assert (found.start_s, found.end_s) == (70.0, 95.0)


def test_the_last_half_minute() -> None:
    words = evenly(0, 60, 120) + evenly(60, 120, 200)
    assert telling.recent_wpm(words, [(0, 120)], [(0, 120)], 120) == pytest.approx(200, abs=5)
    assert telling.recent_wpm(words, [(0, 120)], [(0, 120)], 60) == pytest.approx(120, abs=5)
    assert telling.recent_wpm(words, [(0, 10)], [(0, 120)], 120) is None
    assert telling.recent_wpm([], [], [], 5) is None


@given(
    st.lists(st.floats(0, 300), max_size=12).map(sorted),
    st.lists(st.floats(0, 300), max_size=6).map(sorted),
    st.lists(st.tuples(st.floats(0, 300), st.text(max_size=5)), max_size=20),
)
def test_any_talk_has_a_pace_or_none(edges: list[float], heard: list[float], raw: list[tuple[float, str]]) -> None:
    speech, listened = (list(zip(part[::2], part[1::2], strict=False)) for part in (edges, heard))
    words = [Word(text, at, at + 0.2) for at, text in sorted(raw)]
    found = pace.pace(words, speech, listened)
    assert found.talk_s >= 0
    for value in (found.wpm, found.articulation_rate, found.spread):
        assert value is None or value >= 0
    telling.measures(words, speech, listened)
    telling.spans(words, speech, listened)


SYLLABLES = """
hello 2 table 2 talking 2 walked 1 wanted 2 boxes 2 makes 1 science 2 period 3 radio 3 nation 2 education 4 beautiful 3
opportunity 5 material 4 social 2 special 2 video 3 create 2 reality 4 fire 1 little 2 people 2 lovely 2 statement 2
safety 2 language 2 situation 4 square 1 persuade 2 question 2 patient 2 society 4 variety 4 client 2 experience 4
audience 3 various 3 previous 3 million 2 opinion 3 time 1 americans 4 country 2 consider 3 leisure 2 prudently 3
respectable 4 acoustic 3 intensity 4 recording 3 stripe 1 pauses 2 used 1 needed 2 watches 2 presentation 4 called 1
communication 5 technology 4 because 2 example 3 important 3 speaker 2 university 5 imagine 3 measure 2 years 1 um 1
trying 2 easier 3 worried 2 business 2 10 3 bbc 3
"""


def test_syllables_of_common_words() -> None:
    parts = SYLLABLES.split()
    wrong = [word for word, told in zip(parts[::2], parts[1::2], strict=True) if syllables.count(word) != int(told)]
    assert wrong == []


@given(st.text(max_size=12))
def test_any_word_has_a_syllable(word: str) -> None:
    assert syllables.count(word) >= 1
