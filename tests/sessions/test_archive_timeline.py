"""A timeline is kept beside its report, and whatever is wrong with it never costs the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from coach_desktop.coaching.report import Report, SessionFacts, build_report
from coach_desktop.core.errors import CoachError
from coach_desktop.sessions import timeline_file
from coach_desktop.sessions.archive import Archive
from coach_desktop.store.history import History, HistoryError, SessionRow
from coach_desktop.tavus.timeline import STEP_S, Timeline, TimelineError, packed

TIMELINE = Timeline(STEP_S, {"smile": (0.25, None), "face_present": (1.0, 0.0)})


def report(session_id: str = "s1") -> Report:
    facts = SessionFacts(
        id=session_id, profile_id="chuck-local", provider="local", started_at="2026-11-01T10:00:00Z", duration_s=1.0,
        billed_s=0.0, status="done",
    )  # fmt: skip
    return build_report(facts, None, [], [], "Nothing arrived.")


def kept(archive: Archive, timeline: object) -> None:
    archive.history.begin(SessionRow("s1", "p", "P", "local", "running", "2026-11-01T10:00:00Z", None), "t")
    archive.finish(report(), timeline=timeline)


def test_it_is_read_again_after_a_restart(tmp_path: Path) -> None:
    with Archive(tmp_path / "h.sqlite3") as archive:
        kept(archive, packed(TIMELINE))
    with Archive(tmp_path / "h.sqlite3") as archive:
        found = archive.timeline("s1")
        assert found is not None
        assert (found.column("smile"), found.column("speaking")) == ((0.25, None), (None, None))
        assert archive.timeline("another") is None


@pytest.mark.expects_warnings("the timeline of session s1 was not kept")
@pytest.mark.parametrize("broken", [{}, {"rows": 1e9}, packed(TIMELINE) | {"data": "AAAA"}, 7])
def test_a_broken_one_costs_nothing_but_itself(tmp_path: Path, broken: object) -> None:
    with Archive(tmp_path / "h.sqlite3") as archive:
        kept(archive, broken)
        assert archive.report("s1") == report()
        assert archive.timeline("s1") is None


@pytest.mark.expects_warnings("the timeline of session s1 was not kept")
def test_one_that_finds_no_room_costs_nothing_but_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise HistoryError("Your history cannot be used just now.")

    monkeypatch.setattr(History, "keep_timeline", full)
    with Archive(tmp_path / "h.sqlite3") as archive:
        kept(archive, packed(TIMELINE))
        assert archive.report("s1") == report()


def test_one_that_was_damaged_on_disk_is_told_and_the_report_still_opens(tmp_path: Path) -> None:
    with Archive(tmp_path / "h.sqlite3") as archive:
        kept(archive, packed(TIMELINE))
        archive.history.keep_timeline("s1", "{")
        with pytest.raises(TimelineError):
            archive.timeline("s1")
        assert archive.report("s1") == report()


def test_it_is_written_as_csv_and_where_there_is_none_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    timeline_file.write(TIMELINE, path)
    assert path.read_bytes().splitlines()[1:] == [b"0,1,,,0.25,,,,,,", b"0.2,0,,,,,,,,,"]
    with pytest.raises(CoachError, match="no file was written"):
        timeline_file.write(None, tmp_path / "b.csv")
    assert list(tmp_path.iterdir()) == [path]
