"""Documents of the knowledge base on the wire: one typed set for the client and for the local service."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, StrictBool, StrictStr

from coach_desktop.tavus.models import Dated, Request, WholeNumber, Wire

DocumentSort = Literal["ascending", "descending"]


class Crawl(Wire):
    """How far a website is followed: links deep, and pages at most."""

    depth: Annotated[WholeNumber, Field(ge=1, le=10)] | None = None
    max_pages: Annotated[WholeNumber, Field(ge=1, le=100)] | None = None

    def shown(self) -> dict[str, int]:
        """Return what was given of it."""
        given = {"depth": self.depth, "max_pages": self.max_pages}
        return {name: value for name, value in given.items() if value is not None}


class CreateDocument(Request):
    """Body of `POST /v2/documents`, with the fields that the official client adds. The address has to be public."""

    # An address may be signed: who reads it could read what it leads to.
    document_url: StrictStr = Field(repr=False)
    document_name: StrictStr | None = None
    callback_url: StrictStr | None = None
    tags: list[StrictStr] = Field(default_factory=list)
    participant_tags: list[StrictStr] | None = None
    crawl: Crawl | None = None
    custom_description: StrictStr | None = None
    is_customer_support_document: StrictBool | None = None
    font_size_aware_extraction: StrictBool | None = None
    properties: dict[str, Any] | None = None


class ChangeDocument(Request):
    """Body of `PATCH /v2/documents/ID`: not a JSON Patch. `tags` replaces all that were there."""

    document_name: StrictStr | None = None
    tags: list[StrictStr] | None = None


class Document(Dated):
    """A document of the account. Only the id is certain to be there.

    `status` goes from `started` over `processing` to `ready` or `error`; `recrawling` and `deleted` also occur.
    """

    document_id: str = Field(validation_alias=AliasChoices("document_id", "uuid"))
    document_name: str | None = None
    document_url: str | None = Field(default=None, repr=False)
    status: str | None = None
    # Documented as null only: a number, a share in words and an object would all be no surprise.
    progress: Any = None
    error_message: str | None = None
    tags: list[str] = Field(default_factory=list)
    crawl_config: dict[str, Any] | None = None
    crawled_urls: list[str] = Field(default_factory=list)
    crawl_count: int | None = None
    last_crawled_at: str | None = None


class DocumentList(Wire):
    """Envelope of a list of documents. `page` counts from 0."""

    data: list[Document]
    total_count: int | None = None
    page: int | None = None
    limit: int | None = None
