// The select menu of messages and forms: one choice or several, from a fixed list or from a live search.

import { append, el, fill, icon } from './dom.js';
import { words } from './mrkdwn.js';
import { closePanel, isOpen, openPanel, placeAgain } from './popover.js';

const SEARCH_PAUSE_MS = 120;
let count = 0;

/** Options of a select as `{label, note, value, group}`, from Block Kit's `options` or `option_groups`. */
export function choices({ options, option_groups: groups }) {
  const one = (option, group) => ({
    label: words(option.text), note: words(option.description), value: option.value, url: option.url, group,
  });
  return [
    ...(options ?? []).map((option) => one(option)),
    ...(groups ?? []).flatMap((group) => group.options.map((option) => one(option, words(group.label)))),
  ];
}

/** The choices that contain what was typed. */
export const matching = (all, typed) => {
  const wanted = typed.trim().toLowerCase();
  return all.filter((each) => `${each.label} ${each.note ?? ''}`.toLowerCase().includes(wanted));
};

/**
 * Makes a select menu. `search` turns what was typed into choices, `picked` holds those chosen at first,
 * `onChange` hears of each change by the person. Returns its node and a function that gives what is chosen.
 */
export function picker({ label, placeholder, several = false, picked = [], least = 0, search, onChange, attributes = {} }) {
  const id = `picker-${count += 1}`;
  let chosen = [...picked];
  let shown = [];
  let active = -1;
  let turn = 0;
  let timer;

  const input = el('input', {
    type: 'text', role: 'combobox', autocomplete: 'off', spellcheck: 'false', 'aria-label': label, 'aria-expanded': 'false',
    'aria-autocomplete': 'list', 'aria-controls': id, 'data-testid': 'picker-input',
    onclick: () => (isOpen(input) ? null : open()), oninput: () => look(SEARCH_PAUSE_MS), onkeydown: key, onblur: leave,
  });
  const chips = el('span', { class: 'chips' });
  const node = el('div', { class: 'picker', 'data-testid': 'picker', ...attributes,
    onclick: (event) => {
      if (event.target !== node) return;
      input.focus();
      open();
    } }, chips, input, icon('down'));
  const list = el('div', { id, role: 'listbox', class: 'listbox', 'aria-label': label, 'aria-multiselectable': several ? 'true' : null });

  function draw() {
    fill(chips, several && chosen.map((each) => el('span', { class: 'chip' }, each.label,
      el('button', { type: 'button', 'aria-label': `Remove ${each.label}`, onclick: () => toggle(each) }, icon('close')))));
    input.value = several ? '' : chosen[0]?.label ?? '';
    input.placeholder = several && chosen.length ? '' : placeholder;
  }

  function open() {
    if (!isOpen(input)) {
      openPanel(input, list, { wide: true, beside: node });
      input.select();
      look(0, '');
    }
  }

  function look(pause, typed = input.value) {
    if (!isOpen(input)) openPanel(input, list, { wide: true, beside: node });
    clearTimeout(timer);
    if (typed.length < least) return say(`Type at least ${least} ${least === 1 ? 'letter' : 'letters'}.`);
    timer = setTimeout(async () => {
      const mine = turn += 1;
      const wait = setTimeout(() => say('Looking…'), 150);
      try {
        const found = await search(typed);
        if (mine === turn) offer(found, typed);
      } catch (problem) {
        if (mine === turn) say(problem.message);
      } finally {
        clearTimeout(wait);
      }
    }, pause);
  }

  function say(text) {
    shown = [];
    fill(list, el('div', { class: 'listbox-note' }, text));
    placeAgain();
  }

  function offer(found, typed) {
    if (!found.length) return say(typed.trim() ? `Nothing matches “${typed.trim()}”.` : 'There is nothing to choose from.');
    shown = found;
    const current = found.findIndex((each) => isChosen(each));
    let group;
    fill(list);
    found.forEach((each, index) => {
      if (each.group && each.group !== group) append(list, [el('div', { class: 'listbox-group' }, each.group)]);
      group = each.group;
      append(list, [el('div', {
        id: `${id}-${index}`, role: 'option', class: 'option', 'aria-selected': String(isChosen(each)),
        'data-testid': 'option', 'data-value': each.value,
        onpointerdown: (event) => event.preventDefault(), onclick: () => toggle(each), onpointermove: () => point(index, false),
      }, el('span', {}, each.label), each.note && el('small', {}, each.note))]);
    });
    placeAgain();
    point(several ? 0 : Math.max(0, current));
  }

  const isChosen = (each) => chosen.some((other) => other.value === each.value);

  function point(index, scroll = true) {
    active = index;
    list.querySelectorAll('.option').forEach((option, at) => option.classList.toggle('active', at === index));
    const option = list.querySelector(`#${id}-${index}`);
    if (option && scroll) option.scrollIntoView({ block: 'nearest' });
    if (option) input.setAttribute('aria-activedescendant', option.id);
  }

  function toggle(each) {
    if (several) chosen = isChosen(each) ? chosen.filter((other) => other.value !== each.value) : [...chosen, each];
    else chosen = [each];
    turn += 1;
    closePanel();
    draw();
    input.focus();
    onChange?.(chosen);
  }

  function key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      if (!isOpen(input)) open();
      else if (shown.length) point((active + step + shown.length) % shown.length);
      event.preventDefault();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (isOpen(input) && shown[active]) toggle(shown[active]);
      else if (!isOpen(input)) open();
    } else if (event.key === 'Backspace' && several && input.value === '' && chosen.length) {
      toggle(chosen.at(-1));
    }
  }

  function leave() {
    if (isOpen(input)) closePanel();
    turn += 1;
    clearTimeout(timer);
    draw();
  }

  draw();
  return { node, chosen: () => chosen };
}
