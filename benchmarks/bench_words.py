"""How well words, fillers and pace are heard, how soon, and at what cost against the bare engine on the same sound.

    python benchmarks/bench_words.py [--recorded] [--live]

The clips are those of COACH_TEST_MATERIAL/data/speech (default: the folder `shared` beside the checkout) with their
manifest.tsv and acoustic_corpus.TextGrid; any other folder of that shape does (--clips). --recorded judges what hears
recordings and makes the second pass: both networks, on pieces as they are cut there. --live plays the longer clips to
a real service in real time, with a face at twelve pictures a second, and prints how long after the end of an utterance
its words were final.

Words are compared with Whisper's own English normaliser, which drops filled pauses; those are judged apart, by aligning
the plain words. Intervals are 95 % (Wilson). The bare engine hears the same pieces, with the same prompt and times of
words, on one thread in the same run; with --recorded it is Whisper base on each whole clip, without a prompt, and its
word error rates are printed, too: those of `analyse` should be no more than a point above.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import re
import statistics
import sys
import threading
import time
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from coach_desktop.core import paths
from coach_desktop.practice.hearing import fillers, pace
from coach_desktop.practice.hearing.recogniser import Cutter, Network, Piece, utterance_of
from coach_desktop.practice.hearing.segments import Segmenter
from coach_desktop.practice.hearing.two_ears import TwoEars
from coach_desktop.practice.hearing.voice import VoiceActivity
from coach_desktop.practice.hearing.whisper import Whisper
from coach_desktop.practice.hearing.words import Word
from coach_desktop.store import model_files

ROOT = Path(__file__).resolve().parent.parent
RATE = 16000
BLOCK = 1600
PROMPT = "Um, uh, hmm, er, ah."
SOUNDS = fillers.english().sounds


@dataclass
class Clip:
    """One recording with its transcript."""

    name: str
    sets: list[str]
    truth: str
    sound: NDArray[np.int16]
    words: list[Word] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    speech: list[tuple[float, float]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return len(self.sound) / RATE


def clips_in(folder: Path) -> list[Clip]:
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    clips = []
    for row in rows:
        with wave.open(str(folder / f"{row['name']}.wav")) as file:
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int16)
        clips.append(Clip(row["name"], row["set"].split(","), row["transcript"], sound))
    return clips


def network_files(models: tuple[model_files.ModelFile, ...]) -> dict[str, bytes]:
    return {one.name.rpartition("/")[2]: model_files.find(one, paths.bundled_models()).read() for one in models}


def cut(clip: Clip, *, calm: bool) -> None:
    """Find the speech and the pieces of a clip, in blocks as they come from a microphone."""
    voice = VoiceActivity(model_files.find(model_files.VOICE_ACTIVITY, paths.bundled_models()).path)
    cutter, segmenter = Cutter(calm=calm), Segmenter()
    for first in range(0, len(clip.sound), BLOCK):
        block = clip.sound[first : first + BLOCK]
        probabilities = voice.push(block)
        clip.pieces += cutter.push(block, probabilities)
        clip.speech += [(part.start_s, part.end_s) for part in segmenter.push(probabilities)]
    last, part = cutter.finish(), segmenter.finish()
    clip.pieces += [last] if last else []
    clip.speech += [(part.start_s, part.end_s)] if part else []


def aligned(truth: list[str], heard: list[str]) -> list[tuple[str | None, str | None]]:
    """Align two lists of words at the least cost; a filled pause is never taken for a word."""

    def cost(a: str, b: str) -> int:
        if a == b or (a in SOUNDS and b in SOUNDS):
            return 0
        return 2 if (a in SOUNDS) != (b in SOUNDS) else 1

    table = [[i + j for j in range(len(heard) + 1)] for i in range(len(truth) + 1)]
    for i, a in enumerate(truth, 1):
        for j, b in enumerate(heard, 1):
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + cost(a, b))
    pairs: list[tuple[str | None, str | None]] = []
    i, j = len(truth), len(heard)
    while i or j:
        if i and j and table[i][j] == table[i - 1][j - 1] + cost(truth[i - 1], heard[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((truth[i], heard[j]))
        elif i and table[i][j] == table[i - 1][j] + 1:
            i -= 1
            pairs.append((truth[i], None))
        else:
            j -= 1
            pairs.append((None, heard[j]))
    return pairs[::-1]


def plain(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower().replace("-", " "))


def interval(hits: int, of: int) -> str:
    if not of:
        return "-"
    z, share = 1.96, hits / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return f"{share:.2f} ({max(0.0, middle - half):.2f} to {min(1.0, middle + half):.2f})"


def judge(clips: list[Clip], network: Network) -> float:
    """Hear all clips and print how well; return the processor time."""
    began = time.process_time()
    for clip in clips:
        clip.words = [word for piece in clip.pieces for word in utterance_of(piece, network).words]
    spent = time.process_time() - began
    print(f"{'set':12} {'seconds':>8} {'words':>6} {'WER %':>7} {'sounds':>7} {'found':>6} {'invented':>9}")
    for name in dict.fromkeys(kind for clip in clips for kind in clip.sets):
        some = [clip for clip in clips if name in clip.sets]
        wrong, total = errors_in([(clip.truth, " ".join(word.text for word in clip.words)) for clip in some])
        hits, missed, invented = sounds(some)
        seconds = sum(clip.seconds for clip in some)
        print(f"{name:12} {seconds:8.1f} {total:6} {100 * wrong / total:7.1f} {hits + missed:7} {hits:6} {invented:9}")
    hits, missed, invented = sounds(clips)
    read = [clip for clip in clips if "read" in clip.sets]
    minutes = sum(clip.seconds for clip in read) / 60
    print(f"filler sounds: precision {interval(hits, hits + invented)}, recall {interval(hits, hits + missed)}", end="")
    print(f", F1 {2 * hits / max(1, 2 * hits + missed + invented):.2f}; on read speech", end=" ")
    print(f"{sounds(read)[2] / max(minutes, 0.01):.2f} invented a minute")
    errors = [abs(pace_of(clip, clip.words) / pace_of(clip, said(clip)) - 1) for clip in clips if clip.seconds > 4]
    whole = sum(pace.count_words(clip.words) for clip in clips) / sum(pace.count_words(said(clip)) for clip in clips)
    print(
        f"pace: all clips {100 * (whole - 1):+.1f} %; a clip {100 * statistics.median(errors):.1f} % median,", end=" "
    )
    print(f"{100 * max(errors):.1f} % at worst of {len(errors)} over 4 s")
    return spent


def errors_in(texts: list[tuple[str, str]]) -> tuple[int, int]:
    """Return the wrong words, and all words of the truth, of pairs of what was said and what was heard."""
    from whisper_normalizer.english import EnglishTextNormalizer

    normal: Any = EnglishTextNormalizer()
    pairs = [pair for truth, heard in texts for pair in aligned(normal(truth).split(), normal(heard).split())]
    return sum(a != b for a, b in pairs), sum(a is not None for a, _ in pairs)


def sounds(clips: list[Clip]) -> tuple[int, int, int]:
    """Return filled pauses found, missed and invented."""
    hits = missed = invented = 0
    for clip in clips:
        for a, b in aligned(plain(clip.truth), plain(" ".join(word.text for word in clip.words))):
            hits += a in SOUNDS and b in SOUNDS
            missed += a in SOUNDS and b not in SOUNDS
            invented += b in SOUNDS and a not in SOUNDS
    return hits, missed, invented


def said(clip: Clip) -> list[Word]:
    return fillers.judge([Word(text, 0.0, 0.0) for text in clip.truth.split()])


def pace_of(clip: Clip, words: list[Word]) -> float:
    span = clip.speech[-1][1] - clip.speech[0][0] if clip.speech else clip.seconds
    return max(60 * pace.count_words(words) / span, 1e-9)


def starts(folder: Path, clip: Clip) -> None:
    """Print how far the starts of words are from those labelled by hand."""
    lines = (folder / "acoustic_corpus.TextGrid").read_text("utf-8").splitlines()
    tier = lines.index('"words"')
    rows = lines[tier + 4 :][: 3 * int(lines[tier + 3])]
    labelled = [(float(a), word.strip('"')) for a, _, word in zip(*[iter(rows)] * 3, strict=True) if word.strip('"')]
    truth, heard = iter(labelled), iter(clip.words)
    off = []
    for a, b in aligned([word for _, word in labelled], [word.bare for word in clip.words]):
        left, right = (next(truth) if a is not None else None), (next(heard) if b is not None else None)
        if left and right and a == b:
            off.append(abs(right.start_s - left[0]))
    off.sort()
    late = off[len(off) * 9 // 10]
    print(f"word starts of {len(off)} words: off by {statistics.median(off):.2f} s median, {late:.2f} s p90")


def bare(clips: list[Clip], files: dict[str, bytes]) -> float:
    """Return the processor time of faster-whisper itself on the same pieces."""
    from faster_whisper import WhisperModel

    model = WhisperModel("memory", device="cpu", compute_type="int8", cpu_threads=1, files=dict(files))
    began = time.process_time()
    for clip in clips:
        for piece in clip.pieces:
            found, _ = model.transcribe(
                piece.samples.astype(np.float32) / 32768,
                language="en",
                beam_size=1,
                temperature=0.0,
                initial_prompt=PROMPT,
                condition_on_previous_text=False,
                word_timestamps=True,
            )
            list(found)
    return time.process_time() - began


def bare_base(clips: list[Clip], files: dict[str, bytes]) -> float:
    """Let Whisper base itself hear each whole clip; print its word error rates and return its processor time."""
    from faster_whisper import WhisperModel

    model = WhisperModel("memory", device="cpu", compute_type="int8", cpu_threads=1, files=dict(files))
    began = time.process_time()
    heard: dict[str, str] = {}
    for clip in clips:
        found, _ = model.transcribe(
            clip.sound.astype(np.float32) / 32768, language="en", beam_size=1, temperature=0.0, word_timestamps=True
        )
        heard[clip.name] = " ".join(segment.text for segment in found)
    spent = time.process_time() - began
    for name in dict.fromkeys(kind for clip in clips for kind in clip.sets):
        wrong, total = errors_in([(clip.truth, heard[clip.name]) for clip in clips if name in clip.sets])
        print(f"bare Whisper base, {name}: WER {100 * wrong / total:.1f} %")
    return spent


def live(clips: list[Clip]) -> None:
    """Play the longer clips to a service at the speed of life and print how soon their words are final."""
    import psutil

    from coach_desktop.practice.service import Service
    from tests.practice.client import Api, astronaut, events, i420

    ready: list[str] = []
    up = threading.Event()

    def on_ready(line: str) -> None:
        ready.append(line)
        up.set()

    service = Service(models_cache=paths.bundled_models(), on_ready=on_ready)
    thread = threading.Thread(target=service.serve)
    thread.start()
    up.wait(60)
    api = Api(**json.loads(ready[0]))
    sound = np.concatenate([part for clip in clips for part in (clip.sound, np.zeros(RATE, np.int16))])
    picture = i420(astronaut())
    conversation = api.create()
    finals: dict[str, float] = {}
    try:
        with api.enter(conversation) as page:
            page.devices("on", "on")
            began = time.monotonic()
            used = time.process_time()
            over = threading.Event()

            def read() -> None:
                while not over.is_set():
                    try:
                        message = page.read(0.2)
                    except TimeoutError:
                        continue
                    if message["type"] == "caption" and message.get("role") == "user" and message["final"]:
                        finals[message["text"]] = time.monotonic() - began

            reader = threading.Thread(target=read)
            reader.start()
            frames = 0
            for n in range(len(sound) // BLOCK):
                time.sleep(max(0.0, began + (n + 1) * BLOCK / RATE - time.monotonic()))
                page.sound(n * BLOCK / RATE, sound[n * BLOCK : (n + 1) * BLOCK])
                while frames / 12 < (n + 1) * BLOCK / RATE:
                    page.frame(frames / 12, *picture)
                    frames += 1
            time.sleep(3)
            used = time.process_time() - used
            over.set()
            reader.join()
            api.final_delivery(conversation["conversation_id"])
        turns = events(api.verbose(conversation["conversation_id"]), "application.transcription_ready")[0]
    finally:
        api.close()
        service.stop()
        thread.join(60)
    waits = sorted(
        finals[turn["content"]] - turn["seconds_from_start"] - turn["duration"]
        for turn in turns["properties"]["transcript"]
        if turn["role"] == "user" and turn["content"] in finals
    )
    seconds = len(sound) / RATE
    print(f"live, {seconds:.0f} s, {frames / seconds:.0f} pictures a second: {len(waits)} utterances final", end=" ")
    print(
        f"{statistics.median(waits):.2f} s after their end (median), {waits[len(waits) * 19 // 20]:.2f} s p95;", end=" "
    )
    resident = psutil.Process().memory_info().rss / 1e6
    print(f"{100 * used / seconds:.0f} % of a core, {resident:.0f} MB resident with this client")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="How well, how soon and at what cost words are heard.")
    material = Path(os.environ.get("COACH_TEST_MATERIAL", ROOT.parent / "shared"))
    parser.add_argument("--clips", type=Path, default=material / "data" / "speech")
    parser.add_argument("--recorded", action="store_true", help="as recordings are heard, by both networks")
    parser.add_argument("--live", action="store_true", help="play the longer clips in real time")
    options = parser.parse_args()
    if not (options.clips / "manifest.tsv").is_file():
        print("There is no labelled speech on this computer.")
        return
    clips = clips_in(options.clips)
    for clip in clips:
        cut(clip, calm=options.recorded)
    if options.live:
        live([clip for clip in clips if clip.seconds > 20 or "read" in clip.sets])
        return
    tiny = network_files(model_files.WHISPER_TINY_EN)
    if options.recorded:
        base = network_files(model_files.WHISPER_BASE)
        ours = judge(clips, TwoEars(Whisper(base, hurried=False, prompted=False), Whisper(tiny, hurried=False)))
    else:
        ours = judge(clips, Whisper(tiny))
    if (options.clips / "acoustic_corpus.TextGrid").is_file():
        starts(options.clips, next(clip for clip in clips if clip.name == "acoustic_corpus"))
    engine = bare_base(clips, base) if options.recorded else bare(clips, tiny)
    seconds = sum(clip.seconds for clip in clips)
    print(f"processor time: {ours / seconds:.3f} of the sound's length, {ours / engine:.2f} x the bare engine", end=" ")
    print("on the whole clips" if options.recorded else "on the same pieces")


if __name__ == "__main__":
    main()
