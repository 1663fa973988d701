"""The Tavus key: where it is, and how to save, test, replace and remove it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from coach_desktop.core.errors import CoachError
from coach_desktop.store.secrets import KeyState, KeyStatus, KeyStore, checked_key
from coach_desktop.store.settings import DEFAULT_ADDRESS
from coach_desktop.ui import parts
from coach_desktop.ui.account import key_words
from coach_desktop.ui.account.cards import Outcome, StateCard
from coach_desktop.ui.account.errand import Errand
from coach_desktop.ui.account.fit import FittedDialog, fit_height

_WIDTH: Final = 600
_BUTTON_WIDTH: Final = 84
# A keyring that is open answers sooner: nothing flickers.
_SAY_WAITING_MS: Final = 300
_SESSION_ONLY: Final = "Use for this session only"
_KEYS_ARE_AT: Final = "Where to get one: sign in at platform.tavus.io or maker.tavus.io, and open API keys."


class KeyDialog(FittedDialog):
    """Never waits, and never shows a key that is saved."""

    key_changed = Signal(object)
    """Brings the `KeyStatus` whenever it has become known."""

    def __init__(
        self,
        keys: KeyStore,
        check: Callable[[str], None],
        parent: QWidget | None = None,
        *,
        address: str = DEFAULT_ADDRESS,
    ) -> None:
        """Show the key of this store. `check` raises `CoachError` unless the API at `address` takes the key."""
        super().__init__(parent)
        self._keys = keys
        self._check = check
        is_tavus = address == DEFAULT_ADDRESS
        self._service = "Tavus" if is_tavus else urlsplit(address).netloc
        self._status: KeyStatus | None = None
        self._is_asking = False
        self._is_testing = False
        self._gave_up = False
        # Apart from each other: what the API says of a key does not depend on the keyring.
        self._question = Errand(self)
        self._trial = Errand(self)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_SAY_WAITING_MS)
        self._patience.timeout.connect(self._update)
        self.setWindowTitle("Tavus key")
        self.setAccessibleName("Tavus key")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(_WIDTH)
        self._receiver = "Tavus" if is_tavus else address
        self._build()
        self._ask(keys.probe, self._on_known)

    def done(self, result: int) -> None:
        """Close at once, whatever is under way."""
        self._question.drop()
        self._trial.drop()
        self._patience.stop()
        self._field.clear()
        super().done(result)

    def _build(self) -> None:
        self._again = parts.button("Try again", self._on_again_pressed, icon="retry")
        self._stop = parts.button("Stop waiting", self._on_waiting_stopped)
        self._card = StateCard(self._again, self._stop)
        self._field = QLineEdit()
        self._field.setEchoMode(QLineEdit.EchoMode.Password)
        self._field.setInputMethodHints(
            Qt.InputMethodHint.ImhSensitiveData
            | Qt.InputMethodHint.ImhHiddenText
            | Qt.InputMethodHint.ImhNoPredictiveText
            | Qt.InputMethodHint.ImhNoAutoUppercase
        )
        self._field.setMaxLength(2000)
        self._field.setAccessibleName("Tavus key")
        self._field.textChanged.connect(self._on_key_typed)
        label = parts.label("&Key", "strong", wrap=False)
        label.setBuddy(self._field)
        self._reveal = parts.button("Show", self._on_show_toggled)
        self._reveal.setMinimumWidth(_BUTTON_WIDTH)
        self._test = parts.button("Test", self._on_test_pressed)
        self._test.setMinimumWidth(_BUTTON_WIDTH)
        self._outcome = Outcome()
        self._remove = parts.button("", self._on_remove_pressed, icon="delete")
        close = parts.button("Close", self.reject)
        self._keep = parts.button("Save", self._on_keep_pressed, look="primary")
        self._keep.setDefault(True)
        self._promise = parts.label("", "muted")
        heading = parts.column(parts.label("Your Tavus key", "title"), self._promise, spacing=4)
        entry = parts.column(
            label, parts.row(self._field, self._reveal, self._test), parts.label(_KEYS_ARE_AT, "small"), spacing=6
        )
        buttons = parts.row(self._remove, 1, close, self._keep)
        content = parts.column(heading, self._card, entry, self._outcome, 1, buttons, spacing=18)
        content.setContentsMargins(28, 24, 28, 22)
        self.setLayout(content)
        self._field.setFocus()

    def _update(self) -> None:
        """Show how things stand now."""
        status = self._status
        waits = self._is_asking and not self._patience.isActive()
        saved = status is not None and status.state is KeyState.FOUND
        at_hand = saved or (status is not None and status.in_memory)
        shut = self._gave_up or (status is not None and status.state not in {KeyState.NONE, KeyState.FOUND})
        if waits:
            words = key_words.WAITING
        elif status is not None:
            words = key_words.words_for(status)
        else:
            words = key_words.UNANSWERED if self._gave_up else key_words.LOOKING
        self._card.show_state(words, busy=waits)
        use = " ".join(("It is", *key_words.kept_in(status), "used for nothing but requests to", self._receiver))
        self._promise.setText(parts.breakable(f"{use}."))
        self._stop.setVisible(waits)
        self._again.setVisible(shut and not waits)
        self._again.setEnabled(not self._is_asking)
        typed = bool(self._field.text().strip())
        _name(self._keep, _SESSION_ONLY if shut else "Replace" if saved else "Save")
        self._keep.setEnabled(typed and not self._is_asking)
        _name(self._test, "Cancel" if self._is_testing else "Test")
        self._test.setEnabled(self._is_testing or typed or at_hand)
        _name(self._remove, "Remove key from this computer" if saved else "Forget this key")
        self._remove.setVisible(at_hand)
        self._remove.setEnabled(not self._is_asking)
        self._field.setPlaceholderText("Paste another key to replace it" if at_hand else "Paste your key here")
        fit_height(self)

    def _ask(self, question: Callable[[], KeyStatus], on_known: Callable[[KeyStatus], None]) -> None:
        """Ask the keyring. One question at a time: it may have opened a window of its own."""
        self._is_asking = True
        self._patience.start()
        self._question.run(question, on_known, self._on_refused)
        # Before the button that was pressed is disabled, and the keyboard goes anywhere.
        self._field.setFocus()
        self._update()

    def _begin_test(self, test: Callable[[], None], already: str = "") -> None:
        self._is_testing = True
        self._outcome.show_busy(f"{already} Asking {self._service} whether the key is accepted…".strip())
        self._trial.run(
            test, lambda _none: self._on_test_passed(already), lambda error: self._on_test_failed(error, already)
        )
        self._update()

    def _end_test(self) -> None:
        self._trial.drop()
        self._is_testing = False
        self._outcome.clear()

    def _on_known(self, status: KeyStatus) -> None:
        self._patience.stop()
        self._is_asking = self._gave_up = False
        self._status = status
        self._update()
        parts.announce(self._card, self._card.accessibleName())
        self.key_changed.emit(status)

    def _on_refused(self, error: CoachError) -> None:
        self._outcome.show_bad(error)
        # What was refused says something about the keyring; what was typed is still in the field.
        self._ask(self._keys.probe, self._on_known)

    def _on_waiting_stopped(self) -> None:
        self._question.drop()
        self._is_asking = False
        self._gave_up = True
        self._status = None
        self._field.setFocus()
        self._update()
        parts.announce(self._card, self._card.accessibleName())

    def _on_again_pressed(self) -> None:
        self._end_test()
        self._ask(lambda: self._keys.probe(unlock=True), self._on_looked_again)

    def _on_looked_again(self, status: KeyStatus) -> None:
        before = self._status
        self._on_known(status)
        if before is not None and status.state is before.state:
            # Nothing else on the page has changed: whoever pressed the button must hear that something was done.
            self._outcome.show_same(key_words.still(status))
            self._update()

    def _on_keep_pressed(self) -> None:
        key = self._field.text()
        session_only = self._keep.text() == _SESSION_ONLY
        # A keyring that was given up is not waited for once more.
        ask = not self._gave_up

        def keep() -> KeyStatus:
            return self._keys.keep_for_session(key, ask=ask) if session_only else self._keys.save(key)

        self._end_test()
        self._ask(keep, lambda status: self._on_kept(status, key))

    def _on_kept(self, status: KeyStatus, key: str) -> None:
        self._field.clear()
        self._on_known(status)
        self._begin_test(lambda: self._check(key.strip()), "Saved." if status.state is KeyState.FOUND else "Kept.")

    def _on_test_pressed(self) -> None:
        if self._is_testing:
            self._end_test()
            self._update()
            parts.announce(self._test, "Cancelled")
            return
        typed = self._field.text()
        self._begin_test(lambda: self._check(checked_key(typed)) if typed.strip() else self._check_kept())

    def _check_kept(self) -> None:
        key = self._keys.key()
        if key is None:
            raise CoachError("There is no key to test.", do="Paste one into the field.")
        self._check(key)

    def _on_test_passed(self, already: str) -> None:
        self._is_testing = False
        self._outcome.show_good(f"{already} {self._service} accepts this key.".strip())
        self._update()

    def _on_test_failed(self, error: CoachError, already: str) -> None:
        self._is_testing = False
        self._outcome.show_bad(error, already)
        self._update()

    def _on_remove_pressed(self) -> None:
        status = self._status
        if status is None:
            return
        saved = status.state is KeyState.FOUND
        parts.question(
            self,
            "Remove your key?" if saved else "Forget your key?",
            f"It is removed from {status.place if saved else 'memory'}. You can enter it again at any time:"
            f" {self._service} goes on accepting it.",
            yes="Remove key" if saved else "Forget key",
            no="Keep it",
            on_yes=self._on_removal_chosen,
        ).open()

    def _on_removal_chosen(self) -> None:
        self._end_test()
        self._ask(self._keys.remove, self._on_removed)

    def _on_removed(self, status: KeyStatus) -> None:
        self._outcome.show_good("The key was removed.")
        self._on_known(status)

    def _on_show_toggled(self) -> None:
        masked = self._field.echoMode() == QLineEdit.EchoMode.Password
        self._field.setEchoMode(QLineEdit.EchoMode.Normal if masked else QLineEdit.EchoMode.Password)
        _name(self._reveal, "Hide" if masked else "Show")

    def _on_key_typed(self) -> None:
        if not self._is_testing:
            self._outcome.clear()
        self._update()


def _name(button: QPushButton, text: str) -> None:
    button.setText(text)
    button.setAccessibleName(text)
