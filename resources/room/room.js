/**
 * The practice room: puts its parts together. Each part knows only its own job; what crosses between them is here.
 */
import { Calibration } from './calibration.js';
import { openCamera } from './camera.js';
import { Chuck } from './chuck.js';
import { Devices } from './devices.js';
import { EyeContactMeter, HandsMeter, MicrophoneMeter } from './meters.js';
import { openMicrophone } from './microphone.js';
import { Stream } from './stream.js';
import { View } from './view.js';
import { Voice } from './voice.js';

/** How long a user who pressed End waits for the service's last word. */
const LEAVE_PATIENCE_MS = 4000;
/** How long his words stay when he has said them. */
const CAPTION_STAYS_S = 3;

const originMs = performance.now();
/** @type {{close: () => void, tick: () => void}|null} */
let camera = null;
/** @type {Promise<import('./microphone.js').OpenMicrophone|null>} */
let microphone = Promise.resolve(null);
/** @type {import('./protocol.js').ConnectionState} */
let connection = 'connecting';
let counts = { framesSent: 0, framesAcked: 0, framesSkipped: 0, audioBlocksSent: 0 };
let live = false;
let over = false;
/** @type {'on'|'off'|null} null: there is no voice on this computer */
let voiceState = null;
let lastWords = '';

const chuck = new Chuck(/** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.getElementById('chuck'))));
const eyes = new EyeContactMeter();
const hands = new HandsMeter();
const ears = new MicrophoneMeter();
const calibration = new Calibration(() => stream.calibrate());

const view = new View({
  onEnd: () => {
    view.ending();
    stream.leave();
    // The user has left: the devices go now, whatever the service still has to do.
    devices.close();
    setTimeout(() => finish('left', ''), LEAVE_PATIENCE_MS);
  },
  onSwitch: (kind) => {
    const state = devices.states[kind];
    if (state === 'on' || state === 'off') devices.switch(kind, state === 'off');
    else view.explainAgain();
  },
  onVoice: () => {
    if (voiceState === null) return;
    voiceState = voiceState === 'on' ? 'off' : 'on';
    if (voiceState === 'off') voice.stop();
    view.voice(voiceState);
    stream.sendVoice(voiceState, 0);
  },
});

const voice = new Voice({
  onReport: (state, id) => stream.sendVoice(state, id),
  onPlaying: (seconds) => view.caption(lastWords, seconds + CAPTION_STAYS_S),
  onSilent: () => {
    view.caption(lastWords, CAPTION_STAYS_S);
    if (over) view.voice(null);
  },
});
chuck.voice = voice;

const stream = new Stream({
  onConnection: (state) => {
    connection = state;
    if (!over) view.connection(state);
    if (state === 'lost') finish('lost', '');
  },
  onService: (message) => SERVICE[message.type]?.(message),
  onCounts: (newest) => {
    counts = { ...counts, ...newest };
  },
  onTick: () => camera?.tick(),
  onVideoFailed: (detail) => devices.fail('camera', detail),
});

const devices = new Devices({
  onChange: () => {
    const { camera: seen, microphone: heard } = devices.states;
    view.devices({ camera: seen, microphone: heard });
    ears.device = heard;
    if (seen !== 'on') for (const meter of [eyes, hands]) meter.clear();
    calibration.possible = live && seen === 'on';
    const { cameraId, microphoneId, detail } = devices;
    stream.sendDevices({ camera: seen, microphone: heard, detail, cameraId, microphoneId });
  },
  onOpened: (kind, track) => {
    if (kind === 'camera') {
      camera = openCamera(track, /** @type {HTMLVideoElement} */ (document.getElementById('self-video')), stream);
    } else {
      microphone = startMicrophone(track);
      voice.prepare();
    }
  },
  onClosed: (kind) => {
    if (kind === 'camera') {
      camera?.close();
      camera = null;
    } else {
      microphone.then((open) => open?.close());
    }
  },
});

/** @param {MediaStreamTrack} track @returns {Promise<import('./microphone.js').OpenMicrophone|null>} */
async function startMicrophone(track) {
  try {
    return await openMicrophone(track, stream, {
      originMs,
      onLevel: (levelDb) => ears.hear(levelDb),
      onBlocked: (blocked) => {
        ears.blocked = blocked;
      },
    });
  } catch (error) {
    devices.fail('microphone', `no 16 kHz sound in this browser: ${error}`);
    return null;
  }
}

/** @param {number} liveForS */
function goLive(liveForS) {
  live = true;
  view.live(liveForS);
  calibration.possible = devices.states.camera === 'on';
}

/** Everything stops here, once: devices first, then the words. @param {'ended'|'replaced'|'lost'|'left'} why @param {string} reason */
function finish(why, reason) {
  if (over) return;
  over = true;
  devices.close();
  stream.close();
  eyes.clear();
  calibration.possible = false;
  hands.clear();
  ears.device = 'off';
  chuck.rest();
  // What he has to say at the end he may say to the end; but not to who has left, nor in two windows at once.
  if (why !== 'ended') voice.stop();
  view.closing(why, reason, voice.busy ? lastWords : '');
}

/** What each word of the service does. @type {Record<string, (message: any) => void>} */
const SERVICE = {
  welcome: (message) => {
    view.welcome(message);
    chuck.name = message.personaName || 'Chuck';
    voiceState = message.voice;
    view.voice(voiceState);
    if (message.liveS !== null && !live) goLive(message.liveS);
  },
  live: () => goLive(0),
  caption: ({ text, own, final }) => {
    if (own) view.heard(text, final);
    else {
      lastWords = text;
      // With a voice the mouth waits for it; the words do not.
      const seconds = voiceState === 'on' ? chuck.lengthOf(text) : chuck.say(text);
      view.caption(text, Math.max(5, seconds + CAPTION_STAYS_S));
    }
  },
  meter: (message) => {
    if (over) return;
    chuck.see(message);
    eyes.show(message);
    hands.show(message);
    ears.speaking = message.speaking;
    view.floor(message.speaking, chuck.talking);
  },
  cue: ({ text }) => chuck.raiseBrow(view.cue(text)),
  notice: ({ text }) => view.notice(text),
  calibration: (message) => calibration.hear(message),
  voice: (message) => {
    if (voiceState === 'on') voice.play(message);
  },
  hush: ({ id }) => voice.stop(id),
  ending: () => {
    // The session's time is over, and his last words are on their way: the devices go now.
    devices.close();
    view.ending();
  },
  ended: ({ reason }) => finish('ended', reason),
  replaced: () => finish('replaced', ''),
};

Object.defineProperty(window, 'coachRoom', {
  value: Object.freeze({
    /** A picture of the room for tests: read-only, and nothing in it that the page itself relies on. */
    get state() {
      return Object.freeze({ connection, devices: Object.freeze(devices.states), ...counts, live, over, voice: voiceState, speaking: voice.playing, busy: voice.busy, said: voice.said });
    },
  }),
});

const token = new URLSearchParams(location.search).get('t');
const address = new URL(`${location.pathname.replace(/\/+$/, '')}/stream`, location.href);
address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
address.search = token === null ? '' : new URLSearchParams({ t: token }).toString();
stream.open(address.href);
devices.open();
