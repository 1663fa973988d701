"""Chuck in the user's own Tavus account: made once, found again, and changed by a patch of no more than what differs.

Nothing here costs a minute. All of it asks the network, so it is for a thread of its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.core.ids import OWN_CHUCK
from coach_desktop.sessions.chuck_memory import ChuckMemory, KnownAs, Remembered
from coach_desktop.sessions.chuck_plan import Change, changes_between, patch_of, sent_fields, wanted_persona
from coach_desktop.sessions.chuck_texts import OurTexts
from coach_desktop.store.profile_files import load_shelf, save_profile
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus import errors
from coach_desktop.tavus.lookup import own_personas
from coach_desktop.tavus.models import Persona

if TYPE_CHECKING:
    from pathlib import Path

    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import CreatePersona, Replica

log = logging.getLogger(__name__)

DEFAULT_REPLICA: Final = "r874cc5f8a3b"
"""Lucas, a stock replica: the face of the profile that comes with the app."""

LOOK_AGAIN_AFTER_S: Final = (0.0, 1.0, 3.0)
"""What was made a moment ago may not be in the list at once: seconds to wait before each look."""
_MAKING: Final = threading.Lock()
_IN_DOUBT: Final = (errors.UnknownOutcomeError, errors.ServerFaultError)


class NotShownError(CoachError):
    """Somebody else changed Chuck after the user was shown how he differs."""


@dataclass(frozen=True)
class Found:
    """What there is of Chuck in the account: in full or None, how many have his name, and what was sent last.

    `has_profile`: a profile on this computer starts him, with this `greeting`; None where that is the user's own, which
    stays.
    """

    address: str
    persona: Persona | None
    namesakes: int = 0
    sent: Mapping[str, Any] = field(default_factory=dict)
    has_profile: bool = False
    greeting: str | None = None

    @property
    def persona_id(self) -> str:
        """His id, or nothing where there is none."""
        return self.persona.persona_id if self.persona is not None else ""

    def changes(self, wanted: CreatePersona) -> list[Change]:
        """Return in what he is not what is wanted; nothing where there is none."""
        return changes_between(self.persona, wanted, self.sent) if self.persona is not None else []

    def would_greet_anew(self, greeting: str) -> bool:
        """Return whether an update would give the profile that starts him this greeting in the place of another."""
        return self.greeting is not None and self.greeting.strip() != greeting.strip()

    def note(self) -> str:
        """Return what the user has to know of it, or nothing."""
        if self.persona is None or self.namesakes <= 1:
            return ""
        return (
            f"Your account has {self.namesakes} personas of this name. This app works with {self.persona.persona_id} "
            "and leaves the others as they are."
        )


@dataclass(frozen=True)
class Made:
    """What came of it. `kept_by_tavus` are the fields that the account did not take, though it did not complain."""

    found: Found
    outcome: Literal["created", "updated", "same"]
    kept_by_tavus: tuple[Change, ...] = ()


def find(client: TavusClient, memory: ChuckMemory, name: str) -> Found:
    """Return the Chuck of this account: the one that is remembered, or else the oldest of exactly his name.

    Raises `TavusError` where the account cannot be asked, or not about all of its personas.
    """
    remembered, _problem = memory.load()
    known = remembered.accounts.get(client.address)
    namesakes = [persona for persona in own_personas(client) if persona.persona_name == name]
    if known is not None:
        try:
            persona = client.get_persona(known.persona_id)
        except errors.UnknownIdError:
            log.info("the persona that is remembered is not in this account, or no more")
        else:
            return Found(client.address, persona, len(namesakes), known.sent)
    if not namesakes:
        return Found(client.address, None)
    oldest = min(namesakes, key=lambda persona: (persona.created() or float("inf"), persona.persona_id))
    # A list may show less of a persona than the persona itself.
    return Found(client.address, client.get_persona(oldest.persona_id), len(namesakes))


def make(
    client: TavusClient,
    memory: ChuckMemory,
    wanted: CreatePersona,
    shown: Sequence[Change],
    stop: threading.Event,
    tell: Callable[[str], None],
) -> Made:
    """Make the Chuck of this account what is wanted: created where there is none, else changed where he differs.

    `shown` are the differences that the user has seen: what somebody else changed is written over only where it is
    among them. `tell` is called with what is being done. He is never created twice: where the answer to a create is
    lost, he is looked for by his name. Raises `Cancelled` between two requests once `stop` is set, `NotShownError`,
    and `CoachError` where it fails.
    """
    with _alone(stop):
        tell("Looking for Chuck in your account…")
        found = find(client, memory, wanted.persona_name or "")
        if stop.is_set():
            raise Cancelled
        if found.persona is not None:
            tell("Updating Chuck…")
            return _updated(client, memory, wanted, found, found.persona, shown)
        tell("Creating Chuck…")
        return _created(client, memory, wanted, stop, tell)


@contextmanager
def _alone(stop: threading.Event) -> Iterator[None]:
    """Wait for one that was given up and still waits for its answer: it may be about to create him."""
    while not _MAKING.acquire(timeout=0.1):
        if stop.is_set():
            raise Cancelled
    try:
        yield
    finally:
        _MAKING.release()


def _created(
    client: TavusClient, memory: ChuckMemory, wanted: CreatePersona, stop: threading.Event, tell: Callable[[str], None]
) -> Made:
    try:
        persona = client.create_persona(wanted)
    except _IN_DOUBT as error:
        tell("No clear answer came. Looking whether he is there…")
        looked_up = _look_again(client, memory, wanted.persona_name or "", stop)
        if looked_up is None:
            raise CoachError(
                "It is not known whether Chuck was created: no clear answer came, and he is not in the list so far.",
                safe="A persona costs nothing. He is not asked for twice: the app looks for him first.",
                do="Wait a minute, then press the button again.",
                details=error.details,
            ) from error
        persona = looked_up
    # First of all: whatever fails from now on, he is found again.
    sent = _remember(memory, client.address, persona.persona_id, wanted)
    return _made(client, wanted, Found(client.address, persona, 1, sent), "created")


def _look_again(client: TavusClient, memory: ChuckMemory, name: str, stop: threading.Event) -> Persona | None:
    for wait_s in LOOK_AGAIN_AFTER_S:
        if stop.wait(wait_s):
            raise Cancelled
        found = find(client, memory, name)
        if found.persona is not None:
            return found.persona
    return None


def _updated(
    client: TavusClient,
    memory: ChuckMemory,
    wanted: CreatePersona,
    found: Found,
    before: Persona,
    shown: Sequence[Change],
) -> Made:
    changes = changes_between(before, wanted, found.sent)
    seen = {change.path: change.now for change in shown}
    if any(change.is_theirs(found.sent) and seen.get(change.path) != change.now for change in changes):
        raise NotShownError(
            "Chuck was changed in Tavus meanwhile.",
            safe="Nothing was written over.",
            do="Look at what differs now, then press the button again.",
        )
    has_changed = False
    if changes:
        try:
            has_changed = client.patch_persona(before.persona_id, patch_of(before, changes))
        except _IN_DOUBT:
            # The same patch could be sent again without harm; what counts is what he is now.
            if changes_between(client.get_persona(before.persona_id), wanted, found.sent):
                raise
            has_changed = True
    sent = _remember(memory, found.address, before.persona_id, wanted)
    after = replace(found, sent=sent)
    return _made(client, wanted, after, "updated" if has_changed else "same") if changes else Made(after, "same")


def _made(
    client: TavusClient, wanted: CreatePersona, found: Found, outcome: Literal["created", "updated", "same"]
) -> Made:
    """Look at what came of it. That it was made is known already: it is no failure where he cannot be read now."""
    assumed = Persona.model_validate(wanted.model_dump() | {"persona_id": found.persona_id})
    try:
        persona = client.get_persona(found.persona_id)
    except errors.TavusError as error:
        log.info("what was made could not be read again: %s", type(error).__name__)
        return Made(replace(found, persona=assumed), outcome)
    return Made(replace(found, persona=persona), outcome, tuple(changes_between(persona, wanted, {})))


def _remember(memory: ChuckMemory, address: str, persona_id: str, wanted: CreatePersona) -> dict[str, Any]:
    sent = sent_fields(wanted)

    def change(before: Remembered) -> Remembered:
        known = before.accounts.get(address)
        greeting = known.greeting if known is not None else ""
        return before.with_account(address, KnownAs(persona_id=persona_id, sent=sent, greeting=greeting))

    memory.change(change)
    return sent


def own_profile(own: Path) -> Profile | None:
    """Return the profile that is meant to start the Chuck of the account, or None. It reads the disk."""
    shelf = load_shelf(own).profiles
    return next((one.profile for one in shelf if one.profile.id == OWN_CHUCK and not one.built_in), None)


def our_greeting(profile: Profile, remembered: Remembered, found: Found) -> str | None:
    """Return the greeting of a profile if it came from here, or None: then it is the user's own."""
    known = remembered.accounts.get(found.address)
    said = profile.custom_greeting or ""
    return said if said == (known.greeting if known is not None else "") else None


def keep_profile(own: Path, memory: ChuckMemory, found: Found, greeting: str) -> Profile:
    """Save the profile that starts a conversation with this Chuck, and return it.

    What the user has set in it stays; so does a greeting of their own. Raises `CoachError`.
    """
    remembered, _problem = memory.load()
    known = remembered.accounts.get(found.address) or KnownAs(persona_id=found.persona_id)
    before = own_profile(own)
    if before is None:
        profile = Profile(
            id=OWN_CHUCK,
            name="Chuck, in my account (Tavus)",
            purpose="Practise a talk with your own Chuck, who watches, listens and answers.",
            provider="tavus",
            persona_id=found.persona_id,
            conversation_name="Public speaking practice",
            custom_greeting=greeting or None,
            max_call_duration=600,
        )
    else:
        is_ours = our_greeting(before, remembered, found) is not None
        said = {"custom_greeting": (greeting or None) if is_ours else before.custom_greeting}
        profile = Profile.model_validate(before.model_dump() | {"persona_id": found.persona_id} | said)
    if profile != before:
        save_profile(own, profile)
    memory.change(lambda now: now.with_account(found.address, known.model_copy(update={"greeting": greeting})))
    return profile


def face_to_begin_with(client: TavusClient, chosen: str | None, persona: Persona | None) -> Replica | None:
    """Return the replica to propose: the one chosen before, the persona's own, ours, or the first usable stock one.

    None where the account lists none. Raises `TavusError` where it cannot be asked.
    """
    for replica_id in (chosen, persona.default_replica_id if persona else None, DEFAULT_REPLICA):
        if replica_id is None:
            continue
        try:
            replica = client.get_replica(replica_id)
        except errors.UnknownIdError:
            continue
        if replica.is_usable:
            return replica
    listed = client.list_replicas(kind="system", verbose=True).data
    return next((replica for replica in listed if replica.is_usable), None)


def wanted_from(remembered: Remembered, ours: OurTexts, essentials: str, replica_id: str) -> CreatePersona:
    """Return the persona that the user's texts and choices, or ours, make."""
    return wanted_persona(
        ours,
        remembered.texts.over(ours.texts()),
        replica_id,
        essentials=essentials,
        document_ids=remembered.document_ids if remembered.use_documents else (),
        document_tags=remembered.document_tags if remembered.use_documents else (),
    )
