// Block Kit's interactive elements: what they look like, what they post, and what a form reads from them.

import { post, Refused, Unreachable } from './api.js';
import { el, fill, icon, toast } from './dom.js';
import { text, words } from './mrkdwn.js';
import { choices, matching, picker } from './picker.js';
import { menu } from './popover.js';
import { act, at, channelName, nameOf, people, session } from './session.js';
import { fromLocalField, toLocalField } from './time.js';

/**
 * Where an element stands: `where` names its message or view for the server, `blockId` its block, `label`
 * what it is called, `form` (views only) collects values, `silent` says that choosing posts nothing.
 * @typedef {{where: object, blockId: string, label: string, form: ?object, silent: boolean}} Place
 */

/** The node of an element. */
export function element(element, place) {
  const make = MAKERS[element.type];
  return make ? make(element, place) : el('span', { class: 'quiet' }, `(${element.type} is not drawn here)`);
}

const MAKERS = {
  button, overflow,
  image: (element) => el('img', { class: 'thumb', src: element.image_url, alt: element.alt_text ?? '' }),
  plain_text_input: textInput, number_input: textInput, email_text_input: textInput, url_text_input: textInput,
  datepicker: timeInput, timepicker: timeInput, datetimepicker: timeInput,
  checkboxes: boxes, radio_buttons: boxes,
};
for (const type of ['static', 'external', 'users', 'conversations', 'channels']) {
  MAKERS[`${type}_select`] = select;
  MAKERS[`multi_${type}_select`] = select;
}

/** Attributes by which tests, and the keyboard's place, find an element again. */
const marks = (element, place) => ({
  'data-testid': 'action', 'data-action-id': element.action_id, 'data-block-id': place.blockId,
  'data-key': `${place.blockId}/${element.action_id}`,
});

const origin = (element, place) => ({ ...place.where, block_id: place.blockId, action_id: element.action_id });

/** Runs what a control does, shows it as busy meanwhile, and says plainly when it did not work. */
export async function busily(node, work) {
  node.setAttribute('aria-busy', 'true');
  try {
    await work();
  } catch (problem) {
    if (!(problem instanceof Refused || problem instanceof Unreachable)) throw problem;
    toast(`That did not work. ${problem.message}`);
  } finally {
    node.removeAttribute('aria-busy');
  }
}

function chose(node, element, place, value) {
  if (place.silent) return;
  confirmed(element.confirm, () => busily(node, () => act('select', { ...origin(element, place), value })));
}

function button(element, place) {
  const node = el('button', {
    type: 'button', class: `button ${element.style ?? ''}`, 'aria-label': element.accessibility_label, ...marks(element, place),
    onclick: () => {
      if (node.getAttribute('aria-busy')) return;
      if (element.url) window.open(element.url, '_blank', 'noopener');
      confirmed(element.confirm, () => busily(node, () => act('click', origin(element, place))));
    },
  }, words(element.text));
  return node;
}

function overflow(element, place) {
  const entries = choices(element);
  const node = el('button', {
    type: 'button', class: 'icon-button bordered', 'aria-label': 'More', 'aria-haspopup': 'menu', 'aria-expanded': 'false', ...marks(element, place),
    onclick: () => menu(node, entries, (value) => {
      const { url } = entries.find((each) => each.value === value);
      if (url) window.open(url, '_blank', 'noopener');
      chose(node, element, place, value);
    }),
  }, icon('dots'));
  return node;
}

function select(element, place) {
  const several = element.type.startsWith('multi_');
  const all = ownChoices(element);
  const first = firstChoices(element, all);
  const kept = place.form?.kept(place.blockId, element.action_id);
  const external = element.type.endsWith('external_select');
  const made = picker({
    label: place.label || words(element.placeholder), placeholder: words(element.placeholder) || 'Choose…', several, picked: kept ?? first,
    least: external ? element.min_query_length ?? 3 : 0,
    search: external ? (typed) => ask(element, place, typed) : async (typed) => matching(all, typed),
    onChange: (chosen) => chose(made.node, element, place, several ? chosen.map((each) => each.value) : chosen[0]?.value),
    attributes: marks(element, place),
  });
  place.form?.register(place.blockId, element.action_id, {
    state: made.chosen,
    value: () => (several ? made.chosen().map((each) => each.value) : made.chosen()[0]?.value),
  });
  return made.node;
}

function ownChoices(element) {
  if (/users_select$/.test(element.type)) return people().map(({ id, title }) => ({ label: nameOf(id), note: title, value: id }));
  if (/(conversations|channels)_select$/.test(element.type)) {
    return session.data.channels.filter((each) => each.kind === 'channel').map((each) => ({ label: `#${channelName(each)}`, value: each.id }));
  }
  return choices(element);
}

function firstChoices(element, all) {
  const options = element.initial_options ?? (element.initial_option ? [element.initial_option] : []);
  if (options.length) return choices({ options });
  const ids = ['user', 'conversation', 'channel'].flatMap((kind) => element[`initial_${kind}s`] ?? element[`initial_${kind}`] ?? []);
  return all.filter((each) => ids.includes(each.value));
}

async function ask(element, place, value) {
  return choices(await post(at('options'), { as: session.me, ...origin(element, place), value }));
}

function textInput(element, place) {
  const kept = place.form?.kept(place.blockId, element.action_id);
  const types = { number_input: 'text', email_text_input: 'email', url_text_input: 'url' };
  const node = el(element.multiline ? 'textarea' : 'input', {
    class: 'field', type: element.multiline ? null : types[element.type] ?? 'text', rows: element.multiline ? 3 : null,
    inputmode: element.type === 'number_input' ? 'decimal' : null,
    placeholder: words(element.placeholder), maxlength: element.max_length, 'aria-label': place.label,
    value: kept ?? element.initial_value ?? '', ...marks(element, place),
    onchange: () => chose(node, element, place, node.value),
  });
  if (element.type === 'number_input') node.dataset.number = element.is_decimal_allowed ? 'decimal' : 'whole';
  place.form?.register(place.blockId, element.action_id, {
    state: () => node.value, value: () => node.value.trim() || undefined, fault: () => textFault(element, node.value.trim()),
  });
  return node;
}

function textFault(element, value) {
  if (!value) return null;
  if (element.min_length && value.length < element.min_length) return `Please write at least ${element.min_length} characters.`;
  if (element.type !== 'number_input') return null;
  const shape = element.is_decimal_allowed ? /^-?\d+(\.\d+)?$/ : /^-?\d+$/;
  if (!shape.test(value)) return element.is_decimal_allowed ? 'Please write a number.' : 'Please write a whole number.';
  if (element.min_value !== undefined && Number(value) < Number(element.min_value)) return `Please choose ${element.min_value} or more.`;
  if (element.max_value !== undefined && Number(value) > Number(element.max_value)) return `Please choose ${element.max_value} or less.`;
  return null;
}

function timeInput(element, place) {
  const types = { datepicker: 'date', timepicker: 'time', datetimepicker: 'datetime-local' };
  const moment = element.type === 'datetimepicker';
  const first = moment
    ? element.initial_date_time && toLocalField(element.initial_date_time * 1000, session.zone)
    : element.initial_date ?? element.initial_time;
  const read = () => (moment && node.value ? Math.floor(fromLocalField(node.value, session.zone) / 1000) : node.value || undefined);
  const node = el('input', {
    class: 'field time', type: types[element.type], 'aria-label': place.label || words(element.placeholder) || 'Date or time',
    value: place.form?.kept(place.blockId, element.action_id) ?? first ?? '', ...marks(element, place),
    onchange: () => chose(node, element, place, read()),
  });
  place.form?.register(place.blockId, element.action_id, { state: () => node.value, value: read });
  return moment ? el('span', { class: 'with-zone' }, node, el('small', { class: 'quiet' }, session.zone)) : node;
}

function boxes(element, place) {
  const several = element.type === 'checkboxes';
  const first = (element.initial_options ?? (element.initial_option ? [element.initial_option] : [])).map((option) => option.value);
  const checked = place.form?.kept(place.blockId, element.action_id) ?? first;
  const group = `${place.where.view_id ?? place.where.ts}-${place.blockId}-${element.action_id}`;
  const read = () => [...node.querySelectorAll('input:checked')].map((box) => box.value);
  const node = el('div', { class: 'boxes', role: several ? 'group' : 'radiogroup', 'aria-label': place.label, ...marks(element, place) },
    (element.options ?? []).map((option) => el('label', { class: 'box' },
      el('input', {
        type: several ? 'checkbox' : 'radio', name: group, value: option.value, checked: checked.includes(option.value),
        onchange: () => chose(node, element, place, several ? read() : read()[0]),
      }),
      el('span', {}, text(option.text), option.description && el('small', {}, text(option.description))))));
  place.form?.register(place.blockId, element.action_id, { state: read, value: () => (several ? read() : read()[0]) });
  return node;
}

/** Asks first when the element carries a confirmation, then goes on. */
function confirmed(confirm, go) {
  if (!confirm) return go();
  const answer = (yes) => () => {
    dialog.close();
    dialog.remove();
    if (yes) go();
  };
  const dialog = el('dialog', { class: 'dialog confirm', 'data-testid': 'confirm', 'aria-label': words(confirm.title), oncancel: answer(false) });
  fill(dialog,
    el('h2', {}, words(confirm.title)),
    el('div', { class: 'confirm-text' }, text(confirm.text)),
    el('div', { class: 'dialog-actions' },
      el('button', { type: 'button', class: 'button', 'data-testid': 'confirm-no', onclick: answer(false) }, words(confirm.deny) || 'Cancel'),
      el('button', { type: 'button', class: `button ${confirm.style ?? 'primary'}`, 'data-testid': 'confirm-yes', onclick: answer(true) }, words(confirm.confirm) || 'Yes')));
  document.body.append(dialog);
  dialog.showModal();
  return undefined;
}
