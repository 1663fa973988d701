"""A real service on a real port, in a thread of the test's own process."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.practice.client import Api

PATIENCE_S = 60.0


@contextmanager
def running_service(models_cache: Path, **options: Any) -> Iterator[Api]:
    # Imported here, as the tests of eyes and ears, which share this file, need no server.
    from coach_desktop.practice import conversations
    from coach_desktop.practice.service import Service
    from tests.practice.client import Api

    ready = threading.Event()
    lines: list[str] = []

    def on_ready(line: str) -> None:
        lines.append(line)
        ready.set()

    # Who tests a voice brings it; all others would only wait for it.
    options.setdefault("voices", ())
    service = Service(models_cache=models_cache, on_ready=on_ready, **options)
    thread = threading.Thread(target=service.serve, name="service-under-test")
    with pytest.MonkeyPatch.context() as patience:
        # A slow computer would leave the last words unsaid and the last seconds unheard; who tests that, says so.
        for limit in ("_LAST_WORD_WITHIN_S", "_VOICED_WITHIN_S", "_DRAIN_S"):
            patience.setattr(conversations, limit, PATIENCE_S)
        thread.start()
        assert ready.wait(60)
        client = Api(**json.loads(lines[0]), stop_service=service.stop)
        try:
            yield client
        finally:
            # Also where the test fails: its thread would keep the whole run from ending.
            client.close()
            service.stop()
            thread.join(60)
    assert not thread.is_alive()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    """A service of the test's own."""
    with running_service(tmp_path / "models") as client:
        yield client


@pytest.fixture(scope="module")
def shared_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A service for tests that leave nothing behind in it and start nothing that goes on."""
    with running_service(tmp_path_factory.mktemp("models")) as client:
        yield client


@pytest.fixture
def quick_ears(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the words are not what a test is about, the smaller model is loaded in a third of the time."""
    from coach_desktop.practice import recordings
    from coach_desktop.store import model_files

    monkeypatch.setattr(recordings, "best_models", lambda _: recordings.BestModels(model_files.WHISPER_TINY_EN))
