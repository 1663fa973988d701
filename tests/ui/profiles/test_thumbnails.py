"""Pictures from a real server: the image, else the video's first frame, else none; and nothing that could do harm."""

from __future__ import annotations

import http.server
import logging
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from PySide6.QtCore import QBuffer, QSize
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from coach_desktop.ui.profiles import thumbnails as module
from coach_desktop.ui.profiles.picker_list import initials
from coach_desktop.ui.profiles.thumbnails import SIDE, Thumbnails

BLUE, RED = QColor("#2040c0"), QColor("#c02020")


def picture(colour: QColor, width: int = 64, height: int = 64) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(colour)
    return png(image)


def png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    assert image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs ask for bytes, PySide for text
    return bytes(buffer.data().data())


class Web:
    """Serves what it is given, and remembers what was asked of it and with which headers."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.hold = threading.Event()
        self.hold.set()
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                web.hold.wait(30)
                place = web.redirects.get(self.path)
                body = web.content.get(self.path, b"")
                self.send_response(302 if place else 200 if body else 404)
                if place:
                    self.send_header("Location", place)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                """Say nothing of clients that have seen enough."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def serve(self, path: str, body: bytes) -> str:
        self.content[path] = body
        return self.url + path

    @property
    def paths(self) -> list[str]:
        return [path for path, _headers in self.asked]


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    thread = threading.Thread(target=web.server.serve_forever, args=(0.02,), name="web")
    thread.start()
    yield web
    web.hold.set()
    web.server.shutdown()
    web.server.server_close()
    thread.join()


@pytest.fixture
def thumbnails(qtbot: QtBot) -> Iterator[Thumbnails]:
    made = Thumbnails()
    yield made
    assert made.close(30)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return an MP4 as cameras and browsers make them, blue from its first frame on."""
    path = tmp_path_factory.mktemp("video") / "blue.mp4"
    source = f"color=c={BLUE.name().replace('#', '0x')}:s=160x120:d=0.4:r=10"
    command = [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


def got(qtbot: QtBot, thumbnails: Thumbnails, image: str, video: str = "") -> QImage | None:
    with qtbot.waitSignal(thumbnails.thumbnail_came):
        assert thumbnails.picture(image, video) is None
    return thumbnails.picture(image, video)


def shows(image: QImage | None, colour: QColor) -> bool:
    assert image is not None
    assert image.size() == QSize(SIDE, SIDE)
    seen = image.pixelColor(SIDE // 2, SIDE // 2)
    tints = ((seen.red(), colour.red()), (seen.green(), colour.green()), (seen.blue(), colour.blue()))
    return all(abs(one - other) < 40 for one, other in tints)


class TestWhatIsShown:
    def test_the_image_and_the_video_is_left_alone(self, qtbot: QtBot, thumbnails: Thumbnails, web: Web) -> None:
        image, film = web.serve("/a.png", picture(RED, 300, 200)), web.serve("/a.mp4", b"x")
        assert shows(got(qtbot, thumbnails, image, film), RED)
        assert web.paths == ["/a.png"]
        assert thumbnails.picture(image, film) is not None
        assert web.paths == ["/a.png"]

    def test_else_the_first_frame_of_the_video(
        self, qtbot: QtBot, thumbnails: Thumbnails, web: Web, video: bytes
    ) -> None:
        assert shows(got(qtbot, thumbnails, "", web.serve("/a.mp4", video)), BLUE)

    def test_of_several_at_once(self, qtbot: QtBot, thumbnails: Thumbnails, web: Web, video: bytes) -> None:
        web.hold.clear()
        urls = [web.serve(f"/{number}.mp4", video) for number in range(6)]
        for url in urls:
            assert thumbnails.picture("", url) is None
        qtbot.waitUntil(lambda: len(web.asked) == 2)
        web.hold.set()
        qtbot.waitUntil(lambda: all(thumbnails.picture("", url) is not None for url in urls))

    def test_also_where_the_image_is_gone(self, qtbot: QtBot, thumbnails: Thumbnails, web: Web, video: bytes) -> None:
        assert shows(got(qtbot, thumbnails, f"{web.url}/gone.png", web.serve("/a.mp4", video)), BLUE)

    def test_of_a_portrait_the_upper_middle(self, qtbot: QtBot, thumbnails: Thumbnails, web: Web) -> None:
        image = QImage.fromData(picture(RED, 60, 180))
        for y in range(30, 90):
            for x in range(60):
                image.setPixelColor(x, y, BLUE)
        assert shows(got(qtbot, thumbnails, web.serve("/tall.png", png(image))), BLUE)

    def test_a_redirect_is_followed(self, qtbot: QtBot, thumbnails: Thumbnails, web: Web) -> None:
        web.serve("/b.png", picture(RED))
        web.redirects["/a.png"] = "/b.png"
        assert shows(got(qtbot, thumbnails, f"{web.url}/a.png"), RED)

    def test_what_failed_is_tried_again_when_that_is_wished(
        self, qtbot: QtBot, thumbnails: Thumbnails, web: Web
    ) -> None:
        assert got(qtbot, thumbnails, f"{web.url}/a.png") is None
        assert thumbnails.picture(f"{web.url}/a.png", "") is None
        assert web.paths == ["/a.png"]
        thumbnails.retry()
        web.serve("/a.png", picture(RED))
        assert shows(got(qtbot, thumbnails, f"{web.url}/a.png"), RED)


class TestHarm:
    def test_it_says_nothing_of_the_user(
        self, qtbot: QtBot, thumbnails: Thumbnails, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login me password secret\n", "utf-8")
        monkeypatch.setenv("NETRC", str(netrc))
        got(qtbot, thumbnails, web.serve("/a.png", picture(RED)))
        assert {"x-api-key", "authorization", "cookie"}.isdisjoint(web.asked[0][1])

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "http://example.org/a.png",
            "file:///etc/passwd",
            "data:image/png;base64,AAAA",
            "https://",
            "https://[",
            "a",
        ],
    )
    def test_only_safe_addresses_are_asked(self, thumbnails: Thumbnails, url: str) -> None:
        assert thumbnails.picture(url, url) is None
        assert not [thread for thread in threading.enumerate() if thread.name == "thumbnails"]

    @pytest.mark.parametrize("place", ["http://example.org/a.png", "file:///etc/passwd", "/a.png"])
    def test_a_redirect_leads_nowhere_else(self, qtbot: QtBot, thumbnails: Thumbnails, web: Web, place: str) -> None:
        web.redirects["/a.png"] = place
        assert got(qtbot, thumbnails, f"{web.url}/a.png") is None
        assert len(web.asked) <= 4

    @pytest.mark.parametrize(
        "body",
        [
            b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>",
            b"<html>Sign in</html>",
            b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
            picture(RED)[:60],
        ],
        ids=["svg", "html", "no picture", "half a picture"],
    )
    def test_what_is_no_picture_is_none(self, qtbot: QtBot, thumbnails: Thumbnails, web: Web, body: bytes) -> None:
        assert got(qtbot, thumbnails, web.serve("/a.png", body)) is None

    def test_a_picture_of_ten_thousand_pixels_is_not_unpacked(
        self, qtbot: QtBot, thumbnails: Thumbnails, web: Web
    ) -> None:
        assert got(qtbot, thumbnails, web.serve("/a.png", picture(RED, 10_000, 8))) is None

    @pytest.mark.parametrize("limit", ["_IMAGE_LIMIT", "_TOTAL_LIMIT"])
    def test_what_is_too_large_is_not_taken(
        self, qtbot: QtBot, web: Web, monkeypatch: pytest.MonkeyPatch, limit: str
    ) -> None:
        monkeypatch.setattr(module, limit, 1000)
        thumbnails = Thumbnails()
        assert got(qtbot, thumbnails, web.serve("/a.png", picture(RED) + b"\0" * 2000)) is None
        assert thumbnails.close(30)

    def test_a_server_that_never_comes_to_an_end_is_left(
        self, qtbot: QtBot, thumbnails: Thumbnails, web: Web, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "_READ_S", 0.2)
        web.hold.clear()
        assert got(qtbot, thumbnails, web.serve("/a.png", picture(RED))) is None
        web.hold.set()

    @pytest.mark.parametrize("cut", [40, 400, -200])
    def test_a_broken_video_is_none(
        self, qtbot: QtBot, thumbnails: Thumbnails, web: Web, video: bytes, cut: int
    ) -> None:
        assert got(qtbot, thumbnails, "", web.serve("/a.mp4", video[:cut])) is None

    def test_what_is_no_video_never_reaches_a_decoder(self, qtbot: QtBot, thumbnails: Thumbnails, web: Web) -> None:
        assert got(qtbot, thumbnails, "", web.serve("/a.mp4", b"#EXTM3U\nhttp://127.0.0.1/x\n")) is None
        assert web.paths == ["/a.mp4"]


class TestQueue:
    def test_who_scrolls_past_asks_for_nothing(self, qtbot: QtBot, thumbnails: Thumbnails, web: Web) -> None:
        web.hold.clear()
        urls = [web.serve(f"/{number}.png", picture(RED)) for number in range(30)]
        for url in urls:
            thumbnails.picture(url, "")
        qtbot.waitUntil(lambda: len(web.asked) == 2)
        thumbnails.only({(urls[7], "")})
        web.hold.set()
        qtbot.waitUntil(lambda: thumbnails.picture(urls[7], "") is not None)
        assert len(web.asked) == 3

    def test_a_close_waits_for_nobody(self, thumbnails: Thumbnails, web: Web, qtbot: QtBot) -> None:
        web.hold.clear()
        thumbnails.picture(web.serve("/a.png", picture(RED)), "")
        qtbot.waitUntil(lambda: len(web.asked) == 1)
        assert not thumbnails.close()
        web.hold.set()

    def test_the_log_knows_the_host_and_not_the_address(
        self, qtbot: QtBot, thumbnails: Thumbnails, web: Web, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "coach_desktop.ui.profiles.thumbnails"):
            got(qtbot, thumbnails, f"{web.url}/a.png?signature=secret")
        assert "no thumbnail from 127.0.0.1: status 404" in caplog.text
        assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Anna - Casual", "AC"), ("anna", "A"), ("", ""), ("- -", "-"), ("Ünal Öz Ay", "ÜÖ"), ("r90bbd427f71", "R")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters
