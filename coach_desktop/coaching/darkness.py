"""Whether darkness hid a face, by what a delivery tells in words: it holds no figure for that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from coach_desktop.coaching.report_model import is_possible

if TYPE_CHECKING:
    from coach_desktop.coaching.rules import Darkness
    from coach_desktop.tavus.delivery import Delivery

_STRETCH = re.compile(r"from ([\d:]+) to ([\d:]+)", re.ASCII)


def hid_the_face(delivery: Delivery, signs: Darkness) -> bool:
    """Return whether darkness took most of the time without a face.

    A face that was seen for a while leaves no reason, only the warning's dark stretches, the longest few of them.
    """
    if any(measure.reason == signs.reason for measure in delivery.measures.values()):
        return True
    told = [text for text in delivery.warnings if text.startswith(signs.warning)]
    dark_s = sum(_seconds(end) - _seconds(start) for text in told for start, end in _STRETCH.findall(text))
    face = delivery.measures.get("face_present")
    if face is None or face.value is None or not is_possible("face_present", face.value):
        return False
    return dark_s > 0 and 2 * dark_s >= (1 - face.value) * delivery.at_s


def _seconds(clock: str) -> int:
    """Return the seconds of a moment as on the timer: "1:02:03"."""
    seconds = 0
    for part in clock.split(":"):
        seconds = 60 * seconds + int(part or 0)
    return seconds
