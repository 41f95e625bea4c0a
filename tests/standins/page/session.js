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
  /** Where the page looks: `slack` or `discord`. */
  chat: recall('chat') === 'discord' ? 'discord' : 'slack',
  /** The answer of `GET /play/state`, or null before the first one. */
  data: null,
  /** Id of the person spoken as; null lets the server choose. */
  me: null,
  channelId: null,
  /** Time stamp of the message whose thread is open. */
  threadTs: null,
  /** The message that is being replied to; on Discord alone. */
  replyTo: null,
  /** Time stamps of what the speaker put out of sight; on Discord alone. */
  dismissed: new Set(),
  zone: recall('zone') ?? 'UTC',
  /** The answer of `GET /play/clock`. */
  clock: null,
  /** Newest time stamp seen, by person and channel. */
  read: {},
  /** Newest time stamp when the page was opened: nothing before it counts as unread. */
  opened: null,
};

/** Choices are remembered for each chat by itself: its ids mean nothing on the other one. */
const own = (key) => (session.chat === 'slack' ? key : `${session.chat}.${key}`);
session.me = recall(own('me'));
session.channelId = recall(own('channel'));

/** Whether the page shows Discord. */
export const onDiscord = () => session.chat === 'discord';
/** Where the server is asked for something of the chat that is shown, such as `state`. */
export const at = (name) => `/play/${onDiscord() ? 'discord/' : ''}${name}`;

let render = () => {};
let latest = 0;
/** Who spoke and where, by name, while the page goes over to the other chat. */
let carried = null;

/** Says what draws the page whenever something here changes. */
export const onRender = (draw) => { render = draw; };
/** Draws the page again from what is known. */
export const redraw = () => render();

/** Asks the server for everything and draws it; an answer overtaken by a newer one is dropped. */
export async function refresh() {
  const turn = ++latest;
  const who = session.me ? `?as=${encodeURIComponent(session.me)}` : '';
  const data = await get(`${at('state')}${who}`).catch((problem) => {
    // The remembered person may belong to an earlier world.
    if (who && problem instanceof Refused) return get(at('state'));
    throw problem;
  });
  if (turn !== latest) return undefined;
  session.data = data;
  session.me = data.me;
  if (carried) return arrive();
  session.opened ??= Math.max(0, ...Object.values(data.messages).flat().map((message) => Number(message.ts)));
  if (!channel(session.channelId)) {
    // A newcomer begins where somebody has said something.
    const open = data.channels.filter((each) => each.kind === 'channel');
    session.channelId = (open.find((each) => messages(each.id).length) ?? open[0] ?? data.channels[0])?.id ?? null;
  }
  render();
  return undefined;
}

/** Shows the other chat, to the same person and in the channel of the same name. */
export async function switchChat(chat) {
  if (session.chat === chat || !session.data) return;
  const open = channel(session.channelId);
  carried = { person: user(session.me)?.name, kind: open?.kind, channel: open && channelName(open) };
  Object.assign(session, { chat, data: null, me: null, channelId: null, threadTs: null, replyTo: null });
  remember('chat', chat);
  await refresh();
}

/** Takes up the person and the channel that were carried over, by name. */
async function arrive() {
  const { person, kind, channel: name } = carried;
  carried = null;
  const me = session.data.users.find((each) => each.name === person)?.id;
  if (me) {
    session.me = me;
    remember(own('me'), me);
    await refresh();
  }
  // A direct message is the one with the bot: it has other names elsewhere.
  const same = session.data.channels.find((each) => each.kind === kind && (kind === 'dm' ? each.members.some((id) => user(id)?.is_bot) : channelName(each) === name));
  if (same) openChannel(same.id);
  else redraw();
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
  session.replyTo = null;
  remember(own('channel'), id);
  document.body.classList.remove('sidebar-open');
  redraw();
}

/** Opens or, with null, closes a thread of the open channel. */
export function openThread(ts) {
  session.threadTs = ts;
  redraw();
}

/** Begins a reply to a message or, with null, gives it up. */
export function replyTo(message) {
  session.replyTo = message;
  redraw();
}

/** Puts a message that only the speaker sees out of sight. */
export function putAway(message) {
  session.dismissed.add(message.ts);
  redraw();
}

/** Speaks as somebody else from now on. */
export async function speakAs(id) {
  if (session.me !== id) {
    session.me = id;
    session.threadTs = null;
    session.replyTo = null;
    remember(own('me'), id);
  }
  document.body.classList.remove('sidebar-open');
  await refresh();
}

/** Does something as the speaker, then shows what came of it; `name` is the act's, such as `say`. */
export async function act(name, body) {
  const answer = await post(at(name), { as: session.me, ...body });
  await refresh();
  return answer;
}
