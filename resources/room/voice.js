/**
 * The coach's voice: plays what the service sends, tells it when, and knows what the mouth does meanwhile.
 *
 * It is played here and not by the service, because the browser's echo canceller only takes out of the microphone
 * what the browser itself plays.
 */

/** The service hears of it this much before the sound begins. */
const LEAD_S = 0.1;
const START_PATIENCE_MS = 1000;

/** @typedef {{id: number, rate: number, pcm: string, mouth: [number, string][]}} Utterance */

/**
 * @typedef {object} VoiceEvents
 * @property {(state: 'started'|'ended'|'stopped', id: number) => void} onReport
 * @property {(seconds: number) => void} onPlaying it begins, and lasts so long
 * @property {() => void} onSilent
 */

export class Voice {
  #on;
  /** @type {AudioContext|null} */
  #context = null;
  /** @type {{id: number, source: AudioBufferSourceNode, from: number, mouth: [number, string][]}|null} */
  #playing = null;
  #latest = 0;
  #said = 0;

  /** @param {VoiceEvents} on */
  constructor(on) {
    this.#on = on;
  }

  get playing() {
    return this.#playing !== null;
  }

  /** Whether something is said, or about to be. */
  get busy() {
    return this.#latest !== 0;
  }

  /** How many utterances began to play. */
  get said() {
    return this.#said;
  }

  /** What the mouth does now, or null while nothing is said. @returns {string|null} */
  get shape() {
    if (this.#playing === null || this.#context === null) return null;
    const { from, mouth } = this.#playing;
    const at = this.#context.currentTime - from;
    let shape = 'rest';
    for (const [atS, name] of mouth) {
      if (atS > at) break;
      shape = name;
    }
    return shape;
  }

  /** Makes ready while the microphone is open, as browsers let a page sound that they let listen. */
  prepare() {
    if (this.#context !== null) return this.#context;
    const context = new AudioContext();
    const resume = () => context.resume().catch(() => undefined);
    for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, resume);
    this.#context = context;
    return context;
  }

  /** @param {Utterance} utterance */
  async play({ id, rate, pcm, mouth }) {
    this.stop();
    this.#latest = id;
    const context = this.prepare();
    if (context.state !== 'running') {
      // A browser may hold the sound back until the user presses something: then the captions have to do.
      const patience = new Promise((resolve) => setTimeout(resolve, START_PATIENCE_MS));
      await Promise.race([context.resume().catch(() => undefined), patience]);
    }
    if (this.#latest !== id) return;
    const samples = context.state === 'running' ? decode(pcm) : null;
    if (samples === null || samples.length === 0) {
      this.#latest = 0;
      this.#on.onReport('stopped', id);
      this.#on.onSilent();
      return;
    }
    const buffer = context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(samples, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.onended = () => this.#over(source, 'ended');
    this.#playing = { id, source, from: context.currentTime + LEAD_S, mouth };
    this.#said += 1;
    this.#on.onReport('started', id);
    source.start(this.#playing.from);
    this.#on.onPlaying(buffer.duration);
  }

  /** Falls silent at once. @param {number} [id] only if this is what is said, or about to be */
  stop(id) {
    if (id !== undefined && id !== this.#latest) return;
    this.#latest = 0;
    if (this.#playing !== null) this.#over(this.#playing.source, 'stopped');
  }

  /** @param {AudioBufferSourceNode} source @param {'ended'|'stopped'} how */
  #over(source, how) {
    if (this.#playing?.source !== source) return;
    const { id } = this.#playing;
    this.#playing = null;
    this.#latest = 0;
    source.onended = null;
    if (how === 'stopped') source.stop();
    source.disconnect();
    this.#on.onReport(how, id);
    this.#on.onSilent();
  }
}

/** @param {string} pcm base64 of 16 bit little-endian samples @returns {Float32Array<ArrayBuffer>|null} */
export function decode(pcm) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(pcm), (sign) => sign.charCodeAt(0));
  } catch {
    return null;
  }
  const view = new DataView(bytes.buffer);
  const samples = new Float32Array(bytes.length >> 1);
  for (let i = 0; i < samples.length; i += 1) samples[i] = view.getInt16(2 * i, true) / 32768;
  return samples;
}
