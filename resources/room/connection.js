/**
 * The one WebSocket of this participant, as the worker holds it: says hello, keeps the order of what is sent,
 * counts frames in flight, and comes back by itself, with patience but not for ever.
 */
import {
  BLOCK_SAMPLES, FORMAT_PCM16, FRAMES_IN_FLIGHT, HEADER_BYTES, KIND_AUDIO, KIND_VIDEO, PROTOCOL_VERSION, SAMPLE_RATE,
  readServiceMessage, writeHeader,
} from './protocol.js';

const RETRY_DELAYS_MS = [250, 500, 1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000, 5000];
/** "Not what this protocol is" and "not allowed": the same page would be told the same again. */
const REFUSALS = new Set([1003, 1008]);
/** About four 640x480 frames: more than that in the socket means that the service is behind, and old frames help nobody. */
const VIDEO_BACKLOG_BYTES = 2_000_000;
/** Ten seconds of sound outlive a dropped connection; what is older is let go. */
const AUDIO_BACKLOG_BLOCKS = (10 * SAMPLE_RATE) / BLOCK_SAMPLES;

export class Connection {
  #url;
  #onState;
  #onMessage;
  /** @type {WebSocket|null} */
  #socket = null;
  #failures = 0;
  #retryTimer = 0;
  #finished = false;
  /** @type {Record<string, unknown>|null} */
  #devices = null;
  /** @type {ArrayBuffer[]} */
  #audioQueue = [];
  /** @type {number[]} seq of frames not yet acknowledged, in the order sent */
  #inFlight = [];
  #videoSeq = 0;
  #audioSeq = 0;
  #counts = { framesSent: 0, framesAcked: 0, framesSkipped: 0, audioBlocksSent: 0 };

  /**
   * @param {string} url
   * @param {{onState: (state: import('./protocol.js').ConnectionState) => void, onMessage: (message: object) => void}} on
   */
  constructor(url, { onState, onMessage }) {
    this.#url = url;
    this.#onState = onState;
    this.#onMessage = onMessage;
  }

  get counts() {
    return { ...this.#counts };
  }

  get #open() {
    return this.#socket !== null && this.#socket.readyState === WebSocket.OPEN;
  }

  connect() {
    if (this.#finished) return;
    this.#onState(this.#failures === 0 ? 'connecting' : 'retrying');
    const socket = new WebSocket(this.#url);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#socketOpened(socket);
    socket.onmessage = (event) => this.#messageArrived(event.data);
    socket.onclose = (event) => this.#socketClosed(socket, event.code);
    this.#socket = socket;
  }

  /** @param {WebSocket} socket */
  #socketOpened(socket) {
    this.#inFlight = [];
    socket.send(JSON.stringify({ type: 'hello', version: PROTOCOL_VERSION }));
    if (this.#devices !== null) socket.send(JSON.stringify(this.#devices));
    this.#onState('open');
    this.#flushAudio();
  }

  /** @param {unknown} data */
  #messageArrived(data) {
    const message = readServiceMessage(data);
    if (message === null) return;
    this.#failures = 0;
    if (message.type === 'ack') {
      // Frames are looked at in order, so an acknowledgement also frees whatever the service let go before it.
      const before = this.#inFlight.length;
      this.#inFlight = this.#inFlight.filter((seq) => seq > message.seq);
      this.#counts.framesAcked += before - this.#inFlight.length;
      return;
    }
    if (message.type === 'ended' || message.type === 'replaced') this.close();
    this.#onMessage(message);
  }

  /** @param {WebSocket} socket @param {number} code */
  #socketClosed(socket, code) {
    if (this.#finished || socket !== this.#socket) return;
    this.#socket = null;
    this.#inFlight = [];
    const refused = REFUSALS.has(code) || code >= 4000;
    if (refused || this.#failures >= RETRY_DELAYS_MS.length) {
      this.close();
      this.#onState('lost');
      return;
    }
    this.#onState('retrying');
    this.#retryTimer = setTimeout(() => this.connect(), RETRY_DELAYS_MS[this.#failures]);
    this.#failures += 1;
  }

  /** @param {Record<string, unknown>} devices the message; kept, because a new connection has to hear it too */
  sendDevices(devices) {
    this.#devices = devices;
    this.#tell(devices);
  }

  /** @param {Record<string, unknown>} message what became of the coach's voice; old news is no news */
  sendVoice(message) {
    this.#tell(message);
  }

  /** Asks for three seconds of looking at the camera. */
  sendCalibrate() {
    this.#tell({ type: 'calibrate' });
  }

  /** Says that the user has left; the socket stays for the service's last word. */
  sendLeave() {
    this.#tell({ type: 'leave' });
  }

  /** @param {Record<string, unknown>} message goes to the service, or nowhere while there is no connection */
  #tell(message) {
    if (this.#open) this.#socket?.send(JSON.stringify(message));
  }

  /** Whether a frame may go now; a frame that may not is counted as skipped. */
  mayTakeFrame() {
    if (!this.#open) return false;
    const behind = this.#inFlight.length >= FRAMES_IN_FLIGHT || (this.#socket?.bufferedAmount ?? 0) > VIDEO_BACKLOG_BYTES;
    if (behind) this.#counts.framesSkipped += 1;
    return !behind;
  }

  /** @param {import('./frames.js').PackedFrame} frame @param {number} mediaS */
  sendFrame({ buffer, format, width, height }, mediaS) {
    if (!this.#open) return;
    writeHeader(buffer, { kind: KIND_VIDEO, format, seq: this.#videoSeq, mediaS, width, height });
    this.#socket?.send(buffer);
    this.#inFlight.push(this.#videoSeq);
    this.#videoSeq += 1;
    this.#counts.framesSent += 1;
  }

  /** @param {{firstSample: number, pcm: ArrayBuffer}} block int16 samples, mono, 16 kHz */
  sendAudio({ firstSample, pcm }) {
    if (this.#finished) return;
    const buffer = new ArrayBuffer(HEADER_BYTES + pcm.byteLength);
    new Uint8Array(buffer, HEADER_BYTES).set(new Uint8Array(pcm));
    writeHeader(buffer, { kind: KIND_AUDIO, format: FORMAT_PCM16, seq: this.#audioSeq, mediaS: firstSample / SAMPLE_RATE });
    this.#audioSeq += 1;
    this.#audioQueue.push(buffer);
    if (this.#audioQueue.length > AUDIO_BACKLOG_BLOCKS) this.#audioQueue.shift();
    this.#flushAudio();
  }

  #flushAudio() {
    if (!this.#open) return;
    for (const buffer of this.#audioQueue.splice(0)) {
      this.#socket?.send(buffer);
      this.#counts.audioBlocksSent += 1;
    }
  }

  /** Ends for good: no retry, nothing more is sent. */
  close() {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#retryTimer);
    this.#audioQueue = [];
    this.#socket?.close(1000);
    this.#onState('closed');
  }
}
