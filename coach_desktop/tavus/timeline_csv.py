"""A timeline as comma-separated values: a row a moment, empty where nothing was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coach_desktop.tavus.timeline import ColumnName, Timeline

CSV_COLUMNS: tuple[ColumnName, ...] = (
    "face_present", "eye_contact", "eye_contact_score", "smile", "head_yaw_deg", "head_pitch_deg",
    "hands_visible", "hand_at_face", "shoulder_tilt_deg", "speaking",
)  # fmt: skip
"""What stands behind `time_s`, in this order."""

_DECIMALS = 3
_TIME_DECIMALS = 3


def csv_text(rows: Iterable[tuple[float, Sequence[float | None]]]) -> str:
    """Return rows, each a time in seconds and the values of `CSV_COLUMNS`, as text with a header."""
    lines = [",".join(("time_s", *CSV_COLUMNS))]
    for at_s, values in rows:
        lines.append(",".join((_number(at_s, _TIME_DECIMALS), *(_number(value, _DECIMALS) for value in values))))
    return "\n".join(lines) + "\n"


def csv_of(timeline: Timeline) -> str:
    """Return a timeline as text; the time of a row is where it begins."""
    columns = [timeline.column(name) for name in CSV_COLUMNS]
    return csv_text((row * timeline.step_s, [column[row] for column in columns]) for row in range(timeline.rows))


def _number(value: float | None, decimals: int) -> str:
    if value is None:
        return ""
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
