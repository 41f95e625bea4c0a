// Block Kit's `rich_text`, whose texts are literal (nothing in them is escaped).

import { el } from './dom.js';
import { emoji } from './emoji.js';
import { longTime, slackDate } from './time.js';
import { broadcast, channelLink, link, mention } from './mrkdwn.js';
import { now, session } from './session.js';

/** The nodes of a `rich_text` block or cell. */
export const richText = (block) => (block.elements ?? []).map(part);

function part(element) {
  const content = () => (element.elements ?? []).map(piece);
  switch (element.type) {
    case 'rich_text_list': {
      const tag = element.style === 'ordered' ? 'ol' : 'ul';
      return el(tag, { class: `rich-list depth-${element.indent ?? 0}`, start: element.offset ? element.offset + 1 : null },
        (element.elements ?? []).map((item) => el('li', {}, (item.elements ?? []).map(piece))));
    }
    case 'rich_text_preformatted': return el('pre', {}, el('code', {}, content()));
    case 'rich_text_quote': return el('blockquote', {}, content());
    default: return el('p', { class: 'rich' }, content());
  }
}

function piece(element) {
  return styled(leaf(element), element.style ?? {});
}

function leaf(element) {
  switch (element.type) {
    case 'text': return document.createTextNode(element.text ?? '');
    case 'link': return link(element.url ?? '', element.text ?? '');
    case 'user': return mention(element.user_id);
    case 'channel': return channelLink(element.channel_id);
    case 'usergroup': return broadcast(element.usergroup_id);
    case 'broadcast': return broadcast(element.range);
    case 'emoji': return el('span', { class: 'emoji', role: 'img', 'aria-label': element.name }, emoji(element.name) ?? `:${element.name}:`);
    case 'date': return el('time', { title: longTime(element.timestamp * 1000, session.zone) },
      slackDate(element.timestamp, element.format ?? '{date_short} {time}', now(), session.zone));
    default: return document.createTextNode(element.fallback ?? element.text ?? '');
  }
}

function styled(node, style) {
  const tags = { bold: 'strong', italic: 'em', strike: 's', code: 'code' };
  return Object.entries(tags).reduce((inner, [name, tag]) => (style[name] ? el(tag, {}, inner) : inner), node);
}
