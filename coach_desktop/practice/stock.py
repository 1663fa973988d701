"""What is there from the start: our own Chuck with what he rests on, and the stock ids that public samples use.

The stock ids let a sample written for the real API run here unchanged. They carry names only: whatever id a
conversation asks for, the local coach is the one who comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LOCAL_PERSONA = "pchuck0local"
LOCAL_REPLICA = "rchuck0local"
LOCAL_DOCUMENT = "dchuck0keys"

DEFAULT_GREETING = "Hi, I am Chuck. Look at me, take a breath, and begin whenever you are ready."

_CHUCK_PROMPT = (
    "You are Chuck, a public speaking coach. You watch and listen while the user practises a talk. You speak seldom "
    "and briefly, describe what was seen and heard, never guess at feelings, and end with one strength and one action."
)


@dataclass(frozen=True)
class StockPersona:
    """A persona that nobody can change: who it is, the replica it comes with, and how its words are made."""

    persona_id: str
    name: str
    replica_id: str
    pipeline_mode: Literal["full", "echo"] = "full"
    system_prompt: str | None = None
    greeting: str | None = None
    transport: str | None = None
    document_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class StockReplica:
    """A replica that nobody can change."""

    replica_id: str
    name: str
    model_name: str


@dataclass(frozen=True)
class StockDocument:
    """A document that comes with the house, and was never at any address. Nobody can change it."""

    document_id: str
    name: str
    tags: tuple[str, ...]


DOCUMENTS = (StockDocument(LOCAL_DOCUMENT, "Keys to Public Speaking", ("public-speaking",)),)

PERSONAS = (
    StockPersona(
        LOCAL_PERSONA,
        "Chuck",
        LOCAL_REPLICA,
        system_prompt=_CHUCK_PROMPT,
        greeting=DEFAULT_GREETING,
        document_ids=(LOCAL_DOCUMENT,),
    ),
    StockPersona("pcb7a34da5fe", "Sales Development Rep", "r90bbd427f71"),
    StockPersona("p1af207b8189", "Sales Coach", "r4f5b5ef55c8"),
    StockPersona("paaee96e4f87", "Customer Support", "r5dc7c7d0bcb"),
    StockPersona("pdac61133ac5", "Interviewer", "r90bbd427f71"),
    StockPersona("pb87e71797da", "LiveKit default", "r4067604db72", "echo", transport="livekit"),
    StockPersona("pdced222244b", "Sales Coach (2025)", "rfe12d8b9597"),
    StockPersona("p48fdf065d6b", "Demo persona", "r90bbd427f71"),
    StockPersona("p9a95912", "Demo persona (2024)", "r783537ef5"),
    StockPersona("p5317866", "Life Coach", "r90bbd427f71"),
    StockPersona("pipecat-stream", "Pipecat stream", "r90bbd427f71", "echo"),
    StockPersona("pipecat0", "Pipecat", "r90bbd427f71", "echo"),
    # From here on: not in Tavus' documentation today, but in samples, templates and code that lean on it.
    StockPersona("p192574ecb04", "LiveKit sample", "rc39f215e8cb", "echo", transport="livekit"),
    StockPersona("p1b06420cfdc", "Sara - Friendly Tutor", "r90bbd427f71"),
    StockPersona("p24293d6", "Celebrity DJ", "re8e740a42"),
    StockPersona("p2fbd605", "Tavus' Personal AI", "rf4703150052"),
    StockPersona("p3bb4745d4f9", "Santa", "raa1d440ec4a"),
    StockPersona("pc55154f229a", "History Teacher", "r90bbd427f71"),
    StockPersona("pd43ffef", "Technical co-pilot", "rfe12d8b9597"),
    StockPersona("pe13ed370726", "AI Interviewer", "r9fa0878977a"),
    StockPersona("pfb078329b77", "Mentor", "r90bbd427f71"),
)

REPLICAS = (
    StockReplica(LOCAL_REPLICA, "Chuck", "drawn"),
    StockReplica("r90bbd427f71", "Anna", "phoenix-4"),
    StockReplica("r5dc7c7d0bcb", "Gloria", "phoenix-4"),
    StockReplica("r874cc5f8a3b", "Lucas", "phoenix-4"),
    StockReplica("rc9cff32ceba", "Anna - Casual", "phoenix-4.5"),
    StockReplica("rb32069a3012", "Luna", "phoenix-4.5"),
    StockReplica("r3f4182ef554", "Lucas - Studio", "phoenix-4.5"),
    StockReplica("rc8992fe8e8e", "Brooke", "phoenix-4.5"),
    StockReplica("rbb3ca3630f7", "Charlie", "phoenix-4.5"),
    StockReplica("rf90eb925bd8", "Ruby - Office", "phoenix-4.5"),
    StockReplica("rcc28da86847", "Ruby - Office", "phoenix-4"),
    StockReplica("r4067604db72", "Lucy - Home", "phoenix-4.5"),
    StockReplica("rf4e9d9790f0", "Anna - Professional", "phoenix-4"),
    StockReplica("r4f5b5ef55c8", "Sales Coach", "phoenix-3"),
    StockReplica("rfe12d8b9597", "Nathan", "phoenix-3"),
    StockReplica("r79e1c033f", "Sample", "phoenix-3"),
    StockReplica("r783537ef5", "Demo", "phoenix-3"),
    # From here on: not in Tavus' documentation today, but in samples, templates and code that lean on it.
    StockReplica("r1af76e94d00", "Rose", "phoenix-3"),
    StockReplica("r291e545fd67", "Gabby - Home", "phoenix-4"),
    StockReplica("r3f427f43c9d", "Gloria - Warm", "phoenix-4"),
    StockReplica("r4317e64d25a", "Gloria", "phoenix-3"),
    StockReplica("r62baeccd777", "Danny", "phoenix-3"),
    StockReplica("r6ae5b6efc9d", "Anna", "phoenix-3"),
    StockReplica("r92debe21318", "James", "phoenix-3"),
    StockReplica("r9fa0878977a", "Olivia - Office", "phoenix-3"),
    StockReplica("raa1d440ec4a", "Santa", "phoenix-3"),
    StockReplica("rb17cf590e15", "Sample of the memories page", "phoenix-3"),
    StockReplica("rc39f215e8cb", "LiveKit sample", "phoenix-4"),
    StockReplica("rca8a38779a8", "Carter", "phoenix-3"),
    StockReplica("rdd4c86e5e1a", "Steve - Professional", "phoenix-4"),
    StockReplica("re8e740a42", "Nathan", "phoenix-3"),
    StockReplica("rf4703150052", "Charlie", "phoenix-3"),
)
