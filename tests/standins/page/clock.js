// The bar that shows the world's time and moves it forward.

import { get, post, Refused, Unreachable } from './api.js';
import { el, fill, keepingFocus, toast } from './dom.js';
import { now, redraw, refresh, remember, session } from './session.js';
import { clockTime, distance, longTime, nextSaturdayNight, shortDay, zoneName } from './time.js';

const ZONES = ['UTC', 'America/New_York', 'America/Los_Angeles', 'Europe/London', 'Europe/Berlin', 'Asia/Kolkata', 'Asia/Taipei', 'Asia/Tokyo', 'Australia/Sydney'];
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
let busy = false;

/** Asks the server for the world's time. */
export async function readClock() {
  session.clock = await get('/play/clock');
  if (!localZoneChosen && session.clock.zone) session.zone = session.clock.zone;
}

let localZoneChosen = session.zone !== 'UTC';

let last = Promise.resolve();

/** Moves the world's time once moves under way have ended; `step` is `{advance_seconds}`, `{to}` or `{next}`. */
export function move(step) {
  last = last.catch(() => {}).then(() => moved(step));
  return last;
}

async function moved(step) {
  busy = true;
  redraw();
  try {
    await post('/play/clock', step);
    await readClock();
    await refresh();
  } catch (problem) {
    if (!(problem instanceof Refused || problem instanceof Unreachable)) throw problem;
    toast(`The clock did not move. ${problem.message}`);
  } finally {
    busy = false;
    redraw();
  }
}

/** Moves on to whatever the bot says next. */
export const toNext = () => (session.clock?.next ? move({ next: true }) : undefined);

/** Draws the bar. */
export function drawClock(place) {
  if (!session.clock) return;
  const { zone } = session;
  const at = now();
  const { next } = session.clock;
  const saturday = nextSaturdayNight(at, zone);
  const step = (id, label, title, body, disabled = false) => el('button', {
    type: 'button', class: 'bar-button', title, 'data-testid': `clock-${id}`, 'data-key': `clock ${id}`, disabled: disabled || busy, onclick: () => move(body),
  }, label);
  keepingFocus(place, () => fill(place,
    el('span', { class: 'clock-time', title: longTime(at, zone), 'data-testid': 'clock-now', 'data-now': session.clock.now },
      el('span', { class: 'clock-day' }, shortDay(at, zone)), ' ', el('strong', {}, clockTime(at, zone)), ' ', zonePicker(at)),
    zone !== 'UTC' && el('span', { class: 'clock-utc' }, `${clockTime(at, 'UTC')} UTC`),
    el('span', { class: 'clock-steps', 'aria-busy': busy ? 'true' : null },
      step('ten-minutes', '+10 min', 'Move the clock on by ten minutes', { advance_seconds: 600 }),
      step('hour', '+1 h', 'Move the clock on by an hour', { advance_seconds: 3600 }),
      step('day', '+1 day', 'Move the clock on by a day', { advance_seconds: 86_400 }),
      step('saturday', 'Sat 02:00', `Move the clock on to ${longTime(saturday, zone)}`, { to: new Date(saturday).toISOString() }),
      step('next', next ? el('span', {}, 'Next event ', el('small', {}, distance(Date.parse(next.at), at))) : 'Next event',
        next ? `${next.what}: ${longTime(Date.parse(next.at), zone)}` : 'Nothing is due', { next: true }, !next))));
}

function zonePicker(at) {
  const offered = [...new Set([session.zone, session.clock.zone, HERE, ...ZONES].filter(Boolean))];
  return el('select', {
    class: 'zone', 'aria-label': 'Show times in the zone', 'data-testid': 'zone', 'data-key': 'zone', value: session.zone,
    onchange: (event) => {
      session.zone = event.currentTarget.value;
      localZoneChosen = true;
      remember('zone', session.zone);
      redraw();
    },
  }, offered.map((zone) => el('option', { value: zone, selected: zone === session.zone }, `${zone.split('/').pop().replaceAll('_', ' ')}${zone === 'UTC' ? '' : ` (${zoneName(at, zone)})`}`)));
}
