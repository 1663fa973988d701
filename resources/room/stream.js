/** The page's handle on the stream worker. */

/**
 * @typedef {object} StreamEvents
 * @property {(state: import('./protocol.js').ConnectionState) => void} onConnection
 * @property {(message: any) => void} onService one message of the service, already read and checked
 * @property {(counts: Record<string, number>) => void} onCounts
 * @property {() => void} onTick time for a picture (only where the page has to take it)
 * @property {(detail: string) => void} onVideoFailed
 */

export class Stream {
  #worker;

  /** @param {StreamEvents} on */
  constructor(on) {
    this.#worker = new Worker('/room-assets/stream-worker.js', { type: 'module', name: 'room stream' });
    this.#worker.onmessage = ({ data }) => {
      if (data.type === 'connection') on.onConnection(data.state);
      else if (data.type === 'service') on.onService(data.message);
      else if (data.type === 'counts') on.onCounts(data.counts);
      else if (data.type === 'tick') on.onTick();
      else if (data.type === 'video-failed') on.onVideoFailed(data.detail);
    };
  }

  /** @param {string} url */
  open(url) {
    this.#worker.postMessage({ type: 'open', url });
  }

  /** @param {{camera: string, microphone: string, detail: string, cameraId: string, microphoneId: string}} states */
  sendDevices({ cameraId, microphoneId, ...states }) {
    const ids = { camera_id: cameraId, microphone_id: microphoneId };
    this.#worker.postMessage({ type: 'devices', message: { type: 'devices', ...states, ...ids } });
  }

  calibrate() {
    this.#worker.postMessage({ type: 'calibrate' });
  }

  /** @param {'started'|'ended'|'stopped'|'on'|'off'} state what became of the coach's voice @param {number} id */
  sendVoice(state, id) {
    this.#worker.postMessage({ type: 'voice', message: { type: 'voice', state, id } });
  }

  leave() {
    this.#worker.postMessage({ type: 'leave' });
  }

  close() {
    this.#worker.postMessage({ type: 'close' });
  }

  /** @param {ReadableStream<VideoFrame>} readable moves to the worker */
  sendVideo(readable) {
    this.#worker.postMessage({ type: 'video', readable }, [readable]);
  }

  askForTicks() {
    this.#worker.postMessage({ type: 'tick' });
  }

  /** @param {ImageBitmap} bitmap moves to the worker @param {number} mediaS */
  sendBitmap(bitmap, mediaS) {
    this.#worker.postMessage({ type: 'bitmap', bitmap, mediaS }, [bitmap]);
  }

  stopVideo() {
    this.#worker.postMessage({ type: 'stop-video' });
  }

  /** @param {MessagePort} port the far end of the audio thread's port; moves to the worker */
  sendAudioFrom(port) {
    this.#worker.postMessage({ type: 'audio', port }, [port]);
  }
}
