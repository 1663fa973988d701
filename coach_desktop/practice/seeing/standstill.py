"""A live camera that shows nothing new: no frame at all, or the same one over and over, for more than five seconds.

No sensor gives two frames that are the same bit for bit: who sees them sees a driver that hangs or a picture that
stands. Only for live cameras; a recorded picture may stand still for as long as it likes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from coach_desktop.coaching import labels

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from coach_desktop.practice.room_protocol import VideoFrame

STANDS_AFTER_S = 5.0
_MOST_TOLD = 3


class Standstill:
    """Watches the frames of one camera. Times are seconds from live."""

    def __init__(self) -> None:
        """Begin with no frame seen."""
        self._newest: npt.NDArray[np.uint8] | None = None
        self._new_at_s = 0.0
        self._stretches: list[tuple[float, float]] = []
        self._off_since_s: float | None = None
        self._off: list[tuple[float, float]] = []

    def let_go(self, at_s: float) -> None:
        """Hear that the camera was switched off at `at_s`: no frame is no fault until the next one comes."""
        if self._newest is not None and at_s - self._new_at_s > STANDS_AFTER_S:
            self._stretches.append((self._new_at_s, at_s))
        self._newest, self._off_since_s = None, at_s

    def look(self, at_s: float, frame: VideoFrame) -> float | None:
        """Return since when the picture has stood still, where that is more than 5 s ago; else None."""
        if self._off_since_s is not None:
            self._off.append((self._off_since_s, max(at_s, self._off_since_s)))
            self._off_since_s = None
        # Not above: what asks from outside of the eyes' thread only for the constant must not wait for it.
        import numpy as np

        pixels = np.frombuffer(frame.payload, dtype=np.uint8)
        stood = self._newest is not None and at_s - self._new_at_s > STANDS_AFTER_S
        if self._newest is not None and np.array_equal(pixels, self._newest):
            return self._new_at_s if stood else None
        if stood:
            self._stretches.append((self._new_at_s, at_s))
        self._newest, self._new_at_s = pixels, at_s
        return None

    def warnings(self, until_s: float | None) -> list[str]:
        """Say from when to when nothing new came; up to `until_s`, None where the camera has been let go."""
        found = list(self._stretches)
        if self._newest is not None and until_s is not None and until_s - self._new_at_s > STANDS_AFTER_S:
            found.append((self._new_at_s, until_s))
        told = [f"The camera showed nothing new {when(found)}; that time was not judged."] if found else []
        return [*told, f"The camera was off {when(self._off)}."] if self._off else told


def when(stretches: list[tuple[float, float]]) -> str:
    """Put one or more stretches into words, the longest three of them: "from 0:10 to 0:25"."""
    longest = sorted(stretches, key=lambda one: one[0] - one[1])[:_MOST_TOLD]
    told = [f"from {labels.clock(start_s)} to {labels.clock(round(end_s))}" for start_s, end_s in sorted(longest)]
    more = len(stretches) - len(told)
    return ", ".join(told) + (f" and {more} more times" if more > 1 else " and once more" if more else "")
