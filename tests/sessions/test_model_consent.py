"""Nothing is fetched without a yes, the child that would do it is told so, and what was answered holds for the run."""

from __future__ import annotations

import sys
import textwrap
import threading
from pathlib import Path

import pytest

from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions import service_process
from coach_desktop.sessions.backstage import Backstage
from coach_desktop.sessions.model_consent import ModelConsent
from coach_desktop.sessions.service_process import child_environment
from coach_desktop.sessions.updates import SessionUpdate
from coach_desktop.store.model_fetch import FetchCancelledError, ModelFetchError
from coach_desktop.store.model_files import WHISPER_TINY_EN
from coach_desktop.store.model_switch import OFFLINE_VARIABLE
from coach_desktop.store.profiles import Profile
from coach_desktop.store.secrets import KeyStore
from coach_desktop.store.settings import SettingsFile
from tests.model_source import CONTENT, Source, refused, whole

LOCAL = Profile(id="chuck-local", name="Chuck", purpose="Practise a talk.")
SPANISH = LOCAL.model_copy(update={"language": "spanish"})
PAID = Profile(id="paid", name="Paid", purpose="Practise a talk.", provider="tavus", persona_id="p1")
# Says with its last word whether it may fetch, and ends: the session then says that it could not begin.
CHILD = """
import os, pathlib, sys
told = pathlib.Path(sys.argv[-1], "told")
told.write_text(os.environ["COACH_MODELS_OFFLINE"])
"""


@pytest.fixture(autouse=True)
def nobody_switched(monkeypatch: pytest.MonkeyPatch) -> None:
    # Set, so that what the answer changes is undone.
    monkeypatch.setenv(OFFLINE_VARIABLE, "")


def test_what_is_missing_is_told_with_size_origin_and_source(source: Source, tmp_path: Path) -> None:
    consent = ModelConsent(tmp_path, models=[source.model, source.model])
    lacking = consent.look()
    assert lacking is not None
    assert lacking.size == 2 * len(CONTENT)
    assert (lacking.origins, lacking.licences, lacking.hosts) == ("nobody", "none", "127.0.0.1")
    assert source.asked == []
    assert consent.concerns(LOCAL)


def test_the_models_of_a_session_come_from_one_official_place(tmp_path: Path) -> None:
    lacking = ModelConsent(tmp_path, models=WHISPER_TINY_EN).look()
    if lacking is not None:  # on most machines they are there
        assert lacking.hosts == "huggingface.co"
    assert {one.url.split("/")[2] for one in WHISPER_TINY_EN} == {"huggingface.co"}


def test_only_talks_that_would_be_made_out_are_asked_about(source: Source, tmp_path: Path) -> None:
    consent = ModelConsent(tmp_path, models=[source.model])
    assert consent.concerns(LOCAL)
    assert not consent.concerns(SPANISH)
    assert not consent.concerns(PAID)


def test_a_yes_holds_while_children_may_not(source: Source, tmp_path: Path) -> None:
    source.plays(whole)
    consent = ModelConsent(tmp_path, models=[source.model])
    consent.tell_children()
    consent.fetch(lambda _done, _total: None, threading.Event())
    assert consent.look() is None


def test_after_a_yes_it_is_fetched_with_progress_and_no_longer_asked_about(source: Source, tmp_path: Path) -> None:
    source.plays(whole)
    consent = ModelConsent(tmp_path, models=[source.model])
    told: list[tuple[int, int]] = []
    consent.fetch(lambda done, total: told.append((done, total)), threading.Event())
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert not consent.concerns(LOCAL)
    assert ModelConsent(tmp_path, models=[source.model]).look() is None


def test_a_source_that_refuses_and_a_user_who_gives_up_leave_the_question_open(source: Source, tmp_path: Path) -> None:
    source.plays(refused)
    consent = ModelConsent(tmp_path, models=[source.model])
    with pytest.raises(ModelFetchError, match="404"):
        consent.fetch(lambda _done, _total: None, threading.Event())
    enough = threading.Event()
    enough.set()
    with pytest.raises(FetchCancelledError):
        consent.fetch(lambda _done, _total: None, enough)
    assert consent.concerns(LOCAL)


def test_a_no_holds_for_this_run(source: Source, tmp_path: Path) -> None:
    consent = ModelConsent(tmp_path, models=[source.model])
    consent.decline()
    assert not consent.concerns(LOCAL)
    assert child_environment()[OFFLINE_VARIABLE] == "1"


def test_who_has_switched_fetching_off_is_not_asked(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OFFLINE_VARIABLE, "1")
    assert not ModelConsent(tmp_path, models=[source.model]).concerns(LOCAL)


@pytest.mark.expects_warnings("did not become ready")
@pytest.mark.parametrize(("unasked", "told"), [(False, "1"), (True, "")])
def test_the_child_of_a_session_is_told(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unasked: bool, told: str
) -> None:
    monkeypatch.setattr(service_process, "command_of_own", lambda: [sys.executable, "-c", textwrap.dedent(CHILD)])
    data = DataFolder(tmp_path)
    data.create()
    ModelConsent(data.models, unasked=unasked, models=[source.model]).tell_children()
    updates: list[SessionUpdate] = []
    backstage = Backstage(data, KeyStore(), SettingsFile(data.settings), lambda _news: None)
    try:
        backstage.make_session(LOCAL, updates.append).run()
    finally:
        backstage.close()
    assert (tmp_path / "told").read_text() == told
    assert updates[-1].error is not None
    assert "did not become ready" in updates[-1].error.what
