"""Talks to test with: a delivery by its figures, and a session's facts."""

from __future__ import annotations

from coach_desktop.coaching.report import SessionFacts
from coach_desktop.coaching.report_model import MEASURES
from coach_desktop.tavus.delivery import Delivery, MeasureName, Span, SpanKind, measured, not_measured

GOOD: dict[MeasureName, float] = {
    "face_present": 0.99,
    "eye_contact": 0.72,
    "smile": 0.1,
    "head_yaw_spread": 12.0,
    "look_aways": 6.0,
    "look_away_longest": 2.4,
    "brow_raises": 4.0,
    "nods": 3.0,
    "hands_visible": 0.6,
    "hand_at_face": 0.01,
    "gesture_activity": 0.4,
    "shoulder_tilt": 2.0,
    "lean": 4.0,
    "slouch": 0.0,
    "sway": 0.08,
    "crossed_arms": 0.0,
    "speaking_share": 0.8,
    "speaking_time": 48.0,
    "pause_share": 0.2,
    "pause_longest": 1.4,
    "pause_count": 14.0,
    "loudness_range": 9.2,
    "loudness_drop": 1.5,
    "loudness_level": -2.5,
    "pitch_spread": 2.8,
    "words": 130.0,
    "pace": 142.0,
    "pace_spread": 12.5,
    "articulation_rate": 4.3,
    "filler_sounds": 2.0,
    "filler_words": 1.0,
    "filler_rate": 3.3,
    "repeats": 1.0,
    "pause_inside": 0.2,
}
FACTS = SessionFacts(
    id="20261122T150926-1f0c9a7e",
    profile_id="chuck-local",
    provider="local",
    started_at="2026-11-22T15:09:26.120000Z",
    duration_s=60.0,
    billed_s=0.0,
    status="done",
)


def talk(
    spans: list[tuple[SpanKind, float, float]] | None = None,
    warnings: list[str] | None = None,
    **figures: float | None,
) -> Delivery:
    """A good talk of a minute, but for the figures given; None is not measured."""
    measures = {}
    for name in MEASURES:
        value = figures.get(name, GOOD[name])
        measures[name] = not_measured(name, "No frame arrived.") if value is None else measured(name, value)
    return Delivery(
        at_s=60.0,
        final=True,
        measures=measures,
        spans=[Span(kind=kind, start_s=start_s, end_s=end_s) for kind, start_s, end_s in spans or []],
        warnings=warnings or [],
    )


def unmeasured() -> Delivery:
    return talk(**dict.fromkeys(GOOD))
