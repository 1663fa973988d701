"""The documents of a Tavus account: what may be added, how it stands with them, and what is wrong, in plain words.

Whatever asks the account is for a thread of its own.
"""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from coach_desktop.core.errors import CoachError
from coach_desktop.tavus.document_models import ChangeDocument, Crawl, CreateDocument
from coach_desktop.tavus.errors import (
    ServerFaultError,
    TavusError,
    TooManyRequestsError,
    UnknownIdError,
    UnknownOutcomeError,
)

if TYPE_CHECKING:
    from coach_desktop.tavus.client import TavusClient
    from coach_desktop.tavus.document_models import Document

log = logging.getLogger(__name__)

Connect = Callable[[], "TavusClient"]
"""Gives a client of the account, to be closed after use. Raises `CoachError` where there is no key."""

PAGE: Final = 100
MOST_PAGES: Final = 10
"""Pages asked for at most: an account with more than a thousand documents is told of, not waited for."""
DEEPEST: Final = 10
MOST_CRAWLED: Final = 100
"""Links deep and pages of a website that Tavus follows at most."""

_LONGEST_ADDRESS: Final = 2000
_FIRST_WAIT_S: Final = 2.0
_LONGEST_WAIT_S: Final = 30.0
_LONGER_EACH_TIME: Final = 1.5
_ASKED_ONE_BY_ONE: Final = 5
READABLE: Final = frozenset((".pdf", ".txt", ".docx", ".doc", ".png", ".jpg", ".jpeg", ".pptx", ".csv", ".xlsx", ".md"))
"""Endings of files that Tavus reads. An address with another ending may still be that of a website."""
_UNREADABLE: Final = frozenset(
    ".7z .aac .avi .dmg .exe .gz .iso .key .m4a .mkv .mov .mp3 .mp4 .odp .odt .pages .rar .tar .wav .webm .zip".split()
)
_LOCAL_NAMES: Final = (".local", ".localhost", ".internal", ".lan", ".home.arpa")

State = Literal["waiting", "working", "ready", "error"]

_PROBLEMS: Final = {
    "file_size_too_large": (
        "The file is larger than the 50 MB that Tavus takes.",
        "Make it smaller or split it, then add it again.",
    ),
    "file_format_unsupported": (
        "Tavus cannot read files of this kind.",
        "Save it as PDF, Word, PowerPoint, Excel, CSV or plain text, then add that.",
    ),
    "invalid_file_url": (
        "Tavus could not download anything from this address.",
        "Open it in a private window of your browser: the file must come without signing in, and not a page about it.",
    ),
    "file_empty": ("The file is empty.", "Put the right file at that address, then add it again."),
    "website_processing_failed": (
        "Tavus could not read this website.",
        "See that it opens without signing in, or save the page as PDF and add that.",
    ),
    "contact_support": (
        "Tavus could not read it and asks you to contact its support.",
        "Write to support@tavus.io, or try another copy of it.",
    ),
}
_THEIR_FAULTS: Final = frozenset(("chunking_failed", "embedding_failed", "vector_store_failed", "s3_storage_failed"))


@dataclass(frozen=True)
class Standing:
    """How it stands with a document, and `note`: what is wrong and what to do; empty where nothing is."""

    state: State
    words: str
    note: str = ""

    @property
    def is_settled(self) -> bool:
        """Return whether nothing more will happen by itself."""
        return self.state in {"ready", "error"}


@dataclass(frozen=True)
class Shelf:
    """The documents of an account, the newest first. `is_capped`: it has more than are shown."""

    documents: tuple[Document, ...] = ()
    is_capped: bool = False


def standing_of(document: Document) -> Standing:
    """Return how it stands with a document."""
    status = (document.status or "").casefold()
    if status == "ready":
        return Standing("ready", "Ready")
    if status == "error":
        what, do = problem_of(document.error_message)
        return Standing("error", "Cannot be used", f"{what} {do}")
    if status in {"started", ""}:
        return Standing("waiting", "Waiting its turn")
    if status in {"processing", "recrawling"}:
        words = "Being read" if status == "processing" else "Being read again"
        return Standing("working", f"{words}{_progress(document.progress)}")
    return Standing("working", status.replace("_", " ").capitalize())


def problem_of(code: str | None) -> tuple[str, str]:
    """Return what is wrong with a document and what to do, for the account's own word for it."""
    known = (code or "").strip()
    if known in _PROBLEMS:
        return _PROBLEMS[known]
    if known in _THEIR_FAULTS:
        return "Tavus had a fault of its own while it read this.", "Delete it here and add it again in a few minutes."
    said = f" It says: {known[:200]}." if known else ""
    return f"Tavus could not read it.{said}", "Try another copy of it, or another kind of file."


def checked_address(text: str) -> str:
    """Return a public address without what stands around it.

    Raises ValueError, with the reason as a sentence, where Tavus could surely not download anything from it.
    """
    address = text.strip()
    if not address:
        raise ValueError("Enter the address of a file or a website.")
    if len(address) > _LONGEST_ADDRESS or re.search(r"[\s\x00-\x1f\x7f]", address):
        raise ValueError("This is no address: it holds blanks, or is too long.")
    parts = _parts(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("The address must begin with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("The address must hold no user name and no password: Tavus and others could read them.")
    if _is_private(parts.hostname):
        raise ValueError("Tavus cannot reach this computer or your own network: the address must be public.")
    ending = _ending(parts)
    if ending in _UNREADABLE:
        raise ValueError(f"Tavus cannot read {ending} files. Save it as PDF or Word first.")
    return address


def is_file(address: str) -> bool:
    """Return whether an address that was checked is that of a file rather than of a website."""
    return _ending(_parts(address)) in READABLE


def name_for(address: str) -> str:
    """Return a name for a document: that of its file, or of its website."""
    parts = _parts(address)
    return unquote(PurePosixPath(parts.path).name) or parts.hostname or address


def shown_address(address: str) -> str:
    """Return an address fit for the screen: what stands behind it may be a signature that opens the file to anybody."""
    bare, _, rest = address.partition("?")
    return f"{bare}?…" if rest else bare


def new_document(
    address: str, name: str = "", tags: Collection[str] = (), *, depth: int | None = None, pages: int | None = None
) -> CreateDocument:
    """Return the request for a document. With `depth` or `pages` the links of a website are followed.

    Raises ValueError as `checked_address` does.
    """
    url = checked_address(address)
    crawl = None if depth is None and pages is None else Crawl(depth=depth, max_pages=pages)
    return CreateDocument(document_url=url, document_name=name.strip() or name_for(url), tags=_tags(tags), crawl=crawl)


def load(connect: Connect) -> Shelf:
    """Return the documents of the account. Raises `CoachError`."""
    found: dict[str, Document] = {}
    with connect() as client:
        for page in range(MOST_PAGES):
            listed = client.list_documents(page=page, limit=PAGE)
            before = len(found)
            found |= {document.document_id: document for document in listed.data}
            whole = listed.total_count is not None and len(found) >= listed.total_count
            if whole or len(found) == before or (listed.total_count is None and len(listed.data) < PAGE):
                return Shelf(_newest_first(found.values()))
    return Shelf(_newest_first(found.values()), is_capped=True)


def add(connect: Connect, request: CreateDocument, known: Collection[str] = ()) -> Document:
    """Add a document and return it. Sent once; where the answer is lost, the account is asked whether it is there.

    `known` are the ids that were there before. Raises `CoachError`.
    """
    with connect() as client:
        try:
            return client.create_document(request)
        except TooManyRequestsError as error:
            raise _as_many_as_it_may(error) from error
        except (UnknownOutcomeError, ServerFaultError) as error:
            try:
                listed = client.list_documents(name_or_uuid=request.document_name, limit=PAGE)
            except TavusError:
                raise error from None
            for document in listed.data:
                if document.document_url == request.document_url and document.document_id not in known:
                    log.info("the answer was lost, the document is there: %s", document.document_id)
                    return document
            raise


def change(connect: Connect, document_id: str, name: str, tags: Collection[str]) -> None:
    """Give a document another name and other tags. Raises `CoachError`."""
    with connect() as client:
        client.patch_document(document_id, ChangeDocument(document_name=name.strip() or None, tags=_tags(tags)))


def remove(connect: Connect, document_id: str) -> None:
    """Remove a document from the account; one that is gone already is no error. Raises `CoachError`."""
    with connect() as client:
        try:
            client.delete_document(document_id)
        except UnknownIdError:
            log.info("the document was gone already: %s", document_id)


def look(connect: Connect, ids: Collection[str]) -> dict[str, Document | None]:
    """Return how it stands with these documents now; None for one that is gone. Raises `CoachError`."""
    if len(ids) > _ASKED_ONE_BY_ONE:
        there = {document.document_id: document for document in load(connect).documents}
        return {document_id: there.get(document_id) for document_id in ids}
    found: dict[str, Document | None] = {}
    with connect() as client:
        for document_id in ids:
            try:
                found[document_id] = client.get_document(document_id)
            except UnknownIdError:
                found[document_id] = None
    return found


def wait_s(times: int) -> float:
    """Return how long to wait before looking again, after so many looks: 2 s at first, 30 s in the end."""
    # It takes Tavus some minutes, and sometimes ten: to ask often would only bring a refusal.
    return min(_LONGEST_WAIT_S, _FIRST_WAIT_S * _LONGER_EACH_TIME ** min(times, 10))


def _as_many_as_it_may(error: TooManyRequestsError) -> CoachError:
    if "limit reached" not in error.details.casefold():
        return error
    return CoachError(
        "The account has as many websites as it may have.",
        safe="Nothing was added to the account.",
        do="Delete one that is no longer needed, or add a single page or a file. Tavus may allow more when asked.",
        details=error.details,
    )


def _newest_first(documents: Iterable[Document]) -> tuple[Document, ...]:
    there = [document for document in documents if document.status != "deleted"]
    # The times are ISO 8601 in UTC, all alike; the account's own order is not documented.
    return tuple(sorted(there, key=lambda document: document.created_at or "", reverse=True))


def _tags(tags: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(tag for given in tags if (tag := given.strip())))


def _progress(told: object) -> str:
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 < told <= 100:
        return ""
    return f", {100 * told if told < 1 else told:.0f} %"


def _parts(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        # Both are worked out, and may turn out to be wrong, only when somebody asks.
        _ = parts.port, parts.hostname
    except ValueError as error:
        raise ValueError("This is no address.") from error
    return parts


def _ending(parts: SplitResult) -> str:
    return PurePosixPath(parts.path).suffix.lower()


def _is_private(host: str) -> bool:
    name = host.rstrip(".").casefold()
    try:
        return not ipaddress.ip_address(name).is_global
    except ValueError:
        return "." not in name or name.endswith(_LOCAL_NAMES)
