"""What hearing costs, against the bare networks on the same sound in the same run; and how well it hears.

    python benchmarks/bench_hearing.py [--seconds 60] [--labelled FOLDER]

A live session is fed blocks of 100 ms and asked for its state eight times a second and for its measures every 10 s;
the bare networks are fed the same windows, three or four at a time, and the same seconds. Processor time, median of
five rounds.
FOLDER holds acoustic_corpus.wav (16 kHz mono) and its hand-made acoustic_corpus.TextGrid (tests/data of the
Montreal Forced Aligner).
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import wave
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coach_desktop.core import paths
from coach_desktop.practice.hearing.listening import Listening
from coach_desktop.practice.hearing.pitch import PitchNetwork
from coach_desktop.practice.hearing.segments import RULES, Segmenter
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.store import model_files

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 1600
RATE = 16000
ROUNDS = 5


def sound_of(seconds: int) -> NDArray[np.int16]:
    """Bursts of a buzz in noise: the network costs the same whatever it hears."""
    second = np.arange(seconds * RATE) / RATE
    buzz = np.sign(np.sin(2 * np.pi * 130 * second)) * (np.sin(2 * np.pi * 0.4 * second) > 0)
    return (2000 * buzz + np.random.default_rng(0).normal(0, 50, len(second))).astype(np.int16)


def bare(model: Path, sound: NDArray[np.int16]) -> float:
    # Here, when our package has told it not to report its use to its maker.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    network = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    padded = np.concatenate([np.zeros(64, np.float32), sound.astype(np.float32) / 32768])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 576)[::512]
    bounds = [end // 512 for end in range(BLOCK, len(sound) + 1, BLOCK)]
    batches = [np.ascontiguousarray(windows[a:b]) for a, b in pairwise([0, *bounds])]
    memory = cell = np.zeros((1, 1, 128), np.float32)
    began = time.process_time()
    for batch in batches:
        _, memory, cell = network.run(None, {"input": batch, "h": memory, "c": cell})
    return time.process_time() - began


def bare_pitch(model: Path, sound: NDArray[np.int16]) -> float:
    """The pitch network as its makers stream it, a second at a time: with ten frames behind and eleven before."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    network = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    audio = sound.astype(np.float32) / 32768
    limits = {"fmin": np.array(65, np.float32), "fmax": np.array(600, np.float32)}
    began = time.process_time()
    for first in range(0, len(audio), 62 * 256):
        network.run(None, {"audio": audio[None, max(0, first - 11 * 256) : first + 72 * 256]} | limits)
    return time.process_time() - began


def live(model: Path, pitch_model: Path, sound: NDArray[np.int16]) -> float:
    ears = Listening(VoiceActivity(model), PitchNetwork(pitch_model))
    began = time.process_time()
    for index in range(len(sound) // BLOCK):
        at_s = index * BLOCK / RATE
        ears.push(at_s, sound[index * BLOCK : (index + 1) * BLOCK])
        if index % 5 != 4:
            ears.state(at_s)
        if index % 100 == 99:
            ears.measures(at_s, "")
            ears.spans(at_s)
            ears.warnings(at_s)
    return time.process_time() - began


def words_of(folder: Path) -> list[tuple[float, float, str]]:
    lines = (folder / "acoustic_corpus.TextGrid").read_text("utf-8").splitlines()
    tier = lines.index('"words"')
    rows = lines[tier + 4 :][: 3 * int(lines[tier + 3])]
    return [(float(a), float(b), word.strip('"')) for a, b, word in zip(*[iter(rows)] * 3, strict=True)]


def accuracy(model: Path, folder: Path) -> dict[str, float]:
    """Frames of 10 ms that agree with the labels, and labelled gaps of 0.25 s that a pause covers by half."""
    words = words_of(folder)
    with wave.open(str(folder / "acoustic_corpus.wav")) as file:
        sound = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    segmenter = Segmenter()
    found = segmenter.push(VoiceActivity(model).push(sound))
    last = segmenter.finish()
    found += [last] if last else []
    middle = np.arange(0.005, len(sound) / RATE, 0.01)

    def frames(parts: list[tuple[float, float]]) -> NDArray[np.bool_]:
        inside: NDArray[np.bool_] = np.any([(middle >= a) & (middle < b) for a, b in parts], axis=0)
        return inside

    said = [(a, b) for a, b, word in words if word]
    short = [(a, b) for a, b, word in words[1:-1] if not word and b - a < RULES.pause_s]
    heard = frames([(part.start_s, part.end_s) for part in found])
    gaps = [(a, b) for a, b, word in words[1:-1] if not word and b - a >= RULES.pause_s]
    pauses = [(before.end_s, after.start_s) for before, after in pairwise(found)]
    hits = [any(min(b, d) - max(a, c) > (b - a) / 2 for c, d in pauses) for a, b in gaps]
    errors = [
        1000 * abs(edge - label)
        for (a, b), hit in zip(gaps, hits, strict=True)
        if hit
        for c, d in pauses
        if min(b, d) - max(a, c) > (b - a) / 2
        for edge, label in ((c, a), (d, b))
    ]
    return {
        "frames that agree with the labels": round(float(np.mean(frames(said) == heard)), 3),
        "frames that agree, short gaps taken as speech": round(float(np.mean(frames(said + short) == heard)), 3),
        "gaps labelled": len(gaps),
        "gaps found": sum(hits),
        "pauses reported": len(pauses),
        "boundaries of pauses off by, ms, median": round(statistics.median(errors)),
        "boundaries of pauses off by, ms, largest": round(max(errors)),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="What hearing costs, against the bare network.")
    parser.add_argument("--seconds", type=int, default=60, help="seconds of sound (default 60)")
    parser.add_argument("--labelled", type=Path, help="a folder with labelled speech: print how well it is heard, too")
    options = parser.parse_args()
    model = model_files.find(model_files.VOICE_ACTIVITY, paths.bundled_models()).path
    pitch_model = model_files.find(model_files.PITCH, paths.bundled_models()).path
    sound = sound_of(options.seconds)
    rounds = [
        (live(model, pitch_model, sound), bare(model, sound) + bare_pitch(pitch_model, sound)) for _ in range(ROUNDS)
    ]
    print(f"{'part':34} {'ms a second':>11} {'x bare':>7} {'% of a core':>12}")
    ratio = statistics.median(whole / network for whole, network in rounds)
    for name, costs, times in (
        ("bare networks of voice and pitch", [network for _, network in rounds], 1.0),
        ("all of it: samples to measures", [whole for whole, _ in rounds], ratio),
    ):
        cost = 1000 * statistics.median(costs) / options.seconds
        print(f"{name:34} {cost:11.2f} {times:7.2f} {cost / 10:12.1f}")
    if options.labelled:
        print()
        for name, value in accuracy(model, options.labelled).items():
            print(f"{name:46} {value:7g}")


if __name__ == "__main__":
    main()
