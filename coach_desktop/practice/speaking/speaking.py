"""What Chuck says aloud in one conversation: made by the voice, played by the page, stopped by the user.

All of it on the event loop, and nothing of it waits. One utterance at a time: what would come on top of another is
shown as a caption only. A long one is said in parts, and while one is said the next is made. The page says when it
begins and ends to play a part, as only the page knows.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from coach_desktop.practice.speaking.phrases import phrases_of
from coach_desktop.practice.speaking.spoken_time import SpokenTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from coach_desktop.core.clock import Clock
    from coach_desktop.practice.room_protocol import VoiceReport
    from coach_desktop.practice.speaking.speech import Speech
    from coach_desktop.practice.speaking.voice_box import VoiceBox

log = logging.getLogger(__name__)

GONE_NOTICE: Final = "Chuck's voice has stopped working. What he says is shown as text."
_STALE_S: Final = 20.0
"""What could not be said by then belongs to a moment that is over."""
_PAGE_LATE_S: Final = 5.0
"""A slow computer plays slowly; a page that is gone is known to be gone by its connection."""


@dataclass
class _Saying:
    """An utterance under way. `playing` was sent to the page as `number`, `made` comes next, `waiting` is text yet."""

    waiting: list[str]
    asked_at: float
    number: int = 0
    playing: Speech | None = None
    over_by: float | None = None
    made: Speech | None = None
    is_making: bool = False
    has_begun: bool = False
    has_failed: bool = False


class Speaking:
    """Chuck's mouth."""

    def __init__(
        self,
        box: VoiceBox,
        *,
        clock: Clock,
        now_s: Callable[[], float],
        user_speaks: Callable[[], bool],
        post: Callable[[dict[str, Any]], None],
    ) -> None:
        """Speak through `post`, which sends to the page, if there is one; `now_s` is the session's time."""
        self._box = box
        self._clock = clock
        self._now_s = now_s
        self._user_speaks = user_speaks
        self._post = post
        self._saying: _Saying | None = None
        self._number = 0
        # A voice may be gone before its first words: the room was told of it all the same.
        self._had_voice = box.can_speak
        self._told_gone = False
        self.wanted = True
        self.spoken = SpokenTime()

    @property
    def state(self) -> str | None:
        """Return "on" or "off" as the user chose, or None where this computer has no voice."""
        if not self._box.can_speak:
            return None
        return "on" if self.wanted else "off"

    @property
    def is_speaking(self) -> bool:
        """Whether he says something, or is about to."""
        saying = self._saying
        if saying is not None and self._clock.monotonic() > (saying.over_by or saying.asked_at + _STALE_S):
            # A page that went away says nothing about its end.
            self._over(interrupted=True)
        return self._saying is not None

    def warm_up(self) -> None:
        """Let the voice make ready."""
        if self.wanted:
            self._box.warm_up()

    def say(self, text: str) -> None:
        """Say a text aloud, if he may, has a voice, and nobody speaks: neither he nor the user."""
        phrases = phrases_of(text)
        if not phrases or self.state != "on" or self.is_speaking or self._user_speaks():
            return
        self._saying = saying = _Saying(phrases, self._clock.monotonic())
        self._make_next(saying)

    async def last_words(self, text: str, within_s: float) -> None:
        """Send a text to be said when the session is over; the page plays it without us. Returns when it is sent."""
        self.hush()
        if self.state != "on":
            return
        made: asyncio.Future[Speech | None] = asyncio.get_running_loop().create_future()

        def take(speech: Speech | None) -> None:
            if not made.done():
                made.set_result(speech)

        if not self._ask(text, take):
            return
        done, _ = await asyncio.wait({made}, timeout=within_s)
        speech = made.result() if done else None
        made.cancel()
        if speech is not None and self.wanted:
            self._number += 1
            self._post(speech.message(self._number))

    def heard_interruption(self) -> None:
        """Take note that the user began to speak: he stops at once."""
        if self._saying is not None:
            log.info("the user interrupts")
            self.hush()

    def hush(self) -> None:
        """Stop."""
        if self._saying is not None:
            if self._saying.playing is not None:
                self._post({"type": "hush", "id": self._saying.number})
            self._over(interrupted=True)

    def report(self, report: VoiceReport) -> None:
        """Take what the page says of his voice. What belongs to no utterance under way is let go."""
        if report.state in {"on", "off"}:
            self.wanted = report.state == "on"
            if not self.wanted:
                self.hush()
            self.warm_up()
            return
        saying = self._saying
        if saying is None or saying.playing is None or report.id != saying.number:
            return
        if report.state == "started":
            if saying.over_by is None:
                saying.over_by = self._clock.monotonic() + saying.playing.duration_s + _PAGE_LATE_S
                self.spoken.begin(self._now_s(), saying.playing, goes_on=saying.has_begun)
                saying.has_begun = True
        elif report.state == "stopped" or saying.over_by is None:
            self._over(interrupted=True)
        else:
            self._ended(saying)

    def page_left(self) -> None:
        """Take note that nobody plays any more."""
        self._over(interrupted=True)

    def notice(self) -> str | None:
        """Return once that the voice is gone, where there was one."""
        if self._had_voice and not self._box.can_speak and not self._told_gone:
            self._told_gone = True
            return GONE_NOTICE
        return None

    def _ask(self, text: str, on_made: Callable[[Speech | None], object]) -> bool:
        loop = asyncio.get_running_loop()

        def tell(speech: Speech | None) -> None:
            try:
                loop.call_soon_threadsafe(on_made, speech)
            except RuntimeError:
                log.debug("the service stopped before this was said")

        return self._box.say(text, tell)

    def _make_next(self, saying: _Saying) -> None:
        """Have the next part made, where there is one."""
        if not saying.waiting:
            return
        saying.is_making = True
        if not self._ask(saying.waiting.pop(0), lambda speech: self._made(saying, speech)):
            self._made(saying, None)

    def _made(self, saying: _Saying, speech: Speech | None) -> None:
        if self._saying is not saying:
            return
        saying.is_making = False
        if speech is None:
            saying.waiting.clear()
            saying.has_failed = True
        saying.made = speech
        if saying.playing is None:
            self._go_on(saying)

    def _ended(self, saying: _Saying) -> None:
        """Take note that a part was said to its end."""
        self.spoken.end(self._now_s(), interrupted=False)
        saying.playing = saying.over_by = None
        saying.asked_at = self._clock.monotonic()
        if not saying.is_making:
            self._go_on(saying)

    def _go_on(self, saying: _Saying) -> None:
        """Say the next part, or come to the end."""
        speech, saying.made = saying.made, None
        if speech is None:
            self._over(interrupted=saying.has_failed)
            return
        late = self._clock.monotonic() - saying.asked_at > _STALE_S
        if late or not self.wanted or self._user_speaks():
            log.info("an utterance is not said aloud, or not to its end")
            self._over(interrupted=True)
            return
        self._number += 1
        saying.number, saying.playing = self._number, speech
        # Until the page says that it plays, it may be gone.
        saying.asked_at = self._clock.monotonic()
        self._post(speech.message(saying.number))
        self._make_next(saying)

    def _over(self, *, interrupted: bool) -> None:
        saying, self._saying = self._saying, None
        if saying is not None and saying.has_begun:
            self.spoken.end(self._now_s(), interrupted=interrupted)
