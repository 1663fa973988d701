"""What the bar counts by: a clock that somebody sets changes nothing. And what it shows in little room."""

from __future__ import annotations

import pytest
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


class Bar:
    """A bar whose time is the test's."""

    def __init__(self, bot: QtBot) -> None:
        self.clocks = Clocks()
        self.bar = SessionBar(stopwatch=self.clocks.watch())
        self.bot = bot
        bot.addWidget(self.bar)
        self.bar.begin(Price(0.37, "USD"))
        self.bar.resize(1400, 60)
        with bot.waitExposed(self.bar):
            self.bar.show()

    def live(self, ago_s: float, longest_s: float | None = None) -> None:
        since = self.clocks.epoch - ago_s
        self.bar.show_update(
            SessionUpdate(
                SessionState.LIVE, "s1", "Live.", room_url="https://x/", provider="tavus", billed_since=since,
                ends_at=None if longest_s is None else since + longest_s,
            )
        )  # fmt: skip
        self.bar.offer_end(True)

    def shown(self) -> list[str]:
        return [label.text() for label in self.bar.findChildren(QLabel) if label.isVisible()]


@pytest.fixture
def shown_bar(qtbot: QtBot, dressed: QApplication) -> Bar:
    return Bar(qtbot)


@pytest.mark.parametrize(("ago_s", "longest_s"), [(3_700.0, None), (3_541.5, 3600.0), (3_301.0, 3600.0)])
def test_times_cost_and_the_end_are_never_cut(shown_bar: Bar, ago_s: float, longest_s: float | None) -> None:
    shown_bar.live(ago_s, longest_s)
    for width in (1400, 1000, 700, 560, 460, 1400):
        shown_bar.bar.resize(width, 60)
        shown_bar.bot.waitUntil(lambda: not cut(shown_bar.bar))
        shown = shown_bar.shown()
        assert {"1:01:40", "59:01", "55:01"}.intersection(shown)
        assert any(" USD" in text for text in shown)
        left = [text for text in shown if "left" in text or "ends in" in text]
        assert len(left) == (longest_s is not None)
    assert "Live" in shown


def test_the_last_minutes_are_counted_down(shown_bar: Bar, qtbot: QtBot) -> None:
    def left() -> list[tuple[str, str, str]]:
        labels = [label for label in shown_bar.bar.findChildren(QLabel) if label.accessibleName().startswith("Ends in")]
        return [(one.text(), one.accessibleName(), one.property("look")) for one in labels if one.isVisible()]

    shown_bar.live(ago_s=299.0, longest_s=600.0)
    assert left() == []
    shown_bar.clocks.seconds += 1.5
    qtbot.waitUntil(lambda: left() == [("ends in 5:00", "Ends in 5 minutes", "watch")])
    shown_bar.clocks.seconds += 239.9
    qtbot.waitUntil(lambda: left() == [("ends in 1:00", "Ends in 1 minute", "act")])
    # Who sets the clock of the computer changes nothing.
    shown_bar.clocks.epoch += 86_400.0
    shown_bar.clocks.seconds += 120.0
    qtbot.waitUntil(lambda: left() == [("ends in 0:00", "Ends in 0 seconds", "act")])
    shown_bar.bar.begin(None)
    assert left() == []


def test_what_is_not_billed_has_no_countdown(shown_bar: Bar) -> None:
    shown_bar.bar.show_update(
        SessionUpdate(
            SessionState.LIVE, "s1", "Live.", live_since=shown_bar.clocks.epoch, ends_at=shown_bar.clocks.epoch
        )
    )
    assert not any("ends in" in text for text in shown_bar.shown())
