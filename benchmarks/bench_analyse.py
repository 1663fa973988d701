"""How fast a recorded talk is analysed, in times real time, and what of it the bare engines take.

    python benchmarks/bench_analyse.py [--seconds 120] [RECORDING…]

Without recordings: the demo talk as a film of 640 x 480 at 30 frames a second, and its sound alone. Each runs in a
process of its own, as `analyse` does, loading of the models included; the bare engine beside it is Whisper base,
greedy, by faster-whisper's own pipeline on the sound of the whole recording. Goal: 5 times real time with the eyes at
ten frames a second. The last column holds the words that either made out: where they are far apart, one was not whole.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ROOT = Path(__file__).resolve().parent.parent


def demo_film(folder: Path, seconds: float) -> tuple[Path, Path]:
    """Write the demo talk, over and over, as a film and as sound alone; return both."""
    import imageio_ffmpeg

    import demo_media

    folder.mkdir(exist_ok=True)
    demo_media.write_camera(folder / "face.mjpeg", demo_media.portrait())
    if not demo_media.write_voice(folder / "speech.wav"):
        sys.exit("espeak-ng is not installed: name a recording instead.")
    film, sound = folder / "talk.mp4", folder / "talk.wav"
    program = imageio_ffmpeg.get_ffmpeg_exe()
    heard = ["-stream_loop", "-1", "-i", str(folder / "speech.wav")]
    seen = ["-r", "30", "-stream_loop", "-1", "-f", "mjpeg", "-i", str(folder / "face.mjpeg")]
    for inputs, target in ((seen + heard, film), (heard, sound)):
        command = [program, "-loglevel", "error", "-y", *inputs, "-t", str(seconds), "-pix_fmt", "yuv420p", str(target)]
        subprocess.run(command, check=True)
    return film, sound


def analysed(path: Path) -> dict[str, float]:
    """Analyse a file in this process; return seconds and what was used of processor and memory."""
    import psutil

    from coach_desktop.core import paths
    from coach_desktop.practice.recordings import Task

    began = time.perf_counter()
    report = Task().run(path, paths.bundled_models(), lambda _: None)
    taken = time.perf_counter() - began
    memory = psutil.Process().memory_info()
    peak = getattr(memory, "peak_wset", 0) or _peak_bytes()
    return {
        "recording_s": report.session.duration_s,
        "taken_s": taken,
        "processor_s": time.process_time(),
        "peak_mb": peak / 1e6,
        "words": float(sum(len(turn.words) for turn in report.transcript)),
    }


def bare(path: Path) -> dict[str, float]:
    """Let the bare recogniser hear the whole of a file; return seconds and processor time."""
    from faster_whisper import WhisperModel, decode_audio

    from coach_desktop.core import paths
    from coach_desktop.practice import hearing
    from coach_desktop.store import model_files

    assert hearing.__doc__
    found = [model_files.find(model, paths.bundled_models()) for model in model_files.WHISPER_BASE]
    began = time.perf_counter()
    files = {one.model.name.rpartition("/")[2]: one.read() for one in found}
    engine = WhisperModel("memory", device="cpu", compute_type="int8", cpu_threads=0, files=files)
    segments, _ = engine.transcribe(decode_audio(str(path)), language="en", beam_size=1, word_timestamps=True)
    words = sum(len(segment.words or []) for segment in segments)
    return {"taken_s": time.perf_counter() - began, "processor_s": time.process_time(), "words": float(words)}


def _peak_bytes() -> int:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def in_a_process(what: str, path: Path) -> dict[str, float]:
    """Run one of the two in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", what, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How fast a recorded talk is analysed.")
    parser.add_argument("--seconds", type=float, default=120.0, help="length of the demo talk (default 120)")
    parser.add_argument("--one", choices=["analysed", "bare"], help=argparse.SUPPRESS)
    parser.add_argument("recordings", nargs="*", type=Path, metavar="RECORDING")
    options = parser.parse_args()
    if options.one:
        print(json.dumps((analysed if options.one == "analysed" else bare)(options.recordings[0])))
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = options.recordings or list(demo_film(Path(folder), options.seconds))
        print(f"{'recording':20} {'length':>8} {'x real time':>12} {'processor':>10} {'bare Whisper':>13}", end="")
        print(f" {'peak':>8} {'words':>12}")
        for path in paths:
            whole, engine = in_a_process("analysed", path), in_a_process("bare", path)
            speed = whole["recording_s"] / whole["taken_s"]
            print(
                f"{path.name:20} {whole['recording_s']:6.0f} s {speed:12.1f} {whole['processor_s']:8.1f} s"
                f" {engine['processor_s']:11.1f} s {whole['peak_mb']:5.0f} MB"
                f" {whole['words']:5.0f} /{engine['words']:5.0f}"
            )


if __name__ == "__main__":
    main()
