"""What bench_live.py compares a session with, each in a process of its own.

python benchmarks/bare.py page WIDTH HEIGHT VIDEO_WIDTH     a web view that shows the camera and grabs nothing
python benchmarks/bare.py networks SECONDS FRAMES_A_SECOND  the two networks of a tracked face at a camera's pace
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

PAGE = """<!doctype html><title>bare</title><body style="margin:0"><video autoplay muted width="%d"></video><script>
navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480, frameRate: { ideal: 15 } } })
  .then((media) => { document.querySelector('video').srcObject = media; });
</script>"""


def page(width: int, height: int, video_width: int) -> int:
    """Show the camera in a bare view, off the record, until this process is ended."""
    from PySide6.QtCore import QUrl
    from PySide6.QtWebEngineCore import QWebEnginePage, QWebEnginePermission, QWebEngineProfile
    from PySide6.QtWebEngineWidgets import QWebEngineView
    from PySide6.QtWidgets import QApplication

    application = QApplication([])
    profile = QWebEngineProfile()
    view = QWebEngineView()
    page = QWebEnginePage(profile, view)
    page.permissionRequested.connect(QWebEnginePermission.grant)
    view.setPage(page)
    view.resize(width, height)
    # A page may have the camera where its origin is this computer.
    page.setHtml(PAGE % video_width, QUrl("http://127.0.0.1/"))
    view.show()
    return application.exec()


def networks(seconds: float, frames_a_second: float) -> int:
    """Run the networks at an even pace; print milliseconds a frame and processor time as a share of one core."""
    from benchmarks.bench_seeing import bare_networks
    from coach_desktop.core import paths
    from coach_desktop.practice.seeing.tasks import read_face_task
    from coach_desktop.store.model_files import FACE_LANDMARKER, find

    run = bare_networks(read_face_task(find(FACE_LANDMARKER, paths.bundled_models()).path))
    for _ in range(5):
        run()
    taken = []
    began, used = time.perf_counter(), time.process_time()
    for number in range(round(seconds * frames_a_second)):
        time.sleep(max(0.0, began + number / frames_a_second - time.perf_counter()))
        at = time.perf_counter()
        run()
        taken.append(1000 * (time.perf_counter() - at))
    share = (time.process_time() - used) / (time.perf_counter() - began)
    print(json.dumps({"ms": taken, "share": share}))
    return 0


if __name__ == "__main__":
    if sys.argv[1] == "page":
        sys.exit(page(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
    sys.exit(networks(float(sys.argv[2]), float(sys.argv[3])))
