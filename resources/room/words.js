/** Everything the room says by itself, in one place. */

/** @typedef {import('./protocol.js').DeviceState} DeviceState */

/** @type {Record<import('./protocol.js').ConnectionState, string>} */
export const CONNECTION_WORDS = {
  connecting: 'Connecting…',
  open: 'Connected',
  retrying: 'Connection lost. Trying again…',
  lost: 'Not connected',
  closed: 'Session over',
};

/** What becomes of picture and sound, by what the service says of the recording. */
export const PRIVACY_WORDS = {
  dropped: 'Neither is recorded.',
  lent: 'Neither is kept: the sound only until its words were made out once more, after your talk.',
  kept: 'The sound is recorded and kept on this computer, as you chose in the settings.',
};

/** @type {Record<DeviceState, string>} */
export const CAMERA_WORDS = {
  on: 'Camera is on',
  pending: 'Camera is waiting for your answer',
  denied: 'Camera not allowed',
  missing: 'No camera found',
  ended: 'The camera has stopped',
  failed: 'The camera did not start',
  off: 'Camera is off',
};

/** @type {Record<DeviceState, string>} */
export const MICROPHONE_WORDS = {
  on: 'On',
  pending: 'Waiting for your answer',
  denied: 'Not allowed',
  missing: 'None found',
  ended: 'It has stopped',
  failed: 'Did not start',
  off: 'Off',
};

/** @type {Partial<Record<DeviceState, (what: string) => string>>} */
const WHAT_HAPPENED = {
  denied: (what) => `Your ${what} was not allowed. To change that, press Try again and choose Allow.`,
  missing: (what) => `No ${what} was found. Plug one in, then press Try again.`,
  ended: (what) => `Your ${what} stopped sending. Is it still plugged in?`,
  failed: (what) => `Your ${what} could not be started. Another program may be using it; close that, then press Try again.`,
};

/**
 * The explanation for devices that are not there, or null when nothing needs explaining.
 * @param {{camera: DeviceState, microphone: DeviceState}} states
 * @returns {{title: string, text: string}|null}
 */
export function explainDevices({ camera, microphone }) {
  const noCamera = WHAT_HAPPENED[camera];
  const noMicrophone = WHAT_HAPPENED[microphone];
  if (noCamera !== undefined && noMicrophone !== undefined) {
    const both = camera === microphone ? noCamera('camera and microphone').replace(/\bwas (not allowed|found)/, 'were $1')
      : `${noCamera('camera')} ${noMicrophone('microphone')}`;
    return {
      title: 'Chuck can’t see or hear you',
      text: `${tidy(both)} The session goes on, but nothing will be measured.`,
    };
  }
  if (noCamera !== undefined) {
    return { title: 'Going on with sound only', text: `${noCamera('camera')} Eye contact and smile won’t be measured.` };
  }
  if (noMicrophone !== undefined) {
    return { title: 'Going on with picture only', text: `${noMicrophone('microphone')} Speech and pauses won’t be measured.` };
  }
  return null;
}

/** @param {string} text */
function tidy(text) {
  return text.replace('No camera and microphone', 'No camera and no microphone').replace('Plug one in', 'Plug them in')
    .replace('Is it still', 'Are they still').replace('Another program may be using it', 'Another program may be using them');
}

/**
 * @param {'ended'|'replaced'|'lost'|'left'} why
 * @param {string} reason the service's own word, for the one case that needs its own sentence
 * @returns {{title: string, text: string, again: string|null}} again: what the button says, if there is one
 */
export function closingWords(why, reason) {
  if (why === 'replaced') {
    return {
      title: 'This room is open somewhere else',
      text: 'You joined from another window, so this one let go of your camera and microphone.',
      again: 'Use this window instead',
    };
  }
  if (why === 'lost') {
    return {
      title: 'The coach does not answer',
      text: 'The connection to the coach on this computer is gone. Your camera and microphone are off. What had arrived is kept.',
      again: 'Try again',
    };
  }
  const full = /max|duration|time/i.test(reason) ? 'The time for this session is up. ' : '';
  return {
    title: full === '' ? 'Well done. That’s the session' : 'Well done. Time is up',
    text: `${full}Your camera and microphone are off. Your report opens in the app.`,
    again: null,
  };
}

/** @param {number} seconds @returns {string} mm:ss, or h:mm:ss from an hour on */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${two(minutes)}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
