"""A file that was asked for is there whole or not at all, and nothing is left beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.store.part_file import PartFile


def refused(path: Path, apart_from: Path | None = None) -> CoachError:
    with pytest.raises(CoachError) as caught:
        PartFile(path, apart_from=apart_from)
    assert caught.value.do
    return caught.value


def test_what_was_finished_is_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("older", encoding="utf-8")
    with PartFile(path) as file:
        file.write("new\n")
    assert path.read_bytes() == b"new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_not_finished_leaves_nothing_and_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("older", encoding="utf-8")
    with PartFile(path) as file:
        file.part.write_text("half", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_kept_and_what_it_leads_to_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "a.csv"
    link.symlink_to(tmp_path / "real" / "b.csv")
    with PartFile(link) as file:
        file.write("new")
    assert link.is_symlink()
    assert (tmp_path / "real" / "b.csv").read_text(encoding="utf-8") == "new"


def test_what_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    recording = tmp_path / "talk.mp4"
    recording.write_bytes(b"a talk")
    assert "talk.mp4 is the recording itself" in refused(recording, apart_from=recording).what
    (tmp_path / "link.mp4").symlink_to(recording)
    refused(tmp_path / "link.mp4", apart_from=recording)
    assert "cannot be written" in refused(tmp_path / "absent" / "a.csv").what
    assert "no file that can be replaced" in refused(tmp_path).what
    assert recording.read_bytes() == b"a talk"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link.mp4", "talk.mp4"]


@pytest.mark.skipif(os.name == "nt", reason="devices are named otherwise there")
def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe")


@pytest.mark.usefixtures("ordinary_user")
def test_a_folder_that_is_closed_is_told(unprivileged_folder: Path) -> None:
    unprivileged_folder.chmod(0o500)
    assert "Permission denied" in refused(unprivileged_folder / "a.csv").what
