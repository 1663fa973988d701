"""A session that is kept, in the real window: its recording proves who spoke when, and that Chuck was interrupted."""

from __future__ import annotations

import json
import shutil
import signal
import stat
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coach_desktop.practice.hearing.recogniser import Cutter, utterance_of
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.practice.hearing.whisper import Whisper
from coach_desktop.practice.keeping import CHUCK, YOU
from coach_desktop.store import model_files
from tests.e2e.harness import App, Media, wait_for
from tests.practice.client import RATE, Samples, speech
from tests.practice.recorded import kept_sound

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

# Half a minute: the user begins in the middle of it, however long the voice takes to make ready.
GREETING = """
Hello, I am Chuck, and there is a purple elephant behind the curtain.
Take a breath, look at me, and think of seven yellow umbrellas.
My grandmother kept a dozen penguins in her kitchen, and none of them could whistle.
Nobody knows why the orchestra of Helsinki travels with so many bicycles.
The captain of the submarine collects marble chimneys, and polishes each of them on Thursdays.
Beyond the waterfall lives a family of crocodiles that bakes excellent gingerbread.
Their neighbour, a retired astronaut, prefers cinnamon and complains about the volcano.
""".strip().replace("\n", " ")
DISTINCTIVE = {
    "purple", "elephant", "curtain", "yellow", "umbrellas", "grandmother", "penguins", "kitchen", "whistle",
    "orchestra", "helsinki", "bicycles", "captain", "submarine", "chimneys", "waterfall", "crocodiles", "gingerbread",
    "astronaut", "cinnamon", "volcano",
}  # fmt: skip
TALK = "Excuse me. Today I want to talk about one small habit that changed how I speak. I used to fill every silence."
# A busy machine makes the voice ready late: who begins before Chuck has said a sentence proves little, and who begins
# when he is through interrupts nobody. Then once more, at another moment.
FIRST_TRY_S, TRIES, LATER_S = 16.0, 4, 8.0
SENTENCE_S = 5.0
# The session ends much later than this after the user has begun.
NEAR_S = 6.0


def talk_after_a_while(path: Path, begins_s: float) -> Path:
    """A microphone at which somebody begins to speak some seconds after it was opened."""
    words = speech(TALK)
    quiet = np.zeros(round(begins_s * RATE), np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.concatenate([quiet, words, quiet]).astype("<i2").tobytes())
    return path


@pytest.fixture
def kept_app(app: App, project_root: Path) -> App:
    """An app whose user wants sound to be kept, and whose Chuck has much to say."""
    (app.data / "profiles").mkdir(parents=True)
    (app.data / "settings.json").write_text('{"keep_audio": true}', encoding="utf-8")
    built_in = (project_root / "resources" / "personas" / "chuck-local.toml").read_text("utf-8")
    lines = [line for line in built_in.splitlines() if not line.startswith("custom_greeting")]
    own = "\n".join([*lines, f"custom_greeting = {json.dumps(GREETING)}", ""])
    (app.data / "profiles" / "chuck-local.toml").write_text(own, encoding="utf-8")
    return app


def heard_in(sound: Samples, models: Path) -> set[str]:
    """Return the words that are in a channel, by the ears of a recorded talk."""
    files = {one.name.split("/")[1]: model_files.find(one, models).read() for one in model_files.WHISPER_TINY_EN}
    network = Whisper(files, threads=2, hurried=False)
    voice = VoiceActivity(model_files.find(model_files.VOICE_ACTIVITY, models).path)
    cutter = Cutter(calm=True)
    pieces = [piece for part in np.array_split(sound, 50) for piece in cutter.push(part, voice.push(part))]
    last = cutter.finish()
    return {word.bare for piece in [*pieces, *([last] if last else [])] for word in utterance_of(piece, network).words}


def test_chuck_spoke_was_interrupted_and_is_not_in_the_users_words(
    kept_app: App, face_video: Path, tmp_path: Path
) -> None:
    begins_s = FIRST_TRY_S
    for _ in range(TRIES):
        shutil.rmtree(kept_app.data / "recordings", ignore_errors=True)
        microphone = talk_after_a_while(tmp_path / "talk.wav", begins_s)
        code = kept_app.session(Media(face_video, microphone), begins_s + 12)
        assert code == 0, kept_app.log()
        kept_app.wait_until_gone()
        report = kept_app.report()
        begun, over = _spoken(report)
        [path] = (kept_app.data / "recordings").iterdir()
        sound = kept_sound(path)
        talking = _first_loud_s(sound[YOU])
        if begun and over and over["interrupted"] and _at_a_good_moment(begun["at_s"], over["at_s"], talking):
            break
        begins_s = _better_moment(begins_s, begun, over)
    assert path.name == f"{report['session']['id']}.flac"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sound.shape[1] / RATE == pytest.approx(report["session"]["duration_s"], abs=1.5)

    assert begun is not None, kept_app.log()
    assert over is not None, kept_app.log()
    assert over["interrupted"], report["events"]
    voiced = np.flatnonzero(sound[CHUCK]) / RATE
    assert voiced[0] == pytest.approx(begun["at_s"], abs=0.5)
    assert voiced[-1] == pytest.approx(over["at_s"], abs=0.5)
    # He stopped because the user began: not before, and not long after.
    assert talking < voiced[-1] < talking + 3.0
    his = heard_in(sound[CHUCK], kept_app.data / "models")
    assert {"chuck", "elephant"} <= his

    mine = {word["text"].strip(".,!?").lower() for turn in report["transcript"] if turn["role"] == "user"
            for word in turn["words"]}  # fmt: skip
    assert {"habit", "silence"} & mine
    assert not mine & DISTINCTIVE


def test_the_words_are_made_out_once_more_and_what_was_lent_for_it_is_gone(app: App, talk: Media) -> None:
    process = app.start("--profile", "chuck-local", "--start", "--end-after", "11", media=talk)
    wait_for(lambda: "were made out once more" in app.log() or process.poll() is not None, 240, app.log)
    assert process.poll() is None, app.log()
    assert list((app.data / "recordings").iterdir()) == []
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0, app.log()
    app.wait_until_gone()
    report = app.report()
    assert report["session"]["status"] == "done"
    assert report["measures"]["words"]["value"] > 8
    assert [turn for turn in report["transcript"] if turn["role"] == "user" and turn["words"]]
    assert {"eye_contact", "pace"} <= report["measures"].keys()
    assert report["measures"]["eye_contact"]["status"] == "measured"


def _spoken(report: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the events of his first beginning to speak and first stopping, as far as there are any."""
    began, stopped = (
        [one["properties"] for one in report["events"] if one["type"] == f"conversation.{kind}_speaking"]
        for kind in ("started", "stopped")
    )
    return next(iter(began), None), next(iter(stopped), None)


def _at_a_good_moment(begun_s: float, over_s: float, talking_s: float) -> bool:
    """Return whether he had said a sentence, and the user stopped him within one: not the end of it or the session."""
    return over_s - begun_s >= SENTENCE_S and 0 < over_s - talking_s < NEAR_S


def _better_moment(begins_s: float, begun: dict[str, Any] | None, over: dict[str, Any] | None) -> float:
    """Return when to begin next: in the middle of what he said, or later, where he had hardly begun."""
    if begun is None or over is None or over["interrupted"]:
        return begins_s + LATER_S
    return float(begun["at_s"] + over["at_s"]) / 2


def _first_loud_s(sound: Samples) -> float:
    hops = np.abs(sound[: len(sound) // 160 * 160].reshape(-1, 160).astype(float)).mean(axis=1)
    return float(np.flatnonzero(hops > 300)[0]) / 100
