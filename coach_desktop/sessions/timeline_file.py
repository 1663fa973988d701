"""The timeline of a session that was kept, as a file of comma-separated values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach_desktop.core.errors import CoachError
from coach_desktop.store.part_file import PartFile
from coach_desktop.tavus.timeline_csv import csv_of

if TYPE_CHECKING:
    from pathlib import Path

    from coach_desktop.tavus.timeline import Timeline


def write(timeline: Timeline | None, path: Path) -> None:
    """Write a timeline to `path`, whole or not at all. Raises `CoachError` where that fails or there is none."""
    if timeline is None:
        raise CoachError(
            "Nothing was kept of what was seen over the time of this session, so no file was written.",
            safe="Its report is complete without it.",
            do="A timeline is kept of talks with the local coach that came to their end, and of recorded talks.",
        )
    with PartFile(path) as file:
        file.write(csv_of(timeline))
