"""The page of a session under way: the bar, what needs an answer, and the room itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui import parts
from coach_desktop.ui.ask_bar import AskBar
from coach_desktop.ui.bridge import FINAL_STATES
from coach_desktop.ui.room import room_words
from coach_desktop.ui.room.last_words import LastWords
from coach_desktop.ui.room.page_policy import Media, RoomKind
from coach_desktop.ui.room.terms import Terms
from coach_desktop.ui.session_bar import SessionBar
from coach_desktop.ui.waiting_page import WaitingPage

if TYPE_CHECKING:
    from coach_desktop.sessions.handover import Handover
    from coach_desktop.ui.room.web_pane import WebPane

_GRACE_MS: Final = 1500
_FIRST_PICTURE_MS: Final = 50
_CALM_AGAIN_MS: Final = 1000
_BLANK_AT_MOST_MS: Final = 400
_RUNNING: Final = frozenset({SessionState.STARTING, SessionState.LIVE})
_STARTING_WORDS: Final = "This takes a few seconds."


class LivePage(QWidget):
    """Shows a session from its start to its report."""

    end_asked = Signal()
    cancel_asked = Signal()
    full_screen_asked = Signal()
    page_full_screen_asked = Signal(bool)
    renderer_lost = Signal()
    """The room crashed for good. Whoever pays for the conversation should end it now."""

    def __init__(self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Make the page; the web pane comes with the first room. `clock` (seconds that only grow) is for the room."""
        super().__init__(parent)
        self._clock = clock
        self._pane: WebPane | None = None
        self._terms = Terms()
        self._room_url = ""
        self._is_awaited = False
        self._came_back = False
        self._offer = ""
        self._notice = ""
        self._handover: Handover | None = None
        self._update: SessionUpdate | None = None
        self._ask = AskBar()
        self.last_words = LastWords(self, self._ask, self.leave_room)
        self._bar = SessionBar()
        self._bar.end_pressed.connect(self._on_end_pressed)
        self._bar.full_screen_asked.connect(self.full_screen_asked)
        self._bar.browser_asked.connect(self._on_browser_asked)
        self._waiting = WaitingPage()
        self._waiting.pressed.connect(self._on_waiting_pressed)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._waiting)
        self.setLayout(parts.column(self._bar, self._ask, self._stack, spacing=0))

    @property
    def pane(self) -> WebPane | None:
        """The web pane, once there was a room."""
        return self._pane

    @property
    def is_live(self) -> bool:
        """Whether the clock of a session runs."""
        return self._update is not None and self._update.state is SessionState.LIVE

    def begin(self, terms: Terms) -> None:
        """Make ready for a session on these terms."""
        self.last_words.stop()
        self._terms = terms
        self._room_url = self._offer = self._notice = ""
        self._update = None
        self._ask.clear()
        self._bar.begin(terms.price)
        self._show_waiting("Starting the coach…", _STARTING_WORDS, button="Cancel")
        self._waiting.focus_button()
        self._is_awaited = True
        # The web engine takes long to load, and is needed in any case; but first the user sees that it begins.
        QTimer.singleShot(_FIRST_PICTURE_MS if self._pane is None else 0, self, self._make_ready)

    def show_update(self, update: SessionUpdate) -> None:
        """Show what a session tells."""
        before = self._update.state if self._update else None
        self._update = update
        if update.room_url and update.room_url != self._room_url and update.state in _RUNNING:
            # First of all: the page is on its way while the window is painted anew.
            self._show_room(update.room_url)
        self._bar.show_update(update)
        if update.state is not before:
            self._announce(update)
        if update.state not in _RUNNING:
            self._show_ending(update)
            return
        self._show_notice(update.notice or "")
        if not update.room_url:
            self._show_waiting(update.message, _STARTING_WORDS, button="Cancel")

    def end_wished(self) -> None:
        """Say at once that the wish to end was heard."""
        self._bar.end_wished()

    def leave_room(self) -> None:
        """Leave the room; camera and microphone are off from here on."""
        self.last_words.stop()
        self._is_awaited = False
        self._bar.stop_clock()
        self._ask.clear()
        self._close_handover()
        if self._pane is not None:
            self._pane.leave()
        self._bar.show_devices("off", "off")

    def expect_another(self) -> None:
        """Make ready for the next session, as soon as what comes after this one has been shown.

        Only after a session: whoever only looks up a report needs no web engine.
        """
        QTimer.singleShot(_CALM_AGAIN_MS, self, self._make_ready_again)

    def hide_bar(self, hidden: bool) -> None:
        """Hide the bar while the room itself fills the screen."""
        self._bar.setHidden(hidden)

    def focus_bar(self) -> None:
        """Take the keyboard out of the room."""
        self._bar.focus()

    @property
    def _kind(self) -> RoomKind:
        return "local" if self._update is None else self._update.provider

    def _announce(self, update: SessionUpdate) -> None:
        words = update.message or self._bar.state_words
        if update.state is SessionState.LIVE:
            billed = " It is billed until it is ended." if update.billed_since is not None else ""
            words = f"{words}{billed} {self._bar.end_key} ends the session."
        parts.announce(self, words)

    def _show_ending(self, update: SessionUpdate) -> None:
        # Whatever was asked or offered was about a room that is being left.
        self._ask.clear()
        self._bar.offer_end(False)
        view = self._pane.view if self._pane is not None and self._stack.currentWidget() is self._pane else None
        if not self.last_words.hold(update, view, lambda: self._show_end(self._update or update)):
            self._show_end(update)

    def _show_end(self, update: SessionUpdate) -> None:
        ending = update.state is SessionState.ENDING
        if ending:
            # The room hears of the end from its service and lets go of the devices by itself. Were it taken away now,
            # its devices would seem to have broken off in the middle of the talk.
            QTimer.singleShot(_GRACE_MS, self, self._on_grace_over)
        else:
            self.leave_room()
        words = "Camera and microphone are being released." if ending else "Camera and microphone are off."
        self._show_waiting(update.message, words)
        self._bar.offer_end(False)

    def _on_grace_over(self) -> None:
        if self._update is not None and self._update.state is SessionState.ENDING:
            self.leave_room()

    def _show_notice(self, notice: str) -> None:
        if notice == self._notice:
            return
        self._ask.withdraw(self._notice)
        self._notice = notice
        if notice:
            self._ask.tell(notice)

    def _show_waiting(self, title: str, words: str, *, button: str = "", busy: bool = True) -> None:
        self._waiting.show_words(title, words, button=button, busy=busy)
        # One way to cancel at a time: here in the middle, or in the bar above the room.
        self._bar.offer_end(not button or not busy)
        self._stack.setCurrentWidget(self._waiting)

    def _made_pane(self) -> WebPane:
        if self._pane is None:
            # Only now: the web engine takes longer to load than everything else together.
            from coach_desktop.ui.room.web_pane import WebPane

            pane = WebPane(self, clock=self._clock)
            pane.permission_asked.connect(self._on_permission_asked)
            pane.media_allowed.connect(self._on_media_allowed)
            pane.media_denied.connect(self._on_media_denied)
            pane.devices_reported.connect(self._show_devices)
            pane.picture_missed.connect(self._on_picture_missed)
            pane.picture_seen.connect(self._on_picture_seen)
            pane.room_loaded.connect(self._on_room_loaded)
            pane.room_failed.connect(self._on_room_failed)
            pane.renderer_crashed.connect(self._on_renderer_crashed)
            pane.renderer_gave_up.connect(self._on_renderer_gave_up)
            pane.full_screen_asked.connect(self.page_full_screen_asked)
            pane.link_opened.connect(self._on_link_opened)
            pane.link_failed.connect(self._on_link_failed)
            pane.download_refused.connect(self._on_download_refused)
            self._stack.addWidget(pane)
            self._pane = pane
        return self._pane

    def _make_ready(self) -> None:
        if self._is_awaited:
            self._made_pane().make_ready()

    def _make_ready_again(self) -> None:
        over = self._update is None or self._update.state in FINAL_STATES
        if over and self._pane is not None and self.window().isVisible():
            self._pane.make_ready()

    def _show_room(self, address: str) -> None:
        self._is_awaited = False
        self._room_url = address
        self._close_handover()
        pane = self._made_pane()
        try:
            terms = self._terms
            pane.show_room(
                QUrl(address), terms.media_allowed, kind=self._kind, chrome_user_agent=terms.chrome_user_agent
            )
        except CoachError as error:
            self._ask.tell(error.sentences())
            return
        first = "pending" if self._kind == "local" else "unused"
        self._bar.show_devices(first, first)
        # A page that is still blank is nothing to look at, and showing it holds up its loading.
        self._show_waiting("Opening the room…", _STARTING_WORDS)
        self._waiting.setFocus()
        QTimer.singleShot(_BLANK_AT_MOST_MS, self, self._show_pane)

    def _show_pane(self) -> None:
        if self._pane is None or self._pane.url.isEmpty() or self._stack.currentWidget() is self._pane:
            return
        self._stack.setCurrentWidget(self._pane)
        self._pane.focus_room()

    def _show_devices(self, camera: str, microphone: str) -> None:
        self._bar.show_devices(camera, microphone)
        problems = room_words.device_problems(camera, microphone)
        if problems and not self._ask.is_asking:
            self._ask.tell(problems, ("Try again", self._on_try_again))

    def _mark(self, wanted: Media, state: str) -> None:
        camera = state if wanted is not Media.MICROPHONE else None
        microphone = state if wanted is not Media.CAMERA else None
        self._bar.show_devices(camera, microphone)

    def _on_permission_asked(self, wanted: Media) -> None:
        if self._update is not None and self._update.state not in _RUNNING:
            return
        self._ask.ask(
            room_words.may_use(wanted, self._kind, QUrl(self._room_url), keeps_sound=self._terms.keeps_sound),
            ("Allow", lambda: self._answer(allow=True)),
            ("Not now", lambda: self._answer(allow=False)),
        )

    def _answer(self, *, allow: bool) -> None:
        if self._pane is not None:
            # A button that is hidden passes the keyboard on as Tab does, and the room would ring its first button.
            self._pane.focus_room()
        self._ask.clear()
        if self._notice:
            # It came while the question waited, and may be about money.
            self._ask.tell(self._notice)
        if self._pane is not None:
            self._pane.answer_media(allow)
            self._pane.wait_anew()

    def _on_media_allowed(self, wanted: Media) -> None:
        # A local room says by itself what became of its devices; of another one only the user's yes is known.
        self._mark(wanted, "on" if self._kind == "local" else "allowed")

    def _on_media_denied(self, wanted: Media) -> None:
        self._ask.tell(room_words.denied(wanted, self._kind), ("Try again", self._on_try_again))
        self._mark(wanted, "denied")

    def _on_try_again(self) -> None:
        self._ask.clear()
        if self._pane is not None:
            self._pane.ask_again()
            self._pane.focus_room()

    def _on_picture_missed(self, unsupported: bool) -> None:
        # While a question of ours waits, the room may well wait for its answer; then the time begins anew.
        if not self._ask.is_asking:
            self._offer = room_words.UNSUPPORTED if unsupported else room_words.NO_PICTURE
            self._ask.tell(self._offer, (room_words.OPEN_OUTSIDE, self._on_browser_asked))

    def _on_picture_seen(self) -> None:
        self._ask.withdraw(self._offer)
        self._offer = ""

    def _on_room_failed(self, reason: str) -> None:
        self._ask.tell(
            f"The room could not be opened ({reason}). Nothing is lost.", ("Try again", self._on_reload_asked)
        )

    def _on_renderer_crashed(self, _count: int) -> None:
        self._came_back = True
        self._ask.tell(room_words.CRASHED)

    def _on_room_loaded(self) -> None:
        self._show_pane()
        if self._came_back:
            self._came_back = False
            self._ask.tell(room_words.CAME_BACK)
            focused = QApplication.focusWidget()
            if self._pane is not None and not (focused is not None and self._bar.isAncestorOf(focused)):
                # With its process the room lost the keyboard to whatever comes next in the window.
                self._pane.focus_room()

    def _on_renderer_gave_up(self) -> None:
        self._came_back = False
        self._bar.show_devices("off", "off")
        again = ("Try once more", self._on_reload_asked) if self._kind == "local" else None
        self._ask.tell(room_words.gave_up(self._kind), again)
        self.focus_bar()
        self.renderer_lost.emit()

    def _on_reload_asked(self) -> None:
        self._ask.clear()
        if self._pane is not None:
            self._pane.reload()

    def _on_link_opened(self, url: QUrl) -> None:
        self._ask.tell(f"Opened {url.host()} in your browser.")

    def _on_link_failed(self, url: QUrl) -> None:
        self._ask.tell(f"No browser could be started here, so {url.host()} was not opened.")

    def _on_download_refused(self) -> None:
        self._ask.tell("The room offered a file. Files are not taken from a room.")

    def _on_browser_asked(self) -> None:
        from coach_desktop.ui.room.web_pane import open_in_system_browser

        if not self._room_url:
            return
        try:
            address = self._address_for_browser()
        except CoachError as error:
            self._ask.tell(error.sentences())
            return
        # Before the room is left here: where there is no browser, it goes on as if nothing had been asked.
        if not open_in_system_browser(QUrl(address)):
            self._close_handover()
            self._ask.tell("No browser could be started here. The conversation goes on in this window.")
            return
        if self._pane is not None:
            self._pane.leave()
        self._ask.clear()
        self._bar.show_devices("browser", "browser")
        self._show_waiting(
            "The conversation is in your browser",
            room_words.in_your_browser(self._kind),
            button="Bring it back here",
            busy=False,
        )
        self._waiting.focus_button()

    def _address_for_browser(self) -> str:
        """Return the address to start the browser with: other programs can read it there, so it has no token."""
        from coach_desktop.sessions.handover import Handover, carries_token

        self._close_handover()
        address = QUrl(self._room_url).toString(QUrl.ComponentFormattingOption.FullyEncoded)
        if not carries_token(address):
            return address
        self._handover = Handover(address)
        return self._handover.start()

    def _close_handover(self) -> None:
        if self._handover is not None:
            self._handover.close()
            self._handover = None

    def _on_waiting_pressed(self) -> None:
        if self._room_url:
            self._show_room(self._room_url)
        else:
            self.cancel_asked.emit()

    def _on_end_pressed(self) -> None:
        (self.end_asked if self.is_live else self.cancel_asked).emit()
