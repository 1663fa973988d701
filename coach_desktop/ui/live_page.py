"""The page of a session under way: what is going on, how long, which devices are on, and the room itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui import parts
from coach_desktop.ui.ask_bar import AskBar
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.ui.room.page_policy import Media
    from coach_desktop.ui.room.web_pane import WebPane

_TICK_MS: Final = 500
_GRACE_MS: Final = 1500
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
    "on": "on", "pending": "waiting", "denied": "not allowed", "missing": "not found", "ended": "unplugged",
    "failed": "not working", "off": "off", "browser": "in your browser",
}  # fmt: skip
_DEVICE_PROBLEMS: Final = {
    "missing": "No {} was found.", "failed": "The {} does not work.", "ended": "The {} was unplugged.",
}  # fmt: skip


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
        """Show one of the states that a room reports."""
        on = state == "on"
        self._drawing.show_drawing(self._drawing_name if on else f"{self._drawing_name}-off", "good" if on else "muted")
        self._words.setText(f"{self._device} {_DEVICE_WORDS.get(state, state)}")
        parts.change_look(self._words, "good" if on else "muted")
        self.setAccessibleName(self._words.text())


class LivePage(QWidget):
    """Shows a session from its start to its report."""

    end_asked = Signal()
    cancel_asked = Signal()
    full_screen_asked = Signal()
    page_full_screen_asked = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Make the page; the web pane comes with the first room."""
        super().__init__(parent)
        self._pane: WebPane | None = None
        self._media_allowed = False
        self._room_url = ""
        self._came_back = False
        self._update: SessionUpdate | None = None
        self._ask = AskBar()
        self._bar = self._make_bar()
        self._waiting = self._make_waiting()
        self._stack = QStackedWidget()
        self._stack.addWidget(self._waiting)
        self.setLayout(parts.column(self._bar, self._ask, self._stack, spacing=0))
        self._ticker = QTimer(self)
        self._ticker.setInterval(_TICK_MS)
        self._ticker.timeout.connect(self._on_tick)

    @property
    def pane(self) -> WebPane | None:
        """The web pane, once there was a room."""
        return self._pane

    @property
    def is_live(self) -> bool:
        """Whether the clock of a session runs."""
        return self._update is not None and self._update.state is SessionState.LIVE

    def begin(self, *, media_allowed: bool) -> None:
        """Make ready for a session. `media_allowed` is a yes to camera and microphone that was given before."""
        self._media_allowed = media_allowed
        self._room_url = ""
        self._update = None
        self._ask.clear()
        self._elapsed.setText("0:00")
        self._show_devices("off", "off")
        self._outside.hide()
        self._show_waiting("Starting the coach…", "This takes a few seconds.", cancel="Cancel")
        self._waiting_button.setFocus()

    def show_update(self, update: SessionUpdate) -> None:
        """Show what a session tells."""
        before = self._update.state if self._update else None
        self._update = update
        words = _STATE_WORDS[update.state]
        if update.state is not before:
            self._state.setText(words)
            parts.change_look(self._state, "good" if update.state is SessionState.LIVE else "strong")
            parts.announce(self, update.message or words)
        self._end.setEnabled(update.state in {SessionState.STARTING, SessionState.LIVE})
        self._end.setText("End session" if update.state is SessionState.LIVE else "Cancel")
        self._end.setAccessibleName(self._end.text())
        self._outside.setVisible(bool(update.room_url) and update.state in {SessionState.STARTING, SessionState.LIVE})
        if update.state in {SessionState.STARTING, SessionState.LIVE}:
            if update.room_url and update.room_url != self._room_url:
                self._show_room(update.room_url)
            elif not update.room_url:
                self._show_waiting(update.message, "This takes a few seconds.", cancel="Cancel")
        else:
            self._show_ending(update)
        self._tick(update)

    def _show_ending(self, update: SessionUpdate) -> None:
        ending = update.state is SessionState.ENDING
        if ending:
            # The room hears of the end from its service and lets go of the devices by itself. Were it taken away now,
            # its devices would seem to have broken off in the middle of the talk.
            QTimer.singleShot(_GRACE_MS, self, self._on_grace_over)
        else:
            self.leave_room()
        words = "Camera and microphone are being released." if ending else "Camera and microphone are off."
        self._show_waiting(update.message, words, cancel="")
        self._end.hide()

    def _on_grace_over(self) -> None:
        if self._update is not None and self._update.state is SessionState.ENDING:
            self.leave_room()

    def leave_room(self) -> None:
        """Leave the room; camera and microphone are off from here on."""
        self._ticker.stop()
        self._ask.clear()
        if self._pane is not None:
            self._pane.leave()
        self._show_devices("off", "off")

    def hide_bar(self, hidden: bool) -> None:
        """Hide the bar while the room itself fills the screen."""
        self._bar.setHidden(hidden)

    def focus_bar(self) -> None:
        """Take the keyboard out of the room."""
        target = self._end if self._end.isEnabled() else self._full_screen
        target.setFocus()

    def _make_bar(self) -> QFrame:
        self._state = parts.label(_STATE_WORDS[SessionState.IDLE], "strong", wrap=False)
        self._elapsed = parts.label("0:00", "figure", wrap=False)
        self._elapsed.setAccessibleName("Time since live")
        self._camera = DeviceState("Camera", "camera")
        self._microphone = DeviceState("Microphone", "microphone")
        self._full_screen = parts.button(
            "Full screen", self.full_screen_asked.emit, icon="full-screen", look="quiet", tint="accent"
        )
        self._outside = parts.button(
            "Open in my browser", self._on_browser_asked, icon="browser", look="quiet", tint="accent"
        )
        self._end = parts.button("End session", self._on_end_pressed, look="danger", icon="stop", tint="act")
        line = QFrame()
        line.setProperty("look", "separator")
        line.setFixedSize(1, 24)
        bar = parts.frame(
            "bar",
            parts.row(
                self._state, self._elapsed, line, self._camera, self._microphone, 1,
                self._full_screen, self._outside, self._end, spacing=14,
            ),
            margins=(20, 9, 16, 9),
        )  # fmt: skip
        # As high with its buttons as without, so that the room below never jumps.
        bar.setMinimumHeight(self._end.sizeHint().height() + 18)
        return bar

    def _make_waiting(self) -> QWidget:
        self._waiting_title: QLabel = parts.label("", "title")
        self._waiting_words: QLabel = parts.label("", "muted")
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(320)
        self._progress.setAccessibleName("Working")
        self._waiting_button = parts.button("Cancel", self._on_waiting_pressed)
        middle = QVBoxLayout()
        middle.setSpacing(16)
        middle.addStretch(2)
        for part in (
            Drawing("app", pixels=64),
            self._waiting_title,
            self._waiting_words,
            self._progress,
            self._waiting_button,
        ):
            middle.addLayout(parts.row(1, part, 1))
        middle.addStretch(3)
        page = QWidget()
        page.setLayout(middle)
        return page

    def _show_waiting(self, title: str, words: str, *, cancel: str, busy: bool = True) -> None:
        for shown, text in ((self._waiting_title, title), (self._waiting_words, words)):
            shown.setWordWrap(False)
            shown.setText(text)
        self._progress.setVisible(busy)
        self._waiting_button.setVisible(bool(cancel))
        if cancel:
            self._waiting_button.setText(cancel)
            self._waiting_button.setAccessibleName(cancel)
        # One way to cancel at a time: here in the middle, or in the bar above the room.
        self._end.setVisible(not cancel or not busy)
        self._stack.setCurrentWidget(self._waiting)

    def _made_pane(self) -> WebPane:
        if self._pane is None:
            # Only now: the web engine takes longer to load than everything else together.
            from coach_desktop.ui.room.web_pane import WebPane

            pane = WebPane(self)
            pane.permission_asked.connect(self._on_permission_asked)
            pane.media_allowed.connect(self._on_media_allowed)
            pane.media_denied.connect(self._on_media_denied)
            pane.devices_reported.connect(self._show_devices)
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

    def _show_room(self, address: str) -> None:
        self._room_url = address
        pane = self._made_pane()
        try:
            pane.show_room(QUrl(address), self._media_allowed)
        except CoachError as error:
            self._ask.tell(error.sentences())
            return
        self._show_devices("pending", "pending")
        self._end.show()
        self._stack.setCurrentWidget(pane)
        pane.focus_room()

    def _show_devices(self, camera: str, microphone: str) -> None:
        self._camera.show_state(camera)
        self._microphone.show_state(microphone)
        problems = [
            _DEVICE_PROBLEMS[state].format(device)
            for device, state in (("camera", camera), ("microphone", microphone))
            if state in _DEVICE_PROBLEMS
        ]
        if problems and not self._ask.is_asking:
            self._ask.tell(
                f"{' '.join(problems)} You can go on without; what it is needed for will be not measured.",
                ("Try again", self._on_try_again),
            )

    def _tick(self, update: SessionUpdate) -> None:
        if update.live_since is None or update.state is not SessionState.LIVE:
            self._ticker.stop()
            return
        self._on_tick()
        if not self._ticker.isActive():
            self._ticker.start()

    def _on_tick(self) -> None:
        if self._update is not None and self._update.live_since is not None:
            since = time.time() - self._update.live_since
            self._elapsed.setText(parts.minutes(max(0.0, since - 0.5)))
            self._elapsed.setAccessibleDescription(parts.spoken_minutes(since))

    def _on_permission_asked(self, wanted: Media) -> None:
        from coach_desktop.ui.room import page_policy

        room = page_policy.origin_of(QUrl(self._room_url))
        local = room is not None and page_policy.is_local(room)
        place = "stay on this computer and are not recorded" if local else f"go to {room.host if room else 'the coach'}"
        self._ask.ask(
            f"May Chuck use your {wanted.value}? Picture and sound {place}.",
            ("Allow", lambda: self._answer(allow=True)),
            ("Not now", lambda: self._answer(allow=False)),
        )

    def _answer(self, *, allow: bool) -> None:
        self._ask.clear()
        if self._pane is not None:
            self._pane.answer_media(allow)
            self._pane.focus_room()

    def _on_media_allowed(self, wanted: Media) -> None:
        from coach_desktop.ui.room.page_policy import Media

        if wanted is Media.BOTH:
            self._show_devices("on", "on")

    def _on_media_denied(self, wanted: Media) -> None:
        self._ask.tell(
            f"Chuck does not use your {wanted.value}. You can go on; what needs it will be not measured.",
            ("Try again", self._on_try_again),
        )
        self._show_devices("denied", "denied")

    def _on_try_again(self) -> None:
        self._ask.clear()
        if self._pane is not None:
            self._pane.ask_again()
            self._pane.focus_room()

    def _on_room_failed(self, reason: str) -> None:
        self._ask.tell(
            f"The room could not be opened ({reason}). Nothing is lost.", ("Try again", self._on_reload_asked)
        )

    def _on_renderer_crashed(self, _count: int) -> None:
        self._came_back = True
        self._ask.tell("The room stopped for a moment and is coming back. What was measured so far is kept.")

    def _on_room_loaded(self) -> None:
        if self._came_back:
            self._came_back = False
            self._ask.tell("The room had stopped for a moment and is back. What was measured before is kept.")
            focused = QApplication.focusWidget()
            if self._pane is not None and not (focused is not None and self._bar.isAncestorOf(focused)):
                # With its process the room lost the keyboard to whatever comes next in the window.
                self._pane.focus_room()

    def _on_renderer_gave_up(self) -> None:
        self._came_back = False
        self._show_devices("off", "off")
        self._ask.tell(
            "The room stopped several times, so it was not opened again. What was measured so far is kept: "
            "try once more, or end the session and read the report.",
            ("Try once more", self._on_reload_asked),
        )
        self.focus_bar()

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
        # Before the room is left here: where there is no browser, it goes on as if nothing had been asked.
        if not open_in_system_browser(QUrl(self._room_url)):
            self._ask.tell("No browser could be started here. The conversation goes on in this window.")
            return
        if self._pane is not None:
            self._pane.leave()
        self._ask.clear()
        self._show_devices("browser", "browser")
        self._show_waiting(
            "The conversation is in your browser",
            "Your browser asks for camera and microphone by itself. End the session here or there.",
            cancel="Bring it back here",
            busy=False,
        )
        self._waiting_button.setFocus()

    def _on_waiting_pressed(self) -> None:
        if self._room_url:
            self._show_room(self._room_url)
        else:
            self.cancel_asked.emit()

    def _on_end_pressed(self) -> None:
        (self.end_asked if self.is_live else self.cancel_asked).emit()
