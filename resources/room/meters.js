/** The three indicators beside the self view. Each state has an icon and words of its own; colour only repeats them. */
import { MICROPHONE_WORDS } from './words.js';

const QUIETEST_DB = -60;
/** An indicator that changes with every blink is noise: a new state has to last this long before it shows. */
const SETTLE_MS = 600;

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {Record<string, {icon: string, text: string}>} */
const EYES = {
  contact: { icon: '#icon-eye', text: 'With you' },
  away: { icon: '#icon-away', text: 'Looking away' },
  noface: { icon: '#icon-noface', text: 'No face in view' },
  unmeasured: { icon: '#icon-unmeasured', text: 'Not measured' },
};

/** @type {Record<string, {icon: string, text: string}>} */
const HANDS = {
  visible: { icon: '#icon-hand', text: 'In view' },
  hidden: { icon: '#icon-hand', text: 'Out of view' },
  unmeasured: { icon: '#icon-unmeasured', text: 'Not measured' },
};

/** Shows one state out of several, once it has lasted. */
class SettledMeter {
  #id;
  #states;
  #shown = 'unmeasured';
  #next = 'unmeasured';
  #since = 0;

  /** @param {string} id of the indicator @param {Record<string, {icon: string, text: string}>} states */
  constructor(id, states) {
    this.#id = id;
    this.#states = states;
  }

  clear() {
    this.#write('unmeasured');
  }

  /** @param {string} state */
  settle(state) {
    if (state !== this.#next) {
      this.#next = state;
      this.#since = performance.now();
    }
    if (performance.now() - this.#since >= SETTLE_MS || this.#shown === 'unmeasured') this.#write(state);
  }

  /** @param {string} state */
  #write(state) {
    this.#next = state;
    if (state === this.#shown) return;
    this.#shown = state;
    byId(this.#id).dataset.state = state;
    byId(`${this.#id}-icon`).setAttribute('href', this.#states[state].icon);
    byId(`${this.#id}-text`).textContent = this.#states[state].text;
  }
}

export class EyeContactMeter extends SettledMeter {
  constructor() {
    super('eyes', EYES);
  }

  /** @param {import('./protocol.js').Meter} meter */
  show(meter) {
    if (meter.face === false) this.settle('noface');
    else if (meter.eyeContact === null) this.settle('unmeasured');
    else this.settle(meter.eyeContact ? 'contact' : 'away');
  }
}

/** Hands are only described: neither state is a good or a bad one. */
export class HandsMeter extends SettledMeter {
  constructor() {
    super('hands', HANDS);
  }

  /** @param {import('./protocol.js').Meter} meter */
  show(meter) {
    if (meter.hands === null) this.settle('unmeasured');
    else this.settle(meter.hands ? 'visible' : 'hidden');
  }
}

export class MicrophoneMeter {
  /** @type {import('./protocol.js').DeviceState} */
  #device = 'pending';
  #blocked = false;
  /** @type {boolean|null} */
  #speaking = null;
  #level = 0;
  #lastToldAt = 0;

  /** @param {import('./protocol.js').DeviceState} state */
  set device(state) {
    this.#device = state;
    if (state !== 'on') this.#level = 0;
    this.#write();
  }

  /** @param {boolean} blocked whether the browser waits for a key or click before it lets sound through */
  set blocked(blocked) {
    this.#blocked = blocked;
    this.#write();
  }

  /** @param {boolean|null} speaking as the service hears it */
  set speaking(speaking) {
    if (speaking === this.#speaking) return;
    this.#speaking = speaking;
    this.#write();
  }

  /** @param {number} levelDb of the last tenth of a second, dB below full scale */
  hear(levelDb) {
    if (this.#device !== 'on') return;
    const level = Math.min(1, Math.max(0, 1 - levelDb / QUIETEST_DB));
    this.#level = Math.max(level, this.#level * 0.72);
    this.#write();
  }

  #words() {
    if (this.#device !== 'on') return MICROPHONE_WORDS[this.#device];
    if (this.#blocked) return 'Press any key to start';
    if (this.#level <= 0.02) return 'No sound';
    return this.#speaking === true ? 'Hearing you' : MICROPHONE_WORDS.on;
  }

  #write() {
    const words = this.#words();
    const state = this.#device === 'on' && !this.#blocked ? (this.#speaking === true ? 'speaking' : 'on') : 'unmeasured';
    byId('sound').dataset.state = state;
    if (byId('sound-text').textContent !== words) byId('sound-text').textContent = words;
    byId('level-bar').style.transform = `scaleX(${this.#level.toFixed(2)})`;
    // Screen readers are told once a second at most; a value that moves ten times a second is unreadable.
    const now = performance.now();
    if (now - this.#lastToldAt < 1000) return;
    this.#lastToldAt = now;
    const meter = byId('level');
    meter.setAttribute('aria-valuenow', String(Math.round(this.#level * 100)));
    meter.setAttribute('aria-valuetext', state === 'unmeasured' ? 'Not measured' : words);
  }
}
