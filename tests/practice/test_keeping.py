"""A talk that is kept: both channels in their time, whatever is missing or breaks off, and nothing else on the disk."""

from __future__ import annotations

import shutil
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.keeping import CHUCK, YOU, Keeper
from coach_desktop.practice.room_protocol import AudioBlock
from coach_desktop.practice.speaking.programs import Espeak
from coach_desktop.practice.speaking.speech import Speech
from coach_desktop.practice.speaking.spoken_time import SpokenTime
from tests.practice.client import RATE, Samples, blocks, events, speech, wait_until
from tests.practice.conftest import running_service
from tests.practice.recorded import kept_sound
from tests.practice.speaking.conftest import espeak  # noqa: F401 - a fixture


def tone(hz: float, seconds: float, rate: int = RATE) -> Samples:
    return (8000 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.int16)


def block(at_s: float, samples: Samples) -> tuple[float, AudioBlock]:
    return at_s, AudioBlock(round(at_s * 10), at_s, memoryview(samples.astype("<i2").tobytes()))


def hear(keeper: Keeper, at_s: float, sound: Samples) -> None:
    for n, part in enumerate(blocks(sound)):
        keeper.offer(*block(at_s + n / 10, part))


def level(sound: Samples, start_s: float, end_s: float) -> float:
    return float(np.abs(sound[round(start_s * RATE) : round(end_s * RATE)].astype(float)).mean())


def test_both_channels_are_in_their_time_and_an_interruption_ends_his(tmp_path: Path) -> None:
    spoken = SpokenTime()
    keeper = Keeper(tmp_path / "talk.flac", spoken)
    keeper.start()
    spoken.begin(1.0, Speech(22_050, tone(440, 3.0, 22_050).tobytes(), ()))
    hear(keeper, 0.0, tone(200, 2.5))
    spoken.end(2.5, interrupted=True)
    # Three seconds in which nothing came: a page that stood still.
    hear(keeper, 5.5, tone(300, 2.0))
    spoken.begin(7.0, Speech(16_000, tone(500, 0.5).tobytes(), ()))
    spoken.end(7.5, interrupted=False)
    assert keeper.finish(9.0)
    sound = kept_sound(keeper.path)
    assert sound.shape == (2, 9 * RATE)
    np.testing.assert_array_equal(sound[YOU][: round(2.5 * RATE)], tone(200, 2.5))
    np.testing.assert_array_equal(sound[YOU][round(5.5 * RATE) : round(7.5 * RATE)], tone(300, 2.0))
    assert not sound[YOU][round(2.5 * RATE) : round(5.5 * RATE)].any()
    assert not sound[CHUCK][:RATE].any()
    assert level(sound[CHUCK], 1.1, 2.4) > 4000
    assert not sound[CHUCK][round(2.5 * RATE) : 7 * RATE].any()
    assert level(sound[CHUCK], 7.05, 7.45) > 4000
    assert keeper.fault is None


def test_what_comes_twice_is_kept_once(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "talk.flac", SpokenTime())
    keeper.start()
    sound = tone(200, 4.0)
    hear(keeper, 0.0, sound[: 2 * RATE])
    hear(keeper, 1.5, sound[round(1.5 * RATE) :])
    assert keeper.finish(4.0)
    np.testing.assert_array_equal(kept_sound(keeper.path)[YOU], sound)
    # Pieces of any size, be it smaller or larger than what the file is made of, hold the same.
    for size in (1, 999, 4096, 4097, 50_000, 10**6):
        np.testing.assert_array_equal(kept_sound(keeper.path, size)[YOU], sound)


def test_what_a_crash_leaves_can_be_read(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "talk.flac", SpokenTime())
    keeper.start()
    noise = np.random.default_rng(3).integers(-9000, 9000, 12 * RATE).astype(np.int16)
    hear(keeper, 0.0, noise)
    wait_until(lambda: keeper.path.exists() and keeper.path.stat().st_size > 9 * RATE * 2)
    left = tmp_path / "left.flac"
    shutil.copyfile(keeper.path, left)
    if sys.platform != "win32":
        assert stat.S_IMODE(keeper.path.stat().st_mode) == 0o600
    found = kept_sound(left)[YOU]
    assert len(found) >= 8 * RATE
    np.testing.assert_array_equal(found, noise[: len(found)])
    # Cut off in the middle of a frame, too.
    left.write_bytes(left.read_bytes()[:-1000])
    assert len(kept_sound(left)[YOU]) >= 7 * RATE
    assert keeper.finish(12.0)
    np.testing.assert_array_equal(kept_sound(keeper.path)[YOU], noise)


@pytest.mark.expects_warnings("the talk is not recorded any more")
def test_a_place_that_cannot_be_written_to_is_told_once_and_nothing_waits_for_it(tmp_path: Path) -> None:
    there = tmp_path / "there.flac"
    there.write_bytes(b"somebody's own")
    for path in (there, tmp_path / "no such folder" / "talk.flac"):
        keeper = Keeper(path, SpokenTime())
        keeper.start()
        hear(keeper, 0.0, tone(200, 1.0))
        assert keeper.finish(1.0)
        told = keeper.notice()
        assert told is not None
        assert "not recorded" in told
        assert keeper.notice() is None
    assert there.read_bytes() == b"somebody's own"


def test_what_is_no_recording_is_told(tmp_path: Path) -> None:
    (tmp_path / "talk.flac").write_bytes(b"fLaC of a kind" * 100)
    with pytest.raises(CoachError, match="cannot be read"):
        kept_sound(tmp_path / "talk.flac")


def test_a_session_is_kept_and_the_next_one_is_not(espeak: Espeak, tmp_path: Path) -> None:  # noqa: F811
    path = tmp_path / "talk.flac"
    mine = speech("Thank you. Now I begin with my talk about the garden behind our house.")
    with running_service(tmp_path / "models", voices=[espeak], record_to=path) as api:
        conversation, other = api.create(custom_greeting="Good morning to you."), api.create()
        with api.enter(other) as page:
            assert page.until("welcome")["recording"] is None
        with api.enter(conversation) as page:
            assert page.until("welcome")["recording"] == "kept"
            page.devices("missing", "on")
            for n, part in enumerate(blocks(np.concatenate([np.zeros(RATE, np.int16), mine]))):
                page.sound(n / 10, part)
            said = page.until("voice")
            page.send({"type": "voice", "state": "started", "id": said["id"]})
            page.send({"type": "voice", "state": "ended", "id": said["id"]})
            # The end comes by another way than the page's messages, and may overtake them.
            wait_until(
                lambda: bool(events(api.verbose(conversation["conversation_id"]), "conversation.stopped_speaking"))
            )
            delivery = api.final_delivery(conversation["conversation_id"])
        told = api.verbose(conversation["conversation_id"])
    [spoken] = [one["properties"] for one in events(told, "conversation.started_speaking")]
    sound = kept_sound(path)
    # The newest block may reach beyond the moment of the end.
    assert sound.shape[1] == pytest.approx(delivery["at_s"] * RATE, abs=RATE // 5)
    whole = (len(mine) // RATE - 1) * RATE
    np.testing.assert_array_equal(sound[YOU][RATE : RATE + whole], mine[:whole])
    assert not sound[CHUCK][: round(spoken["at_s"] * RATE) - 1].any()
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".flac"] == ["talk.flac"]


def test_a_session_that_is_not_to_be_kept_leaves_no_file(tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    with running_service(tmp_path / "models") as api:
        conversation = api.create()
        with api.enter(conversation) as page:
            page.devices("missing", "on")
            for n, part in enumerate(blocks(tone(200, 2.0))):
                page.sound(n / 10, part)
            api.final_delivery(conversation["conversation_id"])
    assert set(tmp_path.rglob("*")) - {tmp_path / "models"} == before
