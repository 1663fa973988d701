"""Signals that ask the app to end: noted wherever they come, and acted on from the event loop."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from coach_desktop.ui.end_signals import EndSignals

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    before = {kind: signal.getsignal(kind) for kind in SIGNALS}
    yield
    for kind, handler in before.items():
        signal.signal(kind, handler)


class Painted(QWidget):
    """A window to which a signal comes while it is being painted."""

    def __init__(self) -> None:
        super().__init__()
        self.kind: int | None = None
        self.is_painting = False

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.is_painting = True
        if self.kind is not None:
            kind, self.kind = self.kind, None
            signal.raise_signal(kind)
        self.is_painting = False


@pytest.mark.parametrize("kind", SIGNALS)
def test_a_signal_that_comes_in_the_middle_of_a_picture_is_acted_on_after_it(qtbot: QtBot, kind: int) -> None:
    window = Painted()
    qtbot.addWidget(window)
    asked: list[bool] = []
    signals = EndSignals(lambda: asked.append(window.is_painting), window)
    window.kind = kind
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: bool(asked))
    qtbot.wait(500)
    assert asked == [False]
    signals.stop()


def test_every_wish_is_passed_on(qtbot: QtBot) -> None:
    asked: list[int] = []
    signals = EndSignals(lambda: asked.append(1))
    for wishes in (1, 2):
        signal.raise_signal(signal.SIGTERM)
        qtbot.waitUntil(lambda wishes=wishes: len(asked) == wishes)  # type: ignore[misc]
    signals.stop()


def test_none_is_acted_on_once_the_app_is_ending(qtbot: QtBot) -> None:
    asked: list[int] = []
    signals = EndSignals(lambda: asked.append(1))
    signals.stop()
    signal.raise_signal(signal.SIGTERM)
    qtbot.wait(500)
    assert asked == []
