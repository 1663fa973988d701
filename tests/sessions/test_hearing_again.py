"""After a session its words are made out once more, and whatever becomes of that, the first report is safe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from coach_desktop.coaching.heard_again import HeardAgain
from coach_desktop.coaching.report import Report, ReportEvent, SessionFacts, Turn, build_report
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions import own_child
from coach_desktop.sessions.backstage import Backstage
from coach_desktop.sessions.conversation_log import ConversationLog
from coach_desktop.sessions.hearing_again import HearingAgain
from coach_desktop.sessions.updates import AftercareNews
from coach_desktop.store.history import History, SessionRow
from coach_desktop.store.recordings import Recordings
from coach_desktop.store.secrets import KeyStore
from coach_desktop.store.settings import Settings, SettingsFile
from coach_desktop.tavus.delivery import Delivery, Span, SpokenWord, measured, not_measured

ID = "20261128T050000-00000001"
NEW = HeardAgain(
    measures={"words": measured("words", 5), "filler_sounds": measured("filler_sounds", 2)},
    spans=[Span(kind="fastest", start_s=1, end_s=2)],
    turns=[Turn(role="user", text="Um, hello to you all.", start_s=1.0, end_s=3.0, words=[])],
)


def _utterance(role: str, text: str) -> ReportEvent:
    return ReportEvent(at_s=1.0, type="conversation.utterance", properties={"role": role, "speech": text})


@pytest.fixture
def known() -> ConversationLog:
    delivery = Delivery(
        at_s=60.0,
        final=True,
        measures={
            "words": measured("words", 3),
            "filler_sounds": measured("filler_sounds", 0),
            "eye_contact": measured("eye_contact", 0.7),
            "pace": not_measured("pace", "Too little."),
        },
        spans=[Span(kind="fastest", start_s=4, end_s=5), Span(kind="look_away", start_s=10, end_s=14)],
        warnings=["There is much noise."],
        words=[SpokenWord(text="hello", start_s=1.0, end_s=2.0)],
    )
    turns = (
        Turn(role="replica", text="Hi.", start_s=0.0, end_s=1.0, words=[]),
        Turn(role="user", text="Hello you all.", start_s=1.0, end_s=3.0, words=[]),
    )
    events = (_utterance("replica", "Hi."), _utterance("user", "Hello you all."))
    return ConversationLog(0.0, ended=True, shutdown_reason=None, delivery=delivery, transcript=turns, events=events,
                           newest_cue=None)  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path)
    folder.create()
    Recordings(folder.recordings).make()
    return folder


@pytest.fixture
def report(data: DataFolder, known: ConversationLog) -> Report:
    facts = SessionFacts(
        id=ID, profile_id="chuck-local", provider="local", started_at="2026-11-28T05:00:00.000000Z", duration_s=60.0,
        billed_s=0.0, status="done",
    )  # fmt: skip
    made = build_report(facts, known.delivery, list(known.transcript), list(known.events), "")
    with closing(History(data.database)) as history:
        history.begin(SessionRow(ID, "chuck-local", "Chuck", "local", "running", facts.started_at, None), "token")
        history.finish(ID, "done", 60.0, made.model_dump_json())
    return made


@pytest.fixture
def news() -> list[AftercareNews]:
    return []


@pytest.fixture
def again(data: DataFolder, news: list[AftercareNews]) -> Iterator[HearingAgain]:
    made = HearingAgain(data, news.append)
    yield made
    made.close()


def _lend(data: DataFolder) -> Path:
    path = Recordings(data.recordings).lent(ID)
    path.write_bytes(b"sound")
    return path


def _child(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let this run in place of the second pass."""
    monkeypatch.setattr(own_child, "command_of_own", lambda: [sys.executable, "-c", code])


def _wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, "it did not come true in time"
        time.sleep(0.02)


def _stored(data: DataFolder) -> Report:
    with closing(History(data.database)) as history:
        return Report.model_validate_json(history.report(ID) or "")


def _kinds(news: list[AftercareNews]) -> list[str]:
    return [one.kind for one in news]


def test_the_report_gets_the_words_and_keeps_all_else(
    data: DataFolder, report: Report, known: ConversationLog, news: list[AftercareNews], again: HearingAgain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = _lend(data)
    lines = ['{"type": "progress", "share": 0.44}', "no json", f'{{"type": "heard", "heard": {NEW.model_dump_json()}}}']
    _child(monkeypatch, "\n".join(f"print({line!r}, flush=True)" for line in lines))
    again.session_over(ID, (report, known))
    _wait_until(lambda: "heard_again" in _kinds(news))
    assert _kinds(news) == ["hearing_again", "report_updated", "heard_again"]
    assert "40 %" in news[0].text
    anew = _stored(data)
    assert (anew.measures["words"].value, anew.measures["filler_sounds"].value) == (5, 2)
    assert anew.measures["eye_contact"] == report.measures["eye_contact"]
    assert anew.measures["pace"].status == "not_measured"
    assert [turn.text for turn in anew.transcript] == ["Hi.", "Um, hello to you all."]
    told = [event.properties["speech"] for event in anew.events if event.type == "conversation.utterance"]
    assert sorted(map(str, told)) == ["Hi.", "Um, hello to you all."]
    assert [event.type for event in anew.events if event.type in {"look_away", "warning"}] == ["look_away", "warning"]
    assert anew.session == report.session
    assert not path.exists()


@pytest.mark.parametrize("code", ["raise SystemExit(3)", 'print(\'{"type": "heard", "heard": {}}\')', ""])
def test_a_pass_that_fails_leaves_the_first_report(
    data: DataFolder, report: Report, known: ConversationLog, news: list[AftercareNews], again: HearingAgain,
    monkeypatch: pytest.MonkeyPatch, code: str,
) -> None:  # fmt: skip
    path = _lend(data)
    _child(monkeypatch, code)
    again.session_over(ID, (report, known))
    _wait_until(lambda: "heard_again" in _kinds(news))
    assert _kinds(news) == ["heard_again"]
    assert _stored(data) == report
    assert not path.exists()


@pytest.mark.parametrize("by_closing", [True, False])
def test_it_can_be_stopped_and_so_it_is_when_the_app_closes(
    data: DataFolder, report: Report, known: ConversationLog, news: list[AftercareNews], again: HearingAgain,
    monkeypatch: pytest.MonkeyPatch, *, by_closing: bool,
) -> None:  # fmt: skip
    path = _lend(data)
    _child(monkeypatch, 'import time; print(\'{"type": "progress", "share": 0}\', flush=True); time.sleep(600)')
    again.session_over(ID, (report, known))
    _wait_until(lambda: "hearing_again" in _kinds(news))
    if by_closing:
        again.close()
    else:
        again.cancel()
    _wait_until(lambda: "heard_again" in _kinds(news))
    assert _stored(data) == report
    assert not path.exists()


def test_a_session_without_a_report_gives_back_what_was_lent(data: DataFolder, again: HearingAgain) -> None:
    path = _lend(data)
    again.session_over(ID, None)
    assert not path.exists()


def test_what_is_kept_is_heard_and_stays(
    data: DataFolder, report: Report, known: ConversationLog, news: list[AftercareNews], again: HearingAgain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = Recordings(data.recordings).kept(ID)
    path.write_bytes(b"sound")
    _child(monkeypatch, "print(" + repr(f'{{"type": "heard", "heard": {NEW.model_dump_json()}}}') + ")")
    again.session_over(ID, (report, known))
    _wait_until(lambda: "heard_again" in _kinds(news))
    assert _stored(data).measures["words"].value == 5
    assert path.exists()


def test_a_session_that_is_deleted_meanwhile_stays_deleted(
    data: DataFolder, report: Report, known: ConversationLog, news: list[AftercareNews], again: HearingAgain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    path = _lend(data)
    _child(monkeypatch, "print(" + repr(f'{{"type": "heard", "heard": {NEW.model_dump_json()}}}') + ")")
    with closing(History(data.database)) as history:
        assert history.delete(ID)
    assert not path.exists()
    _lend(data)
    again.session_over(ID, (report, known))
    _wait_until(lambda: "heard_again" in _kinds(news))
    with closing(History(data.database)) as history:
        assert history.sessions() == []
    assert not path.exists()


@pytest.mark.parametrize("wanted", [True, False])
def test_who_has_switched_it_off_during_the_session_is_heard_once_only(
    data: DataFolder, report: Report, known: ConversationLog, news: list[AftercareNews],
    monkeypatch: pytest.MonkeyPatch, *, wanted: bool,
) -> None:  # fmt: skip
    _child(monkeypatch, "print(" + repr(f'{{"type": "heard", "heard": {NEW.model_dump_json()}}}') + ")")
    settings = SettingsFile(data.settings)
    backstage = Backstage(data, KeyStore(), settings, news.append)
    backstage.prepare()
    path = _lend(data)
    settings.use(Settings(hear_again=wanted))
    try:
        backstage.session_over(ID, (report, known))
        _wait_until(lambda: not path.exists())
    finally:
        backstage.close()
    assert (_stored(data) == report) is not wanted
