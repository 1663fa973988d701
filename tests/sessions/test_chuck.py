"""Chuck in an account: made once, found again, changed by no more than what differs, whatever the network does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from coach_desktop.coaching import knowledge
from coach_desktop.core.errors import Cancelled, CoachError
from coach_desktop.core.ids import OWN_CHUCK
from coach_desktop.sessions import chuck
from coach_desktop.sessions.chuck_memory import ChuckMemory, Remembered
from coach_desktop.sessions.chuck_plan import Change
from coach_desktop.sessions.chuck_texts import ChangedTexts, our_texts
from coach_desktop.store.profile_files import load_shelf, save_profile
from coach_desktop.tavus.client import TavusClient
from coach_desktop.tavus.errors import KeyRefusedError, ServerFaultError, UnknownOutcomeError
from coach_desktop.tavus.models import CreatePersona
from tests.standin import Answer, Drip, Fault, Html, Reset, Silence, StandIn, Status, Truncated, WrongTypes
from tests.standin.library import persona_row

OURS = our_texts()
FACE = "r90bbd427f71"
PATIENCE_S = 20.0


class Account:
    """One account, what the app remembers of it, and a way to make Chuck in it."""

    def __init__(self, tavus: StandIn, folder: Path) -> None:
        self.tavus = tavus
        self.own = folder / "profiles"
        self.memory = ChuckMemory(folder / "chuck.json")
        self.said: list[str] = []
        self.stop = threading.Event()

    def client(self, patience_s: float = PATIENCE_S) -> TavusClient:
        return TavusClient(self.tavus.base_url, self.tavus.key, read_timeout_s=patience_s)

    def wanted(self, **fields: Any) -> CreatePersona:
        return chuck.wanted_from(Remembered(**fields), OURS, knowledge.essentials(), FACE)

    def make(
        self, wanted: CreatePersona | None = None, shown: list[Change] | None = None, patience_s: float = PATIENCE_S
    ) -> chuck.Made:
        wanted = wanted or self.wanted()
        with self.client(patience_s) as client:
            if shown is None:
                shown = chuck.find(client, self.memory, OURS.name).changes(wanted)
            return chuck.make(client, self.memory, wanted, shown, self.stop, self.said.append)

    def chucks(self) -> list[dict[str, Any]]:
        return [row for row in self.tavus.personas if row["persona_name"] == OURS.name]


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr(chuck, "LOOK_AGAIN_AFTER_S", (0.0, 0.01))
    with StandIn() as tavus:
        yield Account(tavus, tmp_path)


def test_he_is_created_with_all_that_a_coach_needs_and_then_there_is_nothing_to_change(account: Account) -> None:
    made = account.make()
    (row,) = account.chucks()
    assert (made.outcome, made.kept_by_tavus) == ("created", ())
    assert made.found.persona_id == row["persona_id"]
    assert row["default_replica_id"] == FACE
    assert row["system_prompt"].startswith("You are Chuck, a public speaking coach.")
    assert knowledge.essentials().strip() in row["system_prompt"]
    perception = row["layers"]["perception"]
    assert perception["perception_model"] == "raven-1"
    asked = " ".join(perception["perception_analysis_queries"]).lower()
    assert all(word in asked for word in ("eye contact", "facial expression", "posture", "gestures", "pace and tone"))
    queries = [query for name, value in perception.items() if name.endswith("queries") for query in value]
    assert all(perception[name] for name in ("visual_awareness_queries", "audio_awareness_queries"))
    assert max(map(len, queries)) <= 1000
    assert row["layers"]["conversational_flow"] == {"turn_taking_patience": "high", "replica_interruptibility": "low"}
    again = account.make()
    assert (again.outcome, len(account.chucks())) == ("same", 1)
    assert account.tavus.requests_of("patch_persona") == []


def test_an_update_sends_no_more_than_what_differs(account: Account) -> None:
    account.make()
    account.chucks()[0]["layers"]["tts"] = {"tts_engine": "cartesia"}
    texts = ChangedTexts(audio_awareness_queries=("Is it loud?",))
    made = account.make(account.wanted(texts=texts))
    (request,) = account.tavus.requests_of("patch_persona")
    assert made.outcome == "updated"
    path = "/layers/perception/audio_awareness_queries"
    assert request.json() == [{"op": "replace", "path": path, "value": ["Is it loud?"]}]
    # What is the user's own stays.
    assert account.chucks()[0]["layers"]["tts"] == {"tts_engine": "cartesia"}


def test_he_is_found_by_his_name_where_nothing_is_remembered_and_missing_layers_are_added(account: Account) -> None:
    account.tavus.personas.append(persona_row("pmade0elsewhere", OURS.name, layers={"llm": {"model": "x"}}))
    made = account.make()
    (row,) = account.chucks()
    assert made.found.persona_id == "pmade0elsewhere"
    assert row["layers"]["llm"] == {"model": "x"}
    assert row["layers"]["conversational_flow"]["turn_taking_patience"] == "high"
    assert account.tavus.requests_of("create_persona") == []
    steps = account.tavus.requests_of("patch_persona")[0].json()
    paths = [step["path"] for step in steps]
    assert paths.index("/layers/perception") < paths.index("/layers/perception/perception_model")


def test_a_name_that_only_looks_alike_is_somebody_else(account: Account) -> None:
    for name in (OURS.name.upper(), f"{OURS.name} 2", "Chuck"):
        account.tavus.personas.append(persona_row(f"p{len(account.tavus.personas)}", name))
    assert account.make().outcome == "created"


def test_of_several_the_oldest_is_used_then_the_remembered_one_and_the_user_is_told(account: Account) -> None:
    for number, year in ((1, 2026), (2, 2024), (3, 2025)):
        created = f"{year}-05-01T00:00:00Z"
        account.tavus.personas.append(persona_row(f"p{number}", OURS.name, created_at=created))
    made = account.make()
    assert made.found.persona_id == "p2"
    assert "3 personas of this name" in made.found.note()
    account.chucks()[0]["created_at"] = "2001-01-01T00:00:00Z"
    assert account.make().found.persona_id == "p2"
    assert account.tavus.requests_of("create_persona") == []


@pytest.mark.parametrize("page_limit", [1, 7, None])
@pytest.mark.parametrize("counts_total", [True, False])
def test_he_is_found_on_any_page(account: Account, page_limit: int | None, counts_total: bool) -> None:
    account.tavus.page_limit, account.tavus.counts_total = page_limit, counts_total
    account.tavus.personas += [persona_row(f"p{number}", f"Number {number}") for number in range(20)]
    account.tavus.personas.append(persona_row("pchuck", OURS.name))
    assert account.make().found.persona_id == "pchuck"
    assert account.tavus.requests_of("create_persona") == []


def test_a_list_without_an_end_is_no_proof_that_he_is_not_there(account: Account) -> None:
    endless = iter(range(10_000))

    def answer(kind: str, query: dict[str, str], *, new_names: bool) -> Answer:
        row = persona_row(f"p{next(endless)}", f"A {kind} on page {query['page']}", "user")
        return Answer(200, {"data": [row], "total_count": None, "new_names": new_names})

    account.tavus.people = answer  # type: ignore[method-assign]
    with pytest.raises(ServerFaultError):
        account.make()
    assert account.tavus.requests_of("create_persona") == []


# An answer that is lost after he was made; whether the wait ends by a time-out is the client's affair.
LOST: list[tuple[Fault, float]] = [
    (Reset(after=True), PATIENCE_S),
    (Silence(after=True), 0.3),
    (Status(500, {"message": "internal"}, after=True), PATIENCE_S),
    (Html(502, after=True), PATIENCE_S),
    (Truncated(), PATIENCE_S),
    (WrongTypes(), PATIENCE_S),
    (Drip(every_s=0.05), 0.3),
]


@pytest.mark.parametrize(("fault", "patience_s"), LOST, ids=lambda value: type(value).__name__)
def test_an_answer_that_is_lost_is_looked_up_and_he_is_made_once(
    account: Account, fault: Fault, patience_s: float
) -> None:
    account.tavus.plan("create_persona", fault)
    made = account.make(patience_s=patience_s)
    assert made.outcome == "created"
    assert [row["persona_id"] for row in account.chucks()] == [made.found.persona_id]
    assert len(account.tavus.requests_of("create_persona")) == 1
    assert account.make().outcome == "same"


@pytest.mark.parametrize("fault", [Reset(), Status(503), Html(302)], ids=lambda value: type(value).__name__)
def test_where_he_is_not_to_be_found_the_doubt_is_told_and_nothing_is_asked_for_twice(
    account: Account, fault: Fault
) -> None:
    account.tavus.plan("create_persona", fault)
    with pytest.raises(CoachError) as caught:
        account.make()
    assert "not known whether Chuck was created" in caught.value.what
    assert len(account.tavus.requests_of("create_persona")) == 1
    assert account.make().outcome == "created"
    assert len(account.chucks()) == 1


def test_one_who_appears_late_is_found_by_the_next_try(account: Account) -> None:
    account.tavus.plan("create_persona", Reset())
    with pytest.raises(CoachError):
        account.make()
    account.tavus.create_persona(json.loads(account.wanted().body()))
    assert account.make().outcome == "same"
    assert len(account.chucks()) == 1


def test_a_refusal_is_told_as_it_is(account: Account) -> None:
    account.tavus.plan("create_persona", Status(401, {"message": "Invalid access token"}))
    with pytest.raises(KeyRefusedError) as caught:
        account.make()
    assert caught.value.safe == "Nothing was added to the account."
    assert len(account.tavus.requests_of("create_persona")) == 1


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_patch_whose_answer_is_lost_counts_by_what_he_is_now(account: Account, carried_out: bool) -> None:
    account.make()
    account.tavus.plan("patch_persona", Reset(after=carried_out))
    wanted = account.wanted(texts=ChangedTexts(system_prompt="You are Chuck."))
    if carried_out:
        assert account.make(wanted).outcome == "updated"
    else:
        with pytest.raises(UnknownOutcomeError):
            account.make(wanted)
        assert account.make(wanted).outcome == "updated"
    assert account.chucks()[0]["system_prompt"].startswith("You are Chuck.\n")


def test_what_cannot_be_read_again_is_made_all_the_same_and_remembered(account: Account) -> None:
    account.tavus.plan("get_persona", Status(500))
    made = account.make()
    assert made.outcome == "created"
    assert account.make().found.persona_id == made.found.persona_id
    assert len(account.chucks()) == 1


def test_what_was_changed_in_tavus_is_shown_before_it_is_written_over(account: Account) -> None:
    account.make()
    account.chucks()[0]["system_prompt"] = "Mine, written at Tavus."
    account.chucks()[0]["layers"]["conversational_flow"]["turn_taking_patience"] = "low"
    wanted = account.wanted()
    with pytest.raises(chuck.NotShownError):
        account.make(wanted, shown=[])
    assert account.chucks()[0]["system_prompt"] == "Mine, written at Tavus."
    with account.client() as client:
        found = chuck.find(client, account.memory, OURS.name)
    changes = found.changes(wanted)
    assert {change.title for change in changes if change.is_theirs(found.sent)} == {
        "Instructions",
        "Patience with pauses",
    }
    # Changed once more after it was shown.
    account.chucks()[0]["system_prompt"] = "Mine, second thoughts."
    with pytest.raises(chuck.NotShownError):
        account.make(wanted, shown=changes)
    assert account.make(wanted).outcome == "updated"
    assert account.chucks()[0]["system_prompt"] == wanted.system_prompt


def test_one_who_came_to_be_while_the_dialog_was_open_is_not_written_over_unseen(account: Account) -> None:
    account.tavus.personas.append(persona_row("pother", OURS.name, system_prompt="Mine."))
    with pytest.raises(chuck.NotShownError):
        account.make(shown=[])
    assert account.chucks()[0]["system_prompt"] == "Mine."


def test_a_setting_that_the_account_keeps_under_a_newer_name_is_no_difference(account: Account) -> None:
    account.make()
    flow = account.chucks()[0]["layers"]["conversational_flow"]
    flow["pal_interruptibility"] = flow.pop("replica_interruptibility")
    assert account.make().outcome == "same"
    flow["pal_interruptibility"] = "high"
    account.make()
    (request,) = account.tavus.requests_of("patch_persona")
    path = "/layers/conversational_flow/pal_interruptibility"
    assert request.json() == [{"op": "replace", "path": path, "value": "low"}]


def test_a_wrapped_answer_is_read(account: Account) -> None:
    account.tavus.wraps_one_persona = True
    account.make()
    assert account.make().outcome == "same"


def test_documents_take_the_place_of_the_essentials_and_documents_of_others_stay(account: Account) -> None:
    account.make()
    account.chucks()[0]["document_ids"] = ["dmine"]
    assert account.make().outcome == "same"
    account.make(account.wanted(use_documents=True, document_ids=("d1",), document_tags=("talks",)))
    row = account.chucks()[0]
    assert (row["document_ids"], row["document_tags"]) == (["d1"], ["talks"])
    assert OURS.with_documents.strip() in row["system_prompt"]
    assert knowledge.essentials().strip() not in row["system_prompt"]
    account.make()
    assert (account.chucks()[0]["document_ids"], account.chucks()[0]["document_tags"]) == ([], [])


def test_documents_that_were_never_chosen_leave_the_essentials(account: Account) -> None:
    assert knowledge.essentials().strip() in (account.wanted(use_documents=True).system_prompt or "")


def test_one_who_was_deleted_in_tavus_is_created_again(account: Account) -> None:
    first = account.make().found.persona_id
    account.tavus.delete_persona(first)
    second = account.make()
    assert second.outcome == "created"
    assert second.found.persona_id != first
    assert account.memory.load()[0].accounts[account.tavus.base_url].persona_id == second.found.persona_id


def test_who_cancels_before_he_is_created_has_created_nobody(account: Account) -> None:
    account.stop.set()
    with pytest.raises(Cancelled):
        account.make()
    assert account.chucks() == []


def test_two_at_once_make_one(account: Account) -> None:
    received, go_on = threading.Event(), threading.Event()

    def hook(moment: str, request: Any) -> None:
        if (moment, request.operation) == ("received", "create_persona"):
            received.set()
            go_on.wait(20)

    account.tavus.hook = hook
    made: list[chuck.Made] = []
    threads = [threading.Thread(target=lambda: made.append(account.make(shown=[])), name=f"make {n}") for n in (1, 2)]
    for thread in threads:
        thread.start()
    assert received.wait(20)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert sorted(one.outcome for one in made) == ["created", "same"]
    assert len(account.chucks()) == 1


def test_the_profile_is_saved_once_and_keeps_what_is_the_users_own(account: Account) -> None:
    made = account.make()
    profile = chuck.keep_profile(account.own, account.memory, made.found, "Hello.")
    assert (profile.id, profile.provider, profile.persona_id) == (OWN_CHUCK, "tavus", made.found.persona_id)
    assert profile.participant_left_timeout
    assert profile.participant_absent_timeout
    assert chuck.keep_profile(account.own, account.memory, made.found, "Hi there.").custom_greeting == "Hi there."
    mine = profile.model_copy(update={"custom_greeting": "Mine.", "max_call_duration": 300, "language": "german"})
    save_profile(account.own, mine)
    again = chuck.keep_profile(account.own, account.memory, made.found, "Ours, newer.")
    assert (again.custom_greeting, again.max_call_duration, again.language) == ("Mine.", 300, "german")
    assert [one.profile.id for one in load_shelf(account.own).profiles if not one.built_in] == [OWN_CHUCK]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [("r5dc7c7d0bcb", "r5dc7c7d0bcb"), ("rgone", FACE), (None, FACE)],
)
def test_a_face_is_proposed_that_the_account_has(account: Account, chosen: str | None, expected: str) -> None:
    with account.client() as client:
        face = chuck.face_to_begin_with(client, chosen, None)
    assert face is not None
    assert face.replica_id == expected


def test_a_face_in_training_is_not_proposed(account: Account) -> None:
    for row in account.tavus.replicas:
        row["status"] = "started"
    with account.client() as client:
        assert chuck.face_to_begin_with(client, FACE, None) is None
