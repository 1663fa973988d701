"""The local coach in the place of a paid one: where Tavus cannot be used, practice goes on."""

from __future__ import annotations

from coach_desktop.sessions.requests import LOCAL_PERSONA
from coach_desktop.store.profiles import Profile

LOCAL_REPLICA = "rchuck0local"
"""Chuck's face, as the local service knows it."""

# What of a Tavus profile the local coach can act on.
_COMMON = (
    "custom_greeting",
    "conversational_context",
    "language",
    "languages",
    "conversation_name",
    "max_call_duration",
)


def local_instead(profile: Profile) -> Profile:
    """Return what the local coach takes over of a profile, with the ids of this computer; a local one as it is.

    The profile itself stays as it was: it is the one to choose again next time.
    """
    if profile.provider == "local":
        return profile
    kept = {name: getattr(profile, name) for name in _COMMON}
    return Profile(
        id=profile.id,
        name=profile.name,
        purpose=profile.purpose,
        provider="local",
        persona_id=LOCAL_PERSONA,
        replica_id=LOCAL_REPLICA,
        **kept,
    )
