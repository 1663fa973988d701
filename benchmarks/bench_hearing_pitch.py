"""How far the pitch of voices moves by our ears, against two passes of Praat on the same recordings.

    python benchmarks/bench_hearing_pitch.py --praat PYTHON RECORDING[,RECORDING…]…

PYTHON is that of a throw-away environment with praat-parselmouth; each argument holds recordings of one speaker (WAV,
16 kHz, mono), which are played one after the other. Both sides are summed up in the same way: standard deviation in
semitones within 10 s. Goal: within 0.3 semitones. Speakers with less than 5 s of voice are refused, as in the app.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coach_desktop.core import paths
from coach_desktop.practice.hearing import pitch
from coach_desktop.practice.hearing.listening import Listening
from coach_desktop.practice.hearing.voice import SAMPLE_RATE, VoiceActivity
from coach_desktop.store import model_files

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOAL_ST = 0.3
BLOCK = 1600


def sound_of(names: list[str]) -> NDArray[np.int16]:
    parts = []
    for name in names:
        with wave.open(name) as file:
            if file.getparams()[:3] != (1, 2, SAMPLE_RATE):
                sys.exit(f"{name} is not 16 kHz, mono, 16 bit.")
            parts.append(np.frombuffer(file.readframes(file.getnframes()), "<i2"))
    return np.concatenate(parts)


def ours(sound: NDArray[np.int16]) -> tuple[float | None, str, float]:
    """Return the measure, why there is none, and the processor time per second of sound."""
    cache = paths.bundled_models()
    voice = VoiceActivity(model_files.find(model_files.VOICE_ACTIVITY, cache).path)
    network = pitch.PitchNetwork(model_files.find(model_files.PITCH, cache).path)
    ears = Listening(voice, network)
    began = time.process_time()
    for first in range(0, len(sound), BLOCK):
        ears.push(first / SAMPLE_RATE, sound[first : first + BLOCK])
    ears.hear_no_more()
    found = ears.measures(len(sound) / SAMPLE_RATE, "")["pitch_spread"]
    return found.value, found.reason or "", (time.process_time() - began) * SAMPLE_RATE / len(sound)


def praats(python: str, sound: NDArray[np.int16]) -> tuple[float | None, float]:
    """Return the same figure of Praat's pitch and the seconds of voice in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speaker.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            file.writeframes(sound.tobytes())
        script = Path(__file__).with_name("praat_pitch.py")
        done = subprocess.run([python, str(script), str(path)], check=True, capture_output=True)
    found = json.loads(done.stdout)
    melody = pitch.melody(np.array(found["at_s"]), np.array(found["hz"]))
    return None if melody is None else melody.spread_st, len(found["hz"]) * pitch.FRAME_S


def main() -> int:
    """Print the table; return 1 where a speaker misses the goal."""
    parser = argparse.ArgumentParser(description="The spread of pitch against two passes of Praat.")
    parser.add_argument("--praat", metavar="PYTHON", help="the Python of an environment with praat-parselmouth")
    parser.add_argument("speakers", nargs="*", metavar="RECORDING[,RECORDING…]", help="recordings of one speaker")
    options = parser.parse_args()
    if not options.praat or not options.speakers:
        print("Left out: it takes recordings, and Praat in an environment of its own (--help).")
        return 0
    print(f"{'speaker':24} {'voice by Praat':>14} {'Praat':>7} {'ours':>7} {'apart':>7} {'ms a second':>12}")
    missed = False
    for speaker in options.speakers:
        sound = sound_of(speaker.split(","))
        mine, why, cost = ours(sound)
        theirs, voice_s = praats(options.praat, sound)
        apart = None if mine is None or theirs is None else mine - theirs
        missed |= apart is not None and abs(apart) > GOAL_ST
        cells = ["-" if value is None else f"{value:.2f}" for value in (theirs, mine, apart)]
        name = Path(speaker.split(",")[0]).stem
        print(f"{name:24} {voice_s:12.1f} s {cells[0]:>7} {cells[1]:>7} {cells[2]:>7} {1000 * cost:12.1f}  {why}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
