"""Names, figures and bands in plain words: the one place for them, for the terminal and for the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach_desktop.tavus.delivery import UNITS, Band, Measure, MeasureName

if TYPE_CHECKING:
    from coach_desktop.coaching.report_model import Report

NOT_MEASURED = "not measured"
NOT_SCORED = "not scored"

_LABELS: dict[MeasureName, str] = {
    "face_present": "Face in the picture",
    "eye_contact": "Eye contact",
    "smile": "Smiling",
    "head_yaw_spread": "Head turning",
    "look_aways": "Looks away",
    "look_away_longest": "Longest look away",
    "brow_raises": "Raised brows",
    "nods": "Nods",
    "hands_visible": "Hands in the picture",
    "hand_at_face": "Hand at the face",
    "gesture_activity": "Moving hands",
    "shoulder_tilt": "Tilted shoulders",
    "lean": "Leaning to a side",
    "slouch": "Slouching",
    "sway": "Swaying",
    "crossed_arms": "Crossed arms",
    "speaking_share": "Speaking, share of time",
    "speaking_time": "Speaking time",
    "pause_share": "Pauses, share of talk",
    "pause_longest": "Longest pause",
    "pause_count": "Pauses",
    "loudness_range": "Loudness range",
    "loudness_drop": "Quieter towards the end",
    "loudness_level": "Loudness, against usual",
    "pitch_spread": "Pitch variation",
    "words": "Words",
    "pace": "Pace",
    "pace_spread": "Pace variation",
    "articulation_rate": "Articulation rate",
    "filler_sounds": "Filler sounds (um, uh)",
    "filler_words": "Filler words (like)",
    "filler_rate": "Fillers",
    "repeats": "Repeats",
    "pause_inside": "Pauses inside a clause",
}
# Some filled pauses are missed, and some are made out where there was none.
_UNSURE = {"filler_sounds", "filler_words", "repeats"}
_BANDS: dict[Band, str] = {"good": "good", "watch": "worth watching", "act": "act on this"}
# Below this a share is told with one decimal: 0.4 % is not nothing.
_SMALL_SHARE = 0.01


def label(name: MeasureName) -> str:
    """Return what a measure is called, with a capital letter."""
    return _LABELS[name]


def band(value: Band) -> str:
    """Return a band in words: never told by colour alone."""
    return _BANDS[value]


def figure(name: MeasureName, value: float) -> str:
    """Return a value with its unit as a person would say it: "62 %", "1 min 5 s", "14"."""
    if name == "loudness_level":
        return _relative(value)
    told = _figure(UNITS[name], value)
    return f"about {told}" if name in _UNSURE and value > 0 else told


def describe(name: MeasureName, measure: Measure) -> str:
    """Return the figure of a measure, or "not measured"."""
    return NOT_MEASURED if measure.value is None else figure(name, measure.value)


def duration(seconds: float) -> str:
    """Return a length of time: "4.2 s", "48 s", "1 min 5 s", "1 h 2 min"."""
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def clock(at_s: float) -> str:
    """Return a moment of a session as on its timer: "0:42", "1:02:03"."""
    minutes, seconds = divmod(int(at_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def speaker(role: str, provider: str) -> str:
    """Return who spoke. On this computer that is Chuck; a Tavus persona goes by any name."""
    if role == "user":
        return "You"
    return "Coach" if provider == "tavus" else "Chuck"


def warnings(report: Report) -> list[str]:
    """Return what was technically wrong in a session, a sentence each."""
    texts = (event.properties.get("text") for event in report.events if event.type == "warning")
    return [text for text in texts if isinstance(text, str) and text]


def _relative(decibels: float) -> str:
    if round(abs(decibels), 1) == 0:
        return "as usual"
    return f"{abs(decibels):.1f} dB {'louder' if decibels > 0 else 'quieter'}"


def _figure(unit: str, value: float) -> str:
    if unit == "share":
        return f"{100 * value:.1f} %" if 0.0005 <= value < _SMALL_SHARE else f"{100 * value:.0f} %"
    if unit == "s":
        return duration(value)
    if unit == "count":
        return f"{value:.0f}"
    if unit == "deg":
        return f"{value:.0f}°"
    if unit == "st":
        return f"{value:.1f} semitones"
    if unit == "widths":
        return f"{value:.2f} shoulders"
    if unit == "wpm":
        return f"{value:.0f} words/min"
    if unit == "per min":
        return f"{value:.1f} a minute"
    return f"{value:.1f} {unit}"
