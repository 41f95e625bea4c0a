// The left side: workspace, channels, direct messages, and who to speak as.

import { avatar } from './avatar.js';
import { el, fill, keepingFocus } from './dom.js';
import { channelName, nameOf, onDiscord, openChannel, people, session, speakAs, unread, user } from './session.js';

/** Draws the left side. */
export function drawSidebar(place) {
  const { team, channels } = session.data;
  keepingFocus(place, () => fill(place,
    el('div', { class: 'workspace' }, el('strong', {}, team.name), el('small', {}, onDiscord() ? 'sample server' : 'sample workspace')),
    el('div', { class: 'sidebar-scroll' },
      list(onDiscord() ? 'Text channels' : 'Channels', channels.filter((each) => each.kind !== 'dm'), (each) => el('span', { class: 'hash', 'aria-hidden': 'true' }, '#')),
      list('Direct messages', channels.filter((each) => each.kind === 'dm'), (each) => avatar(other(each), true))),
    el('div', { class: 'speak-as' },
      el('h2', { id: 'speak-as' }, 'Speak as'),
      el('div', { role: 'radiogroup', 'aria-labelledby': 'speak-as', onkeydown: arrows }, people().map(person)))));
}

const other = (of) => (of.members ?? []).find((id) => id !== session.me) ?? session.me;

function list(title, channels, mark) {
  return channels.length > 0 && el('section', {}, el('h2', {}, title), el('ul', {}, channels.map((each) => {
    const waiting = each.id === session.channelId ? 0 : unread(each.id);
    const name = channelName(each);
    return el('li', {}, el('button', {
      type: 'button', class: `channel${each.id === session.channelId ? ' open' : ''}${waiting ? ' waiting' : ''}`, 'aria-current': each.id === session.channelId ? 'page' : null,
      'aria-label': `${each.kind === 'dm' ? name : `#${name}`}${waiting ? `, ${waiting} unread` : ''}`,
      'data-testid': 'channel', 'data-name': name, 'data-key': each.id, onclick: () => openChannel(each.id),
    }, mark(each), el('span', { class: 'channel-name' }, name), each.kind === 'dm' && user(other(each))?.is_bot && el('span', { class: 'badge' }, 'bot'),
    waiting > 0 && el('span', { class: 'unread', 'data-testid': 'unread' }, String(waiting))));
  })));
}

function person({ id, name, title }) {
  const chosen = id === session.me;
  return el('button', {
    type: 'button', role: 'radio', 'aria-checked': String(chosen), tabindex: chosen ? '0' : '-1', class: `person${chosen ? ' chosen' : ''}`,
    'data-testid': 'person', 'data-name': name, 'data-key': `as ${id}`, onclick: () => speakAs(id),
  }, avatar(id, true), el('span', { class: 'person-text' }, el('span', {}, nameOf(id)), title && el('small', {}, title)), el('span', { class: 'dot', 'aria-hidden': 'true' }));
}

/** Arrow keys choose within the group, as radio buttons do. */
function arrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = people();
  const next = all[(all.findIndex(({ id }) => id === session.me) + step + all.length) % all.length];
  speakAs(next.id).then(() => document.querySelector(`[data-key="as ${CSS.escape(next.id)}"]`)?.focus());
}
