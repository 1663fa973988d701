"""A recorded talk through the same eyes and ears as a live session, as fast as they can look and listen."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from coach_desktop.coaching.report import Report, SessionFacts, Turn, Word, build_report
from coach_desktop.core import ids
from coach_desktop.core.clock import iso_utc
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.practice.ears import Ears
from coach_desktop.practice.media_file import Recording
from coach_desktop.practice.room_protocol import AudioBlock
from coach_desktop.practice.senses import LAST_WORDS_WITHIN_S, Eyes, finish_all
from coach_desktop.practice.transcriber import Transcriber
from coach_desktop.store import model_files
from coach_desktop.tavus.delivery import LEVEL_MEASURES, Delivery, not_measured
from coach_desktop.tavus.timeline import packed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from coach_desktop.practice.hearing.words import Utterance
    from coach_desktop.practice.room_protocol import VideoFrame
    from coach_desktop.practice.seeing.timeline import Row
    from coach_desktop.practice.senses import Look

log = logging.getLogger(__name__)

PROFILE_ID = "recording"
"""What stands in place of a persona profile in the report of a recorded talk."""
NO_PICTURES = "There are no moving pictures in this recording."
NO_SOUND = "There is no sound in this recording."
NO_USUAL_LEVEL = "How loud you usually are is known of microphones, and not of recordings."
UNREADABLE = "What is in this recording could not be decoded."

# Enough that no sense ever waits for the file, and little enough that a long film needs no memory: 32 pictures of
# 640 x 640 are 52 MB, 60 blocks are half a minute of sound.
_MOST_PICTURES, _MOST_BLOCKS = 32, 60
_TICK_S = 0.1
_STOP_WITHIN_S = 10.0


@dataclass(frozen=True)
class Progress:
    """How far the analysis is: seconds of the recording, of how many (None: the file does not say).

    `notice` says what it waits for, where that is not the recording.
    """

    at_s: float
    of_s: float | None
    notice: str | None = None


class Task:
    """One analysis, which another thread may cancel.

    Once it has run, `timeline` is what was seen and heard over time in the compact form of `tavus.timeline`, and `rows`
    are the same a picture each, with the values of `tavus.timeline_csv.CSV_COLUMNS`.
    """

    def __init__(self, on_look: Callable[[VideoFrame, Look], None] | None = None) -> None:
        """Begin with nothing done; `on_look` is told of every picture that was looked at, in another thread."""
        self._on_look = on_look
        self.timeline: dict[str, object] | None = None
        self.rows: list[Row] = []
        self._cancelled = threading.Event()
        self._change = threading.Condition()
        self._waiting: Counter[str] = Counter()
        self._taken_s: dict[str, float] = {}

    def cancel(self) -> None:
        """Stop as soon as possible. From any thread, or a signal's handler."""
        self._cancelled.set()

    def run(
        self, path: Path, models_cache: Path, on_progress: Callable[[Progress], None], *, calibrate: bool = False
    ) -> Report:
        """Analyse a file and return its report; blocks. Memory grows by some megabytes an hour.

        With `calibrate` the first three seconds are taken as a look at the camera; otherwise no calibration is used.

        `on_progress` is called in this thread, ten times a second and more. Raises `CoachError` where the file cannot
        be read as a recording, `Cancelled` after `cancel`.
        """
        began = time.time()
        with Recording(path) as recording:
            best = best_models(models_cache)
            words = Transcriber(models_cache, live=False, models=best.models)
            eyes, ears = Eyes(models_cache, on_look=self._on_look), Ears(models_cache, words, recorded=True)
            if calibrate:
                eyes.calibrating.begin()

            def go_on() -> None:
                on_progress(self._progress(recording, words))
                if self._cancelled.is_set():
                    raise Cancelled

            try:
                self._feed(recording, eyes, ears, go_on)
                finished = finish_all((eyes, ears), LAST_WORDS_WITHIN_S, go_on)
            except BaseException:
                _abandon(eyes, ears)
                raise
            if not (eyes.received or ears.received):
                raise CoachError(
                    f"There is nothing in {recording.name} that can be decoded.",
                    safe="The file was left as it is.",
                    do="Play it in a media player: if that fails, too, it is damaged.",
                )
            if not finished:
                raise CoachError(
                    "The analysis did not come to an end.", safe="The file was left as it is.", do="Try it once more."
                )
            delivery = _delivery(recording, eyes, ears, best.fault)
            turns = [turn_of(utterance) for utterance in ears.utterances(recording.end_s)]
            self.timeline = delivery.timeline
            self.rows = eyes.rows(recording.end_s, *ears.stretches(recording.end_s))
        facts = SessionFacts(
            id=ids.new_session_id(),
            profile_id=PROFILE_ID,
            provider="recording",
            started_at=iso_utc(began),
            duration_s=delivery.at_s,
            billed_s=0.0,
            status="done",
        )
        return build_report(facts, delivery, turns, [], "")

    def _feed(self, recording: Recording, eyes: Eyes, ears: Ears, go_on: Callable[[], None]) -> None:
        for item in recording.read():
            if isinstance(item, AudioBlock):
                self._make_room(ears.name, _MOST_BLOCKS, go_on)
                ears.offer(item.media_s, item, self._when_taken(ears.name, item.media_s))
            else:
                self._make_room(eyes.name, _MOST_PICTURES, go_on)
                eyes.offer(item.media_s, item, self._when_taken(eyes.name, item.media_s))
        self._wait_until(lambda: not any(self._waiting.values()), go_on)

    def _make_room(self, name: str, most: int, go_on: Callable[[], None]) -> None:
        self._wait_until(lambda: self._waiting[name] < most, go_on)
        with self._change:
            self._waiting[name] += 1

    def _when_taken(self, name: str, at_s: float) -> Callable[[int], None]:
        def taken(_seq: int) -> None:
            with self._change:
                self._waiting[name] -= 1
                self._taken_s[name] = at_s
                self._change.notify_all()

        return taken

    def _wait_until(self, is_so: Callable[[], bool], go_on: Callable[[], None]) -> None:
        while True:
            go_on()
            with self._change:
                if is_so():
                    return
                self._change.wait(_TICK_S)

    def _progress(self, recording: Recording, words: Transcriber) -> Progress:
        with self._change:
            at_s = min((self._taken_s.get(name, 0.0) for name, count in self._waiting.items() if count), default=None)
        at_s = recording.end_s if at_s is None else at_s
        return Progress(min(at_s, words.followed_until(at_s)), recording.length_s, words.notice())


def _abandon(eyes: Eyes, ears: Ears) -> None:
    # First all are told, then waited for: a native library that is at work must not see the program end.
    for patience_s in (0.0, _STOP_WITHIN_S):
        for sense in (eyes, ears):
            sense.finish(patience_s)


class BestModels(NamedTuple):
    """The files of the networks for words, and what the user must hear of those that are not among them."""

    models: Sequence[model_files.ModelFile]
    fault: str | None = None


def best_models(models_cache: Path) -> BestModels:
    """Return both ears where the larger ones are there: they are too slow for a live session only.

    A wrong copy of the larger ones is a fault; none at all is none.
    """
    missing: list[model_files.ModelMissingError] = []
    for model in model_files.WHISPER_BASE:
        try:
            model_files.find(model, models_cache)
        except model_files.ModelMissingError as error:
            missing.append(error)
    if not missing:
        return BestModels(model_files.WHISPER_BASE + model_files.WHISPER_TINY_EN)
    broken = next((error for error in missing if error.wrong), None)
    if broken is None:
        return BestModels(model_files.WHISPER_TINY_EN)
    fault = f"The words were made out by the smaller network alone. {broken.what} {broken.do}"
    log.warning("%s", fault)
    return BestModels(model_files.WHISPER_TINY_EN, fault)


def _delivery(recording: Recording, eyes: Eyes, ears: Ears, fault: str | None) -> Delivery:
    until_s = recording.end_s
    measures = eyes.measures(until_s, UNREADABLE if recording.has_pictures else NO_PICTURES)
    measures |= ears.measures(until_s, UNREADABLE if recording.has_sound else NO_SOUND)
    why = measures["speaking_time"].reason or NO_USUAL_LEVEL
    measures |= {name: not_measured(name, why) for name in LEVEL_MEASURES}
    spans = sorted(eyes.spans(until_s) + ears.spans(until_s), key=lambda span: span.start_s)
    warnings = recording.warnings() + eyes.warnings(until_s) + ears.warnings(until_s)
    if fault is not None and measures["words"].status == "measured":
        warnings.append(fault)
    return Delivery(
        at_s=until_s,
        final=True,
        measures=measures,
        spans=spans,
        warnings=warnings,
        timeline=packed(eyes.timeline(until_s, *ears.stretches(until_s))),
    )


def turn_of(utterance: Utterance) -> Turn:
    """Return what the user said as a report tells it, with its words."""
    words = [
        Word(
            text=word.text,
            start_s=word.start_s,
            end_s=max(word.start_s, word.end_s),
            filler=word.filler,
            repeat=word.repeat,
        )
        for word in utterance.words
    ]
    return Turn(role="user", text=utterance.text, start_s=utterance.start_s, end_s=utterance.end_s, words=words)
