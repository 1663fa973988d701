"""A session that is played rather than held: it says what a test tells it to, in a thread, as a real one does."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from coach_desktop.coaching.report import Report, SessionFacts, Turn, build_report
from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.session import SessionState, SessionUpdate
from coach_desktop.store.history import History, SessionRow
from coach_desktop.store.profile_files import StoredProfile
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.delivery import Delivery, Measure, MeasureName, Span, measured, not_measured
from coach_desktop.tavus.models import CreateConversation

STARTED = "2026-11-20T14:32:05.000000Z"
CHUCK = Profile(id="chuck-local", name="Chuck", purpose="Practise a talk.")


def stored(*profiles: Profile) -> list[StoredProfile]:
    """Return profiles as they come from the shelf, as the user's own."""
    return [StoredProfile(profile, Path(f"{profile.id}.toml"), built_in=False) for profile in profiles]


MEASURES: dict[MeasureName, Measure] = {
    "face_present": measured("face_present", 0.98),
    "eye_contact": measured("eye_contact", 0.31),
    "smile": measured("smile", 0.2),
    "head_yaw_spread": measured("head_yaw_spread", 9.0),
    "speaking_share": measured("speaking_share", 0.8),
    "speaking_time": measured("speaking_time", 50.0),
    "pause_share": measured("pause_share", 0.14),
    "pause_longest": measured("pause_longest", 1.4),
    "pause_count": measured("pause_count", 9.0),
    "loudness_range": not_measured("loudness_range", "The microphone was too quiet."),
    "loudness_drop": not_measured("loudness_drop", "The microphone was too quiet."),
    "loudness_level": not_measured("loudness_level", "The microphone was too quiet."),
    "pitch_spread": measured("pitch_spread", 2.4),
    "words": measured("words", 131.0),
    "pace": measured("pace", 146.0).model_copy(update={"band": "good"}),
    "pace_spread": measured("pace_spread", 14.0),
    "articulation_rate": measured("articulation_rate", 4.4),
    "filler_sounds": measured("filler_sounds", 6.0),
    "filler_words": measured("filler_words", 2.0),
    "filler_rate": measured("filler_rate", 8.6).model_copy(update={"band": "watch"}),
    "repeats": measured("repeats", 1.0),
    "pause_inside": measured("pause_inside", 0.25),
}


def report(status: str = "done", session_id: str = "s1", warnings: list[str] | None = None) -> Report:
    """Return a report that the real rules made of measures."""
    return build_report(
        SessionFacts.model_validate(
            {
                "id": session_id, "profile_id": CHUCK.id, "provider": "local", "started_at": STARTED,
                "duration_s": 62.0, "billed_s": 0.0, "status": status,
            }
        ),
        Delivery(
            at_s=62.0, final=True, measures=MEASURES, warnings=warnings or [],
            spans=[Span(kind="look_away", start_s=20.0, end_s=33.0), Span(kind="speech", start_s=1.0, end_s=60.0)],
        ),
        [Turn(role="replica", text="Hi, I am <b>Chuck</b>.", start_s=0.1, end_s=2.0, words=[])],
        [],
        "",
    )  # fmt: skip


def keep(path: Path, session_id: str, status: str = "done", started_at: str = STARTED, text: str | None = None) -> None:
    """Write a past session into a history."""
    history = History(path)
    history.delete(session_id)
    history.begin(SessionRow(session_id, CHUCK.id, CHUCK.name, "local", "running", started_at, None), session_id)
    if status != "running":
        body = text if text is not None else report(status, session_id).model_dump_json(by_alias=True)
        history.finish(session_id, status, None if status == "failed" else 62.0, body)  # type: ignore[arg-type]
    history.close()


@dataclass
class PlayedSession:
    """Does what `play` is told; ends at `request_end` and `cancel` unless it is `stubborn`."""

    notify: Callable[[SessionUpdate], None]
    history_path: Path
    stubborn: bool = False
    profile: Profile = CHUCK
    request: CreateConversation | None = None
    asked: list[str] = field(default_factory=list)
    _script: queue.Queue[SessionUpdate | Exception] = field(default_factory=queue.Queue)

    def play(self, state: SessionState, message: str = "", **more: object) -> None:
        """Send an update from the session's thread."""
        self._script.put(SessionUpdate(state, "s1", message or f"{state}…", **more))  # type: ignore[arg-type]

    def live(self, room_url: str | None = None, cue: str | None = None, since_s: float = 5.0) -> None:
        """Be live."""
        self.play(SessionState.LIVE, room_url=room_url, live_since=time.time() - since_s, cue=cue)

    def break_down(self, error: Exception) -> None:
        """Raise in the session's thread."""
        self._script.put(error)

    def done(self, status: str = "done") -> None:
        """Bring the report, kept as a real session keeps it."""
        self.play(SessionState.REPORTING)
        self.play(SessionState.DONE, report=report(status))

    def run(self) -> SessionUpdate:
        while True:
            update = self._script.get(timeout=600)
            if isinstance(update, Exception):
                raise update
            if update.state is SessionState.DONE:
                keep(self.history_path, "s1", update.report.session.status if update.report else "done")
            self.notify(update)
            if update.state in {SessionState.DONE, SessionState.FAILED, SessionState.IDLE}:
                return update

    def request_end(self) -> None:
        self.asked.append("end")
        if not self.stubborn:
            self.play(SessionState.ENDING)
            self.done()

    def cancel(self) -> None:
        self.asked.append("cancel")
        self.play(SessionState.IDLE, "Cancelled. Nothing was recorded.")

    def fail(self, error: CoachError) -> None:
        """Fail in plain words."""
        self.play(SessionState.FAILED, error.what, error=error)
