// Talking with the playground's server: requests, the stream of changes, and whether it is still there.

/** What the server answered when it did not do what was asked. */
export class Refused extends Error {}
/** The server could not be reached at all. */
export class Unreachable extends Error {}

async function request(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Unreachable('The playground does not answer. Is it still running?');
  }
  const text = await answer.text();
  let body = {};
  try {
    body = text ? JSON.parse(text) : {};
  } catch {
    if (answer.ok) throw new Refused(`The playground answered ${path} with something unreadable.`);
  }
  if (!answer.ok || body.ok === false && body.error) {
    throw new Refused(body.error || text.slice(0, 300) || `The playground answered ${answer.status}.`);
  }
  return body;
}

/** Reads JSON. */
export const get = (path) => request(path, { cache: 'no-store' });

/** Sends JSON and reads the answer. */
export const post = (path, body) =>
  request(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/**
 * Follows the events at `address()` for as long as the page is open. `onChange` is called at each change and after each
 * reconnection (something may have happened meanwhile); `onLost` when the line breaks, with the seconds to
 * the next try. Returns a function that tries again at once, also where
 * the address is another one now.
 */
export function follow({ address, onChange, onLost }) {
  let source;
  let timer;
  let pause = 1;

  const open = () => {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(address());
    source.onopen = () => {
      pause = 1;
      onChange();
    };
    source.onmessage = onChange;
    source.addEventListener('change', onChange);
    source.onerror = () => {
      source.close();
      onLost(pause);
      timer = setTimeout(open, pause * 1000);
      pause = Math.min(pause * 2, 10);
    };
  };
  open();
  return open;
}
