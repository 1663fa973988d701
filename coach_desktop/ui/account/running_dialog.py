"""What runs in the user's account now: ours can be ended here, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from coach_desktop.coaching.labels import duration
from coach_desktop.core.errors import CoachError
from coach_desktop.ui import parts
from coach_desktop.ui.account.cards import Outcome
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.account.key_words import wants_key
from coach_desktop.ui.theme import Drawing

if TYPE_CHECKING:
    from coach_desktop.sessions.running import Ended, OwnConversation, Running
    from coach_desktop.tavus.client import TavusClient

_SIZE: Final = QSize(680, 480)
_LEAST: Final = QSize(560, 400)
_LOOKING: Final = "Asking Tavus what runs…"
_ENDING: Final = "Ending it, and waiting until Tavus confirms that…"
_OTHERS_QUESTION: Final = (
    "It was started by Coach Desktop, perhaps on another computer. Whoever is in it is cut off at once."
)
_ALL_QUESTION: Final = (
    "Not all of them are in the history of this computer: some may have been started on another one. Whoever is in"
    " them is cut off at once."
)


class RunningDialog(QDialog):
    """Lists what this app has started and still runs. Never waits."""

    key_asked = Signal()
    ended = Signal()
    """At least one was ended: what looks after earlier conversations has something to write down."""

    def __init__(
        self,
        connect: Callable[[], TavusClient],
        history_path: Path,
        under_way: Callable[[], Collection[str]],
        parent: QWidget | None = None,
    ) -> None:
        """Ask at once. `connect` is called in a thread; `under_way` tells the ids of sessions that are held now."""
        super().__init__(parent)
        self._connect = connect
        self._history_path = history_path
        self._under_way = under_way
        self._errand = Errand(self)
        self._running: Running | None = None
        self._ends: list[QPushButton] = []
        self.setWindowTitle("Running conversations")
        self.setAccessibleName("Running conversations")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()
        self.setMinimumSize(_LEAST)
        self.resize(_SIZE)
        self._look()

    def done(self, result: int) -> None:
        """Close at once. Ends that were asked for go on to their confirmation."""
        self._errand.drop()
        super().done(result)

    def _build(self) -> None:
        heading = parts.column(
            parts.label("Running conversations", "title"),
            parts.label("Each one is billed until it ends, whether or not anybody is in its room.", "muted"),
            spacing=4,
        )
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self._list.setContentsMargins(0, 0, 4, 0)
        inner = QWidget()
        inner.setProperty("look", "page")
        inner.setLayout(self._list)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        # What is in it takes the keyboard, and is scrolled to.
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setAccessibleName("Conversations that this app has started")
        self._area.setWidget(inner)
        self._outcome = Outcome()
        self._again = parts.button("Look again", self._look, icon="retry")
        self._all = parts.button("End all", self._on_all_pressed, look="danger")
        self._all.hide()
        self._key = parts.button("Tavus key…", self.key_asked.emit, icon="key")
        self._key.hide()
        self._close = parts.button("Close", self.accept)
        self._close.setDefault(True)
        buttons = parts.row(self._again, self._key, 1, self._all, self._close)
        content = parts.column(heading, self._outcome, self._area, buttons, spacing=14)
        content.setStretch(2, 1)
        content.setContentsMargins(28, 22, 28, 20)
        self.setLayout(content)
        self._close.setFocus()

    def _look(self) -> None:
        """Ask what runs now."""
        from coach_desktop.sessions.running import look

        connect, history_path = self._connect, self._history_path
        if not self._ends:
            # Should no answer come, nobody may read that nothing runs.
            self._clear()
        self._set_busy(_LOOKING)
        self._errand.run(lambda: look(connect, history_path), self._on_known, self._on_failed)

    def _end(self, conversations: Sequence[OwnConversation]) -> None:
        connect, history_path = self._connect, self._history_path
        self._set_busy(_ENDING)
        self._errand.run(lambda: _ended(connect, history_path, conversations), self._on_ended, self._on_failed)

    def _set_busy(self, doing: str) -> None:
        if doing:
            self._outcome.show_busy(doing)
            self._key.hide()
            # Before the button that was pressed is disabled, and the keyboard goes anywhere.
            self._close.setFocus()
        for button in (self._again, self._all, *self._ends):
            button.setEnabled(not doing)

    def _on_known(self, running: Running) -> None:
        self._outcome.clear()
        self._show(running)
        parts.announce(
            self, f"{_count(len(running.ours))} of this app. {_foreign_words(running.foreign_count)}".strip()
        )

    def _on_ended(self, outcome: tuple[list[Ended], Running | CoachError]) -> None:
        results, left = outcome
        good = [one for one in results if one.error is None]
        problem = next((one.error for one in results if one.error is not None), None)
        if isinstance(left, CoachError):
            self._set_busy("")
        else:
            self._show(left)
        if problem is not None:
            self._outcome.show_bad(problem, f"{len(good)} of {len(results)} were ended." if len(results) > 1 else "")
        else:
            self._outcome.show_good("It was ended." if len(good) == 1 else f"All {len(good)} were ended.")
        if good:
            self.ended.emit()

    def _on_failed(self, error: CoachError) -> None:
        self._set_busy("")
        self._outcome.show_bad(error)
        self._key.setVisible(wants_key(error))
        (self._key if wants_key(error) else self._again).setFocus()

    def key_known(self) -> None:
        """Look again, where it was the key that was missing."""
        if not self._key.isHidden():
            self._look()

    def _clear(self) -> None:
        self._ends = []
        parts.clear(self._list)

    def _show(self, running: Running) -> None:
        self._running = running
        self._clear()
        for one in running.ours:
            self._list.addWidget(self._card(one))
        if not running.ours:
            self._list.addWidget(_nothing_card())
        if running.foreign_count:
            self._list.addWidget(parts.label(_foreign_words(running.foreign_count), "muted"))
        self._list.addStretch(1)
        self._all.setVisible(len(self._ends) > 1)
        self._set_busy("")
        (self._ends[0] if self._ends else self._close).setFocus()

    def _card(self, one: OwnConversation) -> QFrame:
        title = one.profile_name or one.name or "Without a name"
        under_way = one.session_id is not None and one.session_id in self._under_way()
        words = [_age(one), _origin(one, under_way=under_way)]
        texts = parts.column(
            parts.label(parts.breakable(title), "strong"),
            parts.label(" ".join(word for word in words if word), "muted"),
            parts.label(parts.breakable(one.conversation_id), "small"),
            spacing=3,
        )
        layout = parts.row(parts.column(Drawing("cloud", "muted", 22), 1), texts, spacing=14)
        layout.setStretch(1, 1)
        if not under_way:
            end = parts.button("End", lambda: self._on_end_pressed(one), icon="stop", look="danger", tint="act")
            end.setAccessibleName(f"End {title}")
            end.setAccessibleDescription(" ".join(words))
            layout.addWidget(end)
            self._ends.append(end)
        return parts.frame("card", layout, margins=(18, 12, 14, 12))

    def _on_end_pressed(self, one: OwnConversation) -> None:
        if one.session_id is not None:
            self._end([one])
            return
        parts.question(
            self,
            "End this conversation?",
            _OTHERS_QUESTION,
            yes="End it",
            no="Leave it",
            on_yes=lambda: self._end([one]),
        ).open()

    def _on_all_pressed(self) -> None:
        if self._running is None:
            return
        busy = self._under_way()
        wanted = [one for one in self._running.ours if one.session_id is None or one.session_id not in busy]
        if all(one.session_id is not None for one in wanted):
            self._end(wanted)
            return
        parts.question(
            self,
            f"End all {len(wanted)} conversations?",
            _ALL_QUESTION,
            yes="End all",
            no="Leave them",
            on_yes=lambda: self._end(wanted),
        ).open()


def _ended(
    connect: Callable[[], TavusClient], history_path: Path, conversations: Sequence[OwnConversation]
) -> tuple[list[Ended], Running | CoachError]:
    """End conversations; return what came of each, and what runs then, or why that is not known."""
    from coach_desktop.sessions.running import Running, end_ours, journal_at, running_now

    journal = journal_at(history_path)
    with connect() as client:
        results = end_ours(client, conversations)
        try:
            left = running_now(client, journal)
        except CoachError as error:
            return results, error
    # A list may lag behind what was confirmed.
    over = {one.conversation.conversation_id for one in results if one.error is None}
    return results, Running(tuple(one for one in left.ours if one.conversation_id not in over), left.foreign_count)


def _nothing_card() -> QFrame:
    layout = parts.row(
        Drawing("good", "good", 24),
        parts.column(
            parts.label("Nothing of this app runs.", "strong"),
            parts.label("Every conversation that it has started in this account has ended.", "muted"),
            spacing=3,
        ),
        spacing=14,
    )
    layout.setStretch(1, 1)
    return parts.frame("card", layout, margins=(18, 14, 16, 14))


def _count(number: int) -> str:
    return "1 conversation" if number == 1 else f"{number or 'No'} conversations"


def _foreign_words(number: int) -> str:
    if not number:
        return ""
    if number == 1:
        return "1 other conversation runs in this account. This app does not touch it."
    return f"{number} other conversations run in this account. This app does not touch them."


def _age(one: OwnConversation) -> str:
    if one.created_at is None:
        return ""
    minutes = int(max(0.0, time.time() - one.created_at) // 60)
    return f"Running for {duration(minutes * 60)}." if minutes else "Running for less than a minute."


def _origin(one: OwnConversation, *, under_way: bool) -> str:
    if under_way:
        return "This is the one you are in: end it with End session."
    if one.session_id is None:
        return "Started by Coach Desktop, perhaps on another computer."
    return "Left from an earlier session."
