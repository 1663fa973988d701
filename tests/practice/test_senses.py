"""A sense whose model or analysis fails says why, and never holds up the rest."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.practice.ears import Ears
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.practice.room_protocol import I420, RGBA, AudioBlock, DeviceState, VideoFrame
from coach_desktop.practice.seeing.face import FacePipeline
from coach_desktop.practice.senses import MOST_WAITING, SEVERAL_FACES, Eyes, Sense, finish_all
from coach_desktop.tavus.delivery import Measure, MeasureName, Span, measured
from tests.practice.client import wait_until
from tests.practice.seeing.heads import heads_at

BLOCK = AudioBlock(0, 0.0, memoryview(b"\0\0" * 1600))


class Probe(Sense[AudioBlock]):
    """A sense in the test's hands: counts what it took, and can be held or made to fail."""

    name = "probe"
    measure_names = ("speaking_time", "speaking_share")

    def __init__(self, *, load: Exception | None = None, take: Exception | None = None) -> None:
        super().__init__(Path())
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.taken: list[float] = []
        self.unloaded = False
        self._failures = (load, take)

    def _load(self) -> None:
        self.may_go_on.wait(20)
        if self._failures[0]:
            raise self._failures[0]

    def _unload(self) -> None:
        self.unloaded = True

    def _take(self, at_s: float, item: AudioBlock) -> None:  # noqa: ARG002 - the base class's signature
        self.may_go_on.wait(20)
        if self._failures[1]:
            raise self._failures[1]
        self.taken.append(at_s)

    def _measures(self, until_s: float, reason: str) -> dict[MeasureName, Measure]:  # noqa: ARG002 - as above
        return {"speaking_time": measured("speaking_time", float(len(self.taken)))}

    def _spans(self, until_s: float) -> list[Span]:
        return [Span(kind="speech", start_s=0, end_s=until_s)]


def alive(*kinds: type) -> int:
    gc.collect()
    return sum(isinstance(thing, kinds) for thing in gc.get_objects())


def offer(sense: Probe, count: int) -> list[int]:
    done: list[int] = []
    for n in range(count):
        sense.offer(n / 10, AudioBlock(n, n / 10, BLOCK.payload), done.append)
    return done


def test_everything_is_taken_in_order_and_acknowledged_after_it() -> None:
    sense = Probe()
    sense.may_go_on.clear()
    done = offer(sense, 50)
    assert (sense.taken, done) == ([], [])
    sense.may_go_on.set()
    assert sense.finish(20)
    assert sense.taken == [n / 10 for n in range(50)]
    assert done == list(range(50))
    found = sense.measures(5.0, "-")
    assert found["speaking_time"].value == 50.0
    assert (found["speaking_share"].status, found["speaking_share"].reason) == ("not_measured", "-")


def test_crowded_is_said_while_much_waits() -> None:
    sense = Probe()
    sense.may_go_on.clear()
    offer(sense, MOST_WAITING + 1)
    assert sense.is_crowded
    sense.may_go_on.set()
    assert sense.finish(20)
    assert not sense.is_crowded


def test_whoever_waits_for_the_last_of_a_recording_is_told_and_can_stop_waiting() -> None:
    held, free = Probe(), Probe()
    held.may_go_on.clear()
    for sense in (held, free):
        offer(sense, 3)
    beats = iter(range(3))

    def go_on() -> None:
        if next(beats) == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        finish_all([held, free], 60, go_on)
    held.may_go_on.set()
    assert finish_all([held, free], 20, lambda: None)
    assert (len(held.taken), len(free.taken)) == (3, 3)


def test_what_does_not_come_to_an_end_in_time_is_told() -> None:
    sense = Probe()
    sense.may_go_on.clear()
    offer(sense, 3)
    assert not finish_all([sense], 0.2, lambda: None)
    sense.may_go_on.set()
    assert sense.finish(20)


@pytest.mark.expects_warnings("the probe have no model")
def test_a_missing_model_is_the_reason() -> None:
    sense = Probe(load=CoachError("The model file was not found."))
    done = offer(sense, 3)
    assert sense.finish(20)
    assert done == [0, 1, 2]
    assert {measure.reason for measure in sense.measures(1.0, "-").values()} == {"The model file was not found."}
    assert sense.spans(1.0) == []


@pytest.mark.expects_warnings("the probe could not be set up")
def test_a_library_that_does_not_load_is_the_reason() -> None:
    sense = Probe(load=ImportError("DLL load failed"))
    offer(sense, 1)
    assert sense.finish(20)
    assert "could not be loaded on this computer" in str(sense.measures(1.0, "-")["speaking_time"].reason)


@pytest.mark.expects_warnings("the probe could not analyse")
def test_an_analysis_that_fails_is_told_once_and_acknowledged_all_the_same() -> None:
    sense = Probe(take=RuntimeError("broken"))
    done = offer(sense, 3)
    assert sense.finish(20)
    assert done == [0, 1, 2]
    assert "could not be analysed" in str(sense.measures(1.0, "-")["speaking_time"].reason)


def test_the_devices_reason_holds_where_nothing_came() -> None:
    sense = Probe()
    sense.start()
    assert sense.finish(20)
    assert {measure.reason for measure in sense.measures(1.0, "No microphone.").values()} == {"No microphone."}


def test_one_that_never_started_is_finished() -> None:
    assert Probe().finish(0.0)


def test_a_backlog_is_given_up_when_time_is_over() -> None:
    sense = Probe()
    sense.may_go_on.clear()
    offer(sense, 20)
    assert not sense.finish(0.05)
    assert not sense.unloaded
    sense.may_go_on.set()
    assert sense.finish(20)
    assert len(sense.taken) < 20
    assert sense.unloaded


def test_models_are_let_go_of_at_the_end_and_what_was_found_stays(tmp_path: Path) -> None:
    eyes, ears = Eyes(tmp_path), Ears(tmp_path, "No words here.")
    models = (FacePipeline, VoiceActivity)
    before = alive(*models)
    eyes.offer(0.0, VideoFrame(0, 0.0, RGBA, 64, 48, memoryview(bytes(4 * 64 * 48))))
    ears.offer(0.0, BLOCK)
    assert eyes.finish(20)
    assert ears.finish(20)
    assert alive(*models) == before
    assert eyes.measures(0.1, "-")["face_present"].value == 0.0
    assert ears.measures(0.1, "-")["speaking_time"].value == 0.0
    assert ears.warnings(0.1)


def test_a_camera_that_sends_jpegs_is_known_by_a_dark_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[int] = []
    monkeypatch.setattr(FacePipeline, "read", lambda _, rgb: shown.append(int(rgb[0, 0, 0])))
    eyes = Eyes(tmp_path)
    for n, luma in enumerate((60, 0, 60)):
        eyes.offer(n / 12, _grey(n, luma))
    wait_until(lambda: len(shown) == 3)
    # Another camera may come after this.
    eyes.camera_is(DeviceState.ENDED, 0.3)
    eyes.offer(0.4, _grey(3, 60))
    assert eyes.finish(60)
    limited = pytest.approx((60 - 16) * 255 / 219, abs=2)
    assert shown == [limited, 0, 60, limited]


@pytest.mark.parametrize("faces", [1, 2])
def test_who_is_not_alone_is_told_who_was_judged(faces: int, tmp_path: Path) -> None:
    pixels = heads_at(*[(30 + 300 * number, 80, 280) for number in range(faces)]).convert("RGBA").tobytes()
    eyes = Eyes(tmp_path)
    for n in range(60):
        eyes.offer(n / 12, VideoFrame(n, n / 12, RGBA, 640, 480, memoryview(pixels)))
    assert eyes.finish(60)
    assert eyes.warnings(5.0) == [SEVERAL_FACES] * (faces - 1)


def _grey(seq: int, luma: int) -> VideoFrame:
    return VideoFrame(seq, seq / 12, I420, 64, 48, memoryview(bytes([luma]) * (64 * 48) + bytes([128]) * (64 * 24)))
