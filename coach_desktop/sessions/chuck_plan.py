"""What Chuck is to be, how that differs from what he is, and the JSON Patch between the two. Nothing here asks anyone.

Only the fields named here are ours: everything else of the persona is the user's, and is never touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from coach_desktop.tavus.models import CreatePersona, PatchStep

if TYPE_CHECKING:
    from coach_desktop.sessions.chuck_texts import ChuckTexts, OurTexts
    from coach_desktop.tavus.models import Persona

_PERCEPTION: Final = "/layers/perception"
_FLOW: Final = "/layers/conversational_flow"

OWNED: Final = {
    "/system_prompt": "Instructions",
    "/default_replica_id": "Face",
    f"{_PERCEPTION}/visual_awareness_queries": "What he watches",
    f"{_PERCEPTION}/audio_awareness_queries": "What he listens for",
    f"{_PERCEPTION}/perception_analysis_queries": "After the talk",
    f"{_PERCEPTION}/perception_model": "Perception model",
    f"{_FLOW}/turn_taking_patience": "Patience with pauses",
    f"{_FLOW}/replica_interruptibility": "How easily he is interrupted",
    "/document_ids": "Documents",
    "/document_tags": "Document tags",
    "/pipeline_mode": "Way of working",
}
"""The fields of a persona that are ours, by JSON Pointer, with their titles."""

# One setting under three names, of three ages of the API: an account answers with one of them.
_OTHER_NAMES: Final = {
    f"{_FLOW}/replica_interruptibility": (f"{_FLOW}/pal_interruptibility", f"{_FLOW}/face_interruptibility"),
}
_DOCUMENTS: Final = {"/document_ids", "/document_tags"}
_ABSENT: Final = object()


@dataclass(frozen=True)
class Change:
    """One field that differs. `now` is None where the account has nothing there; `path` is where it is there."""

    path: str
    title: str
    now: Any
    wanted: Any
    is_there: bool

    def is_theirs(self, sent: Mapping[str, Any]) -> bool:
        """Return whether somebody else changed it: the account has something that was not sent from here."""
        return self.now not in (None, "", [], {}) and sent.get(_own_name(self.path), _ABSENT) != self.now


def wanted_persona(
    ours: OurTexts,
    texts: ChuckTexts,
    replica_id: str,
    *,
    essentials: str = "",
    document_ids: Sequence[str] = (),
    document_tags: Sequence[str] = (),
) -> CreatePersona:
    """Return the persona to be sent. The knowledge goes into the instructions, unless documents are attached."""
    knowledge = ours.with_documents if document_ids or document_tags else essentials
    return CreatePersona(
        persona_name=ours.name,
        system_prompt="\n\n".join(part.strip() for part in (texts.system_prompt, knowledge) if part.strip()),
        default_replica_id=replica_id,
        document_ids=list(document_ids),
        document_tags=list(document_tags),
        layers={
            "perception": {
                "perception_model": "raven-1",
                "visual_awareness_queries": list(texts.visual_awareness_queries),
                "audio_awareness_queries": list(texts.audio_awareness_queries),
                "perception_analysis_queries": list(texts.perception_analysis_queries),
            },
            # A speaker's pauses are no invitation, and a cough does not silence the coach.
            "conversational_flow": {"turn_taking_patience": "high", "replica_interruptibility": "low"},
        },
    )


def sent_fields(wanted: CreatePersona) -> dict[str, Any]:
    """Return the fields that are ours, by JSON Pointer, as they are sent."""
    body = wanted.model_dump(mode="json")
    return {path: _at(body, path) for path in OWNED}


def changes_between(persona: Persona, wanted: CreatePersona, sent: Mapping[str, Any]) -> list[Change]:
    """Return each field of ours in which the persona is not what is wanted, in the order of `OWNED`.

    `sent` is what was sent last. Documents that were attached elsewhere stay, unless some are attached from here.
    """
    body = persona.model_dump(mode="json", include=persona.model_fields_set)
    changes = []
    for path, value in sent_fields(wanted).items():
        names = (path, *_OTHER_NAMES.get(path, ()))
        there = next((name for name in names if _at(body, name) is not _ABSENT), path)
        now = _at(body, there)
        if path in _DOCUMENTS and value == [] and not sent.get(path):
            continue
        # An empty list that was never set is not there in some answers; a persona without a mode is a full one.
        if now is _ABSENT and value in ([], "full"):
            continue
        if now != value:
            is_there = now is not _ABSENT
            changes.append(Change(there, OWNED[path], now if is_there else None, value, is_there))
    return changes


def patch_of(persona: Persona, changes: Sequence[Change]) -> list[PatchStep]:
    """Return the steps of a JSON Patch that makes these changes; parents that are missing are added first."""
    body = persona.model_dump(mode="json", include=persona.model_fields_set)
    steps: list[PatchStep] = []
    made: set[str] = set()
    for change in changes:
        names = change.path.split("/")[1:-1]
        for depth in range(1, len(names) + 1):
            parent = "/" + "/".join(names[:depth])
            if parent not in made and not isinstance(_at(body, parent), dict):
                steps.append(PatchStep(op="add", path=parent, value={}))
                made.add(parent)
        steps.append(PatchStep(op="replace" if change.is_there else "add", path=change.path, value=change.wanted))
    return steps


def _own_name(path: str) -> str:
    return next((ours for ours, others in _OTHER_NAMES.items() if path in others), path)


def _at(body: object, path: str) -> object:
    for name in path.split("/")[1:]:
        if not isinstance(body, dict) or name not in body:
            return _ABSENT
        body = body[name]
    return body
