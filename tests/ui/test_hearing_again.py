"""While words are made out once more the window says how far it is, and it can be stopped or closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach_desktop.sessions.updates import AftercareNews
from coach_desktop.ui import hearing_again
from coach_desktop.ui.ask_bar import AskBar

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def _bar(qtbot: QtBot) -> AskBar:
    bar = AskBar()
    qtbot.addWidget(bar)
    return bar


def test_it_tells_how_far_it_is_and_then_no_more(qtbot: QtBot) -> None:
    bar, stopped = _bar(qtbot), []
    for text in ("10 %", "20 %"):
        assert hearing_again.show(bar, AftercareNews(None, "hearing_again", text), lambda: stopped.append(True))
        assert bar.accessibleName() == text
        assert not bar.isHidden()
    bar._choose(1)  # noqa: SLF001 - the second button
    assert stopped == [True]
    assert hearing_again.show(bar, AftercareNews(None, "heard_again", ""), lambda: None)
    assert bar.isHidden()
    assert hearing_again.show(bar, AftercareNews(None, "hearing_again", "0 %"), lambda: None)
    assert bar.accessibleName() == "0 %"


def test_who_closed_it_is_left_in_peace_and_other_news_stay(qtbot: QtBot) -> None:
    bar = _bar(qtbot)
    hearing_again.show(bar, AftercareNews(None, "hearing_again", "10 %"), lambda: None)
    bar.clear()
    hearing_again.show(bar, AftercareNews(None, "hearing_again", "20 %"), lambda: None)
    assert bar.isHidden()
    bar.tell("A conversation may still run.")
    hearing_again.show(bar, AftercareNews(None, "heard_again", ""), lambda: None)
    assert not bar.isHidden()
    assert bar.accessibleName() == "A conversation may still run."


def test_other_news_are_none_of_its_business(qtbot: QtBot) -> None:
    assert not hearing_again.show(_bar(qtbot), AftercareNews("one", "cannot_end", "It may run."), lambda: None)
