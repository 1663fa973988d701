"""What the stand-in's account keeps: personas, replicas and documents. The caller holds a lock around every call."""

from __future__ import annotations

import copy
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from coach_desktop.practice import json_patch
from tests.standin.faults import Answer

JSON = dict[str, Any]

DEFAULT_REPLICA = "r90bbd427f71"
NEW_WORDS = {"persona": "pal", "replica": "face"}
_LAYERS = {
    "llm", "tts", "stt", "sts", "transport", "perception", "conversational_flow", "conferencing", "capabilities",
    "knowledge_base",
}  # fmt: skip
_READ_ONLY = ("persona_id", "persona_type", "created_at", "updated_at")
_CRAWLS_AT_MOST = 100


def iso(epoch_s: float) -> str:
    """Return a time as the REST bodies carry it."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def persona_row(persona_id: str, name: str, kind: str = "user", **fields: Any) -> JSON:
    """Return a persona as the account keeps it."""
    now = iso(time.time())
    empty = {
        "system_prompt": "You are somebody.", "context": "", "pipeline_mode": "full",
        "default_replica_id": DEFAULT_REPLICA, "document_ids": [], "document_tags": [], "layers": {},
    }  # fmt: skip
    mine = {"persona_id": persona_id, "persona_name": name, "persona_type": kind}
    return mine | empty | {"created_at": now, "updated_at": now} | fields


def replica_row(replica_id: str, name: str, kind: str = "system", **fields: Any) -> JSON:
    """Return a replica as the account keeps it."""
    now = iso(time.time())
    return {
        "replica_id": replica_id, "replica_name": name, "replica_type": kind, "model_name": "phoenix-4",
        "thumbnail_video_url": None, "training_progress": "100/100", "status": "completed", "error_message": None,
        "created_at": now, "updated_at": now,
    } | fields  # fmt: skip


class Library:
    """Personas, replicas and documents, and the proper answer to each call about them.

    `wraps_one_persona` gives one persona as the docs' schema shows it, in a list under `data`. `counts_total` False
    leaves the totals of lists out. `page_limit` caps every page below what was asked for.
    """

    def __init__(self) -> None:
        """Begin with one persona and one replica of each kind, and no document."""
        self.personas: list[JSON] = [
            persona_row("pcb7a34da5fe", "Sales Development Rep", "system"),
            persona_row("p0123456789a", "Interviewer of my own"),
        ]
        self.replicas: list[JSON] = [
            replica_row(DEFAULT_REPLICA, "Anna"),
            replica_row("r5dc7c7d0bcb", "Gloria"),
            replica_row("r0123456789a", "My own face", "user"),
        ]
        self.documents: list[JSON] = []
        self.counts_total = True
        self.page_limit: int | None = None
        self.wraps_one_persona = False
        self.document_ready_after_s = 0.0

    def people(self, kind: str, query: dict[str, str], *, new_names: bool) -> Answer:
        """Return a page of personas or replicas (`kind`), in the newer words where asked for."""
        rows = self.personas if kind == "persona" else self.replicas
        wanted = query.get(f"{NEW_WORDS[kind]}_type") or query.get(f"{kind}_type")
        chosen = [_worded(row, new_names) for row in rows if wanted in {None, row[f"{kind}_type"]}]
        return self._page(chosen, query)

    def person(self, kind: str, its_id: str, *, new_names: bool) -> Answer:
        """Return one persona or replica."""
        rows = self.personas if kind == "persona" else self.replicas
        found = [_worded(row, new_names) for row in rows if row[f"{kind}_id"] == its_id]
        if not found:
            return Answer(400, {"error": f"Invalid {kind}_id"})
        return Answer(200, {"data": found} if kind == "persona" and self.wraps_one_persona else found[0])

    def create_persona(self, body: Any) -> Answer:
        """Keep a new persona."""
        if not isinstance(body, dict):
            return Answer(400, {"error": "Invalid request"})
        refusal = self._refused_persona(body)
        if refusal is not None:
            return refusal
        given = {name: value for name, value in body.items() if name not in _READ_ONLY}
        row = persona_row(f"p{secrets.token_hex(6)[:11]}", f"New Persona {len(self.personas)}", **copy.deepcopy(given))
        self.personas.append(row)
        return Answer(200, {name: row[name] for name in ("persona_id", "persona_name", "created_at")})

    def patch_persona(self, persona_id: str, patch: Any) -> Answer:
        """Change one of the user's own by JSON Patch: all of it or nothing."""
        found = [row for row in self.personas if row["persona_id"] == persona_id and row["persona_type"] == "user"]
        if not found:
            return Answer(400, {"error": "Invalid persona_id"})
        try:
            after = json_patch.apply(found[0], patch)
        except json_patch.PatchError:
            return Answer(422, {"message": "Invalid JSON patch format"})
        refusal = self._refused_persona(after)
        if refusal is not None:
            return refusal
        if json_patch.same(after, found[0]):
            return Answer(304)
        found[0].update(after, updated_at=iso(time.time()))
        for gone in found[0].keys() - after.keys():
            del found[0][gone]
        return Answer(200, {"message": "updated"})

    def delete_persona(self, persona_id: str) -> Answer:
        """Forget one of the user's own."""
        left = [row for row in self.personas if row["persona_id"] != persona_id or row["persona_type"] != "user"]
        if len(left) == len(self.personas):
            return Answer(400, {"error": "Invalid persona_id"})
        self.personas = left
        return Answer(204)

    def create_document(self, body: Any) -> Answer:
        """Keep the address of a new document, which becomes ready by the clock alone."""
        if not isinstance(body, dict) or not body.get("document_url"):
            return Answer(400, {"error": "Invalid request: document_url is required"})
        if body.get("crawl") and sum(bool(row["crawl_config"]) for row in self.documents) >= _CRAWLS_AT_MOST:
            said = "Crawl document limit reached (100). Contact support@tavus.io to increase your limit."
            return Answer(429, {"error": said})
        now = time.time()
        row = {
            "document_id": f"d{len(self.documents)}-{secrets.token_hex(6)}",
            "document_name": body.get("document_name") or body["document_url"],
            "document_url": body["document_url"], "status": "started", "progress": None, "error_message": None,
            "created_at": iso(now), "updated_at": iso(now), "callback_url": body.get("callback_url", ""),
            "tags": body.get("tags") or [], "crawl_config": body.get("crawl"), "crawled_urls": None,
            "last_crawled_at": None, "crawl_count": 0,
        }  # fmt: skip
        self.documents.append(row | {"made_at": now})
        return Answer(200, row)

    def list_documents(self, query: dict[str, str]) -> Answer:
        """Return a page of the documents; pages count from 0."""
        limit = int(query.get("limit", "10"))
        if limit < 1:
            return Answer(400, {"error": "Invalid request: limit must be a positive integer"})
        tags, part = set(filter(None, query.get("tags", "").split(","))), query.get("name_or_uuid", "").casefold()
        rows = [
            row
            for row in map(self._document, self.documents)
            if query.get("status", row["status"]) == row["status"]
            and (not tags or tags & set(row["tags"]))
            and (part in row["document_name"].casefold() or part in row["document_id"])
        ]
        if query.get("sort", "").startswith("desc"):
            rows.reverse()
        page = int(query.get("page", "0"))
        return self._page(rows, query | {"page": str(page + 1)}, {"page": page, "limit": limit})

    def document(self, document_id: str) -> Answer:
        """Return one."""
        found = [self._document(row) for row in self.documents if row["document_id"] == document_id]
        return Answer(200, found[0]) if found else Answer(404, {"message": "Document not found"})

    def patch_document(self, document_id: str, body: Any) -> Answer:
        """Rename one or replace its tags."""
        for row in self.documents:
            if row["document_id"] == document_id:
                row.update({name: body[name] for name in ("document_name", "tags") if name in body})
        return self.document(document_id)

    def delete_document(self, document_id: str) -> Answer:
        """Forget one."""
        left = [row for row in self.documents if row["document_id"] != document_id]
        if len(left) == len(self.documents):
            return Answer(404, {"message": "Document not found"})
        self.documents = left
        return Answer(204)

    def _document(self, row: JSON) -> JSON:
        shown = {name: value for name, value in row.items() if name != "made_at"}
        is_ready = row["status"] == "started" and time.time() - row["made_at"] >= self.document_ready_after_s
        return shown | ({"status": "ready"} if is_ready else {})

    def _refused_persona(self, body: JSON) -> Answer | None:
        if body.get("pipeline_mode", "full") == "full" and not body.get("system_prompt"):
            return Answer(400, {"error": "Invalid request: system_prompt is required when pipeline_mode is full"})
        layers = body.get("layers") or {}
        if set(layers) - _LAYERS or not all(isinstance(layer, dict) for layer in layers.values()):
            return Answer(400, {"error": "Invalid request: layers"})
        replica = body.get("default_replica_id")
        if replica is not None and replica not in {row["replica_id"] for row in self.replicas}:
            return Answer(400, {"error": "Invalid replica_uuid"})
        return None

    def _page(self, rows: list[JSON], query: dict[str, str], more: JSON | None = None) -> Answer:
        limit, page = int(query.get("limit", "10")), max(1, int(query.get("page", "1")))
        limit = limit if self.page_limit is None else min(limit, self.page_limit)
        shown = rows[(page - 1) * limit : page * limit]
        return Answer(200, {"data": shown, "total_count": len(rows) if self.counts_total else None} | (more or {}))


def _worded(row: JSON, new_names: bool) -> JSON:
    if not new_names:
        return dict(row)
    return {name.replace("persona", "pal").replace("replica", "face"): value for name, value in row.items()}
