"""What is seen in the room is what is seen in a film: the same film as Chromium's camera and by `analyse`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.practice.room.seen import SHARES, seen

if TYPE_CHECKING:
    from pathlib import Path


def test_the_room_sees_what_analyse_sees(shared_data: Path, tmp_path: Path) -> None:
    found = seen(shared_data / "data" / "video" / "driving_d10.mp4", tmp_path / "film.mjpeg", tmp_path / "models")
    for name in SHARES:
        room, film = found.room[name], found.analyse[name]
        assert room is not None
        assert film is not None
        # On a computer that has nothing else to do they are within 5 points: benchmarks/bench_room_eyes.py.
        assert abs(room - film) <= 0.15, (name, found)
    # Neither all nor nothing, which would be alike for any eyes.
    assert 0.1 < (found.analyse["eye_contact"] or 0) < 0.9
