"""`diagnose` says what is there and what answers, in a bounded time, without a secret and without the network."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions import diagnosis
from coach_desktop.sessions.diagnosis import diagnose, words
from coach_desktop.store.history import History
from coach_desktop.store.model_files import ALL_MODELS
from coach_desktop.store.secrets import KeyStore
from tests.keyring_daemon import Desktop, bus, no_keyring, ring  # noqa: F401 - fixtures
from tests.standin import Silence, StandIn, Status

KEY = "tvsk_marked-77c0a1d5e2"
ANSWERING = 'print(\'{"qt": "6.0", "chromium": "140", "platform": "none", "cameras": 2, "microphones": 1}\')'


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    return folder


@pytest.fixture
def tavus(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with StandIn(key=KEY) as standin:
        monkeypatch.setenv("TAVUS_PUBLIC_API_BASE_URL", standin.base_url)
        yield standin


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    child(monkeypatch, ANSWERING)


def child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let this program answer in place of the web engine; the real one is asked by a test of the command line."""
    monkeypatch.setattr(diagnosis, "command_of_own", lambda: [sys.executable, "-c", code])


@pytest.mark.usefixtures("no_keyring")
def test_what_is_there_is_said_and_the_network_is_left_alone(data: DataFolder, tavus: StandIn) -> None:
    facts = diagnose(data, network=False)
    assert facts["keyring"]["state"] == "no_keyring"
    assert facts["web_engine"] == {
        "state": "ok",
        "qt": "6.0",
        "chromium": "140",
        "platform": "none",
        "cameras": 2,
        "microphones": 1,
    }
    assert [model["name"] for model in facts["models"] if model["found"]] == [model.name for model in ALL_MODELS]
    assert "chuck-local" in facts["profiles"]["built_in"]
    assert facts["folders"]["data"] == str(data.root)
    assert facts["history"] == {"sessions": 0, "perhaps_still_running": 0, "problem": None}
    assert facts["network"] == {"asked": False}
    assert tavus.requests == []
    assert json.loads(json.dumps(facts)) == facts


@pytest.mark.usefixtures("ring")
def test_with_the_network_the_key_is_tried_and_never_told(data: DataFolder, tavus: StandIn) -> None:
    KeyStore().save(KEY)
    facts = diagnose(data, network=True)
    assert facts["keyring"]["state"] == "found"
    assert (facts["network"]["reachable"], facts["network"]["key_accepted"]) == (True, True)
    assert [request.method for request in tavus.requests] == ["GET"]
    assert tavus.requests[0].headers["x-api-key"] == KEY
    assert KEY not in json.dumps(facts) + words(facts)


@pytest.mark.usefixtures("ring")
def test_a_key_that_is_refused(data: DataFolder, tavus: StandIn) -> None:
    KeyStore().save("tvsk_another-one")
    facts = diagnose(data, network=True)["network"]
    assert (facts["reachable"], facts["key_accepted"]) == (True, False)
    assert "not accepted" in facts["reason"]
    assert tavus.requests


@pytest.mark.usefixtures("no_keyring")
def test_without_a_key_a_refusal_shows_that_the_service_is_there(data: DataFolder, tavus: StandIn) -> None:
    facts = diagnose(data, network=True)["network"]
    assert (facts["reachable"], facts["key_accepted"], facts["reason"]) == (True, None, "There is no key to try.")
    assert tavus.requests


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize("fault", [Status(500, {"message": "internal"}), Silence()])
def test_a_service_that_fails_is_said(
    data: DataFolder, tavus: StandIn, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tavus.plan("list", fault)
    tavus.plan("replicas", fault)
    tavus.plan("personas", fault)
    monkeypatch.setattr(diagnosis, "PATIENCE_S", 0.5)
    facts = diagnose(data, network=True)["network"]
    assert facts["reachable"] is False
    assert facts["reason"]


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.parametrize(
    ("code", "patience_s", "state", "reason"),
    [
        ("import time; time.sleep(60)", 1.0, "no answer", "no answer in 1 s"),
        ("import sys; print('no display', file=sys.stderr); sys.exit(1)", 60.0, "failed", "no display"),
        ("import sys; sys.exit(7)", 60.0, "failed", "exit code 7"),
        ("print('[1, 2]')", 60.0, "failed", "no sense"),
    ],
)
def test_a_web_engine_that_fails_keeps_nobody_waiting(
    data: DataFolder, monkeypatch: pytest.MonkeyPatch, code: str, patience_s: float, state: str, reason: str
) -> None:
    child(monkeypatch, code)
    monkeypatch.setattr(diagnosis, "PATIENCE_S", patience_s)
    assert diagnose(data, network=False)["web_engine"] == {"state": state, "reason": reason}


@pytest.mark.expects_warnings("the keyring")
def test_a_keyring_that_says_nothing_keeps_nobody_waiting(
    data: DataFolder,
    ring: Desktop,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ring.freeze()
    monkeypatch.setattr(diagnosis, "PATIENCE_S", 0.5)
    assert diagnose(data, network=False)["keyring"]["state"] == "no answer"
    ring.thaw()


@pytest.mark.usefixtures("no_keyring")
@pytest.mark.expects_warnings("settings could not be read")
def test_what_is_broken_is_named_and_the_rest_is_said(data: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    (data.profiles / "mine.toml").write_text("name = ", encoding="utf-8")
    data.settings.write_text("{", encoding="utf-8")
    History(data.database).close()
    data.database.write_bytes(b"no database at all" * 100)
    monkeypatch.setenv("TAVUS_PUBLIC_API_BASE_URL", "http://example.org/v2")
    facts = diagnose(data, network=True)
    assert "mine.toml" in facts["profiles"]["problems"][0]
    assert "damaged" in facts["history"]["problem"]
    assert facts["settings"]["api_address"] is None
    assert facts["network"]["reachable"] is False
    said = words(facts)
    assert "mine.toml" in said
    assert "https://" in facts["settings"]["problem"]
