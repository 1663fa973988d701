"""What is told about a room, in plain words: a local one and one at Tavus are not alike."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QUrl

from coach_desktop.ui.room.page_policy import Media, RoomKind

OPEN_OUTSIDE: Final = "Open in my browser"
NO_PICTURE: Final = (
    "The room shows no picture of the coach yet. If it asks you to join, join there; "
    "if nothing comes, go on in your browser."
)
UNSUPPORTED: Final = (
    "The room says that it does not work in this window. Go on in your browser; the session is still ended from here."
)
CRASHED: Final = "The room stopped for a moment and is coming back. What was measured so far is kept."
CAME_BACK: Final = "The room had stopped for a moment and is back. What was measured before is kept."
_DEVICE_PROBLEMS: Final = {
    "missing": "No {} was found.", "failed": "The {} does not work.", "ended": "The {} was unplugged.",
}  # fmt: skip


def may_use(wanted: Media, kind: RoomKind, url: QUrl, *, keeps_sound: bool) -> str:
    """Return the question for camera or microphone, and where picture and sound go."""
    if kind == "local":
        kept = "the sound is kept there, as you chose in the settings" if keeps_sound else "neither is kept"
        return f"May Chuck use your {wanted.value}? Picture and sound stay on this computer; {kept}."
    return f"May the coach use your {wanted.value}? Picture and sound go to Tavus ({url.host()})."


def denied(wanted: Media, kind: RoomKind) -> str:
    """Return what a no means."""
    if kind == "local":
        return f"Chuck does not use your {wanted.value}. You can go on; what needs it will be not measured."
    return f"The coach does not get your {wanted.value}. You can go on without."


def device_problems(camera: str, microphone: str) -> str:
    """Return what is wrong with the devices of a local room, or nothing."""
    problems = [
        _DEVICE_PROBLEMS[state].format(device)
        for device, state in (("camera", camera), ("microphone", microphone))
        if state in _DEVICE_PROBLEMS
    ]
    return (
        f"{' '.join(problems)} You can go on without; what it is needed for will be not measured." if problems else ""
    )


def gave_up(kind: RoomKind) -> str:
    """Return what is told when a room is not opened again."""
    if kind == "local":
        return (
            "The room stopped several times, so it was not opened again. What was measured so far is kept: "
            "try once more, or end the session and read the report."
        )
    return (
        "The room stopped several times, so it was not opened again. The conversation is ended, "
        "so that it costs nothing more."
    )


def in_your_browser(kind: RoomKind) -> str:
    """Return what is told while the conversation is in the system's browser."""
    if kind == "local":
        return "Your browser asks for camera and microphone by itself. End the session here or there."
    return "Your browser asks for camera and microphone by itself. The conversation is billed until you end it here."
