// The page: starts everything, and draws it again whenever something changed.
// Reading order: session.js (what is known), conversation.js, messages.js and blocks.js (what is said), elements.js and
// modal.js (what can be answered), composer.js, then the bars around them. What Discord has of its own is in discord-*.js.

import { follow, get, Refused, Unreachable } from './api.js';
import { drawClock, readClock } from './clock.js';
import { composer, offer } from './composer.js';
import { Conversation } from './conversation.js';
import { drawForm } from './discord-form.js';
import { discordMessage } from './discord-message.js';
import { el, fill, icon, keepingFocus } from './dom.js';
import { drawModal } from './modal.js';
import { emptyChannel, slackMessage, threadHead } from './messages.js';
import { avatar } from './avatar.js';
import { at, channel, channelName, isReply, markRead, messages, nameOf, onDiscord, onRender, openThread, recall, refresh, remember, session, switchChat, unread, user } from './session.js';
import { drawSidebar } from './sidebar.js';
import { drawTour, setTour, toggleTour } from './tour.js';
import { mrkdwn } from './mrkdwn.js';

const CLOCK_MS = 5000;
const byId = (id) => document.getElementById(id);

const CHATS = [['slack', 'Slack'], ['discord', 'Discord']];
const drawMessage = (...each) => (onDiscord() ? discordMessage(...each) : slackMessage(...each));
const root = () => messages(session.channelId).find((message) => message.ts === session.threadTs);
const box = composer('composer-input', () => ({ channel: session.channelId, reply_to: session.replyTo?.id }));
// On Discord a thread is a channel, with the id of the message it hangs on.
const threadBox = composer('thread-input', () => (onDiscord() ? { channel: root()?.id } : { channel: session.channelId, thread_ts: session.threadTs }));
const conversation = new Conversation(byId('messages'), drawMessage);
const threadParts = { head: el('header', { class: 'thread-head' }), list: el('div', { class: 'messages', role: 'log', 'aria-label': 'Messages of the thread', tabindex: '0' }) };
byId('composer').append(box.node);
byId('thread').append(threadParts.head, threadParts.list, threadBox.node);
const thread = new Conversation(threadParts.list, drawMessage, true);

onRender(() => {
  drawTheme();
  drawChats();
  if (!session.data) return;
  const open = channel(session.channelId);
  if (open) {
    drawChannel(open);
    drawThread(open);
    if (!document.hidden) markRead(open.id);
  }
  drawSidebar(byId('sidebar'));
  drawClock(byId('clock'));
  drawTour(byId('tour'), byId('tour-toggle'), box);
  drawModal(onDiscord() ? null : session.data.view);
  drawForm(onDiscord() ? session.data.view : null);
  const waiting = session.data.channels.reduce((sum, each) => sum + unread(each.id), 0);
  document.title = `${waiting ? `(${waiting}) ` : ''}Watchkeeper playground`;
});

function drawChannel(open) {
  const title = open.kind === 'dm' ? channelName(open) : `#${channelName(open)}`;
  const others = (open.members ?? []).filter((id) => user(id));
  fill(byId('channel-header'), el('h1', { 'data-testid': 'channel-title' }, title), el('span', { class: 'topic' }, onDiscord() ? open.topic : mrkdwn(open.topic ?? '')),
    open.kind !== 'dm' && others.length > 0 && el('span', { class: 'members', title: others.map(nameOf).join(', ') },
      others.slice(0, 4).map((id) => avatar(id, true)), el('small', {}, `${others.length} members`)));
  conversation.show(open.id, messages(open.id).filter((message) => !isReply(message) && !session.dismissed.has(message.ts)), emptyChannel(open));
  box.label(`Message ${title} as ${nameOf(session.me)}`);
}

function drawThread(open) {
  const first = root();
  byId('thread').hidden = !first;
  document.body.classList.toggle('thread-open', Boolean(first));
  if (!first) return;
  threadHead(threadParts.head, open);
  thread.show(open.id, [first, ...messages(open.id).filter((message) => message.thread_ts === first.ts && isReply(message) && !session.dismissed.has(message.ts))]);
  threadBox.label(`Reply as ${nameOf(session.me)}`);
}

function banner(...content) {
  byId('banner').hidden = content.length === 0;
  fill(byId('banner'), content);
}

let again = () => {};
function lost(seconds) {
  banner(el('span', {}, `The connection to the playground is lost. Trying again in ${seconds} s; nothing you see here is gone.`),
    el('button', { type: 'button', class: 'button', 'data-testid': 'retry', onclick: () => again() }, 'Try now'));
}

/** Reads everything that may have changed; what cannot be read is left to the next try. */
async function look() {
  try {
    await Promise.all([refresh(), readClock()]);
    drawClock(byId('clock'));
    banner();
    if (loaded !== session.chat) load();
  } catch (problem) {
    if (problem instanceof Refused) banner(el('span', {}, `The playground could not show its state. ${problem.message}`));
    else if (!(problem instanceof Unreachable)) throw problem;
  }
}

let loaded = null;
/** Reads what stays as it is on the chat that is shown: its commands, and the tour. */
async function load() {
  const { chat } = session;
  loaded = chat;
  const [commands, tour] = await Promise.allSettled([get(at('commands')), get('/play/tour')]);
  if (chat !== session.chat) return;
  if (commands.status === 'fulfilled') offer(commands.value.commands ?? commands.value);
  if (tour.status === 'fulfilled') setTour(tour.value);
  if (commands.status !== 'fulfilled' || tour.status !== 'fulfilled') loaded = null;
  drawTour(byId('tour'), byId('tour-toggle'), box);
}

let looking = false;
let wanted = false;
/** Many changes at once are looked at once. */
async function changed() {
  wanted = true;
  if (looking) return;
  looking = true;
  while (wanted) {
    wanted = false;
    await look();
  }
  looking = false;
}

function drawChats() {
  keepingFocus(byId('chats'), () => fill(byId('chats'), CHATS.map(([chat, label]) => el('button', {
    type: 'button', role: 'radio', class: 'chat', 'aria-checked': String(session.chat === chat), 'data-testid': 'chat', 'data-name': chat, 'data-key': chat, onclick: () => show(chat),
  }, label))));
}

/** Shows the conversation as the other chat has it. */
async function show(chat) {
  if (chat === session.chat || !session.data) return;
  try {
    await switchChat(chat);
  } catch (problem) {
    if (!(problem instanceof Refused || problem instanceof Unreachable)) throw problem;
  }
  again();
}

const dark = matchMedia('(prefers-color-scheme: dark)');
let theme = recall('theme');
function drawTheme() {
  const shown = onDiscord() ? 'dark' : theme ?? (dark.matches ? 'dark' : 'light');
  document.documentElement.dataset.theme = shown;
  document.documentElement.dataset.chat = session.chat;
  byId('theme').hidden = onDiscord();
  fill(byId('theme'), icon(shown === 'dark' ? 'sun' : 'moon'));
  byId('theme').setAttribute('aria-label', shown === 'dark' ? 'Light colours' : 'Dark colours');
}
byId('theme').addEventListener('click', () => {
  theme = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  remember('theme', theme);
  drawTheme();
});
dark.addEventListener('change', drawTheme);
drawTheme();

const sidebarOpen = (open) => {
  document.body.classList.toggle('sidebar-open', open);
  byId('menu').setAttribute('aria-expanded', String(open));
};
byId('menu').addEventListener('click', () => sidebarOpen(!document.body.classList.contains('sidebar-open')));
byId('scrim').addEventListener('click', () => sidebarOpen(false));
byId('tour-toggle').addEventListener('click', toggleTour);
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog[open]')) return;
  if (document.body.classList.contains('sidebar-open')) sidebarOpen(false);
  else if (session.threadTs) openThread(null);
});
// Whoever starts to type anywhere means the message box.
document.addEventListener('keydown', (event) => {
  const elsewhere = event.target.closest('input, textarea, select, dialog, [role=menu], [role=radiogroup]');
  if (event.key.length !== 1 || event.key === ' ' || event.ctrlKey || event.metaKey || event.altKey || elsewhere) return;
  document.getElementById(session.threadTs ? 'thread-input' : 'composer-input').focus();
});
document.addEventListener('visibilitychange', () => document.hidden || changed());

fill(byId('messages'), el('div', { class: 'empty' }, el('p', {}, 'Opening the playground…')));
again = follow({ address: () => at('events'), onChange: changed, onLost: lost });
setInterval(() => readClock().then(() => drawClock(byId('clock'))).catch(() => {}), CLOCK_MS);
