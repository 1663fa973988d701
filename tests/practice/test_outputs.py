"""The files beside a report do not get into each other's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.practice.outputs import Outputs


@pytest.mark.parametrize("spelling", ["same", "dots", "link", "folder link", "letters", "relative"])
def test_one_file_cannot_be_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str) -> None:
    folder = tmp_path / "o"
    folder.mkdir()
    overlay = folder / "x.mp4"
    timeline = {
        "same": overlay,
        "dots": folder / ".." / "o" / "x.mp4",
        "link": tmp_path / "link.csv",
        "folder link": tmp_path / "p" / "x.mp4",
        "letters": folder / "X.mp4",
        "relative": Path("o") / "x.mp4",
    }[spelling]
    monkeypatch.chdir(tmp_path)
    if "link" in spelling:
        try:
            (tmp_path / "link.csv").symlink_to(overlay)
            (tmp_path / "p").symlink_to(folder, target_is_directory=True)
        except OSError:
            pytest.skip("no links can be made here")
    with (
        pytest.raises(CoachError, match="both the timeline and the film"),
        Outputs(timeline, overlay).opened(tmp_path / "a.wav"),
    ):
        pass
    assert list(folder.iterdir()) == []


def test_two_files_of_one_folder_are_no_trouble(tmp_path: Path) -> None:
    with Outputs(tmp_path / "x.csv", tmp_path / "x.mp4").opened(tmp_path / "a.wav") as files:
        assert files.timeline is not None
        assert files.overlay is not None
