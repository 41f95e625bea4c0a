// Messages as Discord shows them: words, embeds, files, rows of buttons, reactions, and what leads into a thread.

import { avatar } from './avatar.js';
import { time } from './conversation.js';
import { bare, markdown } from './discord-markdown.js';
import { busily } from './elements.js';
import { el, icon } from './dom.js';
import { summary } from './messages.js';
import { reactions, toolbar } from './reactions.js';
import { act, nameOf, openThread, putAway, replyTo, session, user } from './session.js';
import { attachment } from './table.js';
import { clockTime, longTime } from './time.js';

/** How buttons look, by the numbers of Discord's "Button Styles". */
const STYLES = { 1: 'blurple', 2: 'grey', 3: 'green', 4: 'red', 5: 'grey' };

/** A message as Discord shows it. */
export function discordMessage(message, channelId, compact, inThread) {
  const who = user(message.user);
  const name = nameOf(message.user);
  const at = clockTime(time(message), session.zone);
  const stamp = el('time', { class: 'stamp', datetime: new Date(time(message)).toISOString(), title: longTime(time(message), session.zone) }, at);
  const rings = message.text.includes(`<@${session.me}>`);
  return el('article', {
    class: `message discord${compact ? ' compact' : ''}${message.ephemeral ? ' ephemeral' : ''}${rings ? ' rings' : ''}`, 'aria-label': `${name} at ${at}`,
    'data-testid': 'message', 'data-ts': message.ts, 'data-user': who?.name ?? message.user, 'data-ephemeral': String(Boolean(message.ephemeral)),
  },
  above(message),
  el('div', { class: 'gutter' }, compact ? stamp : avatar(message.user)),
  el('div', { class: 'content' },
    !compact && byline(message, name, who, stamp),
    words(message),
    (message.embeds ?? []).map(embed),
    (message.files ?? []).map(attachment),
    (message.components ?? []).map((row) => el('div', { class: 'button-row' }, (row.components ?? []).map((one) => button(one, message)))),
    reactions(message, channelId),
    message.ephemeral && onlyYou(message),
    !inThread && message.thread_name && thread(message, channelId)),
  !message.ephemeral && !message.thinking && toolbar(message, channelId, !inThread && reply(message)));
}

function byline(message, name, who, stamp) {
  const strong = el('strong', {}, name);
  // Through the style object, as an attribute could carry more than a colour.
  if (who && !who.is_bot) strong.style.color = `#${who.color}`;
  return el('div', { class: 'byline' }, strong, who?.is_bot && el('span', { class: 'badge app' }, 'app'), stamp);
}

/** The thin line above: the command that is answered, or the message that is replied to. */
function above(message) {
  if (message.used) {
    return el('div', { class: 'above', 'data-testid': 'used' }, avatar(message.used.user, true), el('strong', {}, nameOf(message.used.user)), ' used ', el('span', { class: 'mention' }, `/${message.used.command}`));
  }
  if (!message.reply) return null;
  return el('button', { type: 'button', class: 'above', 'data-testid': 'reply-to', onclick: () => goTo(message.reply.ts) },
    avatar(message.reply.user, true), el('strong', {}, nameOf(message.reply.user)), ' ', el('span', { class: 'snippet' }, bare(message.reply.text).slice(0, 120)));
}

const goTo = (ts) => document.querySelector(`[data-testid=messages] [data-ts="${CSS.escape(ts)}"]`)?.scrollIntoView({ block: 'center' });

function words(message) {
  if (message.thinking) return el('div', { class: 'text thinking', 'data-testid': 'thinking' }, el('span', { class: 'dots', 'aria-hidden': 'true' }, '●●●'), ` ${nameOf(message.user)} is thinking…`);
  const shown = message.text ? markdown(message.text) : [];
  if (message.edited) {
    const mark = el('span', { class: 'edited', 'data-testid': 'edited' }, ' (edited)');
    // At the end of the last line, where there is one.
    if (shown.at(-1)?.matches('.md-line, .md-small')) shown.at(-1).append(mark);
    else shown.push(mark);
  }
  return shown.length > 0 && el('div', { class: 'text', 'data-testid': 'message-text' }, shown);
}

function embed(given) {
  const node = el('div', { class: 'embed', 'data-testid': 'embed' },
    given.author?.name && el('small', {}, given.author.name),
    given.title && el('strong', { class: 'embed-title' }, markdown(given.title)),
    given.description && el('div', { class: 'text' }, markdown(given.description)),
    given.fields?.length > 0 && el('div', { class: 'embed-fields' }, given.fields.map((field) =>
      el('div', { class: field.inline ? 'inline' : null }, el('strong', {}, markdown(field.name)), el('div', {}, markdown(field.value))))),
    given.footer?.text && el('small', {}, given.footer.text));
  if (Number.isInteger(given.color)) node.style.borderLeftColor = `#${given.color.toString(16).padStart(6, '0')}`;
  return node;
}

function button(given, message) {
  const label = [given.emoji?.name && `${given.emoji.name} `, given.label];
  if (given.type !== 2) return el('span', { class: 'quiet' }, given.placeholder ?? '(not drawn here)');
  if (given.url) return el('a', { class: 'd-button grey', href: /^https?:/i.test(given.url) ? given.url : null, target: '_blank', rel: 'noopener noreferrer' }, label, ' ↗');
  const node = el('button', {
    type: 'button', class: `d-button ${STYLES[given.style] ?? 'grey'}`, disabled: given.disabled, 'data-testid': 'action', 'data-key': `${message.id} ${given.custom_id}`,
    onclick: () => node.getAttribute('aria-busy') || busily(node, () => act('click', { message: message.id, custom_id: given.custom_id })),
  }, label);
  return node;
}

function onlyYou(message) {
  return el('div', { class: 'only-you', 'data-testid': 'only-you' }, icon('eye'), 'Only you can see this ·\u00a0',
    el('button', { type: 'button', class: 'text-button link', 'data-testid': 'dismiss', onclick: () => putAway(message) }, 'Dismiss message'));
}

function thread(message, channelId) {
  return el('div', { class: 'thread-card' }, el('strong', {}, bare(message.thread_name)), summary(message, channelId));
}

/** A message with a thread is answered there, any other one beside it. */
function reply(message) {
  return message.thread_name
    ? { label: 'Open the thread', begin: () => openThread(message.ts) }
    : { label: 'Reply', begin: () => replyTo(message) };
}
