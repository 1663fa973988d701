"""The REST API under /v2: conversations, personas (PALs), replicas (faces) in both vocabularies, and documents."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from coach_desktop.practice.catalogue import Document, Personas, Replicas, under_new_names
from coach_desktop.practice.conversations import END_ASKED, AskedConversation, Conversation, Conversations, row
from coach_desktop.practice.events import events_of
from coach_desktop.practice.plays import Play, Plays, fault, until_hung_up
from coach_desktop.practice.reading import (
    Refusal,
    checked,
    is_true,
    one_of,
    page_and_limit,
    page_of,
    read_json,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from coach_desktop.practice.documents import Documents

# An end is answered as soon as the analysis is complete, or after this long without it.
_CLOSED_WITHIN_S = 3.0

# What clients list beside the above. There is none of it here, and saying so lets them go on.
_ALWAYS_EMPTY = (
    "objectives", "guardrails", "tools", "skills", "voices", "deployments", "pronunciation-dictionaries", "videos",
    "lipsync", "speech",
)  # fmt: skip


def _listed(rows: Sequence[Document], total: int) -> dict[str, Any]:
    return {"data": list(rows), "total_count": total}


def conversation_routes(conversations: Conversations, plays: Plays) -> APIRouter:
    """Return the routes of /conversations."""
    router = APIRouter(prefix="/v2/conversations")

    def shown(conversation: Conversation) -> Document:
        return row(conversation, conversations.url(conversation))

    @router.post("")
    async def create(request: Request) -> Response:
        body = checked(AskedConversation, await read_json(request))
        conversation, token = conversations.create(body)
        if plays.is_due(Play.LOST):
            return fault(502, "Bad Gateway")
        if plays.is_due(Play.SILENCE):
            await until_hung_up(request.receive)
        return JSONResponse(shown(conversation) | ({"meeting_token": token} if token else {}))

    @router.get("")
    async def list_(request: Request) -> JSONResponse:
        query = request.query_params
        status = one_of(query, ["status"], ["active", "ended"])
        matching = [known for known in conversations.all() if status in {None, known.status}]
        rows, total = page_of(matching, query)
        return JSONResponse(_listed([shown(conversation) for conversation in rows], total))

    @router.get("/{conversation_id}")
    async def get(conversation_id: str, request: Request) -> JSONResponse:
        conversation = conversations.get(conversation_id)
        if not is_true(request.query_params, "verbose"):
            return JSONResponse(shown(conversation))
        # Measures may wait for the analysis of a sample, which must not hold up the rooms.
        delivery = await asyncio.to_thread(conversation.delivery)
        verbose = shown(conversation) | {
            "conversational_context": conversation.request.conversational_context or "",
            "events": events_of(conversation, delivery),
        }
        if conversation.shutdown_reason is not None:
            verbose["shutdown_reason"] = conversation.shutdown_reason
        return JSONResponse(verbose)

    @router.post("/{conversation_id}/end")
    async def end(conversation_id: str) -> Response:
        conversation = conversations.get(conversation_id)
        conversations.end(conversation, END_ASKED)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSED_WITHIN_S):
                await conversation.closed.wait()
        return Response(status_code=200)

    @router.delete("/{conversation_id}")
    async def delete(conversation_id: str) -> Response:
        conversations.delete(conversations.get(conversation_id))
        return Response(status_code=204)

    return router


def persona_routes(personas: Personas, *, prefix: str, new_names: bool) -> APIRouter:
    """Return the routes of /personas, or those of /pals in the newer words."""
    router = APIRouter(prefix=prefix)
    shown = _words(new_names)

    @router.post("")
    async def create(request: Request) -> JSONResponse:
        return JSONResponse(shown(personas.create(await read_json(request))))

    @router.get("")
    async def list_(request: Request) -> JSONResponse:
        query = request.query_params
        kind = one_of(query, ["pal_type", "persona_type"], ["user", "system"])
        matching = [persona for persona in personas.all() if kind in {None, persona["persona_type"]}]
        rows, total = page_of(matching, query)
        return JSONResponse(_listed([shown(persona) for persona in rows], total))

    @router.get("/{persona_id}")
    async def get(persona_id: str) -> JSONResponse:
        return JSONResponse(shown(personas.get(persona_id)))

    @router.patch("/{persona_id}")
    async def patch(persona_id: str, request: Request) -> Response:
        personas.get(persona_id)
        changed = personas.patch(persona_id, await read_json(request), new_names=new_names)
        # 304 is an answer without a body, whatever the documentation prints next to it.
        return Response(status_code=304) if changed is None else JSONResponse(shown(changed))

    @router.delete("/{persona_id}")
    async def delete(persona_id: str) -> Response:
        personas.delete(persona_id)
        return Response(status_code=204)

    @router.get("/{persona_id}/{kind}")
    async def attached(persona_id: str, kind: str) -> JSONResponse:
        personas.get(persona_id)
        if kind not in {"skills", "tools"}:
            raise Refusal(404, message="Not Found")
        return JSONResponse(_listed([], 0))

    return router


def replica_routes(replicas: Replicas, *, prefix: str, new_names: bool) -> APIRouter:
    """Return the routes of /replicas, or those of /faces in the newer words."""
    router = APIRouter(prefix=prefix)
    words = _words(new_names)

    def shown(replica: Document, *, verbose: bool) -> Document:
        hidden = () if verbose else ("replica_type",)
        voices = {"default_voice_id": None, "original_voice_id": None} if new_names else {}
        return words({name: value for name, value in replica.items() if name not in hidden} | voices)

    @router.get("")
    async def list_(request: Request) -> JSONResponse:
        query = request.query_params
        kind = one_of(query, ["face_type", "replica_type"], ["user", "system"])
        wanted = words_of(query, "face_ids") or words_of(query, "replica_ids")
        model = query.get("model_name")
        matching = [
            replica
            for replica in replicas.all()
            if kind in {None, replica["replica_type"]}
            and (not wanted or replica["replica_id"] in wanted)
            and (not model or replica["model_name"] == model)
        ]
        rows, total = page_of(matching, query)
        verbose = is_true(query, "verbose")
        return JSONResponse(_listed([shown(replica, verbose=verbose) for replica in rows], total))

    @router.get("/{replica_id}")
    async def get(replica_id: str, request: Request) -> JSONResponse:
        return JSONResponse(shown(replicas.get(replica_id), verbose=is_true(request.query_params, "verbose")))

    return router


def document_routes(documents: Documents) -> APIRouter:
    """Return the routes of /documents. Their pages count from 0, unlike all others."""
    router = APIRouter(prefix="/v2/documents")

    @router.post("")
    async def create(request: Request) -> JSONResponse:
        return JSONResponse(documents.create(await read_json(request)))

    @router.get("")
    async def list_(request: Request) -> JSONResponse:
        query = request.query_params
        page, limit = page_and_limit(query, default_page=0)
        sort = one_of(query, ["sort"], ["ascending", "descending", "asc", "desc"])
        found = documents.matching(
            status=query.get("status") or None, text=query.get("name_or_uuid"), tags=words_of(query, "tags")
        )
        if sort in {"descending", "desc"}:
            found.reverse()
        rows = [documents.row(document) for document in found[page * limit : (page + 1) * limit]]
        return JSONResponse(_listed(rows, len(found)) | {"page": page, "limit": limit})

    # Before the route of one document, whose id it would else be taken for.
    @router.get("/tags")
    async def tags(request: Request) -> JSONResponse:
        found = documents.tags(request.query_params.get("search", ""))
        return JSONResponse({"tags": found, "total_count": len(found)})

    @router.get("/{document_id}")
    async def get(document_id: str) -> JSONResponse:
        return JSONResponse(documents.row(documents.get(document_id)))

    @router.patch("/{document_id}")
    async def change(document_id: str, request: Request) -> JSONResponse:
        documents.get(document_id)
        return JSONResponse(documents.row(documents.change(document_id, await read_json(request))))

    @router.delete("/{document_id}")
    async def delete(document_id: str) -> Response:
        documents.delete(document_id)
        return Response(status_code=204)

    @router.post("/{document_id}/recrawl")
    async def recrawl(document_id: str, request: Request) -> JSONResponse:
        documents.get(document_id)
        return JSONResponse(documents.row(documents.recrawl(document_id, await read_json(request))), 202)

    @router.get("/{document_id}/chunks")
    async def chunks(document_id: str) -> JSONResponse:
        # Nothing was read, so there is nothing to show of it.
        documents.get(document_id)
        return JSONResponse(_listed([], 0))

    return router


def empty_routes() -> APIRouter:
    """Return lists without an entry: what clients ask for on their way to something else."""
    router = APIRouter(prefix="/v2")

    async def nothing() -> JSONResponse:
        return JSONResponse(_listed([], 0))

    for name in _ALWAYS_EMPTY:
        router.add_api_route(f"/{name}", nothing, methods=["GET"])

    @router.get("/guardrails/tags")
    async def no_tags() -> JSONResponse:
        return JSONResponse({"tags": [], "total_count": 0})

    return router


def _words(new_names: bool) -> Callable[[Document], Document]:
    return under_new_names if new_names else dict
