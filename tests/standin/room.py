"""The room's page: asks for camera and microphone and shows a remote video, as far as one page can do it alone."""

from __future__ import annotations

from typing import Literal

RoomKind = Literal["working", "no video", "unsupported"]

UNSUPPORTED = "Your browser is not supported"
NOT_ALLOWED = "You are not allowed to join this meeting."
ENDED = "The meeting has ended."

_SHELL = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Room</title>
<style>body { margin: 16px; background: #16202b; color: #fff; font: 16px sans-serif; } video { width: 48%; }</style>
</head><body>BODY</body></html>
"""

_LIVE = """
<p id="say">Joining</p>
<video id="own" autoplay muted playsinline></video>
<script>
"use strict";
const say = (text) => { document.getElementById("say").textContent = text; };
const sees = SEES;

function drawn() {
  const canvas = document.createElement("canvas");
  canvas.width = 320; canvas.height = 240;
  const brush = canvas.getContext("2d");
  let turn = 0;
  setInterval(() => {
    turn += 1;
    brush.fillStyle = `hsl(${turn % 360} 60% 45%)`;
    brush.fillRect(0, 0, 320, 240);
    brush.fillStyle = "#fff";
    brush.fillText(String(turn), 150, 120);
  }, 66);
  return canvas.captureStream(15);
}

async function remoteVideo() {
  const coach = new RTCPeerConnection();
  const visitor = new RTCPeerConnection();
  coach.onicecandidate = (event) => event.candidate && visitor.addIceCandidate(event.candidate);
  visitor.onicecandidate = (event) => event.candidate && coach.addIceCandidate(event.candidate);
  visitor.ontrack = (event) => {
    const video = document.createElement("video");
    video.id = "remote"; video.autoplay = true; video.muted = true; video.playsInline = true;
    video.srcObject = event.streams[0];
    document.body.append(video);
    video.play();
  };
  const stream = drawn();
  for (const track of stream.getTracks()) { coach.addTrack(track, stream); }
  // H.264 is missing from many builds of the engine; VP8 is in all of them.
  const vp8 = RTCRtpReceiver.getCapabilities("video").codecs.filter((codec) => codec.mimeType === "video/VP8");
  for (const transceiver of coach.getTransceivers()) { transceiver.setCodecPreferences(vp8); }
  await coach.setLocalDescription(await coach.createOffer());
  await visitor.setRemoteDescription(coach.localDescription);
  await visitor.setLocalDescription(await visitor.createAnswer());
  await coach.setRemoteDescription(visitor.localDescription);
}

async function join() {
  // Whoever is in the room holds this open; it breaks when the page goes, however it goes.
  const presence = new EventSource(location.pathname + "/presence" + location.search);
  let own = null;
  presence.addEventListener("ended", () => {
    presence.close();
    for (const track of own ? own.getTracks() : []) { track.stop(); }
    document.body.textContent = "ENDED";
  });
  try {
    own = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
    document.getElementById("own").srcObject = own;
    say("Joined");
  } catch (error) {
    say(`Joined without camera and microphone (${error.name})`);
  }
  if (sees) { await remoteVideo(); }
}
join();
</script>
"""


def page(kind: RoomKind, *, allowed: bool, ended: bool) -> str:
    """Return the page of a room, as it greets somebody who has the right token (`allowed`) or not."""
    if kind == "unsupported":
        return _SHELL.replace("BODY", UNSUPPORTED)
    if not allowed:
        return _SHELL.replace("BODY", NOT_ALLOWED)
    if ended:
        return _SHELL.replace("BODY", ENDED)
    live = _LIVE.replace("SEES", "true" if kind == "working" else "false").replace("ENDED", ENDED)
    return _SHELL.replace("BODY", live)
