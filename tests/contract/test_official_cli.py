"""The official command-line client gets along with the local service, request for request.

It lives in an environment of its own, as it brings forty packages that the app does not want: name it in
`COACH_TAVUS_CLI` (the `tavus` program or the environment's folder) or have it on the path. Checked with 0.11.0.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.practice.client import Api
from tests.practice.conftest import running_service

FACE = "r90bbd427f71"
Run = Callable[..., Any]


def _program() -> str:
    named = os.environ.get("COACH_TAVUS_CLI", "")
    places = [named, str(Path(named) / "bin" / "tavus"), str(Path(named) / "Scripts" / "tavus.exe")] if named else []
    found = next((place for place in places if Path(place).is_file()), None) or shutil.which("tavus")
    if found is None:
        pytest.skip(
            "the official client is not here: pip install tavus-cli==0.11.0 elsewhere, name it in COACH_TAVUS_CLI"
        )
    return found


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    with running_service(tmp_path / "models") as client:
        yield client


@pytest.fixture
def tavus(api: Api, tmp_path: Path) -> Run:
    program = _program()
    folder = tmp_path / "empty"
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAVUS_")}

    def run(*arguments: str, key: str | None = None, fails: bool = False) -> Any:
        own = {"TAVUS_PUBLIC_API_BASE_URL": api.base_url, "TAVUS_API_KEY": key or api.api_key}
        quiet = {"NO_COLOR": "1", "COLUMNS": "200", "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            env=kept | own | quiet,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    return run


def test_doctor(tavus: Run) -> None:
    assert "Network check passed." in tavus("doctor")
    tavus("doctor", key="wrong", fails=True)


def test_a_pal_from_start_to_end(tavus: Run, api: Api) -> None:
    faces = tavus("face", "list", "--stock", "--json")
    assert FACE in json.dumps(faces)
    pal = tavus("pal", "create", "--system-prompt", "You are a coach.", "--name", "Coach", "--face-id", FACE)["pal_id"]
    assert tavus("pal", "get", pal)["default_face_id"] == FACE
    tavus("pal", "patch", pal, "--path", "/pal_name", "--value", "Coach2")
    assert tavus("pal", "get", pal)["pal_name"] == "Coach2"
    assert "Coach2" in json.dumps(tavus("pal", "list", "--json"))
    tavus("pal", "knowledge", "add", pal, "--document-id", "d0-123456789abc", "--document-tag", "a")
    assert api.get(f"/personas/{pal}").json()["document_tags"] == ["a"]
    tavus("pal", "knowledge", "list", pal)
    tavus("pal", "options", pal)
    assert tavus("pal", "delete", pal) is None
    tavus("pal", "get", pal, fails=True)


def test_a_patch_file(tavus: Run, tmp_path: Path) -> None:
    pal = tavus("pal", "create", "--pipeline-mode", "echo", "--name", "Echo")["pal_id"]
    patch = tmp_path / "patch.json"
    patch.write_text(
        json.dumps(
            [
                {"op": "add", "path": "/layers/perception", "value": {}},
                {"op": "add", "path": "/layers/perception/visual_awareness_queries", "value": ["Away?"]},
            ]
        )
    )
    tavus("pal", "patch", pal, "--patch-file", str(patch), "--path", "/x")
    assert tavus("pal", "get", pal)["layers"]["perception"]["visual_awareness_queries"] == ["Away?"]


def test_a_conversation_from_start_to_end(tavus: Run, api: Api) -> None:
    created = tavus("conversation", "create", "--pal-id", "pchuck0local", "--face-id", FACE, "--name", "smoke")
    assert (created["conversation_name"], created["replica_id"]) == ("smoke", FACE)
    for _ in range(2):
        assert tavus("conversation", "end", created["conversation_id"]) is None
    assert api.get(f"/conversations/{created['conversation_id']}").json()["status"] == "ended"
    tavus("conversation", "end", "c0", fails=True)
    tavus("conversation", "create", "--pal-id", "nobody", fails=True)


def test_a_chat_and_a_quick_start(tavus: Run) -> None:
    chat = tavus("chat", "start", "--pal-id", "pchuck0local", "--greeting", "Hi", "--name", "Chat")
    tavus("chat", "end", chat["conversation_id"])
    tavus("quickstart", "--system-prompt", "You are a coach.", "--name", "QS")


@pytest.mark.parametrize("kind", ["guardrail", "objective", "tool", "deployment", "document"])
def test_what_is_not_here_is_an_empty_list(tavus: Run, kind: str) -> None:
    tavus(kind, "list")
