"""Finding again what may have been created: a conversation by its name's token, among all that runs; a persona."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from coach_desktop.tavus import errors

if TYPE_CHECKING:
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import Conversation, Persona

_PAGE = 100
_MAX_PAGES = 50


def find_by_token(client: TavusClient, token: str) -> list[Conversation]:
    """Return all running conversations whose name holds `[token]`.

    Raises `TavusError` as `all_running` does, and `ValueError` without a token: every name would do.
    """
    if not token.strip():
        raise ValueError("no token to look for")
    marked = f"[{token}]"
    return [row for row in all_running(client) if marked in (row.conversation_name or "")]


def all_running(client: TavusClient) -> list[Conversation]:
    """Return all conversations of the account that run now, whoever started them.

    Raises `TavusError` where a page cannot be had, and where the list has no end: an answer that covers only a part
    of the account must not look like "there is none".
    """
    seen: dict[str, Conversation] = {}
    for page in range(1, _MAX_PAGES + 1):
        answer = client.list_conversations(status="active", page=page, limit=_PAGE)
        known = len(seen)
        # Rows may move from page to page while others begin and end.
        seen |= {row.conversation_id: row for row in answer.data}
        # A short page alone is no end: a server may cap a page below what was asked for. Neither is a total alone,
        # which may be that of the page.
        is_all = len(answer.data) < _PAGE and answer.total_count is not None and len(seen) >= answer.total_count
        if is_all or len(seen) == known:
            return [row for row in seen.values() if row.status != "ended"]
    raise errors.unreadable(errors.Asked.READ, f"the list of conversations goes on after {_MAX_PAGES} pages")


def own_personas(client: TavusClient) -> list[Persona]:
    """Return all personas of the user's own.

    Raises `TavusError` as `all_running` does: one that is overlooked would be made a second time.
    """
    seen: dict[str, Persona] = {}
    total: int | None = None
    for page in range(1, _MAX_PAGES + 1):
        answer = client.list_personas(kind="user", page=page, limit=_PAGE)
        known = len(seen)
        seen |= {row.persona_id: row for row in answer.data}
        total = answer.total_count
        if len(seen) == known or (len(answer.data) < _PAGE and total is not None and len(seen) >= total):
            break
    else:
        raise errors.unreadable(errors.Asked.READ, f"the list of personas goes on after {_MAX_PAGES} pages")
    if total is None or len(seen) < total:
        # Where pages count from 0, the first one is still missing.
        with suppress(errors.BadRequestError):
            seen |= {row.persona_id: row for row in client.list_personas(kind="user", page=0, limit=_PAGE).data}
    return [row for row in seen.values() if row.persona_type != "system"]
