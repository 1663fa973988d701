"""The WebSocket between a room's page and its conversation."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocketDisconnect

from coach_desktop.practice import room_protocol
from coach_desktop.practice.conversations import PARTICIPANT_LEFT
from coach_desktop.practice.room_protocol import POLICY, UNSUPPORTED, Calibrate, Devices, Hello, Leave, ProtocolError

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from coach_desktop.practice.conversations import Conversation, Conversations
    from coach_desktop.practice.live import LiveAnalysis

log = logging.getLogger(__name__)

_HELLO_WITHIN_S = 10.0
_CLOSED_WITHIN_S = 5.0
_MOST_UNSENT = 1000
# A page that does not read gets no more meters: by the time it reads again they would be old.
_METERS_UNTIL_UNSENT = 20
# A meter follows each picture that was looked at, and sound alone has one eight times a second.
_METER_S, _LEAST_BETWEEN_METERS_S = 0.125, 0.05
_LOOK_EVERY_S = 0.5
_CROWDED_PAUSE_S = 0.02


class RoomParticipant:
    """One page. `post` and `close` belong to the event loop's thread; sending is done by a task of its own."""

    def __init__(self, websocket: WebSocket) -> None:
        """Speak over an accepted WebSocket."""
        self._websocket = websocket
        self._unsent: asyncio.Queue[dict[str, Any] | tuple[int, str]] = asyncio.Queue()
        self._closing = False
        self._looked = asyncio.Event()

    def acknowledge(self, seq: int) -> None:
        """Say that a picture was looked at."""
        self.post({"type": "ack", "seq": seq})
        self._looked.set()

    async def next_look(self) -> None:
        """Wait until a picture was looked at, and no longer than meters without pictures wait."""
        await asyncio.sleep(_LEAST_BETWEEN_METERS_S)
        with suppress(TimeoutError):
            async with asyncio.timeout(_METER_S - _LEAST_BETWEEN_METERS_S):
                await self._looked.wait()
        self._looked.clear()

    def post(self, message: dict[str, Any]) -> None:
        """Send a message when the connection is free for it."""
        waiting = self._unsent.qsize()
        if self._closing or (message["type"] == "meter" and waiting > _METERS_UNTIL_UNSENT):
            return
        if waiting > _MOST_UNSENT:
            self.close(POLICY, "the page does not read")
            return
        self._unsent.put_nowait(message)

    def close(self, code: int, reason: str) -> None:
        """Close the connection after everything that was posted."""
        if not self._closing:
            self._closing = True
            self._unsent.put_nowait((code, reason))

    async def send_all(self) -> None:
        """Send until closed, from either side."""
        try:
            while isinstance(entry := await self._unsent.get(), dict):
                await self._websocket.send_text(json.dumps(entry))
            await self._websocket.close(*entry)
        except (WebSocketDisconnect, RuntimeError):
            # Starlette raises RuntimeError for a send after the other side's close; the reader hears of it, too.
            self._closing = True


async def attend(websocket: WebSocket, conversation: Conversation, conversations: Conversations) -> None:
    """Hold one page's connection from its first message to its last."""
    await websocket.accept()
    participant = RoomParticipant(websocket)
    sender = asyncio.create_task(participant.send_all())
    live = conversation.live
    ticker: asyncio.Task[None] | None = None
    try:
        if conversation.has_ended or live is None:
            participant.post({"type": "ended", "reason": conversation.shutdown_reason})
            participant.close(1000, "ended")
            return
        await _hear_hello(websocket)
        conversations.join(conversation, participant)
        ticker = asyncio.create_task(_tick(conversation, participant, live))
        await _hear(websocket, conversation, conversations, participant, live)
    except ProtocolError as error:
        log.warning("a page was sent away: %s", error.reason)
        participant.close(error.code, error.reason)
    except WebSocketDisconnect:
        log.info("a page is gone")
    finally:
        conversations.leave(conversation, participant)
        if ticker is not None:
            await _stopped(ticker)
        participant.close(1000, "bye")
        await asyncio.wait({sender}, timeout=_CLOSED_WITHIN_S)
        sender.cancel()


async def _receive(websocket: WebSocket) -> str | bytes:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    return text if text is not None else bytes(message.get("bytes") or b"")


async def _hear_hello(websocket: WebSocket) -> None:
    try:
        async with asyncio.timeout(_HELLO_WITHIN_S):
            first = await _receive(websocket)
    except TimeoutError as error:
        raise ProtocolError(POLICY, "no hello came") from error
    message = room_protocol.read_text(first) if isinstance(first, str) else None
    if not isinstance(message, Hello):
        raise ProtocolError(POLICY, "the first message is not a hello")
    if message.version != room_protocol.VERSION:
        raise ProtocolError(POLICY, "the page speaks another version of the protocol")


async def _hear(
    websocket: WebSocket,
    conversation: Conversation,
    conversations: Conversations,
    participant: RoomParticipant,
    live: LiveAnalysis,
) -> None:
    loop = asyncio.get_running_loop()

    def acknowledge(seq: int) -> None:
        try:
            loop.call_soon_threadsafe(participant.acknowledge, seq)
        except RuntimeError:
            log.debug("the service stopped before a frame was acknowledged")

    while True:
        data = await _receive(websocket)
        if isinstance(data, bytes):
            block = room_protocol.read_binary(data)
            # The senses' threads cannot set an asyncio.Event; and while this waits, the page's socket fills up.
            while live.is_crowded and conversation.participant is participant and not conversation.has_ended:  # noqa: ASYNC110
                await asyncio.sleep(_CROWDED_PAUSE_S)
            if conversation.participant is participant:
                live.receive(block, acknowledge)
            continue
        message = room_protocol.read_text(data)
        if isinstance(message, Hello):
            raise ProtocolError(UNSUPPORTED, "a second hello")
        if conversation.participant is not participant:
            continue
        if isinstance(message, Devices):
            live.devices_changed(message)
        elif isinstance(message, Leave):
            conversations.end(conversation, PARTICIPANT_LEFT)
        elif isinstance(message, Calibrate):
            live.calibrate()
        else:
            live.speaking.report(message)


async def _tick(conversation: Conversation, participant: RoomParticipant, live: LiveAnalysis) -> None:
    """Send the meters, and look about every half second whether there is something to say."""
    clock = asyncio.get_running_loop().time
    looked_at = clock()
    while not conversation.has_ended:
        await participant.next_look()
        if not live.is_live or conversation.participant is not participant:
            continue
        live.hear_interruption()
        participant.post(live.meter())
        for message in [*live.captions(), *live.calibration()]:
            participant.post(message)
        if clock() - looked_at < _LOOK_EVERY_S:
            continue
        looked_at = clock()
        if cue := live.next_cue():
            participant.post({"type": "cue", "kind": cue.kind, "text": cue.text})
        if live.talk_is_over():
            answer = await asyncio.to_thread(live.answer)
            participant.post({"type": "caption", "role": "replica", "text": answer})
            live.answered(answer)
        if notice := live.notice():
            participant.post({"type": "notice", "text": notice})


async def _stopped(ticker: asyncio.Task[None]) -> None:
    ticker.cancel()
    await asyncio.wait({ticker})
    if not ticker.cancelled() and (error := ticker.exception()) is not None:
        log.error("the meters stopped", exc_info=error)
