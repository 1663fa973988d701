"""A talk as the room's page sends it: pictures and sound over the WebSocket, as fast as the service takes them."""

from __future__ import annotations

from typing import Any

from tests.practice.client import Api, Page, Rgb, Samples, blocks, i420, wait_until

FPS = 8
IN_FLIGHT = 12


def play(
    page: Page,
    *,
    seconds: float,
    picture: Rgb | None = None,
    samples: Samples | None = None,
    from_s: float = 0.0,
    stands: bool = False,
) -> None:
    """Send this much of a talk as fast as the service takes it, as the page's own flow control would.

    As from any real sensor no two frames in succession are quite the same, unless the picture `stands`.
    """
    frame = None if picture is None else i420(picture)
    waiting = [] if samples is None else blocks(samples)
    acked, sent = len(page.of("ack")), len(page.of("ack"))
    for tick in range(round(seconds * 40)):
        at_s = from_s + tick / 40
        if frame is not None and tick % (40 // FPS) == 0:
            payload, width, height = frame
            page.frame(at_s, payload if stands else bytes([tick & 1]) + payload[1:], width, height)
            sent += 1
            while sent - acked >= IN_FLIGHT:
                page.until("ack")
                acked += 1
        if tick % 4 == 0 and waiting:
            page.sound(at_s, waiting.pop(0))
    while acked < sent:
        page.until("ack")
        acked += 1


def own_words(page: Page) -> str:
    """Read on, and return the user's words that are final so far."""
    page.until("meter")
    return " ".join(one["text"] for one in page.of("caption") if one["role"] == "user" and one["final"])


def values(delivery: dict[str, Any]) -> dict[str, float | None]:
    return {name: measure["value"] for name, measure in delivery["measures"].items()}


def reasons(delivery: dict[str, Any]) -> dict[str, str | None]:
    return {name: measure["reason"] for name, measure in delivery["measures"].items()}


def heard_only(api: Api, conversation: dict[str, Any], spoken: Samples) -> dict[str, Any]:
    """Hold a talk without a camera, and return its final delivery."""
    with api.enter(conversation) as page:
        page.devices("missing", "on")
        seconds = len(spoken) / 16000
        play(page, seconds=seconds, samples=spoken)
        # Sound is not acknowledged: an end at once might overtake what is on its way.
        wait_until(lambda: page.until("meter")["at_s"] >= seconds - 0.2)
        return api.final_delivery(conversation["conversation_id"])
