"""Recordings go with their sessions; what cannot be deleted is told, and what was only lent is swept up."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.store import recordings
from coach_desktop.store.history import History, SessionRow
from coach_desktop.store.recordings import Recordings


@pytest.fixture
def kept(path: Path) -> Recordings:
    kept = recordings.beside(path)
    kept.make()
    return kept


def _held(history: History, kept: Recordings, session_id: str) -> Path:
    row = SessionRow(session_id, "chuck-local", "Chuck", "local", "running", "2026-11-28T05:00:00.000000Z", None)
    history.begin(row, "token")
    history.finish(session_id, "done", 10.0, "{}")
    path = kept.kept(session_id)
    path.write_bytes(b"sound")
    return path


def _stuck(path: Path) -> None:
    """Make a file impossible to delete, for root as well: a folder that is not empty is none."""
    path.unlink()
    path.mkdir()
    (path / "in it").touch()


def test_the_sound_goes_with_its_session(history: History, kept: Recordings) -> None:
    first, second = _held(history, kept, "one"), _held(history, kept, "two")
    assert history.delete("one")
    assert (first.exists(), second.exists()) == (False, True)
    assert "is kept" in kept.told("two")
    assert "not there any more" in kept.told("one")
    assert history.delete_all() == 0
    assert list(second.parent.iterdir()) == []


def test_a_missing_recording_is_no_hindrance(history: History, kept: Recordings) -> None:
    _held(history, kept, "one").unlink()
    assert history.delete("one")
    assert history.delete("never held")


def test_sound_that_cannot_be_deleted_keeps_its_session(history: History, kept: Recordings) -> None:
    stuck = _held(history, kept, "one")
    _stuck(stuck)
    with pytest.raises(CoachError, match="could not be deleted") as caught:
        history.delete("one")
    assert "try again" in caught.value.do
    other = _held(history, kept, "two")
    with pytest.raises(CoachError, match="could not be deleted"):
        history.delete_all()
    assert [row.id for row in history.sessions()] == ["one"]
    assert not other.exists()


def test_the_sound_of_a_session_that_goes_on_is_left_alone(history: History, kept: Recordings) -> None:
    row = SessionRow("now", "chuck-local", "Chuck", "local", "running", "2026-11-28T05:00:00.000000Z", None)
    history.begin(row, "token")
    kept.kept("now").write_bytes(b"sound")
    assert not history.delete("now")
    assert history.delete_all() == 1
    assert kept.kept("now").exists()


def test_the_folder_is_private_and_only_what_was_lent_is_swept(kept: Recordings) -> None:
    if sys.platform != "win32":
        assert stat.S_IMODE(kept.kept("one").parent.stat().st_mode) == 0o700
    for path in (kept.kept("one"), kept.lent("two"), kept.lent("three")):
        path.touch()
    assert [recordings.is_lent(path) for path in (kept.kept("one"), kept.lent("two"))] == [False, True]
    kept.return_lent("three")
    kept.sweep()
    assert list(kept.kept("one").parent.iterdir()) == [kept.kept("one")]


def test_a_folder_that_is_not_there_is_no_hindrance(tmp_path: Path) -> None:
    nowhere = Recordings(tmp_path / "none")
    nowhere.sweep()
    nowhere.return_lent("one")
    nowhere.remove("one")
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CoachError, match="cannot be made"):
        Recordings(tmp_path / "file" / "recordings").make()
