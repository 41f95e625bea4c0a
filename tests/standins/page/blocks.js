// Block Kit's layout blocks, in messages and in forms.

import { el } from './dom.js';
import { element } from './elements.js';
import { text, words } from './mrkdwn.js';
import { richText } from './richtext.js';
import { table } from './table.js';

/**
 * Draws blocks. `where` names the message (`channel`, `ts`) or view (`view_id`) for the server; `form`
 * collects the values of a view.
 */
export const blocks = (list, where, form = null) => list.map((block, index) => {
  const blockId = block.block_id ?? `block-${index}`;
  return el('div', { class: `block ${block.type}`, 'data-block-id': blockId }, (DRAW[block.type] ?? unknown)(block, { where, blockId, form }));
});

const place = (at, label, silent = false) => ({ ...at, label, silent });

const DRAW = {
  header: (block) => el('h3', {}, words(block.text)),
  divider: () => el('hr'),
  section: (block, at) => [
    el('div', { class: 'section-body' },
      block.text && el('div', { class: 'text' }, text(block.text)),
      block.fields && el('div', { class: 'fields' }, block.fields.map((field) => el('div', { class: 'text' }, text(field))))),
    block.accessory && el('div', { class: 'accessory' }, element(block.accessory, place(at, words(block.text)))),
  ],
  context: (block) => block.elements.map((part) => (part.type === 'image'
    ? el('img', { class: 'context-image', src: part.image_url, alt: part.alt_text ?? '' })
    : el('span', { class: 'text' }, text(part)))),
  actions: (block, at) => block.elements.map((part) => element(part, place(at, words(part.placeholder)))),
  image: (block) => el('figure', {},
    block.title && el('figcaption', {}, words(block.title)),
    el('img', { src: block.image_url ?? block.slack_file?.url, alt: block.alt_text ?? '', loading: 'lazy' })),
  rich_text: (block) => richText(block),
  table: (block) => table(block),
  input: (block, at) => {
    const label = words(block.label);
    at.form?.expect(at.blockId, block.element.action_id, Boolean(block.optional));
    return [
      el('div', { class: 'label' }, label, block.optional && el('small', { class: 'quiet' }, ' (optional)')),
      element(block.element, place(at, label, !block.dispatch_action)),
      block.hint && el('small', { class: 'hint' }, words(block.hint)),
      el('p', { class: 'fault', role: 'alert', 'data-testid': 'input-error', hidden: true }),
    ];
  },
};

const unknown = (block) => el('span', { class: 'quiet' }, words(block.text) || `(a block of type “${block.type}” is not drawn here)`);
