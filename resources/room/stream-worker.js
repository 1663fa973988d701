/**
 * The worker that owns the socket and sees every frame.
 *
 * Why here and not on the page: Chromium slows a hidden page's timers to one a second and stops its animation frames,
 * while a worker keeps its full rate. Frames come from a transferred MediaStreamTrackProcessor stream, sound straight
 * from the audio thread over a MessagePort, and both leave by this worker's own WebSocket; so a session goes on at full
 * rate when the window is covered or another tab of the app is in front, and a busy page never delays a sample.
 */
import { Connection } from './connection.js';
import { Packer, Thinner } from './frames.js';
import { FRAMES_PER_SECOND } from './protocol.js';

const STATS_PERIOD_MS = 200;

/** @type {Connection|null} */
let connection = null;
/** @type {ReadableStreamDefaultReader<VideoFrame>|null} */
let reader = null;
let ticker = 0;
const packer = new Packer();

/** @param {ReadableStream<VideoFrame>} readable */
async function pumpFrames(readable) {
  const mine = readable.getReader();
  reader = mine;
  const thinner = new Thinner();
  for (;;) {
    const { done, value: frame } = await mine.read();
    if (done) return;
    try {
      if (thinner.take(frame.timestamp) && connection?.mayTakeFrame()) {
        const packed = await packer.fromFrame(frame);
        if (reader === mine) connection.sendFrame(packed, frame.timestamp / 1e6);
      }
    } finally {
      // Cameras own few buffers: a frame that is kept open stops the stream.
      frame.close();
    }
  }
}

function stopVideo() {
  reader?.cancel().catch(() => undefined); // a stream that has ended already has nothing to cancel
  reader = null;
  clearInterval(ticker);
}

/** @param {ImageBitmap} bitmap @param {number} mediaS */
function sendBitmap(bitmap, mediaS) {
  try {
    if (connection?.mayTakeFrame()) connection.sendFrame(packer.fromBitmap(bitmap), mediaS);
  } finally {
    bitmap.close();
  }
}

/** @param {MessagePort} port */
function listenTo(port) {
  port.onmessage = (event) => connection?.sendAudio(event.data);
}

/** @param {string} url */
function open(url) {
  connection = new Connection(url, {
    onState: (state) => self.postMessage({ type: 'connection', state }),
    onMessage: (message) => self.postMessage({ type: 'service', message }),
  });
  connection.connect();
  setInterval(() => self.postMessage({ type: 'counts', counts: connection?.counts }), STATS_PERIOD_MS);
}

/** @type {Record<string, (data: any) => void>} */
const COMMANDS = {
  open: ({ url }) => open(url),
  devices: ({ message }) => connection?.sendDevices(message),
  voice: ({ message }) => connection?.sendVoice(message),
  calibrate: () => connection?.sendCalibrate(),
  leave: () => connection?.sendLeave(),
  close: () => connection?.close(),
  video: ({ readable }) => {
    stopVideo();
    pumpFrames(readable).catch((error) => self.postMessage({ type: 'video-failed', detail: String(error) }));
  },
  // For browsers without MediaStreamTrackProcessor: the page takes the picture, but the beat is kept here.
  tick: () => {
    stopVideo();
    ticker = setInterval(() => self.postMessage({ type: 'tick' }), 1000 / FRAMES_PER_SECOND);
  },
  bitmap: ({ bitmap, mediaS }) => sendBitmap(bitmap, mediaS),
  'stop-video': stopVideo,
  audio: ({ port }) => listenTo(port),
};

self.onmessage = (event) => COMMANDS[event.data.type]?.(event.data);
