"""Recordings of every form come out as the room's pictures and sound; damaged ones as far as they go, or as errors."""

from __future__ import annotations

import os
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from coach_desktop.core.errors import CoachError
from coach_desktop.practice import media_file
from coach_desktop.practice.media_file import Recording
from coach_desktop.practice.room_protocol import MAX_SAMPLES, AudioBlock, VideoFrame
from tests.practice.recorded import film, grey, tone, wav

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read(path: Path) -> tuple[list[VideoFrame], list[AudioBlock], Recording]:
    with Recording(path) as recording:
        items = list(recording.read())
    pictures = [item for item in items if isinstance(item, VideoFrame)]
    return pictures, [item for item in items if isinstance(item, AudioBlock)], recording


def samples(blocks: list[AudioBlock]) -> NDArray[np.int16]:
    return np.concatenate([np.zeros(0, np.int16), *(np.frombuffer(block.payload, "<i2") for block in blocks)])


def pixels(picture: VideoFrame) -> NDArray[np.uint8]:
    return np.frombuffer(picture.payload, np.uint8).reshape(picture.height, picture.width, 4)[..., :3]


# Sound


@pytest.mark.parametrize(
    ("rate", "codec"), [(8000, "pcm_s16le"), (16000, "pcm_s16le"), (44100, "pcm_s24le"), (48000, "pcm_f32le")]
)
def test_sound_of_any_rate_and_format_comes_at_16_khz(tmp_path: Path, rate: int, codec: str) -> None:
    pictures, blocks, recording = read(wav(tmp_path / "a.wav", tone(3.3, rate), rate, codec))
    assert pictures == []
    assert (recording.has_pictures, recording.has_sound) == (False, True)
    sound = samples(blocks)
    assert len(sound) == pytest.approx(3.3 * 16000, abs=200)
    assert recording.end_s == pytest.approx(3.3, abs=0.02)
    middle = sound[8000:-8000].astype(float)
    crossings = np.sum((middle[:-1] < 0) & (middle[1:] >= 0)) / (len(middle) / 16000)
    assert crossings == pytest.approx(300, abs=2)
    assert np.abs(middle).max() == pytest.approx(0.25 * 32768, rel=0.03)
    assert recording.warnings() == []
    assert all(before.media_s + before.duration_s == pytest.approx(after.media_s) for before, after in pairwise(blocks))
    assert all(len(block.payload) <= 2 * MAX_SAMPLES for block in blocks)


def test_both_sides_of_stereo_are_heard(tmp_path: Path) -> None:
    left, right = tone(2.0, hz=300), tone(2.0, hz=1000)
    both = samples(read(wav(tmp_path / "a.wav", np.stack([left, right], axis=1), channels=2))[1]).astype(float)
    spectrum = np.abs(np.fft.rfft(both[:16000]))
    assert spectrum[300] > 100 * np.median(spectrum)
    assert spectrum[1000] == pytest.approx(spectrum[300], rel=0.05)


def test_clipped_sound_stays_clipped(tmp_path: Path) -> None:
    sound = samples(read(wav(tmp_path / "a.wav", 3 * tone(2.0, level=1.0), codec="pcm_f32le"))[1])
    assert np.mean(np.abs(sound.astype(int)) >= 32767) > 0.5


def test_values_that_are_no_numbers_are_silence_and_told_of(tmp_path: Path) -> None:
    sound = tone(3.0)
    sound[16000:20000] = np.nan
    sound[30000], sound[30001] = np.inf, -np.inf
    _, blocks, recording = read(wav(tmp_path / "a.wav", sound, codec="pcm_f32le"))
    heard = samples(blocks)
    assert len(heard) == pytest.approx(48000, abs=200)
    assert np.abs(heard[16100:19900]).max() == 0
    assert np.abs(heard[:15900]).max() == pytest.approx(0.25 * 32768, rel=0.03)
    assert np.abs(heard[20100:]).max() < 0.3 * 32768
    assert recording.warnings() == [media_file.NO_NUMBERS_WARNING]


def test_a_gap_in_the_sound_keeps_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mka"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=16000, layout="mono")
        assert isinstance(stream, AudioStream)
        for start in (0, 5 * 16000):
            frame = av.AudioFrame.from_ndarray(
                (tone(2.0) * 32767).astype(np.int16).reshape(1, -1), format="s16", layout="mono"
            )
            frame.sample_rate, frame.pts, frame.time_base = 16000, start, Fraction(1, 16000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    _, blocks, recording = read(path)
    assert len(samples(blocks)) == pytest.approx(4 * 16000, abs=64)
    starts = [block.media_s for block in blocks]
    assert max(b - a for a, b in pairwise(starts)) == pytest.approx(3.5, abs=0.1)
    assert recording.end_s == pytest.approx(7.0, abs=0.05)


# Pictures


@pytest.mark.parametrize("fps", [5, 10, 24, 30, 60])
def test_pictures_come_at_ten_a_second_and_no_more(tmp_path: Path, fps: int) -> None:
    pictures, _, recording = read(film(tmp_path / "a.mp4", [grey()] * (2 * fps), fps=fps))
    assert len(pictures) == pytest.approx(2 * min(fps, 10), abs=1)
    assert all(after.media_s - before.media_s > 0.05 for before, after in pairwise(pictures))
    assert recording.end_s == pytest.approx(2.0, abs=0.21)
    assert (recording.has_pictures, recording.has_sound) == (True, False)
    assert recording.warnings() == []


@pytest.mark.parametrize(
    ("size", "small"), [((960, 540), (640, 360)), ((64, 1280), (32, 640)), ((320, 240), (320, 240))]
)
def test_large_pictures_are_made_small(tmp_path: Path, size: tuple[int, int], small: tuple[int, int]) -> None:
    pictures, _, _ = read(film(tmp_path / "a.mp4", [grey(*size, level=200)] * 2))
    assert (pictures[0].width, pictures[0].height) == small
    assert np.abs(pixels(pictures[0]).astype(int) - 200).max() <= 3


def test_a_picture_of_one_pixel_is_one(tmp_path: Path) -> None:
    pictures, _, _ = read(film(tmp_path / "a.mkv", [grey(1, 1)] * 5, codec="ffv1"))
    assert [(picture.width, picture.height) for picture in pictures] == [(1, 1)] * 2


@pytest.mark.parametrize(("rotation", "bright"), [(0, (0, 0)), (90, (1, 0)), (180, (1, 1)), (-90, (0, 1))])
def test_a_telephone_held_upright_is_turned_upright(tmp_path: Path, rotation: int, bright: tuple[int, int]) -> None:
    picture = grey(64, 32, 20)
    picture[:16, :32] = 240
    pictures, _, _ = read(film(tmp_path / "a.mp4", [picture] * 3, rotation=rotation))
    shown = pixels(pictures[0])
    assert shown.shape[:2] == ((64, 32) if abs(rotation) == 90 else (32, 64))
    rows, columns = np.array_split(np.arange(shown.shape[0]), 2), np.array_split(np.arange(shown.shape[1]), 2)
    corner = shown[np.ix_(rows[bright[0]], columns[bright[1]])]
    assert corner.mean() > 200
    assert shown.mean() < 100


def test_sound_and_pictures_come_about_by_time(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", [grey()] * (6 * 25), tone(6.0))
    with Recording(path) as recording:
        times = [(item.media_s, isinstance(item, AudioBlock)) for item in recording.read()]
    sound = [at_s for at_s, is_sound in times if is_sound]
    pictures = [at_s for at_s, is_sound in times if not is_sound]
    assert sound == sorted(sound)
    assert pictures == sorted(pictures)
    assert max(b - a for (a, _), (b, _) in pairwise(times)) < 2.5
    assert recording.length_s == pytest.approx(6.0, abs=0.1)


# What is none, or damaged


def refused(path: Path) -> CoachError:
    with pytest.raises(CoachError) as caught, Recording(path) as recording:
        list(recording.read())
    assert caught.value.do
    return caught.value


def test_what_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    assert "There is no file" in refused(tmp_path / "absent.mp4").what
    assert "is a folder" in refused(tmp_path).what
    (tmp_path / "empty.mp4").touch()
    assert refused(tmp_path / "empty.mp4").what == "empty.mp4 is empty."
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.wav")
        assert refused(tmp_path / "pipe.wav").what == f"{tmp_path / 'pipe.wav'} is no ordinary file."
    if os.name == "posix":
        assert refused(Path("/dev/zero")).what == "/dev/zero is no ordinary file."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("noise.mp4", bytes(range(256)) * 40),
        ("zeros.wav", bytes(5000)),
        ("notes.txt", b"Good morning, everybody.\n" * 50),
        ("notes.nfo", b"Good morning, everybody.\n" * 50),
        ("talk.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n"),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile '/etc/passwd'\n"),
    ],
)
def test_what_is_no_recording_is_told_in_plain_words(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert name in refused(tmp_path / name).what


def test_a_list_of_files_opens_none_of_them(tmp_path: Path) -> None:
    wav(tmp_path / "secret.wav", tone(1.0))
    for name, text in (
        ("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.wav\n#EXT-X-ENDLIST\n"),
        ("a.ffconcat", "ffconcat version 1.0\nfile secret.wav\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        refused(tmp_path / name)


@pytest.mark.parametrize("name", ["a.jpg", "b.JPEG", "c.png", "d%03d.jpg"])
def test_a_photograph_is_a_film_of_one_picture(tmp_path: Path, name: str) -> None:
    Image.fromarray(grey(64, 48, 200)).save(tmp_path / name)
    # Were the name taken for a pattern, this would be a second picture.
    Image.fromarray(grey(64, 48, 20)).save(tmp_path / "d001.jpg")
    pictures, blocks, recording = read(tmp_path / name)
    assert (len(pictures), blocks, recording.warnings()) == (1, [], [])
    assert pictures[0].media_s == 0.0
    assert np.abs(pixels(pictures[0]).astype(int) - 200).max() <= 3


def test_a_picture_of_another_kind_is_no_recording(tmp_path: Path) -> None:
    for name, kind in (("a.bmp", "BMP"), ("a.jpg", "BMP"), ("a.tif", "TIFF")):
        Image.fromarray(grey()).save(tmp_path / name, kind)
        assert "cannot be read as a recording" in refused(tmp_path / name).what


@pytest.mark.parametrize("name", ["a:b.wav", "http:--a.wav", "100%d.wav", "-i.wav", "ä ö 日本.wav", "'\"&.wav"])
def test_any_name_is_a_name(tmp_path: Path, name: str) -> None:
    if os.name == "nt" and set(name) & set(':"'):
        pytest.skip("no file can have this name here")
    wav(tmp_path / "plain.wav", tone(1.0)).rename(tmp_path / name)
    assert len(samples(read(tmp_path / name)[1])) == 16000


def test_no_sound_at_all_ends_at_once(tmp_path: Path) -> None:
    _, blocks, recording = read(wav(tmp_path / "a.wav", tone(0.1)[:1]))
    assert len(samples(blocks)) <= 1
    assert recording.warnings() == []


def test_a_recording_that_breaks_off_says_so(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(20.0))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    _, blocks, recording = read(path)
    assert len(samples(blocks)) == pytest.approx(10 * 16000, abs=2000)
    # How long it is, FFmpeg takes from the file rather than from what it says of itself.
    assert recording.end_s == pytest.approx(10.0, abs=0.2)


def test_a_film_that_breaks_off_says_so(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", [grey()] * 500, tone(20.0))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    pictures, blocks, recording = read(path)
    assert pictures
    assert blocks
    assert 5 < recording.end_s < 16
    assert any("breaks off after" in warning for warning in recording.warnings())


def test_damage_in_the_middle_is_left_out_and_told(tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.mkv", [np.random.default_rng(n).integers(0, 255, (48, 64, 3), np.uint8) for n in range(100)]
    )
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 3, len(content) // 2, 7):
        content[at] ^= 0x5A
    path.write_bytes(bytes(content))
    pictures, _, recording = read(path)
    assert 5 < len(pictures) <= 41
    assert recording.end_s <= 4.1


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    sound = tone(1.5)
    return {
        "a.wav": wav(folder / "a.wav", sound).read_bytes(),
        "a.flac": wav(folder / "a.flac", sound, codec="flac").read_bytes(),
        "a.mp4": film(folder / "a.mp4", [grey()] * 30, sound).read_bytes(),
        "a.mkv": film(folder / "a.mkv", [grey()] * 30, sound).read_bytes(),
        "a.avi": film(folder / "a.avi", [grey()] * 30, codec="mpeg4").read_bytes(),
    }


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damage_does_more_than_an_error_in_plain_words(
    whole: dict[str, bytes], tmp_path: Path, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(whole)))
    content = bytearray(whole[name])
    del content[data.draw(st.integers(1, len(content))) :]
    for place in data.draw(st.lists(st.floats(0, 0.999), max_size=30)):
        content[int(place * len(content))] = data.draw(st.integers(0, 255))
    path = tmp_path / name
    path.write_bytes(bytes(content))
    try:
        pictures, blocks, recording = read(path)
    except CoachError:
        return
    assert recording.end_s < 4000
    times = [picture.media_s for picture in pictures] + [block.media_s for block in blocks]
    assert all(0 <= at_s <= recording.end_s for at_s in times)
    assert all(len(picture.payload) == 4 * picture.width * picture.height for picture in pictures)
    assert all(0 < len(block.payload) <= 2 * MAX_SAMPLES for block in blocks)
    assert all(isinstance(warning, str) for warning in recording.warnings())
