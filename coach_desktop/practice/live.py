"""The live part of one conversation: the clock that starts with the first sample, eyes and ears, cues, the delivery.

All methods but `finish` and `delivery` belong to the event loop's thread and return at once.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from coach_desktop.coaching.cues import Cue, Observation, next_cue
from coach_desktop.coaching.findings import closing_words
from coach_desktop.practice import device_words, usual_level
from coach_desktop.practice.calibrating import FILE as CALIBRATIONS
from coach_desktop.practice.ears import Ears
from coach_desktop.practice.keeping import Keeper
from coach_desktop.practice.media_clock import MediaClock
from coach_desktop.practice.room_protocol import GIVEN_UP, AudioBlock, Devices, DeviceState, VideoFrame
from coach_desktop.practice.senses import Eyes
from coach_desktop.practice.speaking.speaking import Speaking
from coach_desktop.practice.transcriber import Transcriber
from coach_desktop.store.recordings import is_lent
from coach_desktop.tavus.delivery import Delivery, SpokenWord
from coach_desktop.tavus.timeline import packed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from coach_desktop.core.clock import Clock
    from coach_desktop.practice.calibrating import CalibrationNews
    from coach_desktop.practice.ears import Sound
    from coach_desktop.practice.hearing import words
    from coach_desktop.practice.senses import Look
    from coach_desktop.practice.speaking.voice_box import VoiceBox

log = logging.getLogger(__name__)

ENGLISH_ONLY = "Words are made out in English only, and this session is in another language."
NO_PICTURES_TO_CALIBRATE = "No new pictures came from the camera."
_CALIBRATED_WITHIN_S = 10.0
_TOO_DARK_S = 3.0
_NO_SOUND_S = 5.0
_TALK_FROM_S = 20.0
_TALK_OVER_AFTER_S = 8.0
"""Who has talked for so long, and is silent for so long, is through: Chuck answers. Our choice."""
_STALE_S = 2.0
"""A sense that found nothing new for this long is not measured at the moment."""


@dataclass(frozen=True)
class Utterance:
    """What Chuck or the user said, at `at_s` seconds from live; `cue` is the cue's kind where it was one.

    `end_s` is known of the user's words only: when Chuck said his aloud is known to `Speaking`.
    """

    at_s: float
    text: str
    cue: str | None = None
    role: Literal["replica", "user"] = "replica"
    end_s: float | None = None


class LiveAnalysis:
    """Everything of one conversation that has to do with its media."""

    def __init__(
        self,
        *,
        models_cache: Path,
        greeting: str,
        clock: Clock,
        voice: VoiceBox,
        post: Callable[[dict[str, object]], None],
        language: str | None = None,
        on_live: Callable[[], None] | None = None,
        record_to: Path | None = None,
    ) -> None:
        """Greet with `greeting` when live; call `on_live` then. Nothing runs before a participant comes.

        Chuck speaks with `voice`; `post` sends a message to the room's page, if there is one.
        Words are made out where the `language` asked for is English or left open. The sound is dropped when it was
        heard, but where it is to be recorded at `record_to`.
        """
        self._clock = clock
        self._greeting = greeting
        self._on_live = on_live
        self.speaking = Speaking(voice, clock=clock, now_s=self.now_s, user_speaks=self._user_speaks, post=post)
        self._eyes = Eyes(models_cache, live=True, calibrations=models_cache.parent / CALIBRATIONS)
        self._ears = Ears(
            models_cache,
            Transcriber(models_cache, on_utterance=self._user_said) if _is_english(language) else ENGLISH_ONLY,
            self.speaking.spoken,
        )
        self._usual = usual_level.UsualLevel(models_cache.parent / usual_level.FILE)
        self.keeper = None if record_to is None else Keeper(record_to, self.speaking.spoken)
        self._video_clock, self._audio_clock = MediaClock(), MediaClock()
        self._joined = False
        self._devices: Devices | None = None
        self._live_at: float | None = None
        self._end_s: float | None = None
        self._cues: list[Cue] = []
        self._told: set[str] = set()
        self._calibration_by_s: float | None = None
        self._calibration_told: CalibrationNews | None = None
        self._answered_talk_s = 0.0
        self._complete = True
        self.live_epoch: float | None = None
        self.utterances: list[Utterance] = []

    @property
    def is_live(self) -> bool:
        """Whether the session's clock runs, or ran."""
        return self._live_at is not None

    @property
    def is_crowded(self) -> bool:
        """Whether the page sends faster than can be analysed, by far."""
        return self._eyes.is_crowded or self._ears.is_crowded

    def now_s(self) -> float:
        """Return seconds from live; 0 before it; the end once stopped. Never before the newest sample."""
        if self._end_s is not None:
            return self._end_s
        if self._live_at is None:
            return 0.0
        newest = [at_s for at_s in (self._eyes.last_at_s, self._ears.last_at_s) if at_s is not None]
        return max([self._clock.monotonic() - self._live_at, *newest])

    def connected(self) -> None:
        """Say that a participant came, or came back: the models begin to load."""
        self._joined = True
        self._video_clock.reconnected()
        self._audio_clock.reconnected()
        self._eyes.start()
        self._ears.start()
        self.speaking.warm_up()

    def devices_changed(self, devices: Devices) -> None:
        """Keep the state of camera and microphone; with both given up the session is live without them."""
        if devices.detail:
            log.info("camera %s, microphone %s: %s", devices.camera, devices.microphone, devices.detail)
        self._devices = devices
        self._eyes.camera_is(devices.camera, self.now_s())
        self._eyes.calibrating.camera_is(devices.camera_id)
        self._usual.devices_changed(devices)
        if not self.is_live and {devices.camera, devices.microphone} <= GIVEN_UP:
            self._go_live(self._clock.monotonic())

    def receive(self, block: VideoFrame | AudioBlock, done: Callable[[int], None]) -> None:
        """Take a frame or a block of sound; `done` is called from another thread when a frame was looked at."""
        if self._end_s is not None:
            return
        arrival = self._clock.monotonic()
        live_at = self._go_live(arrival) if self._live_at is None else self._live_at
        if isinstance(block, VideoFrame):
            at_s = self._video_clock.at(block.seq, block.media_s, arrival - live_at)
            self._eyes.offer(at_s, block, done)
        else:
            at_s = self._audio_clock.at(block.seq, block.media_s, arrival - live_at, block.duration_s)
            self._ears.offer(at_s, block)
            if self.keeper is not None:
                self.keeper.offer(at_s, block)

    def _go_live(self, at: float) -> float:
        self._live_at = at
        self.live_epoch = self._clock.epoch()
        self.utterances.append(Utterance(0.0, self._greeting))
        if self.keeper is not None:
            self.keeper.start()
        if self._on_live is not None:
            self._on_live()
        self.speaking.say(self._greeting)
        return at

    def _fresh_look(self) -> Look | None:
        look = self._eyes.latest
        return look if look and self.now_s() - look.at_s < _STALE_S else None

    def _fresh_sound(self) -> Sound | None:
        sound = self._ears.latest
        return sound if sound and self.now_s() - sound.at_s < _STALE_S else None

    def _user_speaks(self) -> bool:
        sound = self._fresh_sound()
        return sound is not None and sound.state.speaking

    def hear_interruption(self) -> None:
        """Let Chuck stop where the user has begun to speak."""
        interrupted, self._ears.interrupted = self._ears.interrupted, None
        if interrupted is not None and interrupted is self.speaking.spoken.playing(self.now_s()):
            self.speaking.heard_interruption()

    def talk_is_over(self) -> bool:
        """Return, once for each, whether a talk has come to its end: Chuck answers it."""
        sound = self._fresh_sound()
        talked_s = self._ears.talked_s
        if sound is None or self._end_s is not None or self.speaking.is_speaking:
            return False
        over = talked_s - self._answered_talk_s >= _TALK_FROM_S and sound.state.silent_for_s >= _TALK_OVER_AFTER_S
        if over and sound.no_signal_s < _NO_SOUND_S:
            self._answered_talk_s = talked_s
            return True
        return False

    def answer(self) -> str:
        """Return one sentence on the talk: what to do next. May wait for the analysis of one sample."""
        return closing_words(self.delivery(final=False))[1]

    def answered(self, text: str) -> None:
        """Keep an answer, and say it."""
        self.utterances.append(Utterance(self.now_s(), text))
        self.speaking.say(text)

    def meter(self) -> dict[str, object]:
        """Return the room's `meter` message; None stands for what is not measured at the moment."""
        look, sound = self._fresh_look(), self._fresh_sound()
        reading = look.reading if look else None
        return {
            "type": "meter",
            "at_s": round(self.now_s(), 2),
            "frame_seq": look.seq if look else None,
            "face": look.state.face if look else None,
            "eye_contact": look.state.eye_contact if look else None,
            "too_dark": look.state.too_dark_for_s > 0 if look else None,
            "face_x": _share(reading.box_x + reading.box_w / 2) if reading else None,
            "face_y": _share(reading.box_y + reading.box_h / 2) if reading else None,
            "smile": round(reading.smile, 2) if reading else None,
            "head_yaw_deg": round(reading.yaw_deg, 1) if reading else None,
            "hands": look.posture.hands if look and look.posture else None,
            "speaking": sound.state.speaking if sound else None,
            "level_db": _finite(sound.state.level_db) if sound else None,
        }

    def observation(self) -> Observation:
        """Return what the cue rules look at."""
        look, sound = self._fresh_look(), self._fresh_sound()
        # From a muted microphone nobody can tell who is silent: of that the room's notice speaks, not Chuck.
        heard = sound is not None and sound.no_signal_s < _NO_SOUND_S
        answered = self._answered_talk_s > 0 and self._answered_talk_s == self._ears.talked_s
        return Observation(
            at_s=self.now_s(),
            looking_away_for_s=look.state.looking_away_for_s if look else None,
            no_face_for_s=look.state.no_face_for_s if look else None,
            speaking_without_pause_s=sound.state.speaking_without_pause_s if sound else None,
            silent_for_s=sound.state.silent_for_s if sound and heard and not answered else None,
            spoke=sound.state.spoke if sound else False,
            level_db=sound.state.level_db if sound else None,
            clipping=sound.state.clipping if sound else False,
            loudest_db=sound.loudest_db if sound else None,
            recent_wpm=self._ears.recent_wpm(self.now_s()) if heard else None,
            hands_still_for_s=look.posture.still_for_s if look and look.posture else None,
        )

    def next_cue(self) -> Cue | None:
        """Return a cue if one is due now, and remember that it was given."""
        if not self.is_live or self._end_s is not None or self.speaking.is_speaking:
            return None
        cue = next_cue(self.observation(), self._cues)
        if cue is not None:
            self._cues.append(cue)
            self.utterances.append(Utterance(cue.at_s, cue.text, cue.kind))
        return cue

    def notice(self) -> str | None:
        """Return words about a device that gives nothing, once each time, or about a model that is on its way."""
        wrong, told = self._trouble(), self._told
        self._told = told & set(wrong)
        if new := next((words for words in wrong if words not in told), None):
            self._told.add(new)
            return new
        if (gone := self.speaking.notice()) is not None:
            return gone
        if self.keeper is not None and (stopped := self.keeper.notice()) is not None:
            return stopped
        return self._ears.transcriber.notice() if self._ears.transcriber is not None else None

    def calibrate(self) -> None:
        """Begin a calibration with the next frame; what becomes of it is told by `calibration`."""
        if self._end_s is None:
            self._calibration_by_s = self._clock.monotonic() + _CALIBRATED_WITHIN_S
            self._calibration_told = None
            self._eyes.calibrating.begin()

    def calibration(self) -> list[dict[str, object]]:
        """Return what is new of a calibration as the room's `calibration` message, if anything is."""
        if self._calibration_by_s is not None and self._clock.monotonic() > self._calibration_by_s:
            self._calibration_by_s = None
            self._eyes.calibrating.give_up(NO_PICTURES_TO_CALIBRATE)
        news = self._eyes.calibrating.news
        if news is None or news == self._calibration_told:
            return []
        self._calibration_told = news
        return [{"type": "calibration"} | news.model_dump()]

    def _trouble(self) -> list[str]:
        sound, look = self._fresh_sound(), self._fresh_look()
        silent = sound is not None and sound.no_signal_s >= _NO_SOUND_S
        dark = look is not None and look.state.too_dark_for_s >= _TOO_DARK_S
        nothing = self.is_live and self._eyes.gives_nothing(self.now_s())
        stands = self._eyes.stands_since_s is not None
        return device_words.notices(silent=silent, dark=dark, stands=stands, nothing=nothing)

    def captions(self) -> list[dict[str, object]]:
        """Return the user's own words as the room's `caption` messages, those that are new since the last call."""
        new = self._ears.transcriber.captions() if self._ears.transcriber is not None else []
        return [{"type": "caption", "role": "user", "text": one.text, "final": one.final} for one in new]

    def _user_said(self, heard: words.Utterance) -> None:
        """Keep what the user said; called in the thread of the words."""
        self.utterances.append(Utterance(heard.start_s, heard.text, role="user", end_s=heard.end_s))

    def stop(self) -> None:
        """Take no more samples; the session's time ends here."""
        self.speaking.hush()
        self._end_s = self.now_s()

    def finish(self, within_s: float) -> Delivery:
        """Analyse what still waits and return the final delivery. Blocks; call it once, in a thread, after `stop`.

        What is not analysed `within_s` seconds is given up, with a warning. The closing words become Chuck's last
        utterance.
        """
        deadline = time.monotonic() + within_s
        for sense in (self._eyes, self._ears):
            self._complete &= sense.finish(max(0.0, deadline - time.monotonic()))
        if self.keeper is not None and not self.keeper.finish(self.now_s()):
            log.warning("the recording of the talk was not closed in time")
        delivery = self.delivery(final=True)
        if not self._ears.warnings(delivery.at_s):
            # What is noisy, overdriven or full of gaps says little about how loud somebody is.
            self._usual.remember(self._ears.level(delivery.at_s))
        if self.is_live:
            self.utterances.append(Utterance(delivery.at_s, " ".join(closing_words(delivery))))
        return delivery

    def delivery(self, *, final: bool) -> Delivery:
        """Return everything measured so far. Safe from any thread; may wait for the analysis of one sample."""
        until_s = self.now_s()
        camera, microphone = self._why_nothing("camera"), self._why_nothing("microphone")
        measures = self._eyes.measures(until_s, camera) | self._ears.measures(until_s, microphone)
        why = measures["loudness_drop"].reason or microphone
        measures["loudness_level"] = self._usual.measure(self._ears.level(until_s), why)
        spans = sorted(self._eyes.spans(until_s) + self._ears.spans(until_s), key=lambda span: span.start_s)
        return Delivery(
            at_s=until_s,
            final=final,
            measures=measures,
            spans=spans,
            warnings=self._warnings(until_s),
            words=self._words(until_s) if final else [],
            timeline=packed(self._eyes.timeline(until_s, *self._ears.stretches(until_s))) if final else None,
        )

    def _words(self, until_s: float) -> list[SpokenWord]:
        told = (word for utterance in self._ears.utterances(until_s) for word in utterance.words)
        return [spoken(word) for word in told if word.start_s < until_s]

    def _why_nothing(self, device: Literal["camera", "microphone"]) -> str:
        return device_words.why_nothing(device, self._devices) if self._joined else device_words.NOBODY

    def _warnings(self, until_s: float) -> list[str]:
        camera = self._devices.camera if self._devices else DeviceState.ON
        found = self._eyes.warnings(until_s if camera is DeviceState.ON else None) + self._ears.warnings(until_s)
        found += device_words.stopped(self._devices, self._eyes, self._ears)
        if self.keeper is not None and self.keeper.fault is not None and not is_lent(self.keeper.path):
            found.append(self.keeper.fault)
        if not self._complete:
            found.append("Not everything that arrived could be analysed in time.")
        return found


def spoken(word: words.Word) -> SpokenWord:
    """Return a word as it travels."""
    start_s = round(word.start_s, 2)
    return SpokenWord(
        text=word.text,
        start_s=start_s,
        end_s=max(start_s, round(word.end_s, 2)),
        filler=word.filler,
        repeat=word.repeat,
    )


def _is_english(language: str | None) -> bool:
    return language is None or language.strip().lower().split("-")[0] in {"", "en", "eng", "english", "multilingual"}


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 3)


def _finite(level_db: float | None) -> float | None:
    return None if level_db is None or level_db < -200 else round(level_db, 1)
