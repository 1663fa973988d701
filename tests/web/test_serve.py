"""`serve` as a process of its own: local without a key, Tavus' stand-in with one, and every way in which it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from coach_desktop.core.errors import CoachError
from coach_desktop.core.paths import DataFolder
from coach_desktop.sessions.archive import Archive, Snapshot
from coach_desktop.store.lock import FolderLock
from coach_desktop.web import server
from tests.keyring_daemon import Desktop
from tests.practice.room.room_media import camera_file, device_flags, microphone_file
from tests.standin import StandIn
from tests.web.conftest import KEY, ROOT, Served, Start, wait_for

Browse = Callable[..., dict[str, Any]]


@pytest.fixture
def devices(tmp_path: Path) -> str:
    """Chromium's flags for a camera that shows a face and a microphone that hears a tone."""
    return device_flags(camera_file(tmp_path / "camera.mjpeg"), microphone_file(tmp_path / "microphone.wav"))


def _face_present(served: Served) -> float:
    """Return the share of pictures in which the one session's report tells of a face."""
    (row,) = served.rows()
    assert (row.provider, row.profile_id, row.status) == ("local", "chuck-tavus", "done")
    with Archive(served.data.database) as archive:
        report = archive.report(row.id)
    assert report is not None
    face = report.measures["face_present"]
    assert face.value is not None, face.reason
    return face.value


@pytest.mark.usefixtures("no_keyring")
def test_without_a_key_the_local_coach_takes_part_and_measures(serve: Start, browse: Browse, devices: str) -> None:
    with serve("--profile", "chuck-tavus") as served:
        assert "so the local coach takes part" in served.get("/").text
        told = served.start()
        assert set(told) == {"conversation_url", "conversation_id", "status", "notice"}
        assert told["status"] == "active"
        assert "so the local coach takes part" in told["notice"]
        assert told["conversation_url"].startswith("http://127.0.0.1:")
        live = "window.coachRoom && coachRoom.state.framesAcked > 20 && coachRoom.state.audioBlocksSent > 20"
        browse(told["conversation_url"], live, flags=devices)
        ended = served.post(f"/end/{told['conversation_id']}")
        assert (ended.status_code, ended.json()["status"]) == (200, "ended")
        assert _face_present(served) > 0.5
    assert served.process.returncode == 0


def _has_seen_a_face(served: Served) -> bool:
    with Archive(served.data.database) as archive:
        (left,) = archive.history.unfinished()
    delivery = Snapshot.model_validate_json(left.snapshot).delivery if left.snapshot else None
    return delivery is not None and delivery.measures["face_present"].status == "measured"


@pytest.mark.usefixtures("no_keyring")
def test_the_local_room_is_held_in_the_page(serve: Start, browse: Browse, devices: str) -> None:
    with serve("--profile", "chuck-tavus") as served, ThreadPoolExecutor(1) as pool:
        seen = pool.submit(
            browse,
            f"{served.base_url}/",
            "document.readyState === 'complete' && document.activeElement.id === 'start' => key Return",
            "document.querySelector('iframe#room') !== null",
            "document.body.innerText.includes('The conversation has ended')",
            flags=devices,
        )
        wait_for(lambda: seen.done() or (served.rows() and _has_seen_a_face(served)), served.log)
        served.post(f"/end/{served.get('/status').json()['conversation_id']}")
        assert seen.result()["frame"] is None
        assert _face_present(served) > 0.5


def test_it_says_what_another_computer_left_running(serve_tavus: Start, tavus: StandIn) -> None:
    there = [tavus.add_foreign("Practice [0123456789ab]"), tavus.add_foreign("somebody else's")]
    with serve_tavus() as served:
        wait_for(lambda: "A conversation of Coach Desktop runs in your Tavus account" in served.log(), served.log)
    assert [held.status for held in there] == ["active", "active"]


def test_tavus_conversation_is_created_once_and_ended(serve_tavus: Start, tavus: StandIn) -> None:
    foreign = tavus.add_foreign("somebody else's")
    with serve_tavus() as served:
        first_page = served.get("/")
        told = served.start()
        (held,) = tavus.active()
        assert told == {"conversation_url": held.url, "conversation_id": held.conversation_id, "status": "active"}
        again = served.post("/start")
        assert again.status_code == 409
        assert set(again.json()) == {"what", "safe", "do"}
        page = served.get("/")
        assert f'src="{held.url}"' in page.text
        assert "Mine &amp; &lt;yours&gt;" in page.text
        assert f"frame-src {tavus.origin};" in page.headers["Content-Security-Policy"]
        status = served.get("/status")
        assert status.json()["conversation_id"] == held.conversation_id
        assert status.json()["since"] == pytest.approx(held.created_at, abs=60)

        for unknown in (foreign.conversation_id, "c0ffee"):
            assert served.post(f"/end/{unknown}").status_code == 404
        for _ in range(2):
            ended = served.post(f"/end/{held.conversation_id}")
            assert (ended.status_code, ended.json()["status"]) == (200, "ended")
        assert tavus.active() == []
        assert foreign.status == "active"
        assert len(tavus.creates) == 1
        last_page = served.get("/")
        assert "The conversation has ended" in last_page.text
        wait_for(lambda: [row.analysis for row in served.rows()] == ["done"], served.log)
        assert served.stop() == 0
    answers = (first_page, again, page, status, ended, last_page)
    everything = served.log() + json.dumps(told) + "".join(f"{answer.headers}{answer.text}" for answer in answers)
    assert KEY not in everything
    assert "Traceback" not in everything


def test_errors_come_with_their_status_and_plain_words(serve_tavus: Start, tavus: StandIn) -> None:
    with serve_tavus() as served:

        def refused(status: int, word: str) -> None:
            answer = served.post("/start")
            assert answer.status_code == status, answer.text
            assert set(answer.json()) == {"what", "safe", "do"}
            assert word in answer.json()["what"]
            assert answer.json()["safe"] == "No new conversation was started."

        tavus.credits = False
        refused(402, "credit")
        tavus.credits, tavus.max_concurrent = True, 0
        refused(409, "As many conversations")
        tavus.max_concurrent, tavus.known_replicas = None, set()
        refused(400, "replica")
        tavus.known_replicas, tavus.key = None, "another-key-0000"
        refused(401, "key")
        tavus.key = KEY
        told = served.start()
        assert [held.conversation_id for held in tavus.active()] == [told["conversation_id"]]


def test_locked_keyring_starts_nothing(serve_tavus: Start, tavus: StandIn, ring: Desktop) -> None:
    ring.lock()
    with serve_tavus() as served:
        assert "so the local coach takes part" not in served.get("/").text
        answer = served.post("/start")
        assert answer.status_code == 401
        assert "locked" in answer.json()["what"]
        assert served.rows() == []
    assert tavus.requests == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_of_the_server_ends_the_conversation(serve_tavus: Start, tavus: StandIn, number: int) -> None:
    with serve_tavus() as served:
        served.start()
        assert served.stop(number) == 0
        assert tavus.active() == []
        (row,) = served.rows()
        assert not row.remote_open
        assert "Traceback" not in served.log()


def test_closed_terminal_ends_the_conversation_too(serve_tavus: Start, tavus: StandIn) -> None:
    with serve_tavus(deaf=True) as served:
        served.start()
        served.stop(signal.SIGHUP)
        assert tavus.active() == []
        (row,) = served.rows()
        assert not row.remote_open
        assert "Ending the conversation" in served.log()


def test_next_start_ends_what_a_crash_left(serve_tavus: Start, tavus: StandIn) -> None:
    foreign = tavus.add_foreign("somebody else's")
    with serve_tavus() as served:
        served.start()
        served.process.kill()
        served.process.wait()
    assert len(tavus.active()) == 1
    with serve_tavus() as served:
        wait_for(lambda: not tavus.active(), served.log)
        wait_for(lambda: "was ended" in served.get("/").text, served.log)
        wait_for(lambda: "was ended" in served.errors.read_text("utf-8"), served.log)
    assert foreign.status == "active"


def test_beside_the_running_app_it_does_not_start(data: DataFolder) -> None:
    lock = FolderLock(data.lock)
    assert lock.take()
    try:
        done = subprocess.run(
            [sys.executable, str(ROOT / "main.py"), "serve", "--data-dir", str(data.root)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    finally:
        lock.release()
    assert (done.returncode, done.stdout) == (3, "")
    assert "already running" in done.stderr


def test_taken_port_and_unknown_profile_are_told(data: DataFolder) -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        with pytest.raises(CoachError, match=f"port {port}"):
            server.run(data, port=port, announce=said.append, warn=said.append)
    with pytest.raises(CoachError, match="There is no profile 'nobody'"):
        server.run(data, profile_id="nobody", announce=said.append, warn=said.append)
    assert said == []
    lock = FolderLock(data.lock)
    assert lock.take(), "it was let go again"
    lock.release()


def test_no_qt_is_loaded() -> None:
    code = (
        "import sys; import coach_desktop.web.server, coach_desktop.sessions.session, coach_desktop.sessions.tavus;"
        "print([name for name in sys.modules if name.startswith(('PySide6', 'shiboken6', 'coach_desktop.practice'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
