"""A session with the real local coach: its own process, spoken to over HTTP, its room entered over a WebSocket."""

from __future__ import annotations

import json
import math
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions import session as session_module
from coach_desktop.sessions.archive import Archive
from coach_desktop.sessions.local import LocalProvider
from coach_desktop.sessions.session import Session, SessionState, SessionUpdate
from coach_desktop.store.profile_files import load_shelf
from coach_desktop.store.profiles import find_profile

BLOCK = 1600  # samples, 100 ms at 16 kHz


def tone(number: int) -> bytes:
    """Return 100 ms of a quiet hum: sound, but no speech."""
    start = number * BLOCK
    return struct.pack(f"<{BLOCK}h", *(int(500 * math.sin((start + n) * 0.05)) for n in range(BLOCK)))


@dataclass
class Practice:
    """One data folder, and a session in it that a visitor's microphone can join."""

    data: DataFolder
    updates: list[SessionUpdate] = field(default_factory=list)
    visitor: threading.Thread | None = None
    blocks: int = 0
    on_update: Callable[[SessionUpdate], None] = lambda _: None
    heard: threading.Event = field(default_factory=threading.Event)

    def session(self, end_after_s: float | None = None) -> Session:
        return Session(
            profile=find_profile((stored.profile for stored in load_shelf(self.data.profiles).profiles), "chuck-local"),
            provider=LocalProvider(self.data.root),
            history_path=self.data.database,
            notify=self._on_session_updated,
            end_after_s=end_after_s,
        )

    def _on_session_updated(self, update: SessionUpdate) -> None:
        self.updates.append(update)
        self.on_update(update)
        if update.room_url and self.blocks and self.visitor is None:
            self.visitor = threading.Thread(target=self._visit, args=(update.room_url,), name="visitor")
            self.visitor.start()

    def _visit(self, room_url: str) -> None:
        address = urlsplit(room_url)
        stream = f"ws://{address.netloc}{address.path}/stream" + (f"?{address.query}" if address.query else "")
        with connect(stream, origin=Origin(f"http://{address.netloc}")) as room:
            room.send(json.dumps({"type": "hello", "version": 1}))
            room.send(json.dumps({"type": "devices", "camera": "missing", "microphone": "on", "detail": ""}))
            for number in range(self.blocks):
                header = struct.pack("<BBHIdHH", 2, 1, 0, number, number * 0.1, 0, 0)
                room.send(header + tone(number))
            self.heard.set()
            try:
                while json.loads(room.recv(timeout=120))["type"] != "ended":
                    pass
            except ConnectionClosed:
                return


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    data = DataFolder(tmp_path)
    data.create()
    practice = Practice(data)
    yield practice
    if practice.visitor is not None:
        practice.visitor.join(timeout=60)


def service_of_this_process() -> psutil.Process:
    (service,) = [child for child in psutil.Process().children() if "practice-service" in child.cmdline()]
    return service


def no_service_left() -> bool:
    living = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    # Chromium's processes stay for as long as this process has a QApplication from another test.
    return not [child for child in living if "practice-service" in child.cmdline()]


def test_cancel_before_anybody_joined_the_room_keeps_nothing(practice: Practice) -> None:
    session = practice.session()
    practice.on_update = lambda update: session.cancel() if update.room_url else None
    assert session.run().state is SessionState.IDLE
    assert practice.updates[-2].room_url is not None
    assert no_service_left()
    with Archive(practice.data.database) as archive:
        assert archive.sessions() == []


def test_cancel_while_the_service_starts_keeps_nothing(practice: Practice) -> None:
    session = practice.session()
    threading.Timer(0.1, session.cancel).start()
    assert session.run().state is SessionState.IDLE
    assert no_service_left()
    assert [update.state for update in practice.updates] == [SessionState.STARTING, SessionState.IDLE]


def test_session_of_two_seconds_is_measured_and_reported(practice: Practice) -> None:
    practice.blocks = 20
    last = practice.session(end_after_s=2.0).run()
    assert last.state is SessionState.DONE
    assert last.report is not None
    assert last.report.session.status == "done"
    assert last.report.session.duration_s == pytest.approx(2.0, abs=1.0)
    assert last.report.measures["speaking_time"].status == "measured"
    assert last.report.measures["face_present"].status == "not_measured"
    assert no_service_left()
    with Archive(practice.data.database) as archive:
        assert archive.report(last.session_id) == last.report


@pytest.mark.expects_warnings("the conversation was lost")
def test_service_that_is_killed_leaves_an_interrupted_session_with_what_had_arrived(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "CHECKPOINT_S", 0.1)
    practice.blocks = 30
    session = practice.session()

    def stored() -> bool:
        with Archive(practice.data.database) as archive:
            return any('"status":"measured"' in (left.snapshot or "") for left in archive.history.unfinished())

    def kill_when_heard() -> None:
        practice.heard.wait(timeout=60)
        give_up = time.monotonic() + 60
        while not stored() and time.monotonic() < give_up:
            time.sleep(0.05)
        service_of_this_process().kill()

    killer = threading.Thread(target=kill_when_heard)
    killer.start()
    last = session.run()
    killer.join()
    assert last.state is SessionState.DONE
    assert last.report is not None
    assert last.report.session.status == "interrupted"
    assert last.report.measures["speaking_time"].status == "measured"
    assert last.report.session.duration_s < 60
    assert no_service_left()
    with Archive(practice.data.database) as archive:
        assert [row.status for row in archive.sessions()] == ["interrupted"]
