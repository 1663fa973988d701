from __future__ import annotations

import os
import subprocess
import sys
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.hearing.voice import VoiceActivity

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# Batches of other sizes add up floats in another order.
CLOSE = 1e-4


def by_hand(model: Path, sound: NDArray[np.int16]) -> list[float]:
    """The network as its authors stream it: one window at a time, with the last 64 samples before it."""
    # Here, when our package has told it not to report its use to its maker.
    import onnxruntime

    network = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    memory = cell = np.zeros((1, 1, 128), np.float32)
    padded = np.concatenate([np.zeros(64, np.float32), sound.astype(np.float32) / 32768])
    found = []
    for index in range(len(sound) // 512):
        window = padded[index * 512 : index * 512 + 576][None]
        probability, memory, cell = network.run(None, {"input": window, "h": memory, "c": cell})
        found.append(float(probability[0]))
    return found


def buzzing(samples: int) -> NDArray[np.int16]:
    """Something in which the network is of two minds: pulses of a glottis, in bursts."""
    second = np.arange(samples) / 16000
    pulses = sum(np.sin(2 * np.pi * k * 140 * second) / k for k in range(1, 20))
    return (np.asarray(pulses) * 4000 * (np.sin(2 * np.pi * 1.5 * second) > 0)).astype(np.int16)


def test_speech_is_likely_and_the_rest_is_not(
    voice: VoiceActivity, sentences: list[NDArray[np.int16]], noises: dict[str, NDArray[np.int16]]
) -> None:
    assert np.median(voice.push(np.concatenate(sentences))) > 0.9
    for name, noise in noises.items():
        voice.reset()
        assert max(voice.push(noise)) < 0.5, name


def test_probabilities_are_those_of_the_network_run_window_by_window(
    voice: VoiceActivity, voice_model: Path, sentences: list[NDArray[np.int16]]
) -> None:
    sound = np.concatenate(sentences)[: 5 * 16000 + 77]
    assert voice.push(sound) == pytest.approx(by_hand(voice_model, sound), abs=CLOSE)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(cuts=st.lists(st.integers(0, 24000), max_size=12), length=st.integers(0, 24000))
def test_pieces_give_what_the_whole_gives(voice: VoiceActivity, cuts: list[int], length: int) -> None:
    sound = buzzing(length)
    voice.reset()
    whole = voice.push(sound)
    voice.reset()
    pieces = [voice.push(piece) for piece in np.split(sound, sorted(min(cut, length) for cut in cuts))]
    assert [p for piece in pieces for p in piece] == pytest.approx(whole, abs=CLOSE)
    assert len(whole) == length // 512


def test_single_samples_and_a_batch_beyond_the_largest_agree(voice: VoiceActivity) -> None:
    short, long = buzzing(1300), buzzing(512 * 600 + 5)
    whole = voice.push(short)
    voice.reset()
    assert [p for sample in short for p in voice.push(np.array([sample]))] == pytest.approx(whole, abs=CLOSE)
    voice.reset()
    at_once = voice.push(long)
    voice.reset()
    halves = voice.push(long[:100_000]) + voice.push(long[100_000:])
    assert at_once == pytest.approx(halves, abs=CLOSE)


@pytest.mark.parametrize("sound", [np.zeros(512, np.float32), np.zeros((2, 512), np.int16), np.zeros(512, np.int8)])
def test_other_types_and_shapes_are_refused(voice: VoiceActivity, sound: NDArray[np.int16]) -> None:
    with pytest.raises(ValueError, match="int16"):
        voice.push(sound)


def test_a_missing_model_is_told_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(CoachError, match="could not be loaded") as caught:
        VoiceActivity(tmp_path / "absent.onnx")
    assert caught.value.do
    assert "absent.onnx" in caught.value.details


@pytest.mark.parametrize("content", [b"", b"no network at all", bytes(4096)])
def test_a_file_that_is_no_model_is_told_in_plain_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "silero_vad_v6.onnx"
    path.write_bytes(content)
    with pytest.raises(CoachError, match="could not be loaded"):
        VoiceActivity(path)


def test_a_truncated_model_is_told_in_plain_words(tmp_path: Path, voice_model: Path) -> None:
    path = tmp_path / "silero_vad_v6.onnx"
    path.write_bytes(voice_model.read_bytes()[:-1000])
    with pytest.raises(CoachError, match="could not be loaded"):
        VoiceActivity(path)


def test_natural_speech_is_likely_in_every_clip_read_aloud(voice: VoiceActivity, shared_data: Path) -> None:
    clips = sorted((shared_data / "data" / "speech").glob("sb_*.wav"))
    assert clips
    for clip in clips:
        with wave.open(str(clip)) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        voice.reset()
        assert np.mean(np.array(voice.push(sound)) > 0.5) > 0.75, clip.name


def test_the_network_reports_to_nobody_and_leaves_nothing_in_the_users_folders(
    voice_model: Path, tmp_path: Path, project_root: Path
) -> None:
    # onnxruntime queues its reports in a database in the user's cache before it sends them.
    home = tmp_path / "home"
    home.mkdir()
    places = ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_DATA_HOME", "LOCALAPPDATA", "APPDATA", "TMPDIR")
    environment = {**os.environ, **dict.fromkeys(places, str(home)), "PYTHONPATH": str(project_root)}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    program = (
        "import sys; from pathlib import Path; import numpy as np;"
        "from coach_desktop.practice.hearing.voice import VoiceActivity;"
        "VoiceActivity(Path(sys.argv[1])).push(np.zeros(1600, np.int16))"
    )
    subprocess.run([sys.executable, "-c", program, str(voice_model)], env=environment, check=True, timeout=60)
    assert list(home.rglob("*")) == []
