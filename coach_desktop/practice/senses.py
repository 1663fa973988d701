"""Eyes and ears of one conversation: a thread each, which analyses what the room's page sent, in order.

Whatever is offered waits until the model is loaded; nothing is dropped. What a thread finds is published as one
immutable object, so that meters and cues never wait for an analysis that is under way.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.calibrating import TOO_SHORT, Calibrating, CalibrationFile
from coach_desktop.practice.room_protocol import AudioBlock, DeviceState, VideoFrame
from coach_desktop.practice.seeing.standstill import STANDS_AFTER_S, Standstill, when
from coach_desktop.store import model_files
from coach_desktop.tavus.delivery import (
    BODY_MEASURES,
    SIGHT_MEASURES,
    Measure,
    MeasureName,
    Span,
    not_measured,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from coach_desktop.practice.seeing.body.posture import PostureState
    from coach_desktop.practice.seeing.body.turns import Allowance, BodyTurns
    from coach_desktop.practice.seeing.expression import ShutEyes
    from coach_desktop.practice.seeing.face import FacePipeline
    from coach_desktop.practice.seeing.readings import BodyReading, FaceReading
    from coach_desktop.practice.seeing.sight import Sight, SightState
    from coach_desktop.practice.seeing.timeline import Row, Seen, Stretches
    from coach_desktop.tavus.timeline import Timeline

log = logging.getLogger(__name__)

LAST_WORDS_WITHIN_S = 1800.0
"""How long what still waits of a recording may take: slow computers come to an end, and whoever waits can cancel."""
_TICK_S = 0.1

Item = TypeVar("Item", VideoFrame, AudioBlock)

SMALL_FACE = "The face was small in the picture, so eye contact is measured only roughly."
SEVERAL_FACES = "More than one face was in the picture; only the nearest one was judged."
NOTHING_NEW = "The camera showed nothing new."
MOST_WAITING = 600
"""Blocks that may wait: a minute of sound. A page of ours never has more than 12 frames under way."""
MOST_WAITING_BYTES = 64 * 1024 * 1024
_BEHIND = 3
"""Pictures that wait in a session: from here on the face comes first."""
_BODY_EVERY_S = 0.18
"""In a recording the body is looked at five times a second: in every second picture of those that are looked at."""


@dataclass(frozen=True)
class Look:
    """The newest that the eyes saw, at `at_s` seconds from live. The body may be of an earlier picture."""

    at_s: float
    seq: int
    reading: FaceReading | None
    state: SightState
    body: BodyReading | None = None
    posture: PostureState | None = None


class Sense(ABC, Generic[Item]):
    """A thread that loads its model and then takes what is offered, one after the other."""

    name: str
    measure_names: tuple[MeasureName, ...]

    def __init__(self, models_cache: Path) -> None:
        """Look for the model in `models_cache`, too. Nothing is loaded yet."""
        self._models_cache = models_cache
        self._queue: queue.SimpleQueue[tuple[float, Item, Callable[[int], None] | None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._waiting_bytes = 0
        self._given_up = False
        self._complained = False
        self.received = 0
        self.analysed = 0
        self.last_at_s: float | None = None
        self.fault: str | None = None

    def start(self) -> None:
        """Start the thread, which loads the model at once: before the first sample, if that leaves time."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"coach-{self.name}", daemon=True)
            self._thread.start()

    def offer(self, at_s: float, item: Item, done: Callable[[int], None] | None = None) -> None:
        """Hand over what arrived; `done` is called with its seq, in the sense's thread, when it was looked at."""
        self.received += 1
        self.last_at_s = at_s
        with self._lock:
            self._waiting_bytes += len(item.payload)
        self._queue.put((at_s, item, done))
        self.start()

    @property
    def is_crowded(self) -> bool:
        """Whether so much waits that whoever offers should wait, too."""
        return self._queue.qsize() >= MOST_WAITING or self._waiting_bytes >= MOST_WAITING_BYTES

    def finish(self, timeout_s: float) -> bool:
        """Take what still waits and end the thread; return whether that was done in time. Blocks.

        Nothing may be offered afterwards. Called again, it waits again, for a thread that has been given up.
        """
        if self._thread is None:
            return True
        self._queue.put(None)
        self._thread.join(timeout_s)
        self._given_up = True
        return not self._thread.is_alive()

    def reason(self, device_reason: str) -> str:
        """Return why nothing was measured; `device_reason` holds where it was not this sense's own fault."""
        if self.received and not self.analysed:
            return self.fault or f"What the {self.name} were sent could not be analysed."
        return device_reason if not self.received else (self.fault or device_reason)

    def measures(self, until_s: float, device_reason: str) -> dict[MeasureName, Measure]:
        """Return all measures of this sense up to `until_s`, those without a value with the reason."""
        reason = self.reason(device_reason)
        with self._lock:
            found = self._measures(until_s, reason) if self.analysed else {}
        return {name: found.get(name) or not_measured(name, reason) for name in self.measure_names}

    def spans(self, until_s: float) -> list[Span]:
        """Return the stretches worth naming."""
        with self._lock:
            return self._spans(until_s) if self.analysed else []

    def _run(self) -> None:
        self._load_or_say_why()
        while not self._given_up and (entry := self._queue.get()) is not None:
            at_s, item, done = entry
            with self._lock:
                self._waiting_bytes -= len(item.payload)
            if self.fault is None:
                self._take_safely(at_s, item)
            if done is not None:
                done(item.seq)
        self._unload()

    def _load_or_say_why(self) -> None:
        began = time.perf_counter()
        try:
            self._load()
        except CoachError as error:
            log.warning("the %s have no model: %s %s", self.name, error.what, error.details)
            self.fault = error.what
        except Exception:  # a native library that does not fit this machine raises whatever it likes
            log.exception("the %s could not be set up", self.name)
            self.fault = f"What the {self.name} need could not be loaded on this computer."
        else:
            log.info("the %s are ready after %.2f s", self.name, time.perf_counter() - began)

    def _take_safely(self, at_s: float, item: Item) -> None:
        try:
            self._take(at_s, item)
            self.analysed += 1
        except Exception:  # one picture or block that cannot be analysed must not end the session
            if not self._complained:
                self._complained = True
                log.exception("the %s could not analyse what arrived at %.2f s", self.name, at_s)

    @abstractmethod
    def _load(self) -> None: ...

    @abstractmethod
    def _unload(self) -> None:
        """Let go of the model. What was found is kept, and a conversation that has ended may be asked for long."""

    @abstractmethod
    def _take(self, at_s: float, item: Item) -> None: ...

    @abstractmethod
    def _measures(self, until_s: float, reason: str) -> dict[MeasureName, Measure]: ...

    @abstractmethod
    def _spans(self, until_s: float) -> list[Span]: ...


def finish_all(senses: Sequence[Sense[Any]], timeout_s: float, go_on: Callable[[], None]) -> bool:
    """Take what still waits and end the threads of these senses; return whether that was done in time. Blocks.

    `go_on` is called ten times a second meanwhile. What it raises is raised here, the senses then are still at work.
    """
    done: list[bool] = []
    finishing = threading.Thread(
        target=lambda: done.extend(sense.finish(timeout_s) for sense in senses), name="coach-last-words", daemon=True
    )
    finishing.start()
    while finishing.is_alive():
        finishing.join(_TICK_S)
        go_on()
    return len(done) == len(senses) and all(done)


class Eyes(Sense[VideoFrame]):
    """Looks for a face in every frame, and for the body that belongs to it in as many as there is time for."""

    name = "eyes"
    measure_names = SIGHT_MEASURES + BODY_MEASURES
    _pipeline: FacePipeline
    _shut: ShutEyes
    _sight: Sight
    _standstill: Standstill | None
    _body: BodyTurns
    _allowance: Allowance
    _body_turn_s: float | None = None
    latest: Look | None = None
    stands_since_s: float | None = None
    _on_since_s: float | None = None
    _let_go_at_s: float | None = None
    _seen: Seen
    _is_full_range = False

    def __init__(
        self,
        models_cache: Path,
        *,
        live: bool = False,
        calibrations: Path | None = None,
        on_look: Callable[[VideoFrame, Look], None] | None = None,
    ) -> None:
        """Look for the model in `models_cache`, too; tell `on_look` of every picture, in the thread of the eyes.

        Watch a `live` camera for standing still: a recorded picture may. With `calibrations` what is known of a camera
        is taken from this file and kept there.
        """
        super().__init__(models_cache)
        self._live = live
        self._on_look = on_look
        self.calibrating = Calibrating(CalibrationFile(calibrations) if calibrations else None)

    def camera_is(self, state: DeviceState, at_s: float) -> None:
        """Hear what has become of the camera, `at_s` seconds from live."""
        if state is DeviceState.ON:
            self._on_since_s = at_s if self._on_since_s is None else self._on_since_s
            return
        self._on_since_s = None
        # It may be another camera that comes.
        self._is_full_range = False
        if state is DeviceState.OFF:
            self._let_go_at_s = at_s

    def gives_nothing(self, at_s: float) -> bool:
        """Return whether no picture at all has come for more than 5 s from a live camera that is on."""
        return self._on_since_s is not None and at_s - max(self._on_since_s, self.last_at_s or 0.0) > STANDS_AFTER_S

    def _load(self) -> None:
        from coach_desktop.practice.seeing.body.turns import LIVE_SHARE, Allowance, BodyTurns
        from coach_desktop.practice.seeing.expression import ShutEyes
        from coach_desktop.practice.seeing.face import FacePipeline
        from coach_desktop.practice.seeing.sight import Sight
        from coach_desktop.practice.seeing.timeline import Seen

        self._pipeline = FacePipeline(model_files.find(model_files.FACE_LANDMARKER, self._models_cache).path)
        self._shut = ShutEyes()
        self._sight = Sight()
        self._seen = Seen()
        self._standstill = Standstill() if self._live else None
        self._body = BodyTurns(self._models_cache)
        self._allowance = Allowance(LIVE_SHARE)

    def warnings(self, until_s: float | None) -> list[str]:
        """Say what was wrong with the pictures up to `until_s` (None: the camera has been let go)."""
        with self._lock:
            if not self.analysed:
                return []
            found = self._standstill.warnings(until_s) if self._standstill else []
            dark, small = self._sight.dark_stretches(), self._sight.is_small()
            several = self._sight.was_in_company()
            found += self._calibration_warnings()
        found += [f"It was too dark to see a face {when(dark)}."] if dark else []
        found += [SMALL_FACE] if small else []
        return [*found, SEVERAL_FACES] if several else found

    def _calibration_warnings(self) -> list[str]:
        news = self.calibrating.news
        if self._live or news is None or news.state == "done":
            # In the room the answer has been given there.
            return []
        return [f"The beginning gave no calibration, so none was used. {news.text or TOO_SHORT}"]

    def _unload(self) -> None:
        if hasattr(self, "_pipeline"):
            del self._pipeline
        if hasattr(self, "_body"):
            self._body.unload()

    def _take(self, at_s: float, item: VideoFrame) -> None:
        from coach_desktop.practice.seeing.frames import is_full_range, to_rgb
        from coach_desktop.practice.seeing.light import too_dark

        began = time.thread_time()
        let_go_at_s, self._let_go_at_s = self._let_go_at_s, None
        if self._standstill is not None and let_go_at_s is not None:
            self._standstill.let_go(let_go_at_s)
        if self._standstill is not None and (since_s := self._standstill.look(at_s, item)) is not None:
            self.stands_since_s = since_s
            with self._lock:
                self._sight.forget_since(since_s)
                self._seen.forget_since(since_s)
            return
        self.stands_since_s = None
        frame = (item.format, item.width, item.height, item.payload)
        # A dark or a bright picture tells; those that do not are of the same camera.
        self._is_full_range = self._is_full_range or is_full_range(*frame)
        rgb = to_rgb(*frame, full_range=self._is_full_range)
        reading = self._pipeline.read(rgb)
        if reading is not None:
            reading = self._shut.judged(at_s, reading)
        turn = self._is_turn_of_body(at_s)
        # Outside the lock: whoever offers the next picture must not wait for networks.
        body = self._body.look(at_s, rgb, reading) if turn else self.latest.body if self.latest else None
        with self._lock:
            calibrated_since_s = self.calibrating.take(at_s, reading, self._pipeline, self._sight)
            self._sight.add(at_s, reading, too_dark=reading is None and too_dark(rgb))
            if turn:
                self._body.keep(at_s, body)
            if calibrated_since_s is not None:
                self._body.calibrated(calibrated_since_s)
            state, body_state = self._sight.state(at_s), self._body.state(at_s)
            self.latest = look = Look(at_s, item.seq, reading, state, body, body_state)
            self._seen.add(look)
        self._allowance.spend(time.thread_time() - began)
        if self._on_look is not None:
            self._on_look(item, look)

    def _is_turn_of_body(self, at_s: float) -> bool:
        if self._live:
            return self._queue.qsize() < _BEHIND and self._allowance.has_turn(at_s)
        if self._body_turn_s is not None and at_s - self._body_turn_s < _BODY_EVERY_S:
            return False
        self._body_turn_s = at_s
        return True

    def _measures(self, until_s: float, reason: str) -> dict[MeasureName, Measure]:
        reason = NOTHING_NEW if self.stands_since_s is not None else reason
        return self._sight.measures(reason, until_s) | self._body.measures(reason)

    def _spans(self, until_s: float) -> list[Span]:
        smiles = [
            Span(kind="smile", start_s=start_s, end_s=min(end_s, until_s))
            for start_s, end_s in self._seen.smiles(self._sight.smile_bar())
            if start_s < until_s
        ]
        return self._sight.spans(until_s) + smiles + self._body.spans(until_s)

    def timeline(self, until_s: float, speech: Stretches, listened: Stretches) -> Timeline:
        """Return what was seen up to `until_s` seconds, beside when somebody spoke, as far as sound arrived."""
        with self._lock:
            return self._all_seen().timeline(until_s, speech, listened)

    def rows(self, until_s: float, speech: Stretches, listened: Stretches) -> list[Row]:
        """Return the same as rows, one a picture, as `Seen.rows` does."""
        with self._lock:
            return list(self._all_seen().rows(until_s, speech, listened))

    def _all_seen(self) -> Seen:
        from coach_desktop.practice.seeing.timeline import Seen

        return self._seen if self.analysed else Seen()
