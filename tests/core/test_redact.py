"""A secret that the process knows, or that looks like one, never reaches a log line."""

from __future__ import annotations

import io
import json
import logging
import string
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.core.redact import MASK, Redactor, ScrubbingFormatter

PLANTED = "marked-key-7f3a91c2"

# Real keys are printable ASCII without blanks; quotes, backslashes and percent signs are the ones that get escaped.
KEYS = st.text(alphabet=[c for c in string.printable if c.isprintable() and c not in " []"], min_size=6, max_size=40)


def knowing(*secrets: str) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret)
    return redactor


def logged(redactor: Redactor, message: object, *args: object, error: BaseException | None = None) -> str:
    """Return what a handler with our formatter writes for one record."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ScrubbingFormatter("%(levelname)s %(name)s: %(message)s", redactor))
    record = logging.LogRecord("a.name", logging.ERROR, __file__, 1, message, args, None)
    if error is not None:
        record.exc_info = (type(error), error, error.__traceback__)
    handler.handle(record)
    return stream.getvalue()


@given(key=KEYS, before=st.text(), after=st.text())
def test_known_secret_never_survives_whatever_surrounds_it(key: str, before: str, after: str) -> None:
    assert key not in knowing(key).scrub(before + key + after).replace(MASK, "")


@given(key=KEYS, spell=st.sampled_from([repr, json.dumps, quote, lambda k: urlencode({"k": k}), lambda k: f"{k}{k}"]))
def test_known_secret_is_hidden_in_every_usual_spelling(key: str, spell: object) -> None:
    assert callable(spell)
    spelled = spell(key)
    hidden = knowing(key).scrub(spelled)
    assert MASK in hidden
    assert key not in hidden.replace(MASK, "")


@given(short=KEYS, more=KEYS)
def test_secret_inside_another_leaves_no_part_of_the_longer_one(short: str, more: str) -> None:
    long = short + more
    for order in ((short, long), (long, short)):
        assert knowing(*order).scrub(f"<<{long}>>") == f"<<{MASK}>>"


@given(st.text())
def test_scrubbing_never_raises_and_scrubbed_text_has_nothing_left_to_hide(text: str) -> None:
    redactor = knowing(PLANTED)
    assert PLANTED not in redactor.scrub(redactor.scrub(text))


@pytest.mark.parametrize(
    "text",
    [
        f"x-api-key: {PLANTED}",
        f"X-API-KEY={PLANTED}",
        f"{{'x-api-key': '{PLANTED}', 'Accept': '*/*'}}",
        f'{{"api_key": "{PLANTED}"}}',
        f'{{\\"api_key\\": \\"{PLANTED}\\"}}',
        f"[(b'x-api-key', b'{PLANTED}')]",
        f"{{b'x-api-key': b'{PLANTED}'}}",
        f'[["x-api-key", "{PLANTED}"]]',
        f"TAVUS_API_KEY={PLANTED}",
        f"Authorization: Bearer {PLANTED}",
        f"authorization: Basic {PLANTED}",
        f"meeting_token='{PLANTED}'",
        f"http://127.0.0.1:1/rooms/c1?t={PLANTED}",
        f"http://127.0.0.1:1/rooms/c1?a=b&t={PLANTED}#top",
        f"a key like tvsk_{PLANTED.replace('-', '')}",
        "eyJhbGciOiJIUzI1NiJ9.eyJyb29tIjoiYzEifQ.c2lnbmF0dXJl",
    ],
)
def test_unknown_secret_is_hidden_by_its_shape(text: str) -> None:
    hidden = Redactor().scrub(text)
    assert MASK in hidden
    assert PLANTED not in hidden
    assert PLANTED.replace("-", "") not in hidden
    assert "c2lnbmF0dXJl" not in hidden


@pytest.mark.parametrize(
    "text",
    ["", "GET /v2/conversations/c1 200", "the api key was not accepted", "GET /x?time=3&test=1", "eye contact 0.8"],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Redactor().scrub(text) == text


@pytest.mark.parametrize("blank", ["", "a", "short", "     x     "])
def test_very_short_secret_does_not_hide_everything(blank: str) -> None:
    assert knowing(blank).scrub("a short text x") == "a short text x"


def test_secret_is_known_without_the_blanks_it_was_pasted_with() -> None:
    assert PLANTED not in knowing(f"  {PLANTED}\n").scrub(f"key={PLANTED};")


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except type(error) as caught:
        return caught


def chained() -> BaseException:
    try:
        try:
            raise KeyError(PLANTED)
        except KeyError as inner:
            raise RuntimeError("outer") from inner
    except RuntimeError as outer:
        return outer


@pytest.mark.parametrize(
    ("message", "args", "error"),
    [
        (f"plain {PLANTED}", (), None),
        ("argument %s", (PLANTED,), None),
        ("nested %r", ({"deep": [("pair", PLANTED)]},), None),
        ("bytes %r", (PLANTED.encode(),), None),
        ({"an": f"object {PLANTED}"}, (), None),
        ("failed", (), raised(ValueError(f"bad key {PLANTED}"))),
        ("failed", (), chained()),
        ("failed", (), raised(ExceptionGroup("many", [ValueError(PLANTED), KeyError(PLANTED)]))),
    ],
)
def test_record_is_scrubbed_as_a_whole(message: object, args: tuple[object, ...], error: BaseException | None) -> None:
    text = logged(knowing(PLANTED), message, *args, error=error)
    assert PLANTED not in text
    assert MASK in text


def test_traceback_that_another_handler_has_formatted_already_is_scrubbed_too() -> None:
    record = logging.LogRecord("a", logging.ERROR, __file__, 1, "failed", (), None)
    error = raised(ValueError(PLANTED))
    record.exc_info = (type(error), error, error.__traceback__)
    assert PLANTED in logging.Formatter().format(record)  # which leaves the text on the record
    assert PLANTED not in ScrubbingFormatter("%(message)s", knowing(PLANTED)).format(record)
