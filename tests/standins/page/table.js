// Tables: Block Kit's `table` block, and the preview of an attached CSV file.

import { append, el, fill, icon } from './dom.js';
import { richText } from './richtext.js';

/** A `table` block; its first row is the heading, as in Slack. */
export function table(block) {
  const align = (column) => block.column_settings?.[column]?.align ?? 'left';
  const wrap = (column) => (block.column_settings?.[column]?.is_wrapped ? ' wrapped' : '');
  const row = (cells, tag) => el('tr', {}, cells.map((cell, column) =>
    el(tag, { class: `${align(column)}${wrap(column)}`, scope: tag === 'th' ? 'col' : null }, content(cell))));
  const [head, ...body] = block.rows ?? [];
  return frame(head && row(head, 'th'), body.map((cells) => row(cells, 'td')));
}

function content(cell) {
  return cell.type === 'rich_text' ? richText(cell) : String(cell.text ?? cell.value ?? '');
}

function frame(head, body) {
  return el('div', { class: 'table-frame', tabindex: '0', role: 'group', 'aria-label': 'Table', 'data-testid': 'table' },
    el('table', {}, head && el('thead', {}, head), el('tbody', {}, body)));
}

/** An attached file: name, size, download, and for CSV the first rows. */
export function attachment(file) {
  const url = /^(https?:\/\/|\/(?!\/))/i.test(file.url ?? '') ? file.url : null;
  const card = el('div', { class: 'file', 'data-testid': 'file' },
    el('span', { class: 'file-icon' }, icon('file')),
    el('span', { class: 'file-text' }, el('strong', {}, file.name), el('small', {}, `${kind(file)} · ${size(file.size ?? 0)}`)),
    el('a', { class: 'icon-button', href: url, download: file.name, 'aria-label': `Download ${file.name}` }, icon('download')));
  if (kind(file) !== 'CSV' || !url) return card;
  const preview = el('div', { class: 'file-preview' });
  showCsv(url, preview);
  return el('div', { class: 'file-group' }, card, preview);
}

const kind = (file) => (/csv/.test(file.mimetype ?? '') || /\.csv$/i.test(file.name) ? 'CSV' : (file.name.split('.').pop() ?? 'file').toUpperCase());
const size = (bytes) => (bytes < 1000 ? `${bytes} bytes` : bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

const PREVIEW_ROWS = 6;

async function showCsv(url, place) {
  let rows;
  try {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(String(answer.status));
    rows = parseCsv(await answer.text());
  } catch {
    append(place, [el('small', { class: 'quiet' }, 'The preview could not be read; download the file instead.')]);
    return;
  }
  const [head = [], ...body] = rows;
  const draw = (count) => fill(place,
    frame(el('tr', {}, head.map((cell) => el('th', { scope: 'col' }, cell))),
      body.slice(0, count).map((row) => el('tr', {}, row.map((cell) => el('td', {}, cell))))),
    body.length > count && el('button', { type: 'button', class: 'text-button', onclick: () => draw(body.length) }, `Show all ${body.length} rows`));
  draw(PREVIEW_ROWS);
}

/** Rows of a CSV text as RFC 4180 has it: quotes, doubled quotes, line ends inside quotes. */
export function parseCsv(source) {
  const rows = [[]];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;
  while (cell.lastIndex < source.length) {
    const match = cell.exec(source);
    if (!match) break;
    rows.at(-1).push(match[1] !== undefined ? match[1].replaceAll('""', '"') : match[2]);
    if (match[3] !== ',' && cell.lastIndex < source.length) rows.push([]);
  }
  return rows;
}
