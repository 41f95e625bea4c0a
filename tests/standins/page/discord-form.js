// Discord's forms: up to five boxes to type in.

import { Refused, Unreachable } from './api.js';
import { el, fill, icon } from './dom.js';
import { act, session } from './session.js';

let shown = null;
/** What was closed last: a state that still carries it is older than the closing. */
let dismissed = null;

/** Shows or closes the form so that it matches the state's. */
export function drawForm(open) {
  if (!open) dismissed = null;
  const signature = open && JSON.stringify([open, session.me]);
  if (!open || signature === dismissed) return close();
  if (signature === shown?.signature) return undefined;
  close();
  const fields = open.fields.map(field);
  const fault = el('p', { class: 'fault', role: 'alert', hidden: true });
  const send = el('button', { type: 'submit', class: 'button primary', 'data-testid': 'modal-submit' }, 'Submit');
  const dialog = el('dialog', { class: 'dialog modal discord-form', 'data-testid': 'modal', 'aria-label': open.title, oncancel: (event) => {
    event.preventDefault();
    dismiss();
  } });
  fill(dialog, el('form', { class: 'modal-form', novalidate: true, onsubmit: (event) => submit(event, fields, fault, send) },
    el('header', { class: 'modal-head' }, el('h2', { 'data-testid': 'modal-title' }, open.title),
      el('button', { type: 'button', class: 'icon-button', 'aria-label': 'Close this form', onclick: dismiss }, icon('close'))),
    el('div', { class: 'modal-body' },
      el('p', { class: 'warning' }, 'This form will be submitted to ', el('strong', {}, 'Watchkeeper'), '.'), fault, fields.map(({ node }) => node)),
    el('footer', { class: 'dialog-actions' },
      el('button', { type: 'button', class: 'button', 'data-testid': 'modal-close', onclick: dismiss }, 'Cancel'), send)));
  shown = { signature, dialog };
  document.body.append(dialog);
  dialog.showModal();
  fields[0]?.input.focus();
  return undefined;
}

function field({ label, placeholder, optional, value, many_lines: many }) {
  const input = el(many ? 'textarea' : 'input', { class: 'field', type: many ? null : 'text', rows: many ? 4 : null, placeholder, 'aria-label': label, 'data-label': label, value });
  const fault = el('p', { class: 'fault', role: 'alert', hidden: true });
  const node = el('label', { class: 'block input' }, el('span', { class: 'label' }, label, !optional && el('span', { class: 'required', title: 'Required' }, ' *')), input, fault);
  return { label, input, fault, node };
}

async function submit(event, fields, fault, send) {
  event.preventDefault();
  if (send.getAttribute('aria-busy')) return;
  send.setAttribute('aria-busy', 'true');
  const say = (place, text = '') => {
    place.hidden = !text;
    place.textContent = text;
  };
  try {
    const { errors = {} } = await act('submit', { values: Object.fromEntries(fields.map(({ label, input }) => [label, input.value])) });
    fields.forEach((each) => say(each.fault, errors[each.label]));
    say(fault);
  } catch (problem) {
    if (!(problem instanceof Refused || problem instanceof Unreachable)) throw problem;
    say(fault, problem.message);
  } finally {
    send.removeAttribute('aria-busy');
  }
}

async function dismiss() {
  dismissed = shown.signature;
  close();
  try {
    await act('dismiss', {});
  } catch (problem) {
    if (!(problem instanceof Refused || problem instanceof Unreachable)) throw problem;
  }
}

function close() {
  shown?.dialog.close();
  shown?.dialog.remove();
  shown = null;
}
