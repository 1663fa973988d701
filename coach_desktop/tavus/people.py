"""Calls about personas (PALs) and replicas (faces), under their older names, which every era of the API takes."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence

from coach_desktop.tavus import errors
from coach_desktop.tavus.caller import Caller
from coach_desktop.tavus.errors import Asked
from coach_desktop.tavus.models import CreatePersona, PatchStep, Persona, PersonaList, Replica, ReplicaList
from coach_desktop.tavus.wire_log import loggable

log = logging.getLogger(__name__)


class PersonaCalls(Caller):
    """The part of the client that knows personas."""

    def create_persona(self, request: CreatePersona) -> Persona:
        """Create a persona and return what is told of it: its id, and little else. Sent once, and not idempotent.

        After `UnknownOutcomeError` and `ServerFaultError` it may exist: look for its name, never just call again.
        """
        log.info("create persona: %s", loggable(request.model_dump(mode="json", exclude_none=True)))
        return self._parsed(Persona, self._call(Asked.ADD, "POST", "/personas", body=request.body()), Asked.ADD)

    def get_persona(self, persona_id: str) -> Persona:
        """Return one persona as it is. Raises `UnknownIdError` for one that is gone."""
        persona = self._parsed(Persona, self._call(Asked.READ, "GET", self._one("personas", persona_id)))
        if persona.persona_id != persona_id:
            # A patch worked out from another one's texts would spoil ours.
            raise errors.unreadable(Asked.READ, "the answer tells of another persona")
        return persona

    def list_personas(self, *, kind: str | None = None, page: int = 1, limit: int = 100) -> PersonaList:
        """Return one page (from 1) of the personas; `kind` is `user` for one's own and `system` for stock ones."""
        return self._listed(PersonaList, "/personas", page, limit, persona_type=kind)

    def patch_persona(self, persona_id: str, steps: Sequence[PatchStep]) -> bool:
        """Change a persona by a JSON Patch. Returns False where the service says that this changed nothing.

        All steps are made, or none. Raises `UnknownIdError` for a persona that is gone or not one's own, and
        `BadRequestError` for a patch that does not fit the persona as it is now.
        """
        patch = [step.shown() for step in steps]
        log.info("change persona: %s", loggable({"steps": patch}))
        body = json.dumps(patch, indent=2, ensure_ascii=False).encode()
        try:
            self._done(Asked.CHANGE, "PATCH", self._one("personas", persona_id), body=body)
        except errors.NotModifiedError:
            return False
        return True


class ReplicaCalls(Caller):
    """The part of the client that knows replicas."""

    def get_replica(self, replica_id: str) -> Replica:
        """Return one replica. Raises `UnknownIdError` for one that is gone."""
        path = self._one("replicas", replica_id)
        replica = self._parsed(Replica, self._call(Asked.READ, "GET", path, params={"verbose": "true"}))
        if replica.replica_id != replica_id:
            raise errors.unreadable(Asked.READ, "the answer tells of another replica")
        return replica

    def list_replicas(
        self, *, kind: str | None = None, page: int = 1, limit: int = 100, verbose: bool = False
    ) -> ReplicaList:
        """Return one page (from 1) of the replicas; `kind` as for personas, their kind told where `verbose`."""
        told = "true" if verbose else None
        return self._listed(ReplicaList, "/replicas", page, limit, replica_type=kind, verbose=told)
