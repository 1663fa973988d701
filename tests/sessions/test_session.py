"""One session from start to report: every state, every way out, and what is in the history at each moment."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from coach_desktop.coaching import labels
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.sessions import session as session_module
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.provider import ProviderGoneError
from coach_desktop.sessions.session import SessionState, SessionUpdate
from coach_desktop.store import history as history_module
from coach_desktop.store.history import HistoryError
from coach_desktop.tavus.errors import (
    ConcurrencyReachedError,
    ServerFaultError,
    UnknownOutcomeError,
    UnreachableError,
)
from coach_desktop.tavus.models import Conversation
from tests.sessions.conftest import Stage
from tests.sessions.scripted import PROFILE, VALUES, Hook

IDLE, STARTING, LIVE = SessionState.IDLE, SessionState.STARTING, SessionState.LIVE
ENDING, REPORTING, DONE = SessionState.ENDING, SessionState.REPORTING, SessionState.DONE
FAILED = SessionState.FAILED

gone = ProviderGoneError("The coach has gone.", do="Start again.")


def raising(error: CoachError, *, at: int | range) -> Hook:
    """Return a hook that raises at these calls."""
    calls = range(at, at + 1) if isinstance(at, int) else at

    def hook(number: int) -> None:
        if number in calls:
            raise error

    return hook


def test_whole_session_goes_through_every_state_and_is_kept(stage: Stage) -> None:
    stage.provider.cues = {15.0: "Look up", 18.0: "Slow down"}
    last = stage.run()
    assert stage.states() == [STARTING, LIVE, ENDING, REPORTING, DONE]
    assert stage.provider.calls[:2] == ["open", "create"]
    assert stage.provider.calls.count("create") == stage.provider.calls.count("end") == 1

    row, report = stage.kept()
    assert last.report == report
    assert (row.status, report.session.status) == ("done", "done")
    assert (row.profile_id, row.profile_name, row.provider) == ("chuck-local", "Chuck", "local")
    assert row.duration_s == report.session.duration_s == pytest.approx(20.0, abs=1.0)
    assert {name: measure.value for name, measure in report.measures.items()} == VALUES
    assert [turn.text for turn in report.transcript] == ["Look up", "Slow down"]
    assert report.session.id == last.session_id == stage.session.session_id


def test_updates_tell_room_live_and_cues(stage: Stage) -> None:
    stage.provider.cues = {15.0: "Look up", 18.0: "Slow down"}
    stage.provider.meeting_token = "a-token"  # noqa: S105
    began = stage.clock.now
    stage.run()
    assert stage.updates[0].room_url is None
    assert stage.updates[1].room_url == "http://127.0.0.1:1/rooms/c1?t=a-token"
    live = next(update for update in stage.updates if update.state is LIVE)
    assert live.live_since == began + 2.0
    assert live.cue is None
    cues = [update.cue for update in stage.updates if update.cue]
    assert list(dict.fromkeys(cues)) == ["Look up", "Slow down"]
    assert all(update.message for update in stage.updates)
    assert {update.session_id for update in stage.updates} == {stage.updates[0].session_id}


def test_token_joins_a_query_that_is_there(stage: Stage) -> None:
    stage.provider.url, stage.provider.meeting_token = "http://h/c1?a=b", "x"
    stage.run()
    assert stage.updates[-1].room_url == "http://h/c1?a=b&t=x"


def test_request_is_made_of_the_profile(stage: Stage) -> None:
    stage.run()
    (request,) = stage.provider.requests
    assert (request.persona_id, request.custom_greeting) == ("p1", "Hi.")
    assert request.properties is not None
    assert request.properties.max_call_duration == PROFILE.max_call_duration


def test_journal_holds_the_token_before_create_and_the_id_before_the_room_opens(stage: Stage) -> None:
    seen: list[str | None] = []

    def look(_: object) -> None:
        with Archive(stage.history_path) as archive:
            (left,) = archive.history.unfinished()
        assert f"[{left.name_token}]" in (stage.provider.requests[0].conversation_name or "")
        seen.append(left.conversation_id)

    def look_as_the_room_opens(update: SessionUpdate) -> None:
        if update.room_url and len(seen) == 1:
            look(update)

    stage.provider.on["create"] = look
    stage.on_update = look_as_the_room_opens
    stage.run()
    assert seen == [None, "c1"]


def test_what_arrived_is_stored_at_least_every_ten_seconds(stage: Stage) -> None:
    stage.prepare(end_after_s=60.0)
    ages: list[float] = []

    def look(number: int) -> None:
        live_for = stage.clock.now - stage.updates[-1].live_since if stage.updates[-1].live_since else 0.0
        if live_for > 1:
            with Archive(stage.history_path) as archive:
                (left,) = archive.history.unfinished()
                snapshot = archive.snapshot_of(left)
            assert snapshot.delivery is not None
            ages.append(live_for - snapshot.delivery.at_s)

    stage.provider.on["fetch"] = look
    stage.on_update = lambda update: stage.provider.on.clear() if update.state is ENDING else None
    stage.run()
    assert len(ages) > 50
    assert max(ages) <= 10.0


def test_end_that_is_asked_for_is_the_end_of_the_measured_time(stage: Stage) -> None:
    stage.prepare(end_after_s=None)
    stage.provider.polls_until_final = 8
    stage.provider.on["fetch"] = lambda number: stage.session.request_end() if number == 12 else None
    stage.run()
    row, report = stage.kept()
    assert row.status == "done"
    # Live after 2 of 12 fetches of a second; the 8 seconds until the figures were final do not count.
    assert report.session.duration_s == pytest.approx(10.0)


@pytest.mark.parametrize("skew_s", [-1.7e9, -3600.0, 3600.0, 1e9])
def test_providers_clock_that_goes_wrong_does_not_change_the_length(stage: Stage, skew_s: float) -> None:
    told = stage.provider.fetch

    def fetch(conversation_id: str) -> Conversation:
        conversation = told(conversation_id)
        for entry in conversation.events:
            moment = entry.at()
            assert moment is not None
            entry.timestamp = moment + skew_s
        return conversation

    stage.provider.fetch = fetch  # type: ignore[method-assign]
    assert stage.run().state is DONE
    live = [update.live_since for update in stage.updates if update.live_since is not None]
    assert len(set(live)) == 1
    assert stage.kept()[1].session.duration_s == pytest.approx(20.0, abs=2.5)


@pytest.mark.parametrize("ended_because", ["by itself", "before anybody came"])
def test_conversation_that_ends_by_itself_is_reported(stage: Stage, ended_because: str) -> None:
    stage.prepare(end_after_s=None)
    stage.provider.ends_by_itself_after_s = 30.0
    if ended_because == "before anybody came":
        stage.provider.on["fetch"] = lambda number: stage.provider.end("c1") if number == 1 else None
    assert stage.run().state is DONE
    assert stage.kept()[0].status == "done"


@pytest.mark.parametrize("leap_s", [-3600.0, 0.0, 3600.0])
@pytest.mark.parametrize("told", [-1e6, 0.5, 1e6, None])
def test_what_is_billed_runs_from_creation_to_the_end_whatever_clocks_say(
    stage: Stage, told: float | None, leap_s: float
) -> None:
    stage.provider.kind = "tavus"
    stage.provider.pace = replace(stage.provider.pace, live_at_once=True)
    stage.prepare(end_after_s=30.0)
    stage.provider.created_told_s = told

    def set_clock(number: int) -> None:
        if number == 5:
            stage.clock.set_forward_s = leap_s

    stage.provider.on["fetch"] = set_clock
    began = stage.clock.epoch()
    assert stage.run().state is DONE
    facts = stage.kept()[1].session
    assert facts.billed_s == pytest.approx(30.0, abs=1.5)
    assert facts.duration_s == pytest.approx(30.0, abs=1.5)
    assert {update.billed_since for update in stage.updates[2:]} == {began}
    assert stage.states() == [STARTING, LIVE, ENDING, REPORTING, DONE]


# --- ways out ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before run", "open", "create", "fetch"])
def test_cancel_before_live_keeps_nothing_and_leaves_nothing_running(stage: Stage, moment: str) -> None:
    if moment == "before run":
        stage.session.cancel()
    else:
        stage.provider.on[moment] = lambda _: stage.session.cancel()
    assert stage.run().state is IDLE
    assert stage.states() == [STARTING, IDLE]
    assert stage.rows() == []
    assert ("end" in stage.provider.calls) == ("create" in stage.provider.calls)


def test_cancel_is_told_by_a_provider_that_waits(stage: Stage) -> None:
    stage.provider.on["open"] = raising(Cancelled(), at=1)
    assert stage.run().state is IDLE
    assert stage.rows() == []


@pytest.mark.parametrize("error", [UnreachableError("No answer."), gone])
@pytest.mark.expects_warnings("could not be ended")
def test_cancel_keeps_nothing_even_where_the_end_fails(stage: Stage, error: CoachError) -> None:
    stage.provider.on["fetch"] = lambda _: stage.session.cancel()
    stage.provider.on["end"] = raising(error, at=1)
    assert stage.run().state is IDLE
    assert stage.rows() == []


def test_cancel_while_live_ends_and_reports_with_final_figures(stage: Stage) -> None:
    stage.provider.polls_until_final = 4
    stage.on_update = lambda update: stage.session.cancel() if update.state is LIVE else None
    assert stage.run().state is DONE
    assert stage.kept()[1].session.status == "done"


def test_second_wish_to_end_cuts_the_wait_for_final_figures_short(stage: Stage) -> None:
    stage.provider.polls_until_final = 10_000
    stage.on_update = lambda update: stage.session.cancel() if update.state in {LIVE, ENDING} else None
    assert stage.run().state is DONE
    assert stage.kept()[1].session.status == "interrupted"
    assert stage.provider.calls.count("fetch") < 10


def test_figures_that_never_become_final_are_reported_as_interrupted(stage: Stage) -> None:
    stage.provider.polls_until_final = 10_000
    last = stage.run()
    assert last.state is DONE
    assert "interrupted" in last.message
    row, report = stage.kept()
    assert (row.status, report.session.status) == ("interrupted", "interrupted")
    assert report.measures["eye_contact"].status == "measured"


# --- what can go wrong ---------------------------------------------------------------------------------------------


@pytest.mark.expects_warnings("the session failed")
def test_provider_that_does_not_open_leaves_nothing(stage: Stage) -> None:
    error = CoachError("The local coach did not become ready.")
    stage.provider.on["open"] = raising(error, at=1)
    last = stage.run()
    assert (last.state, last.error) == (FAILED, error)
    assert stage.rows() == []


@pytest.mark.expects_warnings("the session failed")
@pytest.mark.parametrize("error", [ConcurrencyReachedError("Too many."), UnknownOutcomeError("Who knows."), gone])
def test_create_that_fails_is_asked_once_and_told(stage: Stage, error: CoachError) -> None:
    stage.provider.on["create"] = raising(error, at=range(1, 99))
    last = stage.run()
    assert (last.state, last.error) == (FAILED, error)
    assert stage.provider.calls == ["open", "create", "close"]
    row, report = stage.kept()
    assert (row.status, report.session.status) == ("failed", "failed")
    assert {measure.status for measure in report.measures.values()} == {"not_measured"}


@pytest.mark.expects_warnings("the session failed")
def test_conversation_without_a_room_is_ended(stage: Stage) -> None:
    stage.provider.url = None
    assert stage.run().state is FAILED
    assert stage.provider.calls == ["open", "create", "end", "close"]
    assert stage.kept()[0].status == "failed"


@pytest.mark.expects_warnings("the session failed", "the conversation was lost")
def test_provider_that_goes_before_live_is_a_failure_with_its_reason(stage: Stage) -> None:
    stage.provider.on["fetch"] = raising(gone, at=1)
    last = stage.run()
    assert (last.state, last.error) == (FAILED, gone)
    assert stage.states() == [STARTING, FAILED]
    assert stage.kept()[0].status == "failed"


@pytest.mark.expects_warnings("the conversation was lost")
@pytest.mark.parametrize(("call", "at"), [("fetch", 12), ("end", 1), ("fetch", 24)])
def test_provider_that_goes_after_live_leaves_a_report_of_what_had_arrived(stage: Stage, call: str, at: int) -> None:
    stage.provider.polls_until_final = 5
    stage.provider.on[call] = raising(gone, at=at)
    last = stage.run()
    assert last.state is DONE
    row, report = stage.kept()
    assert (row.status, report.session.status) == ("interrupted", "interrupted")
    assert report.measures["face_present"].value == VALUES["face_present"]
    assert report.session.duration_s == pytest.approx(9.0 if (call, at) == ("fetch", 12) else 20.0)


@pytest.mark.parametrize("error", [UnreachableError("Off."), ServerFaultError("500."), UnknownOutcomeError("Late.")])
def test_calls_that_fail_for_a_while_do_not_end_a_talk(stage: Stage, error: CoachError) -> None:
    stage.provider.on["fetch"] = raising(error, at=range(8, 14))
    assert stage.run().state is DONE
    assert stage.kept()[1].session.status == "done"
    assert stage.kept()[1].session.duration_s == pytest.approx(20.0, abs=1.0)


@pytest.mark.parametrize("number", [2, 3, 10], ids=["before live", "at live", "while live"])
@pytest.mark.parametrize("leap_s", [-3600.0, 3600.0])
def test_clock_of_the_computer_that_is_set_does_not_change_the_length(stage: Stage, number: int, leap_s: float) -> None:
    def set_clock(count: int) -> None:
        if count == number:
            stage.clock.set_forward_s = leap_s

    stage.provider.on["fetch"] = set_clock
    assert stage.run().state is DONE
    assert stage.kept()[1].session.duration_s == pytest.approx(20.0, abs=2.5)
    assert stage.provider.calls.count("fetch") < 30


@pytest.mark.expects_warnings("the conversation was lost")
def test_calls_that_fail_for_long_end_it_at_the_last_answer(stage: Stage) -> None:
    stage.prepare(end_after_s=None)
    stage.provider.on["fetch"] = raising(UnreachableError("Off."), at=range(13, 999))
    assert stage.run().state is DONE
    _, report = stage.kept()
    assert report.session.status == "interrupted"
    assert report.session.duration_s == pytest.approx(10.0)


@pytest.mark.expects_warnings("could not be ended")
@pytest.mark.parametrize("error", [UnknownOutcomeError("Late."), ServerFaultError("500.")])
def test_end_that_fails_costs_no_report(stage: Stage, error: CoachError) -> None:
    stage.provider.ends_by_itself_after_s = 22.0
    stage.provider.on["end"] = raising(error, at=1)
    assert stage.run().state is DONE
    assert stage.kept()[1].session.status == "done"


@pytest.mark.expects_warnings("the session failed")
def test_history_that_cannot_be_opened_is_told_and_nothing_is_started(stage: Stage) -> None:
    stage.history_path.write_bytes(b"no database" * 1000)
    last = stage.run()
    assert last.state is FAILED
    assert isinstance(last.error, HistoryError)
    assert stage.provider.calls == ["close"]


@pytest.mark.expects_warnings("the checkpoint was not written")
def test_history_that_is_busy_for_a_while_does_not_end_a_talk(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "_BUSY_TIMEOUT_S", 0.01)
    Archive(stage.history_path).history.close()
    with closing(sqlite3.connect(stage.history_path, isolation_level=None)) as other:

        def hook(number: int) -> None:
            if number in {6, 14}:
                other.execute("BEGIN IMMEDIATE" if number == 6 else "COMMIT")

        stage.provider.on["fetch"] = hook
        assert stage.run().state is DONE
    assert stage.kept()[1].session.status == "done"


@pytest.mark.expects_warnings("the checkpoint was not written", "the report was not kept")
def test_report_that_cannot_be_kept_is_shown_with_a_word_and_the_next_start_recovers_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_module, "_BUSY_TIMEOUT_S", 0.01)
    Archive(stage.history_path).history.close()
    with closing(sqlite3.connect(stage.history_path, isolation_level=None)) as other:

        def hook(number: int) -> None:
            other.execute("BEGIN IMMEDIATE")

        stage.provider.on["end"] = hook
        last = stage.run()
    assert last.state is DONE
    assert isinstance(last.error, HistoryError)
    assert last.report is not None
    assert last.report.session.duration_s == pytest.approx(20.0, abs=2.5)
    assert last.report.measures["speaking_time"].value == 10.0
    assert "could not be stored" in labels.warnings(last.report)[-1]
    with Archive(stage.history_path) as archive:
        (left,) = archive.history.unfinished()
        assert archive.snapshot_of(left).delivery is not None


def test_jump_into_a_state_that_cannot_follow_is_a_bug(stage: Stage) -> None:
    stage.run()
    with pytest.raises(RuntimeError, match="cannot go from done to live"):
        stage.session._say(LIVE, "again")  # noqa: SLF001
    assert set(session_module._NEXT) == set(SessionState)  # noqa: SLF001
    assert isinstance(stage.updates[-1], SessionUpdate)
