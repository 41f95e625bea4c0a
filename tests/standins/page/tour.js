// The guided tour: one step at a time above the messages, done by the person or for them.

import { post, Refused, Unreachable } from './api.js';
import { el, fill, keepingFocus, toast } from './dom.js';
import { move, toNext } from './clock.js';
import { react } from './reactions.js';
import { bare } from './discord-markdown.js';
import { words } from './mrkdwn.js';
import { channelName, messages, nameOf, onDiscord, openChannel, openThread, people, recall, redraw, remember, session, speakAs, user } from './session.js';

let steps = [];
let at = Number(recall('tour.step') ?? 0);
let hidden = recall('tour.hidden') === 'yes';
let busy = false;
const done = new Set();

/** Sets the steps; a remembered place beyond their end starts again. */
export function setTour(list) {
  steps = list;
  if (at >= steps.length) at = 0;
}

/** Shows or hides the tour. */
export function toggleTour() {
  hidden = !hidden;
  remember('tour.hidden', hidden ? 'yes' : 'no');
  redraw();
}

/** Draws the step; `box` is the message box it writes into. */
export function drawTour(place, toggle, box) {
  place.hidden = hidden || steps.length === 0;
  toggle.hidden = steps.length === 0;
  toggle.setAttribute('aria-pressed', String(!hidden));
  if (place.hidden) return;
  const step = stepAt(at);
  const last = at === steps.length - 1;
  keepingFocus(place, () => fill(place,
    el('div', { class: 'tour-text' },
      el('div', { class: 'tour-head' }, el('span', { class: 'tour-count' }, `${at + 1} of ${steps.length}`), el('h2', { 'data-testid': 'tour-title' }, step.title)),
      el('p', {}, step.text)),
    el('div', { class: 'tour-actions' },
      able(step) && el('button', { type: 'button', class: `button ${done.has(step) ? '' : 'primary'}`, 'data-testid': 'tour-do', 'data-key': 'tour do', 'aria-busy': busy ? 'true' : null, onclick: () => perform(step, box) }, done.has(step) ? 'Once more' : 'Do it for me'),
      at > 0 && el('button', { type: 'button', class: 'button', 'data-testid': 'tour-back', 'data-key': 'tour back', onclick: () => go(at - 1) }, 'Back'),
      el('button', { type: 'button', class: `button ${done.has(step) || !able(step) ? 'primary' : ''}`, 'data-testid': 'tour-next', 'data-key': 'tour next', onclick: () => (last ? finish() : go(at + 1)) }, last ? 'Finish' : 'Next'),
      el('button', { type: 'button', class: 'text-button', 'data-testid': 'tour-dismiss', onclick: toggleTour }, 'Hide'))));
}

/** A step as it is on the chat that is shown; the same object each time. */
function stepAt(index) {
  const step = steps[index];
  if (!onDiscord() || !step.discord) return step;
  return Object.assign(step.discord, { ...step, ...step.discord });
}

const able = (step) => step.as || step.channel || step.type || step.react || step.press || step.clock || outside(step);

/** What happens outside of the chat: where the server is asked for it, and what is said when it did not happen. */
const OUTSIDE = {
  release: 'Nothing was deployed.',
  alarm: 'No alarm was raised.',
  calm: 'Nothing changed.',
};
const outside = (step) => Object.keys(OUTSIDE).find((name) => step[name]);

function go(step) {
  at = step;
  remember('tour.step', String(at));
  redraw();
}

function finish() {
  go(0);
  toggleTour();
}

/**
 * Speaks as the step's person, opens its channel, then types and sends `type` (`{alert}` is the one the card is about),
 * reacts with `react` to the newest card there whose headline has the words `card`, opens its thread (`thread`), presses its
 * button `press`, has something happen outside (`release`, `alarm`, `calm`), or moves the clock by `clock` (seconds, or `next`).
 */
async function perform(step, box) {
  if (busy) return;
  busy = true;
  redraw();
  try {
    const who = people().find((each) => [each.id, each.name, nameOf(each.id)].includes(step.as?.replace(/^@/, '')));
    if (who) await speakAs(who.id);
    const where = session.data.channels.find((each) => step.channel && [each.id, each.name, channelName(each)].includes(step.channel.replace(/^#/, '')));
    if (where) openChannel(where.id);
    const card = cardOf(step);
    if (step.type) {
      await typing(step.type.replace('{alert}', headline(card).match(/ALR-\d+/)?.[0] ?? ''), box);
      await box.send();
    }
    if (step.react && card) await react(card, session.channelId, step.react);
    if (step.thread && card) openThread(card.ts);
    if (step.press && card) press(card, step.press);
    if (outside(step)) await happen(outside(step));
    if (step.clock) await (step.clock === 'next' ? toNext() : move({ advance_seconds: Number(step.clock) }));
    done.add(step);
  } finally {
    busy = false;
    redraw();
  }
}

const headline = (message) => words(message?.blocks?.find(({ type }) => type === 'header')?.text) || bare(/^#{1,3} (.*)$/m.exec(message?.text ?? '')?.[1] ?? '');

/** The newest message of the open channel that stands for something, with the step's words in its headline. */
const cardOf = (step) => messages(session.channelId).findLast((each) =>
  user(each.user)?.is_bot && !each.ephemeral && headline(each) && headline(each).includes(step.card ?? ''));

function press(card, label) {
  const shown = document.querySelector(`[data-testid=messages] [data-ts="${CSS.escape(card.ts)}"]`);
  const buttons = [...shown?.querySelectorAll('[data-testid=action]') ?? []];
  buttons.find((each) => each.textContent === label)?.click();
}

/** Something happens outside of the chat: a pipeline deploys, a service fails or is well again. */
async function happen(name) {
  try {
    await post(`/play/${name}`, {});
  } catch (problem) {
    if (!(problem instanceof Refused || problem instanceof Unreachable)) throw problem;
    toast(`${OUTSIDE[name]} ${problem.message}`);
  }
}

/** Lets the person see what is written before it goes. */
async function typing(text, box) {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const pieces = calm ? [text] : [...text].map((_, index, all) => all.slice(0, index + 1).join(''));
  for (const piece of pieces) {
    box.write(piece);
    await new Promise((done) => { setTimeout(done, 18); });
  }
  if (!calm) await new Promise((done) => { setTimeout(done, 350); });
}
