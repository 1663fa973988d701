"""Following one person's body and hands from picture to picture.

A detector is run only while something is lost, and then not for every picture. What is not found again is looked for
in its last place for half a second before it is given up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from coach_desktop.practice.seeing.body import hand_networks, pose_networks
from coach_desktop.practice.seeing.tasks import BrokenModelError, read_parts

if TYPE_CHECKING:
    from pathlib import Path

    from coach_desktop.practice.seeing.body.hand_networks import Hand
    from coach_desktop.practice.seeing.body.pose_networks import Person, Points, Pose
    from coach_desktop.practice.seeing.detector import Roi
    from coach_desktop.practice.seeing.frames import Rgb

MIN_PRESENCE = 0.5
"""MediaPipe's own limit for a body or a hand that is there."""
HANDS = 2

_HOLDS_S = 0.5
_SEARCH_EVERY_S = 0.5
_LARGEST_SIDE = 20_000
# The nose of the body is this near to the middle of the face, in sides of the face's box, or it is another's.
_SAME_HEAD = 0.75
_LEFT_SHOULDER, _RIGHT_SHOULDER, _WRISTS = 11, 12, (15, 16)
_MIN_VISIBILITY = 0.5
# In widths of the shoulders: how far a hand's wrist is from the pose's own, how far a hand reaches from the middle of
# the shoulders, and what is searched for palms.
_SAME_WRIST, _REACH, _SEARCHED = 0.8, 2.6, 4.4
_SAME_HAND = 0.35


@dataclass(frozen=True)
class Head:
    """Where the face is that is followed: the middle of its box and the longer side of it, in pixels."""

    x: float
    y: float
    side: float


class BodyTracker:
    """Follows the body that belongs to a face, also while that face turns away.

    A body is only begun with where a face is seen: without one the networks find bodies in letters and clouds, too.

    Holds two networks and the last position; not for use by several threads at once.
    """

    def __init__(self, model: Path) -> None:
        """Load a verified pose landmarker. Raises `BrokenModelError` where it cannot be read or run."""
        detector, landmarks = read_parts(model, ("pose_detector.tflite", "pose_landmarks_detector.tflite"))
        try:
            self._detector = pose_networks.PersonDetector(detector)
            self._network = pose_networks.PoseNetwork(landmarks)
        except (ValueError, RuntimeError) as error:
            raise BrokenModelError(model, repr(error)) from error
        self._roi: Roi | None = None
        self._seen_s = self._searched_s = -math.inf

    def follow(self, at_s: float, rgb: Rgb, head: Head | None) -> Pose | None:
        """Return the body in a picture taken `at_s` seconds from live, or None where none is seen."""
        if self._roi is not None:
            pose = self._at(rgb, self._roi)
            if pose is not None and _belongs(pose, head):
                self._roi, self._seen_s = pose.roi, at_s
                return pose
            # Another's body is not waited for.
            if pose is not None or at_s - self._seen_s >= _HOLDS_S:
                self._roi = None
        if self._roi is None and head is not None and not 0 <= at_s - self._searched_s < _SEARCH_EVERY_S:
            self._searched_s = at_s
            return self._search(at_s, rgb, head)
        return None

    def _search(self, at_s: float, rgb: Rgb, head: Head) -> Pose | None:
        person = _choose(self._detector.find(rgb), head)
        pose = self._at(rgb, person.roi) if person else None
        if pose is None or not _belongs(pose, head):
            return None
        self._roi, self._seen_s = pose.roi, at_s
        return pose

    def _at(self, rgb: Rgb, roi: Roi) -> Pose | None:
        if not is_sensible(roi):
            return None
        pose = self._network.read(rgb, roi)
        # What cannot be followed any further is not there: a region without an extent or at no place.
        return pose if pose.presence >= MIN_PRESENCE and is_sensible(pose.roi) else None


class HandsTracker:
    """Follows two hands at most, those of the body that is followed.

    Holds two networks and the last positions; not for use by several threads at once.
    """

    def __init__(self, model: Path) -> None:
        """Load a verified hand landmarker. Raises `BrokenModelError` where it cannot be read or run."""
        detector, landmarks = read_parts(model, ("hand_detector.tflite", "hand_landmarks_detector.tflite"))
        try:
            self._detector = hand_networks.PalmDetector(detector)
            self._network = hand_networks.HandNetwork(landmarks)
        except (ValueError, RuntimeError) as error:
            raise BrokenModelError(model, repr(error)) from error
        self._tracks: list[tuple[Roi, float]] = []
        self._searched_s = -math.inf

    def follow(self, at_s: float, rgb: Rgb, pose: Pose | None) -> tuple[Points, ...]:
        """Return the points (21 x 3, pixels) of each hand in a picture taken `at_s` seconds from live.

        Without a pose nobody can tell whose hands they are, so none are reported.
        """
        if pose is None:
            self._tracks = []
            return ()
        found: list[Hand] = []
        tracks: list[tuple[Roi, float]] = []
        for roi, seen_s in self._tracks:
            hand = self._at(rgb, roi, pose, found)
            if hand is not None:
                found.append(hand)
                tracks.append((hand.roi, at_s))
            elif at_s - seen_s < _HOLDS_S:
                tracks.append((roi, seen_s))
        if len(found) < HANDS and not 0 <= at_s - self._searched_s < _SEARCH_EVERY_S:
            self._searched_s = at_s
            for roi in self._palms(rgb, pose):
                hand = self._at(rgb, roi, pose, found) if len(found) < HANDS else None
                if hand is not None:
                    found.append(hand)
                    tracks.append((hand.roi, at_s))
        # What was found now is followed before what is only remembered.
        self._tracks = sorted(tracks, key=lambda track: -track[1])[:HANDS]
        return tuple(hand.points for hand in found)

    def _palms(self, rgb: Rgb, pose: Pose) -> list[Roi]:
        """Look for palms as far as this body reaches: of one far away that is a small part, seen enlarged."""
        height, width, _ = rgb.shape
        x, y, shoulders = shoulder_line(pose)
        reach = _SEARCHED * shoulders / 2
        x0, x1 = max(0, math.floor(x - reach)), min(width, math.ceil(x + reach))
        y0, y1 = max(0, math.floor(y - reach)), min(height, math.ceil(y + reach))
        if x1 <= x0 or y1 <= y0:
            return []
        return [_moved(palm.roi, x0, y0) for palm in self._detector.find(rgb[y0:y1, x0:x1])]

    def _at(self, rgb: Rgb, roi: Roi, pose: Pose, others: list[Hand]) -> Hand | None:
        if not is_sensible(roi):
            return None
        hand = self._network.read(rgb, roi)
        if hand.presence < MIN_PRESENCE or not is_sensible(hand.roi) or not _in_reach(hand, pose):
            return None
        return None if any(_is_same(hand, other) for other in others) else hand


def shoulder_line(pose: Pose) -> tuple[float, float, float]:
    """Return the middle of the shoulders and their distance, in pixels."""
    left, right = pose.points[_LEFT_SHOULDER], pose.points[_RIGHT_SHOULDER]
    x, y = (float(value) for value in (left[:2] + right[:2]) / 2)
    return x, y, _distance(left, right)


def is_sensible(roi: Roi) -> bool:
    """Return whether a region can be looked at: a network may give anything for a picture that it does not know."""
    numbers = (roi.centre_x, roi.centre_y, roi.side, roi.angle)
    return all(math.isfinite(number) for number in numbers) and max(map(abs, numbers)) < _LARGEST_SIDE and roi.side >= 1


def _choose(persons: list[Person], head: Head) -> Person | None:
    near = [(math.hypot(person.head_x - head.x, person.head_y - head.y), person) for person in persons]
    apart, nearest = min(near, key=lambda pair: pair[0], default=(math.inf, None))
    return nearest if apart <= head.side else None


def _belongs(pose: Pose, head: Head | None) -> bool:
    if head is None:
        return True
    nose = pose.points[0]
    return math.hypot(float(nose[0]) - head.x, float(nose[1]) - head.y) <= _SAME_HEAD * head.side


def _in_reach(hand: Hand, pose: Pose) -> bool:
    x, y, width = shoulder_line(pose)
    wrist = hand.points[hand_networks.WRIST]
    if math.hypot(float(wrist[0]) - x, float(wrist[1]) - y) > _REACH * width:
        return False
    if pose.visibility[list(_WRISTS)].min() < _MIN_VISIBILITY:
        return True
    return min(_distance(wrist, pose.points[own]) for own in _WRISTS) <= _SAME_WRIST * width


def _is_same(one: Hand, other: Hand) -> bool:
    apart = float(np.abs(one.points[:, :2] - other.points[:, :2]).mean())
    return apart < _SAME_HAND * min(one.roi.side, other.roi.side)


def _moved(roi: Roi, x: float, y: float) -> Roi:
    return type(roi)(roi.centre_x + x, roi.centre_y + y, roi.side, roi.angle)


def _distance(one: Points, other: Points) -> float:
    return math.hypot(float(one[0] - other[0]), float(one[1] - other[1]))
