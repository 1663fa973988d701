"""The first page: what Chuck does, whom to practise with, and one big button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from coach_desktop.store.history import SessionRow
from coach_desktop.ui import parts, theme
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.store.profiles import Profile

_NO_TAVUS = "needs a Tavus account, which this version cannot use yet"


class HomePage(QWidget):
    """Lets the user choose a profile and start."""

    start_asked = Signal()
    report_asked = Signal(str)
    history_asked = Signal()

    def __init__(self, profiles: Sequence[Profile], chosen: str | None = None, parent: QWidget | None = None) -> None:
        """Offer these profiles; `chosen` is the id of the one that is selected first."""
        super().__init__(parent)
        self._profiles = list(profiles)
        self._picker = QComboBox()
        self._picker.setAccessibleName("Practise with")
        self._picker.setMinimumWidth(320)
        self._picker.view().setAccessibleName("Practise with")
        self._fill(chosen)
        self._purpose = parts.label("", "muted")
        self._purpose.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._picker.currentIndexChanged.connect(self._on_profile_chosen)
        self.start_button = parts.button("Start practice", self.start_asked.emit, look="start")
        theme.current().set_icon(self.start_button, "start", "on_accent", 20)
        self.start_button.setToolTip("Ctrl+Return")
        title = parts.label("Practise with Chuck", "display")
        what = parts.label(
            "Talk to Chuck as you would to an audience. He watches your eye contact and listens to your voice and "
            "pauses, and gives you a report you can act on.",
            "lead",
        )
        for text in (title, what):
            text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        caption = parts.label("Practise with", "muted", wrap=False)
        caption.setBuddy(self._picker)
        private = parts.row(
            1,
            Drawing("private", "good", 22),
            parts.label("Nothing leaves this computer. Picture and sound are measured here, not recorded.", wrap=False),
            1,
        )
        self._last = self._last_session_card()
        centre = parts.column(
            parts.row(1, Drawing("app", pixels=84), 1),
            title,
            what,
            parts.row(1, self.start_button, 1),
            parts.row(1, caption, self._picker, 1),
            self._purpose,
            private,
            parts.row(1, self._last, 1),
            spacing=14,
        )
        centre.insertSpacing(3, 8)
        centre.insertSpacing(5, 8)
        centre.insertSpacing(8, 6)
        inner = QWidget()
        inner.setMaximumWidth(680)
        inner.setLayout(centre)
        around = parts.row(1, spacing=0)
        around.addWidget(inner, 100)
        around.addStretch(1)
        page = parts.column(2, around, 3)
        page.setContentsMargins(32, 20, 32, 20)
        self.setLayout(page)
        self._on_profile_chosen()

    @property
    def profile(self) -> Profile | None:
        """The chosen profile, or None where there is none that can be used."""
        index = self._picker.currentIndex()
        if index < 0 or self._profiles[index].provider != "local":
            return None
        return self._profiles[index]

    def show_last_session(self, row: SessionRow | None) -> None:
        """Show when the user practised last; None hides it."""
        self._last_id = row.id if row else ""
        self._last.setVisible(row is not None)
        if row is not None:
            length = "" if row.duration_s is None else f", {parts.minutes(row.duration_s)} min"
            self._last_words.setText(f"Last session: {parts.local_time(row.started_at)}{length}")
            self._show_card("history", "muted", "Open its report")

    def show_history_problem(self, words: str) -> None:
        """Show, in place of the last session, why it is not known."""
        self._last_id = ""
        self._last_words.setText(words)
        self._show_card("error", "act", "What to do")
        self._last.show()

    def _show_card(self, drawing: str, tint: str, action: str) -> None:
        self._last_drawing.show_drawing(drawing, tint)
        self._opener.setText(action)
        self._opener.setAccessibleName(action)

    def set_busy(self, busy: bool) -> None:
        """While a session is under way nothing can be started."""
        self.start_button.setEnabled(not busy and self.profile is not None)
        self._picker.setEnabled(not busy)

    def _fill(self, chosen: str | None) -> None:
        model = QStandardItemModel(self)
        first = -1
        for number, profile in enumerate(self._profiles):
            usable = profile.provider == "local"
            item = QStandardItem(profile.name if usable else f"{profile.name} ({_NO_TAVUS})")
            item.setEnabled(usable)
            item.setToolTip(profile.purpose)
            model.appendRow(item)
            if usable and (first < 0 or profile.id == chosen):
                first = number
        self._picker.setModel(model)
        self._picker.setCurrentIndex(first)

    def _last_session_card(self) -> QWidget:
        self._last_id = ""
        self._last_words = parts.label("", wrap=False)
        self._last_drawing = Drawing("history", "muted", 20)
        self._opener = parts.button("Open its report", self._on_last_asked, look="quiet", icon="open", tint="accent")
        card = parts.frame(
            "card", parts.row(self._last_drawing, self._last_words, self._opener), margins=(16, 6, 10, 6)
        )
        card.hide()
        return card

    def _on_last_asked(self) -> None:
        if self._last_id:
            self.report_asked.emit(self._last_id)
        else:
            self.history_asked.emit()

    def _on_profile_chosen(self) -> None:
        profile = self.profile
        self.start_button.setEnabled(profile is not None)
        self._purpose.setText(profile.purpose if profile else "There is no profile that this version can use.")
