"""A web pane in a window of its own, and the live page with the clock by which it goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from coach_desktop.ui.live_page import LivePage
from coach_desktop.ui.room.web_pane import WebPane
from tests.ui.room.live_pages import Turned
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


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def page(qtbot: QtBot, dressed: QApplication, clock: Turned) -> Iterator[LivePage]:
    made = LivePage(clock=clock)
    made.resize(1400, 700)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.leave_room()
    made.close()
    made.deleteLater()
