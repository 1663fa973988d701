"""A microphone has a name only where levels on it can be compared, and the name itself never leaves the page."""

from __future__ import annotations

import json

from tests.practice.room.conftest import Browser
from tests.practice.room.room_service import RoomService, came

ON_AIR = "room.devices.camera === 'on' && room.devices.microphone === 'on'"
# The tracks are made up, the list of devices and the code that reads both are the page's. An arrow between blanks
# would part a condition from what is to be done then.
ASK = """(globalThis.asked ??= import(location.origin + '/room-assets/devices.js').then(async ({ nameOfMicrophone })=>{
  const real = (await navigator.mediaDevices.enumerateDevices())
    .filter((one)=>one.kind === 'audioinput' && one.deviceId !== 'default');
  const track = (settings)=>({ label: 'Mine', getSettings: ()=>settings });
  const told = [];
  for (const settings of [
    { autoGainControl: false, deviceId: 'x' },
    { autoGainControl: true, deviceId: 'x' },
    { deviceId: 'x' },
    { autoGainControl: false, deviceId: 'default', groupId: real[1].groupId },
    { autoGainControl: false, deviceId: 'default', groupId: 'of nobody' },
  ]) told.push(await nameOfMicrophone(track(settings)));
  globalThis.told = JSON.stringify(told);
}), globalThis.told !== undefined)"""


def test_it_has_one_where_its_gain_is_left_alone_and_it_is_known_which_it_is(browser: Browser) -> None:
    with RoomService([(0.0, {"type": "live"})]) as service:
        # The page's own title comes with the service's welcome, and would take the place of an earlier one.
        welcome = "document.title === 'Chuck, Team talk'"
        outcome = browser.open(
            service, ON_AIR, welcome, ASK, came("text.microphone === 'on'"), "(document.title = globalThis.told, true)"
        )
        told = [text for text in service.recording.texts if text["type"] == "devices"]
    names = json.loads(outcome["title"])
    assert names == ["Mine", "", "", "Fake Audio Input 2", ""]
    # The browser's stand-in for "the default microphone" belongs to none of the others.
    assert {text["microphone_id"] for text in told} == {""}
    assert "Fake" not in json.dumps(told)
