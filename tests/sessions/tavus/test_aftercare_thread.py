"""The thread of aftercare: it wakes for what is new, and stops at once."""

from __future__ import annotations

import threading

import pytest

from coach_desktop.sessions import session as session_module
from coach_desktop.sessions.aftercare import Aftercare
from coach_desktop.sessions.archive import Archive
from tests.sessions.tavus_stage import TavusStage, left_by_a_crash, until


def test_thread_ends_what_is_left_and_wakes_for_more(stage: TavusStage) -> None:
    first = left_by_a_crash(stage)
    assert first is not None
    aftercare = Aftercare(
        stage.history_path, stage.client, stage.news.append, under_way=stage.under_way, end_pauses_s=(0.01,)
    )
    aftercare.start()
    until(lambda: stage.told() == ["ended_leftover", "report_updated"])
    stage.run()
    with Archive(stage.history_path) as archive:
        last = archive.sessions()[0]
    assert last.analysis == "done"
    stage.tavus.analysis = None
    stage.prepare()
    stage.run()
    stage.tavus.analysis = "Late."
    aftercare.wake()
    until(lambda: stage.told() == ["ended_leftover", "report_updated", "report_updated"])
    assert aftercare.stop(60)
    assert aftercare.stop(60)


def test_thread_that_waits_is_stopped_at_once(stage: TavusStage) -> None:
    aftercare = Aftercare(stage.history_path, stage.client, stage.news.append, under_way=stage.under_way)
    assert aftercare.stop(60)
    aftercare = Aftercare(stage.history_path, stage.client, stage.news.append, under_way=stage.under_way)
    aftercare.start()
    assert aftercare.stop(60)
    assert not [thread for thread in threading.enumerate() if thread.name == "aftercare"]


def test_session_and_aftercare_side_by_side_make_one_end(stage: TavusStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "CHECKPOINT_S", 0.01)
    aftercare = Aftercare(
        stage.history_path,
        stage.client,
        stage.news.append,
        under_way=stage.under_way,
        back_off_s=(0.01,),
        end_pauses_s=(),
    )
    aftercare.start()

    def wake(_: object) -> None:
        aftercare.wake()

    stage.on_update = wake
    stage.run()
    assert aftercare.stop(60)
    assert len(stage.tavus.ends) == 1
    assert "ended_leftover" not in stage.told()
