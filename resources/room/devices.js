/**
 * Asking for camera and microphone, and knowing at every moment what became of them.
 * Track labels never leave the page, as they can be the path of a file on the user's computer: of a device's name only
 * a hash does, by which a calibration of the camera, and the usual level on the microphone, is found again.
 */

/** @typedef {import('./protocol.js').DeviceState} DeviceState */
/** @typedef {import('./protocol.js').DeviceKind} DeviceKind */

/** @type {DeviceKind[]} */
const KINDS = ['camera', 'microphone'];

const CHOSEN_BY_THE_SYSTEM = ['default', 'communications'];

/** @type {Record<DeviceKind, MediaStreamConstraints>} */
const WANTED = {
  camera: { video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15 } } },
  // Gain and noise processing would change the very loudness that is to be measured; taking the coach's own voice out
  // of the sound does not.
  microphone: { audio: { autoGainControl: false, noiseSuppression: false, echoCancellation: true, channelCount: 1 } },
};

/**
 * What a refusal of getUserMedia means.
 * @param {unknown} error
 * @returns {DeviceState}
 */
export function stateOfError(error) {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  // Qt WebEngine (6.12) says a denial as AbortError "Invalid state"; a camera that hangs is an AbortError about time.
  if (name === 'AbortError') return /time/i.test(String(error)) ? 'failed' : 'denied';
  if (name === 'NotFoundError' || name === 'DevicesNotFoundError') return 'missing';
  return 'failed';
}

/** @param {DeviceKind} kind @returns {Promise<string>} 'granted', 'denied', 'prompt', or 'unknown' */
async function permission(kind) {
  try {
    return (await navigator.permissions.query({ name: /** @type {PermissionName} */ (kind) })).state;
  } catch {
    return 'unknown'; // Firefox before 131 does not know these names
  }
}

/** @param {string} name @returns {Promise<string>} */
async function hashOf(name) {
  // Without a secure context (a page over plain http from another computer) there is no hash, and nothing is kept.
  if (name === '' || crypto.subtle === undefined) return '';
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(name)));
  return Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * The microphone's own name, where one level on it can be compared with another; otherwise empty.
 * @param {MediaStreamTrack} track
 * @returns {Promise<string>}
 */
export async function nameOfMicrophone(track) {
  const { autoGainControl, deviceId, groupId } = track.getSettings();
  if (autoGainControl !== false) return '';
  if (!CHOSEN_BY_THE_SYSTEM.includes(deviceId ?? '')) return track.label;
  // "Default" is whichever microphone the system has chosen: its name is that of its twin in the list.
  const all = await navigator.mediaDevices.enumerateDevices();
  const real = all.filter((one) => one.kind === 'audioinput' && !CHOSEN_BY_THE_SYSTEM.includes(one.deviceId));
  const twins = real.length === 1 ? real : real.filter((one) => one.groupId === groupId);
  return twins.length === 1 ? twins[0].label : '';
}

/**
 * @typedef {object} DeviceEvents
 * @property {() => void} onChange a state changed
 * @property {(kind: DeviceKind, track: MediaStreamTrack) => void} onOpened
 * @property {(kind: DeviceKind) => void} onClosed the track of that kind is gone
 */

export class Devices {
  #on;
  /** @type {Record<DeviceKind, DeviceState>} */
  #states = { camera: 'pending', microphone: 'pending' };
  /** @type {Record<DeviceKind, string>} */
  #details = { camera: '', microphone: '' };
  /** @type {Partial<Record<DeviceKind, MediaStreamTrack>>} */
  #tracks = {};
  /** @type {Record<DeviceKind, string>} */
  #ids = { camera: '', microphone: '' };
  #closed = false;
  #telling = false;

  /** @param {DeviceEvents} on */
  constructor(on) {
    this.#on = on;
    navigator.mediaDevices?.addEventListener('devicechange', () => this.#deviceListChanged());
  }

  get states() {
    return { ...this.#states };
  }

  /** What went wrong, in the browser's words, for the service's log; never a device's name. */
  get detail() {
    return KINDS.filter((kind) => this.#details[kind] !== '').map((kind) => `${kind}: ${this.#details[kind]}`).join('; ');
  }

  /** A name of the camera that stays the same and says nothing about it; empty where there is none. */
  get cameraId() {
    return this.#ids.camera;
  }

  /** The same of the microphone; empty also where the browser changes its gain. */
  get microphoneId() {
    return this.#ids.microphone;
  }

  /** Asks for both at once, which is one question to the user; if that fails, for what can still be had. */
  async open() {
    this.#tell();
    if (navigator.mediaDevices?.getUserMedia === undefined) {
      for (const kind of KINDS) this.#set(kind, 'failed', 'this browser gives the page no camera or microphone');
      return;
    }
    try {
      this.#adopt(await navigator.mediaDevices.getUserMedia({ ...WANTED.camera, ...WANTED.microphone }));
    } catch (error) {
      if (this.#closed) return;
      const denied = stateOfError(error) === 'denied';
      // After a no, only what is allowed already is opened: asking again at once would be nagging.
      const allowed = await Promise.all(KINDS.map(async (kind) => !denied || (await permission(kind)) === 'granted'));
      KINDS.forEach((kind, i) => allowed[i] || this.#set(kind, 'denied', String(error)));
      for (const kind of KINDS.filter((_, i) => allowed[i])) await this.#openOne(kind);
    }
  }

  /** @param {DeviceKind} kind */
  async #openOne(kind) {
    this.#set(kind, 'pending');
    try {
      this.#adopt(await navigator.mediaDevices.getUserMedia(WANTED[kind]));
    } catch (error) {
      this.#set(kind, stateOfError(error), String(error));
    }
  }

  /** @param {MediaStream} media */
  #adopt(media) {
    for (const track of media.getTracks()) {
      if (this.#closed) {
        track.stop();
        continue;
      }
      const kind = track.kind === 'video' ? 'camera' : 'microphone';
      this.#tracks[kind] = track;
      track.addEventListener('ended', () => this.#trackEnded(kind, track));
      track.addEventListener('mute', () => this.#trackMuted(kind, track, true));
      track.addEventListener('unmute', () => this.#trackMuted(kind, track, false));
      this.#set(kind, 'on');
      this.#recognise(kind, track);
      this.#on.onOpened(kind, track);
    }
  }

  /** @param {DeviceKind} kind @param {MediaStreamTrack} track */
  async #recognise(kind, track) {
    const id = await hashOf(kind === 'camera' ? track.label : await nameOfMicrophone(track));
    if (this.#tracks[kind] !== track || id === this.#ids[kind]) return;
    this.#ids[kind] = id;
    this.#tell();
  }

  /** @param {DeviceKind} kind @param {MediaStreamTrack} track */
  #trackEnded(kind, track) {
    if (this.#tracks[kind] !== track) return;
    delete this.#tracks[kind];
    this.#on.onClosed(kind);
    this.#set(kind, 'ended', 'the track ended');
  }

  /** @param {DeviceKind} kind @param {MediaStreamTrack} track @param {boolean} muted */
  #trackMuted(kind, track, muted) {
    if (this.#tracks[kind] === track) this.#set(kind, muted ? 'off' : 'on', muted ? 'muted by the system' : '');
  }

  async #deviceListChanged() {
    for (const kind of KINDS) {
      const lost = ['missing', 'ended', 'failed'].includes(this.#states[kind]);
      // A device that was plugged in is used at once, unless that would open a question nobody asked for.
      if (!this.#closed && lost && (await permission(kind)) === 'granted') await this.#openOne(kind);
    }
  }

  /** @param {DeviceKind} kind @param {boolean} on turning off releases the device at once */
  async switch(kind, on) {
    if (on) {
      await this.#openOne(kind);
      return;
    }
    this.#release(kind);
    this.#set(kind, 'off', 'switched off in the room');
  }

  /** @param {DeviceKind} kind @param {string} detail */
  fail(kind, detail) {
    this.#release(kind);
    this.#set(kind, 'failed', detail);
  }

  /** @param {DeviceKind} kind */
  #release(kind) {
    const track = this.#tracks[kind];
    if (track === undefined) return;
    delete this.#tracks[kind];
    track.stop();
    this.#on.onClosed(kind);
  }

  /** Releases both, for good; a question that is still open is answered with nothing taken. */
  close() {
    this.#closed = true;
    for (const kind of KINDS) this.#release(kind);
    this.#states = { camera: 'off', microphone: 'off' };
  }

  /** @param {DeviceKind} kind @param {DeviceState} state @param {string} [detail] */
  #set(kind, state, detail = '') {
    if (this.#closed) return;
    this.#states[kind] = state;
    this.#details[kind] = detail.slice(0, 160);
    this.#tell();
  }

  /** Says once what changed together. */
  #tell() {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      if (!this.#closed) this.#on.onChange();
    });
  }
}
