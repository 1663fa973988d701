"""On what terms a session is held in a room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach_desktop.ui.session_bar import Price

if TYPE_CHECKING:
    from coach_desktop.store.settings import Settings


@dataclass(frozen=True)
class Terms:
    """What the user has said and chosen before a session.

    `media_allowed` is a yes to camera and microphone that was given before. `price` is shown where the session turns
    out to be billed. `chrome_user_agent` is for Tavus rooms, and `keeps_sound` tells of a local one whether its sound
    is kept.
    """

    media_allowed: bool = False
    price: Price | None = None
    chrome_user_agent: bool = True
    keeps_sound: bool = False

    @classmethod
    def chosen(cls, settings: Settings, *, media_allowed: bool) -> Terms:
        """Return what the settings say."""
        return cls(media_allowed, Price.entered(settings), settings.chrome_user_agent, settings.keep_audio)
