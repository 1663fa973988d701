/** From a camera track to frames in the stream worker, by the cheapest way this browser has. */

const LONGEST_SIDE = 640;

/** Takes pictures of the self view on the worker's beat: for browsers without MediaStreamTrackProcessor. */
class Snapshots {
  #video;
  #stream;
  #busy = false;

  /** @param {HTMLVideoElement} video @param {import('./stream.js').Stream} stream */
  constructor(video, stream) {
    this.#video = video;
    this.#stream = stream;
    stream.askForTicks();
  }

  async take() {
    const { videoWidth: width, videoHeight: height, readyState } = this.#video;
    if (this.#busy || readyState < HTMLMediaElement.HAVE_CURRENT_DATA || width === 0) return;
    this.#busy = true;
    try {
      const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
      const mediaS = performance.now() / 1000;
      const bitmap = await createImageBitmap(this.#video, {
        resizeWidth: Math.round(width * scale),
        resizeHeight: Math.round(height * scale),
      });
      this.#stream.sendBitmap(bitmap, mediaS);
    } catch {
      // A picture that cannot be taken (the track ended this instant) is a skipped frame, nothing more.
    } finally {
      this.#busy = false;
    }
  }
}

/**
 * @param {MediaStreamTrack} track
 * @param {HTMLVideoElement} video the self view
 * @param {import('./stream.js').Stream} stream
 * @returns {{close: () => void, tick: () => void}}
 */
export function openCamera(track, video, stream) {
  video.srcObject = new MediaStream([track]);
  video.play().catch(() => undefined); // `autoplay` tries again by itself when the page is shown
  /** @type {Snapshots|null} */
  let snapshots = null;
  if ('MediaStreamTrackProcessor' in window) {
    stream.sendVideo(new MediaStreamTrackProcessor({ track }).readable);
  } else {
    snapshots = new Snapshots(video, stream);
  }
  return {
    close: () => {
      stream.stopVideo();
      snapshots = null;
      video.srcObject = null;
    },
    tick: () => snapshots?.take(),
  };
}
