/** The words and states of the page around Chuck. Knows the DOM and nothing of sockets or devices. */
import { CAMERA_WORDS, CONNECTION_WORDS, PRIVACY_WORDS, clock, closingWords, explainDevices } from './words.js';

const CUE_S = 4;
const NOTICE_S = 12;
/** Characters of the user's own words that are shown at once, and for how long they stay. */
const HEARD_LENGTH = 120;
const HEARD_MS = 6000;
const LAST_MINUTE_S = 60;

/** @typedef {import('./protocol.js').DeviceState} DeviceState */

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} id @param {string} text */
function write(id, text) {
  const element = byId(id);
  // Writing the same words again would make screen readers say them again.
  if (element.textContent !== text) element.textContent = text;
}

export class View {
  #captionTimer = 0;
  #heardTimer = 0;
  #cueTimer = 0;
  #noticeTimer = 0;
  #liveAtMs = NaN;
  #limitS = Infinity;
  #closed = false;
  #troubled = false;

  /** @param {{onEnd: () => void, onSwitch: (kind: import('./protocol.js').DeviceKind) => void, onVoice: () => void}} on */
  constructor({ onEnd, onSwitch, onVoice }) {
    byId('toggle-voice').addEventListener('click', onVoice);
    addEventListener('keydown', (event) => {
      const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.repeat;
      if (plain && event.key.toLowerCase() === 'v') onVoice();
    });
    byId('end').addEventListener('click', onEnd);
    // The app's own bar has the timer, the end and what is wrong with devices; a browser has only this page.
    document.documentElement.classList.toggle('in-app', navigator.userAgent.includes('CoachDesktop/'));
    for (const kind of /** @type {const} */ (['camera', 'microphone'])) {
      byId(`toggle-${kind}`).addEventListener('click', () => onSwitch(kind));
    }
    byId('trouble-go-on').addEventListener('click', () => {
      byId('trouble').hidden = true;
    });
    // The page cannot ask the same question twice by itself; a fresh one can, and the app lends a hand.
    for (const id of ['trouble-again', 'closing-again']) byId(id).addEventListener('click', () => location.reload());
    setInterval(() => this.#tick(), 250);
  }

  /** @param {{conversationName: string, personaName: string, maxCallDuration: number|null, recording: 'kept'|'lent'|null}} names */
  welcome({ conversationName, personaName, maxCallDuration, recording }) {
    const persona = personaName || 'Chuck';
    // A client may keep a token of its own at the end of the name, to find its conversation again.
    const name = conversationName.replace(/\s*\[[0-9a-f]+\]$/, '') || 'Practice room';
    write('persona', persona);
    write('conversation', name);
    write('waiting-lead', `To coach you, ${persona} needs your camera and your microphone.`);
    write('waiting-privacy', PRIVACY_WORDS[recording ?? 'dropped']);
    byId('recording').hidden = recording !== 'kept';
    document.title = `${persona}, ${name}`;
    if (maxCallDuration !== null && maxCallDuration > 0) this.#limitS = maxCallDuration;
  }

  /** @param {import('./protocol.js').ConnectionState} state */
  connection(state) {
    if (this.#closed) return;
    byId('status').dataset.state = state;
    write('status-text', CONNECTION_WORDS[state]);
  }

  /** @param {{camera: DeviceState, microphone: DeviceState}} states */
  devices(states) {
    if (this.#closed) return;
    byId('self').dataset.state = states.camera;
    write('self-off-text', CAMERA_WORDS[states.camera]);
    const pending = states.camera === 'pending' || states.microphone === 'pending';
    const begun = states.camera === 'on' || states.microphone === 'on' || !Number.isNaN(this.#liveAtMs);
    byId('waiting').hidden = begun || !pending;
    this.#phase(pending && !begun ? 'waiting' : 'session');
    this.#toggle('camera', 'Camera', states.camera);
    this.#toggle('microphone', 'Microphone', states.microphone);
    const trouble = explainDevices(states);
    this.#troubled = trouble !== null;
    byId('trouble').hidden = trouble === null;
    write('trouble-title', trouble?.title ?? '');
    write('trouble-text', trouble?.text ?? '');
  }

  /** @param {'camera'|'microphone'} kind @param {string} name @param {DeviceState} state */
  #toggle(kind, name, state) {
    const button = /** @type {HTMLButtonElement} */ (byId(`toggle-${kind}`));
    const text = button.querySelector('span');
    button.disabled = state === 'pending';
    button.setAttribute('aria-pressed', String(state === 'on'));
    button.dataset.state = state === 'on' || state === 'pending' ? 'on' : 'off';
    const words = { on: `${name} on`, off: `${name} off`, pending: name }[String(state)] ?? `No ${name.toLowerCase()}`;
    if (text !== null) text.textContent = words;
  }

  /** @param {'on'|'off'|null} state null: there is none */
  voice(state) {
    const button = /** @type {HTMLButtonElement} */ (byId('toggle-voice'));
    button.hidden = state === null;
    button.dataset.state = state ?? 'off';
    button.setAttribute('aria-pressed', String(state === 'on'));
    write('toggle-voice-text', state === 'on' ? 'Voice on' : 'Voice off');
  }

  /** Brings the explanation back that the user has put away. */
  explainAgain() {
    byId('trouble').hidden = !this.#troubled;
  }

  /** @param {number} liveForS how long the session has been live already */
  live(liveForS) {
    this.#liveAtMs = performance.now() - liveForS * 1000;
    byId('waiting').hidden = true;
    byId('listening').hidden = false;
    this.#phase('session');
    this.#tick();
  }

  /** Who has the floor. @param {boolean|null} speaking whether the user speaks @param {boolean} talking whether the coach does */
  floor(speaking, talking) {
    byId('listening').dataset.state = speaking === true || talking ? 'lively' : 'quiet';
    write('listening-text', talking ? 'Speaking' : 'Listening');
  }

  #tick() {
    if (Number.isNaN(this.#liveAtMs) || this.#closed) return;
    const seconds = (performance.now() - this.#liveAtMs) / 1000;
    write('timer', clock(seconds));
    const left = this.#limitS - seconds;
    write('timer-note', left <= LAST_MINUTE_S ? 'last minute' : '');
  }

  /** @param {string} text @param {number} seconds how long the words stay */
  caption(text, seconds) {
    clearTimeout(this.#captionTimer);
    write('caption', text);
    this.#captionTimer = setTimeout(() => write('caption', ''), seconds * 1000);
  }

  /** The user's own words, the newest of them. @param {string} text @param {boolean} final whether they stay as they are */
  heard(text, final) {
    clearTimeout(this.#heardTimer);
    byId('heard').dataset.final = String(final);
    write('heard', text.length <= HEARD_LENGTH ? text : `…${text.slice(text.indexOf(' ', text.length - HEARD_LENGTH))}`);
    this.#heardTimer = setTimeout(() => write('heard', ''), HEARD_MS);
  }

  /** @param {string} text @returns {number} seconds it is shown */
  cue(text) {
    clearTimeout(this.#cueTimer);
    // Three words at a glance: whatever else he was saying makes room.
    clearTimeout(this.#captionTimer);
    write('caption', '');
    write('cue-text', text);
    byId('cue').classList.add('shown');
    this.#cueTimer = setTimeout(() => {
      byId('cue').classList.remove('shown');
      write('cue-text', '');
    }, CUE_S * 1000);
    return CUE_S;
  }

  /** @param {string} text nothing takes the last one away */
  notice(text) {
    clearTimeout(this.#noticeTimer);
    write('notice', text);
    this.#noticeTimer = setTimeout(() => write('notice', ''), NOTICE_S * 1000);
  }

  ending() {
    const end = /** @type {HTMLButtonElement} */ (byId('end'));
    end.disabled = true;
    const text = end.querySelector('span');
    if (text !== null) text.textContent = 'Ending…';
  }

  /**
   * @param {'ended'|'replaced'|'lost'|'left'} why
   * @param {string} reason
   * @param {string} saying what the coach still says, or an empty text
   */
  closing(why, reason, saying) {
    if (this.#closed) return;
    this.#closed = true;
    this.#toggle('camera', 'Camera', 'off');
    this.#toggle('microphone', 'Microphone', 'off');
    for (const id of ['waiting', 'trouble', 'listening', 'recording']) byId(id).hidden = true;
    for (const id of ['heard', 'cue-text', 'notice']) write(id, '');
    write('caption', saying);
    byId('cue').classList.remove('shown');
    for (const button of document.querySelectorAll('.controls button')) {
      if (button.id !== 'toggle-voice') button.setAttribute('disabled', '');
    }
    byId('toggle-voice').hidden ||= saying === '';
    const words = closingWords(why, reason);
    write('closing-title', words.title);
    write('closing-text', words.text);
    byId('closing-again').hidden = words.again === null;
    write('closing-again', words.again ?? '');
    byId('closing').hidden = false;
    byId('self').dataset.state = 'off';
    write('self-off-text', CAMERA_WORDS.off);
    byId('status').dataset.state = 'closed';
    write('status-text', CONNECTION_WORDS[why === 'lost' ? 'lost' : 'closed']);
    this.#phase('closed');
    // Moving the focus is what makes a screen reader read the last words out.
    byId('closing').focus();
  }

  /** @param {'waiting'|'session'|'closed'} phase */
  #phase(phase) {
    document.body.dataset.phase = phase;
  }
}
