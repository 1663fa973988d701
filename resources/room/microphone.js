/** From a microphone track to numbered 16 kHz blocks in the stream worker. */
import { SAMPLE_RATE } from './protocol.js';

/** @typedef {{close: () => void}} OpenMicrophone */

/**
 * @param {MediaStreamTrack} track
 * @param {import('./stream.js').Stream} stream
 * @param {{originMs: number, onLevel: (levelDb: number) => void, onBlocked: (blocked: boolean) => void}} options
 *   originMs: performance.now() of sample 0, so that a microphone opened again leaves a gap in time and not a false join;
 *   onBlocked: whether the browser holds the sound back until the user presses something
 * @returns {Promise<OpenMicrophone>}
 * @throws {DOMException} when this browser cannot give 16 kHz sound
 */
export async function openMicrophone(track, stream, { originMs, onLevel, onBlocked }) {
  // The browser's own resampler is clean (nothing measurable above 8 kHz folds back), so there is none of ours.
  const context = new AudioContext({ sampleRate: SAMPLE_RATE });
  try {
    await context.audioWorklet.addModule('/room-assets/audio-worklet.js');
    const source = context.createMediaStreamSource(new MediaStream([track]));
    const firstSample = Math.max(0, Math.round(((performance.now() - originMs) / 1000) * SAMPLE_RATE));
    const node = new AudioWorkletNode(context, 'coach-blocks', {
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions: { firstSample },
    });
    const { port1, port2 } = new MessageChannel();
    node.port.postMessage({ type: 'out', port: port1 }, [port1]);
    node.port.onmessage = ({ data }) => onLevel(data.levelDb);
    stream.sendAudioFrom(port2);
    source.connect(node);
    // The node writes nothing, so this is silent; a node that leads nowhere need not be run by the browser.
    node.connect(context.destination);
    const resume = () => context.resume().catch(() => undefined); // a closed context needs no resuming
    context.onstatechange = () => onBlocked(context.state === 'suspended');
    if (context.state !== 'running') resume();
    addEventListener('pointerdown', resume);
    addEventListener('keydown', resume);
    const close = () => {
      removeEventListener('pointerdown', resume);
      removeEventListener('keydown', resume);
      context.onstatechange = null;
      node.port.postMessage({ type: 'stop' });
      source.disconnect();
      node.disconnect();
      context.close().catch(() => undefined); // closed twice is closed
    };
    return { close };
  } catch (error) {
    context.close().catch(() => undefined); // the first error is the one to tell
    throw error;
  }
}
