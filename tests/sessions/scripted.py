"""A provider whose conversation runs by the test's own clock, and builders of what a provider tells."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

from coach_desktop.core.clock import iso_utc
from coach_desktop.sessions.provider import Pace
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.delivery import DELIVERY_EVENT, MeasureName, measured
from coach_desktop.tavus.models import UTTERANCE_EVENT, Conversation, CreateConversation

PROFILE = Profile(
    id="chuck-local",
    name="Chuck",
    purpose="To practise.",
    persona_id="p1",
    custom_greeting="Hi.",
    max_call_duration=600,
)
VALUES: dict[MeasureName, float] = {
    "face_present": 0.9, "eye_contact": 0.7, "smile": 0.2, "head_yaw_spread": 8.0,
    "look_aways": 3, "look_away_longest": 2.0, "brow_raises": 1, "nods": 2, "hands_visible": 0.5, "hand_at_face": 0.0,
    "gesture_activity": 0.3, "shoulder_tilt": 2.0, "lean": 3.0, "slouch": 0.0, "sway": 0.1, "crossed_arms": 0.0,
    "speaking_share": 0.8,
    "speaking_time": 10.0, "pause_share": 0.2, "pause_longest": 1.0, "pause_count": 4, "loudness_range": 9.0,
    "loudness_drop": 1.0, "loudness_level": -1.5, "pitch_spread": 2.5, "words": 25, "pace": 140.0, "pace_spread": 10.0,
    "articulation_rate": 4.2, "filler_sounds": 1,
    "filler_words": 0, "filler_rate": 5.0, "repeats": 0, "pause_inside": 0.2,
}  # fmt: skip

Hook = Callable[[int], None]


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, epoch_s: float = 1.8e9) -> None:
        self.now = epoch_s
        self.set_forward_s = 0.0
        self.asleep_s = 0.0

    def monotonic(self) -> float:
        return self.now - 1e9

    def epoch(self) -> float:
        return self.now + self.set_forward_s

    def awake_or_asleep(self) -> float:
        return self.monotonic() + self.asleep_s


def delivery(at_s: float, *, final: bool) -> dict[str, Any]:
    measures = {name: measured(name, value).model_dump() for name, value in VALUES.items()}
    return {"at_s": at_s, "final": final, "measures": measures, "spans": [], "warnings": []}


def event(event_type: str, epoch_s: float, **properties: object) -> dict[str, Any]:
    return {"event_type": event_type, "timestamp": iso_utc(epoch_s), "properties": properties}


class ScriptedProvider:
    """Goes live `live_after_s` after create; each fetch takes `step_s`. `on[call](n)` runs at its nth call (from 1)."""

    kind: Literal["local", "tavus"] = "local"
    pace = Pace(poll_s=0.0, patience_s=10.0, final_wait_s=15.0, live_at_once=False)

    def __init__(self, clock: ManualClock, *, live_after_s: float = 2.0, step_s: float = 1.0) -> None:
        self.clock = clock
        self.live_after_s = live_after_s
        self.step_s = step_s
        self.on: dict[str, Hook] = {}
        self.calls: list[str] = []
        self.requests: list[CreateConversation] = []
        self.url: str | None = "http://127.0.0.1:1/rooms/c1"
        self.meeting_token: str | None = None
        self.ends_by_itself_after_s: float | None = None
        self.polls_until_final = 1
        self.cues: dict[float, str] = {}
        self.created_told_s: float | None = None
        self._created_at: float | None = None
        self._ended_at: float | None = None
        self._polls_since_end = 0
        self._counts: Counter[str] = Counter()

    @property
    def has_ended(self) -> bool:
        return self._ended_at is not None

    def _called(self, name: str) -> None:
        self.calls.append(name)
        self._counts[name] += 1
        if name in self.on:
            self.on[name](self._counts[name])

    def open(self, cancelled: threading.Event) -> None:  # noqa: ARG002 - the protocol's signature
        self._called("open")

    def create(self, request: CreateConversation) -> Conversation:
        self.requests.append(request)
        self._called("create")
        self._created_at = self.clock.now
        told = None if self.created_told_s is None else iso_utc(self.clock.now + self.created_told_s)
        return Conversation(
            conversation_id="c1",
            conversation_url=self.url,
            status="active",
            created_at=told,
            meeting_token=self.meeting_token,
        )

    def fetch(self, conversation_id: str) -> Conversation:
        assert conversation_id == "c1"
        self.clock.now += self.step_s
        self._called("fetch")
        if self._ended_at is not None:
            self._polls_since_end += 1
        return Conversation.model_validate(self._told())

    def end(self, conversation_id: str) -> None:
        assert conversation_id == "c1"
        self._called("end")
        self._ended_at = self._ended_at or self.clock.now

    def close(self) -> None:
        self._called("close")

    def _told(self) -> dict[str, Any]:
        assert self._created_at is not None
        live_at = self._created_at + self.live_after_s
        events = []
        if self.clock.now >= live_at:
            at_s = self.clock.now - live_at
            if self.ends_by_itself_after_s is not None and at_s >= self.ends_by_itself_after_s:
                self._ended_at = self._ended_at or self.clock.now
            events += [event("system.replica_joined", live_at), event("system.pal_joined", live_at)]
            events += [
                event(UTTERANCE_EVENT, live_at + when, role="replica", speech=text, at_s=when, cue=True)
                for when, text in self.cues.items()
                if when <= at_s
            ]
            final = self._ended_at is not None and self._polls_since_end >= self.polls_until_final
            events.append(event(DELIVERY_EVENT, self.clock.now) | {"properties": delivery(at_s, final=final)})
        return {
            "conversation_id": "c1",
            "conversation_url": self.url,
            "status": "active" if self._ended_at is None else "ended",
            "events": events,
        }
