"""What the bar counts by: a clock that somebody sets changes nothing. And what it shows in little room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from coach_desktop.core.clock import awake_or_asleep
from coach_desktop.sessions.updates import SessionState, SessionUpdate
from coach_desktop.ui.session_bar import Price, SessionBar, Stopwatch


class Clocks:
    """Two clocks that a test turns."""

    def __init__(self, epoch: float = 1_700_000_000.0, seconds: float = 50.0) -> None:
        self.epoch = epoch
        self.seconds = seconds

    def watch(self) -> Stopwatch:
        return Stopwatch(lambda: self.epoch, lambda: self.seconds)


def test_it_counts_from_a_moment_in_the_past() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    assert watch.elapsed_s is None
    watch.count_from(clocks.epoch - 12.0)
    clocks.seconds += 3.0
    assert watch.elapsed_s == 15.0


def test_the_same_moment_told_again_changes_nothing() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    since = clocks.epoch - 12.0
    watch.count_from(since)
    clocks.epoch += 86_400.0
    watch.count_from(since)
    assert watch.elapsed_s == 12.0
    watch.count_from(None)
    assert watch.elapsed_s is None


@given(st.floats(-1e9, 1e9), st.lists(st.tuples(st.floats(0, 1e4), st.floats(-1e9, 1e9)), max_size=20))
def test_it_never_goes_back_whatever_is_done_to_the_clock(ahead_s: float, steps: list[tuple[float, float]]) -> None:
    clocks = Clocks()
    watch = clocks.watch()
    since = clocks.epoch + ahead_s
    last = 0.0
    for passes, turned in steps:
        clocks.seconds += passes
        clocks.epoch += turned
        watch.count_from(since)
        assert watch.elapsed_s is not None
        assert watch.elapsed_s >= last - 1e-3
        last = watch.elapsed_s


def test_a_price_is_told_as_about() -> None:
    assert Price(0.37, "USD").of(151.0) == "about 0.93 USD"
    assert Price(0.37, "EUR").of(0.0) == "about 0.00 EUR"


def test_the_seconds_only_grow() -> None:
    assert awake_or_asleep() <= awake_or_asleep()


def cut(bar: SessionBar) -> list[str]:
    parts: list[QLabel | QPushButton] = [*bar.findChildren(QLabel), *bar.findChildren(QPushButton)]
    return [part.text() for part in parts if part.isVisible() and part.width() < part.sizeHint().width()]


def test_time_cost_and_the_end_are_never_cut(qtbot: QtBot, dressed: QApplication) -> None:
    clocks = Clocks()
    bar = SessionBar(stopwatch=clocks.watch())
    qtbot.addWidget(bar)
    bar.begin(Price(0.37, "USD"))
    bar.resize(1400, 60)
    with qtbot.waitExposed(bar):
        bar.show()
    since = clocks.epoch - 3_700.0
    bar.show_update(
        SessionUpdate(SessionState.LIVE, "s1", "Live.", room_url="https://x/", provider="tavus", billed_since=since)
    )
    bar.offer_end(True)
    for width in (1400, 1000, 700, 560, 460, 1400):
        bar.resize(width, 60)
        qtbot.waitUntil(lambda: not cut(bar))
        shown = [label.text() for label in bar.findChildren(QLabel) if label.isVisible()]
        assert "1:01:40" in shown
        assert any("22.82 USD" in text for text in shown)
    assert "Live" in shown
