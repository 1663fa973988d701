"""From a profile to the body of a create request, and from its answer to the room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach_desktop.tavus.models import ConversationProperties, CreateConversation

if TYPE_CHECKING:
    from coach_desktop.store.profiles import Profile
    from coach_desktop.tavus.models import Conversation

LOCAL_PERSONA = "pchuck0local"
"""Chuck, as the local service knows him."""

_CAST = {"persona_id", "replica_id"}
# Everything that a profile may hold bears the API's own name; these do not go out under it.
_NOT_SENT = {"id", "name", "purpose", "provider", "conversation_name"}


def request_of(profile: Profile, token: str) -> CreateConversation:
    """Return the request that this profile asks for; what the profile does not say is not sent.

    `token` goes into the name, so that the conversation can be found by it.
    """
    fields = {name: _plain(value) for name, value in profile if name not in _NOT_SENT and value is not None}
    if profile.provider == "local" and not _CAST.intersection(fields):
        # A profile by hand need not know who lives on this computer.
        fields["persona_id"] = LOCAL_PERSONA
    inside = {name: fields.pop(name) for name in ConversationProperties.model_fields if name in fields}
    return CreateConversation.model_validate(
        fields | {"conversation_name": f"{profile.conversation_name} [{token}]", "properties": inside}
    )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def token_of(request: CreateConversation) -> str:
    """Return the token that `request_of` put into the name."""
    return (request.conversation_name or "").rpartition("[")[2].removesuffix("]")


def room_address(conversation: Conversation) -> str:
    """Return the address of the room with the pass of a private one in it, empty where there is no room."""
    url = conversation.conversation_url or ""
    if not conversation.meeting_token:
        return url
    return f"{url}{'&' if '?' in url else '?'}t={conversation.meeting_token}"
