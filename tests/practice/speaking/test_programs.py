"""The programs that speak, really run: what they say, and what becomes of it when they are killed or talk nonsense."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from coach_desktop.practice.speaking.programs import Espeak, Piper, VoiceFault
from coach_desktop.practice.speaking.voice_box import VoiceBox
from coach_desktop.store import model_files
from tests.practice.client import wait_until
from tests.practice.speaking.conftest import program

SENTENCE = "Bob may map my pump."


def test_piper_speaks_and_tells_when_lips_meet(piper: Piper) -> None:
    try:
        speech = piper.say(SENTENCE)
        again = piper.say("Good morning. How are you?")
    finally:
        piper.close()
    assert 0.8 < speech.duration_s < 4
    assert sum(key.shape == "closed" for key in speech.mouth) >= 4
    assert speech.mouth[-1].at_s <= speech.duration_s + 0.001
    assert 0.8 < again.duration_s < 4
    assert piper.pid is None


def test_piper_killed_while_it_waits_says_so_and_speaks_again(piper: Piper) -> None:
    try:
        piper.start()
        first = piper.pid
        assert first is not None
        psutil.Process(first).kill()
        psutil.Process(first).wait(30)
        assert piper.say(SENTENCE).pcm
        assert piper.pid != first
    finally:
        piper.close()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot stop a process for a while")
@pytest.mark.expects_warnings("the voice Piper failed")
def test_piper_killed_within_a_word_is_asked_once_more(piper: Piper) -> None:
    box = VoiceBox([piper])
    said: list[object] = []
    try:
        box.warm_up()
        wait_until(lambda: piper.pid is not None)
        first = piper.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        assert box.say(SENTENCE, said.append)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: bool(said))
        assert said[0] is not None
        assert piper.pid != first
    finally:
        box.close()
    assert piper.pid is None


def test_nothing_is_left_of_piper_when_its_parent_lets_go(piper: Piper) -> None:
    piper.start()
    assert piper.pid is not None
    child = psutil.Process(piper.pid)
    piper.close()
    assert not child.is_running()


def test_espeak_speaks_with_a_mouth_by_loudness(espeak: Espeak) -> None:
    speech = espeak.say(SENTENCE)
    assert 0.8 < speech.duration_s < 4
    assert {"wide", "rest"} <= {key.shape for key in speech.mouth}


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("print('Hello')", "cannot be read"),
        ("raise SystemExit(3)", "has ended"),
        ('print(\'{"id": 1, "bytes": 99999999999}\')', "cannot be read"),
        ("print('{}')", "something else than being ready"),
        ("print('{\"ready\": true}', flush=True); input()", "has ended"),
        ('print(\'{"ready": true}\', flush=True); input(); print(\'{"id": 1, "bytes": 10}\')', "within a word"),
        ("print('{\"ready\": true}', flush=True); input(); print('{\"id\": 9}')", "something else"),
        ('print(\'{"ready": true}\', flush=True); input(); print(\'{"id": 1, "end": true}\')', "nothing"),
    ],
)
def test_a_program_that_talks_nonsense_is_a_fault(tmp_path: Path, code: str, fault: str) -> None:
    voice = Piper(program(tmp_path, code), tmp_path)
    try:
        with pytest.raises(VoiceFault, match=fault):
            voice.say(SENTENCE)
    finally:
        voice.close()


def test_an_espeak_that_fails_is_a_fault(tmp_path: Path) -> None:
    for code in ("raise SystemExit(1)", "print('no sound')", ""):
        with pytest.raises(VoiceFault, match="it failed"):
            Espeak(str(program(tmp_path, code))).say(SENTENCE)
    with pytest.raises(VoiceFault, match="it failed"):
        Espeak(str(tmp_path / "none")).say(SENTENCE)


def test_no_secret_of_ours_is_in_their_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAVUS_API_KEY", "a-secret-of-ours")
    told = tmp_path / "told"
    code = f"import os; open({str(told)!r}, 'w').write(repr(dict(os.environ)))"
    with pytest.raises(VoiceFault):
        Espeak(str(program(tmp_path, code))).say(SENTENCE)
    with pytest.raises(VoiceFault):
        Piper(program(tmp_path, code), tmp_path).start()
    assert "PATH" in told.read_text()
    assert "a-secret-of-ours" not in told.read_text()


@pytest.mark.parametrize("model", model_files.PIPER_JOE, ids=lambda model: model.name)
def test_the_voice_is_one_that_may_be_given_away(model: model_files.ModelFile, tmp_path: Path) -> None:
    assert model.licence == "CC0-1.0"
    assert model_files.find(model, tmp_path).path.stat().st_size == model.size
