"""What became of camera and microphone, in words: why nothing was measured, and what stopped on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from coach_desktop.coaching import labels
from coach_desktop.practice.room_protocol import GIVEN_UP, Devices, DeviceState

if TYPE_CHECKING:
    from coach_desktop.practice.ears import Ears
    from coach_desktop.practice.senses import Eyes

NO_SOUND_NOTICE: Final = "No sound reaches us. Is the microphone muted?"
TOO_DARK_NOTICE: Final = "It is too dark to see you. Can you turn a light on?"
STANDSTILL_NOTICE: Final = "The camera shows the same picture all the time. Is it stuck?"
NO_PICTURE_NOTICE: Final = "No pictures come from the camera. Is it stuck, or in use elsewhere?"

NOBODY: Final = "Nobody joined the room."
_WHY: Final = {
    DeviceState.ON: "Nothing arrived from the {device}.",
    DeviceState.PENDING: "The {device} was neither allowed nor denied.",
    DeviceState.DENIED: "The {device} was not allowed.",
    DeviceState.MISSING: "No {device} was found.",
    DeviceState.ENDED: "The {device} stopped before anything arrived from it.",
    DeviceState.FAILED: "The {device} could not be opened.",
    DeviceState.OFF: "The {device} was switched off.",
}


def notices(*, silent: bool, dark: bool, stands: bool, nothing: bool) -> list[str]:
    """Return what the user is told at once: no sound, no light, always the same picture, or none at all."""
    picture = NO_PICTURE_NOTICE if nothing else STANDSTILL_NOTICE
    known = ((silent, NO_SOUND_NOTICE), (dark, TOO_DARK_NOTICE), (stands or nothing, picture))
    return [words for is_so, words in known if is_so]


def why_nothing(device: Literal["camera", "microphone"], devices: Devices | None) -> str:
    """Return why nothing came from a device; `devices` is None where the page has not told its state."""
    state = DeviceState.ON if devices is None else getattr(devices, device)
    return _WHY[state].format(device=device)


def stopped(devices: Devices | None, eyes: Eyes, ears: Ears) -> list[str]:
    """Return a sentence on each device that gave something and then stopped."""
    if devices is None:
        return []
    given = (("camera", devices.camera, eyes.last_at_s), ("microphone", devices.microphone, ears.last_at_s))
    return [
        f"The {device} {_what(state)} at {labels.clock(last_s)}; what came after was not measured."
        for device, state, last_s in given
        if last_s is not None and state in GIVEN_UP | {DeviceState.OFF}
    ]


def _what(state: DeviceState) -> str:
    return "was switched off" if state is DeviceState.OFF else "stopped"
