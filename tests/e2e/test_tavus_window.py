"""A Tavus conversation as a user holds it: the real window and web engine, a real keyring, a server in Tavus' place."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListView, QPlainTextEdit, QTextEdit, QWidget
from pytestqt.qtbot import QtBot
from secretstorage.exceptions import ItemNotFoundException

from coach_desktop.core.paths import DataFolder
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.report_page import ReportPage
from tests.e2e.window import Run, choose
from tests.keyring_daemon import Desktop
from tests.standin import StandIn
from tests.ui.driving import said

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400, method="thread")]

KEY = "tvsk_marked-1f0c77e2ab"
ENV = f"""\
# the owner's own
TAVUS_API_KEY="{KEY}"
PERSONA_ID=p0123456789a
REPLICA_ID=r0123456789a
DOCUMENT_IDS=d1, d2
REQUIRE_AUTH=true
CONVERSATION_NAME=Customer demo
custom_greeting='Hello, shall we begin?'
CONVERSATIONAL_CONTEXT=The user rehearses a talk.
"""


@pytest.fixture
def tavus(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with StandIn(key=KEY) as standin:
        monkeypatch.setenv("TAVUS_PUBLIC_API_BASE_URL", standin.base_url)
        yield standin


def written(widget: QWidget) -> str:
    """Return what stands in the longer texts of a part of the window."""
    return "\n".join(text.toPlainText() for text in widget.findChildren(QTextEdit))


def kept(ring: Desktop) -> list[str] | None:
    """Return what the keyring keeps, or None where that changes while it is read."""
    try:
        return ring.kept()
    except ItemNotFoundException:
        return None


def everything_on_disk(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def seen_by_the_system() -> bytes:
    """Return the arguments and the environment of this process' children, as the system shows them."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            found += [" ".join(child.cmdline()), json.dumps(child.environ())]
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return "\n".join(found).encode()


def greet(run: Run, words: str) -> None:
    """Change the greeting of the chosen profile in the editor."""
    run.press(run.page(HomePage), "Manage profiles…")
    manager = run.dialog("Profiles")
    (listed,) = manager.findChildren(QListView)
    run.bot.waitUntil(lambda: listed.model().rowCount() > 0)
    listed.setFocus()
    QTest.keyClicks(listed, "Customer")
    run.bot.waitUntil(lambda: "Customer" in str(listed.currentIndex().data()))
    run.press(manager, "Edit…")
    editor = run.dialog("Edit profile")
    (field,) = [text for text in editor.findChildren(QPlainTextEdit) if text.accessibleName() == "Greeting"]
    field.setPlainText(words)
    run.press(editor, "Save")
    run.wait_for_words(manager, "was saved")
    manager.close()
    home = run.page(HomePage)
    assert isinstance(home, HomePage)
    run.bot.waitUntil(lambda: home.profile is not None and home.profile.custom_greeting == words)


def test_from_the_env_file_to_the_report(
    ring: Desktop,
    tavus: StandIn,
    launch: Callable[..., Run],
    data: DataFolder,
    tmp_path: Path,
) -> None:
    tavus.transcript_after_s = 0.0
    tavus.perception_after_s = 0.5
    tavus.analysis = "The young man in a blue shirt wore glasses. The speaker looked into the camera and smiled twice."
    env_file = tmp_path / ".env"
    env_file.write_text(ENV, encoding="utf-8")
    run = launch(env_file)

    offer = run.dialog(".env")
    assert KEY not in said(offer)
    run.press(offer, "Import")
    run.bot.waitUntil(lambda: kept(ring) == [KEY])
    run.press(offer, "Blank the key in the file")
    run.bot.waitUntil(lambda: KEY not in env_file.read_text())
    assert "PERSONA_ID=p0123456789a" in env_file.read_text()
    run.press(offer, "Done")

    choose(run, "Customer demo")
    greet(run, "Hello, shall we begin?\n“Très bien.”")
    run.press(run.page(HomePage), "Preview what is sent…")
    preview = run.dialog("What is sent")
    previewed = preview.findChildren(QPlainTextEdit)[0].toPlainText()
    run.press(preview, "Start with this")
    live = run.page(LivePage)
    assert isinstance(live, LivePage)
    run.wait_for_words(live, "go to Tavus")
    run.press(live, "Allow")
    run.bot.waitUntil(lambda: bool(tavus.visits))
    run.bot.waitUntil(lambda: live.is_live)
    run.wait_for_words(live, "billed")
    titles = [widget.windowTitle() for widget in QApplication.topLevelWidgets()]
    while_live = seen_by_the_system()
    (held,) = tavus.active()
    assert held.meeting_token
    assert [visit.token for visit in tavus.visits] == [held.meeting_token]
    assert "QtWebEngine" not in tavus.visits[0].user_agent

    run.press(live, "End session")
    report = run.page(ReportPage)
    assert isinstance(report, ReportPage)
    assert tavus.transcript is not None
    spoken = tavus.transcript[-1]["content"]
    run.bot.waitUntil(lambda: spoken in written(report))
    run.bot.waitUntil(lambda: "smiled twice" in written(report))
    assert "shirt" not in written(report)
    assert tavus.active() == []

    (create,) = tavus.creates
    assert create.body == previewed.encode()
    body = create.json()
    name = body.pop("conversation_name")
    assert name.startswith("Customer demo [")
    assert body == {
        "persona_id": "p0123456789a",
        "replica_id": "r0123456789a",
        "document_ids": ["d1", "d2"],
        "require_auth": True,
        "custom_greeting": "Hello, shall we begin?\n“Très bien.”",
        "conversational_context": "The user rehearses a talk.",
        "properties": body["properties"],
    }
    assert set(body["properties"]) == {
        "max_call_duration",
        "participant_left_timeout",
        "participant_absent_timeout",
    }
    assert create.headers["x-api-key"] == KEY
    assert len(tavus.ends) == 1

    run.leave()
    for secret in (KEY, held.meeting_token):
        marked = secret.encode()
        assert marked not in everything_on_disk(data.root), "a secret lies in the data folder"
        assert marked not in while_live, "a secret stands in arguments or environments"
        assert not any(secret in title for title in titles)


def test_the_key_is_there_after_a_restart_and_gone_when_removed(
    ring: Desktop, tavus: StandIn, launch: Callable[..., Run], qtbot: QtBot
) -> None:
    run = launch()
    run.page(HomePage)
    run.window.desk.show_key()
    dialog = run.dialog("Tavus key")
    (field,) = [line for line in dialog.findChildren(QLineEdit) if line.isVisible()]
    QTest.keyClicks(field, KEY)
    run.press(dialog, "Save")
    qtbot.waitUntil(lambda: kept(ring) == [KEY])
    qtbot.waitUntil(lambda: any(request.headers.get("x-api-key") == KEY for request in tavus.requests))
    dialog.close()

    code = "from coach_desktop.store.secrets import KeyStore; print(KeyStore().probe().state.value, KeyStore().key())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.split() == ["found", KEY]

    run.window.desk.show_key()
    dialog = run.dialog("Tavus key")
    run.press(dialog, "Remove key from this computer")
    run.press(run.dialog("Remove"), "Remove key")
    qtbot.waitUntil(lambda: kept(ring) == [])
