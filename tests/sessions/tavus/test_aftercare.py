"""What sessions leave running: only ours is ended, only when its session is over, whatever goes wrong."""

from __future__ import annotations

import time

import pytest

from coach_desktop.core.clock import iso_utc
from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.aftercare import GIVE_UP_AFTER_S, Aftercare
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.ending import OWN_END_S
from coach_desktop.store.history import SessionRow
from coach_desktop.tavus import lookup
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.models import Conversation
from tests.sessions.tavus_stage import FAULTS, TOKEN, TavusStage, left_by_a_crash, until
from tests.standin import StandIn, Status


@pytest.mark.parametrize("knows_id", [True, False])
def test_what_a_crash_left_is_ended_and_nothing_else(stage: TavusStage, knows_id: bool) -> None:
    foreign = [stage.tavus.add_foreign(name) for name in ("Coach", "Coach [another]", f"Coach {TOKEN}")]
    held = left_by_a_crash(stage, knows_id=knows_id)
    assert held is not None
    stage.aftercare().look_once()
    assert held.status == "ended"
    assert {one.status for one in foreign} == {"active"}
    row = stage.row()
    assert (row.status, row.remote_open) == ("interrupted", False)
    assert stage.told()[0] == "ended_leftover"
    assert stage.news[0].session_id == "s1"
    # To know what it cost is worth something in any case.
    assert stage.report().session.billed_s == pytest.approx(held.billed_s, abs=0.01)
    # Into a room that the journal does not know nobody was let.
    assert row.analysis == ("pending" if knows_id else "none")


def test_session_under_way_is_never_touched(stage: TavusStage, monkeypatch: pytest.MonkeyPatch) -> None:
    held = left_by_a_crash(stage, recovered=False)
    assert held is not None
    monkeypatch.setattr(stage, "under_way", lambda: ["s1"])
    aftercare = stage.aftercare()
    assert aftercare.look_once() is None
    aftercare.wake()
    assert aftercare.look_once() is None
    assert stage.row().status == "running"
    assert held.status == "active"
    assert stage.tavus.requests == []
    assert stage.row().remote_open


def test_nothing_left_means_that_nobody_is_asked(stage: TavusStage) -> None:
    def never() -> TavusClient:
        raise AssertionError("there is nothing to ask for")

    aftercare = stage.aftercare(never)
    assert aftercare.look_once() is None
    assert stage.news == []


@pytest.mark.parametrize("operation", ["end", "get", "list"])
@pytest.mark.parametrize("kind", FAULTS)
def test_whatever_goes_wrong_it_is_tried_again_until_it_has_ended(stage: TavusStage, kind: str, operation: str) -> None:
    held = left_by_a_crash(stage)
    assert held is not None
    stage.expect(kind)
    stage.tavus.plan(operation, *[FAULTS[kind]] * (1 if operation == "list" else 3))  # type: ignore[arg-type]
    aftercare = stage.aftercare()
    aftercare.look_once()
    for _ in range(3):
        if not stage.row().remote_open:
            break
        stage.clock.now += 60.0
        aftercare.look_once()
    assert held.status == "ended"
    assert not stage.row().remote_open
    assert stage.told().count("ended_leftover") == 1
    assert stage.told().count("cannot_end") <= 1


def test_one_that_has_ended_by_itself_is_only_written_down(stage: TavusStage) -> None:
    held = left_by_a_crash(stage)
    assert held is not None
    stage.tavus.end(held.conversation_id)
    stage.aftercare().look_once()
    assert not stage.row().remote_open
    assert stage.tavus.ends == []
    assert "Nothing of an earlier conversation runs" in stage.news[0].text


def test_conversation_that_is_gone_is_closed_when_it_would_have_ended_by_itself(stage: TavusStage) -> None:
    left_by_a_crash(stage, exists=False)
    aftercare = stage.aftercare()
    assert aftercare.look_once() == 5.0
    assert stage.row().remote_open
    assert stage.told() == ["cannot_end"]
    assert "does not know it" in stage.news[0].text
    stage.clock.now += OWN_END_S
    aftercare.look_once()
    assert not stage.row().remote_open
    assert stage.told() == ["cannot_end", "ended_leftover"]
    assert stage.row().analysis == "pending"
    stage.clock.now += GIVE_UP_AFTER_S
    stage.aftercare().look_once()
    assert stage.row().analysis == "missing"


@pytest.mark.parametrize("knows_id", [True, False])
def test_another_account_or_address_closes_no_row(stage: TavusStage, knows_id: bool) -> None:
    held = left_by_a_crash(stage, knows_id=knows_id)
    assert held is not None
    with StandIn() as other:
        foreign = other.add_foreign("Coach")
        elsewhere = [True]
        aftercare = stage.aftercare(lambda: TavusClient(other.base_url, other.key) if elsewhere else stage.client())
        aftercare.look_once()
        stage.clock.now += 5.0
        aftercare.look_once()
        assert stage.row().remote_open
        assert foreign.status == held.status == "active"
        assert stage.told() == (["cannot_end"] if knows_id else [])
        elsewhere.clear()
        aftercare.wake()
        aftercare.look_once()
    assert held.status == "ended"
    assert not stage.row().remote_open


def test_one_that_is_not_known_and_yet_listed_stays_open(stage: TavusStage) -> None:
    held = left_by_a_crash(stage)
    assert held is not None
    unknown = Status(code=400, body={"error": "Invalid conversation_id"})
    stage.tavus.plan("get", *[unknown] * 2)
    aftercare = stage.aftercare()
    assert aftercare.look_once() == 5.0
    assert stage.row().remote_open
    stage.clock.now += 5.0
    aftercare.look_once()
    assert held.status == "ended"


def test_clock_that_was_a_year_ahead_keeps_no_row_for_ever(stage: TavusStage) -> None:
    left_by_a_crash(stage, exists=False, knows_id=False, age_s=-365 * 86_400.0)
    aftercare = stage.aftercare()
    waited = 0.0
    while (pause := aftercare.look_once()) is not None:
        waited += pause
        stage.clock.now += pause
    assert waited == pytest.approx(OWN_END_S, abs=120.0)
    assert not stage.row().remote_open


@pytest.mark.expects_warnings("cannot be recovered")
def test_damaged_rows_keep_nobody_elses_conversation_from_being_ended(stage: TavusStage) -> None:
    held = left_by_a_crash(stage)
    assert held is not None
    stage.tavus.create({"persona_id": "p1", "conversation_name": "Coach [another-ours]"})
    with Archive(stage.history_path) as archive:
        # One has no token any more, the other's duration is no length of time.
        archive.history.begin(SessionRow("s0", "p", "P", "tavus", "running", "", None), "")
        archive.history.begin(SessionRow("s2", "p", "P", "tavus", "running", iso_utc(time.time()), 0.0), "another-ours")
        archive.history.checkpoint("s2", -1.0, "{}")
        archive.history.set_conversation("s2", stage.tavus.conversations[-1].conversation_id)
    stage.aftercare().look_once()
    assert stage.tavus.active() == []
    assert not any(row.remote_open for row in stage.rows())


@pytest.mark.expects_warnings("could not be looked after")
def test_bug_with_one_row_keeps_nobody_elses_conversation_from_being_ended(
    stage: TavusStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = left_by_a_crash(stage)
    assert held is not None
    with Archive(stage.history_path) as archive:
        began = iso_utc(stage.clock.epoch() - 120.0)
        archive.history.begin(SessionRow("s0", "p", "P", "tavus", "failed", began, None), "bad")
    look = lookup.find_by_token

    def look_with_a_bug(client: TavusClient, token: str) -> list[Conversation]:
        if token == "bad":  # noqa: S105 - a name's, not a secret
            raise RuntimeError(token)
        return look(client, token)

    monkeypatch.setattr("coach_desktop.sessions.aftercare.find_by_token", look_with_a_bug)
    stage.aftercare().look_once()
    assert held.status == "ended"
    assert {row.id: row.remote_open for row in stage.rows()} == {"s0": True, "s1": False}
    assert stage.told() == ["cannot_end", "ended_leftover"]
    assert "inside the app" in stage.news[0].text


@pytest.mark.expects_warnings("has failed; it goes on")
def test_thread_outlives_a_bug(stage: TavusStage, monkeypatch: pytest.MonkeyPatch) -> None:
    held = left_by_a_crash(stage)
    assert held is not None
    aftercare = Aftercare(stage.history_path, stage.client, stage.news.append, under_way=tuple, back_off_s=(0.01,))
    look, failures = aftercare.look_once, ["once"]

    def look_after_a_bug() -> float | None:
        if failures:
            raise MemoryError(failures.pop())
        return look()

    monkeypatch.setattr(aftercare, "look_once", look_after_a_bug)
    aftercare.start()
    until(lambda: held.status == "ended")
    assert aftercare.stop(60)


def test_one_that_is_known_by_another_id_too_is_ended_with_it(stage: TavusStage) -> None:
    left_by_a_crash(stage)
    stage.tavus.create({"persona_id": "p1", "conversation_name": f"Coach [{TOKEN}]"})
    assert len(stage.tavus.active()) == 2
    stage.aftercare().look_once()
    assert stage.tavus.active() == []


def test_what_was_never_seen_is_looked_for_until_it_would_have_ended_by_itself(stage: TavusStage) -> None:
    left_by_a_crash(stage, knows_id=False, exists=False, age_s=0.0)
    aftercare = stage.aftercare()
    pauses: list[float] = []
    while (pause := aftercare.look_once()) is not None:
        pauses.append(pause)
        stage.clock.now += pause
        assert stage.row().remote_open
    assert pauses[:6] == pytest.approx([5.0, 10.0, 20.0, 40.0, 60.0, 60.0])
    assert sum(pauses) > OWN_END_S
    assert not stage.row().remote_open
    assert stage.told() == ["ended_leftover"]


@pytest.mark.parametrize("reason", ["none", "locked", "refused"])
def test_without_a_key_that_works_it_is_told_once_and_made_good_with_one(stage: TavusStage, reason: str) -> None:
    held = left_by_a_crash(stage)
    assert held is not None
    works: list[bool] = []

    def client() -> TavusClient | None:
        if works:
            return stage.client()
        if reason == "locked":
            raise CoachError("The keyring is locked.")
        return None if reason == "none" else TavusClient(stage.tavus.base_url, "another-key")

    # A refusal may be that of a network on the way, and pass; a locked keyring would ask its user again and again.
    again_in = 60.0 if reason == "refused" else None
    aftercare = stage.aftercare(client)
    assert aftercare.look_once() == again_in
    aftercare.wake()
    assert aftercare.look_once() == again_in
    assert stage.told() == ["cannot_end"]
    assert "key" in stage.news[0].text
    assert held.status == "active"
    works.append(True)
    aftercare.wake()
    aftercare.look_once()
    assert held.status == "ended"
    assert not stage.row().remote_open


@pytest.mark.parametrize("reason", ["none", "refused"])
def test_without_a_key_it_is_let_go_when_it_has_ended_by_itself(stage: TavusStage, reason: str) -> None:
    left_by_a_crash(stage, exists=False, age_s=OWN_END_S + 1)
    other = TavusClient(stage.tavus.base_url, "another-key")
    stage.aftercare(lambda: None if reason == "none" else other).look_once()
    assert not stage.row().remote_open
    assert stage.told() == ["ended_leftover"]


def test_without_a_network_it_is_tried_ever_more_slowly_and_told_once(stage: TavusStage) -> None:
    left_by_a_crash(stage)
    with StandIn() as gone:
        address = gone.base_url
    aftercare = stage.aftercare(lambda: TavusClient(address, "key"))
    pauses = []
    for _ in range(6):
        pause = aftercare.look_once()
        assert pause is not None
        pauses.append(pause)
        stage.clock.now += pause
    assert pauses == pytest.approx([5.0, 10.0, 20.0, 40.0, 60.0, 60.0])
    assert stage.told() == ["cannot_end"]
    assert "reached" in stage.news[0].text
    assert stage.row().remote_open


@pytest.mark.expects_warnings("nothing can be looked after now")
def test_history_that_cannot_be_used_is_tried_again(stage: TavusStage) -> None:
    stage.history_path.write_bytes(b"no database" * 1000)
    assert stage.aftercare().look_once() == 60.0
