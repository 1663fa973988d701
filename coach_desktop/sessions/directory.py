"""Who and what a Tavus account holds to choose from: personas, replicas and documents, page by page, kept for a while.

Loading is for a thread of its own. Everybody may look at what is known at any time, from any thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from coach_desktop.core.errors import Cancelled
from coach_desktop.sessions.documents import problem_of, standing_of

if TYPE_CHECKING:
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.document_models import Document
    from coach_desktop.tavus.models import Persona, Replica

Kind = Literal["personas", "replicas", "documents"]

PAGE: Final = 100
"""Rows asked for at a time: the most that the official client asks for."""
MOST_PAGES: Final = 20
"""Pages asked for at most, of each half of a list: an account that has more is told of, not waited for."""
KEPT_S: Final = 300.0
"""How long a list is taken for true before it is asked for again."""

_IN_TRAINING: Final = "It is still in training"


@dataclass(frozen=True)
class Entry:
    """One thing to choose.

    `own` is None where the account does not tell own from stock. `state` says what is not as usual with it, empty where
    nothing is. `refusal` is the reason why it cannot be chosen, as a sentence without its full stop; empty where it can
    be. `created` is in epoch seconds.
    """

    id: str
    name: str
    own: bool | None = None
    more: str = ""
    state: str = ""
    refusal: str = ""
    tags: tuple[str, ...] = ()
    created: float | None = None
    image_url: str = ""
    video_url: str = ""

    @property
    def title(self) -> str:
        """The name, or the id of a thing without one."""
        return self.name or self.id


@dataclass(frozen=True)
class Listing:
    """What is known of one kind, in the order to show it. `complete`: no more is coming; `capped`: there is more."""

    entries: tuple[Entry, ...] = ()
    complete: bool = False
    capped: bool = False

    def find(self, entry_id: str) -> Entry | None:
        """Return the entry of an id, or None."""
        return next((entry for entry in self.entries if entry.id == entry_id), None)


@dataclass(frozen=True)
class _Page:
    entries: list[Entry]
    rows: int
    total: int | None


class Directory:
    """What one account holds. `forget` it when another account or address is used."""

    def __init__(self, connect: Callable[[], TavusClient], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Ask nothing yet. `connect` is called in the thread that loads and raises `CoachError` without a key."""
        self._connect = connect
        self._clock = clock
        self._lock = threading.Lock()
        self._generation = 0
        self._kept: dict[Kind, tuple[float, Listing]] = {}

    def known(self, kind: Kind) -> Listing | None:
        """Return the list of a kind as it was loaded in the last few minutes, or None."""
        with self._lock:
            loaded_at, listing = self._kept.get(kind, (0.0, None))
            fresh = listing is not None and self._clock() - loaded_at < KEPT_S
            return listing if fresh else None

    def name_of(self, kind: Kind, entry_id: str) -> str:
        """Return the name of a thing, however long ago it was loaded; empty where it is not known."""
        with self._lock:
            listing = self._kept.get(kind, (0.0, Listing()))[1]
        entry = listing.find(entry_id)
        return entry.name if entry else ""

    def forget(self) -> None:
        """Know nothing any more. What is being loaded now is not kept either."""
        with self._lock:
            self._generation += 1
            self._kept.clear()

    def load(
        self, kind: Kind, on_page: Callable[[Listing], None], stop: threading.Event, *, refresh: bool = False
    ) -> Listing:
        """Return the whole list of a kind; `on_page` is called in this thread with what there is after each page.

        What was loaded in the last few minutes is returned at once, unless it is to be asked for anew. Raises
        `Cancelled` once `stop` is set, `CoachError` where the account cannot be asked.
        """
        known = None if refresh else self.known(kind)
        if known is not None:
            return known
        with self._lock:
            generation = self._generation
        found: dict[str, Entry] = {}
        capped = False
        with self._connect() as client:
            # The user's own come first: there are few of them, and they are looked for most.
            halves: tuple[bool | None, ...] = (None,) if kind == "documents" else (True, False)
            for own in halves:
                capped |= _collect(
                    lambda page, own=own: _page(client, kind, page, own=own),  # type: ignore[misc]  # bound at once
                    0 if kind == "documents" else 1,
                    found,
                    lambda: on_page(Listing(_in_order(found.values()))),
                    stop,
                )
        listing = Listing(_in_order(found.values()), complete=True, capped=capped)
        with self._lock:
            if generation == self._generation:
                self._kept[kind] = (self._clock(), listing)
        return listing


def matches(entry: Entry, text: str) -> bool:
    """Return whether each word of `text` stands somewhere in the name, the id, the tags or what else is shown."""
    shown = " ".join((entry.name, entry.id, entry.more, *entry.tags)).casefold()
    return all(word in shown for word in text.casefold().split())


def tags_of(listing: Listing) -> Listing:
    """Return the tags of documents as things to choose, by name."""
    counts: dict[str, int] = {}
    for entry in listing.entries:
        for tag in dict.fromkeys(entry.tags):
            counts[tag] = counts.get(tag, 0) + 1
    tags = tuple(
        Entry(tag, tag, more="1 document" if counts[tag] == 1 else f"{counts[tag]} documents")
        for tag in sorted(counts, key=lambda tag: (tag.casefold(), tag))
    )
    return replace(listing, entries=tags)


def _collect(
    ask: Callable[[int], _Page],
    first: int,
    found: dict[str, Entry],
    on_more: Callable[[], None],
    stop: threading.Event,
) -> bool:
    """Add all pages from `first` on to `found`; return whether there are more than are asked for.

    Neither the number of the first page nor the length of a page is the same everywhere: a page may be there twice, or
    the one before the first may hold what is missing in the end.
    """
    seen: set[str] = set()
    repeated = 0
    for number in range(first, first + MOST_PAGES):
        page = _asked(ask, number, stop)
        new = [entry for entry in page.entries if entry.id not in seen]
        seen |= {entry.id for entry in new}
        _add(found, new)
        on_more()
        repeated += not new
        if page.rows == 0 or repeated > 1:
            break
        # A server may give less than was asked for; only without a total does a short page mean the end.
        if len(seen) >= page.total if page.total is not None else page.rows < PAGE:
            return False
    else:
        return True
    if first > 0 and page.total is not None and len(seen) < page.total:
        _add(found, _asked(ask, first - 1, stop).entries)
        on_more()
    return False


def _asked(ask: Callable[[int], _Page], number: int, stop: threading.Event) -> _Page:
    if stop.is_set():
        raise Cancelled
    page = ask(number)
    if stop.is_set():
        raise Cancelled
    return page


def _add(found: dict[str, Entry], entries: Iterable[Entry]) -> None:
    for entry in entries:
        before = found.get(entry.id)
        if before is not None and before.own != entry.own:
            # Own and stock alike: this server does not sort them out.
            entry = replace(entry, own=None)  # noqa: PLW2901 - the same entry, with less claimed of it
        found[entry.id] = entry


def _page(client: TavusClient, kind: Kind, number: int, *, own: bool | None) -> _Page:
    which = None if own is None else "user" if own else "system"
    if kind == "personas":
        personas = client.list_personas(kind=which, page=number, limit=PAGE)
        return _Page([_persona(row, own) for row in personas.data], len(personas.data), personas.total_count)
    if kind == "replicas":
        replicas = client.list_replicas(kind=which, page=number, limit=PAGE, verbose=True)
        return _Page([_replica(row, own) for row in replicas.data], len(replicas.data), replicas.total_count)
    documents = client.list_documents(page=number, limit=PAGE)
    entries = [_document(row) for row in documents.data if row.status != "deleted"]
    return _Page(entries, len(documents.data), documents.total_count)


def _is_own(told: str | None, asked: bool | None) -> bool | None:
    return {"user": True, "system": False}.get(told or "", asked)


def _persona(row: Persona, own: bool | None) -> Entry:
    return Entry(
        row.persona_id,
        row.persona_name or "",
        _is_own(row.persona_type, own),
        state="Has no words of its own" if row.pipeline_mode == "echo" else "",
        created=row.created(),
    )


def _replica(row: Replica, own: bool | None) -> Entry:
    state, refusal = "", ""
    if row.status == "error":
        state = "Cannot be used"
        refusal = f"Its training has failed: {row.error_message}" if row.error_message else "Its training has failed"
    elif not row.is_usable:
        state = "In training"
        refusal = f"{_IN_TRAINING}: {row.training_progress}" if row.training_progress else _IN_TRAINING
    return Entry(
        row.replica_id,
        row.replica_name or "",
        _is_own(row.replica_type, own),
        more=row.model_name or "",
        state=state,
        refusal=refusal,
        created=row.created(),
        image_url=row.thumbnail_image_url or "",
        video_url=row.thumbnail_video_url or "",
    )


def _document(row: Document) -> Entry:
    standing = standing_of(row)
    is_usual = standing.state == "ready" or row.status is None
    return Entry(
        row.document_id,
        row.document_name or "",
        state="" if is_usual else standing.words,
        refusal=problem_of(row.error_message)[0].rstrip(".") if standing.state == "error" else "",
        tags=tuple(row.tags),
        created=row.created(),
    )


def _in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Own before stock; one's own and documents newest first, stock by name. The API promises no order."""

    def place(entry: Entry) -> tuple[object, ...]:
        if entry.own is False:
            return (1, 0.0, entry.title.casefold(), entry.id)
        return (0, -(entry.created or 0.0), entry.title.casefold(), entry.id)

    return tuple(sorted(entries, key=place))
