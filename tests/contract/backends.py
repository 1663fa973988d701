"""What answers the contract's cases: recorded bodies, the stand-in, and the local service, each behind a real port."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coach_desktop.sessions.service_process import ServiceProcess
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.models import ConversationProperties, CreateConversation
from tests.standin import Answer, StandIn
from tests.standin import Recorded as Request

RECORDED, STAND_IN, LOCAL = "recorded bodies", "stand-in", "local service"
BACKENDS = (RECORDED, STAND_IN, LOCAL)
TOKEN = "contract-4f2a"  # noqa: S105 - the mark in a name, no secret
GONE = "c0000000000000000"
# The longest case has three running.
AT_ONCE = 3


@dataclass(frozen=True)
class Backend:
    """One back end: where it is, whom it casts, and how its account gets into a state that refuses a create."""

    name: str
    base_url: str
    key: str
    persona_id: str
    replica_id: str
    fill: Callable[[], None]
    spend: Callable[[], None]
    clear: Callable[[], None]

    def client(self, key: str | None = None) -> TavusClient:
        """Return a client with the right key, or with `key`."""
        return TavusClient(self.base_url, self.key if key is None else key, read_timeout_s=20)

    def wish(self, **fields: Any) -> CreateConversation:
        """Return a request that the back end can grant."""
        properties = ConversationProperties(max_call_duration=60, participant_absent_timeout=60)
        cast = {"persona_id": self.persona_id, "replica_id": self.replica_id, "properties": properties}
        return CreateConversation.model_validate(cast | {"conversation_name": f"A talk [{TOKEN}]"} | fields)


class Replay(StandIn):
    """Answers with the collected bodies, word for word. Remembers only what was ended and deleted."""

    def __init__(self, folder: Path) -> None:
        """Read bodies from `folder` when they are asked for."""
        super().__init__()
        self._folder = folder
        self.next_create: tuple[int, str] | None = None
        self.over: set[str] = set()
        self.gone: set[str] = {GONE}

    def body(self, name: str) -> Any:
        """Return the content of one file."""
        return json.loads((self._folder / f"{name}.json").read_text("utf-8"))

    def proper(self, request: Request) -> Answer:
        """Answer with a file."""
        if request.headers.get("x-api-key") != self.key:
            return Answer(401, self.body(f"D_{'POST' if request.method == 'POST' else 'GET'}_conversations_401"))
        match request.operation:
            case "create":
                return self._create(request.json())
            case "list" | "personas" | "replicas" | "documents":
                what = "conversations" if request.operation == "list" else request.operation
                return Answer(200, self.body(f"D_GET_{what}_200"))
            case "get" | "verbose" | "end" | "delete":
                return self._about_one(request, request.path.split("/")[3])
            case "create_document" if not request.json().get("document_url"):
                return Answer(400, self.body("D_POST_documents_400"))
            case "create_persona" | "create_document":
                return Answer(200, self.body(f"D_POST_{request.operation.removeprefix('create_')}s_200"))
            case _:
                return self._about_kept(request, *request.path.split("/")[2:4])

    def _about_kept(self, request: Request, resource: str, its_id: str) -> Answer:
        name = f"{resource}.{resource.removesuffix('s')}_id"
        unknown = 404 if resource == "documents" else 400
        if its_id in self.gone or its_id == GONE:
            # What deleting or changing one that is gone says is documented for personas alone: as asking for it does.
            return Answer(unknown, self.body(f"D_GET_{name}_{unknown}"))
        if request.method == "DELETE":
            self.gone.add(its_id)
            return Answer(204)
        if request.operation == "patch_persona" and not request.json():
            return Answer(304)
        return Answer(200, {} if request.method == "PATCH" else self.body(f"D_GET_{name}_200"))

    def _create(self, asked: Any) -> Answer:
        if self.next_create is not None:
            (status, name), self.next_create = self.next_create, None
            return Answer(status, self.body(name))
        if not asked.get("persona_id") and not asked.get("replica_id", "p").startswith("r"):
            return Answer(400, self.body("P03_error_400_invalid_replica_uuid"))
        return Answer(200, self.body("D_POST_conversations_200"))

    def _about_one(self, request: Request, conversation_id: str) -> Answer:
        if conversation_id in self.gone:
            method = {"end": "POST", "delete": "DELETE"}.get(request.operation, "GET")
            end = ".end" if request.operation == "end" else ""
            return Answer(400, self.body(f"D_{method}_conversations.conversation_id{end}_400"))
        bodies = self.body("D_GET_conversations.conversation_id_200")
        is_over = conversation_id in self.over
        if request.operation == "delete":
            self.gone.add(conversation_id)
            return Answer(204)
        if request.operation == "end":
            self.over.add(conversation_id)
            # A second end is documented nowhere; a refusal is the worse of the two answers that it may have.
            return Answer(400, self.body("P02_error_400_invalid_conversation_id")) if is_over else Answer(200)
        # Each body was recorded of a conversation of its own.
        return Answer(200, bodies["verbose" if is_over else "default"] | {"conversation_id": conversation_id})


@contextmanager
def recorded(folder: Path) -> Iterator[Backend]:
    """Give the collected bodies as a back end."""
    with Replay(folder) as replay:

        def next_create(status: int, name: str) -> Callable[[], None]:
            def set_it() -> None:
                replay.next_create = (status, name)

            return set_it

        def clear() -> None:
            replay.next_create, replay.over, replay.gone = None, set(), {GONE}

        yield Backend(
            RECORDED,
            replay.base_url,
            replay.key,
            "pcb7a34da5fe",
            "r90bbd427f71",
            fill=next_create(400, "O05_error_400_max_concurrent"),
            spend=next_create(402, "P01_error_402_out_of_credits"),
            clear=clear,
        )


@contextmanager
def stand_in() -> Iterator[Backend]:
    """Give the stand-in as a back end."""
    with StandIn() as tavus:

        def clear() -> None:
            with tavus.lock:
                tavus.held.clear()
            tavus.credits, tavus.max_concurrent = True, None
            tavus.known_personas, tavus.known_replicas = {"pcb7a34da5fe"}, {"r90bbd427f71"}

        yield Backend(
            STAND_IN,
            tavus.base_url,
            tavus.key,
            "pcb7a34da5fe",
            "r90bbd427f71",
            fill=lambda: setattr(tavus, "max_concurrent", 0),
            spend=lambda: setattr(tavus, "credits", False),
            clear=clear,
        )


@contextmanager
def local_service(data_root: Path) -> Iterator[Backend]:
    """Give the local service as a back end, in a process of its own, where only so many conversations run at once."""
    options = ["--until-stdin-closes", "--data-dir", str(data_root), "--max-concurrent", str(AT_ONCE)]
    child = subprocess.Popen(
        [sys.executable, "-m", "coach_desktop", "practice-service", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
    )
    process = ServiceProcess(child)
    try:
        ready = process.wait_until_ready(threading.Event())

        def fill() -> None:
            with TavusClient(ready.base_url, ready.api_key) as client:
                for _ in range(AT_ONCE):
                    client.create_conversation(CreateConversation(persona_id="pchuck0local"))

        def clear() -> None:
            with TavusClient(ready.base_url, ready.api_key) as client:
                for row in client.list_conversations().data:
                    client.delete_conversation(row.conversation_id)

        yield Backend(
            LOCAL,
            ready.base_url,
            ready.api_key,
            "pchuck0local",
            "rchuck0local",
            fill=fill,
            spend=lambda: None,
            clear=clear,
        )
    finally:
        process.stop()
