// Forms: the view that the bot has open for the speaker.

import { Refused, Unreachable } from './api.js';
import { el, fill, icon, keepingFocus } from './dom.js';
import { blocks } from './blocks.js';
import { words } from './mrkdwn.js';
import { closePanel } from './popover.js';
import { act, session } from './session.js';

let shown = null;
/** Id of the form closed last: a state that still carries it is older than the closing. */
let dismissed = null;

/** The values of a form's inputs, and those of the form it replaces. */
class Form {
  #fields = new Map();
  #optional = new Map();
  #before;

  constructor(before) {
    this.#before = before;
  }

  /** Says that an input must (or need not) be filled. */
  expect(blockId, actionId, optional) {
    this.#optional.set(`${blockId} ${actionId}`, optional);
  }

  /** Adds an input: `value` is what is submitted, `state` what a redrawn form starts from. */
  register(blockId, actionId, field) {
    this.#fields.set(`${blockId} ${actionId}`, { blockId, actionId, ...field });
  }

  /** What the person had entered here before the bot updated the form. */
  kept(blockId, actionId) {
    return this.#before?.state(`${blockId} ${actionId}`);
  }

  state(key) {
    return this.#fields.get(key)?.state();
  }

  /** Everything entered, as `{block_id: {action_id: value}}`; inputs left empty are absent. */
  values() {
    const values = {};
    for (const { blockId, actionId, value } of this.#fields.values()) {
      const read = value();
      if (read !== undefined && read !== '') (values[blockId] ??= {})[actionId] = read;
    }
    return values;
  }

  /** What stands in the way of submitting, by block. */
  faults() {
    const faults = {};
    for (const [key, { blockId, value, fault }] of this.#fields) {
      const read = value();
      const empty = read === undefined || read.length === 0;
      const problem = empty && this.#optional.get(key) === false ? 'Please fill this in.' : fault?.();
      if (problem) faults[blockId] = problem;
    }
    return faults;
  }
}

/** Shows, updates or closes the form so that it matches the view `open` of the state. */
export function drawModal(open) {
  const given = open?.id === dismissed ? null : open;
  if (!given) return close();
  const signature = JSON.stringify([given.id, given.view, session.me, session.zone]);
  if (signature === shown?.signature) return;
  if (shown && shown.id !== given.id) close();
  const fresh = !shown;
  if (fresh) {
    const dialog = el('dialog', { class: 'dialog modal', 'data-testid': 'modal', oncancel: (event) => {
      event.preventDefault();
      dismiss();
    } });
    document.body.append(dialog);
    shown = { id: given.id, dialog, form: null };
    dialog.showModal();
  }
  shown.signature = signature;
  keepingFocus(shown.dialog, () => draw(given));
  if (fresh) (shown.dialog.querySelector('.modal-body input, .modal-body textarea') ?? shown.dialog.querySelector('.modal-body')).focus();
}

function draw({ id, view }) {
  closePanel();
  const form = shown.form = new Form(shown.form);
  const title = words(view.title);
  shown.dialog.setAttribute('aria-label', title);
  fill(shown.dialog, el('form', { class: 'modal-form', novalidate: true, onsubmit: submit },
    el('header', { class: 'modal-head' },
      el('h2', { 'data-testid': 'modal-title' }, title),
      el('button', { type: 'button', class: 'icon-button', 'aria-label': 'Close this form', onclick: dismiss }, icon('close'))),
    el('div', { class: 'modal-body', tabindex: '-1' },
      el('p', { class: 'fault general', role: 'alert', hidden: true }),
      view.blocks ? blocks(view.blocks, { view_id: id }, form) : el('p', { class: 'quiet' }, 'Loading…')),
    el('footer', { class: 'dialog-actions' },
      el('button', { type: 'button', class: 'button', 'data-testid': 'modal-close', onclick: dismiss }, words(view.close) || (view.submit ? 'Cancel' : 'Close')),
      view.submit && el('button', { type: 'submit', class: 'button primary', 'data-testid': 'modal-submit' }, words(view.submit)))));
}

async function submit(event) {
  event.preventDefault();
  const { dialog, form, id } = shown;
  const button = dialog.querySelector('[data-testid=modal-submit]');
  if (!button || button.getAttribute('aria-busy')) return;
  const faults = form.faults();
  showFaults(dialog, faults);
  if (Object.keys(faults).length) return;
  button.setAttribute('aria-busy', 'true');
  try {
    const answer = await act('submit', { view_id: id, values: form.values() });
    if (shown?.dialog === dialog) showFaults(dialog, answer.errors ?? {});
  } catch (problem) {
    if (!(problem instanceof Refused || problem instanceof Unreachable)) throw problem;
    showFaults(dialog, {}, problem.message);
  } finally {
    button.removeAttribute('aria-busy');
  }
}

function showFaults(dialog, faults, general = '') {
  let first = null;
  for (const place of dialog.querySelectorAll('.block .fault')) {
    const block = place.closest('.block');
    const text = faults[block.dataset.blockId];
    place.hidden = !text;
    place.textContent = text ?? '';
    block.classList.toggle('faulty', Boolean(text));
    if (text) first ??= block;
  }
  const top = dialog.querySelector('.fault.general');
  top.hidden = !general;
  top.textContent = general;
  first?.querySelector('input, textarea, button')?.focus();
  first?.scrollIntoView({ block: 'nearest' });
}

async function dismiss() {
  const { id } = shown;
  dismissed = id;
  close();
  try {
    await act('dismiss', { view_id: id });
  } catch (problem) {
    if (!(problem instanceof Refused || problem instanceof Unreachable)) throw problem;
  }
}

function close() {
  if (!shown) return;
  closePanel();
  shown.dialog.close();
  shown.dialog.remove();
  shown = null;
}
