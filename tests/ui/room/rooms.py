"""Pages that stand in for rooms, and a pane with which to show them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from coach_desktop.ui.room.page_policy import RoomKind
from coach_desktop.ui.room.web_pane import WebPane
from tests.standin import StandIn
from tests.ui.conftest import Site

MakeSite = Callable[[], Site]

MEDIA_PAGE = """<title>waiting</title><body><script>
async function ask(what) {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(what);
    document.title = 'got ' + stream.getTracks().map(track => track.kind).sort().join('+');
  } catch (error) { document.title = 'refused ' + error.name; }
}
if (!location.hash) ask({video: true, audio: true});
</script>"""


@dataclass
class Opened:
    """The pane, and what it handed to the system's browser."""

    pane: WebPane
    outside: list[str] = field(default_factory=list)
    now: float = 0.0
    has_browser: bool = True

    def open(self, url: QUrl) -> bool:
        self.outside.append(url.toString())
        return self.has_browser

    def run(self, qtbot: QtBot, code: str) -> Any:
        answers: list[Any] = []
        assert self.pane.view is not None
        self.pane.view.page().runJavaScript(code, 0, answers.append)
        qtbot.waitUntil(lambda: bool(answers))
        return answers[0]

    def title(self) -> str:
        assert self.pane.view is not None
        return self.pane.view.page().title()


def show(qtbot: QtBot, opened: Opened, address: str, *, allow: bool = False, kind: RoomKind = "local") -> None:
    with qtbot.waitSignal(opened.pane.room_loaded):
        opened.pane.show_room(QUrl(address), allow_media=allow, kind=kind)


def click(qtbot: QtBot, opened: Opened, x: int = 60, y: int = 40) -> None:
    """Click into the page, and again until it took a click: it takes none before it has been painted."""
    view = opened.pane.view
    assert view is not None
    counting = "window.clicks ??= (addEventListener('click', () => { window.clicks += 1; }, true), 0)"
    before = opened.run(qtbot, counting)
    for _ in range(20):
        qtbot.wait(150)
        target = view.focusProxy()
        assert target is not None
        QTest.mouseClick(target, Qt.MouseButton.LeftButton, pos=QPoint(x, y))
        with suppress(qtbot.TimeoutError):
            qtbot.waitUntil(lambda: opened.run(qtbot, "window.clicks") > before, timeout=3000)
            return
    raise AssertionError("the page took no click")


def make_room(tavus: StandIn, **fields: object) -> str:
    """Return the address of a new room, with its token where it wants one."""
    with tavus.lock:
        made = tavus.create({"replica_id": "r90bbd427f71", **fields}).body
    assert isinstance(made, dict)
    token = made.get("meeting_token")
    return f"{made['conversation_url']}?t={token}" if token else str(made["conversation_url"])
