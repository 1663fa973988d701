/** Small clocks and springs that make a drawing look alive. No DOM here. */

/**
 * Moves a value towards its goal as a first-order lag, the same at any frame rate.
 * @param {number} value
 * @param {number} goal
 * @param {number} perSecond how quickly: 1/time constant
 * @param {number} dt seconds
 */
export function approach(value, goal, perSecond, dt) {
  return goal + (value - goal) * Math.exp(-perSecond * dt);
}

/** @param {number} low @param {number} high */
function between(low, high) {
  return low + Math.random() * (high - low);
}

/** Blinks as people do: every few seconds, unevenly, now and then twice. */
export class Blinks {
  static #LENGTH_S = 0.18;
  #nextAt = between(1, 3);
  #startedAt = -1;

  /** @param {number} t seconds @returns {number} how far the lids are shut, 0 to 1 */
  closed(t) {
    if (t >= this.#nextAt) {
      this.#startedAt = t;
      this.#nextAt = t + (Math.random() < 0.15 ? 0.32 : between(2.4, 6));
    }
    const phase = (t - this.#startedAt) / Blinks.#LENGTH_S;
    return this.#startedAt < 0 || phase >= 1 ? 0 : Math.sin(Math.PI * phase) ** 0.7;
  }
}

/** The small jumps of attention that keep a resting gaze from staring. */
export class Glances {
  #nextAt = 0;
  #x = 0;
  #y = 0;

  /** @param {number} t seconds @returns {{x: number, y: number}} -1 to 1 */
  at(t) {
    if (t >= this.#nextAt) {
      this.#nextAt = t + between(0.9, 2.8);
      this.#x = between(-0.12, 0.12);
      this.#y = between(-0.08, 0.08);
    }
    return { x: this.#x, y: this.#y };
  }
}

/** Nods where a listener would: when a stretch of speech has come to a pause. */
export class Nods {
  static #SPEECH_S = 1.5;
  static #PAUSE_S = 0.35;
  static #LENGTH_S = 0.95;
  static #REST_S = 4;
  #speakingSince = -1;
  #silentSince = -1;
  #spokeFor = 0;
  #startedAt = -100;

  /** @param {number} t seconds @param {boolean} speaking */
  hear(t, speaking) {
    if (speaking) {
      if (this.#speakingSince < 0) this.#speakingSince = t;
      this.#silentSince = -1;
      this.#spokeFor = t - this.#speakingSince;
      return;
    }
    if (this.#silentSince < 0) this.#silentSince = t;
    const paused = t - this.#silentSince >= Nods.#PAUSE_S;
    if (!paused) return;
    if (this.#spokeFor >= Nods.#SPEECH_S && t - this.#startedAt > Nods.#REST_S) this.#startedAt = t;
    this.#spokeFor = 0;
    this.#speakingSince = -1;
  }

  /** @param {number} t seconds @returns {number} 0 to 1: how far down the head is */
  depth(t) {
    const phase = (t - this.#startedAt) / Nods.#LENGTH_S;
    if (phase < 0 || phase >= 1) return 0;
    return Math.sin(phase * 2 * Math.PI) ** 2 * (1 - 0.45 * phase);
  }
}

/** The opening of a mouth that says a text: syllables of uneven height, shut between words now and then. */
export class Speech {
  static #LETTERS_PER_SECOND = 15;

  /** @param {string} text @returns {number} seconds that it takes to say this */
  static lengthOf(text) {
    return Math.min(20, Math.max(0.8, text.length / Speech.#LETTERS_PER_SECOND));
  }

  #from = 0;
  #until = -1;

  /** @param {number} t seconds @param {string} text @returns {number} seconds the mouth will move */
  start(t, text) {
    const lasts = Speech.lengthOf(text);
    this.#from = t;
    this.#until = t + lasts;
    return lasts;
  }

  /** @param {number} t seconds */
  active(t) {
    return t < this.#until;
  }

  /** @param {number} t seconds @returns {number} 0 shut to 1 wide */
  opening(t) {
    if (!this.active(t)) return 0;
    const s = t - this.#from;
    const syllable = Math.abs(Math.sin(s * Math.PI * 4.3));
    const word = 0.55 + 0.45 * Math.sin(s * 5.1 + Math.sin(s * 2.3) * 2);
    return Math.max(0, syllable * word);
  }
}
