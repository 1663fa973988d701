/**
 * Runs on the audio thread: 16 kHz mono in, blocks of 1600 int16 samples out, each with the index of its first sample.
 * Time is kept by counting samples, never by a clock: that is what the service's speech times are made of.
 */

// An AudioWorklet cannot share the page's modules in every browser, so the block length is said here again.
const BLOCK_SAMPLES = 1600;

class BlockProcessor extends AudioWorkletProcessor {
  /** @param {{processorOptions: {firstSample: number}}} options */
  constructor(options) {
    super();
    /** @type {MessagePort|null} */
    this.out = null;
    this.running = true;
    this.base = options.processorOptions.firstSample - currentFrame;
    this.block = new Int16Array(BLOCK_SAMPLES);
    this.filled = 0;
    this.firstSample = 0;
    this.energy = 0;
    this.port.onmessage = ({ data }) => {
      if (data.type === 'out') this.out = data.port;
      if (data.type === 'stop') this.running = false;
    };
  }

  flush() {
    if (this.filled === 0) return;
    const pcm = this.block.slice(0, this.filled).buffer;
    this.port.postMessage({ levelDb: 10 * Math.log10(Math.max(this.energy / this.filled, 1e-10)) });
    this.out?.postMessage({ firstSample: this.firstSample, pcm }, [pcm]);
    this.filled = 0;
    this.energy = 0;
  }

  /** @param {Float32Array[][]} inputs @returns {boolean} */
  process(inputs) {
    const samples = inputs[0][0];
    if (samples === undefined || this.out === null) {
      // Nothing arrived: that is a gap in time, not silence, so no zeros are made up for it.
      this.flush();
      return this.running;
    }
    // Chromium may skip some of the first quanta while it moves the graph to this thread: a block never spans such a gap.
    if (this.filled > 0 && this.firstSample + this.filled !== this.base + currentFrame) this.flush();
    for (let i = 0; i < samples.length; i += 1) {
      if (this.filled === 0) this.firstSample = this.base + currentFrame + i;
      const sample = Math.min(1, Math.max(-1, samples[i]));
      this.energy += sample * sample;
      this.block[this.filled] = Math.round(sample * 32767);
      this.filled += 1;
      if (this.filled === BLOCK_SAMPLES) this.flush();
    }
    return this.running;
  }
}

registerProcessor('coach-blocks', BlockProcessor);
