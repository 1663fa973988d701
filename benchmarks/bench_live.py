"""What a session costs and how quickly it answers: the real app, the real room and service, files as the devices.

Run: python benchmarks/bench_live.py [--seconds N]. The app is started as a user would start it, with a picture of a
face and a voice as Chromium's camera and microphone, and is watched from outside: processor time by the system's own
count, frames and messages from within the room's stream worker through remote debugging. In the same run, for the
ratios: a bare view of the same size that shows the same camera at the same size and grabs nothing, and the two bare
networks of a tracked face at the same pace, each in a process of its own.

A frame's time begins when the worker has read it from the camera's track. It is `sent` when it is given to the
WebSocket, `acknowledged` when the service has looked at it, and on the meter when the page's own thread hears of the
first meter that is made from it or a later frame. A meter goes out with each frame that was looked at, 50 ms apart at
least.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psutil
from websockets.exceptions import WebSocketException

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

import demo_media
from benchmarks import devtools
from run import for_root
from screen import has_display, virtual_screen

ROOT = Path(__file__).resolve().parent.parent
BARE = str(ROOT / "benchmarks" / "bare.py")
WORKER = "/stream-worker.js"
SLICE_S = 2.0
# The greeting, the loading of models and the first look at everything are over by then.
SETTLE_S = 4.0
NETWORKS_S = 8.0
SERVICE, WINDOW, RENDERER, DEVICES = "service", "window", "renderer", "camera and microphone"

# Both hooks write down times since the epoch in milliseconds, which page and worker share.
WORKER_HOOK = """(() => {
  const now = () => performance.timeOrigin + performance.now();
  const seen = { reads: [], sent: [], acks: [] };
  const toPage = new BroadcastChannel('bench');
  const listening = new WeakSet();
  let readAt = 0;
  const read = ReadableStreamDefaultReader.prototype.read;
  ReadableStreamDefaultReader.prototype.read = function () {
    return read.call(this).then((result) => { readAt = now(); seen.reads.push(readAt); return result; });
  };
  const hear = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'ack') seen.acks.push([message.seq, now()]);
    if (message.type === 'meter' && message.frame_seq !== null) toPage.postMessage(message.frame_seq);
  };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (!listening.has(this)) { listening.add(this); this.addEventListener('message', hear); }
    send.call(this, data);
    if (!(data instanceof ArrayBuffer)) return;
    const header = new DataView(data);
    if (header.getUint8(0) === 1) seen.sent.push([header.getUint32(4, true), readAt, now()]);
  };
  self.benchSeen = seen;
})()"""
PAGE_HOOK = """(() => {
  window.benchMeters = [];
  const fromWorker = new BroadcastChannel('bench');
  fromWorker.onmessage = ({ data }) => window.benchMeters.push([data, performance.timeOrigin + performance.now()]);
})()"""


class Usage:
    """Processor time of a process and all it started, by part, in slices of a run."""

    def __init__(self, root: int) -> None:
        """Watch a process by its id."""
        self._root = psutil.Process(root)
        self._slices: list[dict[str, float]] = []
        self.others = 0.0

    def watch(self, seconds: float) -> None:
        """Watch for so long."""
        before, began = self._seconds(), time.perf_counter()
        own, idle = sum(before.values()), psutil.cpu_times().idle
        for number in range(1, round(seconds / SLICE_S) + 1):
            time.sleep(max(0.0, began + number * SLICE_S - time.perf_counter()))
            after = self._seconds()
            self._slices.append({part: 100 * (after[part] - before[part]) / SLICE_S for part in after})
            before = after
        taken = time.perf_counter() - began
        free = (psutil.cpu_times().idle - idle) / taken
        self.others = 100 * max(0.0, (psutil.cpu_count() or 1) - free - (sum(before.values()) - own) / taken)

    def percent(self, *parts: str) -> float:
        """Return what the parts took together, in % of one core: the median of the slices."""
        return statistics.median(sum(part[name] for name in parts) for part in self._slices)

    def _seconds(self) -> dict[str, float]:
        used = dict.fromkeys((SERVICE, WINDOW, RENDERER, DEVICES), 0.0)
        for process in (self._root, *self._root.children(recursive=True)):
            words = " ".join(process.cmdline())
            if process == self._root:
                part = WINDOW
            elif "practice-service" in words:
                part = SERVICE
            else:
                part = DEVICES if "--type=utility" in words else RENDERER
            times = process.cpu_times()
            used[part] += times.user + times.system
        return used


@contextmanager
def running(command: Sequence[str], environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a program with a web view; give its process and the port of its remote debugging. It ends here."""
    port = devtools.free_port()
    environment = environment | {"QTWEBENGINE_REMOTE_DEBUGGING": str(port)}
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            [sys.executable, *command], env=environment, stdout=output, stderr=subprocess.STDOUT, text=True
        )
        try:
            yield process, port
        except (OSError, LookupError, RuntimeError, WebSocketException, psutil.Error) as error:
            output.seek(0)
            raise SystemExit(f"{command}: {error}\n{output.read()}") from error
        finally:
            process.terminate()
            process.wait(timeout=30)


def session(environment: dict[str, str], data: str, seconds: float) -> tuple[Usage, dict[str, Any]]:
    """Hold a session in the app; return what it used and what the room saw of it."""
    command = [str(ROOT / "main.py"), "--data-dir", data, "--profile", "chuck-local", "--start"]
    with running(command, environment) as (process, port), devtools.open_page(port) as page:
        page.wait_for("window.coachRoom?.state.live && coachRoom.state.framesAcked > 0")
        page.run(PAGE_HOOK)
        page.run(WORKER_HOOK, WORKER)
        time.sleep(SETTLE_S)
        began = page.run("performance.timeOrigin + performance.now()")
        skipped = page.run("coachRoom.state.framesSkipped")
        usage = Usage(process.pid)
        usage.watch(seconds)
        seen = page.run("benchSeen", WORKER) | {
            "began": began,
            "ended": page.run("performance.timeOrigin + performance.now()"),
            "meters": page.run("benchMeters"),
            "skipped": page.run("coachRoom.state.framesSkipped") - skipped,
            "sizes": page.run("[innerWidth, innerHeight, document.getElementById('self-video').clientWidth]"),
        }
    return usage, seen


def bare_page(environment: dict[str, str], sizes: Sequence[int], seconds: float) -> Usage:
    """Show the camera in a bare view; return what that used."""
    command = [BARE, "page", *map(str, sizes)]
    with running(command, environment) as (process, port), devtools.open_page(port) as page:
        page.wait_for("document.querySelector('video')?.videoWidth > 0")
        time.sleep(SETTLE_S)
        usage = Usage(process.pid)
        usage.watch(seconds)
    return usage


def bare_networks(frames_a_second: float) -> dict[str, Any]:
    """Run the bare networks at the session's pace; return milliseconds of each frame, and the share of one core."""
    command = [sys.executable, BARE, "networks", str(NETWORKS_S), str(frames_a_second)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def delays(seen: dict[str, Any]) -> dict[str, list[float]]:
    """Return milliseconds from the reading of each frame to what became of it; a frame without a fate is left out."""
    acks, meters = dict(seen["acks"]), sorted(seen["meters"])
    found: dict[str, list[float]] = {"sent": [], "acknowledged": [], "on the meter": []}
    for seq, read, sent in seen["sent"]:
        if read < seen["began"]:
            continue
        found["sent"].append(sent - read)
        if seq in acks:
            found["acknowledged"].append(acks[seq] - read)
        at = bisect_left(meters, [seq, 0])
        if at < len(meters):
            found["on the meter"].append(meters[at][1] - read)
    return found


def print_tables(usage: Usage, seen: dict[str, Any], bare: Usage, networks: dict[str, Any]) -> None:
    """Print frames, latency and processor time."""
    seconds: float = (seen["ended"] - seen["began"]) / 1000

    def rate(times: list[float]) -> float:
        count: int = sum(seen["began"] <= at < seen["ended"] for at in times)
        return count / seconds

    print(f"{'frames a second':30} {'camera':>8} {'sent':>8} {'acked':>8} {'skipped':>8}")
    sent, acked = rate([at for _, _, at in seen["sent"]]), rate([at for _, at in seen["acks"]])
    print(f"{'':30} {rate(seen['reads']):8.1f} {sent:8.1f} {acked:8.1f} {seen['skipped'] / seconds:8.1f}")

    network = statistics.median(networks["ms"])
    print(f"\n{'a frame, from read to, ms':30} {'median':>8} {'p95':>8} {'longest':>8} {'x bare networks':>16}")
    print(f"{'(bare networks)':30} {network:8.1f} {percentile(networks['ms']):8.1f} {max(networks['ms']):8.1f}")
    for name, times in delays(seen).items():
        middle = statistics.median(times)
        ratio = f"{middle / network:16.2f}" if name != "sent" else ""
        print(f"{name:30} {middle:8.1f} {percentile(times):8.1f} {max(times):8.1f} {ratio}")

    print(f"\n{'% of one core':30} {'here':>8} {'bare':>8} {'x bare':>8}")
    page = (WINDOW, RENDERER, DEVICES)
    rows = [(f"page: {part}", usage.percent(part), bare.percent(part)) for part in page]
    rows.append(("page, all of it", usage.percent(*page), bare.percent(*page)))
    rows.append(("service, against networks", usage.percent(SERVICE), 100 * networks["share"]))
    rows.append(("session", usage.percent(*page, SERVICE), bare.percent(*page) + 100 * networks["share"]))
    for name, here, there in rows:
        print(f"{name:30} {here:8.1f} {there:8.1f} {here / there if there else float('nan'):8.2f}")
    print(f"{'(all else on this computer)':30} {usage.others:8.1f} {bare.others:8.1f}")


def percentile(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="What a session costs and how quickly it answers.")
    parser.add_argument("--seconds", type=float, default=20.0, help="seconds of the session to watch (default 20)")
    seconds = max(2 * SLICE_S, parser.parse_args().seconds)
    place: AbstractContextManager[dict[str, str]] = nullcontext({}) if has_display() else virtual_screen()
    with place as screen, tempfile.TemporaryDirectory() as folder:
        camera, voice = Path(folder, "face.mjpeg"), Path(folder, "speech.wav")
        demo_media.write_camera(camera, demo_media.portrait())
        flags = f"--use-fake-device-for-media-stream --use-file-for-fake-video-capture={camera}"
        if demo_media.write_voice(voice):
            flags += f" --use-file-for-fake-audio-capture={voice}"
        environment = for_root(dict(os.environ)) | screen | {"QTWEBENGINE_CHROMIUM_FLAGS": flags}
        usage, seen = session(environment, str(Path(folder, "data")), seconds)
        bare = bare_page(environment, seen["sizes"], seconds / 2)
        networks = bare_networks(sum(at >= seen["began"] for _, _, at in seen["sent"]) / seconds)
    print_tables(usage, seen, bare, networks)


if __name__ == "__main__":
    main()
