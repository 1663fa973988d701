"""A web pane in a window of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from coach_desktop.ui.room.web_pane import WebPane
from tests.ui.room.rooms import Opened


@pytest.fixture
def opened(qtbot: QtBot) -> Iterator[Opened]:
    pane = WebPane(open_outside=lambda url: made.open(url), clock=lambda: made.now)  # noqa: PLW0108 - made below
    made = Opened(pane)
    pane.resize(500, 400)
    with qtbot.waitExposed(pane):
        pane.show()
    yield made
    pane.leave()
    pane.close()
    pane.deleteLater()
