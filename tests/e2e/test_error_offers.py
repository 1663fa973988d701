"""Errors of Tavus as a user meets them: the real window, the double in a process of its own, and the ways out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit, QTextEdit, QWidget

from coach_desktop.core.paths import DataFolder
from coach_desktop.store.profile_files import save_profile
from coach_desktop.store.profiles import Profile
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.errors import TavusError
from coach_desktop.tavus.models import CreateConversation
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.report_page import ReportPage
from tests.e2e.harness import ROOT, wait_for
from tests.e2e.window import Run, choose
from tests.keyring_daemon import Desktop

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400, method="thread")]

GREETING = "Hola, soy Anna. Empecemos."
ANNA = Profile(
    id="anna",
    name="Anna at Tavus",
    purpose="Talk to Anna.",
    provider="tavus",
    persona_id="pcb7a34da5fe",
    custom_greeting=GREETING,
    conversational_context="The user rehearses a toast.",
    language="spanish",
    max_call_duration=300,
)
# Each once, in the order in which the double plays them.
PLAYS = ("forbidden:1", "persona:1", "credits:1", "concurrency:1")


@pytest.fixture
def double(tmp_path: Path, ring: Desktop, monkeypatch: pytest.MonkeyPatch) -> Iterator[TavusClient]:
    """Start `practice-service` with options, as the API that the app talks to; give a client for a look at it."""
    ready = tmp_path / "ready.json"
    options = [option for play in PLAYS for option in ("--play", play)]
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "coach_desktop", "practice-service", "--until-stdin-closes"),
            *("--ready-file", str(ready), "--data-dir", str(tmp_path / "double"), *options),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=ROOT,
    ) as process:
        wait_for(lambda: ready.exists() and ready.read_text("utf-8"), 60, lambda: f"ended with {process.poll()}")
        told = json.loads(ready.read_text("utf-8"))
        ring.keep("coach_desktop", "tavus_api_key", told["api_key"])
        monkeypatch.setenv("TAVUS_PUBLIC_API_BASE_URL", told["base_url"])
        with TavusClient(told["base_url"], told["api_key"]) as client:
            yield client
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


def until_over(run: Run) -> None:
    """Wait until the session has gone and another can be started."""
    start = next(action for action in run.window.actions() if action.text() == "Start practice")
    run.bot.waitUntil(start.isEnabled)


def ways(run: Run, what: str) -> QWidget:
    """Wait for the page of this error, and return it."""
    page = run.page(ErrorView)
    run.wait_for_words(page, what)
    until_over(run)
    return page


def active(client: TavusClient) -> list[str | None]:
    return [row.conversation_name for row in client.list_conversations(status="active").data]


@pytest.mark.expects_warnings("the session failed")
def test_each_error_leads_to_its_way_out(double: TavusClient, data: DataFolder, launch: Callable[..., Run]) -> None:
    save_profile(data.profiles, ANNA)
    run = launch()
    choose(run, "Anna at Tavus")
    run.press(run.page(HomePage), "Start practice")

    # The plan does not allow it: the local coach takes over, with one click and the profile's own words.
    run.press(ways(run, "The account of this key may not do this."), "Practise with the local coach")
    live = run.page(LivePage)
    assert isinstance(live, LivePage)
    run.press(live, "Allow")
    run.bot.waitUntil(lambda: live.is_live)
    assert active(double) == []
    run.press(live, "End session")
    report = run.page(ReportPage)
    run.bot.waitUntil(lambda: GREETING in "\n".join(text.toPlainText() for text in report.findChildren(QTextEdit)))

    # What was chosen is still chosen.
    until_over(run)
    run.window.show_home()
    home = run.page(HomePage)
    assert isinstance(home, HomePage)
    assert home.profile is not None
    assert home.profile == ANNA

    # A wrong id: the profile is to be changed.
    run.press(home, "Start practice")
    run.press(ways(run, "does not know the persona"), "Edit the profile…")
    editor = run.dialog("Edit profile")
    assert ANNA.name in [field.text() for field in editor.findChildren(QLineEdit)]
    run.press(editor, "Cancel")
    run.dialog("Profiles").close()

    # No credit, then too many at once: what runs is shown, ours is ended, nobody else's is.
    run.press(ways(run, "does not know the persona"), "Back to the start")
    run.press(run.page(HomePage), "Start practice")
    run.press(ways(run, "no conversation credit left"), "Try again")
    page = ways(run, "As many conversations are running")
    for name in ("Left behind [0123456789ab]", "Somebody's call"):
        double.create_conversation(CreateConversation(persona_id="pcb7a34da5fe", conversation_name=name))
    run.press(page, "Show running conversations…")
    dialog = run.dialog("Left behind")
    run.wait_for_words(dialog, "1 other conversation runs in this account. This app does not touch it.")
    run.press(dialog, "End")
    run.press(run.dialog("End this conversation?"), "End it")
    run.wait_for_words(dialog, "It was ended.")
    assert active(double) == ["Somebody's call"]
    dialog.close()

    run.press(page, "Try again")
    run.press(run.page(LivePage), "Allow")
    run.bot.waitUntil(lambda: live.is_live)
    assert len(active(double)) == 2
    run.press(live, "End session")
    run.bot.waitUntil(lambda: active(double) == ["Somebody's call"])


def test_what_runs_from_another_computer_is_told_at_the_start(
    double: TavusClient, data: DataFolder, launch: Callable[..., Run]
) -> None:
    # What the double is to refuse is used up first.
    for name in (*PLAYS, "Of another computer [0123456789ab]", "Somebody's call"):
        with suppress(TavusError):
            double.create_conversation(CreateConversation(persona_id="pcb7a34da5fe", conversation_name=name))
    run = launch()
    run.wait_for_words(run.window, "A conversation of Coach Desktop runs in your Tavus account")
    run.press(run.window, "Show running conversations…")
    dialog = run.dialog("Of another computer")
    run.press(dialog, "End")
    run.press(run.dialog("End this conversation?"), "Leave it")
    assert len(active(double)) == 2, "a question comes first"
