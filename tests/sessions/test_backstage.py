"""What stands behind the window: a session under way is left alone, one that is over is not, whatever ended it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coach_desktop.core.clock import iso_utc
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions import conversation_log, service_process
from coach_desktop.sessions.backstage import Backstage
from coach_desktop.sessions.updates import AftercareNews, SessionState, SessionUpdate
from coach_desktop.store.history import History, SessionRow
from coach_desktop.store.profiles import Profile
from coach_desktop.store.secrets import KeyStore
from coach_desktop.store.settings import ADDRESS_VARIABLE, Settings, SettingsFile
from tests.sessions.tavus_stage import PROFILE
from tests.standin import Reset, StandIn


class _Keys(KeyStore):
    """Has a key and asks no keyring."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self._given = key

    def key(self) -> str | None:
        return self._given


@pytest.fixture
def tavus(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with StandIn() as standin:
        monkeypatch.setenv(ADDRESS_VARIABLE, standin.base_url)
        yield standin


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path)
    folder.create()
    return folder


@pytest.fixture
def news() -> list[AftercareNews]:
    return []


@pytest.fixture
def backstage(tavus: StandIn, data: DataFolder, news: list[AftercareNews]) -> Iterator[Backstage]:
    made = Backstage(data, _Keys(tavus.key), SettingsFile(data.settings), news.append)
    yield made
    made.close()


def until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < give_up, "it did not come about"
        time.sleep(0.01)


def test_session_under_way_is_left_alone_and_a_bug_in_it_ends_its_conversation_in_the_same_run(
    backstage: Backstage, tavus: StandIn, news: list[AftercareNews], monkeypatch: pytest.MonkeyPatch
) -> None:
    backstage.prepare()
    live, may_go_on = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def heard(update: SessionUpdate) -> None:
        if update.state is SessionState.LIVE:
            live.set()
            may_go_on.wait(60)

    session = backstage.make_session(PROFILE, heard)

    def run() -> None:
        try:
            session.run()
        except RuntimeError as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert live.wait(60)
    for _ in range(20):
        backstage.look_again()
        time.sleep(0.005)
    assert len(tavus.active()) == 1
    assert tavus.ends == []

    def bug(_: object) -> None:
        raise RuntimeError("a bug")

    tavus.plan("end", Reset())
    monkeypatch.setattr(conversation_log, "read", bug)
    may_go_on.set()
    thread.join(60)
    assert len(failed) == 1
    monkeypatch.undo()
    monkeypatch.setenv(ADDRESS_VARIABLE, tavus.base_url)
    backstage.look_again()
    until(lambda: any(entry.kind == "ended_leftover" for entry in news))
    assert tavus.active() == []
    assert len(tavus.creates) == 1


@pytest.mark.expects_warnings("the history cannot be used", "nothing can be looked after")
def test_history_that_cannot_be_used_at_the_start_is_looked_after_as_soon_as_it_can(
    backstage: Backstage, tavus: StandIn, data: DataFolder, news: list[AftercareNews]
) -> None:
    backstage.make_session(PROFILE, lambda _: None)
    data.database.mkdir()
    backstage.prepare()
    data.database.rmdir()
    tavus.create({"persona_id": "p1", "conversation_name": "Coach [left-by-a-crash]"})
    history = History(data.database)
    history.begin(SessionRow("s1", "p", "P", "tavus", "running", iso_utc(time.time()), None), "left-by-a-crash")
    history.close()
    backstage.look_again()
    until(lambda: any(entry.kind == "ended_leftover" for entry in news))
    assert tavus.active() == []


LOCAL = Profile(id="chuck-local", name="Chuck", purpose="Practise a talk.")
# In place of the service: writes down whether it was told to record, and where.
SERVICE = """
import pathlib, sys
arguments = sys.argv[1:]
folder = pathlib.Path(arguments[arguments.index("--data-dir") + 1])
path = arguments[arguments.index("--record-to") + 1] if "--record-to" in arguments else ""
(folder / "told").write_text(path)
if path:
    pathlib.Path(path).write_bytes(b"sound")
"""


def _service_is_told(data: DataFolder, backstage: Backstage) -> str:
    """Hold a session that comes to nothing, and return the name of the file that its service was to record."""
    backstage.make_session(LOCAL, lambda _: None).run()
    return Path((data.root / "told").read_text(encoding="utf-8")).name


@pytest.mark.expects_warnings("did not become ready")
def test_sound_is_lent_only_while_its_words_are_to_be_made_out_once_more(
    data: DataFolder, tavus: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_process, "command_of_own", lambda: [sys.executable, "-c", SERVICE])
    monkeypatch.setattr("coach_desktop.sessions.backstage.seems_there", lambda *_: True)
    settings = SettingsFile(data.settings)
    backstage = Backstage(data, _Keys(tavus.key), settings, lambda _news: None)
    backstage.prepare()
    try:
        assert _service_is_told(data, backstage).endswith(".lent.flac")
        settings.use(Settings(hear_again=False))
        assert _service_is_told(data, backstage) == ""
        settings.use(Settings(hear_again=False, keep_audio=True))
        told = _service_is_told(data, backstage)
        assert told.endswith(".flac")
        assert not told.endswith(".lent.flac")
    finally:
        backstage.close()
