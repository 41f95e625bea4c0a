// The coloured squares beside messages and names.

import { el } from './dom.js';
import { nameOf, user } from './session.js';

/** A person's initials on their colour; a bot's eye. Decoration only: the name stands beside it. */
export function avatar(id, small = false) {
  const who = user(id);
  // The chats' own accounts are not ours.
  const drawn = who?.is_bot && !['slackbot', 'discord'].includes(who.name);
  const colour = `#${(who?.color ?? '667085').replace('#', '')}`;
  const node = el('span', { class: `avatar${small ? ' small' : ''}${drawn ? ' bot' : ''}`, 'aria-hidden': 'true' },
    drawn ? eye() : initials(nameOf(id)));
  // Through the style object, as an attribute could carry more than a colour.
  node.style.backgroundColor = drawn ? '' : colour;
  node.style.color = isLight(colour) ? '#10222a' : '#fff';
  return node;
}

function initials(name) {
  const parts = name.replace(/\(.*\)/, '').trim().split(/[\s._-]+/);
  return parts.slice(0, 2).map((part) => [...part][0] ?? '').join('').toUpperCase();
}

function isLight(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  return 0.299 * red + 0.587 * green + 0.114 * blue > 0.62;
}

function eye() {
  const logo = document.querySelector('.brand .logo');
  return logo ? logo.cloneNode(true) : 'W';
}
