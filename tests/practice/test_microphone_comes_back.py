"""A microphone that is unplugged and plugged in again: the session goes on and says from when to when it was deaf."""

from __future__ import annotations

import re
import time

import numpy as np

from tests.practice.client import RATE, Api, Page, Samples, blocks, speech, wait_until
from tests.practice.talking import own_words


def _hear(page: Page, sound: Samples) -> None:
    """Send sound as a page does that has opened the microphone anew: its own time begins at nothing."""
    for n, part in enumerate(blocks(sound)):
        page.sound(n / 10, part)


def test_the_session_goes_on_and_tells_when_it_was_deaf(api: Api) -> None:
    conversation = api.create()
    quiet = np.zeros(RATE // 2, np.int16)
    before, after = (speech(text) for text in ("Here is the first part of my talk.", "And this is the second part."))
    with api.enter(conversation) as page:
        page.devices("missing", "on")
        _hear(page, np.concatenate([quiet, before, quiet]))
        page.devices("missing", "ended")
        # What was sent at once lasts for some seconds; after them comes the time in which it is deaf.
        time.sleep((len(before) + 2 * len(quiet)) / RATE + 1.5)
        page.devices("missing", "on")
        # Silence ends the sentence while the session goes on; an end at once might overtake what is on its way.
        _hear(page, np.concatenate([quiet, after, quiet, quiet]))
        wait_until(lambda: "second" in own_words(page).lower())
        delivery = api.final_delivery(conversation["conversation_id"])
    text = " ".join(word["text"] for word in delivery["words"]).lower()
    assert "first part" in text
    assert "second" in text
    [told] = [warning for warning in delivery["warnings"] if "interrupted" in warning]
    assert re.search(r"once, from 0:0\d to 0:0\d: \d\.\d s are missing", told), told
    assert not [warning for warning in delivery["warnings"] if "stopped" in warning]
