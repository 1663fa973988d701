"""What is said of the key and the place where it is kept."""

from __future__ import annotations

from dataclasses import dataclass

from coach_desktop.core.errors import CoachError
from coach_desktop.store.secrets import SESSION_ONLY, KeyringError, KeyState, KeyStatus, NoKeyError
from coach_desktop.ui import parts


@dataclass(frozen=True)
class KeyWords:
    """A state in words, with the look of its card, its drawing and the tint of that."""

    look: str
    drawing: str
    tint: str
    title: str
    words: str
    wants_key: bool = False
    """Whether the key is what is to be seen to."""


LOOKING = KeyWords("card", "key", "muted", "Looking for your key…", "")
WAITING = KeyWords(
    "card",
    "key",
    "muted",
    "Waiting for your keyring…",
    "If it asks for its password, answer in its own window. You need not wait here.",
)
UNANSWERED = KeyWords(
    "card-watch",
    "watch",
    "watch",
    "Your keyring has not answered.",
    "It may still wait for its password. Answer it and try again, or use a key for this session only.",
)


def words_for(status: KeyStatus) -> KeyWords:
    """Return what is said of this state."""
    place = parts.sentence(status.place)
    if status.state is KeyState.FOUND:
        words = "It is never shown again, not even here."
        if status.in_memory:
            words = "The key that you entered for this session goes before it, until you close the app."
        return KeyWords("card-good", "good", "good", f"A key is saved in {status.place}.", words)
    if status.state is KeyState.NONE:
        words = f"It will be saved in {status.place}."
        if status.in_memory:
            return _this_session("It is forgotten when you close the app. Save it to have it next time.")
        return KeyWords("card", "key", "accent", "There is no key on this computer yet.", words)
    if status.state is KeyState.LOCKED:
        if status.in_memory:
            return _this_session(f"It is forgotten when you close the app. {place} is locked.")
        words = "Unlock it and try again, or use a key for this session only."
        return KeyWords("card-watch", "watch", "watch", f"{place} is locked.", words)
    if status.in_memory:
        return _this_session("It is kept in memory and forgotten when you close the app: there is no keyring to use.")
    return KeyWords(
        "card-watch",
        "watch",
        "watch",
        "No keyring can be used on this computer.",
        "A key is kept in memory for this session only, and never written to a file.",
    )


def wants_key(error: CoachError) -> bool:
    """Return whether an error is about the key: there is none, it cannot be read, or it was refused."""
    # Only now: models come with it, which the window is drawn without.
    from coach_desktop.tavus.errors import KeyRefusedError

    return isinstance(error, NoKeyError | KeyringError | KeyRefusedError)


def still(status: KeyStatus) -> str:
    """Return what is said where another try has changed nothing."""
    if status.state is KeyState.LOCKED:
        return f"{parts.sentence(status.place)} is still locked."
    return "There is still no keyring that can be used."


def kept_in(status: KeyStatus | None) -> tuple[str, ...]:
    """Return words for where a key is kept, to go before what it is used for; none where that is not known yet."""
    if status is None:
        return ()
    return ("kept in", "memory only" if status.state is KeyState.NO_KEYRING else status.place, "and")


def _this_session(words: str) -> KeyWords:
    return KeyWords("card-good", "good", "good", f"A key is at hand for {SESSION_ONLY}.", words)
