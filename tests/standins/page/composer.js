// The box to write in: slash commands and names completed (Discord's commands in discord-commands.js), Enter sends, arrow up brings back what was sent.

import { Refused, Unreachable } from './api.js';
import { el, fill, icon } from './dom.js';
import { bare } from './discord-markdown.js';
import { asLine, entriesFor } from './discord-commands.js';
import { ALL, emoji } from './emoji.js';
import { act, nameOf, onDiscord, replyTo, session, user } from './session.js';

const SHOWN = 8;
const SEARCH_PAUSE_MS = 120;
const history = [];
let commands = [];

/** Sets the slash commands that are offered. */
export const offer = (list) => { commands = list; };

/** Makes a message box; `target` says where it sends to, `id` tells the channel's from the thread's. */
export function composer(id, target) {
  let entries = [];
  let active = 0;
  let past = -1;
  let turn = 0;
  let chosen = false;

  const input = el('textarea', {
    id, rows: 1, 'data-testid': id, autocomplete: 'off', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': `${id}-list`, 'aria-autocomplete': 'list',
    oninput: () => { past = -1; fault.hidden = true; grow(); suggest(); }, onkeydown: key, onblur: () => setTimeout(hide, 150),
  });
  const list = el('div', { id: `${id}-list`, class: 'suggestions', role: 'listbox', 'aria-label': 'Suggestions', 'data-testid': `${id}-suggestions`, hidden: true });
  const usage = el('div', { class: 'usage', 'data-testid': `${id}-usage`, hidden: true });
  const reply = el('div', { class: 'replying', hidden: true, 'data-testid': 'replying' });
  const fault = el('div', { class: 'fault', role: 'alert', hidden: true });
  const button = el('button', { type: 'submit', class: 'send', 'aria-label': 'Send', 'data-testid': `${id}-send` }, icon('send'));
  const node = el('form', { class: 'composer', onsubmit: (event) => { event.preventDefault(); send(); } },
    list, usage, reply, fault, el('div', { class: 'composer-box' }, input, button),
    el('div', { class: 'composer-note' }, el('span', {}, el('kbd', {}, 'Enter'), ' to send'), el('span', {}, el('kbd', {}, '/'), ' for commands'),
      el('span', {}, el('kbd', {}, '↑'), ' for what you sent before')));

  function grow() {
    input.style.height = 'auto';
    // Nothing has a height before the page shows it.
    if (input.scrollHeight) input.style.height = `${Math.min(input.scrollHeight, 180)}px`;
    button.disabled = !input.value.trim();
  }

  function set(text, caret = text.length) {
    input.value = text;
    input.setSelectionRange(caret, caret);
    grow();
    suggest();
  }

  function suggest() {
    const typed = input.value.slice(0, input.selectionStart);
    const command = /^\/\S*$/.exec(typed);
    const name = /(?:^|\s)@([\p{L}\p{N}._-]*)$/u.exec(typed);
    const short = /(?:^|\s):([a-z0-9_+-]{2,})$/.exec(typed);
    turn += 1;
    if (onDiscord() && typed.startsWith('/')) return complete(typed, turn);
    if (command) entries = commandEntries(command[0]);
    else if (name) entries = nameEntries(name[1]);
    else if (short) entries = emojiEntries(short[1]);
    else entries = [];
    offerAll();
    const known = commands.find((each) => input.value.startsWith(`${each.command} `));
    usage.hidden = !known || entries.length > 0;
    if (known) fill(usage, el('code', {}, known.command), ' ', known.usage_hint || known.description);
    return undefined;
  }

  function offerAll() {
    active = 0;
    chosen = false;
    draw();
  }

  /** What Discord's box offers, which may be the bot's to say: asked for once typing pauses. */
  async function complete(typed, mine) {
    usage.hidden = true;
    await new Promise((done) => { setTimeout(done, SEARCH_PAUSE_MS); });
    const found = mine === turn && await entriesFor(typed, commands, target().channel);
    if (mine !== turn || document.activeElement !== input) return;
    entries = found;
    offerAll();
  }

  const commandEntries = (typed) => commands.filter((each) => each.command.startsWith(typed)).slice(0, 20)
    .map((each) => ({ label: each.command, hint: each.usage_hint, note: each.description, insert: `${each.command} `, replace: typed.length }));
  const nameEntries = (typed) => session.data.users
    .filter((each) => [each.name, nameOf(each.id)].some((one) => one.toLowerCase().startsWith(typed.toLowerCase()))).slice(0, SHOWN)
    .map((each) => ({ label: `@${each.name}`, hint: nameOf(each.id), note: each.is_bot ? 'bot' : each.title, insert: `@${each.name} `, replace: typed.length + 1 }));
  const emojiEntries = (typed) => ALL.filter((each) => each.startsWith(typed)).slice(0, SHOWN)
    .map((each) => ({ label: emoji(each), hint: `:${each}:`, insert: `:${each}: `, replace: typed.length + 1 }));

  function draw() {
    list.hidden = entries.length === 0;
    input.setAttribute('aria-expanded', String(!list.hidden));
    fill(list, entries.map((entry, index) => el('div', {
      id: `${id}-entry-${index}`, role: 'option', class: `suggestion${index === active ? ' active' : ''}`, 'aria-selected': String(index === active),
      'data-testid': 'suggestion', onpointerdown: (event) => { event.preventDefault(); take(entry); },
    }, el('strong', {}, entry.label), entry.hint && el('code', {}, entry.hint), entry.note && el('small', {}, entry.note))));
    if (list.hidden) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `${id}-entry-${active}`);
    list.children[active]?.scrollIntoView({ block: 'nearest' });
  }

  function hide() {
    turn += 1;
    entries = [];
    draw();
  }

  function take(entry) {
    const caret = input.selectionStart;
    const start = caret - entry.replace;
    set(input.value.slice(0, start) + entry.insert + input.value.slice(caret).trimStart(), start + entry.insert.length);
    input.focus();
  }

  function key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing) return;
    if (entries.length && step) {
      active = (active + step + entries.length) % entries.length;
      chosen = true;
      draw();
      event.preventDefault();
    } else if (entries.length && (event.key === 'Tab' || event.key === 'Enter' && wantsChoice())) {
      take(entries[active]);
      event.preventDefault();
    } else if (entries.length && event.key === 'Escape') {
      hide();
      event.preventDefault();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (step && (past >= 0 || input.value === '')) {
      browse(-step, event);
    }
  }

  /** Enter on a command that is already whole sends it, and so it does where a further option is only on offer. */
  const wantsChoice = () => input.value.trim() !== entries[active].label && (chosen || !entries[active].gentle);

  function browse(step, event) {
    const mine = history.filter((each) => each.as === session.me);
    const next = Math.min(past + step, mine.length - 1);
    if (next === past) return;
    event.preventDefault();
    set(next < 0 ? '' : mine.at(-1 - next).text);
    past = Math.max(next, -1);
    hide();
  }

  async function send() {
    const written = input.value.trim();
    if (!written || button.getAttribute('aria-busy')) return;
    button.setAttribute('aria-busy', 'true');
    fault.hidden = true;
    try {
      const message = { ...target(), text: written.startsWith('/') || onDiscord() ? asLine(written, onDiscord() ? commands : []) : addressed(written) };
      set('');
      past = -1;
      await act('say', message);
      if (message.reply_to) replyTo(null);
      history.push({ as: session.me, text: written });
    } catch (problem) {
      if (!(problem instanceof Refused || problem instanceof Unreachable)) throw problem;
      if (!input.value) set(written);
      fault.hidden = false;
      fault.textContent = `Not sent. ${problem.message}`;
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  grow();
  return {
    node,
    /** Says whose turn and which place it is. */
    label(text) {
      if (input.placeholder !== text) fault.hidden = true;
      input.placeholder = text;
      const answered = target().reply_to && session.replyTo;
      reply.hidden = !answered;
      if (answered) fill(reply, el('span', {}, 'Replying to ', el('strong', {}, nameOf(answered.user)), ` · ${bare(answered.text).slice(0, 80)}`), el('button', { type: 'button', class: 'icon-button', 'aria-label': 'Do not reply', onclick: () => replyTo(null) }, icon('close')));
      input.setAttribute('aria-label', text);
    },
    /** Writes a text into the box for the person, to look at or send. */
    write(text) {
      set(text);
      hide();
      input.focus();
    },
    send,
  };
}

/** Turns `@name` into Slack's mention of that account, and escapes what Slack's client would. */
function addressed(written) {
  const escaped = written.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return escaped.replace(/(^|\s)@([\p{L}\p{N}._-]+)/gu, (whole, before, name) => {
    const bare = name.replace(/[.,]+$/, '');
    const found = session.data.users.find((each) => each.name.toLowerCase() === bare.toLowerCase());
    return found && user(found.id) ? `${before}<@${found.id}>${name.slice(bare.length)}` : whole;
  });
}
