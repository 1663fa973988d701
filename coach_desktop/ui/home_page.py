"""The first page: what the coach does, whom to practise with, and one big button."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QLayout, QScrollArea, QWidget

from coach_desktop.core.ids import OWN_CHUCK
from coach_desktop.store.history import SessionRow
from coach_desktop.ui import parts, theme
from coach_desktop.ui.profiles.profile_list import ProfileList
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.store.profile_files import StoredProfile
    from coach_desktop.store.profiles import Profile
    from coach_desktop.store.secrets import KeyStatus

_LEAD: Final = {
    "local": "Talk as you would to an audience. Your coach watches your eye contact and listens to your voice and "
    "pauses, and gives you a report you can act on.",
    "tavus": "Talk face to face with a video coach of your Tavus account. Afterwards you get a report with what was "
    "said and what the coach noticed.",
}
_PLACE: Final = {"local": ("private", "good"), "tavus": ("cloud", "watch")}
_PRIVACY: Final = {
    "local": "Nothing leaves this computer. Picture and sound are measured here, and neither is kept.",
    "kept": "Nothing leaves this computer. The sound of your talk is kept in a file on it, as you chose in the "
    "settings; the picture is not kept.",
    "tavus": "Picture and sound go to Tavus. The conversation is billed by the minute.",
}
_NAME_ENDS: Final = re.compile(r"\s*[,(\[:\u2013\u2014]")
_WIDEST: Final = 1000
_LEAST_LEFT: Final = 250
_LEFT: Final = 9
_RIGHT: Final = 11
_BETWEEN: Final = 20
_SIDE: Final = 24
_LONG_NAME: Final = 28
_CARD_SIDES: Final = 28
_DRAWING_ROOM: Final = 60


class HomePage(QWidget):
    """Lets the user choose a profile and start."""

    start_asked = Signal()
    report_asked = Signal(str)
    history_asked = Signal()
    manage_asked = Signal()
    key_asked = Signal()
    chuck_asked = Signal()
    preview_asked = Signal()
    profile_chosen = Signal(str)

    def __init__(
        self,
        profiles: Sequence[StoredProfile],
        chosen: str | None = None,
        parent: QWidget | None = None,
        *,
        keeps_sound: bool = False,
    ) -> None:
        """Offer these profiles; `chosen` is the id of the one that is selected first, else it is a local one.

        `keeps_sound`: whether the sound of a talk with the local coach is kept.
        """
        super().__init__(parent)
        self._keeps_sound = keeps_sound
        self._key: KeyStatus | None = None
        self._busy = False
        self._picture = Drawing("app", pixels=84)
        self._title = parts.label("", "display")
        self._lead = parts.label("", "lead")
        self.start_button = parts.button("Start practice", self.start_asked.emit, look="start")
        theme.current().set_icon(self.start_button, "start", "on_accent", 20)
        self.start_button.setToolTip("Ctrl+Return")
        self._privacy_drawing = Drawing("private", "good", 22)
        self._privacy = parts.label("")
        self._key_row = self._make_key_row()
        self._last = self._last_session_card()
        self._picker = ProfileList("Practise with")
        self._picker.choice_changed.connect(self._on_profile_chosen)
        self._manage = parts.button(
            "Manage profiles…", self.manage_asked.emit, look="quiet", icon="edit", tint="accent"
        )
        self._chuck = parts.button("", self.chuck_asked.emit, look="quiet", icon="cloud", tint="accent")
        self._preview = parts.button(
            "Preview what is sent…", self.preview_asked.emit, look="quiet", icon="text", tint="accent"
        )
        self._preview.setAccessibleDescription("Shows exactly what Start practice sends, and checks it for free.")
        privacy = parts.row(self._privacy_drawing, self._privacy)
        privacy.setStretch(1, 1)
        self._left = parts.column(
            1,
            parts.row(self._picture, 1),
            self._title,
            self._lead,
            parts.row(self.start_button, 1),
            privacy,
            parts.row(self._preview, 1),
            self._key_row,
            self._last,
            1,
            spacing=16,
        )
        self._left.insertSpacing(4, 6)
        caption = parts.label("Practise with", "heading", wrap=False)
        caption.setBuddy(self._picker)
        header = parts.row(caption, 1, self._manage)
        header.setContentsMargins(8, 0, 0, 0)
        below = parts.row(self._chuck, 1)
        card = parts.frame("card", parts.column(header, self._picker, below, spacing=8), margins=(12, 12, 12, 12))
        self._right = parts.column(1, card, 1, spacing=0)
        self._columns = parts.row(spacing=_BETWEEN)
        self._columns.addLayout(self._left, _LEFT)
        self._columns.addLayout(self._right, _RIGHT)
        self._lead.setMinimumWidth(_LEAST_LEFT)
        self.setLayout(self._scrolled(self._columns))
        self.show_profiles(profiles, chosen)

    @property
    def profile(self) -> Profile | None:
        """The chosen profile, or None where there is none at all."""
        chosen = self._picker.chosen
        return chosen.profile if chosen else None

    def show_profiles(self, profiles: Sequence[StoredProfile], chosen: str | None = None) -> None:
        """Offer these. Selected is the one with the id `chosen`, else the one that was, else the first local one."""
        self._has_own_chuck = any(stored.profile.id == OWN_CHUCK for stored in profiles)
        self._picker.show_profiles(profiles, chosen)
        self._refresh()

    def show_key(self, status: KeyStatus | None) -> None:
        """Show how it stands with the Tavus key, for profiles that need one; None: it is being looked for."""
        self._key = status
        self._refresh()

    def show_keeping(self, keeps_sound: bool) -> None:
        """Show whether the sound of the next talk with the local coach is kept."""
        self._keeps_sound = keeps_sound
        self._refresh()

    def show_last_session(self, row: SessionRow | None) -> None:
        """Show when the user practised last; None hides it."""
        self._last_id = row.id if row else ""
        self._last.setVisible(row is not None)
        if row is not None:
            length = "" if row.duration_s is None else f", {parts.minutes(row.duration_s)} min"
            self._last_words.setText(f"Last session: {parts.local_time(row.started_at)}{length}")
            self._show_card("history", "muted", "Open its report")
        self._fit()

    def show_history_problem(self, words: str) -> None:
        """Show, in place of the last session, why it is not known."""
        self._last_id = ""
        self._last_words.setText(words)
        self._show_card("error", "act", "What to do")
        self._last.show()
        self._fit()

    def set_busy(self, busy: bool) -> None:
        """While a session is under way nothing can be started or changed."""
        self._busy = busy
        for part in (self._picker, self._manage, self._key_button, self._chuck, self._preview):
            part.setEnabled(not busy)
        self.start_button.setEnabled(not busy and self.profile is not None)

    def _refresh(self) -> None:
        profile = self.profile
        provider = profile.provider if profile else "local"
        self._title.setText(headline(profile.name) if profile else "Practise")
        self._lead.setText(_LEAD[provider] if profile else "There is no profile yet. Make one to begin.")
        words = _PRIVACY["kept" if provider == "local" and self._keeps_sound else provider]
        self._privacy_drawing.show_drawing(*_PLACE[provider])
        self._privacy.setText(words)
        self.start_button.setAccessibleDescription(words)
        key_words, action = key_state(self._key) if provider == "tavus" else ("", "")
        self._key_row.setVisible(bool(key_words))
        self._key_words.setText(key_words)
        self._key_button.setVisible(bool(action))
        if action:
            self._key_button.setText(action)
            self._key_button.setAccessibleName(action)
        has_key = self._key is not None and not key_state(self._key)[0]
        self._preview.setVisible(provider == "tavus")
        self._chuck.setVisible(has_key)
        self._chuck.setText("Chuck in my account…" if self._has_own_chuck else "Create Chuck in my account…")
        self._chuck.setAccessibleName(self._chuck.text())
        self.set_busy(self._busy)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make do with less room."""
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        """Fit, now that the style is known."""
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Lay the two halves below each other where they are too wide, and leave out the picture where they are tall.

        A line with a button has it beside its words, or below where the words need the width.
        """
        room = min(self.width() - 2 * _SIDE, _WIDEST)
        beside = self._left.minimumSize().width() + _BETWEEN + self._right.minimumSize().width() <= room
        self._columns.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)
        left = (room - _BETWEEN) * _LEFT // (_LEFT + _RIGHT) if beside else room
        _break(self._key_line, self._key_words, self._key_button, left)
        _break(self._last_line, self._last_words, self._opener, left - _CARD_SIDES)
        self._picture.show()
        page = self._area.widget()
        layout = page.layout() if page else None
        if layout is not None:
            layout.invalidate()
            self._picture.setVisible(layout.minimumHeightForWidth(self.width()) <= self.height())

    def _make_key_row(self) -> QWidget:
        self._key_words = parts.label("")
        self._key_button = parts.button("Add key…", self.key_asked.emit)
        self._key_line = _line(Drawing("key", "muted", 22), self._key_words, self._key_button)
        made = QWidget()
        made.setLayout(self._key_line)
        return made

    def _scrolled(self, columns: QLayout) -> QLayout:
        """Return the page's layout: a small window scrolls instead of cutting something off."""
        inner = QWidget()
        inner.setMaximumWidth(_WIDEST)
        inner.setLayout(columns)
        page = _Page()
        page.setProperty("look", "page")
        around = parts.row(1, spacing=0)
        around.addWidget(inner, 100)
        around.addStretch(1)
        around.setContentsMargins(_SIDE, 16, _SIDE, 16)
        page.setLayout(around)
        area = self._area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(QFrame.Shape.NoFrame)
        # What is in it takes the keyboard, and is scrolled to.
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        outer = parts.column(area)
        outer.setContentsMargins(0, 0, 0, 0)
        return outer

    def _show_card(self, drawing: str, tint: str, action: str) -> None:
        self._last_drawing.show_drawing(drawing, tint)
        self._opener.setText(action)
        self._opener.setAccessibleName(action)

    def _last_session_card(self) -> QWidget:
        self._last_id = ""
        self._last_words = parts.label("")
        self._last_drawing = Drawing("history", "muted", 20)
        self._opener = parts.button("Open its report", self._on_last_asked, look="quiet", icon="open", tint="accent")
        self._last_line = _line(self._last_drawing, self._last_words, self._opener)
        card = parts.frame("card", self._last_line, margins=(16, 6, 10, 6))
        card.hide()
        return card

    def _on_last_asked(self) -> None:
        if self._last_id:
            self.report_asked.emit(self._last_id)
        else:
            self.history_asked.emit()

    def _on_profile_chosen(self, profile_id: str) -> None:
        self._refresh()
        parts.announce(self, " ".join(part for part in (self._privacy.text(), self._key_words.text()) if part))
        self.profile_chosen.emit(profile_id)


def _line(drawing: QWidget, words: QWidget, button: QWidget) -> QHBoxLayout:
    """Return a line for `_break`: a drawing, words and a button."""
    box = parts.row(words, parts.row(button, 1))
    box.setStretch(0, 1)
    line = parts.row(drawing, box)
    line.setStretch(1, 1)
    return line


def _break(line: QHBoxLayout, words: QLabel, button: QWidget, room: int) -> None:
    """Put the button of a line below its words where both do not fit into the room."""
    fits = words.fontMetrics().horizontalAdvance(words.text()) + button.sizeHint().width() + _DRAWING_ROOM <= room
    box = line.itemAt(1)
    if isinstance(box, QBoxLayout):
        box.setDirection(QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom)
        box.setSpacing(10 if fits else 4)
    drawing = line.itemAt(0)
    if drawing is not None:
        drawing.setAlignment(Qt.AlignmentFlag.AlignVCenter if fits else Qt.AlignmentFlag.AlignTop)


class _Page(QWidget):
    """Is no higher than it must be: the list of profiles scrolls before the page does."""

    def heightForWidth(self, width: int) -> int:
        """Return the least height at this width."""
        layout = self.layout()
        return layout.minimumHeightForWidth(width) if layout else -1


def headline(name: str) -> str:
    """Return what a profile is about, short enough for a headline and without what follows a comma or in brackets.

    "Chuck, public speaking (local)" is somebody to practise with; "Job interview (Tavus)" says it by itself.
    """
    short = _NAME_ENDS.split(name, maxsplit=1)[0].strip()
    if not 0 < len(short) <= _LONG_NAME:
        return "Practise with your coach"
    return short if " " in short else f"Practise with {short}"


def key_state(status: KeyStatus | None) -> tuple[str, str]:
    """Return how it stands with the key, and the button that helps; both empty where nothing is missing."""
    if status is None:
        return "Looking for your Tavus key…", ""
    if status.in_memory or status.state == "found":
        return "", ""
    if status.state == "locked":
        return f"Your Tavus key cannot be read: {status.place} is locked.", "Unlock…"
    if status.state == "no_keyring":
        return "No Tavus key yet. Here it can be kept for this session only.", "Add key…"
    return "No Tavus key yet.", "Add key…"
