"""Identifiers, the clock and the errors that a user can be shown."""

from __future__ import annotations

import re
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from coach_desktop.core import ids
from coach_desktop.core.clock import SystemClock, iso_utc
from coach_desktop.core.errors import Cancelled, CoachError


def test_session_ids_say_when_and_are_safe_in_a_file_name() -> None:
    drawn = {ids.new_session_id() for _ in range(200)}
    assert len(drawn) == 200
    assert all(re.fullmatch(r"\d{8}T\d{6}-[0-9a-f]{8}", session_id) for session_id in drawn)


def test_name_tokens_differ() -> None:
    drawn = {ids.new_name_token() for _ in range(200)}
    assert len(drawn) == 200
    assert all(re.fullmatch(r"[0-9a-f]{12}", token) for token in drawn)


@given(st.floats(min_value=0, max_value=4e9))
def test_times_are_written_as_the_api_writes_them(epoch_s: float) -> None:
    text = iso_utc(epoch_s)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text)
    assert abs(datetime.fromisoformat(text).timestamp() - epoch_s) < 2e-6


def test_system_clock_moves_forward() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.epoch() > 1.6e9


def test_error_tells_what_is_safe_and_what_to_do_and_keeps_details_for_the_log() -> None:
    error = CoachError("It broke.", safe="Nothing is lost.", do="Try again.", details="errno 5")
    assert error.sentences() == "It broke. Nothing is lost. Try again."
    assert str(error) == "It broke."
    assert CoachError("It broke.").sentences() == "It broke."
    assert isinstance(Cancelled(), CoachError)
