"""The pitch of recordings by Praat in two passes, as JSON: what bench_hearing_pitch.py compares with.

    PYTHON benchmarks/praat_pitch.py FILE...

PYTHON belongs to a throw-away environment with praat-parselmouth (GPL-3, no part of this project). The first pass
goes from 50 to 600 Hz, the second about the middle third of what it found, as Hirst (2011) proposed: the floor is 0.72
of the 35th percentile, the ceiling 1.9 times the 65th.
"""

from __future__ import annotations

import json
import sys

STEP_S = 0.016


def main() -> None:
    """Print one line a file: the times of the voiced frames and their pitch in Hz."""
    import numpy as np
    import parselmouth  # type: ignore[import-not-found] # of the throw-away environment

    for name in sys.argv[1:]:
        sound = parselmouth.Sound(name)
        first = sound.to_pitch_ac(time_step=STEP_S, pitch_floor=50.0, pitch_ceiling=600.0)
        hz = first.selected_array["frequency"]
        found = hz[hz > 0]
        low, high = np.percentile(found, (35, 65)) if len(found) else (100.0, 300.0)
        floor, ceiling = max(60.0, 0.72 * low), min(600.0, 1.9 * high)
        second = sound.to_pitch_ac(time_step=STEP_S, pitch_floor=floor, pitch_ceiling=ceiling)
        hz = second.selected_array["frequency"]
        voiced = hz > 0
        print(json.dumps({"at_s": second.xs()[voiced].tolist(), "hz": hz[voiced].tolist()}))


if __name__ == "__main__":
    main()
