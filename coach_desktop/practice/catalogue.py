"""Personas and replicas, in memory. A persona is kept as a document under its older names and shown under either."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from coach_desktop.core.clock import iso_utc
from coach_desktop.practice import json_patch, stock
from coach_desktop.practice.reading import Refusal, checked
from coach_desktop.tavus.models import CreatePersona

if TYPE_CHECKING:
    from collections.abc import Iterator

Document = dict[str, Any]

NEW_NAMES = {
    "persona_id": "pal_id",
    "persona_name": "pal_name",
    "persona_type": "pal_type",
    "replica_id": "face_id",
    "replica_name": "face_name",
    "replica_type": "face_type",
    "default_replica_id": "default_face_id",
}
_READ_ONLY = ("persona_id", "persona_type", "created_at", "updated_at")
_OWN_FIELDS = tuple(CreatePersona.model_fields)
# Clients read these as text without asking whether they were ever set.
_TEXTS = ("system_prompt", "context")
# Tavus' own client and its documented example change in these what nobody ever set.
_LAYERS = {
    "llm", "tts", "stt", "sts", "transport", "perception", "conversational_flow", "conferencing", "capabilities",
    "knowledge_base",
}  # fmt: skip
_STOCK_TIME = "2026-01-01T00:00:00.000000Z"


def under_new_names(document: Document) -> Document:
    """Return a copy of a persona or replica in the words PAL and face."""
    return {NEW_NAMES.get(name, name): value for name, value in document.items()}


class Replicas:
    """The stock replicas. None can be made or changed here: there is one drawn coach, under all of these names."""

    def __init__(self) -> None:
        """Know the stock."""
        self._documents = {replica.replica_id: _replica(replica) for replica in stock.REPLICAS}

    def all(self) -> list[Document]:
        """Return all replicas."""
        return list(self._documents.values())

    def get(self, replica_id: str) -> Document:
        """Return one. Raises `Refusal` for an unknown id."""
        if replica_id not in self._documents:
            raise Refusal(400, error="Invalid replica_id")
        return self._documents[replica_id]

    def require(self, replica_id: str) -> None:
        """Raise `Refusal`, as create calls do, where `replica_id` is not a replica's."""
        if replica_id not in self._documents:
            raise Refusal(400, error="Invalid replica_uuid")


class Personas:
    """Stock personas, which stay as they are, and the client's own."""

    def __init__(self, replicas: Replicas) -> None:
        """Know the stock; check default replicas against `replicas`."""
        self._replicas = replicas
        self._documents = {persona.persona_id: _stock_persona(persona) for persona in stock.PERSONAS}

    def all(self) -> list[Document]:
        """Return all personas, the client's newest first, then the stock."""
        own = [document for document in self._documents.values() if document["persona_type"] == "user"]
        return own[::-1] + [document for document in self._documents.values() if document["persona_type"] == "system"]

    def get(self, persona_id: str) -> Document:
        """Return one. Raises `Refusal` for an unknown id."""
        if persona_id not in self._documents:
            raise Refusal(400, error="Invalid persona_id")
        return self._documents[persona_id]

    def create(self, body: object) -> Document:
        """Keep a new persona and return it. Raises `Refusal` where a field is wrong."""
        fields = self._checked(body)
        now = time.time()
        if fields["persona_name"] is None:
            fields["persona_name"] = f"New Persona {int(now * 1000)}"
        persona_id = f"p{secrets.token_hex(6)[:11]}"
        self._documents[persona_id] = _document(persona_id, "user", fields, iso_utc(now))
        return self._documents[persona_id]

    def patch(self, persona_id: str, patch: object, *, new_names: bool) -> Document | None:
        """Apply a JSON Patch, whose paths use the new names or the old ones; return None where nothing changes.

        Raises `Refusal`: 422 for a patch that cannot be applied, 400 for one that would leave a wrong persona.
        """
        before = self._own(persona_id)
        try:
            after = _patched(under_new_names(before) if new_names else before, patch)
        except json_patch.PatchError as error:
            raise Refusal(422, message="Invalid JSON patch format") from error
        fields = self._checked(after)
        for name in _READ_ONLY:
            shown_as = NEW_NAMES.get(name, name) if new_names else name
            if not json_patch.same(after.get(shown_as), before[name]):
                raise Refusal(400, error=f"Invalid request: {shown_as} cannot be changed")
        document = {**before, **fields}
        if json_patch.same(document, before):
            return None
        document["updated_at"] = iso_utc(time.time())
        self._documents[persona_id] = document
        return document

    def delete(self, persona_id: str) -> None:
        """Forget one of the client's own. Raises `Refusal` for any other id."""
        self._own(persona_id)
        del self._documents[persona_id]

    def _own(self, persona_id: str) -> Document:
        document = self.get(persona_id)
        if document["persona_type"] != "user":
            # Stock belongs to everybody: to a client that wants to change it, it is not a persona of theirs.
            raise Refusal(400, error="Invalid persona_id")
        return document

    def _checked(self, body: object) -> Document:
        persona = checked(CreatePersona, body)
        # With LiveKit as its transport a persona only lends its face: the words are made elsewhere.
        is_spoken_for = (persona.layers.get("transport") or {}).get("transport_type") == "livekit"
        if persona.pipeline_mode == "full" and not is_spoken_for and not (persona.system_prompt or "").strip():
            raise Refusal(400, error="Invalid request: system_prompt is required when pipeline_mode is full")
        if persona.default_replica_id is not None:
            self._replicas.require(persona.default_replica_id)
        return _fields(persona)


def _patched(persona: Document, patch: object) -> Any:  # noqa: ANN401 - what a patch makes of a persona
    """Return what `patch` makes of `persona`, also where it only fits one whose layers are all there."""
    try:
        return json_patch.apply(persona, patch)
    except json_patch.PatchError:
        return _closed(json_patch.apply(_opened(persona, patch), patch), persona, patch)


def _layer_paths(patch: object) -> Iterator[list[str]]:
    """Yield where in the layers `patch` changes something: the layer, then the way down in it.

    To remove a whole layer that is not there is left out, and stays the mistake that it is.
    """
    for operation in patch if isinstance(patch, list) else []:
        if isinstance(operation, dict) and operation.get("op") in {"add", "replace", "remove"}:
            root, *path = str(operation.get("path")).split("/")[1:] or [""]
            inside = len(path) > 1 or operation["op"] != "remove"
            if root == "layers" and path and path[0] in _LAYERS and inside:
                yield path


def _opened(persona: Document, patch: object) -> Document:
    """Return `persona` with nulls in its layers where `patch` is about to find something that was never set."""
    layers = dict(persona["layers"])
    for name, *way in _layer_paths(patch):
        if not way:
            layers.setdefault(name, None)
            continue
        layer = dict(layers.get(name) or {})
        unset: Any = None if len(way) == 1 else [] if way[1] == "-" else {}
        layers[name] = {**layer, way[0]: layer.get(way[0], unset)}
    return {**persona, "layers": layers}


def _closed(after: Any, before: Document, patch: object) -> Any:  # noqa: ANN401 - what a patch makes of a persona
    """Return what `patch` has made of an opened persona, without the nulls that it left as they were."""
    layers = after.get("layers") if isinstance(after, dict) else None
    if not isinstance(layers, dict):
        return after
    layers = dict(layers)
    for name, *way in _layer_paths(patch):
        was, layer = before["layers"].get(name), layers.get(name)
        if way and isinstance(layer, dict) and layer.get(way[0]) is None and way[0] not in (was or {}):
            layer = layers[name] = {member: value for member, value in layer.items() if member != way[0]}
        if name in layers and was is None and (layer is None or (way and not layer)):
            layers.pop(name)
            if name in before["layers"]:
                layers[name] = was
    return {**after, "layers": layers}


def _fields(persona: CreatePersona) -> Document:
    # Taken by name, as a dump would also hold whatever unknown fields came along.
    fields = {name: getattr(persona, name) for name in _OWN_FIELDS}
    return fields | {name: fields[name] or "" for name in _TEXTS}


def _document(persona_id: str, kind: str, fields: Document, at: str) -> Document:
    return {"persona_id": persona_id, "persona_type": kind, **fields, "created_at": at, "updated_at": at}


def _stock_persona(persona: stock.StockPersona) -> Document:
    fields = CreatePersona(
        persona_name=persona.name,
        pipeline_mode=persona.pipeline_mode,
        default_replica_id=persona.replica_id,
        system_prompt=persona.system_prompt or _stand_in(persona),
        greeting=persona.greeting,
        document_ids=list(persona.document_ids),
        layers={"transport": {"transport_type": persona.transport}} if persona.transport else {},
    )
    return _document(persona.persona_id, "system", _fields(fields), _STOCK_TIME)


def _stand_in(persona: stock.StockPersona) -> str | None:
    """Return a prompt for a persona of Tavus' own, whose words are not ours to repeat; those that echo have none."""
    if persona.pipeline_mode == "echo":
        return None
    return f"Stand-in for the stock persona {persona.name}: whoever is asked for, the local coach comes."


def _replica(replica: stock.StockReplica) -> Document:
    return {
        "replica_id": replica.replica_id,
        "replica_name": replica.name,
        "replica_type": "system",
        "model_name": replica.model_name,
        "thumbnail_video_url": None,
        "training_progress": "100/100",
        "status": "completed",
        "error_message": None,
        "created_at": _STOCK_TIME,
        "updated_at": _STOCK_TIME,
    }
