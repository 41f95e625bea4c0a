// The page: starts everything, and draws it again whenever something changed.
// Reading order: session.js (what is known), messages.js and blocks.js (what is said), elements.js and
// modal.js (what can be answered), composer.js, then the bars around them.

import { follow, get, Refused, Unreachable } from './api.js';
import { drawClock, readClock } from './clock.js';
import { composer, offer } from './composer.js';
import { el, fill, icon } from './dom.js';
import { drawModal } from './modal.js';
import { Conversation, emptyChannel, threadHead } from './messages.js';
import { avatar } from './avatar.js';
import { channel, channelName, isReply, markRead, messages, nameOf, onRender, openThread, recall, refresh, remember, session, unread, user } from './session.js';
import { drawSidebar } from './sidebar.js';
import { drawTour, setTour, toggleTour } from './tour.js';
import { mrkdwn } from './mrkdwn.js';

const CLOCK_MS = 5000;
const byId = (id) => document.getElementById(id);

const box = composer('composer-input', () => ({ channel: session.channelId }));
const threadBox = composer('thread-input', () => ({ channel: session.channelId, thread_ts: session.threadTs }));
const conversation = new Conversation(byId('messages'));
const threadParts = { head: el('header', { class: 'thread-head' }), list: el('div', { class: 'messages', role: 'log', 'aria-label': 'Messages of the thread', tabindex: '0' }) };
byId('composer').append(box.node);
byId('thread').append(threadParts.head, threadParts.list, threadBox.node);
const thread = new Conversation(threadParts.list, true);

onRender(() => {
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
  drawModal();
  const waiting = session.data.channels.reduce((sum, each) => sum + unread(each.id), 0);
  document.title = `${waiting ? `(${waiting}) ` : ''}Watchkeeper playground`;
});

function drawChannel(open) {
  const title = open.kind === 'dm' ? channelName(open) : `#${channelName(open)}`;
  const others = (open.members ?? []).filter((id) => user(id));
  fill(byId('channel-header'), el('h1', { 'data-testid': 'channel-title' }, title), el('span', { class: 'topic' }, mrkdwn(open.topic ?? '')),
    open.kind !== 'dm' && others.length > 0 && el('span', { class: 'members', title: others.map(nameOf).join(', ') },
      others.slice(0, 4).map((id) => avatar(id, true)), el('small', {}, `${others.length} members`)));
  conversation.show(open.id, messages(open.id).filter((message) => !isReply(message)), emptyChannel(open));
  box.label(`Message ${title} as ${nameOf(session.me)}`);
}

function drawThread(open) {
  const root = messages(open.id).find((message) => message.ts === session.threadTs);
  byId('thread').hidden = !root;
  document.body.classList.toggle('thread-open', Boolean(root));
  if (!root) return;
  threadHead(threadParts.head, open);
  thread.show(open.id, [root, ...messages(open.id).filter((message) => message.thread_ts === root.ts && isReply(message))]);
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
    if (!loaded) loadOnce();
  } catch (problem) {
    if (problem instanceof Refused) banner(el('span', {}, `The playground could not show its state. ${problem.message}`));
    else if (!(problem instanceof Unreachable)) throw problem;
  }
}

let loaded = false;
async function loadOnce() {
  loaded = true;
  const [commands, tour] = await Promise.allSettled([get('/play/commands'), get('/play/tour')]);
  if (commands.status === 'fulfilled') offer(commands.value.commands ?? commands.value);
  if (tour.status === 'fulfilled') setTour(tour.value);
  loaded = commands.status === 'fulfilled' && tour.status === 'fulfilled';
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

const dark = matchMedia('(prefers-color-scheme: dark)');
let theme = recall('theme');
function drawTheme() {
  const shown = theme ?? (dark.matches ? 'dark' : 'light');
  document.documentElement.dataset.theme = shown;
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
again = follow({ onChange: changed, onLost: lost });
setInterval(() => readClock().then(() => drawClock(byId('clock'))).catch(() => {}), CLOCK_MS);
