"""When Chuck speaks up during a talk: rarely, briefly, and not at all while all is well.

Pure: the same observation and the same past give the same answer. Figures, wording and evidence are in the rules.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coach_desktop.coaching.rules import CueKind, CueRule, CueRules, load_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_A_FACE_HOLDS_S = 1.0
"""A face missed for less than this counts as there: a hand before the face is not leaving."""
_SPEAKS_NOW_S = 0.5
"""Silence shorter than this belongs to speech."""


@dataclass(frozen=True)
class Observation:
    """One moment of a session, `at_s` seconds from live. None stands for what is not measured at the moment.

    Attributes:
        looking_away_for_s: how long a visible face has not looked at the camera, 0 while it does.
        no_face_for_s: how long no face has been in the picture, 0 while one is.
        speaking_without_pause_s: length of the speech without a pause of 0.5 s that goes on now, else 0.
        silent_for_s: time since the last speech, or since the beginning if there was none.
        spoke: whether any speech was heard so far.
        level_db: level of the last 100 ms in dBFS.
        clipping: whether the microphone was overdriven in the last seconds.
        loudest_db: loudest 100 ms of the last 5 s in dBFS. Without it nobody is called too quiet, since a single
            quiet moment is only the gap between two words.
        recent_wpm: words a minute over the last half minute.
        hands_still_for_s: how long no hand has moved, as far as the camera shows, 0 while one does. None while neither
            shoulders nor hands are in the picture.
    """

    at_s: float
    looking_away_for_s: float | None
    no_face_for_s: float | None
    speaking_without_pause_s: float | None
    silent_for_s: float | None
    spoke: bool
    level_db: float | None
    clipping: bool
    loudest_db: float | None = None
    recent_wpm: float | None = None
    hands_still_for_s: float | None = None


@dataclass(frozen=True)
class Cue:
    """What Chuck says, `at_s` seconds from live: a kind of `rules.CueKind` and at most three words."""

    at_s: float
    kind: str
    text: str


def next_cue(now: Observation, past: Sequence[Cue], rules: CueRules | None = None) -> Cue | None:
    """Return the cue that is due now, or None, which is the rule.

    `past` holds every cue of this session, in any order. Without `rules` those of the app hold: at most one cue
    in 20 s, none in the first 15 s, the same kind not within 90 s (Tanveer, Lin, Hoque 2015, and our proposal).
    Where several kinds are due, the first in the rules is given. An observation dated before a cue that was
    given is as near to it as one after it.
    """
    rules = rules or load_rules().cues
    if not (math.isfinite(now.at_s) and now.at_s >= rules.quiet_start_s):
        return None
    if any(abs(now.at_s - cue.at_s) < rules.gap_s for cue in past):
        return None
    barred = {cue.kind for cue in past if abs(now.at_s - cue.at_s) < rules.same_kind_s}
    for rule in rules.kinds:
        if rule.kind not in barred and _IS_DUE[rule.kind](now, rule):
            return Cue(now.at_s, rule.kind, rule.text)
    return None


def _lasted(seconds: float | None, rule: CueRule) -> bool:
    return seconds is not None and math.isfinite(seconds) and seconds >= rule.from_s


def _no_face(now: Observation, rule: CueRule) -> bool:
    return _lasted(now.no_face_for_s, rule)


def _looks_away(now: Observation, rule: CueRule) -> bool:
    face_is_there = now.no_face_for_s is None or now.no_face_for_s < _A_FACE_HOLDS_S
    return face_is_there and _lasted(now.looking_away_for_s, rule)


def _overdriven(now: Observation, rule: CueRule) -> bool:
    return now.clipping and _lasted(now.speaking_without_pause_s, rule)


def _too_quiet(now: Observation, rule: CueRule) -> bool:
    if now.clipping or now.loudest_db is None or rule.below is None:
        return False
    # The level of this moment may be newer than the loudest one: who has just become louder is left alone.
    loudest = max(now.loudest_db, now.loudest_db if now.level_db is None else now.level_db)
    return loudest < rule.below and _lasted(now.speaking_without_pause_s, rule)


def _no_pause(now: Observation, rule: CueRule) -> bool:
    return _speaks(now) and _lasted(now.speaking_without_pause_s, rule)


def _too_fast(now: Observation, rule: CueRule) -> bool:
    if now.recent_wpm is None or rule.above is None or not _speaks(now):
        return False
    return now.recent_wpm > rule.above and _lasted(now.speaking_without_pause_s, rule)


def _still_hands(now: Observation, rule: CueRule) -> bool:
    # Who listens or thinks need not move, so it is told only to somebody who is heard speaking.
    return now.silent_for_s is not None and _speaks(now) and now.spoke and _lasted(now.hands_still_for_s, rule)


def _fell_silent(now: Observation, rule: CueRule) -> bool:
    return now.spoke and _lasted(now.silent_for_s, rule)


def _has_not_begun(now: Observation, rule: CueRule) -> bool:
    return not now.spoke and _lasted(now.silent_for_s, rule)


def _speaks(now: Observation) -> bool:
    return now.silent_for_s is None or now.silent_for_s < _SPEAKS_NOW_S


_IS_DUE: Mapping[CueKind, Callable[[Observation, CueRule], bool]] = {
    "come_into_view": _no_face,
    "look_at_camera": _looks_away,
    "clipping": _overdriven,
    "too_quiet": _too_quiet,
    "slow_down": _too_fast,
    "take_a_pause": _no_pause,
    "use_your_hands": _still_hands,
    "keep_going": _fell_silent,
    "start_when_ready": _has_not_begun,
}
