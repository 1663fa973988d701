"""The bar above a session: where it stands, how long and at what cost, which devices are on, and its buttons."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QPushButton, QWidget

from coach_desktop.core.clock import awake_or_asleep
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui import parts
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.store.settings import Settings

END_KEY: Final = "Ctrl+E"
"""The key that ends a session, wherever the keyboard is."""

_TICK_MS: Final = 500
_LEAST_WIDTH: Final = 560
_SPACING: Final = 14
_TIGHT: Final = 8
_ENDING: Final = "Ending…"
_COUNTDOWN_S: Final = 300.0
_LAST_S: Final = 60.0
_RUNNING: Final = frozenset({SessionState.STARTING, SessionState.LIVE})
_STATE_WORDS: Final = {
    SessionState.IDLE: "Not started",
    SessionState.STARTING: "Starting",
    SessionState.LIVE: "Live",
    SessionState.ENDING: "Ending",
    SessionState.REPORTING: "Writing the report",
    SessionState.DONE: "Done",
    SessionState.FAILED: "Stopped",
}
_DEVICE_WORDS: Final = {
    "on": "on", "allowed": "allowed", "pending": "waiting", "unused": "not used", "denied": "not allowed",
    "missing": "not found", "ended": "unplugged", "failed": "not working", "off": "off", "browser": "in your browser",
}  # fmt: skip
_DEVICE_ON: Final = frozenset({"on", "allowed"})


class Stopwatch:
    """Counts from a moment in epoch seconds, and does not jump when somebody sets the computer's clock."""

    def __init__(self, epoch: Callable[[], float] = time.time, seconds: Callable[[], float] = awake_or_asleep) -> None:
        """Count with two clocks: `epoch`, which others share, and `seconds`, which only grow."""
        self._epoch = epoch
        self._seconds = seconds
        self._since: float | None = None
        self._began_at = 0.0

    def count_from(self, since: float | None) -> None:
        """Count from `since` (epoch seconds); None stops. What lies in the future counts from now."""
        if since is not None and since != self._since:
            self._began_at = self._seconds() - max(0.0, self._epoch() - since)
        self._since = since

    @property
    def elapsed_s(self) -> float | None:
        """The seconds since then, None while nothing is counted."""
        return None if self._since is None else self._seconds() - self._began_at


@dataclass(frozen=True)
class Price:
    """What a paid conversation costs, as the user has entered it."""

    price_per_minute: float
    currency: str

    @classmethod
    def entered(cls, settings: Settings) -> Price | None:
        """Return the price that stands in the settings, or None where there is none."""
        return None if settings.price_per_minute is None else cls(settings.price_per_minute, settings.currency)

    def of(self, seconds: float) -> str:
        """Return what so many seconds cost. About: how the provider rounds is not known."""
        return f"about {seconds / 60 * self.price_per_minute:.2f} {self.currency}"


class DeviceState(QWidget):
    """Shows whether a device is on, in a word and a drawing."""

    def __init__(self, device: str, drawing: str) -> None:
        """Show a device that is off."""
        super().__init__()
        self._device = device
        self._drawing_name = drawing
        self._drawing = Drawing(f"{drawing}-off", "muted", 18)
        self._words = parts.label("", "muted", wrap=False)
        self.setLayout(parts.row(self._drawing, self._words, spacing=6))
        self.show_state("off")

    def show_state(self, state: str) -> None:
        """Show one of the states that a room reports, or that are known without it."""
        on = state in _DEVICE_ON
        self._drawing.show_drawing(self._drawing_name if on else f"{self._drawing_name}-off", "good" if on else "muted")
        self._words.setText(f"{self._device} {_DEVICE_WORDS.get(state, state)}")
        parts.change_look(self._words, "good" if on else "muted")
        self.setAccessibleName(self._words.text())
        self.setToolTip(self._words.text() if self._words.isHidden() else "")
        self._tell_size()

    def show_words(self, shown: bool) -> None:
        """Show the words beside the drawing, or leave them to the tool tip."""
        self._words.setVisible(shown)
        self.setToolTip("" if shown else self._words.text())
        self._tell_size()

    def _tell_size(self) -> None:
        # By itself the layout around this one hears of it only with the next event, and the bar measures before.
        self.updateGeometry()


class SessionBar(QFrame):
    """Always in view while a session runs, but for a room that fills the screen."""

    end_pressed = Signal()
    full_screen_asked = Signal()
    browser_asked = Signal()

    def __init__(self, parent: QWidget | None = None, stopwatch: Stopwatch | None = None) -> None:
        """Show a session that has not begun."""
        super().__init__(parent)
        self.setProperty("look", "bar")
        self._price: Price | None = None
        self._billed = self._wished = False
        self._clock = stopwatch or Stopwatch()
        self._state = parts.label(_STATE_WORDS[SessionState.IDLE], "strong", wrap=False)
        self._elapsed = parts.label("0:00", "figure", wrap=False)
        self._cost = parts.label("", "muted", wrap=False)
        self._left = parts.label("", "watch", wrap=False)
        self._longest_s: float | None = None
        self._camera = DeviceState("Camera", "camera")
        self._microphone = DeviceState("Microphone", "microphone")
        self._full_screen = parts.button(
            "Full screen", self.full_screen_asked.emit, icon="full-screen", look="quiet", tint="accent"
        )
        self._outside = parts.button(
            "Open in my browser", self.browser_asked.emit, icon="browser", look="quiet", tint="accent"
        )
        self._end = parts.button("End session", self.end_pressed.emit, look="danger", icon="stop", tint="act")
        self._line = QFrame()
        self._line.setProperty("look", "separator")
        self._line.setFixedSize(1, 24)
        self._devices = parts.row(self._camera, self._microphone)
        self._row = parts.row(
            self._state, self._elapsed, self._cost, self._left, self._line, self._devices, 1,
            self._full_screen, self._outside, self._end, spacing=_SPACING,
        )  # fmt: skip
        self._row.setContentsMargins(20, 7, 16, 7)
        self.setLayout(self._row)
        # As high with its buttons as without, so that the room below never jumps.
        self.setMinimumHeight(self._end.sizeHint().height() + 18)
        self._ticker = QTimer(self)
        self._ticker.setInterval(_TICK_MS)
        self._ticker.timeout.connect(self._on_tick)
        self.begin(None)

    @property
    def state_words(self) -> str:
        """Where the session stands, in words."""
        return self._state.text()

    @property
    def end_key(self) -> str:
        """The key that ends a session, as this system writes it."""
        return QKeySequence(END_KEY).toString(QKeySequence.SequenceFormat.NativeText)

    def begin(self, price: Price | None) -> None:
        """Make ready for a session; `price` is for one that is billed."""
        self._price = price
        self._billed = self._wished = False
        self._clock.count_from(None)
        self._ticker.stop()
        self._longest_s = None
        for part in (self._cost, self._left):
            part.hide()
        self._elapsed.setText("0:00")
        self._elapsed.setAccessibleName("Time since live")
        self._elapsed.setAccessibleDescription("")
        self.show_devices("off", "off")
        self._outside.hide()

    def show_update(self, update: SessionUpdate) -> None:
        """Show where the session stands."""
        live = update.state is SessionState.LIVE
        self._state.setText(_STATE_WORDS[update.state])
        parts.change_look(self._state, "good" if live else "strong")
        self._end.setEnabled(update.state in _RUNNING)
        self._show_end(_ENDING if self._wished else "End session" if live else "Cancel")
        self._end.setAccessibleDescription(f"Key {self.end_key}")
        self._end.setToolTip(self.end_key)
        self._outside.setVisible(bool(update.room_url) and update.state in _RUNNING)
        self._billed = update.billed_since is not None
        self._clock.count_from(update.billed_since if self._billed else update.live_since)
        self._longest_s = None
        if update.billed_since is not None and update.ends_at is not None and update.state in _RUNNING:
            self._longest_s = update.ends_at - update.billed_since
        self._tick(update)
        self._fit()

    def end_wished(self) -> None:
        """Say at once that the wish to end was heard: what is asked of the network just now may take its time."""
        self._wished = True
        self._show_end(_ENDING)

    def _show_end(self, words: str) -> None:
        self._end.setText(words)
        self._end.setAccessibleName(words)
        self._fit()

    def show_devices(self, camera: str | None, microphone: str | None) -> None:
        """Show what became of camera and microphone; None leaves one as it is."""
        for shown, state in ((self._camera, camera), (self._microphone, microphone)):
            if state is not None:
                shown.show_state(state)
        self._fit()

    def offer_end(self, offered: bool) -> None:
        """Offer the button that ends or cancels, or leave that to another one that is in view."""
        self._end.setVisible(offered)
        self._fit()

    def stop_clock(self) -> None:
        """Stop counting; the last figure stays."""
        self._ticker.stop()

    def focus(self) -> None:
        """Take the keyboard."""
        (self._end if self._end.isEnabled() else self._full_screen).setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say less in words where there is little room."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Fit, now that the style is known."""
        super().showEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """Leave it to `_fit`: the window may be narrower than all the words."""
        return QSize(_LEAST_WIDTH, super().minimumSizeHint().height())

    def _fit(self) -> None:
        """Make do with less room, the least needed first, until all fits. Times, cost and End keep their words."""
        for shorten in (
            self._show_all_words,
            lambda: _show_words(self._full_screen, shown=False),
            lambda: self._show_devices_as(QBoxLayout.Direction.TopToBottom, words=True),
            lambda: _show_words(self._outside, shown=False),
            lambda: self._show_devices_as(QBoxLayout.Direction.LeftToRight, words=False),
            lambda: self._close_up(tight=True),
        ):
            shorten()
            if self._fits:
                return

    def _close_up(self, *, tight: bool) -> None:
        """Keep what matters most: the time, the sum, the devices and the End. Full screen has a key and the menu."""
        self._tight = tight
        self._row.setSpacing(_TIGHT if tight else _SPACING)
        for part in (self._state, self._line, self._full_screen):
            part.setHidden(tight)
        self._show_cost()
        self._show_left()

    def _show_left(self) -> None:
        """Count down the last minutes of what is billed."""
        elapsed = self._clock.elapsed_s
        left_s = None if elapsed is None or self._longest_s is None else max(0.0, self._longest_s - elapsed)
        shown = left_s is not None and left_s <= _COUNTDOWN_S
        self._left.setVisible(shown)
        if left_s is not None and shown:
            # A second that has begun is still left.
            whole_s = math.ceil(left_s)
            clock = parts.minutes(whole_s)
            self._left.setText(f"{clock} left" if self._tight else f"ends in {clock}")
            self._left.setAccessibleName(f"Ends in {parts.spoken_minutes(whole_s)}")
            parts.change_look(self._left, "act" if left_s <= _LAST_S else "watch")

    def _show_cost(self) -> None:
        elapsed = self._clock.elapsed_s
        cost = "" if self._price is None or elapsed is None else self._price.of(elapsed)
        self._cost.setText(cost if cost and self._tight else f"billed, {cost}" if cost else "billed")

    def _show_all_words(self) -> None:
        self._close_up(tight=False)
        _show_words(self._full_screen, shown=True)
        _show_words(self._outside, shown=True)
        self._show_devices_as(QBoxLayout.Direction.LeftToRight, words=True)

    def _show_devices_as(self, direction: QBoxLayout.Direction, *, words: bool) -> None:
        self._devices.setDirection(direction)
        self._devices.setSpacing(14 if direction == QBoxLayout.Direction.LeftToRight else 0)
        self._camera.show_words(words)
        self._microphone.show_words(words)

    @property
    def _fits(self) -> bool:
        # It does not hear of the layout inside it by itself.
        self._row.invalidate()
        return self._row.sizeHint().width() <= self.width()

    def _tick(self, update: SessionUpdate) -> None:
        running = update.state in _RUNNING if self._billed else update.state is SessionState.LIVE
        if not running or self._clock.elapsed_s is None:
            self._ticker.stop()
            return
        self._on_tick()
        if not self._ticker.isActive():
            self._ticker.start()

    def _on_tick(self) -> None:
        elapsed = self._clock.elapsed_s
        if elapsed is None:
            return
        self._elapsed.setText(parts.minutes(elapsed))
        spoken = parts.spoken_minutes(elapsed)
        self._cost.setVisible(self._billed)
        if not self._billed:
            self._elapsed.setAccessibleDescription(spoken)
            return
        cost = "" if self._price is None else f", {self._price.of(elapsed)}"
        self._show_cost()
        self._show_left()
        self._elapsed.setAccessibleName("Time billed")
        self._elapsed.setAccessibleDescription(f"{spoken} billed since the conversation was created{cost}")
        self._cost.setAccessibleName(f"{spoken} billed{cost}")
        if not self._fits:
            self._fit()


def _show_words(button: QPushButton, *, shown: bool) -> None:
    words = button.accessibleName()
    button.setText(words if shown else "")
    button.setToolTip("" if shown else words)
