"""The rules that come with the app, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.coaching.rules import MOST_WORDS, Rules, RulesError, load_rules, read_rules
from coach_desktop.core import paths
from coach_desktop.core.errors import CoachError
from tests.coaching.strategies import unhurried

FORBIDDEN = (
    "nervous anxious afraid tense angry sad happy emotion beautiful ugly attractive fat thin old young cloth dress hair"
    " skin gender woman man accent"
).split()
SHIPPED = paths.resource("coaching", "rules.toml")


def test_every_band_and_cue_says_what_it_rests_on() -> None:
    rules = load_rules()
    said = [(rule.grade, rule.source) for rule in rules.bands.values()]
    said += [(rule.grade, rule.source) for rule in rules.cues.kinds]
    for grade, source in [*said, (rules.cues.grade, rules.cues.source)]:
        assert grade in "ABVOP"
        assert len(source) > 20


def test_what_the_evidence_only_describes_has_no_band() -> None:
    assert {"smile", "head_yaw_spread", "loudness_range"} <= set(load_rules().unscored)


def test_cues_are_short_enough_to_take_in_while_speaking() -> None:
    kinds = load_rules().cues.kinds
    assert len(kinds) == 9
    assert all(1 <= len(rule.text.split()) <= MOST_WORDS for rule in kinds)


def sentences(rules: Rules) -> list[str]:
    found = [rule.text for rule in rules.cues.kinds]
    found += list(rules.closing.model_dump().values())
    for rule in rules.bands.values():
        for advice in (rule.strength, rule.below, rule.above, rule.in_the_dark):
            if advice is not None:
                found += [advice.text, advice.text_at, advice.say, advice.drill or ""]
    return found


@pytest.mark.parametrize("length", ["minute", "hour", "longer", "shorter"])
def test_nothing_said_depends_on_how_long_the_talk_was(length: str) -> None:
    # A session lasts from a few seconds to an hour.
    for sentence in sentences(load_rules()):
        assert length not in sentence, sentence


@pytest.mark.parametrize("word", FORBIDDEN)
def test_nothing_is_said_of_appearance_or_emotion(word: str) -> None:
    for sentence in sentences(load_rules()):
        assert not re.search(rf"\b{word}", sentence, re.IGNORECASE), sentence


def changed(tmp_path: Path, change: Callable[[str], str]) -> Path:
    before = SHIPPED.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path = tmp_path / "rules.toml"
    path.write_text(after, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("gap_s = 20.0", "gap_s = 19.9", "cues.gap_s"),
        ("quiet_start_s = 15.0", "quiet_start_s = 5", "cues.quiet_start_s"),
        ("same_kind_s = 90.0", "same_kind_s = nan", "cues.same_kind_s"),
        ('"Look at me"', '"Look at me please"', "cues.kinds.1"),
        ('"Look at me"', '" "', "cues.kinds.1.text"),
        ('kind = "clipping"', 'kind = "look_at_camera"', "cues"),
        ('kind = "clipping"', 'kind = "be_handsome"', "cues.kinds.2.kind"),
        ("below = -50.0\n", "", "cues.kinds.3"),
        ("watch = [0.40, 1.0]", "watch = [0.70, 1.0]", "bands.eye_contact"),
        ("good = [0.60, 1.0]", "good = [1.0, 0.60]", "bands.eye_contact"),
        ("[bands.eye_contact]", "[bands.elegance]", "bands.elegance"),
        ('smile = "No study', 'grin = "No study', "unscored.grin"),
        ("{figure} of the time.", "{feeling} of the time.", "bands.face_present.below"),
        ("{figure} of the time.", "{figure.x} of the time.", "bands.face_present.below"),
        ("{figure} of the time.", "{figure of the time.", "bands.face_present.below"),
        ('speaking_time = "A duration, not a quality."\n', "", "the whole file"),
        ("version = 1", "version = 2", "version"),
        ("version = 1", "version = 1\nmood = true", "mood"),
    ],
)
def test_a_broken_rule_is_refused_by_name_and_place(tmp_path: Path, old: str, new: str, place: str) -> None:
    path = changed(tmp_path, lambda text: text.replace(old, new, 1))
    with pytest.raises(RulesError) as caught:
        read_rules(path)
    assert "rules.toml" in caught.value.what
    assert f"'{place}" in caught.value.what
    assert caught.value.do


def test_what_is_no_toml_or_not_there_is_told_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="cannot be read"):
        read_rules(tmp_path / "absent.toml")
    with pytest.raises(RulesError, match="not valid TOML"):
        read_rules(changed(tmp_path, lambda text: text + "\n= nothing"))


@unhurried
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode()))
def test_any_other_file_is_told_in_plain_words(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("rules") / "rules.toml"
    path.write_bytes(content)
    with pytest.raises(CoachError):
        read_rules(path)
