/**
 * The button with which one looks at the camera for three seconds, so that eye contact is measured by one's own eyes.
 * Optional: who never presses it misses nothing but some exactness. What was found is kept by the service.
 */
const TOLD_MS = 8000;
const WORDS = {
  begin: 'Calibrate eye contact',
  again: 'Calibrate again',
  looking: 'Look at the camera…',
  still: 'Hold still for three seconds.',
  done: 'Done. Eye contact is now measured by your own eyes.',
};

/** @param {string} id */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

export class Calibration {
  #button = /** @type {HTMLButtonElement} */ (byId('calibrate'));
  #timer = 0;
  #looking = false;

  /** @param {() => void} onBegin */
  constructor(onBegin) {
    this.#button.addEventListener('click', () => {
      // Not disabled meanwhile: a button that is loses the keyboard's focus.
      if (this.#looking) return;
      this.#look(0);
      onBegin();
    });
  }

  /** @param {boolean} can whether there is a live session with a camera */
  set possible(can) {
    byId('calibration').hidden = !can;
    if (!can) this.#rest('', WORDS.begin);
  }

  /** @param {{state: string, share: number, text: string}} news */
  hear({ state, share, text }) {
    if (state === 'looking') this.#look(share);
    else if (state === 'done') this.#rest(WORDS.done, WORDS.again);
    else this.#rest(text, WORDS.begin);
  }

  /** @param {number} share of the three seconds */
  #look(share) {
    clearTimeout(this.#timer);
    this.#looking = true;
    this.#button.setAttribute('aria-disabled', 'true');
    this.#button.style.setProperty('--done', share.toFixed(2));
    // The same words are not written twice: a screen reader says them once.
    this.#write('calibrate-text', WORDS.looking);
    this.#write('calibration-said', WORDS.still);
  }

  /** @param {string} said @param {string} label */
  #rest(said, label) {
    clearTimeout(this.#timer);
    this.#looking = false;
    this.#button.removeAttribute('aria-disabled');
    this.#button.style.setProperty('--done', '0');
    this.#write('calibrate-text', label);
    this.#write('calibration-said', said);
    if (said !== '') this.#timer = setTimeout(() => this.#write('calibration-said', ''), TOLD_MS);
  }

  /** @param {string} id @param {string} text */
  #write(id, text) {
    if (byId(id).textContent !== text) byId(id).textContent = text;
  }
}
