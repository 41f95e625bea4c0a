// Slash commands as Discord's box takes them: `/rds upgrade database:orders to:8.0.40`, each option completed as the bot
// registered it.

import { post, Refused, Unreachable } from './api.js';
import { at, channelName, nameOf, people, session } from './session.js';

const SHOWN = 25;
/** What an option takes, by the numbers of Discord's "Application Command Option Type". */
const BOOLEAN = 5;
const USER = 6;
const CHANNEL = 7;

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The command a text names, its longest first, and what stands behind it. */
function parse(text, commands) {
  const fits = (each) => text === each.command || text.startsWith(`${each.command} `);
  const command = commands.filter(fits).sort((one, other) => other.command.length - one.command.length)[0];
  return command && { command, rest: text.slice(command.command.length) };
}

/** What stands in the boxes of a command: words without a name, and values by option in their order. */
function boxes({ command, rest }) {
  const names = command.options.map(({ name }) => escaped(name)).join('|');
  const pieces = names ? rest.split(new RegExp(`(?:^|\\s)(${names}):`)) : [rest];
  const filled = [];
  for (let index = 1; index < pieces.length; index += 2) filled.push({ name: pieces[index], value: pieces[index + 1] });
  return { loose: pieces[0], filled };
}

/** A text of the box as a line with flags, as the server reads it: a value goes into its box as it is. */
export function asLine(text, commands) {
  const parsed = parse(text, commands);
  if (!parsed) return text;
  const { loose, filled } = boxes(parsed);
  const flags = filled.filter(({ value }) => value.trim()).map(({ name, value }) => `'--${name}=${value.trim().replaceAll("'", "'\\''")}'`);
  return [parsed.command.command, loose.trim(), ...flags].filter(Boolean).join(' ');
}

/** What could come next in the box after `typed`, as entries of its list; `channel` is where it will be sent. */
export async function entriesFor(typed, commands, channel) {
  const parsed = parse(typed, commands);
  if (!parsed || !parsed.rest && commands.some((each) => each.command.startsWith(`${typed} `))) return begun(typed, commands);
  if (!parsed.rest) return [];
  const { loose, filled } = boxes(parsed);
  const last = filled.at(-1);
  const option = parsed.command.options.find(({ name }) => name === last?.name);
  // Two spaces, or a space behind a value that is whole, end it.
  const open = option && !(last.value.trim() && /\s$/.test(last.value));
  if (open) {
    const values = await valuesOf(option, last.value.trim(), { line: lineBefore(parsed, loose, filled), channel });
    return values.slice(0, SHOWN).map(({ label, note, value }) =>
      ({ label, note, insert: `${value} `, replace: last.value.length }));
  }
  const word = /\S*$/.exec(typed)[0];
  const left = parsed.command.options.filter(({ name }) => name.startsWith(word) && !filled.some((each) => each.name === name));
  return left.map(({ name, description, required }) =>
    ({ label: name, hint: required ? 'required' : '', note: description, insert: `${name}:`, replace: word.length, gentle: true }));
}

const begun = (typed, commands) => commands.filter((each) => each.command.startsWith(typed)).slice(0, SHOWN).map((each) =>
  ({ label: each.command, hint: each.options.filter(({ required }) => required).map(({ name }) => name).join(' '), note: each.description, insert: `${each.command} `, replace: typed.length }));

/** The line with all boxes but the one that is typed into. */
function lineBefore({ command }, loose, filled) {
  const others = filled.slice(0, -1).map(({ name, value }) => ` ${name}:${value}`).join('');
  return asLine(`${command.command} ${loose.trim()}${others}`.trim(), [command]);
}

async function valuesOf(option, typed, { line, channel }) {
  const wanted = typed.toLowerCase();
  const fits = ({ label, note }) => `${label} ${note ?? ''}`.toLowerCase().includes(wanted);
  if (option.choices?.length) return option.choices.map(({ name }) => ({ label: name, value: name })).filter(fits);
  if (option.type === BOOLEAN) return ['true', 'false'].map((value) => ({ label: value, value })).filter(fits);
  if (option.type === USER) return people().map(({ id, name }) => ({ label: `@${name}`, note: nameOf(id), value: `@${name}` })).filter(fits);
  if (option.type === CHANNEL) return session.data.channels.filter(({ kind }) => kind === 'channel').map((each) => ({ label: `#${channelName(each)}`, value: `#${channelName(each)}` })).filter(fits);
  if (!option.autocomplete) return [];
  try {
    const { choices } = await post(at('complete'), { as: session.me, channel, line, option: option.name, typed });
    return choices.map(({ name, value }) => ({ label: String(name), value: String(value) }));
  } catch (problem) {
    if (problem instanceof Refused || problem instanceof Unreachable) return [];
    throw problem;
  }
}
