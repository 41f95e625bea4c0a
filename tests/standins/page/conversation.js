// The conversation: messages grouped by author and time, drawn again only where something changed.

import { el, keepingFocus } from './dom.js';
import { channel, isReply, now, session } from './session.js';
import { dayOf, nearDay, shortDay } from './time.js';

const GROUP_MS = 5 * 60_000;
/** When a message was sent, in milliseconds since 1970. */
export const time = (message) => Number(message.ts) * 1000;

/**
 * A list of messages that redraws only what changed, so that open menus, focus and scroll position stay.
 * `draw(message, channelId, compact, inThread)` makes the node of one; `inThread` leaves out what leads into the thread.
 */
export class Conversation {
  #place;
  #draw;
  #inThread;
  #drawn = new Map();
  #key = null;
  #following = true;
  #extent = '';
  #jump;
  #newest;

  constructor(place, draw, inThread = false) {
    this.#place = place;
    this.#draw = draw;
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
      const afterRoot = this.#inThread && before && !isReply(before);
      const compact = !newDay && !afterRoot && follows(before, message);
      const signature = JSON.stringify([message, compact, session.zone, channel(channelId)?.name]);
      const node = this.#once(kept, message.ts, signature, (old) => {
        const drawn = this.#draw(message, channelId, compact, this.#inThread);
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
  const said = ({ text, blocks, embeds, components }) => JSON.stringify([text, blocks, embeds, components]);
  return said(JSON.parse(signature)[0]) === said(message) ? 'same' : 'flash';
}

const follows = (before, message) => before.user === message.user && before.ephemeral === message.ephemeral
  && time(message) - time(before) < GROUP_MS && !message.blocks?.length && !before.blocks?.length && !message.used && !message.reply;

/** How many replies there are, in words. */
export const replies = (count) => (count === 0 ? 'No replies yet' : count === 1 ? '1 reply' : `${count} replies`);
const divider = (label) => el('div', { class: 'day', role: 'separator' }, el('span', {}, label));

function dayName(message) {
  const near = nearDay(time(message), now(), session.zone);
  return near === 'today' || near === 'yesterday' ? near[0].toUpperCase() + near.slice(1) : shortDay(time(message), session.zone);
}
