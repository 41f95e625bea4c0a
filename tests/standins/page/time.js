// Times as people read them: in the reader's zone, by the world's clock rather than this machine's.

const formats = new Map();

function format(ms, options, zone) {
  const key = JSON.stringify([options, zone]);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone }));
  return formats.get(key).format(new Date(ms)).replace(',', '');
}

/** `14:05` */
export const clockTime = (ms, zone) => format(ms, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, zone);
/** `Sat 6 Jun` */
export const shortDay = (ms, zone) => format(ms, { weekday: 'short', day: 'numeric', month: 'short' }, zone);
/** `Saturday 6 June 2026 at 14:05` */
export const longTime = (ms, zone) => `${format(ms, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }, zone)
  .replace(' at', '')} at ${clockTime(ms, zone)}`;

/** Year, month, day, hour and minute on the wall of a zone. */
function wall(ms, zone) {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
  }).formatToParts(new Date(ms));
  const read = (type) => parts.find((part) => part.type === type).value;
  return { date: `${read('year')}-${read('month')}-${read('day')}`, time: `${read('hour')}:${read('minute')}` };
}

/** The day in a zone as `2026-06-06`, for telling days apart. */
export const dayOf = (ms, zone) => wall(ms, zone).date;
/** The moment as a `datetime-local` field wants it, in a zone. */
export const toLocalField = (ms, zone) => `${wall(ms, zone).date}T${wall(ms, zone).time}`;

/** Milliseconds of a `2026-06-06T02:00` on the wall of a zone; in a gap of daylight saving, just after it. */
export function fromLocalField(text, zone) {
  const asUtc = Date.parse(`${text}:00Z`);
  let guess = asUtc;
  for (let round = 0; round < 2; round += 1) {
    guess += asUtc - Date.parse(`${toLocalField(guess, zone)}:00Z`);
  }
  return guess;
}

/** The next Saturday, 02:00 on the wall of a zone, strictly after `now`. */
export function nextSaturdayNight(now, zone) {
  for (let day = 0; day <= 8; day += 1) {
    const noon = Date.parse(`${dayOf(now, zone)}T12:00:00Z`) + day * 86_400_000;
    const date = new Date(noon);
    const at = fromLocalField(`${date.toISOString().slice(0, 10)}T02:00`, zone);
    if (date.getUTCDay() === 6 && at > now) return at;
  }
  return now;
}

/** How far away a moment is: `in 3 days`, `2 h ago`. */
export function distance(ms, now) {
  const minutes = Math.round(Math.abs(ms - now) / 60_000);
  if (minutes < 1) return 'now';
  const amount = minutes < 90 ? `${minutes} min` : minutes < 36 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} days`;
  return ms > now ? `in ${amount}` : `${amount} ago`;
}

/** The name of a day near `now`, or nothing. */
export function nearDay(ms, now, zone) {
  const steps = Math.round((Date.parse(dayOf(ms, zone)) - Date.parse(dayOf(now, zone))) / 86_400_000);
  return { '-1': 'yesterday', 0: 'today', 1: 'tomorrow' }[steps];
}

/** Fills the placeholders of Slack's `<!date^…>` format, as its page "Formatting text for app surfaces" lists them. */
export function slackDate(unix, pattern, now, zone) {
  const ms = unix * 1000;
  const date = (options) => format(ms, options, zone);
  const short = { day: 'numeric', month: 'short', year: 'numeric' };
  const plain = { day: 'numeric', month: 'long', year: 'numeric' };
  const long = { weekday: 'long', ...plain };
  const near = nearDay(ms, now, zone);
  const values = {
    date_num: () => dayOf(ms, zone),
    date_slash: () => dayOf(ms, zone).replaceAll('-', '/'),
    date: () => date(plain),
    date_short: () => date(short),
    date_long: () => date(long),
    date_pretty: () => near ?? date(plain),
    date_short_pretty: () => near ?? date(short),
    date_long_pretty: () => near ?? date(long),
    day_divider_pretty: () => near ?? date(long),
    time: () => clockTime(ms, zone),
    time_secs: () => format(ms, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }, zone),
    ago: () => distance(ms, now),
  };
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => values[name]?.() ?? whole);
}

/** A short name of a zone at a moment, such as `UTC`, `GMT+8`. */
export function zoneName(ms, zone) {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'short' }).formatToParts(new Date(ms));
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
}
