/**
 * Camera frames as the service wants them: thinned by their own clock, in the camera's native format, tightly packed.
 * Native I420 costs about half of any RGB way, because nothing is converted in the browser.
 */
import { FORMAT_I420, FORMAT_NV12, FORMAT_RGBA, FRAMES_PER_SECOND, HEADER_BYTES } from './protocol.js';

/** What the service takes in one message is 13 MiB: a frame beyond that is made small here. */
const LARGEST_BYTES = 12 * 1024 * 1024;
const SMALLER_WIDTH = 640;
const PERIOD_US = 1e6 / FRAMES_PER_SECOND;

/** Lets about twelve frames a second through, evenly, whatever the camera's own rate. */
export class Thinner {
  #dueUs = -Infinity;
  #lastUs = -Infinity;

  /**
   * @param {number} timestampUs the frame's own time stamp
   * @returns {boolean} whether this frame is one of the twelve
   */
  take(timestampUs) {
    const restarted = timestampUs < this.#lastUs;
    this.#lastUs = timestampUs;
    if (restarted) this.#dueUs = -Infinity;
    // An eighth of a period of slack: cameras jitter, and a 12 fps camera must not lose every second frame to it.
    if (timestampUs < this.#dueUs - PERIOD_US / 8) return false;
    this.#dueUs = Math.max(this.#dueUs + PERIOD_US, timestampUs + PERIOD_US / 2);
    return true;
  }
}

/**
 * The tightly packed layout of a frame behind the header.
 * @param {string|null} format VideoFrame.format; null means a texture of the graphics card, which only RGBA can read
 * @param {number} width pixels
 * @param {number} height pixels
 * @returns {{code: number, bytes: number, options: object}} bytes includes the header
 */
export function layoutOf(format, width, height) {
  const luma = width * height;
  const chromaWidth = Math.ceil(width / 2);
  const chroma = chromaWidth * Math.ceil(height / 2);
  if (format === 'I420') {
    const layout = [
      { offset: HEADER_BYTES, stride: width },
      { offset: HEADER_BYTES + luma, stride: chromaWidth },
      { offset: HEADER_BYTES + luma + chroma, stride: chromaWidth },
    ];
    return { code: FORMAT_I420, bytes: HEADER_BYTES + luma + 2 * chroma, options: { layout } };
  }
  if (format === 'NV12') {
    const layout = [
      { offset: HEADER_BYTES, stride: width },
      { offset: HEADER_BYTES + luma, stride: 2 * chromaWidth },
    ];
    return { code: FORMAT_NV12, bytes: HEADER_BYTES + luma + 2 * chroma, options: { layout } };
  }
  const layout = [{ offset: HEADER_BYTES, stride: 4 * width }];
  return { code: FORMAT_RGBA, bytes: HEADER_BYTES + 4 * luma, options: { format: 'RGBA', layout } };
}

/**
 * @typedef {object} PackedFrame
 * @property {ArrayBuffer} buffer header space and payload
 * @property {number} format
 * @property {number} width
 * @property {number} height
 */

/** Packs frames into one buffer that is used again: WebSocket.send copies what it is given before it returns. */
export class Packer {
  #buffer = new ArrayBuffer(0);
  /** @type {OffscreenCanvasRenderingContext2D|null} */
  #context = null;

  /** @param {number} bytes */
  #room(bytes) {
    if (this.#buffer.byteLength !== bytes) this.#buffer = new ArrayBuffer(bytes);
    return this.#buffer;
  }

  /**
   * @param {VideoFrame} frame the caller closes it
   * @returns {Promise<PackedFrame>}
   */
  async fromFrame(frame) {
    // The track's settings are not the frame's size: Chromium hands over what the camera gave, unscaled.
    const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
    const { code, bytes, options } = layoutOf(frame.format, width, height);
    if (bytes > LARGEST_BYTES) return this.#smaller(frame, width, height);
    const buffer = this.#room(bytes);
    await frame.copyTo(buffer, options);
    return { buffer, format: code, width, height };
  }

  /** @param {VideoFrame} frame @param {number} width @param {number} height @returns {Promise<PackedFrame>} */
  async #smaller(frame, width, height) {
    const resizeHeight = Math.max(1, Math.round((height * SMALLER_WIDTH) / width));
    const bitmap = await createImageBitmap(frame, { resizeWidth: SMALLER_WIDTH, resizeHeight });
    try {
      return this.fromBitmap(bitmap);
    } finally {
      bitmap.close();
    }
  }

  /**
   * @param {ImageBitmap} bitmap the caller closes it
   * @returns {PackedFrame}
   */
  fromBitmap(bitmap) {
    const { width, height } = bitmap;
    if (this.#context === null || this.#context.canvas.width !== width || this.#context.canvas.height !== height) {
      this.#context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    }
    if (this.#context === null) throw new Error('no 2D canvas');
    this.#context.drawImage(bitmap, 0, 0);
    const { code, bytes } = layoutOf('RGBA', width, height);
    const buffer = this.#room(bytes);
    new Uint8Array(buffer, HEADER_BYTES).set(this.#context.getImageData(0, 0, width, height).data);
    return { buffer, format: code, width, height };
  }
}
