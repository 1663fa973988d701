"""Whatever fails at whatever moment, a session ends in a state that makes sense and leaves no loose end."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.sessions.provider import MayExistError, ProviderGoneError
from coach_desktop.sessions.session import SessionState, SessionUpdate
from coach_desktop.tavus.errors import BadRequestError, KeyRefusedError, UnknownOutcomeError
from tests.sessions.conftest import Stage
from tests.sessions.scripted import Hook

FAULTS: dict[str, CoachError] = {
    "gone": ProviderGoneError("Gone."),
    "unknown": UnknownOutcomeError("Late."),
    "refused": KeyRefusedError("No."),
    "bad": BadRequestError("What?"),
    "other": CoachError("Something else."),
    "may exist": MayExistError("Who knows."),
}
NUMBERS = st.integers(min_value=1, max_value=40)
CALLS = st.sampled_from(["open", "create", "fetch", "end"])
WISHES = st.sampled_from(["cancel", "request_end"])


def hook_of(
    stage: Stage, call: str, faults: dict[tuple[str, int], str], wishes: dict[tuple[str, int], str], raised: list[str]
) -> Hook:
    def hook(number: int) -> None:
        if (call, number) in wishes:
            getattr(stage.session, wishes[call, number])()
        if (call, number) in faults:
            raised.append(call)
            raised.append(faults[call, number] if call == "create" else "")
            raise FAULTS[faults[call, number]]

    return hook


@settings(max_examples=60, deadline=None)
@given(
    faults=st.dictionaries(st.tuples(CALLS, NUMBERS), st.sampled_from(sorted(FAULTS)), max_size=12),
    wishes=st.dictionaries(st.tuples(CALLS, NUMBERS), WISHES, max_size=3),
    wish_at=st.one_of(st.none(), st.tuples(st.sampled_from(SessionState), WISHES)),
    end_after_s=st.sampled_from([0.5, 5.0, 20.0]),
    live_after_s=st.sampled_from([0.0, 2.0, 9.0]),
    polls_until_final=st.sampled_from([1, 6, 99]),
    is_paid=st.booleans(),
)
@pytest.mark.expects_warnings("the session failed", "could not be ended", "was lost")
def test_every_fault_at_every_moment_ends_well(
    faults: dict[tuple[str, int], str],
    wishes: dict[tuple[str, int], str],
    wish_at: tuple[SessionState, str] | None,
    end_after_s: float,
    live_after_s: float,
    polls_until_final: int,
    is_paid: bool,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder) / "history.sqlite3")
        if is_paid:
            stage.provider.kind = "tavus"
            stage.provider.pace = replace(stage.provider.pace, live_at_once=True)
        stage.prepare(end_after_s)
        raised: list[str] = []
        stage.provider.live_after_s = live_after_s
        stage.provider.polls_until_final = polls_until_final
        for call in ("open", "create", "fetch", "end"):
            stage.provider.on[call] = hook_of(stage, call, faults, wishes, raised)

        def wish(update: SessionUpdate) -> None:
            if wish_at is not None and update.state is wish_at[0]:
                getattr(stage.session, wish_at[1])()

        stage.on_update = wish
        last = stage.run()
        check(stage, last, raised)


def check(stage: Stage, last: SessionUpdate, raised: list[str]) -> None:
    assert last.state in {SessionState.IDLE, SessionState.DONE, SessionState.FAILED}
    assert (last.error is not None) == (last.state is SessionState.FAILED)
    assert not isinstance(last.error, Cancelled)
    assert stage.provider.calls.count("create") <= 1

    rows = stage.rows()
    if last.state is SessionState.IDLE:
        assert rows == []
    elif last.state is SessionState.DONE:
        assert stage.kept()[1] == last.report
        assert rows[0].status in {"done", "interrupted"}
        assert rows[0].duration_s is not None
    else:
        # Nothing that has failed may look as if it were still running.
        assert all(row.status == "failed" for row in rows)

    # What may still cost money is in the journal, and nothing else is.
    was_created = stage.provider.requests and "create" not in raised
    may_run = bool(was_created and not stage.provider.has_ended) or "may exist" in raised
    assert any(row.remote_open for row in rows) == (stage.provider.kind == "tavus" and may_run)

    # What was created is ended, unless its provider said that it is gone for good.
    if "create" in stage.provider.calls and "create" not in raised and "fetch" not in raised:
        assert "end" in stage.provider.calls
