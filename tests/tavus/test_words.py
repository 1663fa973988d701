"""Every error has its own plain words, and what is safe is said of what was asked for."""

from __future__ import annotations

import pytest

from coach_desktop.tavus import errors
from coach_desktop.tavus.errors import Asked, TavusError, from_status

IN_DOUBT = [
    lambda asked: from_status(500, "internal", asked),
    lambda asked: from_status(302, "", asked),
    lambda asked: errors.no_answer(asked, "ReadTimeout"),
    lambda asked: errors.unreadable(asked, "no JSON"),
]
EACH = [
    from_status(401, "Invalid access token"),
    from_status(403, "Forbidden"),
    from_status(402, "The user is out of conversational credits."),
    from_status(400, "User has reached maximum concurrent conversations"),
    from_status(400, "Invalid persona_id"),
    from_status(400, "Invalid replica_uuid"),
    from_status(400, "Invalid document_ids"),
    from_status(400, "Invalid conversation_id"),
    from_status(400, "Cannot have both persona_id and pal_id"),
    from_status(400, "There was an error creating the conversation, please reach out to support at support@tavus.io!"),
    from_status(404, "Not Found", Asked.CREATE),
    from_status(422, "Unprocessable", Asked.CREATE),
    from_status(429, "limit reached"),
    from_status(302, ""),
    from_status(500, ""),
    errors.unreachable(Asked.READ, ""),
    errors.no_answer(Asked.READ, ""),
    errors.unreadable(Asked.READ, ""),
]


def test_each_error_has_words_of_its_own() -> None:
    assert len({error.what for error in EACH}) == len(EACH)
    for error in EACH:
        assert isinstance(error, TavusError)
        assert all(text.endswith(".") and text[0].isupper() for text in (error.safe, error.do))


@pytest.mark.parametrize("make", IN_DOUBT)
def test_a_create_in_doubt_says_so_and_what_the_app_does(make: object) -> None:
    assert callable(make)
    safe = make(Asked.CREATE).safe
    assert "not known whether a conversation was started" in safe
    assert "the app looks for the conversation" in safe
    assert "not known whether the conversation has ended" in make(Asked.END).safe
    assert "not known whether the conversation was deleted" in make(Asked.DELETE).safe
    assert "Nothing was started or changed" in make(Asked.READ).safe


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429])
def test_a_refused_create_says_that_nothing_was_started(status: int) -> None:
    assert from_status(status, "no", Asked.CREATE).safe == "No new conversation was started."
    assert from_status(status, "no", Asked.END).safe == "The conversation may still be running."


@pytest.mark.parametrize(
    ("text", "thing"),
    [
        ("Invalid persona_id", "persona"),
        ("invalid PAL_ID", "persona"),
        ("Invalid persona", "persona"),
        ("Invalid replica_uuid", "replica"),
        ("Invalid replica_id: 'p123'", "replica"),
        ("Invalid face_id", "replica"),
        ("Invalid document_ids", "document"),
        ("Document not found", "document"),
    ],
)
def test_an_unknown_id_names_what_it_is_of(text: str, thing: str) -> None:
    error = from_status(400, text, Asked.CREATE)
    assert type(error) is errors.UnknownIdError
    assert thing in error.what
    assert thing in error.do
    assert text in error.details


@pytest.mark.parametrize("text", ["Invalid request: limit must be a positive integer", "Invalid palette", "Invalid"])
def test_another_refusal_is_quoted(text: str) -> None:
    error = from_status(400, text, Asked.CREATE)
    assert type(error) is errors.BadRequestError
    assert text in error.what


def test_a_plan_that_does_not_allow_it_is_told_apart_from_a_wrong_key() -> None:
    assert type(from_status(403, "Forbidden")) is errors.NotAllowedError
    assert type(from_status(403, "Invalid access token")) is errors.KeyRefusedError
