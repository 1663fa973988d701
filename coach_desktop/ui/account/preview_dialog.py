"""What a start sends, to the last byte, before it is sent; it can be checked without cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from coach_desktop.coaching.labels import duration
from coach_desktop.core.errors import CoachError
from coach_desktop.store.settings import DEFAULT_ADDRESS
from coach_desktop.ui import parts
from coach_desktop.ui.account.cards import Outcome
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.account.fit import FittedDialog, fit_height
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.sessions.checking import CheckResult
    from coach_desktop.store.profiles import Profile
    from coach_desktop.tavus.models import CreateConversation

_SIZE: Final = QSize(720, 600)
_LEAST: Final = QSize(600, 480)
_LEAST_TEXT: Final = 120
_LOCAL: Final = "Nothing is billed, and nothing leaves this computer."
_NOT_CHECKED: Final = "Nothing was billed. Whether there is credit, and room for one more, only the start itself shows."
_WAS_REAL: Final = "It was ended at once, and its end is confirmed. A few seconds may be billed."


class PreviewDialog(FittedDialog):
    """Shows one request. Never waits, and sends nothing by itself."""

    start_asked = Signal()
    """A session is to be started that asks for exactly this."""

    def __init__(
        self,
        profile: Profile,
        request: CreateConversation,
        check: Callable[[CreateConversation], CheckResult],
        parent: QWidget | None = None,
        *,
        address: str = DEFAULT_ADDRESS,
        can_start: bool = True,
    ) -> None:
        """Show `request` of `profile`, which goes to the API at `address` where it is a paid one.

        `check` asks the API for nothing but a yes; it is called in a thread of its own and raises `CoachError`. Without
        `can_start` it is only looked at: a profile that is still being edited must be saved first.
        """
        super().__init__(parent)
        self._profile = profile
        self._request = request
        self._ask = check
        self._is_paid = profile.provider == "tavus"
        self._service = "Tavus" if address == DEFAULT_ADDRESS else urlsplit(address).netloc
        self._address = f"{address.rstrip('/')}/conversations"
        self._errand = Errand(self)
        self._is_checking = False
        self._can_start = can_start
        self.setWindowTitle("Preview")
        self.setAccessibleName("Preview of what is sent")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()
        self.setMinimumSize(_LEAST)
        self.resize(_SIZE)

    def check(self) -> None:
        """Have it checked without cost, or stop waiting for that."""
        if self._is_checking:
            self._errand.drop()
            self._checked()
            self._outcome.clear()
            parts.announce(self._check, "No longer waiting")
            return
        self._is_checking = True
        self._name_check("Stop waiting")
        self._outcome.show_busy(f"Asking {self._service} whether it accepts this…")
        request = self._request
        self._errand.run(lambda: self._ask(request), self._on_accepted, self._on_refused)

    def done(self, result: int) -> None:
        """Close at once. A check that is under way goes on unheard, and leaves nothing running."""
        self._errand.drop()
        super().done(result)

    def _build(self) -> None:
        body = self._request.body().decode()
        self._text = QPlainTextEdit(body)
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setAccessibleName("The request as JSON")
        self._text.setFont(_monospace(self.font()))
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self._text.setMinimumHeight(_LEAST_TEXT)
        self._outcome = Outcome()
        copy = parts.button(
            "Copy", lambda: parts.copy_with_thanks(body, copy), look="quiet", icon="copy", tint="accent"
        )
        self._check = parts.button("Check for free", self.check, icon="good")
        self._check.setVisible(self._is_paid)
        close = parts.button("Close", self.reject)
        start = parts.button("Start with this", self._on_start_pressed, look="primary", icon="start", tint="on_accent")
        start.setVisible(self._can_start)
        # Enter must not start what costs money.
        close.setDefault(True)
        heading = parts.column(
            parts.label("What is sent", "title"), parts.label(parts.breakable(self._lead()), "muted"), spacing=4
        )
        buttons = parts.row(copy, 1, close, self._check, start)
        content = parts.column(heading, self._where(), self._text, self._price(), self._outcome, buttons, spacing=14)
        content.setStretch(2, 1)
        content.setContentsMargins(28, 22, 28, 20)
        self.setLayout(content)
        self._text.setFocus()

    def _lead(self) -> str:
        once = "The name in brackets is drawn for this one time, so that the app finds its conversation again."
        return f"A start of “{self._profile.name}” sends exactly this. {once}"

    def _where(self) -> QWidget:
        drawing, words, more = "private", "To the coach on this computer", "Nobody else is asked."
        if self._is_paid:
            drawing, words = "cloud", f"POST {self._address}"
            more = "Your key goes along in the header x-api-key. It is not part of this text."
        place = parts.label(parts.breakable(words), "strong")
        layout = parts.row(
            Drawing(drawing, "muted", 22), parts.column(place, parts.label(more, "muted"), spacing=3), spacing=14
        )
        layout.setStretch(1, 1)
        return parts.frame("card", layout, margins=(18, 12, 16, 12))

    def _price(self) -> QWidget:
        words = parts.label(self._price_words(), "muted")
        layout = parts.row(Drawing("info", "muted", 18), words, spacing=10)
        layout.setStretch(1, 1)
        made = QWidget()
        made.setLayout(layout)
        return made

    def _price_words(self) -> str:
        if not self._is_paid:
            return _LOCAL
        limits = self._request.properties
        longest_s = limits.max_call_duration if limits is not None else None
        absent_s = limits.participant_absent_timeout if limits is not None else None
        longest = "" if longest_s is None else f", for {duration(longest_s)} at most"
        absent = "" if absent_s is None else f" If nobody comes, it ends by itself after {duration(absent_s)}."
        return f"It is billed from the moment in which it is created{longest}.{absent}"

    def _on_start_pressed(self) -> None:
        self.accept()
        self.start_asked.emit()

    def _checked(self) -> None:
        self._is_checking = False
        self._name_check("Check for free")

    def _on_accepted(self, result: CheckResult) -> None:
        self._checked()
        if result.was_real:
            self._outcome.show_same(f"{self._service} accepts this, but took the check for the real thing.", _WAS_REAL)
        else:
            self._outcome.show_good(
                f"{self._service} accepts this: key, persona, replica and every field.", _NOT_CHECKED
            )

    def _on_refused(self, error: CoachError) -> None:
        self._checked()
        self._outcome.show_bad(error)
        fit_height(self)

    def _name_check(self, words: str) -> None:
        self._check.setText(words)
        self._check.setAccessibleName(words)


def _monospace(like: QFont) -> QFont:
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(like.pointSizeF())
    return font
