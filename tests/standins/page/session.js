// What this page knows: the state the server gave last, who is speaking, and what is open.

import { get, post, Refused } from './api.js';

const PREFIX = 'watchkeeper.playground.';

/** Reads a remembered choice; a browser that keeps nothing simply forgets. */
export function recall(key) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** Remembers a choice for the next visit. */
export function remember(key, value) {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
}

export const session = {
  /** The answer of `GET /play/state`, or null before the first one. */
  data: null,
  /** Id of the person spoken as; null lets the server choose. */
  me: recall('me'),
  channelId: recall('channel'),
  /** Time stamp of the message whose thread is open. */
  threadTs: null,
  zone: recall('zone') ?? 'UTC',
  /** The answer of `GET /play/clock`. */
  clock: null,
  /** Newest time stamp seen, by person and channel. */
  read: {},
  /** Newest time stamp when the page was opened: nothing before it counts as unread. */
  opened: null,
};

let render = () => {};
let latest = 0;

/** Says what draws the page whenever something here changes. */
export const onRender = (draw) => { render = draw; };
/** Draws the page again from what is known. */
export const redraw = () => render();

/** Asks the server for everything and draws it; an answer overtaken by a newer one is dropped. */
export async function refresh() {
  const turn = ++latest;
  const who = session.me ? `?as=${encodeURIComponent(session.me)}` : '';
  const data = await get(`/play/state${who}`).catch((problem) => {
    // The remembered person may belong to an earlier world.
    if (who && problem instanceof Refused) return get('/play/state');
    throw problem;
  });
  if (turn !== latest) return;
  session.data = data;
  session.me = data.me;
  session.opened ??= Math.max(0, ...Object.values(data.messages).flat().map((message) => Number(message.ts)));
  if (!channel(session.channelId)) {
    // A newcomer begins where somebody has said something.
    const open = data.channels.filter((each) => each.kind === 'channel');
    session.channelId = (open.find((each) => messages(each.id).length) ?? open[0] ?? data.channels[0])?.id ?? null;
  }
  render();
}

/** The world's time in milliseconds since 1970. */
export function now() {
  return Date.parse(session.clock?.now ?? session.data?.clock ?? 0);
}

export const user = (id) => session.data?.users.find((each) => each.id === id);
export const channel = (id) => session.data?.channels.find((each) => each.id === id);
export const messages = (id) => session.data?.messages[id] ?? [];
export const people = () => session.data?.users.filter((each) => !each.is_bot) ?? [];

/** A person's name as shown beside messages. */
export function nameOf(id) {
  const found = user(id);
  return found ? found.real_name || found.name : id;
}

/** A channel's name without its mark; of a direct message, the other side's name. */
export function channelName(of) {
  if (of.kind !== 'dm') return of.name.replace(/^#/, '');
  const other = (of.members ?? []).find((id) => id !== session.me) ?? session.me;
  return user(other) ? nameOf(other) : of.name;
}

/** Whether a message stands in a thread below another. */
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

/** How many messages a channel holds that the speaker has not seen. */
export function unread(id) {
  const seen = session.read[`${session.me} ${id}`] ?? session.opened ?? 0;
  return messages(id).filter((message) => Number(message.ts) > seen && message.user !== session.me).length;
}

/** Notes that the speaker has seen a channel to its end. */
export function markRead(id) {
  const newest = Math.max(session.opened ?? 0, ...messages(id).map((message) => Number(message.ts)));
  session.read[`${session.me} ${id}`] = newest;
}

/** Opens a channel. */
export function openChannel(id) {
  session.channelId = id;
  session.threadTs = null;
  remember('channel', id);
  document.body.classList.remove('sidebar-open');
  redraw();
}

/** Opens or, with null, closes a thread of the open channel. */
export function openThread(ts) {
  session.threadTs = ts;
  redraw();
}

/** Speaks as somebody else from now on. */
export async function speakAs(id) {
  if (session.me !== id) {
    session.me = id;
    session.threadTs = null;
    remember('me', id);
  }
  document.body.classList.remove('sidebar-open');
  await refresh();
}

/** Does something as the speaker, then shows what came of it. */
export async function act(path, body) {
  const answer = await post(path, { as: session.me, ...body });
  await refresh();
  return answer;
}
