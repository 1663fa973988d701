"""How loud somebody usually is on a microphone: remembered for each, compared with, and never made up."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach_desktop.practice.room_protocol import Devices, DeviceState
from coach_desktop.practice.usual_level import FIRST_TALK, SEVERAL, UNKNOWN, LevelFile, UsualLevel
from tests.practice.client import Api, Samples, speech
from tests.practice.talking import play, reasons, values

MINE, OTHER = "a1" * 16, "b2" * 16


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "levels.json"


def devices(microphone: str, state: str = "on") -> Devices:
    return Devices(type="devices", camera=DeviceState.OFF, microphone=DeviceState(state), microphone_id=microphone)


def heard(path: Path, *told: Devices) -> UsualLevel:
    usual = UsualLevel(path)
    for one in told:
        usual.devices_changed(one)
    return usual


def test_a_talk_is_compared_with_those_before_it_and_not_with_itself(path: Path) -> None:
    first = heard(path, devices(""), devices(MINE))
    assert first.measure(-30.0, "-").reason == FIRST_TALK
    for level in (-30.0, -20.0, -28.0):
        heard(path, devices(MINE)).remember(level)
    # What came since this session was first compared does not count in it.
    assert first.measure(-30.0, "-").reason == FIRST_TALK
    later = heard(path, devices(MINE))
    found = later.measure(-32.5, "-")
    assert (found.value, found.unit, found.band) == (-4.5, "dB", None)
    assert later.measure(-25.0, "-").value == 3.0
    assert later.measure(None, "Too little.").reason == "Too little."


def test_what_is_not_known_is_neither_compared_nor_remembered(path: Path) -> None:
    LevelFile(path).add(MINE, -30.0)
    for told, why in (
        ((), UNKNOWN),
        ((devices(""),), UNKNOWN),
        ((devices(MINE, "denied"),), UNKNOWN),
        ((devices(MINE), devices(OTHER)), SEVERAL),
        ((devices(MINE), devices(""), devices(MINE)), SEVERAL),
    ):
        usual = heard(path, *told)
        assert usual.measure(-30.0, "-").reason == why
        usual.remember(-30.0)
    same = heard(path, devices(MINE), devices(MINE, "off"), devices(MINE))
    assert same.measure(-30.0, "-").value == 0.0
    same.remember(None)
    assert LevelFile(path).earlier(MINE) == [-30.0]


def test_ten_talks_and_sixteen_microphones_are_remembered(path: Path) -> None:
    file = LevelFile(path)
    for number in range(12):
        file.add(MINE, -30.0 - number)
    assert file.earlier(MINE) == [-32.0 - number for number in range(10)]
    for number in range(16):
        file.add(f"{number:016x}", -20.0)
    assert file.earlier(MINE) == []
    assert file.earlier(f"{15:016x}") == [-20.0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=300), st.recursive(
    st.none() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
).map(lambda value: json.dumps(value).encode())))  # fmt: skip
def test_a_file_that_is_none_is_none(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    file = LevelFile(path)
    assert file.earlier(MINE) == []
    file.add(MINE, -30.0)
    assert file.earlier(MINE) == [-30.0]


@pytest.mark.parametrize("levels", [[], [9.0], [-101.0], ["loud"], [-20.0] * 11])
def test_impossible_levels_are_not_taken(path: Path, levels: list[object]) -> None:
    path.write_text(json.dumps({MINE: levels}))
    assert LevelFile(path).earlier(MINE) == []


@pytest.mark.expects_warnings("the level of this talk cannot be kept")
def test_a_folder_that_is_not_there_costs_the_memory_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        LevelFile(tmp_path / "none" / "levels.json").add(MINE, -30.0)
    assert "cannot be kept" in caplog.text


@pytest.fixture(scope="module")
def spoken() -> Samples:
    """Some forty seconds of speech."""
    sentence = speech("Good morning everybody, and thank you for coming to hear about the garden behind our house.")
    return np.tile(sentence, round(40 * 16000 / len(sentence)))


def _talk(api: Api, samples: Samples, microphone: str) -> dict[str, Any]:
    """Hold a talk on a microphone, without words, and return its delivery."""
    conversation = api.create(properties={"language": "german"})
    with api.enter(conversation) as page:
        page.send({"type": "devices", "camera": "missing", "microphone": "on", "microphone_id": microphone})
        play(page, seconds=len(samples) / 16000, samples=samples)
        page.until("meter")
        return api.final_delivery(conversation["conversation_id"])


def test_the_next_session_knows_how_loud_the_last_one_was(api: Api, spoken: Samples, tmp_path: Path) -> None:
    kept = LevelFile(tmp_path / "levels.json")
    first = _talk(api, spoken, MINE)
    assert (values(first)["speaking_time"] or 0) > 30
    assert reasons(first)["loudness_level"] == FIRST_TALK
    assert len(kept.earlier(MINE)) == 1
    quieter = _talk(api, (spoken // 2).astype(np.int16), MINE)
    assert values(quieter)["loudness_level"] == pytest.approx(-6.0, abs=0.3)
    assert len(kept.earlier(MINE)) == 2
    assert reasons(_talk(api, spoken, OTHER))["loudness_level"] == FIRST_TALK
    short = _talk(api, spoken[: 16000 * 9], MINE)
    assert reasons(short)["loudness_level"] == "Less than 30 seconds of speech were heard."
    overdriven = np.clip(spoken.astype(int) * 20, -32768, 32767).astype(np.int16)
    assert any("overdriven" in warning for warning in _talk(api, overdriven, MINE)["warnings"])
    assert len(kept.earlier(MINE)) == 2
