"""Documents of the knowledge base, in memory. Nothing is downloaded: an address becomes ready by the clock alone."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from coach_desktop.core.clock import Clock, SystemClock, iso_utc
from coach_desktop.practice import stock
from coach_desktop.practice.plays import Play, Plays, refusal
from coach_desktop.practice.reading import Refusal, checked
from coach_desktop.tavus.document_models import ChangeDocument, Crawl, CreateDocument
from coach_desktop.tavus.models import Wire

if TYPE_CHECKING:
    from collections.abc import Sequence

READY_AFTER_S = 2.0
MAX_CRAWLED = 100
RECRAWL_COOLDOWN_S = 3600.0

# Of the time until a document is ready it is only `started` for so long.
_STARTED_SHARE = 1 / 3
# What is surely no text, picture, table or page. A website's address may end in anything else.
_UNSUPPORTED = {
    ".7z", ".aac", ".avi", ".dmg", ".exe", ".gz", ".iso", ".m4a", ".mkv", ".mov", ".mp3", ".mp4", ".rar", ".tar",
    ".wav", ".webm", ".zip",
}  # fmt: skip


class Recrawl(Wire):
    """Body of `POST /v2/documents/ID/recrawl`."""

    crawl: Crawl | None = None


@dataclass
class Document:
    """One document; what happens to it by the clock is worked out when somebody looks."""

    document_id: str
    name: str
    url: str
    callback_url: str
    tags: list[str]
    crawl: Crawl | None
    problem: str | None
    created_epoch: float
    changed_epoch: float
    work_epoch: float
    work_began: float
    recrawled_at: float | None = None
    crawled_epoch: float | None = None
    crawl_count: int = 0


class Documents:
    """All documents of this run, the oldest first."""

    def __init__(
        self, *, ready_after_s: float = READY_AFTER_S, plays: Plays | None = None, clock: Clock | None = None
    ) -> None:
        """A document is ready `ready_after_s` seconds after it was made; 0 makes it ready at once."""
        self._ready_after_s = ready_after_s
        self._plays = plays or Plays()
        self._clock = clock or SystemClock()
        self._known: dict[str, Document] = {}
        self._stock = {one.document_id: self._ready(one) for one in stock.DOCUMENTS}

    def create(self, body: object) -> dict[str, Any]:
        """Take a document and return it as it begins. Raises `Refusal` where a field is wrong, or for the limit."""
        if isinstance(body, dict) and body.get("document_url") in (None, ""):
            raise Refusal(400, error="Invalid request: document_url is required")
        request = checked(CreateDocument, body)
        if request.crawl is not None:
            self._check_crawled()
        now = self._clock.epoch()
        problem = "website_processing_failed" if self._plays.is_due(Play.DOCUMENT) else _problem(request.document_url)
        document = Document(
            document_id=f"d{len(self._known)}-{secrets.token_hex(6)}",
            name=request.document_name or _name(request.document_url),
            url=request.document_url,
            callback_url=request.callback_url or "",
            tags=request.tags,
            crawl=request.crawl,
            problem=problem,
            created_epoch=now,
            changed_epoch=now,
            work_epoch=now,
            work_began=self._clock.monotonic(),
        )
        self._known[document.document_id] = document
        # However little time it takes, a client is told first that it has started.
        return self.row(document) | {"status": "started", "error_message": None}

    def get(self, document_id: str) -> Document:
        """Return one, of the client's own or of the house. Raises `Refusal` for an unknown id."""
        return self._stock[document_id] if document_id in self._stock else self._own(document_id)

    def matching(self, *, status: str | None, text: str | None, tags: Sequence[str]) -> list[Document]:
        """Return those in a status, with `text` in their name or id, and with any of the tags; None or none: all."""
        wanted, part = set(tags), (text or "").casefold()
        return [
            document
            for document in self._known.values()
            if status in {None, self._status(document)}
            and (part in document.name.casefold() or part in document.document_id)
            and (not wanted or wanted & set(document.tags))
        ]

    def tags(self, part: str = "") -> list[str]:
        """Return all tags in use that contain `part`."""
        used = {tag for document in self._known.values() for tag in document.tags}
        return sorted(tag for tag in used if part.casefold() in tag.casefold())

    def change(self, document_id: str, body: object) -> Document:
        """Rename a document or replace its tags. Raises `Refusal`."""
        document = self._own(document_id)
        change = checked(ChangeDocument, body)
        if change.document_name is not None:
            document.name = change.document_name
        if change.tags is not None:
            document.tags = change.tags
        document.changed_epoch = self._clock.epoch()
        return document

    def delete(self, document_id: str) -> None:
        """Forget a document. Raises `Refusal` for an unknown id."""
        self._own(document_id)
        del self._known[document_id]

    def recrawl(self, document_id: str, body: object) -> Document:
        """Fetch a website anew. Raises `Refusal`: no crawl was asked for, still at work, or too soon after the last."""
        document = self._own(document_id)
        crawl = checked(Recrawl, body).crawl or document.crawl
        if crawl is None:
            raise Refusal(400, error="Document was not created with crawl configuration")
        status, now = self._status(document), self._clock.monotonic()
        if status not in {"ready", "error"}:
            raise Refusal(
                409, error=f"Document must be in 'ready' or 'error' state to recrawl, current status: {status}"
            )
        if document.recrawled_at is not None and now - document.recrawled_at < RECRAWL_COOLDOWN_S:
            minutes = math.ceil((RECRAWL_COOLDOWN_S - (now - document.recrawled_at)) / 60)
            raise Refusal(
                429, error=f"Recrawl cooldown: please wait {minutes} minutes before recrawling this document."
            )
        if document.crawl is None:
            self._check_crawled()
        document.crawled_epoch, document.crawl_count = self._crawled(document)
        document.crawl, document.problem = crawl, _problem(document.url)
        document.work_began = document.recrawled_at = now
        document.work_epoch = self._clock.epoch()
        return document

    def row(self, document: Document) -> dict[str, Any]:
        """Return a document as the API shows it."""
        status = self._status(document)
        is_done = status in {"ready", "error"}
        crawled_epoch, crawl_count = self._crawled(document)
        steps = {"processing": _STARTED_SHARE, "ready": 1.0, "error": 1.0}
        reached = document.work_epoch + steps.get(status, 0.0) * self._ready_after_s
        return {
            "document_id": document.document_id,
            # What the id was called in 2025: clients of that time read nothing else.
            "uuid": document.document_id,
            "document_name": document.name,
            "document_url": document.url,
            "status": status,
            "progress": None,
            "error_message": document.problem if is_done else None,
            "created_at": iso_utc(document.created_epoch),
            "updated_at": iso_utc(max(document.changed_epoch, reached)),
            "callback_url": document.callback_url,
            "tags": document.tags,
            "crawl_config": document.crawl.shown() if document.crawl else None,
            "crawled_urls": [document.url] if crawl_count else None,
            "last_crawled_at": iso_utc(crawled_epoch) if crawled_epoch is not None else None,
            "crawl_count": crawl_count,
        }

    def _own(self, document_id: str) -> Document:
        # A document belongs to the key that made it: in lists and for changes, what belongs to the house is not there.
        if document_id not in self._known:
            raise Refusal(404, message="Document not found")
        return self._known[document_id]

    def _ready(self, document: stock.StockDocument) -> Document:
        now, began = self._clock.epoch(), self._clock.monotonic() - self._ready_after_s
        return Document(
            document.document_id, document.name, "", "", list(document.tags), None, None, now, now, now, began
        )

    def _status(self, document: Document) -> str:
        elapsed_s = self._clock.monotonic() - document.work_began
        if elapsed_s >= self._ready_after_s:
            return "ready" if document.problem is None else "error"
        if document.recrawled_at is not None:
            return "recrawling"
        return "started" if elapsed_s < self._ready_after_s * _STARTED_SHARE else "processing"

    def _crawled(self, document: Document) -> tuple[float | None, int]:
        if document.crawl is None or self._status(document) != "ready":
            return document.crawled_epoch, document.crawl_count
        return document.work_epoch + self._ready_after_s, document.crawl_count + 1

    def _check_crawled(self) -> None:
        crawled = sum(document.crawl is not None for document in self._known.values())
        if crawled >= MAX_CRAWLED or self._plays.is_due(Play.CRAWL):
            raise refusal(Play.CRAWL)


def _problem(url: str) -> str | None:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "invalid_file_url"
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "invalid_file_url"
    return "file_format_unsupported" if PurePosixPath(parts.path).suffix.lower() in _UNSUPPORTED else None


def _name(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return PurePosixPath(parts.path).name or parts.hostname or url
