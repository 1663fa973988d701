"""The web pane against real pages: where it goes, what it grants, what it refuses, how it falls and gets up."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from coach_desktop.core.errors import CoachError
from coach_desktop.ui.room.page_policy import Media
from tests.ui.conftest import Site
from tests.ui.room.rooms import MEDIA_PAGE, MakeSite, Opened, click, show


def test_an_unsafe_address_is_refused_in_plain_words(opened: Opened) -> None:
    with pytest.raises(CoachError) as caught:
        opened.pane.show_room(QUrl("file:///etc/passwd"))
    assert caught.value.do
    assert opened.pane.view is None


def test_nothing_is_kept_on_disk(qtbot: QtBot, opened: Opened, site: Site) -> None:
    show(qtbot, opened, site.page("/room", "<title>room</title>"))
    assert opened.pane.view is not None
    profile = opened.pane.view.page().profile()
    assert profile.isOffTheRecord()
    assert profile.httpCacheType() == profile.HttpCacheType.MemoryHttpCache
    assert profile.persistentCookiesPolicy() == profile.PersistentCookiesPolicy.NoPersistentCookies
    opened.run(qtbot, "localStorage.setItem('kept', 'yes'); document.cookie = 'kept=yes; max-age=9999'; 1")
    storage = Path(profile.persistentStoragePath())
    opened.pane.show_room(QUrl(site.url + "/room"))
    with qtbot.waitSignal(opened.pane.room_loaded):
        pass
    assert opened.run(qtbot, "String(localStorage.getItem('kept')) + document.cookie") == "null"
    assert not [path for path in storage.rglob("*") if path.is_file()]


def test_scripts_cannot_leave_the_room(qtbot: QtBot, opened: Opened, make_site: MakeSite) -> None:
    site, elsewhere = make_site(), make_site()
    room = site.page("/room", "<title>room</title>")
    other = elsewhere.page("/other", "<title>other</title>")
    show(qtbot, opened, room)
    for address in (other, "file:///etc/passwd", "chrome://gpu", "data:text/html,hi", "mailto:a@example.org"):
        opened.run(qtbot, f"location.href = {address!r}; 1")
        qtbot.wait(100)
    assert opened.title() == "room"
    assert elsewhere.asked == []
    assert opened.outside == []


def test_a_redirect_cannot_leave_the_room(qtbot: QtBot, opened: Opened, make_site: MakeSite) -> None:
    site, elsewhere = make_site(), make_site()
    site.pages["/away"] = (f"redirect:{elsewhere.page('/other', 'other')}", b"")
    show(qtbot, opened, site.page("/room", "<title>room</title>"))
    opened.run(qtbot, "location.href = '/away'; 1")
    qtbot.waitUntil(lambda: "/away" in site.asked)
    qtbot.wait(200)
    assert "/other" not in elsewhere.asked
    assert opened.outside == []


def test_a_clicked_link_does_not_lead_out_of_the_room(qtbot: QtBot, opened: Opened, site: Site) -> None:
    show(qtbot, opened, site.page("/room", '<title>room</title><a href="http://elsewhere.invalid/x" '
                                  'style="display:block;height:300px">link</a>'))  # fmt: skip
    click(qtbot, opened)
    qtbot.wait(300)
    assert opened.title() == "room"
    assert opened.outside == []


def test_a_script_that_clicks_by_itself_opens_nothing(qtbot: QtBot, opened: Opened, site: Site) -> None:
    show(qtbot, opened, site.page("/room", '<title>room</title><a id="a" href="http://elsewhere.invalid/x">link</a>'))
    opened.run(qtbot, "document.getElementById('a').click(); 1")
    qtbot.wait(300)
    assert opened.outside == []


def test_pop_ups_never_open_inside(qtbot: QtBot, opened: Opened, site: Site) -> None:
    show(qtbot, opened, site.page("/room", '<title>room</title><a href="http://elsewhere.invalid/new" target="_blank" '
                                  'style="display:block;height:300px">link</a>'))  # fmt: skip
    opened.run(qtbot, "window.open('http://elsewhere.invalid/by-script'); 1")
    qtbot.wait(200)
    assert opened.outside == []
    opened.now = 100.0
    with qtbot.waitSignal(opened.pane.link_opened):
        click(qtbot, opened)
    assert opened.outside == ["http://elsewhere.invalid/new"]


def test_links_cannot_flood_the_screen(qtbot: QtBot, opened: Opened, site: Site) -> None:
    show(qtbot, opened, site.page("/room", '<title>room</title><a href="http://elsewhere.invalid/x" target="_blank" '
                                  'style="display:block;height:300px">link</a>'))  # fmt: skip
    for _ in range(4):
        click(qtbot, opened)
    qtbot.waitUntil(lambda: bool(opened.outside))
    assert len(opened.outside) == 1


def test_a_local_room_fetches_nothing_from_elsewhere(qtbot: QtBot, opened: Opened, make_site: MakeSite) -> None:
    site, elsewhere = make_site(), make_site()
    show(qtbot, opened, site.page("/room", "<title>room</title>"))
    opened.run(
        qtbot,
        f"fetch('{elsewhere.url}/pixel', {{mode: 'no-cors'}})"
        ".then(() => document.title = 'fetched', () => document.title = 'blocked'); 1",
    )
    qtbot.waitUntil(lambda: opened.title() != "room")
    assert opened.title() == "blocked"
    assert elsewhere.asked == []


def test_the_room_says_what_became_of_its_devices(qtbot: QtBot, opened: Opened, site: Site) -> None:
    show(qtbot, opened, site.page("/room", "<title>room</title>"))
    reported: list[tuple[str, str]] = []
    opened.pane.devices_reported.connect(lambda camera, microphone: reported.append((camera, microphone)))
    opened.run(qtbot, "window.coachRoom = {state: {devices: {camera: 'on', microphone: 'missing'}}}; 1")
    qtbot.waitUntil(lambda: bool(reported))
    assert reported == [("on", "missing")]
    opened.run(qtbot, "window.coachRoom = {state: {devices: {camera: 'denied', microphone: '<b>'}}}; 1")
    qtbot.wait(1200)
    assert reported == [("on", "missing")]


def test_downloads_are_refused(qtbot: QtBot, opened: Opened, site: Site) -> None:
    file = site.page("/file", "x" * 1000, "application/octet-stream")
    show(qtbot, opened, site.page("/room", "<title>room</title>"))
    with qtbot.waitSignal(opened.pane.download_refused):
        opened.run(qtbot, f"location.href = '{file}'; 1")


def test_camera_and_microphone_wait_for_our_yes(qtbot: QtBot, opened: Opened, site: Site) -> None:
    room = site.page("/room", MEDIA_PAGE)
    with qtbot.waitSignal(opened.pane.permission_asked) as asked:
        opened.pane.show_room(QUrl(room))
    assert asked.args == [Media.BOTH]
    qtbot.wait(200)
    assert opened.title() == "waiting"
    opened.pane.answer_media(True)
    qtbot.waitUntil(lambda: opened.title() == "got audio+video")


def test_a_yes_is_remembered_for_the_room_and_forgotten_after_it(qtbot: QtBot, opened: Opened, site: Site) -> None:
    room = site.page("/room", MEDIA_PAGE)
    with qtbot.waitSignal(opened.pane.permission_asked):
        opened.pane.show_room(QUrl(room))
    opened.pane.answer_media(True)
    qtbot.waitUntil(lambda: opened.title() == "got audio+video")
    opened.pane.ask_again()
    qtbot.waitUntil(lambda: opened.title() == "got audio+video")
    with qtbot.waitSignal(opened.pane.permission_asked):
        opened.pane.show_room(QUrl(room))


def test_after_a_no_the_page_can_ask_again(qtbot: QtBot, opened: Opened, site: Site) -> None:
    room = site.page("/room", MEDIA_PAGE)
    with qtbot.waitSignal(opened.pane.permission_asked):
        opened.pane.show_room(QUrl(room))
    with qtbot.waitSignal(opened.pane.media_denied):
        opened.pane.answer_media(False)
    qtbot.waitUntil(lambda: opened.title().startswith("refused"))
    with qtbot.waitSignal(opened.pane.permission_asked):
        opened.pane.ask_again()
    opened.pane.answer_media(True)
    qtbot.waitUntil(lambda: opened.title() == "got audio+video")


def test_a_yes_given_before_needs_no_question(qtbot: QtBot, opened: Opened, site: Site) -> None:
    asked: list[Media] = []
    opened.pane.permission_asked.connect(asked.append)
    show(qtbot, opened, site.page("/room", MEDIA_PAGE), allow=True)
    qtbot.waitUntil(lambda: opened.title() == "got audio+video")
    assert asked == []


def test_a_local_room_frames_nothing_from_elsewhere(qtbot: QtBot, opened: Opened, make_site: MakeSite) -> None:
    site, elsewhere = make_site(), make_site()
    framed = elsewhere.page("/framed", "<title>framed</title>")
    show(qtbot, opened, site.page("/room", f"<title>room</title><iframe src='{framed}'></iframe>"))
    qtbot.wait(200)
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("geolocation", "navigator.geolocation.getCurrentPosition(() => done('got'), e => done('refused'))"),
        ("notifications", "Notification.requestPermission().then(s => done(s === 'granted' ? 'got' : 'refused'))"),
        ("clipboard", "navigator.clipboard.readText().then(() => done('got'), () => done('refused'))"),
        ("screen", "navigator.mediaDevices.getDisplayMedia().then(() => done('got'), () => done('refused'))"),
    ],
)
def test_every_other_permission_is_refused(qtbot: QtBot, opened: Opened, site: Site, name: str, code: str) -> None:
    show(qtbot, opened, site.page("/room", "<title>room</title>"), allow=True)
    opened.run(qtbot, f"window.done = text => document.title = text; {code}; 1")
    qtbot.waitUntil(lambda: opened.title() in {"got", "refused"})
    assert opened.title() == "refused"


def test_dialogs_and_plugins_of_a_page_stay_shut(qtbot: QtBot, opened: Opened, site: Site) -> None:
    show(qtbot, opened, site.page("/room", "<title>room</title>"))
    assert opened.run(qtbot, "alert('x'); [confirm('sure?'), prompt('name?')].join()") == "false,"
    assert opened.run(qtbot, "String(navigator.pdfViewerEnabled)") == "false"


@pytest.mark.expects_warnings("the room did not load")
def test_a_room_that_does_not_answer_is_reported(qtbot: QtBot, opened: Opened) -> None:
    with qtbot.waitSignal(opened.pane.room_failed):
        opened.pane.show_room(QUrl("http://127.0.0.1:9/rooms/c1"))


def kill_renderer(opened: Opened) -> None:
    assert opened.pane.view is not None
    os.kill(opened.pane.view.page().renderProcessPid(), signal.SIGKILL)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.expects_warnings("the page's process ended")
def test_a_killed_renderer_comes_back_three_times(qtbot: QtBot, opened: Opened, site: Site) -> None:
    room = site.page("/room", MEDIA_PAGE)
    show(qtbot, opened, room, allow=True)
    for time in range(1, 4):
        with (
            qtbot.waitSignal(opened.pane.renderer_crashed) as crashed,
            qtbot.waitSignal(opened.pane.room_loaded),
        ):
            kill_renderer(opened)
        assert crashed.args == [time]
        qtbot.waitUntil(lambda: opened.title() == "got audio+video")
    with qtbot.waitSignal(opened.pane.renderer_gave_up):
        kill_renderer(opened)
    loads = site.asked.count("/room")
    qtbot.wait(900)
    assert site.asked.count("/room") == loads
    opened.now = 400.0
    with qtbot.waitSignal(opened.pane.room_loaded):
        opened.pane.reload()


def test_the_page_may_fill_the_screen_and_be_told_to_stop(qtbot: QtBot, opened: Opened, site: Site) -> None:
    show(qtbot, opened, site.page("/room", "<title>room</title><button style='width:300px;height:200px' "
                                  "onclick='document.documentElement.requestFullscreen()'>x</button>"))  # fmt: skip
    with qtbot.waitSignal(opened.pane.full_screen_asked) as asked:
        click(qtbot, opened)
    assert asked.args == [True]
    with qtbot.waitSignal(opened.pane.full_screen_asked) as asked:
        opened.pane.exit_full_screen()
    assert asked.args == [False]


def test_an_open_room_follows_light_and_dark(qtbot: QtBot, opened: Opened, site: Site) -> None:
    hints = QGuiApplication.styleHints()
    hints.setColorScheme(Qt.ColorScheme.Light)
    if hints.colorScheme() != Qt.ColorScheme.Light:
        pytest.skip("this desktop does not let an app choose between light and dark")
    show(qtbot, opened, site.page("/room", "<title>room</title>"))
    is_dark = "matchMedia('(prefers-color-scheme: dark)').matches"
    hints.setColorScheme(Qt.ColorScheme.Dark)
    qtbot.waitUntil(lambda: opened.run(qtbot, is_dark) is True)
    hints.setColorScheme(Qt.ColorScheme.Light)
    qtbot.waitUntil(lambda: opened.run(qtbot, is_dark) is False)
    hints.setColorScheme(Qt.ColorScheme.Unknown)


def test_leaving_releases_everything(qtbot: QtBot, opened: Opened, site: Site) -> None:
    show(qtbot, opened, site.page("/room", MEDIA_PAGE), allow=True)
    assert opened.pane.view is not None
    destroyed: list[str] = []
    page = opened.pane.view.page()
    profile = page.profile()
    page.destroyed.connect(lambda: destroyed.append("page"))
    opened.pane.view.destroyed.connect(lambda: destroyed.append("view"))
    profile.destroyed.connect(lambda: destroyed.append("profile"))
    opened.pane.leave()
    assert destroyed == ["page", "view", "profile"]
    assert opened.pane.url.isEmpty()
