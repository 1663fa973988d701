"""kill -9 in mid-session: of the app, of the service, of the renderer. Nothing is left running, nothing is lost."""

from __future__ import annotations

import signal

import psutil
import pytest

from tests.e2e.harness import App, Media, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def test_killing_the_app_leaves_an_interrupted_session_and_no_process(app: App, talk: Media) -> None:
    process = app.start("--start", "--profile", "chuck-local", media=talk)
    app.wait_until_measured_for(5)
    assert renderers(app), "the watch does not see the web engine's processes"
    process.send_signal(signal.SIGKILL)
    process.wait()
    app.wait_until_gone()
    report = app.report()
    assert report["session"]["status"] == "interrupted"
    assert report["session"]["duration_s"] >= 5
    assert report["measures"]["face_present"]["value"] > 0.9
    assert report["measures"]["speaking_time"]["status"] == "measured"


def test_killing_the_service_ends_the_session_with_what_had_arrived(app: App, talk: Media) -> None:
    process = app.start("--start", "--profile", "chuck-local", "--quit-when-done", media=talk)
    app.wait_until_measured_for(5)
    (service,) = app.processes("practice-service")
    service.send_signal(signal.SIGKILL)
    assert process.wait(timeout=120) == 1, app.log()
    app.wait_until_gone()
    report = app.report()
    assert report["session"]["status"] == "interrupted"
    assert report["measures"]["face_present"]["value"] > 0.9


def renderers(app: App) -> list[psutil.Process]:
    """Return the processes that show pages: on Linux the youngest children of Chromium's zygotes, under their title.

    With the sandbox on, a zygote has a zygote of its own in between, which must live for a new renderer to come.
    """
    zygotes = {process.pid for process in app.processes("--type=zygote")}
    parents = {process.ppid() for process in app.processes()}
    return [process for process in app.processes() if process.ppid() in zygotes and process.pid not in parents]


def test_killing_the_renderer_reloads_the_room_and_the_session_goes_on(app: App, talk: Media) -> None:
    process = app.start(*("--start", "--profile", "chuck-local", "--end-after", "20", "--quit-when-done"), media=talk)
    app.wait_until_live_for(5)
    before = renderers(app)
    assert before, "no renderer was found"
    for renderer in before:
        renderer.send_signal(signal.SIGKILL)
    wait_for(lambda: {p.pid for p in renderers(app)} - {p.pid for p in before}, 120, app.log)
    assert process.wait(timeout=120) == 0, app.log()
    app.wait_until_gone()
    report = app.report()
    assert report["session"]["status"] == "done"
    assert report["session"]["duration_s"] == pytest.approx(20, abs=2)
    assert report["measures"]["face_present"]["value"] > 0.9


def test_sigterm_in_mid_session_ends_it_in_order(app: App, talk: Media) -> None:
    process = app.start("--start", "--profile", "chuck-local", media=talk)
    app.wait_until_measured_for(0)
    process.terminate()
    process.wait(timeout=120)
    app.wait_until_gone()
    assert app.report()["session"]["status"] == "done", app.log()
