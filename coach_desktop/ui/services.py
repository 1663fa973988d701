"""What a window is handed: what it works with, and how it begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coach_desktop.store.profile_files import StoredProfile
    from coach_desktop.ui.bridge import SessionMaker
    from coach_desktop.ui.desk import DeskServices


@dataclass(frozen=True)
class UiServices:
    """What the window works with; everything is handed in.

    `prepare` runs once, in a thread, when the window has been drawn; no session begins before it is done. `look_again`
    is called when there may be something to do for what looks after earlier conversations. `stop_hearing` stops the
    second pass over the words of a talk.
    """

    profiles: Sequence[StoredProfile]
    history_path: Path
    data_root: Path
    make_session: SessionMaker
    desk: DeskServices
    prepare: Callable[[], None] = lambda: None
    look_again: Callable[[], None] = lambda: None
    stop_hearing: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class UiOptions:
    """How the window begins. `media_allowed` is the yes to camera and microphone that `--start` stands for.

    `talk` is a recording that is opened at once.
    """

    start_now: bool = False
    profile_id: str | None = None
    quit_when_done: bool = False
    media_allowed: bool = False
    screenshots: Path | None = None
    talk: Path | None = None
