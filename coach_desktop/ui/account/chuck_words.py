"""What is said of Chuck in the account: how he stands, and what came of making him."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coach_desktop.ui.account.key_words import KeyWords, wants_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coach_desktop.core.errors import CoachError
    from coach_desktop.sessions.chuck import Found, Made
    from coach_desktop.sessions.chuck_plan import Change
    from coach_desktop.tavus.models import CreatePersona

LOOKING: Final = KeyWords("card", "cloud", "muted", "Looking for Chuck in your account…", "")
ABSENT: Final = KeyWords(
    "card",
    "cloud",
    "accent",
    "Chuck is not in your account yet.",
    "Creating him costs nothing: only conversations are billed. Read his texts on the left first, and change what you "
    "like.",
)


def working(title: str) -> KeyWords:
    """Return what is said while something is done."""
    return KeyWords("card", "cloud", "accent", title, "")


def failed(error: CoachError) -> KeyWords:
    """Return what is said where the account could not be asked."""
    words = " ".join(part for part in (error.safe, error.do) if part)
    return KeyWords("card-act", "error", "act", error.what, words, wants_key=wants_key(error))


def standing(found: Found, changes: list[Change], theirs: int, greeting: str) -> KeyWords:
    """Return what is said of a Chuck who was looked for; `theirs` of the changes write over what others changed.

    `greeting` is the one that is shown; it is none of the persona's fields.
    """
    if found.persona is None:
        return ABSENT
    his_id = found.persona_id
    if not changes and not found.has_profile:
        words = f"Persona {his_id}: no profile on this computer starts him yet. Update Chuck makes one."
        return KeyWords("card", "cloud", "accent", "Chuck is in your account.", words)
    if not changes and found.would_greet_anew(greeting):
        words = f"Persona {his_id}: only his greeting differs, which his profile has. Update Chuck changes it there."
        return KeyWords("card", "cloud", "accent", "Chuck is in your account.", words)
    if not changes:
        return KeyWords("card-good", "good", "good", "Chuck is in your account and up to date.", f"Persona {his_id}")
    fields = "1 field differs" if len(changes) == 1 else f"{len(changes)} fields differ"
    if theirs:
        words = (
            f"Persona {his_id}: {fields}, {_of_them(len(changes), theirs)} changed in Tavus. Below is what an update"
        )
        words += " would write over."
        return KeyWords("card-watch", "watch", "watch", "Chuck differs from what is here.", words)
    return KeyWords("card", "cloud", "accent", "Chuck is in your account.", f"Persona {his_id}: {fields}.")


def _of_them(differ: int, theirs: int) -> str:
    if differ == theirs:
        return "and it was" if differ == 1 else "and all were"
    return f"and {theirs} of them {'was' if theirs == 1 else 'were'}"


def outcome(made: Made, profile_name: str) -> str:
    """Return what came of making him."""
    done = {
        "created": "Chuck is in your account.",
        "updated": "Chuck was updated.",
        "same": "There was nothing to change in Tavus.",
    }[made.outcome]
    return f"{done} Start him with the profile “{profile_name}”."


def kept(made: Made) -> str:
    """Return what Tavus did not take, or nothing."""
    titles = ", ".join(change.title.lower() for change in made.kept_by_tavus)
    return f"Tavus keeps these otherwise than they were sent: {titles}." if titles else ""


def facts(wanted: CreatePersona, face_name: str, changed: Sequence[str], *, is_known: bool) -> list[tuple[str, str]]:
    """Return what is sent, for a glance: `changed` are titles of texts, `is_known` whether the account has answered."""
    documents = [*wanted.document_ids, *wanted.document_tags]
    face = wanted.default_replica_id or ""
    if not face:
        face = "None can be used: choose one under Face." if is_known else "Not known before your account has answered."
    elif face_name:
        face = f"{face_name} ({face})"
    return [
        ("Name", wanted.persona_name or ""),
        ("Face", face),
        ("Knowledge", ", ".join(documents) or "The essentials of Keys to Public Speaking"),
        ("Texts", f"Changed by you: {', '.join(changed)}" if changed else "As they come with the app"),
        ("Sight and hearing", "Raven 1: what he sees and hears of you during the call, and a summary at its end"),
        ("Taking turns", "Patient: your pauses are yours, and he is not thrown by a cough"),
    ]
