"""One difference between Chuck in the account and what will be sent, in lines that were taken out and put in."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout

from coach_desktop.ui import parts

if TYPE_CHECKING:
    from coach_desktop.sessions.chuck_plan import Change

MOST_LINES: Final = 14
_LINE_LIMIT: Final = 600
_KEEPABLE: Final = {
    "/system_prompt",
    "/layers/perception/visual_awareness_queries",
    "/layers/perception/audio_awareness_queries",
    "/layers/perception/perception_analysis_queries",
}
"""The texts that can be taken over from the account into the fields of the dialog."""


def lines_of(value: object) -> list[str]:
    """Return a value of a persona as lines to be read."""
    if value in (None, "", []):
        return []
    if isinstance(value, list):
        return [str(entry) for entry in value]
    return [line for line in str(value).splitlines() if line.strip()]


def difference(now: object, wanted: object) -> list[tuple[str, str]]:
    """Return the lines that differ, each as (sign, line): what is there now and goes, and what comes."""
    # By whole lines: to look for what has changed within them takes seconds where all of them have.
    told = list(difflib.unified_diff(lines_of(now), lines_of(wanted), n=0, lineterm=""))[2:]
    return [(line[0], line[1:]) for line in told if line[0] in "-+"]


class DifferenceCard(QFrame):
    """Shows one difference. `keep_asked` brings its path: what the account has is to stay."""

    keep_asked = Signal(str)

    def __init__(self, change: Change, *, is_theirs: bool) -> None:
        """Show it; `is_theirs`: somebody changed it in Tavus, and it is written over."""
        super().__init__()
        parts.change_look(self, "card-watch" if is_theirs else "card")
        head = parts.row(parts.label(change.title, "strong", wrap=False), spacing=12)
        if is_theirs:
            head.addWidget(parts.label("Changed in Tavus", "watch"), 1)
            if change.path in _KEEPABLE:
                keep = parts.button("Keep what Tavus has", lambda: self.keep_asked.emit(change.path), look="quiet")
                keep.setAccessibleDescription(f"Takes the text of your account over into {change.title}")
                head.addWidget(keep)
        else:
            head.addStretch(1)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        lines = difference(change.now, change.wanted)
        for number, (sign, line) in enumerate(lines[:MOST_LINES]):
            is_new = sign == "+"
            mark = parts.label("New" if is_new else "Now", "good" if is_new else "muted", wrap=False)
            words = parts.label(_short(line), "" if is_new else "muted")
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(mark, number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(words, number, 1)
        content = parts.column(head, grid, spacing=8)
        if len(lines) > MOST_LINES:
            more = len(lines) - MOST_LINES
            content.addWidget(parts.label(f"and {more} more {'line' if more == 1 else 'lines'}", "small"))
        content.setContentsMargins(18, 12, 14, 14)
        self.setLayout(content)
        self.setAccessibleName(f"{change.title}{', changed in Tavus' if is_theirs else ''}")


def _short(line: str) -> str:
    return parts.breakable(line if len(line) <= _LINE_LIMIT else f"{line[:_LINE_LIMIT]}…")
