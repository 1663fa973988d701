"""Times as a user reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from coach_desktop.ui import parts


@pytest.mark.parametrize(
    ("seconds", "clock", "spoken"),
    [
        (0, "0:00", "0 seconds"),
        (61, "1:01", "1 minute 1 second"),
        (120.4, "2:00", "2 minutes"),
        (3723, "1:02:03", "62 minutes 3 seconds"),
    ],
)
def test_lengths_of_time(seconds: float, clock: str, spoken: str) -> None:
    assert (parts.minutes(seconds), parts.spoken_minutes(seconds)) == (clock, spoken)


def test_times_are_the_users_own() -> None:
    now = datetime.now(UTC).astimezone().replace(hour=12)
    iso = "%Y-%m-%dT%H:%M:%S.%fZ"
    assert parts.local_time(now.astimezone(UTC).strftime(iso), now).startswith("Today, ")
    assert parts.local_time((now - timedelta(days=1)).astimezone(UTC).strftime(iso), now).startswith("Yesterday, ")
    assert "2020" in parts.local_time("2020-02-29T12:00:00.000000Z", now)
    assert parts.local_time("not a time", now) == "not a time"
