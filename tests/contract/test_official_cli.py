"""The official command-line client gets along with the local service: a smoke test, and all that needs no Daily.

It lives in an environment of its own, which the set-up of the tests makes from requirements/tavus-cli.txt.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import setup_env
from tests.practice.client import Api
from tests.practice.conftest import running_service

FACE = "r90bbd427f71"
PROMPT = ("--system-prompt", "You are a coach.")
PDF = "https://example.com/a.pdf"
CHUCK = "pchuck0local"

Run = Callable[..., Any]


def client_python() -> Path:
    python = setup_env.venv_python(setup_env.CLIENT_VENV)
    if not (setup_env.CLIENT_VENV / ".installed").is_file():
        pytest.skip(f"the official client is not installed in {setup_env.CLIENT_VENV.name}: `make setup-dev` does it")
    return python


def client_environment(base_url: str, key: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAVUS_")}
    quiet = {"NO_COLOR": "1", "COLUMNS": "200", "NO_PROXY": "127.0.0.1", "PYTHONIOENCODING": "utf-8"}
    return kept | quiet | {"TAVUS_PUBLIC_API_BASE_URL": base_url, "TAVUS_API_KEY": key}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with running_service(tmp_path / "models", documents_ready_after_s=0.0) as client:
        yield client


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder without a `.env`, which the client would read."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.fixture
def tavus(api: Api, empty: Path) -> Run:
    """Runs the real program, as a shell does."""
    python = client_python()
    program = python.with_name("tavus.exe" if os.name == "nt" else "tavus")

    def run(*arguments: str, key: str | None = None, code: int = 0) -> Any:
        environment = client_environment(api.base_url, key or api.api_key)
        done = subprocess.run(
            [program, *arguments], cwd=empty, env=environment, capture_output=True, encoding="utf-8", check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return read(done.stdout)

    return run


def read(output: str) -> Any:
    try:
        return json.loads(output)
    except ValueError:
        return output


def test_the_smoke_test(tavus: Run) -> None:
    assert "Network check passed." in tavus("doctor")
    assert FACE in json.dumps(tavus("face", "list", "--stock", "--json"))
    pal = tavus("pal", "create", *PROMPT, "--name", "Coach", "--face-id", FACE)["pal_id"]
    assert tavus("pal", "get", pal)["default_face_id"] == FACE
    assert tavus("pal", "patch", pal, "--path", "/pal_name", "--value", "Coach2")["pal_name"] == "Coach2"
    document = tavus("document", "create", "--url", PDF, "--tag", "a")["document_id"]
    assert tavus("document", "get", document)["status"] == "ready"
    tavus("pal", "knowledge", "add", pal, "--document-id", document)
    known = tavus("pal", "knowledge", "list", pal)
    assert ([one["document_id"] for one in known["documents"]], known["missing_document_ids"]) == ([document], [])
    conversation = tavus("conversation", "create", "--pal-id", pal, "--name", "smoke")
    assert (conversation["status"], conversation["conversation_name"]) == ("active", "smoke")
    for _ in range(2):
        assert tavus("conversation", "end", conversation["conversation_id"]) is None
    tavus("doctor", key="wrong", code=1)
    assert tavus("pal", "delete", pal) is None


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[dict[str, Any]], dict[str, Any]]]:
    """One process of the client for all tests; gives what asks it."""
    with subprocess.Popen(
        [client_python(), Path(__file__).with_name("cli_driver.py")],
        cwd=tmp_path_factory.mktemp("empty"),
        env=client_environment("", ""),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        commands, answers = process.stdin, process.stdout

        def ask(command: dict[str, Any]) -> dict[str, Any]:
            commands.write(json.dumps(command) + "\n")
            commands.flush()
            answer: dict[str, Any] = json.loads(answers.readline())
            return answer

        yield ask
        commands.close()


@pytest.fixture
def quick(driver: Callable[[dict[str, Any]], dict[str, Any]], api: Api) -> Run:
    """Runs commands without the second that each would take to start."""

    def run(*arguments: str, code: int = 0) -> Any:
        environment = client_environment(api.base_url, api.api_key)
        answer = driver({"arguments": arguments, "environment": environment})
        assert answer["code"] == code, f"{arguments}: {answer['output']}"
        return read(answer["output"])

    return run


def test_what_needs_no_network(quick: Run, tmp_path: Path) -> None:
    assert "Commands" in quick("--help")
    quick("doctor", "--skip-network")
    quick("auth", "status")
    assert "/pal_name" in json.dumps(quick("pal", "paths"))
    page = quick("embed", "--conversation-url", "https://tavus.daily.co/c1")
    assert "camera; microphone; fullscreen; display-capture; autoplay" in json.dumps(page)
    note = tmp_path / "note.txt"
    note.write_text("A note.")
    quick("document", "upload", str(note), code=1)
    quick("pal", "patch", CHUCK, "--path", "/nope", "--value", "1", code=1)


def test_faces(quick: Run) -> None:
    rows = quick("face", "list", "--json")["data"]
    assert FACE in {row["face_id"] for row in rows}
    assert all(row["face_name"] and row["status"] == "completed" and row["model_name"] for row in rows)
    assert "completed" in quick("face", "list", "--stock", "--limit", "3")


def test_pals(quick: Run, tmp_path: Path) -> None:
    pal = quick("pal", "create", *PROMPT, "--name", "Coach", "--face-id", FACE)["pal_id"]
    assert quick("pal", "create", "--pipeline-mode", "echo", "--name", "Echo")["pal_id"]
    assert {"Coach", "Echo"} <= {row["pal_name"] for row in quick("pal", "list", "--json")["data"]}
    assert pal in quick("pal", "list", "--limit", "5", "--page", "1", "--pal-type", "user")
    assert pal in str(quick("pal", "preview", pal))
    assert quick("pal", "patch", pal, "--path", "/pal_name", "--value", "Coach2")["pal_name"] == "Coach2"
    assert quick("pal", "patch", pal, "--path", "/pal_name", "--value", "Coach2") is None
    voiced = quick("pal", "patch", pal, "--path", "/layers/tts/tts_engine", "--value", "cartesia")
    assert voiced["layers"]["tts"] == {"tts_engine": "cartesia"}
    patch = [
        {"op": "replace", "path": "/system_prompt", "value": "New"},
        {"op": "add", "path": "/layers/perception/visual_awareness_queries", "value": ["Is the user looking away?"]},
    ]
    patch_file = tmp_path / "patch.json"
    patch_file.write_text(json.dumps(patch))
    quick("pal", "patch", pal, "--patch-file", str(patch_file), "--path", "/x")
    quick("pal", "patch", pal, "--path", "/pal_name", "--value", "Unsent", "--dry-run")
    changed = quick("pal", "get", pal)
    assert (changed["pal_name"], changed["system_prompt"]) == ("Coach2", "New")
    assert changed["layers"]["perception"]["visual_awareness_queries"] == ["Is the user looking away?"]
    quick("pal", "options", pal)
    assert quick("pal", "delete", pal) is None
    quick("pal", "get", pal, code=1)


def test_knowledge_of_a_pal(quick: Run) -> None:
    pal = quick("quickstart", *PROMPT, "--name", "QS")
    [pal_id] = {row["pal_id"] for row in quick("pal", "list", "--pal-type", "user", "--json")["data"]}
    assert pal_id in json.dumps(pal)
    document = quick("document", "create", "--url", PDF)["document_id"]
    missing = "d0-123456789abc"
    quick("pal", "knowledge", "add", pal_id, "--document-id", document, "--document-tag", "a")
    quick("pal", "knowledge", "add", pal_id, "--document-id", missing)
    known = quick("pal", "knowledge", "list", pal_id)
    assert (known["document_ids"], known["document_tags"]) == ([document, missing], ["a"])
    assert known["missing_document_ids"] == [missing]


def test_conversations(quick: Run, api: Api) -> None:
    named = quick("conversation", "create", "--pal-id", CHUCK, "--face-id", FACE, "--name", "Session")
    assert (named["conversation_name"], named["replica_id"]) == ("Session", FACE)
    plain = quick("conversation", "create", "--pal-id", CHUCK)["conversation_id"]
    chat = quick("chat", "start", "--pal-id", CHUCK, "--greeting", "Hi", "--name", "Chat")["conversation_id"]
    assert api.get("/conversations", params={"status": "active"}).json()["total_count"] == 3
    for conversation_id in (named["conversation_id"], plain):
        assert quick("conversation", "end", conversation_id) is None
    assert quick("chat", "end", chat) is None
    assert api.get("/conversations", params={"status": "active"}).json()["total_count"] == 0
    quick("conversation", "end", "c0", code=1)
    quick("conversation", "create", "--pal-id", "nobody", code=1)


def test_documents(quick: Run) -> None:
    first = quick("document", "create", "--url", PDF)["document_id"]
    crawl = ("--name", "n", "--tag", "a", "--crawl-depth", "1", "--crawl-max-pages", "2")
    second = quick("document", "create", "--url", "https://example.com/", *crawl)
    assert (second["document_name"], second["tags"]) == ("n", ["a"])
    assert second["crawl_config"] == {"depth": 1, "max_pages": 2}
    ids = [second["document_id"], first]
    assert [row["document_id"] for row in quick("document", "list", "--json")["data"]] == ids
    filters = ("--status", "ready", "--tag", "a", "--tag", "b", "--name-or-uuid", "n", "--compact")
    quick("document", "list", "--page", "1", "--limit", "5", *filters)
    assert [row["document_id"] for row in quick("resource", "list", "documents")["data"]] == ids
    for command in (("document", "get"), ("resource", "get", "documents")):
        assert quick(*command, first)["status"] == "ready"
    assert quick("document", "tags")["tags"] == ["a"]
    assert quick("document", "chunks", first)["data"] == []
    assert quick("document", "recrawl", second["document_id"], "--crawl-depth", "1")["crawl_config"] == {"depth": 1}
    quick("document", "recrawl", first, code=1)


def test_what_is_not_here_is_an_empty_list(quick: Run) -> None:
    for kind in ("guardrail", "objective", "tool", "deployment"):
        quick(kind, "list")
    assert quick("resource", "list", "voices")["data"] == []
