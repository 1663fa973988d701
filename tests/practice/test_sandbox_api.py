"""docs/sandbox.md tells the truth: its options, its answers word for word, and its examples, run as they stand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import setup_env
from coach_desktop import cli
from coach_desktop.practice.documents import READY_AFTER_S
from coach_desktop.practice.plays import Play, Plays, parsed
from tests.practice.client import LOCAL, Api
from tests.practice.conftest import running_service

SITE = {"document_url": "https://example.com/", "crawl": {}}


def words(root: Path) -> str:
    return (root / "docs" / "sandbox.md").read_text("utf-8")


def rows(text: str, first: str) -> list[list[str]]:
    """Return the cells of the table whose first column is headed `first`."""
    lines = text[text.index(f"| {first} |") :].split("\n\n", maxsplit=1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def scripts(root: Path) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", words(root), re.DOTALL)


def help_text(capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        cli.main(["practice-service", "--help"])
    return capsys.readouterr().out


def test_the_options_are_those_of_the_program(project_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {re.findall(r"--[a-z-]+", row[0])[0] for row in rows(words(project_root), "Option")}
    said = help_text(capsys)
    assert told == set(re.findall(r"--[a-z-]+", said)) - {"--help"}
    listed = re.findall(r"so often:(.*?)--documents", said, re.DOTALL)[0]
    assert {name.strip() for name in listed.split(",")} == set(Play)
    assert f"({READY_AFTER_S:g} when not given" in words(project_root)
    assert f"(default: {READY_AFTER_S:g})" in said


def test_wrong_options_are_refused_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    for option, value in (("--max-concurrent", "-1"), ("--documents-ready-after", "soon"), ("--play", "odd")):
        with pytest.raises(SystemExit) as ended:
            cli.main(["practice-service", option, value])
        assert ended.value.code == 2
        assert f"{option}: must be" in capsys.readouterr().err


def test_every_play_is_told(project_root: Path) -> None:
    assert [row[0].strip("`") for row in rows(words(project_root), "WHAT")] == list(Play)


# One of them never answers: `test_plays_api.py` waits for nothing there.
@pytest.mark.parametrize("play", [play for play in Play if play is not Play.SILENCE])
def test_a_play_answers_as_told(project_root: Path, tmp_path: Path, play: Play) -> None:
    _, where, status, body = next(row for row in rows(words(project_root), "WHAT") if row[0] == f"`{play}`")
    plays = Plays(dict([parsed(f"{play}:1")]))
    with running_service(tmp_path / "models", plays=plays, documents_ready_after_s=0.0) as api:
        asked: dict[str, tuple[str, Any]] = {
            "every request": ("/conversations", LOCAL),
            "a conversation is created": ("/conversations", LOCAL),
            "a document with `crawl` is created": ("/documents", SITE),
            "a document is created": ("/documents", SITE),
        }
        path, sent = asked[where]
        answer = api.post(path, json=sent)
        assert answer.status_code == int(status)
        if body.startswith("`{"):
            assert answer.json() == json.loads(body.strip("`"))
        elif play is Play.DOCUMENT:
            seen = api.get(f"/documents/{answer.json()['document_id']}").json()
            assert f"ends in `{seen['status']}` with `{seen['error_message']}`" in body
        else:
            assert answer.headers["content-type"].startswith("text/html")
        running = api.get("/conversations").json()["total_count"]
        assert running == (1 if play is Play.LOST else 0)
        assert api.post(path, json=sent).status_code == 200, "so often, and then no more"


@pytest.mark.expects_warnings("another origin")
def test_a_stranger_of_another_origin_cannot_change_anything(api: Api) -> None:
    conversation_id = api.create()["conversation_id"]
    pal_id = api.post("/pals", json={"system_prompt": "x"}).json()["pal_id"]
    calls = [
        ("POST", "/conversations"),
        ("POST", f"/conversations/{conversation_id}/end"),
        ("DELETE", f"/conversations/{conversation_id}"),
        ("PATCH", f"/pals/{pal_id}"),
        ("DELETE", f"/pals/{pal_id}"),
        ("POST", "/documents"),
    ]
    for origin in ("https://stranger.example", "null", "http://127.0.0.1:1"):
        for method, path in calls:
            answer = api.call(method, path, json=LOCAL, headers={"Origin": origin})
            assert answer.status_code == 403, (method, path)
            assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert api.get(f"/conversations/{conversation_id}").json()["status"] == "active"
    assert api.get("/documents").json()["total_count"] == 0


def run_as_told(project_root: Path, folder: Path, script: str) -> str:
    """Run `script` between the start and the stop that the page tells, with our own program by its name."""
    start, *_, stop = scripts(project_root)
    programs = folder / "programs"
    programs.mkdir()
    program = programs / "coach-desktop"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m coach_desktop "$@" --data-dir "{folder}/data"\n')
    program.chmod(0o755)
    client = setup_env.venv_python(setup_env.CLIENT_VENV).parent
    own = {
        "PATH": os.pathsep.join([str(programs), str(client), os.environ["PATH"]]),
        "PYTHONPATH": str(project_root),
        "NO_PROXY": "127.0.0.1",
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAVUS_")}
    done = subprocess.run(
        ["bash", "-e", "-c", f"{start}\n{script}\n{stop}\nwait\n"],
        cwd=folder,
        env=kept | own,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (folder / "ready.json").exists()
    return done.stdout


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="bash or curl is not installed")
def test_the_example_with_curl(project_root: Path, tmp_path: Path) -> None:
    said = run_as_told(project_root, tmp_path, next(block for block in scripts(project_root) if "curl" in block))
    assert '"conversation_name":"Try"' in said
    assert '"total_count":1' in said
    assert '"status":"started"' in said


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_the_example_with_the_official_client(project_root: Path, tmp_path: Path) -> None:
    if not (setup_env.CLIENT_VENV / ".installed").is_file():
        pytest.skip(f"the official client is not installed in {setup_env.CLIENT_VENV.name}: `make setup-dev` does it")
    said = run_as_told(project_root, tmp_path, next(block for block in scripts(project_root) if "tavus " in block))
    assert "Network check passed." in said
    assert '"conversation_name": "Try"' in said
