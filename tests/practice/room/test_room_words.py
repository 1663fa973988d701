"""What is heard in the room is what is heard in a file: the same clip as Chromium's microphone and by `analyse`."""

from __future__ import annotations

from pathlib import Path

from tests.practice.room.heard import COUNTS, heard, joined


def test_the_room_counts_what_analyse_counts(shared_data: Path, tmp_path: Path) -> None:
    recording = tmp_path / "clip.wav"
    seconds = joined(recording, [shared_data / "data" / "speech" / "mfa_um.wav"])
    found = heard(recording, seconds, tmp_path / "models")
    for name in COUNTS:
        room, file = found.room[name], found.analyse[name]
        assert room is not None
        assert file is not None
        assert abs(room - file) <= max(1.0, 0.1 * file), (name, found)
    assert found.analyse["filler_sounds"]
    assert "montreal" in found.text.lower()
