// The page of `serve`. The server draws it for how things stand; this sends the two requests and draws it anew.

const LOOK_EVERY_MS = 2000;
const NO_ANSWER = {
  what: 'The server does not answer.',
  safe: 'If it was stopped, it has ended the conversation.',
  do: 'Start it again, then reload this page.',
};

const page = document.body.dataset;
const element = (id) => document.getElementById(id);
let since = Number(page.since);

function showTrouble(told) {
  for (const part of ['what', 'safe', 'do']) element(part).textContent = told[part] ?? '';
  element('trouble').hidden = false;
  element('trouble').focus();
}

function showTime() {
  if (!since) return;
  const seconds = Math.max(0, Math.floor(Date.now() / 1000 - since));
  const parts = [Math.floor(seconds / 60), seconds % 60];
  element('clock').textContent = parts.map((part) => String(part).padStart(2, '0')).join(':');
  element('time').hidden = false;
}

async function send(path) {
  try {
    const answer = await fetch(path, { method: 'POST' });
    return { done: answer.ok, told: await answer.json() };
  } catch {
    return { done: false, told: NO_ANSWER };
  }
}

async function ask(button, words, path) {
  button.disabled = true;
  element('trouble').hidden = true;
  element('progress').textContent = words;
  const { done, told } = await send(path);
  if (done) {
    location.reload();
    return;
  }
  element('progress').textContent = '';
  button.disabled = false;
  showTrouble(told);
}

async function look() {
  try {
    const told = await (await fetch('/status')).json();
    // Started or ended from somewhere else, or ended by itself.
    if ((told.conversation_id ?? '') !== page.conversation && !element('progress').textContent) location.reload();
    since = told.since ?? since;
    if (told.notice && page.status !== 'none') element('notes').textContent = told.notice;
  } catch {
    if (page.status !== 'none' && element('trouble').hidden) showTrouble(NO_ANSWER);
  }
}

element('start').addEventListener('click', () => ask(element('start'), 'Starting…', '/start'));
element('end').addEventListener('click', () => ask(element('end'), 'Ending…', `/end/${encodeURIComponent(page.conversation)}`));
(element('start').hidden ? element('end') : element('start')).focus();
setInterval(look, LOOK_EVERY_MS);
setInterval(showTime, 250);
showTime();
