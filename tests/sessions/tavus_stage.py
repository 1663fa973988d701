"""A session with Tavus' stand-in: the real provider, the real client, real HTTP, and a pace for tests."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from coach_desktop.coaching.report import Report
from coach_desktop.core.clock import iso_utc
from coach_desktop.sessions.aftercare import Aftercare, AftercareNews
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.limits import Warnings
from coach_desktop.sessions.provider import Pace
from coach_desktop.sessions.recovery import recover
from coach_desktop.sessions.session import Session, SessionState, SessionUpdate
from coach_desktop.sessions.tavus import TavusProvider
from coach_desktop.store.history import SessionRow
from coach_desktop.store.ledger import LedgerEntry
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.errors import (
    BadRequestError,
    ConcurrencyReachedError,
    CreditsExhaustedError,
    KeyRefusedError,
)
from coach_desktop.tavus.models import CreateConversation
from tests.sessions.scripted import ManualClock
from tests.standin import Drip, Empty, Fault, Held, Html, Huge, Reset, Silence, StandIn, Status, Truncated, WrongTypes

PROFILE = Profile(
    id="chuck-tavus",
    name="Chuck",
    purpose="To practise.",
    provider="tavus",
    persona_id="p0123456789a",
    conversation_name="Coach",
    custom_greeting="Hi.",
    max_call_duration=600,
)
PACE = Pace(poll_s=0.02, patience_s=60.0, final_wait_s=60.0, live_at_once=True)
TIMEOUT_S = 30.0
# For a server that says nothing, or too little, for ever.
SHORT_TIMEOUT_S = 0.8
ENDLESS = {"silence", "slow drip"}


@dataclass
class TavusStage:
    """One data folder, one account, and sessions in them. `on_update` is called in the session's own thread."""

    tavus: StandIn
    history_path: Path
    profile: Profile = PROFILE
    pace: Pace = PACE
    timeout_s: float = TIMEOUT_S
    updates: list[SessionUpdate] = field(default_factory=list)
    news: list[AftercareNews] = field(default_factory=list)
    on_update: Callable[[SessionUpdate], None] = lambda _: None
    clock: ManualClock = field(default_factory=lambda: ManualClock(time.time()))
    warnings: Warnings = field(default_factory=Warnings)
    make_request: Callable[[], CreateConversation] | None = None
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.prepare()

    def prepare(self, end_after_s: float | None = 0.1, *, time_is_the_tests: bool = False) -> None:
        """Make the session anew, of what profile, pace and warnings are now."""
        provider = TavusProvider(
            self.tavus.base_url,
            lambda: self.tavus.key,
            pace=self.pace,
            call_timeout_s=self.timeout_s,
            create_timeout_s=self.timeout_s,
            look_up_pauses_s=(0.02, 0.02),
            end_pauses_s=(0.01, 0.01),
        )
        self.session = Session(
            profile=self.profile,
            provider=provider,
            history_path=self.history_path,
            notify=self._on_session_updated,
            make_request=self.make_request,
            warnings=lambda: self.warnings,
            end_after_s=end_after_s,
            clock=self.clock if time_is_the_tests else None,
        )

    def expect(self, kind: str) -> None:
        """Make the session anew, with short time-outs where this kind of fault never ends by itself."""
        self.timeout_s = SHORT_TIMEOUT_S if kind in ENDLESS else TIMEOUT_S
        self.prepare()

    def _on_session_updated(self, update: SessionUpdate) -> None:
        self.updates.append(update)
        self.on_update(update)

    def run(self) -> SessionUpdate:
        return self.session.run()

    def on_live(self, action: Callable[[], object]) -> None:
        """Do something once, as soon as the session is live."""
        done: list[bool] = []

        def act(update: SessionUpdate) -> None:
            if update.state is SessionState.LIVE and not done:
                done.append(True)
                action()

        self.on_update = act

    def states(self) -> list[SessionState]:
        """Return the states in order, each once."""
        states = [update.state for update in self.updates]
        return [state for number, state in enumerate(states) if number == 0 or states[number - 1] is not state]

    def row(self) -> SessionRow:
        """Return the one session that the history holds."""
        with Archive(self.history_path) as archive:
            (row,) = archive.sessions()
        return row

    def rows(self) -> list[SessionRow]:
        with Archive(self.history_path) as archive:
            return archive.sessions()

    def report(self) -> Report:
        """Return its report."""
        with Archive(self.history_path) as archive:
            (row,) = archive.sessions()
            report = archive.report(row.id)
        assert report is not None
        return report

    def ledger(self) -> LedgerEntry:
        """Return the one entry of the ledger."""
        with Archive(self.history_path) as archive:
            (entry,) = archive.history.ledger()
        return entry

    def client(self) -> TavusClient:
        return TavusClient(self.tavus.base_url, self.tavus.key, read_timeout_s=self.timeout_s)

    def aftercare(self, make_client: Callable[[], TavusClient | None] | None = None) -> Aftercare:
        """Return one whose clock is the test's, to be driven by `look_once`."""
        return Aftercare(
            self.history_path,
            make_client or self.client,
            self.news.append,
            under_way=self.under_way,
            clock=self.clock,
            end_pauses_s=(0.01, 0.01),
        )

    def under_way(self) -> list[str]:
        """Return the session of this stage while it may run."""
        return [] if self.session.is_over.is_set() else [self.session.session_id]

    def told(self) -> list[str]:
        return [entry.kind for entry in self.news]


def analyses_in(report: Report) -> list[object]:
    """Return what the report's analysis events say."""
    return [event.properties.get("analysis") for event in report.events if event.type.endswith("perception_analysis")]


TOKEN = "0123456789ab"  # noqa: S105 - a name's, not a secret
# With these the request was carried out, and whoever asked does not hear so properly.
CARRIED_OUT: dict[str, Fault] = {
    "500": Status(code=500, after=True),
    "html 502": Html(after=True),
    "html 200": Html(code=200, after=True),
    "reset": Reset(after=True),
    "silence": Silence(after=True),
    "empty": Empty(),
    "truncated": Truncated(),
    "wrong types": WrongTypes(),
    "50 MB": Huge(),
    "slow drip": Drip(every_s=0.05),
}
NOT_CARRIED_OUT: dict[str, Fault] = {
    "500": Status(code=500),
    "html 200": Html(code=200),
    "reset": Reset(),
    "silence": Silence(),
}
REFUSED = {
    "key": (Status(code=401, body={"message": "Invalid access token"}), KeyRefusedError),
    "credits": (Status(code=402, body={"message": "The user is out of conversational credits"}), CreditsExhaustedError),
    "concurrency": (
        Status(code=400, body={"message": "User has reached maximum concurrent conversations"}),
        ConcurrencyReachedError,
    ),
    "bad id": (Status(code=400, body={"error": "Invalid replica_uuid"}), BadRequestError),
}
FAULTS: dict[str, Fault] = {
    "500": Status(code=500),
    "402": Status(code=402, body={"message": "The user is out of conversational credits."}),
    "429": Status(code=429),
    "html 200": Html(code=200),
    "reset": Reset(),
    "silence": Silence(),
    "empty": Empty(),
    "truncated": Truncated(),
    "wrong types": WrongTypes(),
    "50 MB": Huge(),
    "slow drip": Drip(every_s=0.05),
}


def left_by_a_crash(
    stage: TavusStage, *, knows_id: bool = True, exists: bool = True, age_s: float = 60.0, recovered: bool = True
) -> Held | None:
    """Leave one row as a crash does, `age_s` old, and its conversation; then start again."""
    held = None
    if exists:
        stage.tavus.create({"persona_id": "p1", "conversation_name": f"Coach [{TOKEN}]"})
        held = stage.tavus.conversations[-1]
    began = iso_utc(stage.clock.epoch() - age_s)
    with Archive(stage.history_path) as archive:
        archive.history.begin(SessionRow("s1", "p", "P", "tavus", "running", began, None), TOKEN)
        if knows_id:
            conversation_id = held.conversation_id if held else "cnever"
            archive.history.set_conversation("s1", conversation_id, stage.clock.epoch() - age_s)
        if recovered:
            recover(archive)
    return held


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < give_up, "it did not come about"
        time.sleep(0.01)
