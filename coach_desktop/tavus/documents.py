"""Calls about the documents of the knowledge base."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from coach_desktop.tavus import errors
from coach_desktop.tavus.caller import Caller
from coach_desktop.tavus.document_models import ChangeDocument, CreateDocument, Document, DocumentList, DocumentSort
from coach_desktop.tavus.errors import Asked
from coach_desktop.tavus.wire_log import loggable

log = logging.getLogger(__name__)


class DocumentCalls(Caller):
    """The part of the client that knows documents."""

    def create_document(self, request: CreateDocument) -> Document:
        """Register the public address of a document or website. Sent once; the service fetches it in its own time.

        After `UnknownOutcomeError` and `ServerFaultError` it may be there: look for its name, never just call again.
        `TooManyRequestsError` says that the account has as many websites as it may have.
        """
        log.info("create document: %s", loggable(request.model_dump(mode="json", exclude_none=True)))
        return self._parsed(Document, self._call(Asked.ADD, "POST", "/documents", body=request.body()), Asked.ADD)

    def get_document(self, document_id: str) -> Document:
        """Return one document. Raises `UnknownIdError` for one that is gone."""
        return self._this_document(document_id, self._call(Asked.READ, "GET", self._one("documents", document_id)))

    def list_documents(
        self,
        *,
        page: int = 0,
        limit: int = 100,
        sort: DocumentSort | None = None,
        status: str | None = None,
        name_or_uuid: str | None = None,
        tags: Sequence[str] = (),
    ) -> DocumentList:
        """Return one page (from 0, as nowhere else) of the documents: those with the text in name or id, any tag."""
        return self._listed(
            DocumentList,
            "/documents",
            page,
            limit,
            sort=sort,
            status=status,
            name_or_uuid=name_or_uuid or None,
            tags=",".join(tags) or None,
        )

    def patch_document(self, document_id: str, change: ChangeDocument) -> None:
        """Rename a document or replace its tags; what is None stays. Raises `UnknownIdError` for one that is gone."""
        log.info("change document: %s", loggable(change.model_dump(mode="json", exclude_none=True)))
        self._done(Asked.CHANGE, "PATCH", self._one("documents", document_id), body=change.body())

    def delete_document(self, document_id: str) -> None:
        """Remove a document from the account. Raises `UnknownIdError` for one that is gone."""
        self._done(Asked.REMOVE, "DELETE", self._one("documents", document_id))

    def _this_document(self, document_id: str, content: bytes) -> Document:
        document = self._parsed(Document, content)
        if document.document_id != document_id:
            raise errors.unreadable(Asked.READ, "the answer tells of another document")
        return document
