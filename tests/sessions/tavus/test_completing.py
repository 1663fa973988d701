"""What comes after a session: transcript and analysis are fetched when they come, also after a restart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from coach_desktop.sessions.aftercare import FETCH_FOR_S, GIVE_UP_AFTER_S, Aftercare
from coach_desktop.sessions.archive import Archive
from coach_desktop.tavus.client import TavusClient
from tests.sessions.tavus_stage import FAULTS, PACE, TavusStage, analyses_in, left_by_a_crash
from tests.standin import StandIn


def held_with_nothing_told_yet(stage: TavusStage) -> None:
    stage.tavus.transcript_after_s = stage.tavus.perception_after_s = 3600.0
    stage.pace = replace(PACE, final_wait_s=0.01)
    stage.prepare()
    stage.run()
    assert stage.row().analysis == "pending"
    assert stage.report().transcript == []


def test_transcript_and_analysis_come_one_after_the_other_and_end_up_in_the_report(stage: TavusStage) -> None:
    held_with_nothing_told_yet(stage)
    before = stage.report()
    aftercare = stage.aftercare()
    assert aftercare.look_once() == pytest.approx(5.0)
    assert stage.news == []
    stage.tavus.transcript_after_s = 0.0
    stage.clock.now += 5.0
    assert aftercare.look_once() == pytest.approx(10.0)
    assert stage.told() == ["report_updated"]
    assert len(stage.report().transcript) == 2
    assert stage.row().analysis == "pending"
    stage.tavus.perception_after_s = 0.0
    stage.clock.now += 10.0
    assert aftercare.look_once() is None
    assert stage.told() == ["report_updated", "report_updated"]
    assert stage.row().analysis == "done"
    after = stage.report()
    assert analyses_in(after) == ["The speaker looked into the camera most of the time and smiled twice."]
    assert after.measures == before.measures
    assert after.session.duration_s == before.session.duration_s
    assert len([event for event in after.events if event.type == "system.shutdown"]) == 1


@pytest.mark.parametrize("kind", FAULTS)
def test_answer_that_fails_is_asked_for_again(stage: TavusStage, kind: str) -> None:
    held_with_nothing_told_yet(stage)
    stage.tavus.transcript_after_s = stage.tavus.perception_after_s = 0.0
    stage.expect(kind)
    stage.tavus.plan("verbose", FAULTS[kind])
    aftercare = stage.aftercare()
    assert aftercare.look_once() == pytest.approx(5.0)
    assert stage.row().analysis == "pending"
    stage.clock.now += 5.0
    aftercare.look_once()
    assert stage.row().analysis == "done"


def runs_out_of_patience(stage: TavusStage, aftercare: Aftercare) -> float:
    waited = 0.0
    while (pause := aftercare.look_once()) is not None:
        waited += pause
        stage.clock.now += pause
    return waited


def test_transcript_that_does_not_come_is_asked_for_again_after_a_restart_and_given_up_in_the_end(
    stage: TavusStage,
) -> None:
    held_with_nothing_told_yet(stage)
    assert runs_out_of_patience(stage, stage.aftercare()) == pytest.approx(FETCH_FOR_S, abs=120.0)
    assert stage.row().analysis == "pending"
    asked = len(stage.tavus.requests_of("verbose"))

    restarted = stage.aftercare()
    restarted.look_once()
    assert len(stage.tavus.requests_of("verbose")) == asked + 1
    assert stage.row().analysis == "pending"

    stage.clock.now += GIVE_UP_AFTER_S
    stage.aftercare().look_once()
    assert stage.row().analysis == "missing"
    assert stage.told() == ["report_updated"]
    assert stage.aftercare().look_once() is None
    assert len(stage.tavus.requests_of("verbose")) == asked + 2


def test_transcript_after_a_restart_days_later_is_still_taken(stage: TavusStage) -> None:
    held_with_nothing_told_yet(stage)
    stage.tavus.transcript_after_s = stage.tavus.perception_after_s = 0.0
    stage.clock.now += 30 * 86_400.0
    stage.aftercare().look_once()
    assert stage.row().analysis == "done"
    assert len(stage.report().transcript) == 2


def test_analysis_that_never_comes_does_not_keep_the_transcript_pending(stage: TavusStage) -> None:
    stage.tavus.analysis = None
    stage.run()
    assert stage.row().analysis == "pending"
    runs_out_of_patience(stage, stage.aftercare())
    assert stage.row().analysis == "done"
    assert len(stage.report().transcript) == 2


def test_session_that_a_crash_cut_short_gets_its_transcript(stage: TavusStage) -> None:
    left_by_a_crash(stage)
    assert stage.report().transcript == []
    aftercare = stage.aftercare()
    runs_out_of_patience(stage, aftercare)
    row = stage.row()
    assert (row.status, row.remote_open, row.analysis) == ("interrupted", False, "done")
    assert len(stage.report().transcript) == 2
    assert stage.report().session.status == "interrupted"


@pytest.mark.expects_warnings("cannot be completed")
def test_report_that_cannot_be_read_is_left_as_it_is(stage: TavusStage) -> None:
    held_with_nothing_told_yet(stage)
    with Archive(stage.history_path) as archive:
        archive.history.set_analysis(stage.row().id, "pending", "no report")
        assert stage.aftercare().look_once() is None
        assert archive.history.report(stage.row().id) == "no report"


def test_transcript_is_not_given_up_because_another_account_does_not_know_it(stage: TavusStage) -> None:
    held_with_nothing_told_yet(stage)
    stage.tavus.transcript_after_s = stage.tavus.perception_after_s = 0.0
    with StandIn() as other:
        aftercare = stage.aftercare(lambda: TavusClient(other.base_url, other.key))
        assert aftercare.look_once() is None
    assert stage.row().analysis == "pending"
    stage.aftercare().look_once()
    assert stage.row().analysis == "done"
