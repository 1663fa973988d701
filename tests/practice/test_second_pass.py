"""The words of a recorded session are made out once more: the user's, not Chuck's; and it can be stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.practice import keeping, second_pass
from coach_desktop.practice.keeping import CHUCK, YOU, Keeper
from coach_desktop.practice.room_protocol import AudioBlock
from coach_desktop.practice.speaking.speech import Speech
from coach_desktop.practice.speaking.spoken_time import SpokenTime
from tests.practice.client import RATE, Samples, blocks, speech

MINE = "Um, I would like to begin with the garden behind our house. It is, it is small, but we love it."
HIS = "Good morning. Here is a purple elephant."


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording: Chuck speaks, heard by the microphone as well; then nothing arrives for a while; then the user."""
    path = tmp_path_factory.mktemp("talk") / "talk.flac"
    his, mine = speech(HIS), speech(MINE)
    spoken = SpokenTime()
    keeper = Keeper(path, spoken)
    keeper.start()
    spoken.begin(1.0, Speech(RATE, his.astype("<i2").tobytes(), ()))
    spoken.end(1.0 + len(his) / RATE, interrupted=False)
    hiss = np.random.default_rng(1).integers(-20, 20, 20 * RATE).astype(np.int16)
    heard = hiss[: RATE + len(his) + RATE].copy()
    heard[RATE : RATE + len(his)] += his // 3
    _hear(keeper, 0.0, heard)
    begins_s = 6.0 + len(heard) // RATE
    _hear(keeper, begins_s, np.concatenate([hiss[:RATE], mine, hiss[:RATE]]))
    assert keeper.finish(begins_s + 2.0 + len(mine) / RATE)
    return path


def _hear(keeper: Keeper, at_s: float, sound: Samples) -> None:
    for n, part in enumerate(blocks(sound)):
        keeper.offer(at_s + n / 10, AudioBlock(n, at_s + n / 10, memoryview(part.astype("<i2").tobytes())))


def test_the_users_words_are_heard_and_not_chucks(talk: Path, tmp_path: Path) -> None:
    told: list[float] = []
    heard = second_pass.hear_again(talk, tmp_path, told.append, threading.Event())
    text = " ".join(turn.text for turn in heard.turns).lower()
    assert "garden behind our house" in text
    assert "elephant" not in text
    assert heard.measures["words"].value == pytest.approx(20, abs=2)
    assert heard.measures["filler_sounds"].value == 1
    starts = [word.text for turn in heard.turns for word in turn.words if word.repeat == "start"]
    assert (heard.measures["repeats"].value, starts) == (1, ["It"])
    assert {turn.role for turn in heard.turns} == {"user"}
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 1


def test_it_stops_when_it_is_told_to(talk: Path, tmp_path: Path) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        second_pass.hear_again(talk, tmp_path, lambda _: None, cancelled)


def test_what_is_no_recording_is_told(tmp_path: Path) -> None:
    (tmp_path / "talk.flac").write_bytes(b"nothing")
    with pytest.raises(CoachError, match="cannot be read"):
        second_pass.hear_again(tmp_path / "talk.flac", tmp_path, lambda _: None, threading.Event())


def test_as_a_process_it_tells_how_far_it_is_and_ends_with_its_input(
    talk: Path, tmp_path: Path, project_root: Path
) -> None:
    command = [sys.executable, "-m", "coach_desktop", "analyse", "--again", str(talk), "--data-dir", str(tmp_path)]
    for patient in (True, False):
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=project_root, text=True, env=dict(os.environ)
        ) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            if not patient:
                child.stdin.close()
            messages = [json.loads(line) for line in child.stdout]
            assert child.wait(60) == (0 if patient else 1)
        kinds = [message["type"] for message in messages]
        assert kinds.count("heard") == int(patient)
        assert set(kinds) <= {"progress", "heard"}


def test_where_chuck_spoke_is_read_from_his_channel() -> None:
    sound = np.zeros((2, round(10.25 * RATE)), np.int16)
    sound[CHUCK, 2 * RATE : 3 * RATE] = 5
    sound[CHUCK, round(3.5 * RATE) : 4 * RATE] = -5
    sound[CHUCK, 8 * RATE : 9 * RATE] = 1
    sound[YOU] = 7
    parts = np.split(sound, range(RATE // 2, sound.shape[1], RATE // 2), axis=1)
    assert second_pass.survey(parts) == (10.25, [(2.0, 4.0), (8.0, 9.0)])
    assert second_pass.survey([]) == (0.0, [])


def test_a_long_talk_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    minutes = 20
    keeper = Keeper(path, SpokenTime())
    keeper.start()
    mine = np.random.default_rng(1).integers(-3000, 3000, RATE).astype(np.int16)
    _hear(keeper, minutes * 60 - 1.0, mine)
    assert keeper.finish(minutes * 60.0)
    tracemalloc.start()
    try:
        assert second_pass.survey(keeping.pieces(path, RATE // 2)) == (minutes * 60.0, [])
        count = sum(1 for _ in keeping.pieces(path, RATE // 2))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 2 * 60 * minutes
    # The whole of it takes 77 MB.
    assert most < 4_000_000
