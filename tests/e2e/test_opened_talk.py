"""The app opens a real film: analysed by a child, shown, kept on request, found again; given up, nothing is left."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from coach_desktop.core.paths import DataFolder
from coach_desktop.ui.error_view import ErrorView
from coach_desktop.ui.eyes_timeline import EyesSection
from coach_desktop.ui.history_page import HistoryPage
from coach_desktop.ui.home_page import HomePage
from coach_desktop.ui.keep_card import KEPT
from coach_desktop.ui.report_page import ReportPage
from coach_desktop.ui.waiting_page import WaitingPage
from tests.e2e.window import Run
from tests.ui.driving import seen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400, method="thread"), pytest.mark.usefixtures("no_keyring")]

Launch = Callable[..., Run]


def analysing(data: DataFolder) -> list[psutil.Process]:
    """Return the children that analyse for this data folder."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            command = child.cmdline()
        except psutil.Error:
            continue
        if "analyse" in command and str(data.root) in command:
            found.append(child)
    return found


def silence(path: Path, seconds: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(2 * 16_000 * seconds))
    return path


def test_a_film_is_shown_kept_and_found_again(launch: Launch, shared_data: Path) -> None:
    run = launch(talk=shared_data / "data" / "video" / "single_face.mp4")
    page = run.page(ReportPage)
    words = seen(page)
    assert "Report of single_face.mp4" in words
    (eyes,) = page.findChildren(EyesSection)
    run.bot.waitUntil(eyes.isVisible)
    run.press(page, "Save to history")
    run.wait_for_words(page, KEPT)
    run.window.show_history()
    listed = run.page(HistoryPage)
    run.press(listed, "Open report")
    assert run.page(ReportPage) is page
    run.bot.waitUntil(lambda: "Report of single_face.mp4" in seen(page) and eyes.isVisible())
    assert KEPT not in seen(page)


@pytest.mark.parametrize("way", ["cancel", "quit"])
def test_given_up_it_leaves_no_process_and_no_session(
    launch: Launch, data: DataFolder, tmp_path: Path, way: str
) -> None:
    run = launch()
    run.page(HomePage)
    run.window.talks.open(silence(tmp_path / "long.wav", 1800))
    page = run.page(WaitingPage)
    run.wait_for_words(page, "of 30:00")
    (child,) = analysing(data)
    if way == "cancel":
        run.press(page, "Cancel")
        run.page(HomePage)
    else:
        run.window.close()
    run.bot.waitUntil(lambda: not child.is_running())
    assert analysing(data) == []


def test_a_text_that_is_called_a_film_gets_words(launch: Launch, tmp_path: Path) -> None:
    run = launch()
    run.page(HomePage)
    notes = tmp_path / "notes.mp4"
    notes.write_text("These are notes.", encoding="utf-8")
    run.window.talks.open(notes)
    page = run.page(ErrorView)
    assert "notes.mp4 cannot be read as a recording." in seen(page)
    run.press(page, "Back to the start")
    run.page(HomePage)
