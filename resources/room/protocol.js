/**
 * The room's side of the wire: the binary header, the names both sides use, and the reading of what the service says.
 * Shared by the page and the worker, so it touches neither `window` nor the DOM.
 */

/** @typedef {'on'|'pending'|'denied'|'missing'|'ended'|'failed'|'off'} DeviceState */
/** @typedef {'camera'|'microphone'} DeviceKind */
/** @typedef {'connecting'|'open'|'retrying'|'lost'|'closed'} ConnectionState */

export const PROTOCOL_VERSION = 1;
export const HEADER_BYTES = 20;
export const KIND_VIDEO = 1;
export const KIND_AUDIO = 2;
export const FORMAT_I420 = 1;
export const FORMAT_NV12 = 2;
export const FORMAT_RGBA = 3;
export const FORMAT_PCM16 = 1;

/** Frames the service has been sent and has not yet acknowledged: above this the page skips. */
export const FRAMES_IN_FLIGHT = 12;
export const FRAMES_PER_SECOND = 12;
export const SAMPLE_RATE = 16000;
export const BLOCK_SAMPLES = 1600;

const TEXT_LIMIT = 600;
const MOUTH_LIMIT = 5000;

/**
 * Writes the 20-byte little-endian header (`<BBHIdHH`) at the start of a buffer.
 * @param {ArrayBuffer} buffer at least HEADER_BYTES long
 * @param {{kind: number, format: number, seq: number, mediaS: number, width?: number, height?: number}} fields
 */
export function writeHeader(buffer, { kind, format, seq, mediaS, width = 0, height = 0 }) {
  const view = new DataView(buffer, 0, HEADER_BYTES);
  view.setUint8(0, kind);
  view.setUint8(1, format);
  view.setUint16(2, 0, true);
  view.setUint32(4, seq >>> 0, true);
  view.setFloat64(8, mediaS, true);
  view.setUint16(16, width, true);
  view.setUint16(18, height, true);
}

/** @param {unknown} value @returns {number|null} */
function numberOrNull(value) {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** @param {unknown} value @returns {boolean|null} */
function boolOrNull(value) {
  return typeof value === 'boolean' ? value : null;
}

/** @param {unknown} value @returns {number|null} a share, held within 0 and 1 */
function shareOrNull(value) {
  const number = numberOrNull(value);
  return number === null ? null : Math.min(1, Math.max(0, number));
}

/** @param {unknown} value @returns {string} */
function words(value) {
  return typeof value === 'string' ? value.trim().slice(0, TEXT_LIMIT) : '';
}

/**
 * @typedef {object} Meter
 * @property {'meter'} type
 * @property {boolean|null} face
 * @property {boolean|null} eyeContact
 * @property {number|null} faceX 0 left to 1 right of the camera's picture
 * @property {number|null} faceY 0 top to 1 bottom
 * @property {number|null} smile 0 to 1
 * @property {boolean|null} hands whether a hand is in the picture
 * @property {boolean|null} speaking
 */

/** @param {unknown} keys @returns {[number, string][]} from when on the mouth has which shape */
function mouth(keys) {
  const found = Array.isArray(keys) ? keys.slice(0, MOUTH_LIMIT) : [];
  return found.filter((key) => Array.isArray(key) && numberOrNull(key[0]) !== null && typeof key[1] === 'string');
}

/** @type {Record<string, (raw: Record<string, unknown>) => Record<string, unknown>|null>} */
const READERS = {
  welcome: (raw) => ({
    type: 'welcome',
    conversationName: words(raw.conversation_name),
    personaName: words(raw.persona_name),
    liveS: numberOrNull(raw.live_s),
    maxCallDuration: numberOrNull(raw.max_call_duration),
    voice: raw.voice === 'on' || raw.voice === 'off' ? raw.voice : null,
  }),
  live: () => ({ type: 'live' }),
  caption: (raw) => ({ type: 'caption', text: words(raw.text), own: raw.role === 'user', final: raw.final !== false }),
  ack: (raw) => (numberOrNull(raw.seq) === null ? null : { type: 'ack', seq: raw.seq }),
  meter: (raw) => ({
    type: 'meter',
    face: boolOrNull(raw.face),
    eyeContact: boolOrNull(raw.eye_contact),
    faceX: shareOrNull(raw.face_x),
    faceY: shareOrNull(raw.face_y),
    smile: shareOrNull(raw.smile),
    hands: boolOrNull(raw.hands),
    speaking: boolOrNull(raw.speaking),
  }),
  cue: (raw) => ({ type: 'cue', text: words(raw.text) }),
  notice: (raw) => ({ type: 'notice', text: words(raw.text) }),
  voice: (raw) => {
    const [id, rate] = [numberOrNull(raw.id), numberOrNull(raw.rate)];
    if (id === null || rate === null || rate < 8000 || rate > 48000 || typeof raw.pcm !== 'string') return null;
    return { type: 'voice', id, rate, pcm: raw.pcm, mouth: mouth(raw.mouth) };
  },
  hush: (raw) => (numberOrNull(raw.id) === null ? null : { type: 'hush', id: raw.id }),
  ending: () => ({ type: 'ending' }),
  ended: (raw) => ({ type: 'ended', reason: words(raw.reason) }),
  replaced: () => ({ type: 'replaced' }),
};

/**
 * Reads one text message of the service. Anything unknown or malformed is null: a newer service must not break an older page.
 * @param {unknown} text
 * @returns {Record<string, any>|null}
 */
export function readServiceMessage(text) {
  if (typeof text !== 'string') return null;
  let raw;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  if (raw === null || typeof raw !== 'object' || !Object.hasOwn(READERS, raw.type)) return null;
  return READERS[raw.type](raw);
}
