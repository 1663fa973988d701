"""What is in the account and in the history while pictures are taken: faces, documents, months of practice."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from PySide6.QtCore import QBuffer, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPainterPath

from coach_desktop.coaching.report import SessionFacts, build_report
from coach_desktop.core.paths import DataFolder
from coach_desktop.store.history import History, SessionRow
from coach_desktop.tavus.delivery import Delivery, Span
from tests.coaching.talks import talk
from tests.standin import StandIn
from tests.standin.library import iso, persona_row, replica_row

_SIDE = 240
_MINUTE = 60.0
_FACES = {
    "rf4e9d9790f0": ("Anna, office", "#dbe7f3", "#8a5a3b", "#f1c9a5", "#2f6f9f"),
    "r4d9b2288937": ("Benjamin, studio", "#e9e2d4", "#30241d", "#c98e63", "#4a4f5c"),
    "r92debe21318": ("Charlotte, library", "#d9ead8", "#c9933e", "#f3d3b8", "#7b3f61"),
    "r3f427f43c9d": ("Daniel, at home", "#f2dcd2", "#1d1a1a", "#8d5a3a", "#356b53"),
    "r6ca16dbe104": ("Gloria, conference", "#dfdcf0", "#3b2a20", "#e2ad86", "#b4532a"),
}
_DOCUMENTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Keys to Public Speaking", "keys-to-public-speaking.pdf", {"status": "ready", "tags": ["chuck", "speaking"]}),
    ("Our product in 20 slides", "deck.pptx", {"status": "processing", "progress": 60, "tags": ["sales"]}),
    ("Price list 2026", "prices.xlsx", {"status": "started", "tags": ["sales", "prices"]}),
    ("Questions customers ask", "faq/", {"status": "recrawling", "tags": ["sales"], "crawl_config": {"depth": 2}}),
    ("Recording of the trade fair", "fair.pdf", {"status": "error", "error_message": "file_size_too_large"}),
    ("Interview handbook", "handbook.docx", {"status": "ready", "tags": ["interview"]}),
)
_MONTHS: tuple[tuple[int, str, str, tuple[float, ...]], ...] = (
    (0, "customer-demo", "Customer demo", (18.5, 24.0, 11.2)),
    (0, "sales-practice", "Sales practice", (25.4, 9.1)),
    (1, "customer-demo", "Customer demo", (21.0, 14.3, 28.8, 6.5)),
    (1, "sales-practice", "Sales practice", (12.0,)),
    (2, "customer-demo", "Customer demo", (9.7, 16.1)),
)


def fill(tavus: StandIn, faces: str) -> None:
    """Put personas, replicas with pictures at the address `faces`, and documents of every status into the account."""
    with tavus.lock:
        tavus.personas[:] = [
            persona_row("pcb7a34da5fe", "Sales Development Rep", "system"),
            persona_row("p5317866", "Interviewer", "system"),
            persona_row("p0123456789a", "Customer of our product"),
            persona_row("p7a2be01c9d3", "Panel of three"),
        ]
        tavus.replicas[:] = [
            replica_row("r0123456789a", "My own face", "user"),
            replica_row("r1a9c0d7e442", "My face, new haircut", "user", status="started", training_progress="43/100"),
            *(
                replica_row(replica_id, words[0], thumbnail_image_url=f"{faces}/{replica_id}.png")
                for replica_id, words in _FACES.items()
            ),
        ]
        tavus.document_ready_after_s = 3600.0
        for days, (name, path, told) in enumerate(_DOCUMENTS):
            tavus.create_document({"document_url": f"https://example.com/{path}", "document_name": name})
            added = iso(time.time() - 86_400 * (1 + 3 * days))
            tavus.documents[-1].update(told, document_id=f"d{days}-5c71baca86fc", created_at=added)


def leave_running(tavus: StandIn) -> None:
    """Let run what another computer of the user started with this app, and two that have nothing to do with it."""
    body = {"persona_id": "p0123456789a", "replica_id": "r6ca16dbe104", "properties": {"max_call_duration": 3600}}
    with tavus.lock:
        tavus.create(body | {"conversation_name": "Customer demo [5f0c71d29ab4]"})
        ours = list(tavus.held.values())[-1]
        ours.was_joined, ours.present, ours.created_at = True, 1, time.time() - 14 * _MINUTE
    for name in ("Website widget", "Reception"):
        tavus.add_foreign(name)


def remember_months(data: DataFolder) -> None:
    """Write three months of paid practice into the history, and a talk with the local coach that has just ended."""
    now = datetime.now(UTC)
    with closing(History(data.database)) as history:
        for back, profile_id, name, lengths in _MONTHS:
            month = now
            for _ in range(back):
                month = month.replace(day=1) - timedelta(days=1)
            for number, minutes in enumerate(lengths):
                at = month.replace(day=min(month.day, 3 + 4 * number), hour=9, minute=7 * number)
                _keep_paid(history, profile_id, name, min(at, now - timedelta(hours=2)), minutes)
        _keep_local(history, now - timedelta(minutes=9))


def _keep_paid(history: History, profile_id: str, name: str, at: datetime, minutes: float) -> None:
    epoch_s, started = at.timestamp(), at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    number = len(history.sessions())
    session_id = f"{at:%Y%m%dT%H%M%S}-{number:08x}"
    history.begin(
        SessionRow(session_id, profile_id, name, "tavus", "running", started, None), f"{number:012x}", asked_at=epoch_s
    )
    history.set_conversation(session_id, f"c{number:015x}", epoch_s)
    history.mark_ended(session_id, epoch_s + minutes * _MINUTE, minutes * _MINUTE)
    facts = _facts(session_id, profile_id, "tavus", started, minutes * _MINUTE)
    report = build_report(facts, None, [], [], "Tavus does not measure this.")
    history.finish(session_id, "done", minutes * _MINUTE, report.model_dump_json(by_alias=True), "done")


def _keep_local(history: History, at: datetime) -> None:
    started = at.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    session_id = f"{at:%Y%m%dT%H%M%S}-1f0c9a7e"
    history.begin(
        SessionRow(session_id, "chuck-local", "Chuck, public speaking (local)", "local", "running", started, None), ""
    )
    report = build_report(_facts(session_id, "chuck-local", "local", started, 192.0), _hurried(), [], [], "")
    history.finish(session_id, "done", 192.0, report.model_dump_json(by_alias=True))


def _hurried() -> Delivery:
    """A talk of three minutes that was looked away from, with few pauses."""
    away = Span(kind="look_away", start_s=74.0, end_s=87.0)
    figures = talk(
        eye_contact=0.31,
        speaking_time=171.0,
        speaking_share=0.89,
        pause_share=0.05,
        pause_longest=0.7,
        pause_count=11.0,
        loudness_range=3.4,
    )
    return figures.model_copy(update={"at_s": 192.0, "spans": [away]})


def _facts(session_id: str, profile_id: str, provider: str, started_at: str, length_s: float) -> SessionFacts:
    return SessionFacts.model_validate(
        {
            "id": session_id, "profile_id": profile_id, "provider": provider, "started_at": started_at,
            "duration_s": length_s, "billed_s": length_s if provider == "tavus" else 0.0, "status": "done",
        }
    )  # fmt: skip


@contextmanager
def served_faces() -> Iterator[str]:
    """Serve a drawn portrait for each stock replica on loopback; gives the address they lie under."""
    portraits = {f"/{replica_id}.png": _portrait(*colours) for replica_id, (_name, *colours) in _FACES.items()}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = portraits[self.path]
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _portrait(wall: str, hair: str, skin: str, shirt: str) -> bytes:
    image = QImage(_SIDE, _SIDE, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    light = QLinearGradient(QPointF(0, 0), QPointF(_SIDE, _SIDE))
    light.setColorAt(0, QColor(wall).lighter(106))
    light.setColorAt(1, QColor(wall).darker(118))
    painter.fillRect(image.rect(), light)
    painter.setPen(QColor(0, 0, 0, 0))

    def oval(colour: str, x: float, y: float, width: float, height: float) -> None:
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QRectF(x - width / 2, y - height / 2, width, height))

    oval(shirt, 120, 240, 190, 130)
    oval(hair, 120, 92, 104, 116)
    painter.setBrush(QColor(skin).darker(108))
    painter.drawRoundedRect(QRectF(103, 130, 34, 60), 16, 16)
    oval(skin, 120, 108, 82, 104)
    fringe = QPainterPath(QPointF(76, 96))
    fringe.cubicTo(QPointF(84, 34), QPointF(156, 34), QPointF(164, 96))
    fringe.cubicTo(QPointF(146, 66), QPointF(110, 66), QPointF(76, 96))
    painter.fillPath(fringe, QColor(hair))
    for side in (-18, 18):
        oval("#23282e", 120 + side, 106, 7, 8)
    smile = QPainterPath(QPointF(103, 133))
    smile.quadTo(QPointF(120, 149), QPointF(137, 133))
    smile.quadTo(QPointF(120, 142), QPointF(103, 133))
    painter.fillPath(smile, QColor("#8c3b3b"))
    painter.end()
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes for the name of a format
    return bytes(buffer.data().data())
