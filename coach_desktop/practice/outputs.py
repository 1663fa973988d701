"""The files that `analyse` writes beside its report: the timeline as CSV, and a film of what was seen."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach_desktop.core.errors import CoachError
from coach_desktop.store.part_file import PartFile
from coach_desktop.tavus.timeline_csv import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from coach_desktop.practice.overlay import Overlay
    from coach_desktop.practice.seeing.timeline import Row


@dataclass(frozen=True)
class Files:
    """The files that are being written."""

    timeline: PartFile | None
    overlay: Overlay | None

    def finish(self, rows: Sequence[Row]) -> None:
        """Complete them and put them in their places. Raises `CoachError`; what was in place by then stays."""
        if self.timeline is not None:
            self.timeline.write(csv_text(rows))
        if self.overlay is not None:
            self.overlay.finish()


@dataclass(frozen=True)
class Outputs:
    """Which files are wanted, and where."""

    timeline: Path | None = None
    overlay: Path | None = None

    @contextmanager
    def opened(self, recording: Path) -> Iterator[Files]:
        """Begin the files, beside where they belong. Raises `CoachError` where one cannot be written there.

        What was not finished by the end is taken away.
        """
        if self.timeline is not None and self.overlay is not None and _is_same(self.timeline, self.overlay):
            raise CoachError(
                f"{self.overlay} is to be both the timeline and the film.",
                safe="Nothing was changed.",
                do="Name a file of its own for each.",
            )
        with ExitStack() as stack:
            timeline = overlay = None
            if self.timeline is not None:
                timeline = stack.enter_context(PartFile(self.timeline, apart_from=recording))
            if self.overlay is not None:
                # Only now: what draws and writes films takes a while to load.
                from coach_desktop.practice.overlay import Overlay

                overlay = stack.enter_context(Overlay(self.overlay, apart_from=recording))
            yield Files(timeline, overlay)


def _is_same(one: Path, other: Path) -> bool:
    """Return whether two names lead to one file, which need not be there yet."""
    # Some disks take large and small letters for the same; two files that differ by them alone nobody wants.
    return os.path.realpath(one).casefold() == os.path.realpath(other).casefold()


NO_OUTPUTS = Outputs()
