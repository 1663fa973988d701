/**
 * Chuck's face: what he knows (where you are, whether you speak and smile, what he says) becomes lids, brows, mouth and head.
 * The drawing itself is in room.html; this moves its parts, seldom and only where something changed,
 * because a software renderer pays for every repaint.
 */
import { Blinks, Glances, Nods, Speech, approach } from './chuck-motion.js';

// Blinks, nods and speech need the quick rate, a turning gaze half of it, mere breathing less still. The pause between
// frames is a timer and not a skipped animation frame, because even an empty one costs the browser work.
const QUICK_PAUSE_MS = 24;
const TURNING_PAUSE_MS = 50;
const CALM_PAUSE_MS = 100;
const MEETING_HEAD_Y = 0.42; // where a face sits in a well-framed picture: then he looks straight at you

/** @param {number} value steps of a quarter of a unit: finer ones are not seen, but are repainted */
const q = (value) => Math.round(value * 4) / 4;

/**
 * What the mouth does with each kind of sound: how wide it opens, how round the lips are, whether the teeth meet them.
 * @type {Record<string, {open: number, round: number, teeth: number}>}
 */
const SHAPES = {
  rest: { open: 0.03, round: 0, teeth: 0 },
  closed: { open: 0, round: 0.1, teeth: 0 },
  lip: { open: 0.1, round: 0.1, teeth: 1 },
  teeth: { open: 0.16, round: 0, teeth: 1 },
  small: { open: 0.3, round: 0.2, teeth: 0 },
  mid: { open: 0.45, round: -0.2, teeth: 0 },
  wide: { open: 0.85, round: 0, teeth: 0 },
  round: { open: 0.6, round: 0.75, teeth: 0 },
  kiss: { open: 0.3, round: 1, teeth: 0 },
};

/**
 * @param {number} smile -1 to 1
 * @param {number} open 0 to 1
 * @param {number} [round] -1 spread to 1 rounded lips
 * @returns {{line: string, fill: string, top: number, bottom: number}} paths in the drawing's units, around x = 300
 */
export function mouthShape(smile, open, round = 0) {
  const half = q((37 + 10 * smile - 7 * open) * (1 - (round > 0 ? 0.45 : 0.12) * round));
  const y = 288;
  const corner = q(y - 9 * smile * (1 - 0.7 * Math.max(0, round)));
  const top = q(y + 9 * smile - 6 * open);
  const bottom = q(y + 15 * smile + 50 * open);
  const upper = `M${300 - half} ${corner}Q300 ${top} ${300 + half} ${corner}`;
  const lower = `Q${300 + half * 0.55} ${bottom} 300 ${bottom}Q${300 - half * 0.55} ${bottom} ${300 - half} ${corner}Z`;
  if (open < 0.04) return { line: upper.replace(`Q300 ${top}`, `Q300 ${q(y + 21 * smile)}`), fill: '', top, bottom };
  return { line: upper + lower, fill: upper + lower, top: (corner + top) / 2, bottom };
}

export class Chuck {
  #root;
  #still;
  #blinks = new Blinks();
  #glances = new Glances();
  #nods = new Nods();
  #speech = new Speech();
  /** @type {{x: number, y: number}|null} */
  #face = null;
  #userSmile = 0;
  #userSpeaking = false;
  #cueUntil = -1;
  #last = 0;
  #pauseMs = QUICK_PAUSE_MS;
  /** @type {import('./voice.js').Voice|null} */
  #voice = null;
  #now = { x: 0, y: 0, smile: 0.5, open: 0, round: 0, teeth: 0, brow: 0, worry: 0, tilt: 0, lean: 0 };
  /** @type {Map<Element, Record<string, string>>} what each part was last told */
  #written = new Map();
  #parts;

  /** @param {SVGSVGElement} root */
  constructor(root) {
    this.#root = root;
    this.#still = matchMedia('(prefers-reduced-motion: reduce)');
    /** @param {string} id */
    const part = (id) => /** @type {Element} */ (root.querySelector(id));
    this.#parts = {
      body: part('#chuck-body'), head: part('#chuck-head'), hair: part('#chuck-hair'), back: part('#chuck-hair-back'),
      ears: part('#chuck-ears'), features: part('#chuck-features'), blush: part('#chuck-blush'), irises: [...root.querySelectorAll('.chuck-iris')],
      lids: [...root.querySelectorAll('.chuck-lid')], lashes: [...root.querySelectorAll('.chuck-lash')],
      cheeks: [...root.querySelectorAll('.chuck-cheek')], brows: [...root.querySelectorAll('.chuck-brow')],
      line: part('#mouth-line'), fill: part('#mouth-fill'), clip: part('#mouth-clip'), teeth: part('#mouth-teeth'),
      tongue: part('#mouth-tongue'),
    };
    requestAnimationFrame((ms) => this.#frame(ms));
  }

  /** @param {string} name */
  set name(name) {
    this.#root.setAttribute('aria-label', `${name}, your coach: a friendly drawn face`);
  }

  /** @param {import('./protocol.js').Meter} meter */
  see(meter) {
    const placed = meter.faceX !== null && meter.faceY !== null && meter.face !== false;
    this.#face = placed ? { x: /** @type {number} */ (meter.faceX), y: /** @type {number} */ (meter.faceY) } : null;
    this.#userSmile = meter.smile ?? 0;
    this.#userSpeaking = meter.speaking === true;
  }

  /** Whether his mouth moves just now. */
  get talking() {
    return this.#voice?.playing || this.#speech.active(this.#last);
  }

  /** @param {import('./voice.js').Voice} voice what moves his mouth when it plays */
  set voice(voice) {
    this.#voice = voice;
  }

  /** @param {string} text @returns {number} seconds it takes to say this */
  lengthOf(text) {
    return Speech.lengthOf(text);
  }

  /** @param {string} text @returns {number} seconds he takes to say it */
  say(text) {
    return this.#speech.start(this.#last, text);
  }

  /** @param {number} seconds how long the cue shows in his face */
  raiseBrow(seconds) {
    this.#cueUntil = this.#last + seconds;
  }

  /** The session is over: he looks straight ahead and smiles. */
  rest() {
    this.#face = null;
    this.#userSpeaking = false;
    this.#userSmile = 1;
  }

  /** @param {number} ms */
  #frame(ms) {
    const t = ms / 1000;
    const dt = t - this.#last;
    this.#last = t;
    this.#move(t, Math.min(dt, 0.25));
    this.#draw(t);
    setTimeout(() => requestAnimationFrame((next) => this.#frame(next)), this.#pauseMs);
  }

  /** @param {number} t @param {number} dt */
  #move(t, dt) {
    const now = this.#now;
    const cue = t < this.#cueUntil;
    const shape = SHAPES[this.#voice?.shape ?? ''] ?? null;
    const talking = shape !== null || this.#speech.active(t);
    const glance = this.#still.matches ? { x: 0, y: 0 } : this.#glances.at(t);
    // The picture is not mirrored, he is: someone on the left of the camera's picture sits to the right of the screen.
    const goal = this.#face === null ? glance : {
      x: (0.5 - this.#face.x) * 2 + glance.x * 0.4,
      y: (this.#face.y - MEETING_HEAD_Y) * 2 + glance.y * 0.4,
    };
    const turning = Math.abs(goal.x - now.x) + Math.abs(goal.y - now.y) > 0.05 || cue;
    this.#pauseMs = talking ? QUICK_PAUSE_MS : turning ? TURNING_PAUSE_MS : CALM_PAUSE_MS;
    const speed = this.#still.matches ? 60 : 1;
    now.x = approach(now.x, goal.x, 7 * speed, dt);
    now.y = approach(now.y, goal.y, 7 * speed, dt);
    this.#nods.hear(t, this.#userSpeaking);
    const friendly = this.#userSmile > 0.5 ? 1 : 0.68;
    now.smile = approach(now.smile, cue ? 0.2 : friendly, 5 * speed, dt);
    now.worry = approach(now.worry, cue ? 1 : 0, 8 * speed, dt);
    now.brow = approach(now.brow, this.#userSpeaking || talking ? 0.45 : 0, 4 * speed, dt);
    now.tilt = approach(now.tilt, cue ? -3.5 : this.#userSpeaking ? 2.2 : 0, 2.5 * speed, dt);
    now.lean = approach(now.lean, this.#userSpeaking || cue ? 1 : 0, 2 * speed, dt);
    const wide = this.#still.matches ? 0.35 : shape !== null ? shape.open : Math.max(this.#speech.opening(t), 0.03);
    const laugh = this.#userSmile > 0.5 && !cue ? 0.3 : 0;
    now.open = approach(now.open, talking ? wide : laugh, 26 * speed, dt);
    const lips = this.#still.matches ? null : shape;
    now.round = approach(now.round, lips?.round ?? 0, 22 * speed, dt);
    now.teeth = approach(now.teeth, lips?.teeth ?? 0, 26 * speed, dt);
  }

  /** @param {number} t */
  #draw(t) {
    const now = this.#now;
    const p = this.#parts;
    const breath = this.#still.matches ? 0 : Math.sin((t * 2 * Math.PI) / 4.4);
    const sway = this.#still.matches ? 0 : Math.sin(t * 0.7) * 1.5;
    const nod = this.#still.matches ? 0 : this.#nods.depth(t);
    const x = Math.max(-1, Math.min(1, now.x));
    const y = Math.max(-1, Math.min(1, now.y));
    this.#shift(p.body, 0, -2.5 * breath);
    const tilt = Math.round((now.tilt + x * 3) * 10) / 10;
    const headY = q(-1.6 * breath + 13 * nod + 3 * now.lean);
    this.#write(p.head, 'transform', `translate(${q(x * 9 + sway)} ${headY}) rotate(${tilt} 300 350)`);
    const turnX = x * 15;
    const turnY = y * 9 + nod * 9;
    this.#shift(p.features, turnX, turnY);
    this.#shift(p.blush, turnX, turnY);
    this.#shift(p.hair, turnX * 0.42, turnY * 0.4);
    this.#shift(p.back, -turnX * 0.35, 0);
    this.#shift(p.ears, -turnX * 0.4, -turnY * 0.35);
    for (const iris of p.irises) this.#shift(iris, x * 9.5, y * 8 + nod * -4);
    this.#drawEyes(t);
    const lift = -6 * now.brow;
    this.#brow(p.brows[0], 250 + turnX * 0.1, 157 + lift - 4 * now.worry, -5 * now.worry);
    this.#brow(p.brows[1], 350 + turnX * 0.1, 157 + lift - 15 * now.worry, 9 * now.worry);
    this.#drawMouth();
  }

  /** @param {number} t */
  #drawEyes(t) {
    const { lids, lashes, cheeks } = this.#parts;
    const now = this.#now;
    const shut = this.#still.matches ? 0 : this.#blinks.closed(t);
    if (shut > 0 || this.#nods.depth(t) > 0) this.#pauseMs = QUICK_PAUSE_MS;
    const joy = Math.max(0, now.smile - 0.6) / 0.4;
    const rest = -17 + 3 * now.y - 4 * now.brow - 4 * now.worry;
    const edge = q(rest + (20 - rest) * shut);
    const bend = q(-15 + 26 * ((edge + 26) / 46));
    for (const lid of lids) this.#write(lid, 'd', `M-32-34H32V${edge}Q0 ${edge + bend} -32 ${edge}Z`);
    // The lash line follows the outline of the eye where the lid's edge meets it.
    const reach = q(27 * Math.sqrt(Math.max(0.2, 1 - (edge / 26) ** 2)));
    for (const lash of lashes) this.#write(lash, 'd', `M${-reach} ${edge}Q0 ${edge + bend} ${reach} ${edge}`);
    const low = q(27 - 8 * joy);
    for (const cheek of cheeks) this.#write(cheek, 'd', `M-32 34H32V${low}Q0 ${low - 13 * joy} -32 ${low}Z`);
  }

  #drawMouth() {
    const { line, fill, clip, teeth, tongue } = this.#parts;
    // Lips that purse or meet do not grin.
    const smile = this.#now.smile * (1 - 0.5 * Math.max(0, this.#now.round));
    const shape = mouthShape(smile, this.#now.open, this.#now.round);
    this.#write(line, 'd', shape.line);
    this.#write(fill, 'd', shape.fill);
    this.#write(clip, 'd', shape.fill);
    this.#write(teeth, 'y', String(q(shape.top - 9 + 7 * this.#now.teeth)));
    this.#write(tongue, 'cy', String(q(shape.bottom)));
  }

  /** @param {Element} part @param {number} x @param {number} y */
  #shift(part, x, y) {
    this.#write(part, 'transform', `translate(${q(x)} ${q(y)})`);
  }

  /** @param {Element} part @param {number} x @param {number} y @param {number} turn degrees */
  #brow(part, x, y, turn) {
    this.#write(part, 'transform', `translate(${q(x)} ${q(y)}) rotate(${q(turn)})`);
  }

  /** @param {Element} part @param {string} name @param {string} value */
  #write(part, name, value) {
    let known = this.#written.get(part);
    if (known === undefined) this.#written.set(part, (known = {}));
    if (known[name] === value) return;
    known[name] = value;
    part.setAttribute(name, value);
  }
}
