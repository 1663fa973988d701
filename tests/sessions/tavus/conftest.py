"""For sessions with Tavus: the server in its place, and a stage for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sessions.tavus_stage import TavusStage
from tests.standin import StandIn


@pytest.fixture
def tavus() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def stage(tavus: StandIn, tmp_path: Path) -> TavusStage:
    return TavusStage(tavus, tmp_path / "history.sqlite3")
