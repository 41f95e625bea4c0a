// Discord's Markdown as nodes of the page, as its pages "Message Formatting" and "Markdown Text 101" describe it.
// Everything is built from text nodes: what people, AWS or the bot say can't become markup.

import { el } from './dom.js';
import { broadcast, channelLink, link, mention } from './mrkdwn.js';
import { now, session } from './session.js';
import { clockTime, dayOf, distance, longTime } from './time.js';

/** Letters nobody sees: the bot marks its messages with them. */
const UNSEEN = /[\u2061-\u2064]/g;
const MARKS = [['**', 'strong'], ['__', 'u'], ['~~', 's'], ['||', 'span'], ['*', 'em'], ['_', 'em']];
const WORD = /[\p{L}\p{N}]/u;
const SIGN = /[!-/:-@[-`{-~]/;
const PREFIXES = [
  [/^(#{1,3}) (?=\S)/, (found, rest) => el(`h${found[1].length + 2}`, { class: `md-h${found[1].length}` }, inline(rest))],
  [/^-# (?=\S)/, (found, rest) => el('small', { class: 'md-small' }, inline(rest))],
  [/^( *)[-*] (?=\S)/, (found, rest) => item(found[1].length, '•', rest)],
  [/^( *)(\d+)\. (?=\S)/, (found, rest) => item(found[1].length, `${found[2]}.`, rest)],
];

/** A text in Markdown, as nodes: lines, quotes and fences below each other. */
export function markdown(source) {
  const pieces = source.replace(UNSEEN, '').split(/```(?:([\w+-]+)\n)?\n?([\s\S]*?)\n?```/);
  const nodes = [];
  // Of each three pieces the first stands outside of fences, the second is the language, the third the code.
  pieces.forEach((piece, index) => {
    if (index % 3 === 0) nodes.push(...lines(piece.replace(index ? /^\n/ : /^/, '').replace(/\n$/, '')));
    else if (index % 3 === 2) nodes.push(el('pre', {}, el('code', {}, piece)));
  });
  return nodes;
}

/** A text without its marks, on one line, for small places. */
export function bare(source) {
  const words = markdown(source).map((node) => node.textContent.trim());
  return words.filter(Boolean).join(' ').replace(/\s+/g, ' ');
}

function lines(source) {
  const nodes = [];
  if (!source) return nodes;
  const all = source.split('\n');
  for (let at = 0; at < all.length; at += 1) {
    const rest = /^>>> ([\s\S]*)/.exec(all.slice(at).join('\n'));
    if (rest) return [...nodes, el('blockquote', {}, lines(rest[1]))];
    const quoted = [];
    while (/^> /.test(all[at] ?? '')) {
      quoted.push(all[at].slice(2));
      at += 1;
    }
    if (quoted.length) {
      nodes.push(el('blockquote', {}, quoted.flatMap((each) => line(each))));
      at -= 1;
    } else {
      nodes.push(line(all[at]));
    }
  }
  return nodes;
}

function line(source) {
  if (!source.trim()) return el('div', { class: 'gap' });
  if (/^⎯+$/.test(source.trim())) return el('hr');
  for (const [prefix, draw] of PREFIXES) {
    const found = prefix.exec(source);
    if (found) return draw(found, source.slice(found[0].length));
  }
  return el('div', { class: 'md-line' }, inline(source));
}

const item = (indent, mark, rest) => el('div', { class: `md-item depth-${Math.min(3, Math.ceil(indent / 2))}` }, el('span', { class: 'mark' }, mark), el('span', {}, inline(rest)));

function inline(source) {
  const nodes = [];
  let pending = '';
  for (let at = 0; at < source.length;) {
    const found = special(source, at);
    if (found) {
      if (pending) nodes.push(pending);
      pending = '';
      nodes.push(found.node);
      at = found.end;
    } else {
      pending += source[at];
      at += 1;
    }
  }
  return pending ? [...nodes, pending] : nodes;
}

/** The piece of syntax that starts here and where it ends, or nothing. */
function special(source, at) {
  const rest = source.slice(at);
  const first = source[at];
  const whole = (match, node) => match && { node: node(match), end: at + match[0].length };
  if (first === '\\' && SIGN.test(source[at + 1] ?? '')) return { node: document.createTextNode(source[at + 1]), end: at + 2 };
  if (first === '`') return whole(/^(`+)(?!`)([\s\S]*?[^`])\1(?!`)/.exec(rest), (match) => el('code', {}, match[1].length > 1 ? match[2].replace(/^ | $/g, '') : match[2]));
  if (first === '<') return whole(/^<([^<>\n]+)>/.exec(rest), (match) => entity(match[1]) ?? document.createTextNode(match[0]));
  if (first === '[') return whole(/^\[((?:[^\][\\]|\\.)+)\]\(<?(https?:\/\/[^\s>)]+)>?\)/.exec(rest), (match) => labelled(match[2], match[1]));
  if (first === '@') return whole(/^@(everyone|here)\b/.exec(rest), (match) => broadcast(match[0]));
  if (first === 'h' && !WORD.test(source[at - 1] ?? ' ')) {
    const found = whole(/^https?:\/\/[^\s<>]*[^\s<>.,:;!?'")\]*]/.exec(rest), (match) => link(match[0]));
    if (found) return found;
  }
  for (const [mark, tag] of MARKS) {
    if (!rest.startsWith(mark) || mark === '_' && WORD.test(source[at - 1] ?? ' ')) continue;
    const end = closing(source, at, mark);
    if (end) return { node: el(tag, { class: mark === '||' ? 'spoiler' : null }, inline(source.slice(at + mark.length, end))), end: end + mark.length };
  }
  return null;
}

/** Where the emphasis opened at `open` ends, escapes, code and what stands in angle brackets being skipped; 0 when it does not. */
function closing(source, open, mark) {
  const from = open + mark.length;
  if (/\s/.test(source[from] ?? ' ')) return 0;
  for (let at = from; at < source.length; at += 1) {
    const skipped = /^(?:\\[!-/:-@[-`{-~]|(`+)(?!`).*?[^`]\1(?!`)|<[^<>\n]+>)/.exec(source.slice(at));
    if (skipped) {
      at += skipped[0].length - 1;
    } else if (source.startsWith(mark, at) && at > from) {
      const single = mark.length === 1;
      const inWord = mark === '_' && WORD.test(source[at + 1] ?? ' ');
      if (single && source[at + 1] === mark) at += 1;
      else if (!inWord && !(single && /\s/.test(source[at - 1]))) return at;
    }
  }
  return 0;
}

/** What stands between angle brackets: a mention, a time, a custom emoji or an address. */
function entity(body) {
  const person = /^@!?(\d+)$/.exec(body);
  if (person) return mention(person[1]);
  const role = /^@&(\d+)$/.exec(body);
  if (role) return broadcast(`@${session.data?.roles?.[role[1]] ?? 'role'}`);
  const place = /^#(\d+)$/.exec(body);
  if (place) return channelLink(place[1]);
  const time = /^t:(-?\d+)(?::([tTdDfFR]))?$/.exec(body);
  if (time) return moment(Number(time[1]) * 1000, time[2] ?? 'f');
  const emoji = /^a?:(\w+):\d+$/.exec(body);
  if (emoji) return el('span', {}, `:${emoji[1]}:`);
  return /^https?:\/\//.test(body) ? link(body) : null;
}

function labelled(target, label) {
  const node = link(target);
  node.replaceChildren(...inline(label));
  node.title = target;
  return node;
}

/** A moment in the reader's zone, in one of Discord's styles. */
function moment(ms, style) {
  const { zone } = session;
  const long = longTime(ms, zone);
  const day = long.replace(/^\S+ | at .*$/g, '');
  const shown = {
    t: () => clockTime(ms, zone), T: () => `${clockTime(ms, zone)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`,
    d: () => dayOf(ms, zone).split('-').reverse().join('/'), D: () => day, f: () => `${day} ${clockTime(ms, zone)}`, F: () => long,
    R: () => distance(ms, now()),
  }[style]();
  return el('time', { datetime: new Date(ms).toISOString(), title: `${long} (${zone})` }, shown);
}
