// Slack's mrkdwn as nodes of the page. Everything is built from text nodes; the three escapes
// `&amp;` `&lt;` `&gt;` are undone exactly once, after the text was split, so they can never become syntax.

import { el } from './dom.js';
import { emoji } from './emoji.js';
import { longTime, slackDate } from './time.js';
import { channel, channelName, nameOf, now, openChannel, session, user } from './session.js';

const ESCAPES = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };
const STYLES = { '*': 'strong', _: 'em', '~': 's' };
const WORD = /[\p{L}\p{N}]/u;

/** Undoes Slack's escapes, once. */
export const unescape = (text) => text.replace(/&(?:amp|lt|gt);/g, (found) => ESCAPES[found]);

/** Plain text, with short names of emoji drawn unless Slack was told to leave them. */
export function plain(text, draw = true) {
  const shown = unescape(text);
  return !draw ? shown : shown.replace(/:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/g, (whole, name) => emoji(name) ?? whole);
}

/** A Block Kit text object, or a bare string, as nodes. */
export function text(object) {
  if (object === null || object === undefined) return [];
  if (typeof object === 'string') return [plain(object)];
  return object.type === 'mrkdwn' ? mrkdwn(object.text) : [words(object)];
}

/** A Block Kit text object as a bare string, for labels that take no nodes. */
export const words = (object) => (object ? plain(typeof object === 'string' ? object : object.text ?? '', object.emoji !== false) : '');

/** A whole mrkdwn text as nodes: code blocks, quotes, lists and paragraphs. */
export function mrkdwn(source) {
  return (source ?? '').split(/```([\s\S]+?)```/).flatMap((piece, index) => {
    if (index % 2 === 0) return piece.trim() === '' ? [] : lines(piece.replace(/^\n|\n$/g, ''));
    return [el('pre', {}, el('code', {}, entitiesOnly(piece.replace(/^\n|\n$/g, ''))))];
  });
}

function lines(source) {
  const nodes = [];
  let run = { kind: null, rows: [] };
  const flush = () => {
    if (run.rows.length) nodes.push(group(run));
    run = { kind: null, rows: [] };
  };
  for (const line of source.split('\n')) {
    const quote = /^\s?(?:>|&gt;) ?(.*)$/.exec(line);
    const bullet = /^(\s*)([•◦▪‣-]|\d{1,3}\.)\s+(.*)$/.exec(line);
    const kind = quote ? 'quote' : bullet ? 'list' : line.trim() === '' ? 'gap' : 'text';
    if (kind !== run.kind) flush();
    run.kind = kind;
    run.rows.push(quote ? quote[1] : bullet ? bullet : line);
  }
  flush();
  return nodes;
}

function group({ kind, rows }) {
  if (kind === 'gap') return el('div', { class: 'gap' });
  if (kind === 'list') {
    return el('ul', { class: 'list' }, rows.map(([, indent, mark, content]) => {
      const depth = Math.min(3, Math.floor(indent.length / 2));
      return el('li', { class: `depth-${depth}` }, el('span', { class: 'mark' }, mark === '-' ? '•' : mark), el('span', {}, inline(content)));
    }));
  }
  const content = rows.flatMap((row, index) => (index ? [el('br'), ...inline(row)] : inline(row)));
  return el(kind === 'quote' ? 'blockquote' : 'p', {}, content);
}

/** One line's emphasis, code, emoji and entities. */
export function inline(source) {
  const nodes = [];
  let pending = '';
  const flush = () => {
    if (pending) nodes.push(unescape(pending));
    pending = '';
  };
  for (let at = 0; at < source.length;) {
    const found = special(source, at);
    if (found) {
      flush();
      nodes.push(found.node);
      at = found.end;
    } else {
      pending += source[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

/** The piece of syntax that starts here and where it ends, or nothing. */
function special(source, at) {
  const rest = source.slice(at);
  const sign = source[at];
  if (sign === '<') {
    const match = /^<([^<>\n]+)>/.exec(rest);
    return match && { node: entity(match[1]), end: at + match[0].length };
  }
  if (sign === '`') {
    const match = /^`([^`\n]+)`/.exec(rest);
    return match && { node: el('code', {}, entitiesOnly(match[1])), end: at + match[0].length };
  }
  if (sign === ':') {
    const match = /^:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/.exec(rest);
    const drawn = match && emoji(match[1]);
    return drawn && { node: el('span', { class: 'emoji', role: 'img', 'aria-label': match[1] }, drawn), end: at + match[0].length };
  }
  if (STYLES[sign] && !WORD.test(source[at - 1] ?? ' ')) {
    const end = closing(source, at);
    return end && { node: el(STYLES[sign], {}, inline(source.slice(at + 1, end))), end: end + 1 };
  }
  return null;
}

/** Where the emphasis opened at `open` ends, code and entities being skipped; 0 when it does not. */
function closing(source, open) {
  const sign = source[open];
  if (/\s/.test(source[open + 1] ?? ' ') || source[open + 1] === sign) return 0;
  for (let at = open + 1; at < source.length; at += 1) {
    if (source[at] === '`' || source[at] === '<') {
      const end = source.indexOf(source[at] === '<' ? '>' : '`', at + 1);
      if (end > 0) at = end;
    } else if (source[at] === sign && !/\s/.test(source[at - 1]) && !WORD.test(source[at + 1] ?? ' ')) {
      return at;
    }
  }
  return 0;
}

/** Inside code only links, mentions and dates are still read. */
function entitiesOnly(source) {
  return source.split(/<([^<>\n]+)>/).map((piece, index) => (index % 2 ? entity(piece) : unescape(piece)));
}

function entity(body) {
  const bar = body.indexOf('|');
  const target = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? '' : unescape(body.slice(bar + 1));
  if (target.startsWith('@')) return mention(target.slice(1), label);
  if (target.startsWith('#')) return channelLink(target.slice(1), label);
  if (target.startsWith('!date^')) return date(target.split('^'), label);
  if (target.startsWith('!subteam^')) return broadcast(label || `@${target.slice(9)}`);
  if (target.startsWith('!')) return broadcast(`@${target.slice(1).split('^')[0]}`);
  // Angle brackets that mean nothing were forgotten to be escaped: they are shown, never obeyed.
  if (!label && !/^[a-z]+:/i.test(target)) return document.createTextNode(unescape(`<${body}>`));
  return link(unescape(target), label);
}

/** A person's name, marked when it is the speaker's. */
export function mention(id, label = '') {
  const name = user(id) ? nameOf(id) : label || id;
  return el('span', { class: id === session.me ? 'mention me' : 'mention', title: user(id)?.title }, `@${name.replace(/^@/, '')}`);
}

/** A mark for everybody who is addressed at once. */
export const broadcast = (label) => el('span', { class: 'mention all' }, label.startsWith('@') ? label : `@${label}`);

/** A channel's name that opens it. */
export function channelLink(id, label = '') {
  const found = channel(id);
  if (!found) return el('span', { class: 'mention' }, `#${label || id}`);
  return el('button', { type: 'button', class: 'mention link', onclick: () => openChannel(id) }, `#${channelName(found)}`);
}

/** A link, when it leads somewhere harmless; otherwise its text. */
export function link(target, label = '') {
  const shown = label || target;
  if (!/^(https?|mailto):/i.test(target)) return document.createTextNode(label ? `${label} (${target})` : shown);
  return el('a', { href: target, target: '_blank', rel: 'noopener noreferrer' }, shown);
}

function date([, unix, pattern, href], fallback) {
  if (!/^\d+$/.test(unix ?? '') || !pattern) return document.createTextNode(fallback);
  const ms = Number(unix) * 1000;
  const node = el('time', { datetime: new Date(ms).toISOString(), title: `${longTime(ms, session.zone)} (${session.zone})` },
    slackDate(Number(unix), unescape(pattern), now(), session.zone));
  return href ? el('a', { href: /^https?:/i.test(href) ? href : null, target: '_blank', rel: 'noopener noreferrer' }, node) : node;
}
