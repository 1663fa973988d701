"""What is written as TOML reads back the same, comments stay, and the line that is told is the right one."""

from __future__ import annotations

import tomllib
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach_desktop.store.profile_text import line_of, parse_profile, text_of
from coach_desktop.store.profiles import Profile, ProfileError
from tests.store.profile_strategies import profiles

GOOD = 'id = "mine"\nname = "Mine"\npurpose = "To practise."\n'


@settings(max_examples=30, deadline=None)
@given(profile=profiles())
def test_every_profile_reads_back_the_same(profile: Profile) -> None:
    assert parse_profile(text_of(profile), "any.toml") == profile


@settings(max_examples=25, deadline=None)
@given(before=profiles(), after=profiles(), ends=st.sampled_from(["", "\n", "\r\n", "# the end", "\n# the end\n"]))
def test_every_profile_can_become_every_other_and_keeps_its_comments(
    before: Profile, after: Profile, ends: str
) -> None:
    text = "# mine alone\n" + text_of(before).rstrip("\n") + ends
    changed = text_of(after, text)
    assert parse_profile(changed, "any.toml") == after
    assert changed.startswith("# mine alone\n")
    # A comment on the line of a field that is taken out goes with it.
    assert ends.startswith("#") or ("# the end" in ends) == ("# the end" in changed)


def test_only_what_was_changed_is_written_anew() -> None:
    text = (
        "# What I use on Mondays\n"
        "name   = 'Mine' # my favourite\n"
        'purpose = "To practise."\n\n'
        "# the id must stay\n"
        'id = "mine"\n'
        'conversational_context = """\nOne line,\\\n    continued. \n"""\n'
        "max_call_duration = 6_00\n"
        'document_ids = [ "d1", # the manual\n  "d2" ]\n'
    )
    profile = parse_profile(text, "mine.toml")
    assert text_of(profile, text) == text
    longer = text_of(profile.model_copy(update={"max_call_duration": 900, "policy": "eu"}), text)
    assert longer == text.replace("6_00", "900") + 'policy = "eu"\n'
    renamed = text_of(profile.model_copy(update={"name": "Yours"}), text)
    assert renamed == text.replace("'Mine'", '"Yours"')
    shorter = text_of(profile.model_copy(update={"document_ids": None}), text)
    assert "document_ids" not in shorter
    assert "# the id must stay" in shorter


def test_a_change_of_provider_keeps_the_times_that_were_shown() -> None:
    text = GOOD + 'provider = "tavus"\npersona_id = "p1"\n'
    profile = parse_profile(text, "mine.toml")
    assert profile.participant_absent_timeout == 120
    local = profile.model_copy(update={"provider": "local"})
    assert parse_profile(text_of(local, text), "mine.toml") == local
    assert "participant_absent_timeout = 120" in text_of(profile, text)


def test_long_texts_are_written_over_several_lines() -> None:
    text = text_of(Profile(id="a", name="A", purpose="P", custom_greeting='He said "hi"\nand left a \\ and """ there"'))
    assert 'custom_greeting = """\nHe said "hi"\nand left a \\\\ and ""\\" there"\n"""\n' in text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name = 5\n" + GOOD.replace('name = "Mine"\n', ""), 1),
        (GOOD.replace('"Mine"', "5"), 2),
        ("\n# name = 1\n\n" + GOOD.replace('"Mine"', "5"), 5),
        (GOOD.replace('"Mine"', "5").replace("\n", "\r\n"), 2),
        (GOOD.replace('name = "Mine"', '  "name"\t=5'), 2),
        (GOOD.replace('name = "Mine"', "'name' = 5"), 2),
        (GOOD.replace('name = "Mine"', "name.first = 5"), 2),
        ('custom_greeting = """\nname = 1\n"""\n' + GOOD.replace('"Mine"', "5"), 5),
        ("custom_greeting = '''\nname = 1\nname = 2'''\n" + GOOD.replace('"Mine"', "5"), 5),
        ("document_ids = [\n 'a',\n 'name = 1',\n]\n" + GOOD.replace('"Mine"', "5"), 6),
        ('custom_greeting = """\nname = 1 \\"""\n\\\\"""\nname = 5\nid = "a"\npurpose = "P"\n', 4),
        (GOOD.replace('name = "Mine"', "[name]"), 2),
    ],
)
def test_the_line_of_a_bad_field_is_the_one_that_defines_it(text: str, line: int) -> None:
    with pytest.raises(ProfileError, match=f"mine.toml, line {line}, has a problem in the field 'name'"):
        parse_profile(text, "mine.toml")


def test_lines_of_whatever_tells_of_more_than_one_field() -> None:
    with pytest.raises(ProfileError, match=r"line 5, .*'persona_id': .*or a replica_id is needed\."):
        parse_profile("\n" + GOOD + 'provider = "tavus"\n', "mine.toml")
    with pytest.raises(ProfileError, match=r"'id': it is missing \(and 2 more\)\."):
        parse_profile("audio_only = true", "mine.toml")
    with pytest.raises(ProfileError, match=r"line 5, .*'documents': there is no such field \(did you mean 'document"):
        parse_profile(GOOD + "\ndocuments = []", "mine.toml")
    with pytest.raises(ProfileError, match=r"line 4, .*'document_ids': entry 2: it must be text in quotes"):
        parse_profile(GOOD + 'document_ids = ["a", 5]', "mine.toml")
    with pytest.raises(ProfileError, match="at line 4"):
        parse_profile(GOOD + "audio_only = maybe", "mine.toml")


def test_field_of_a_table_is_not_taken_for_the_real_one() -> None:
    with pytest.raises(ProfileError, match=r"mine.toml has a problem in the field 'name': it is missing"):
        parse_profile('id = "a"\npurpose = "P"\n[table]\nname = "x"\n', "mine.toml")
    assert line_of("[table]\nname = 1\n[name]\n", "name") == 3
    assert line_of('"od\'d" = 1', "od'd") == 1
    assert line_of("other = 1", "name") is None


def test_search_for_a_line_in_a_hostile_text_gives_up() -> None:
    decoys = 'custom_greeting = """\n' + "name = 1\n" * 25_000 + '"""\n'
    assert line_of(decoys + "name = 5", "name") is None
    few = 'custom_greeting = """\n' + "name = 1\n" * 100 + '"""\n'
    assert line_of(few + "name = 5", "name") == 103


@settings(max_examples=30, deadline=None)
@given(profile=profiles(), data=st.data())
def test_the_line_told_is_where_the_text_defines_the_key(profile: Profile, data: st.DataObject) -> None:
    text = text_of(profile)
    key = data.draw(st.sampled_from(sorted(tomllib.loads(text))))
    line = line_of(text, key)
    assert line is not None
    lines = text.split("\n")
    assert lines[line - 1].startswith(f"{key} = ")
    assert key not in tomllib.loads("\n".join(lines[: line - 1]))


@pytest.mark.parametrize("line", ['api_key = "marked-0b1d93fe"', 'require_auth = "marked-0b1d93fe"'])
def test_value_of_a_field_that_is_refused_stands_in_no_traceback(line: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse_profile(f"{GOOD}{line}\n", "any.toml")
    assert "marked" not in "".join(traceback.format_exception(caught.value))
