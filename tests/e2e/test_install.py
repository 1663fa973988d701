"""`pip install .` gives a command that works outside the checkout, with its resources inside."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Path:
    """Install the project into a folder of its own. Offline: the build back end is in the lock file."""
    folder = tmp_path_factory.mktemp("installed")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"),
            *("--disable-pip-version-check", "--target", str(folder), str(project_root)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def environment(installed: Path) -> dict[str, str]:
    return dict(os.environ) | {"PYTHONPATH": str(installed)}


def test_the_command_runs_from_elsewhere(installed: Path, tmp_path: Path) -> None:
    command = installed / "bin" / "coach-desktop"
    done = subprocess.run(
        [sys.executable, str(command), "report", "--data-dir", str(tmp_path / "data")],
        cwd=tmp_path,
        env=environment(installed),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no report yet" in done.stderr


def test_the_installed_service_finds_its_resources_and_serves_a_room(installed: Path, tmp_path: Path) -> None:
    service = subprocess.Popen(
        [
            *(sys.executable, "-m", "coach_desktop", "practice-service", "--until-stdin-closes"),
            *("--data-dir", str(tmp_path / "data")),
        ],
        cwd=tmp_path,
        env=environment(installed),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert service.stdin
    assert service.stdout
    try:
        ready = json.loads(service.stdout.readline())
        headers = {"x-api-key": ready["api_key"]}
        made = requests.post(
            f"{ready['base_url']}/conversations",
            json={"persona_id": "pchuck0local"},
            headers=headers,
            timeout=10,
        )
        assert made.status_code == 200, made.text
        room = requests.get(made.json()["conversation_url"], timeout=10)
        assert room.status_code == 200
        assert "<!doctype html>" in room.text.lower()
    finally:
        service.stdin.close()
        assert service.wait(timeout=120) == 0
        service.stdout.close()
