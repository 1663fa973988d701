"""A check costs nothing: accepted, refused, lost, or taken for the real thing, nothing of it is left running."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from coach_desktop.sessions.checking import CheckLeftRunningError, CheckResult, check_for_free
from coach_desktop.sessions.requests import request_of
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.errors import (
    KeyRefusedError,
    ServerFaultError,
    TavusError,
    UnknownIdError,
    UnknownOutcomeError,
)
from tests.sessions.tavus_stage import PROFILE
from tests.standin import Answer, Fault, Html, Reset, Silence, StandIn, Status, Truncated

TOKEN = "0123456789ab"  # noqa: S105 - the mark in a name, no secret


class Account(StandIn):
    """An account that may overlook `test_mode`."""

    overlooks_test_mode = False

    def create(self, body: Any, *, foreign: bool = False) -> Answer:
        if self.overlooks_test_mode and not foreign:
            body = {name: value for name, value in body.items() if name != "test_mode"}
        return super().create(body, foreign=foreign)


@pytest.fixture
def tavus() -> Iterator[Account]:
    with Account() as standin:
        yield standin


def check(tavus: StandIn, timeout_s: float = 30.0, key: str | None = None) -> CheckResult:
    with TavusClient(tavus.base_url, key or tavus.key, read_timeout_s=timeout_s) as client:
        return check_for_free(client, request_of(PROFILE, TOKEN), look_up_pauses_s=(0.01,), end_pauses_s=(0.01, 0.01))


def test_an_accepted_check_runs_nothing_and_uses_up_no_token(tavus: Account) -> None:
    result = check(tavus)
    assert not result.was_real
    assert tavus.active() == []
    (create,) = tavus.creates
    body = create.json()
    assert body.pop("test_mode") is True
    name = body.pop("conversation_name")
    assert name.startswith("Coach [")
    assert TOKEN not in name
    assert body | {"conversation_name": f"Coach [{TOKEN}]"} == request_of(PROFILE, TOKEN).model_dump(exclude_none=True)
    assert sum(held.billed_s for held in tavus.conversations) == 0


def test_what_is_wrong_is_said(tavus: Account) -> None:
    tavus.known_personas = {"p-other"}
    with pytest.raises(UnknownIdError):
        check(tavus)
    with pytest.raises(KeyRefusedError):
        check(tavus, key="another")
    assert tavus.conversations == []


@pytest.mark.expects_warnings("had started a real conversation")
@pytest.mark.parametrize("fault", [None, Reset(after=True), Html(after=True), Truncated(), Status(500, after=True)])
def test_a_check_that_runs_all_the_same_is_ended(tavus: Account, fault: Fault | None) -> None:
    tavus.overlooks_test_mode = True
    tavus.plan("create", fault)
    assert check(tavus).was_real
    assert tavus.active() == []
    assert len(tavus.creates) == 1, "it is asked for once"


@pytest.mark.parametrize(
    ("fault", "error"),
    [(Reset(), UnknownOutcomeError), (Html(), ServerFaultError), (Silence(), UnknownOutcomeError)],
)
def test_a_check_without_an_answer_has_no_result_and_runs_nothing(
    tavus: Account, fault: Fault, error: type[TavusError]
) -> None:
    tavus.plan("create", fault)
    with pytest.raises(error, match="no result") as caught:
        check(tavus, timeout_s=0.5)
    assert "nothing of it was found running" in caught.value.safe
    assert len(tavus.creates) == 1
    assert len(tavus.requests_of("list")) == 2


def test_what_may_run_is_said(tavus: Account) -> None:
    tavus.overlooks_test_mode = True
    tavus.plan("end", *[Status(500)] * 9)
    with pytest.raises(CheckLeftRunningError, match="real conversation") as caught:
        check(tavus)
    assert "cost money" in caught.value.safe
    assert len(tavus.active()) == 1


def test_a_look_up_that_fails_is_no_all_clear(tavus: Account) -> None:
    tavus.plan("create", Reset())
    tavus.plan("list", None, Status(500))
    with pytest.raises(CheckLeftRunningError, match="no result") as caught:
        check(tavus)
    assert "could not be seen" in caught.value.safe
