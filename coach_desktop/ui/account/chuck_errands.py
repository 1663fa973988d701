"""What the dialog about Chuck asks of the account, each in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.sessions import chuck
from coach_desktop.sessions.chuck_memory import ChuckMemory, Remembered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coach_desktop.sessions.chuck_plan import Change
    from coach_desktop.store.profiles import Profile
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import CreatePersona


@dataclass(frozen=True)
class Look:
    """What was found: what is remembered, and Chuck and a face for him in the account, or why it was not asked."""

    remembered: Remembered
    note: str
    found: chuck.Found | None = None
    face_name: str = ""
    face_id: str = ""
    error: CoachError | None = None


def look(connect: Callable[[], TavusClient], memory: ChuckMemory, own: Path, name: str) -> Look:
    """Look for Chuck in the account. Raises `CoachError` where not even what is remembered can be read."""
    remembered, note = memory.load()
    try:
        with connect() as client:
            found = chuck.find(client, memory, name)
            face = chuck.face_to_begin_with(client, remembered.replica_id, found.persona)
    except CoachError as error:
        return Look(remembered, note, error=error)
    profile = chuck.own_profile(own)
    if profile is not None and profile.persona_id == found.persona_id:
        found = replace(found, has_profile=True, greeting=chuck.our_greeting(profile, remembered, found))
    note = " ".join(part for part in (note, found.note()) if part)
    if face is None:
        return Look(remembered, note, found)
    return Look(remembered, note, found, face.replica_name or "", face.replica_id)


@dataclass(frozen=True)
class Order:
    """What is to be made: as it is shown now, with the differences that the user has seen."""

    chosen: Remembered
    wanted: CreatePersona
    greeting: str
    shown: Sequence[Change]


def make(
    connect: Callable[[], TavusClient],
    memory: ChuckMemory,
    own: Path,
    order: Order,
    stop: threading.Event,
    tell: Callable[[str], None],
) -> tuple[chuck.Made, Profile]:
    """Make Chuck, and the profile that starts him. Raises as `chuck.make` does."""
    keep(memory, order.chosen)
    with connect() as client:
        made = chuck.make(client, memory, order.wanted, order.shown, stop, tell)
    if stop.is_set():
        raise Cancelled
    tell("Saving the profile…")
    profile = chuck.keep_profile(own, memory, made.found, order.greeting)
    greeting = chuck.our_greeting(profile, memory.load()[0], made.found)
    return replace(made, found=replace(made.found, has_profile=True, greeting=greeting)), profile


def keep(memory: ChuckMemory, chosen: Remembered) -> None:
    """Remember what was chosen. What is known of accounts stays: it may be newer than what is shown."""
    memory.change(lambda now: chosen.model_copy(update={"accounts": now.accounts}))
