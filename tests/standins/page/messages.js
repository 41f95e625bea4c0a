// The conversation: messages grouped by author and time, reactions, threads, edits in place.

import { Refused, Unreachable } from './api.js';
import { avatar } from './avatar.js';
import { blocks } from './blocks.js';
import { el, fill, icon, keepingFocus, toast } from './dom.js';
import { emoji, USUAL } from './emoji.js';
import { mrkdwn, plain } from './mrkdwn.js';
import { arrows, closePanel, isOpen, openPanel } from './popover.js';
import { act, channel, channelName, isReply, messages, nameOf, now, openThread, session, user } from './session.js';
import { attachment } from './table.js';
import { clockTime, dayOf, longTime, nearDay, shortDay } from './time.js';

const GROUP_MS = 5 * 60_000;
const time = (message) => Number(message.ts) * 1000;

/**
 * A list of messages that redraws only what changed, so that open menus, focus and scroll position stay.
 * `inThread` leaves out what leads into the thread.
 */
export class Conversation {
  #place;
  #inThread;
  #drawn = new Map();
  #key = null;
  #following = true;
  #extent = '';
  #jump;
  #newest;

  constructor(place, inThread = false) {
    this.#place = place;
    this.#inThread = inThread;
    // Pictures and previews arrive after their message; the end must stay in sight nevertheless.
    const grown = new ResizeObserver(() => {
      if (this.#following) this.#toEnd();
      this.#extent = this.#measure();
    });
    new MutationObserver(() => [...place.children].forEach((child) => grown.observe(child))).observe(place, { childList: true });
    grown.observe(place);
    place.addEventListener('scroll', () => {
      // A new layout scrolls too; only what the person does says whether the end is followed.
      if (this.#measure() !== this.#extent) return;
      this.#following = place.scrollTop >= this.#end() - 60;
      if (this.#following) this.#jump.hidden = true;
    });
    this.#jump = el('button', { type: 'button', class: 'jump', hidden: true, 'data-testid': 'jump', onclick: () => this.#toEnd() }, 'New messages ↓');
    place.after(this.#jump);
  }

  /** Where to scroll to: the end, but not past the beginning of a last message taller than the window. */
  #end() {
    const place = this.#place;
    const bottom = place.scrollHeight - place.clientHeight;
    return Math.max(0, Math.min(bottom, (place.lastElementChild?.offsetTop ?? 0) - place.offsetTop - 8));
  }

  #measure() {
    const { scrollHeight, clientHeight } = this.#place;
    return `${scrollHeight} ${clientHeight}`;
  }

  #toEnd() {
    // Who has read on into a tall last message is not taken back to its beginning.
    this.#place.scrollTop = Math.max(this.#place.scrollTop, this.#end());
    this.#following = true;
    this.#jump.hidden = true;
  }

  /** Shows these messages of a channel; `empty` is shown when there are none. */
  show(channelId, list, empty) {
    const key = `${session.me} ${channelId} ${session.threadTs && this.#inThread}`;
    const fresh = key !== this.#key;
    if (fresh) this.#drawn.clear();
    this.#key = key;
    const scroller = this.#place;
    const follow = fresh || this.#following;
    const before = this.#newest;
    this.#newest = list.at(-1)?.ts;
    const nodes = list.length ? this.#nodes(channelId, list, fresh) : [empty];
    keepingFocus(scroller, () => update(scroller, nodes));
    if (fresh) scroller.scrollTop = 0;
    if (follow) this.#toEnd();
    else if (this.#newest !== before) this.#jump.hidden = false;
  }

  #nodes(channelId, list, fresh) {
    const nodes = [];
    const kept = new Map();
    let before = null;
    list.forEach((message) => {
      const day = dayOf(time(message), session.zone);
      const newDay = !before || dayOf(time(before), session.zone) !== day;
      if (newDay && !this.#inThread) nodes.push(this.#once(kept, `day ${day}`, dayName(message), () => divider(dayName(message))));
      const compact = !newDay && follows(before, message);
      const signature = JSON.stringify([message, compact, session.zone, channel(channelId)?.name]);
      const node = this.#once(kept, message.ts, signature, (old) => {
        const drawn = draw(message, channelId, compact, this.#inThread);
        if (!fresh) drawn.classList.add(old ? changed(old.signature, message) : 'arriving');
        return drawn;
      });
      nodes.push(node);
      if (this.#inThread && !isReply(message)) nodes.push(this.#once(kept, 'count', String(list.length), () => divider(replies(list.length - 1))));
      before = message;
    });
    this.#drawn = kept;
    return nodes;
  }

  /** The node drawn before under this name when nothing about it changed; otherwise a new one. */
  #once(kept, name, signature, make) {
    const old = this.#drawn.get(name);
    const entry = old?.signature === signature ? old : { signature, node: make(old) };
    kept.set(name, entry);
    return entry.node;
  }
}

/** Makes a node's children these, touching only those that differ. */
function update(place, nodes) {
  const wanted = new Set(nodes);
  [...place.childNodes].forEach((node) => wanted.has(node) || node.remove());
  nodes.forEach((node, index) => {
    if (place.childNodes[index] !== node) place.insertBefore(node, place.childNodes[index] ?? null);
  });
}

function changed(signature, message) {
  const said = ({ text, blocks: shown }) => JSON.stringify([text, shown]);
  return said(JSON.parse(signature)[0]) === said(message) ? 'same' : 'flash';
}

const follows = (before, message) => before.user === message.user && before.ephemeral === message.ephemeral
  && time(message) - time(before) < GROUP_MS && !message.blocks?.length && !before.blocks?.length;

const replies = (count) => (count === 0 ? 'No replies yet' : count === 1 ? '1 reply' : `${count} replies`);
const divider = (label) => el('div', { class: 'day', role: 'separator' }, el('span', {}, label));

function dayName(message) {
  const near = nearDay(time(message), now(), session.zone);
  return near === 'today' || near === 'yesterday' ? near[0].toUpperCase() + near.slice(1) : shortDay(time(message), session.zone);
}

function draw(message, channelId, compact, inThread) {
  const who = user(message.user);
  const name = nameOf(message.user);
  const stamp = el('time', { class: 'stamp', datetime: new Date(time(message)).toISOString(), title: longTime(time(message), session.zone) }, clockTime(time(message), session.zone));
  return el('article', {
    class: `message${compact ? ' compact' : ''}${message.ephemeral ? ' ephemeral' : ''}`, 'aria-label': `${name} at ${clockTime(time(message), session.zone)}`,
    'data-testid': 'message', 'data-ts': message.ts, 'data-user': who?.name ?? message.user, 'data-ephemeral': String(Boolean(message.ephemeral)),
  },
  el('div', { class: 'gutter' }, compact ? stamp : avatar(message.user)),
  el('div', { class: 'content' },
    message.ephemeral && el('div', { class: 'only-you', 'data-testid': 'only-you' }, icon('eye'), 'Only visible to you'),
    !compact && el('div', { class: 'byline' }, el('strong', {}, name), who?.is_bot && el('span', { class: 'badge' }, 'bot'), stamp,
      message.edited && edited()),
    body(message, channelId),
    compact && message.edited && edited(),
    (message.files ?? []).map(attachment),
    reactions(message, channelId),
    !inThread && message.reply_count > 0 && summary(message, channelId)),
  !message.ephemeral && toolbar(message, channelId, inThread));
}

const edited = () => el('span', { class: 'edited', 'data-testid': 'edited' }, '(edited)');

function body(message, channelId) {
  if (!message.blocks?.length) return message.text ? el('div', { class: 'text', 'data-testid': 'message-text' }, mrkdwn(message.text)) : null;
  const card = message.blocks.some((block) => ['header', 'actions', 'table', 'divider'].includes(block.type)
    || block.type === 'section' && (block.fields || block.accessory));
  return el('div', { class: card ? 'blocks card' : 'blocks', 'data-testid': card ? 'card' : 'message-text' },
    blocks(message.blocks, { channel: channelId, ts: message.ts }));
}

function reactions(message, channelId) {
  const given = (message.reactions ?? []).filter((each) => each.users.length);
  if (!given.length) return null;
  return el('div', { class: 'reactions' }, given.map(({ name, users }) => {
    const mine = users.includes(session.me);
    const who = users.map((id) => (id === session.me ? 'you' : nameOf(id))).join(', ');
    return el('button', {
      type: 'button', class: `reaction${mine ? ' mine' : ''}`, 'aria-pressed': String(mine), title: `${who} reacted with :${name}:`,
      'aria-label': `${name}, ${users.length}: ${who}`, 'data-testid': 'reaction', 'data-name': name, 'data-key': `${message.ts} ${name}`,
      onclick: () => react(message, channelId, name),
    }, el('span', { class: 'emoji' }, emoji(name) ?? `:${name}:`), el('span', { class: 'count' }, String(users.length)));
  }), el('button', {
    type: 'button', class: 'reaction add', 'aria-label': 'Add a reaction', 'aria-expanded': 'false', 'data-testid': 'reaction-add',
    onclick: (event) => choose(event.currentTarget, message, channelId),
  }, icon('smile')));
}

/** Gives or takes back the speaker's reaction. */
export async function react(message, channelId, name) {
  const mine = (message.reactions ?? []).some((each) => each.name === name && each.users.includes(session.me));
  try {
    await act('/play/react', { channel: channelId, ts: message.ts, name, on: !mine });
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

function toolbar(message, channelId, inThread) {
  const quick = (name) => el('button', { type: 'button', title: plain(`:${name}: React`), 'aria-label': `React with ${name}`, 'data-testid': 'quick-react', 'data-name': name,
    onclick: () => react(message, channelId, name) }, emoji(name));
  return el('div', { class: 'toolbar', role: 'group', 'aria-label': 'Message actions' }, quick('white_check_mark'), quick('eyes'),
    el('button', { type: 'button', title: 'Add a reaction', 'aria-label': 'Add a reaction', 'aria-expanded': 'false', 'data-testid': 'reaction-open',
      onclick: (event) => choose(event.currentTarget, message, channelId) }, icon('smile')),
    !inThread && el('button', { type: 'button', title: 'Reply in thread', 'aria-label': 'Reply in thread', 'data-testid': 'reply',
      onclick: () => openThread(message.thread_ts ?? message.ts) }, icon('reply')));
}

function summary(message, channelId) {
  const below = messages(channelId).filter((each) => each.thread_ts === message.ts && isReply(each));
  const last = below.at(-1);
  return el('button', { type: 'button', class: 'thread-link', 'data-testid': 'thread-open', 'data-key': `thread ${message.ts}`, onclick: () => openThread(message.ts) },
    [...new Set(below.map((each) => each.user))].slice(0, 4).map((id) => avatar(id, true)),
    el('strong', {}, replies(message.reply_count)),
    last && el('small', {}, `last at ${clockTime(time(last), session.zone)}`));
}

/** What an empty conversation says. */
export function emptyChannel(of) {
  const bot = of.kind === 'dm' && of.members?.some((id) => user(id)?.is_bot);
  return el('div', { class: 'empty', 'data-testid': 'empty' }, el('h2', {}, of.kind === 'dm' ? channelName(of) : `#${channelName(of)}`),
    el('p', {}, bot ? 'Nothing said yet. Write “help” to see what Watchkeeper can do for you.'
      : of.kind === 'dm' ? 'Nothing said yet.' : 'Nothing said here yet. Type / to see what Watchkeeper can do.'));
}

/** The heading of an open thread. */
export function threadHead(place, of) {
  fill(place, el('h2', {}, 'Thread ', el('small', { class: 'quiet' }, of.kind === 'dm' ? channelName(of) : `#${channelName(of)}`)),
    el('button', { type: 'button', class: 'icon-button', 'aria-label': 'Close the thread', 'data-testid': 'thread-close', onclick: () => openThread(null) }, icon('close')));
}
