"""Every refusal and fault of the API, met by a real session, has its own words and leads to the way out that fits."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.core.ids import OWN_CHUCK
from coach_desktop.practice.plays import Play, Plays
from coach_desktop.sessions.budget import BudgetSpentError
from coach_desktop.sessions.session import Session, SessionState
from coach_desktop.sessions.tavus import TavusProvider
from coach_desktop.store.profiles import Profile
from coach_desktop.store.secrets import KeyringError
from coach_desktop.tavus.errors import KeyRefusedError, UnknownIdError
from coach_desktop.ui.offers import Offer, OfferKind, choices, offers_for
from tests.practice.client import Api
from tests.practice.conftest import running_service
from tests.standin import Fault, Html, Reset, Silence, StandIn
from tests.ui.stage import CHUCK

ANNA = Profile(
    id="anna", name="Anna", purpose="Talk to Anna.", provider="tavus", persona_id="pcb7a34da5fe",
    replica_id="r90bbd427f71", max_call_duration=60, participant_absent_timeout=60,
)  # fmt: skip

# What the double is told to play, words of the error, and what is offered, the best first.
PLAYED: list[tuple[Play, str, list[OfferKind]]] = [
    (Play.KEY, "The key was not accepted.", ["key", "local"]),
    (Play.FORBIDDEN, "The account of this key may not do this.", ["local", "key"]),
    (Play.CREDITS, "no conversation credit left", ["local", "retry"]),
    (Play.CONCURRENCY, "As many conversations are running", ["running", "local", "retry"]),
    (Play.PERSONA, "does not know the persona", ["profiles", "local"]),
    (Play.REPLICA, "does not know the replica", ["profiles", "local"]),
    (Play.CREATE, "does not say why", ["retry", "local", "profiles"]),
    (Play.MISSING, "no Tavus API at the address", ["settings", "local"]),
    (Play.FIELD, "cannot work with a field of this profile", ["profiles", "local"]),
    (Play.RATE, "asked too often", ["retry", "local"]),
    (Play.FAULT, "The service has a fault of its own. So it is not known", ["running", "local"]),
]
IN_DOUBT: list[tuple[Fault, str]] = [
    (Silence(), "The service did not answer in time. So it is not known whether a conversation was started."),
    (Reset(), "The service did not answer in time. So it is not known whether a conversation was started."),
    (Html(), "The service has a fault of its own. So it is not known whether a conversation was started."),
]


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., CoachError]:
    """Give a start that fails: with what error."""

    def run(base_url: str, key: str, timeout_s: float = 20.0) -> CoachError:
        provider = TavusProvider(
            base_url,
            lambda: key,
            create_timeout_s=timeout_s,
            call_timeout_s=timeout_s,
            look_up_pauses_s=(0.01,),
            end_pauses_s=(0.01,),
        )
        last = Session(
            profile=ANNA, provider=provider, history_path=tmp_path / "history.sqlite3", notify=lambda _update: None
        ).run()
        assert last.state is SessionState.FAILED
        assert last.error is not None
        return last.error

    return run


@pytest.fixture(scope="module")
def plays() -> Plays:
    return Plays()


@pytest.fixture(scope="module")
def double(plays: Plays, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with running_service(tmp_path_factory.mktemp("models"), plays=plays) as api:
        yield api


def kinds(error: CoachError, *, has_key: bool | None = True) -> list[OfferKind]:
    return [offer.kind for offer in offers_for(error, ANNA, has_key)]


@pytest.mark.expects_warnings("the session failed", "not known whether", "could not be looked for")
@pytest.mark.parametrize(("play", "words", "offered"), PLAYED)
def test_what_the_double_plays_leads_to_its_way_out(
    start: Callable[..., CoachError], double: Api, plays: Plays, play: Play, words: str, offered: list[OfferKind]
) -> None:
    plays.left = {play: 9}
    try:
        error = start(double.base_url, double.api_key)
    finally:
        plays.left = {}
    assert words in error.what
    assert all(text.endswith(".") for text in (error.safe, error.do))
    assert kinds(error) == offered
    assert double.get("/conversations", params={"status": "active"}).json()["total_count"] == 0


def test_no_two_of_them_use_the_same_words() -> None:
    assert len({words for _play, words, _offered in PLAYED}) == len(PLAYED)


@pytest.mark.expects_warnings("the session failed", "not known whether")
@pytest.mark.parametrize(("fault", "what"), IN_DOUBT)
def test_a_start_in_doubt_says_what_may_run_and_is_not_to_be_tried_again(
    start: Callable[..., CoachError], fault: Fault, what: str
) -> None:
    with StandIn() as tavus:
        tavus.plan("create", fault)
        error = start(tavus.base_url, tavus.key, 0.4)
        assert len(tavus.creates) == 1
    assert error.what == what
    assert "ends it as soon as it shows up" in error.safe
    assert kinds(error) == ["running", "local"]


@pytest.mark.expects_warnings("the session failed")
def test_without_a_network_it_can_be_tried_again_or_held_locally(start: Callable[..., CoachError]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = start(f"http://127.0.0.1:{taken.getsockname()[1]}/v2", "tvsk-made-up")
    assert error.what == "The service cannot be reached."
    assert error.safe == "No new conversation was started."
    assert kinds(error) == ["retry", "local"]


@pytest.mark.expects_warnings("the session failed")
def test_without_a_key_there_is_the_key_to_enter(start: Callable[..., CoachError]) -> None:
    error = start("http://127.0.0.1:9/v2", "")
    assert kinds(error, has_key=False) == ["key", "local"]
    assert kinds(KeyringError("The keyring is locked.")) == ["key", "local"]


def test_own_chuck_who_is_gone_from_the_account_is_made_again() -> None:
    gone = UnknownIdError("The service does not know the persona of this profile.")
    own = Profile.model_validate(ANNA.model_dump() | {"id": OWN_CHUCK})
    assert [offer.kind for offer in offers_for(gone, own, has_key=True)] == ["chuck", "local"]
    assert kinds(gone) == ["profiles", "local"]


def test_a_month_that_is_used_up_shows_its_minutes_and_its_limit() -> None:
    assert kinds(BudgetSpentError("The limit of this month is reached.")) == ["local", "minutes", "settings"]


def test_anything_else_can_be_tried_again() -> None:
    assert kinds(CoachError("Something else.")) == ["retry", "local"]
    assert kinds(CoachError("Something else."), has_key=None) == ["retry", "local"]


def test_the_coach_on_this_computer_has_no_other_in_its_place() -> None:
    assert offers_for(KeyRefusedError("Odd."), CHUCK, has_key=False) == []
    assert offers_for(CoachError("Odd."), None, has_key=None) == []


def test_what_nobody_can_fulfil_is_not_offered() -> None:
    pressed: list[str] = []
    offers = [Offer("running", "Show"), Offer("local", "Practise"), Offer("retry", "Again")]
    made = choices(offers, {"local": lambda: pressed.append("local"), "retry": lambda: pressed.append("retry")})
    assert [words for words, _action in made] == ["Practise", "Again"]
    for _words, action in made:
        action()
    assert pressed == ["local", "retry"]
