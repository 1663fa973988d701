"""Finding again what may have been created: a conversation by its name's token, among all that runs; a persona."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol, TypeVar

from coach_desktop.tavus import errors

if TYPE_CHECKING:
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.models import Conversation, Persona

_PAGE = 100
_MAX_PAGES = 50

Row = TypeVar("Row")


class _Page(Protocol[Row]):
    data: list[Row]
    total_count: int | None


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
    seen, _total = _all_pages(
        lambda page: client.list_conversations(status="active", page=page, limit=_PAGE),
        lambda row: row.conversation_id,
        "conversations",
    )
    return [row for row in seen.values() if row.status != "ended"]


def own_personas(client: TavusClient) -> list[Persona]:
    """Return all personas of the user's own.

    Raises `TavusError` as `all_running` does: one that is overlooked would be made a second time.
    """
    seen, total = _all_pages(
        lambda page: client.list_personas(kind="user", page=page, limit=_PAGE), lambda row: row.persona_id, "personas"
    )
    if total is None or len(seen) < total:
        # Where pages count from 0, the first one is still missing.
        with suppress(errors.BadRequestError):
            seen |= {row.persona_id: row for row in client.list_personas(kind="user", page=0, limit=_PAGE).data}
    return [row for row in seen.values() if row.persona_type != "system"]


def _all_pages(
    ask: Callable[[int], _Page[Row]], id_of: Callable[[Row], str], of_what: str
) -> tuple[dict[str, Row], int | None]:
    """Return all rows by their ids, and the total as told last. Raises `TavusError` as `all_running` does."""
    seen: dict[str, Row] = {}
    for number in range(1, _MAX_PAGES + 1):
        page = ask(number)
        known = len(seen)
        # Rows may move from page to page while others begin and end.
        seen |= {id_of(row): row for row in page.data}
        # A short page alone is no end: a server may cap a page below what was asked for. Neither is a total alone,
        # which may be that of the page.
        is_all = len(page.data) < _PAGE and page.total_count is not None and len(seen) >= page.total_count
        if is_all or len(seen) == known:
            return seen, page.total_count
    raise errors.unreadable(errors.Asked.READ, f"the list of {of_what} goes on after {_MAX_PAGES} pages")
