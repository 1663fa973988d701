"""The watch over a room's picture: what it concludes, and what it sees in real pages and their frames."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from coach_desktop.ui.room.room_watch import PATIENCE_S, Glance, Patience, Verdict, glance_of, says_unsupported
from tests.ui.conftest import Site
from tests.ui.room.rooms import MakeSite, Opened, show

PICTURE = Glance(picture=True, unsupported=False)
NOTHING = Glance(picture=False, unsupported=False)
UNSUPPORTED = Glance(picture=False, unsupported=True)

DRAWN = """
const canvas = document.createElement('canvas'), brush = canvas.getContext('2d');
canvas.width = 320; canvas.height = 240;
let turn = 0;
setInterval(() => { brush.fillStyle = `hsl(${++turn % 360} 60% 40%)`; brush.fillRect(0, 0, 320, 240); }, 50);
const drawn = canvas.captureStream(15);
const shown = stream => {
  const video = document.createElement('video');
  video.autoplay = video.muted = true; video.srcObject = stream; document.body.append(video);
};
"""
REMOTE = f"""<title>room</title><body><script>{DRAWN}
(async () => {{
  const one = new RTCPeerConnection(), other = new RTCPeerConnection();
  one.onicecandidate = event => event.candidate && other.addIceCandidate(event.candidate);
  other.onicecandidate = event => event.candidate && one.addIceCandidate(event.candidate);
  other.ontrack = event => shown(event.streams[0]);
  one.addTrack(drawn.getTracks()[0], drawn);
  await one.setLocalDescription(await one.createOffer());
  await other.setRemoteDescription(one.localDescription);
  await other.setLocalDescription(await other.createAnswer());
  await one.setRemoteDescription(other.localDescription);
}})();
</script></body>"""
LOCAL_ONLY = f"""<title>room</title><body><script>{DRAWN}
shown(drawn);
navigator.mediaDevices.getUserMedia({{video: true}}).then(stream => {{ shown(stream); document.title = 'on'; }});
</script></body>"""


class Timer:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def timer() -> Timer:
    return Timer()


class TestPatience:
    def test_a_picture_ends_the_wait(self, timer: Timer) -> None:
        patience = Patience(timer)
        assert patience.glance(NOTHING) is None
        assert patience.glance(PICTURE) is Verdict.PICTURE
        timer.now += 100
        assert patience.time_went_by() is None
        assert patience.glance(PICTURE) is None

    def test_no_picture_is_told_once_and_after_the_whole_time(self, timer: Timer) -> None:
        patience = Patience(timer)
        timer.now += PATIENCE_S - 0.1
        assert patience.time_went_by() is None
        timer.now += 0.1
        assert patience.time_went_by() is Verdict.NO_PICTURE
        timer.now += 100
        assert patience.time_went_by() is None
        assert patience.glance(UNSUPPORTED) is None
        assert patience.glance(PICTURE) is Verdict.PICTURE

    def test_a_page_that_says_so_is_believed_at_once(self, timer: Timer) -> None:
        patience = Patience(timer)
        assert patience.glance(UNSUPPORTED) is Verdict.UNSUPPORTED
        timer.now += 100
        assert patience.time_went_by() is None

    @given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from([PICTURE, NOTHING, UNSUPPORTED, None]))))
    def test_never_more_than_one_offer_and_none_after_a_picture(self, steps: list[tuple[float, Glance | None]]) -> None:
        timer = Timer()
        patience = Patience(timer)
        told: list[Verdict] = []
        for seconds, glance in steps:
            timer.now += seconds
            verdict = patience.time_went_by() if glance is None else patience.glance(glance)
            if verdict is not None:
                told.append(verdict)
        assert len(told) == len(set(told)) <= 2
        assert told.count(Verdict.NO_PICTURE) + told.count(Verdict.UNSUPPORTED) <= 1
        assert Verdict.PICTURE not in told[:-1]


@pytest.mark.parametrize(
    "text",
    [
        "Your browser is not supported",
        "This browser isn\u2019t supported. Try another.",
        "Unsupported browser",
        "Sorry, your web browser is currently not supported.",
        "We don't support this browser",
        "Video calls don't work here.\nPlease use a supported browser.",
        "WebRTC is not supported here",
        "Your browser is too old for this call.",
        "This call does not support your browser (Foo 1.0)",
    ],
)
def test_words_for_an_unsupported_browser_are_known(text: str) -> None:
    assert says_unsupported(text)
    assert says_unsupported(text.upper())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Waiting for others to join",
        "Allow your browser to use camera and microphone",
        "This session is supported by our team. Open it in your browser any time.",
        "Your browser is asking for permission. Background blur is off.",
        "Are you ready to join? Join",
        "You are not allowed to join this meeting.",
    ],
)
def test_other_words_are_not(text: str) -> None:
    assert not says_unsupported(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES, st.booleans())
def test_a_page_can_answer_what_it_likes(answer: object, as_json: bool) -> None:
    seen = glance_of(json.dumps(answer) if as_json else answer)
    is_pair = as_json and isinstance(answer, list) and len(answer) == 2
    assert seen.picture is (is_pair and isinstance(answer, list) and answer[0] is True)
    assert isinstance(seen.unsupported, bool)


@given(st.text())
def test_an_answer_that_is_no_json_shows_nothing(answer: str) -> None:
    assert not glance_of(answer).picture or json.loads(answer)[0] is True


def told_by(opened: Opened) -> list[str]:
    told: list[str] = []
    opened.pane.picture_missed.connect(lambda unsupported: told.append("unsupported" if unsupported else "missed"))
    opened.pane.picture_seen.connect(lambda: told.append("seen"))
    return told


class TestRealPages:
    def test_a_remote_video_is_seen(self, qtbot: QtBot, opened: Opened, site: Site) -> None:
        told = told_by(opened)
        show(qtbot, opened, site.page("/room", REMOTE), kind="tavus")
        qtbot.waitUntil(lambda: bool(told))
        assert told == ["seen"]

    def test_a_remote_video_in_a_frame_of_another_origin_is_seen(
        self, qtbot: QtBot, opened: Opened, site: Site
    ) -> None:
        """The frame is sandboxed, and so has an origin of its own, and a process of its own."""
        told = told_by(opened)
        site.page("/inside", REMOTE)
        room = site.page("/room", "<title>room</title><iframe sandbox='allow-scripts' src='/inside'></iframe>")
        show(qtbot, opened, room, kind="tavus")
        qtbot.waitUntil(lambda: bool(told))
        assert told == ["seen"]

    def test_the_users_own_picture_is_none_of_the_coach(self, qtbot: QtBot, opened: Opened, site: Site) -> None:
        told = told_by(opened)
        show(qtbot, opened, site.page("/room", LOCAL_ONLY), allow=True, kind="tavus")
        qtbot.waitUntil(lambda: opened.title() == "on")
        playing = "[...document.querySelectorAll('video')].filter(v => v.currentTime > 0.5).length"
        qtbot.waitUntil(lambda: opened.run(qtbot, playing) == 2)
        assert told == []
        opened.now = PATIENCE_S + 1
        qtbot.waitUntil(lambda: bool(told))
        assert told == ["missed"]

    def test_a_picture_that_comes_late_takes_the_offer_back(self, qtbot: QtBot, opened: Opened, site: Site) -> None:
        told = told_by(opened)
        late = REMOTE.replace("(async () =>", "const begin = (async () =>").replace("})();", "});")
        late = late.replace("<script>", "<script>addEventListener('hashchange', () => begin());")
        show(qtbot, opened, site.page("/room", late), kind="tavus")
        opened.now = PATIENCE_S + 1
        qtbot.waitUntil(lambda: told == ["missed"])
        opened.run(qtbot, "location.hash = 'now'; 1")
        qtbot.waitUntil(lambda: told == ["missed", "seen"])

    def test_a_page_that_refuses_this_browser_is_heard_at_once(self, qtbot: QtBot, opened: Opened, site: Site) -> None:
        told = told_by(opened)
        hidden = "<p style='display: none'>Unsupported browser</p>"
        show(qtbot, opened, site.page("/room", f"<title>room</title>{hidden}<p id=p>Hello</p>"), kind="tavus")
        qtbot.wait(1200)
        assert told == []
        opened.run(qtbot, "document.getElementById('p').textContent = 'Your browser is not supported.'; 1")
        qtbot.waitUntil(lambda: told == ["unsupported"])

    def test_a_page_that_lies_to_scripts_is_not_asked(self, qtbot: QtBot, opened: Opened, site: Site) -> None:
        """The watch has a world of its own: what the page does to its own objects is not seen there."""
        told = told_by(opened)
        lie = "<script>MediaStreamTrack.prototype.getSettings = () => ({groupId: 'mine'});"
        show(qtbot, opened, site.page("/room", REMOTE.replace("<script>", lie, 1)), kind="tavus")
        qtbot.waitUntil(lambda: told == ["seen"])

    def test_the_wait_begins_anew_where_it_was_ours(self, qtbot: QtBot, opened: Opened, site: Site) -> None:
        told = told_by(opened)
        show(qtbot, opened, site.page("/room", "<title>room</title>"), kind="tavus")
        opened.now = PATIENCE_S + 1
        qtbot.waitUntil(lambda: told == ["missed"])
        opened.pane.wait_anew()
        qtbot.wait(1200)
        assert told == ["missed"]
        opened.now += PATIENCE_S + 1
        qtbot.waitUntil(lambda: told == ["missed", "missed"])

    def test_a_local_room_is_not_watched(self, qtbot: QtBot, opened: Opened, make_site: MakeSite) -> None:
        told = told_by(opened)
        show(qtbot, opened, make_site().page("/room", "<title>room</title>Unsupported browser"))
        opened.now = PATIENCE_S + 1
        qtbot.wait(1200)
        assert told == []
