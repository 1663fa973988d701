"""Sessions with a server that stands in for Tavus: one create, one end, whatever goes wrong in between."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from coach_desktop.sessions import following
from coach_desktop.sessions.provider import IN_WORDS
from coach_desktop.sessions.session import SessionState
from tests.sessions.tavus_stage import CARRIED_OUT, NOT_CARRIED_OUT, PACE, PROFILE, REFUSED, TavusStage, analyses_in
from tests.standin import (
    Moment,
    Recorded,
    Status,
)

IDLE, STARTING, LIVE = SessionState.IDLE, SessionState.STARTING, SessionState.LIVE
ENDING, REPORTING, DONE = SessionState.ENDING, SessionState.REPORTING, SessionState.DONE
FAILED = SessionState.FAILED


def test_whole_session_is_one_create_with_the_profiles_fields_and_one_end(stage: TavusStage) -> None:
    began = time.time()
    last = stage.run()
    assert stage.states() == [STARTING, LIVE, ENDING, REPORTING, DONE]
    (create,) = stage.tavus.creates
    sent = create.json()
    assert sent.pop("conversation_name").startswith("Coach [")
    assert sent == {
        "persona_id": "p0123456789a",
        "custom_greeting": "Hi.",
        "properties": {"max_call_duration": 600, "participant_left_timeout": 30, "participant_absent_timeout": 120},
    }
    (held,) = stage.tavus.conversations
    assert [end.path for end in stage.tavus.ends] == [f"/v2/conversations/{held.conversation_id}/end"]
    assert stage.tavus.active() == []

    row, report = stage.row(), stage.report()
    assert last.report == report
    assert (row.status, row.provider, row.remote_open, row.analysis) == ("done", "tavus", False, "done")
    assert [(turn.role, turn.text) for turn in report.transcript] == [
        ("replica", "Hello! What will you talk about?"),
        ("user", "About the harbour."),
    ]
    assert analyses_in(report) == ["The speaker looked into the camera most of the time and smiled twice."]
    assert {measure.reason for measure in report.measures.values()} == {IN_WORDS}
    assert report.findings == []
    # Both clocks mean the same moment, but for the time that an answer takes.
    assert report.session.billed_s == pytest.approx(held.billed_s, abs=10.0)
    assert report.session.billed_s >= report.session.duration_s >= 0.1
    live = next(update for update in stage.updates if update.state is LIVE)
    assert (live.provider, live.room_url, live.notice) == ("tavus", held.url, None)
    assert live.billed_since is not None
    assert began - 0.01 <= live.billed_since <= time.time()
    assert {update.provider for update in stage.updates} == {"tavus"}


def test_private_room_is_opened_with_its_pass(stage: TavusStage) -> None:
    stage.profile = PROFILE.model_copy(update={"require_auth": True})
    stage.prepare()
    assert stage.run().state is DONE
    (held,) = stage.tavus.conversations
    assert stage.updates[-1].room_url == f"{held.url}?t={held.meeting_token}"
    assert held.meeting_token is not None
    assert held.meeting_token not in stage.history_path.read_bytes().decode("latin-1")


@pytest.mark.expects_warnings("the session failed")
def test_without_a_key_nothing_is_asked(stage: TavusStage) -> None:
    stage.session._provider._key = lambda: None  # type: ignore[attr-defined]  # noqa: SLF001
    last = stage.run()
    assert last.state is FAILED
    assert last.error is not None
    assert "no Tavus key" in last.error.what
    assert stage.tavus.requests == []
    assert stage.rows() == []


# --- live ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*NOT_CARRIED_OUT, "truncated", "wrong types", "50 MB", "slow drip", "key"])
def test_look_that_fails_ends_no_talk_and_is_told(stage: TavusStage, kind: str) -> None:
    fault = REFUSED[kind][0] if kind in REFUSED else (NOT_CARRIED_OUT | CARRIED_OUT)[kind]
    stage.expect(kind)
    stage.tavus.plan("get", None, fault, fault)
    stage.prepare(end_after_s=None)
    spoken: list[str | None] = []

    def watch(update: object) -> None:
        spoken.append(stage.updates[-1].notice)
        if len(spoken) > 2 and spoken[-1] is None and any(spoken):
            stage.session.request_end()

    stage.on_update = watch
    assert stage.run().state is DONE
    notices = [update.notice for update in stage.updates if update.state is LIVE]
    assert notices[0] is None
    assert notices[-2:] == ["Tavus answers again.", None]
    assert any("goes on" in (notice or "") for notice in notices)
    assert (stage.row().status, stage.row().remote_open) == ("done", False)
    assert len(stage.tavus.creates) == len(stage.tavus.ends) == 1


@pytest.mark.expects_warnings("the conversation was lost", "could not be ended")
def test_service_that_stays_silent_past_all_patience_leaves_the_journal_open(stage: TavusStage) -> None:
    stage.pace = replace(PACE, patience_s=0.1)
    stage.prepare(end_after_s=None)
    stage.tavus.plan("get", None, *[Status(code=503)] * 500)
    stage.tavus.plan("end", *[Status(code=503)] * 4)
    last = stage.run()
    assert last.state is DONE
    assert "may still be running" in (last.notice or "")
    assert (stage.row().status, stage.row().remote_open, stage.row().analysis) == ("interrupted", True, "pending")


def test_end_from_outside_ends_the_session_with_its_reason(stage: TavusStage) -> None:
    stage.prepare(end_after_s=None)
    stage.on_live(lambda: stage.tavus.end(stage.tavus.conversations[0].conversation_id))
    last = stage.run()
    assert last.state is DONE
    assert last.message == "The conversation was ended on request. Your report is ready."
    assert stage.tavus.ends == []
    row = stage.row()
    assert (row.status, row.remote_open, row.analysis) == ("done", False, "done")


def test_time_that_is_up_is_seen_and_billed_as_the_account_says(stage: TavusStage) -> None:
    stage.prepare(end_after_s=None)

    def use_up() -> None:
        held = stage.tavus.conversations[0]
        held.was_joined, held.ended_at, held.shutdown_reason = True, held.created_at, "max_call_duration reached"

    stage.on_live(use_up)
    last = stage.run()
    assert "longest time" in last.message
    assert stage.report().session.billed_s == 0.0


@pytest.mark.expects_warnings("the conversation was lost")
def test_conversation_that_is_deleted_by_somebody_is_over(stage: TavusStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "GONE_AFTER_S", 0.1)
    stage.prepare(end_after_s=None)
    stage.on_live(lambda: stage.tavus.delete(stage.tavus.conversations[0].conversation_id))
    assert stage.run().state is DONE
    assert (stage.row().status, stage.row().remote_open) == ("interrupted", False)


NOT_KNOWN_YET = Status(code=400, body={"error": "Invalid conversation_id"})


def test_conversation_that_is_not_known_everywhere_yet_goes_on(stage: TavusStage) -> None:
    stage.prepare(end_after_s=None)
    stage.tavus.plan("get", NOT_KNOWN_YET, NOT_KNOWN_YET)

    def end_when_known(moment: Moment, _request: Recorded) -> None:
        if moment == "answered" and len(stage.tavus.requests_of("get")) == 3:
            stage.session.request_end()

    stage.tavus.hook = end_when_known
    assert stage.run().state is DONE
    assert (stage.row().status, stage.row().remote_open) == ("done", False)


@pytest.mark.expects_warnings("could not be ended")
def test_end_of_what_is_not_known_and_yet_listed_is_not_believed(stage: TavusStage) -> None:
    stage.on_live(lambda: stage.tavus.plan("get", *[NOT_KNOWN_YET] * 50))
    stage.tavus.plan("end", *[NOT_KNOWN_YET] * 2)
    last = stage.run()
    assert "may still be running" in (last.notice or "")
    assert stage.row().remote_open
    assert len(stage.tavus.active()) == 1


# --- end -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [f"{name}, {when}" for name in NOT_CARRIED_OUT for when in ("done", "not done")])
def test_end_that_fails_once_is_asked_again_and_confirmed(stage: TavusStage, kind: str) -> None:
    name, when = kind.split(", ")
    stage.expect(name)
    stage.tavus.plan("end", (CARRIED_OUT if when == "done" else NOT_CARRIED_OUT)[name])
    last = stage.run()
    assert (last.state, last.notice) == (DONE, None)
    assert (stage.row().status, stage.row().remote_open, stage.row().analysis) == ("done", False, "done")
    assert stage.tavus.active() == []


@pytest.mark.expects_warnings("could not be ended")
def test_end_that_cannot_be_confirmed_is_told_and_made_good_later(stage: TavusStage) -> None:
    stage.tavus.plan("end", *[Status(code=500)] * 4)
    last = stage.run()
    assert last.state is DONE
    assert last.report is not None
    assert "may still be running" in (last.notice or "")
    assert "30 seconds" in (last.notice or "")
    assert "10 min" in (last.notice or "")
    assert len(stage.tavus.ends) == 4
    row = stage.row()
    assert (row.status, row.remote_open, row.analysis) == ("interrupted", True, "pending")

    aftercare = stage.aftercare()
    aftercare.look_once()
    assert stage.tavus.active() == []
    assert not stage.row().remote_open
    aftercare.look_once()
    assert stage.row().analysis == "done"
    assert len(stage.report().transcript) == 2
    assert stage.told() == ["ended_leftover", "report_updated"]
    assert stage.report().session.billed_s == pytest.approx(stage.tavus.conversations[0].billed_s, abs=0.01)


@pytest.mark.expects_warnings("could not be ended")
def test_end_that_is_only_pretended_is_not_believed(stage: TavusStage) -> None:
    stage.tavus.plan("end", *[Status(code=200)] * 4)
    last = stage.run()
    assert "may still be running" in (last.notice or "")
    assert stage.row().remote_open


# --- what comes after the end --------------------------------------------------------------------------------------


def late(stage: TavusStage, **after_s: float) -> None:
    for name, seconds in after_s.items():
        setattr(stage.tavus, f"{name}_after_s", seconds)


def test_second_wish_to_end_skips_the_wait_for_the_transcript(stage: TavusStage) -> None:
    late(stage, transcript=3600.0, perception=3600.0)
    stage.pace = replace(PACE, final_wait_s=600.0)
    stage.prepare()
    waiting: list[str] = []

    def skip(update: Any) -> None:
        if update.state is ENDING:
            waiting.append(update.message)
            if "transcript" in update.message:
                stage.session.request_end()

    stage.on_update = skip
    last = stage.run()
    assert waiting == ["Ending the conversation…", "Waiting for the transcript…"]
    assert (last.state, last.message) == (DONE, "Your report is ready.")
    assert (stage.row().status, stage.row().analysis) == ("done", "pending")


def test_who_gives_up_does_not_wait_for_the_transcript(stage: TavusStage) -> None:
    late(stage, transcript=3600.0, perception=3600.0)
    stage.pace = replace(PACE, final_wait_s=600.0)
    stage.prepare(end_after_s=None)
    stage.on_live(stage.session.cancel)
    assert stage.run().state is DONE
    assert (stage.row().status, stage.row().remote_open, stage.row().analysis) == ("done", False, "pending")


def test_transcript_is_not_kept_waiting_by_an_analysis_that_comes_later(stage: TavusStage) -> None:
    late(stage, perception=3600.0)
    assert stage.run().state is DONE
    assert len(stage.report().transcript) == 2
    assert stage.row().analysis == "pending"


@pytest.mark.parametrize("reason", ["no_vision_history", "something new"])
def test_word_that_there_is_no_analysis_completes_the_report(stage: TavusStage, reason: str) -> None:
    stage.tavus.analysis_unavailable = reason
    assert stage.run().state is DONE
    assert stage.row().analysis == "done"


@pytest.mark.parametrize("kind", [*CARRIED_OUT])
def test_verbose_answer_that_fails_costs_no_report(stage: TavusStage, kind: str) -> None:
    stage.expect(kind)
    stage.tavus.plan("verbose", CARRIED_OUT[kind])
    assert stage.run().state is DONE
    assert stage.row().analysis == "done"
