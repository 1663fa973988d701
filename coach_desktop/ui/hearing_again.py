"""What the window shows while the words of a talk are made out once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from coach_desktop.sessions.updates import AftercareNews
    from coach_desktop.ui.ask_bar import AskBar


def show(bar: AskBar, news: AftercareNews, stop: Callable[[], None]) -> bool:
    """Tell how far it is, with a way to stop it, in place of what was told of it before; at its end, nothing more.

    Return whether the news is about that.
    """
    if news.kind not in {"hearing_again", "heard_again"}:
        return False
    told = bar.property("hearing_again")
    if isinstance(told, str):
        if news.kind == "hearing_again" and bar.isHidden():
            # Closed by the user: it goes on, unseen.
            return True
        bar.withdraw(told)
    bar.setProperty("hearing_again", news.text or None)
    if news.kind == "hearing_again":
        bar.tell(news.text, ("Keep the first report", stop))
    return True
