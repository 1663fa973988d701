"""Pictures of the room in use: Chuck's greeting, the meters, the calibration, a cue, and its report's eyes."""

from __future__ import annotations

from coach_desktop.ui.eyes_timeline import EyesSection
from coach_desktop.ui.report_page import ReportPage
from pictures_camera import Camera, pause, wait_for

# Looking takes three seconds, a cue stays for four: light and dark are of the same one, where a page in the web pane
# has time to follow.
_QUICKLY_MS = 900


def room_pictures(camera: Camera) -> None:
    """Take a session from the greeting to its report; the film goes from a face to none and back."""
    camera.press("Start practice")
    camera.press("Allow")
    wait_for(lambda: _words(camera, "caption") != "", "Chuck's greeting")
    camera.take("room-greeting", settle_ms=_QUICKLY_MS)
    wait_for(lambda: _is_calm(camera), "a face, its hands and its words")
    camera.take("room-live", settle_ms=_QUICKLY_MS)
    wait_for(lambda: _meter(camera, "eyes") == "noface", "an empty picture")
    _calibrate(camera, "not seen", None, "room-calibration-failed")
    wait_for(lambda: _words(camera, "cue-text") != "", "a cue")
    camera.take("room-cue", settle_ms=_QUICKLY_MS)
    wait_for(lambda: _meter(camera, "eyes") in {"contact", "away"}, "a face")
    _calibrate(camera, "Done.", "room-calibrating", "room-calibrated")
    camera.press("End session")
    wait_for(lambda: isinstance(camera.window.page, ReportPage), "the report")
    pause(800)
    camera.wait_for_words()
    camera.take("room-report")
    (page,) = camera.window.findChildren(ReportPage)
    (section,) = page.findChildren(EyesSection)
    wait_for(section.isVisible, "the eyes over time")
    camera.scroll_to(page, section)
    camera.take("room-report-eyes")
    camera.press("Show as a table: your eyes over time")
    camera.scroll_to(page, section)
    camera.take("room-report-eyes-table")


def _calibrate(camera: Camera, outcome: str, running: str | None, ended: str) -> None:
    """Press the room's button; take how it looks while it measures, and what it says in the end."""
    camera.of_room("document.getElementById('calibrate').click()")
    if running is not None:
        camera.take(running, settle_ms=_QUICKLY_MS)
    wait_for(lambda: outcome in _words(camera, "calibration-said"), f"a calibration that says {outcome!r}")
    camera.take(ended, settle_ms=_QUICKLY_MS)


def _is_calm(camera: Camera) -> bool:
    """Whether all meters show something, somebody talks, and nothing else is said."""
    measured = _meter(camera, "eyes") == "contact" and _meter(camera, "hands") != "unmeasured"
    talks = _meter(camera, "sound") == "speaking" and _words(camera, "heard") != ""
    return measured and talks and not any(_words(camera, name) for name in ("cue-text", "calibration-said", "caption"))


def _meter(camera: Camera, name: str) -> object:
    return camera.of_room(f"document.getElementById('{name}').dataset.state")


def _words(camera: Camera, name: str) -> str:
    return str(camera.of_room(f"document.getElementById('{name}').textContent") or "")
