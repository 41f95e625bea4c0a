// Messages as Slack shows them, and what stands around a conversation.

import { avatar } from './avatar.js';
import { blocks } from './blocks.js';
import { replies, time } from './conversation.js';
import { el, fill, icon } from './dom.js';
import { mrkdwn } from './mrkdwn.js';
import { reactions, toolbar } from './reactions.js';
import { channelName, isReply, messages, nameOf, openThread, session, user } from './session.js';
import { attachment } from './table.js';
import { clockTime, longTime } from './time.js';

/** A message as Slack shows it. */
export function slackMessage(message, channelId, compact, inThread) {
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
  !message.ephemeral && toolbar(message, channelId,
    !inThread && { label: 'Reply in thread', begin: () => openThread(message.thread_ts ?? message.ts) }));
}

const edited = () => el('span', { class: 'edited', 'data-testid': 'edited' }, '(edited)');

function body(message, channelId) {
  if (!message.blocks?.length) return message.text ? el('div', { class: 'text', 'data-testid': 'message-text' }, mrkdwn(message.text)) : null;
  const card = message.blocks.some((block) => ['header', 'actions', 'table', 'divider'].includes(block.type)
    || block.type === 'section' && (block.fields || block.accessory));
  return el('div', { class: card ? 'blocks card' : 'blocks', 'data-testid': card ? 'card' : 'message-text' },
    blocks(message.blocks, { channel: channelId, ts: message.ts }));
}

/** The line below a message that leads into its thread. */
export function summary(message, channelId) {
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
