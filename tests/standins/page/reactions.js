// Emoji below messages, and the small bar above one that is pointed at.

import { Refused, Unreachable } from './api.js';
import { el, icon, toast } from './dom.js';
import { emoji, USUAL } from './emoji.js';
import { plain } from './mrkdwn.js';
import { arrows, closePanel, isOpen, openPanel } from './popover.js';
import { act, nameOf, session } from './session.js';

/** The reactions below a message, to be pressed. */
export function reactions(message, channelId) {
  const given = (message.reactions ?? []).filter((each) => each.users.length);
  if (!given.length) return null;
  return el('div', { class: 'reactions' }, given.map(({ name, emoji: shown, users }) => {
    const mine = users.includes(session.me);
    const who = users.map((id) => (id === session.me ? 'you' : nameOf(id))).join(', ');
    return el('button', {
      type: 'button', class: `reaction${mine ? ' mine' : ''}`, 'aria-pressed': String(mine), title: `${who} reacted with :${name}:`,
      'aria-label': `${name}, ${users.length}: ${who}`, 'data-testid': 'reaction', 'data-name': name, 'data-key': `${message.ts} ${name}`,
      onclick: () => react(message, channelId, name),
    }, el('span', { class: 'emoji' }, shown ?? emoji(name) ?? `:${name}:`), el('span', { class: 'count' }, String(users.length)));
  }), el('button', {
    type: 'button', class: 'reaction add', 'aria-label': 'Add a reaction', 'aria-expanded': 'false', 'data-testid': 'reaction-add',
    onclick: (event) => choose(event.currentTarget, message, channelId),
  }, icon('smile')));
}

/** Gives or takes back the speaker's reaction. */
export async function react(message, channelId, name) {
  const mine = (message.reactions ?? []).some((each) => each.name === name && each.users.includes(session.me));
  try {
    await act('react', { channel: channelId, ts: message.ts, message: message.id, name, on: !mine });
  } catch (problem) {
    if (!(problem instanceof Refused || problem instanceof Unreachable)) throw problem;
    toast(`The reaction did not arrive. ${problem.message}`);
  }
}

function choose(anchor, message, channelId) {
  if (isOpen(anchor)) return closePanel();
  const panel = el('div', { class: 'emoji-panel', role: 'group', 'aria-label': 'Reactions', 'data-testid': 'reaction-picker', onkeydown: arrows },
    USUAL.map((name) => el('button', {
      type: 'button', title: `:${name}:`, 'aria-label': name, 'data-testid': 'reaction-choice', 'data-name': name,
      onclick: () => {
        closePanel();
        react(message, channelId, name);
      },
    }, emoji(name))));
  openPanel(anchor, panel);
  return panel.querySelector('button').focus();
}

/** What can be done with a message while one points at it; `reply` begins an answer. */
export function toolbar(message, channelId, reply) {
  const quick = (name) => el('button', { type: 'button', title: plain(`:${name}: React`), 'aria-label': `React with ${name}`, 'data-testid': 'quick-react', 'data-name': name,
    onclick: () => react(message, channelId, name) }, emoji(name));
  return el('div', { class: 'toolbar', role: 'group', 'aria-label': 'Message actions' }, quick('white_check_mark'), quick('eyes'),
    el('button', { type: 'button', title: 'Add a reaction', 'aria-label': 'Add a reaction', 'aria-expanded': 'false', 'data-testid': 'reaction-open',
      onclick: (event) => choose(event.currentTarget, message, channelId) }, icon('smile')),
    reply && el('button', { type: 'button', title: reply.label, 'aria-label': reply.label, 'data-testid': 'reply', onclick: reply.begin }, icon('reply')));
}
