// Goes through the playground in a real browser, as a visitor would, and stops at the first thing that is not
// as expected:
//
//     node tests/browser/playground.mjs http://127.0.0.1:8080 [folder for pictures]
//
// The browser is $CHROMIUM or /usr/bin/chromium. playwright-core is fetched once into the cargo target folder.
// Ends with 0 when all went well, 1 when an expectation failed (with a sentence and a picture of the page), 2 when
// it was called wrongly, and 77 when it could not run because a tool is missing.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DISCORD_TEXTS, TEXTS } from './texts.mjs';

/** Everything that depends on the sample estate and on the bot's words. */
const STORY = {
  asker: 'ana',
  approver: 'ben',
  auditor: 'edda',
  asksIn: 'ops',
  cardIn: 'shop-ops',
  database: 'orders',
  target: '8.0.40',
  list: { say: '/rds list --outdated --project shop --env prod', shows: /^orders +mysql 8\.0\.35/m },
  form: { say: '/rds upgrade', title: /^rds upgrade$/, database: /^database/i, target: /^version/i, when: { label: /^when to start/i, value: 'sat 02:00' } },
  card: { shows: /orders: mysql 8\.0\.35 → 8\.0\.40/, waiting: /Waits for 1 approval of dba/ },
  reaction: 'white_check_mark',
  approved: /Approved\. Starts [\s\S]*approved by @Ben Chen/,
  done: /✅ Done\./,
  access: {
    asker: 'chloe',
    approver: 'ana',
    say: "/access grant --account shop-prod --permission-set DatabaseAdmin --for 2h --reason 'the checkout is slow'",
    card: /DatabaseAdmin/,
    waiting: /Waits for 1 approval of sre/,
    granted: /Running[\s\S]*(granted|has DatabaseAdmin|until)/i,
    who: { say: '/access who --account shop-prod', shows: /chloe/ },
    back: { say: '/access done' },
    ended: /✅ Done\./,
  },
  deployment: {
    approver: 'ana',
    cardIn: 'shop-ops',
    steps: { release: 'Somebody deploys', wait: 'It waits at a gate', finish: 'To its end' },
    moves: /checkout[\s\S]*Deployment \S+, blue\/green/,
    waits: /⏸️ checkout[\s\S]*waits at a pause hook/,
    gate: /checkout: go on with checkout:88\?/,
    waiting: /Waits for 1 approval of sre[\s\S]*then AWS rolls it back[\s\S]*BASKET_LIMIT/,
    goesOn: /✅ Done\. It goes on/,
    over: /✅ checkout[\s\S]*succeeded/,
  },
  alarm: {
    taker: 'ana',
    cardIn: 'shop-ops',
    steps: { fires: 'An alarm fires', climbs: 'Nobody takes it', resolve: 'Say how it was fixed', calm: 'All is well' },
    card: /ALR-\d+ · HighErrorRate/,
    open: /Nobody has taken it yet\. On call: (Ana Ruiz|Dana Okafor)[\s\S]*Runbook[\s\S]*Changed lately[\s\S]*checkout/,
    climbed: /ALR-\d+ critical · HighErrorRate needs somebody[\s\S]*🔔 @Ana Ruiz ALR-\d+ critical · HighErrorRate needs somebody/,
    reaction: 'eyes',
    taken: /👀 @Ana Ruiz has had it since/,
    resolved: /Resolved by @Ana Ruiz[\s\S]*BASKET_LIMIT[\s\S]*Its source has not said so yet/,
    over: /^(?![\s\S]*Its source has not said so yet)[\s\S]*Resolved by @Ana Ruiz/,
  },
  discord: {
    list: { say: '/rds list project:shop env:prod outdated:true', shows: /^Database +Version/m },
    complete: { typed: '/rds upgrade id:ord', offers: /^orders · mysql/ },
    form: { say: '/access onboard', title: /^access onboard$/ },
    open: /HighErrorRate[\s\S]*Nobody has taken it yet/,
    button: 'Acknowledge',
    onSlack: /HighErrorRate[\s\S]*👀 @Ana Ruiz has had it since/,
  },
  review: {
    asker: 'edda',
    starter: 'ana',
    say: "/access review --account media-prod --until 'in 3 hours'",
    cardIn: 'media-ops',
    card: /Review who has access to media-prod: 6 rows/,
    open: 'Go through the rows',
    rows: /6 of 6 rows unanswered/,
    keeps: { row: /group finance: Billing/, said: /Row 1 \(group finance: Billing\) stays/ },
    removes: { row: /kim: DatabaseAdmin/, said: /Row 2 \(kim: DatabaseAdmin\) goes when the review ends/ },
    report: /✅ Done\. Of 6 rows: 1 kept, 1 removed, 4 unanswered/,
    left: { say: '/access who --account media-prod', shows: /Billing +gita/, without: /kim/ },
  },
  audit: { say: '/audit search --on orders', shows: /rds upgrade[^\n]*orders/ },
};

/** How the page marks its parts; see `data-testid` in `tests/standins/page`. */
const PAGE = {
  message: '[data-testid=message]',
  table: '[data-testid=table], .text pre',
  card: '[data-testid=card]',
  modal: '[data-testid=modal]',
  option: '[data-testid=option]',
  channel: (name) => `[data-testid=channel][data-name="${name}"]`,
  person: (name) => `[data-testid=person][data-name="${name}"]`,
  composer: '[data-testid=composer-input]',
};

const PLAYWRIGHT = '1.65.1';
const PATIENCE_MS = 20_000;
/** How often the clock is moved before the upgrade must have ended, and how long the bot may take each time. */
const CLOCK_MOVES = 40;
const SETTLE_MS = 1500;

class Unmet extends Error {}

const [base, named] = process.argv.slice(2);
if (!base) leave(2, 'Say which playground to go through: node tests/browser/playground.mjs http://127.0.0.1:8080 [folder for pictures]');
/** Where playwright-core and, unless another folder is named, the pictures are kept. */
const place = resolve(process.env.CARGO_TARGET_DIR || join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'target'), 'browser');
const pictures = named ?? join(place, 'pictures');
mkdirSync(pictures, { recursive: true });

const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
if (!existsSync(executablePath)) leave(77, `The browser test did not run: there is no Chromium at ${executablePath}. Install one, or name it in CHROMIUM.`);
const { chromium } = playwright();

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'] });
const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', colorScheme: 'light', reducedMotion: 'reduce' });
const page = await context.newPage();
page.setDefaultTimeout(PATIENCE_MS);
const broken = [];
page.on('pageerror', (error) => broken.push(error.message));

let stage = 0;
let expecting = '';
try {
  await walk();
  if (broken.length) throw new Unmet(`the page's own code broke: ${broken[0]}`);
  console.log(`The playground was gone through in ${stage} stages; their pictures are in ${resolve(pictures)}.`);
} catch (problem) {
  await page.screenshot({ path: join(pictures, 'failed.png') }).catch(() => {});
  const detail = problem instanceof Unmet ? problem.message : `${expecting}\n  (${problem.message.split('\n')[0]})`;
  console.error(`Expected: ${detail}\n  The page as it was then: ${resolve(pictures, 'failed.png')}${broken.length ? `\n  The page's own code broke: ${broken[0]}` : ''}`);
  process.exitCode = 1;
} finally {
  await browser.close();
}

async function walk() {
  await expect('the page opens and shows its channels', async () => {
    await page.goto(base);
    await page.locator(PAGE.channel(STORY.asksIn)).waitFor();
  });

  await expect('texts are drawn as Slack draws them', () => draws('/mrkdwn.js', 'mrkdwn', TEXTS));
  await expect('texts are drawn as Discord draws them', () => draws('/discord-markdown.js', 'markdown', DISCORD_TEXTS));

  await speakAs(STORY.asker);
  await open(STORY.asksIn);
  await picture('opened');

  const beforeList = await newest();
  await say(STORY.list.say);
  await expect(`“${STORY.list.say}” answers with a table that names ${STORY.database}`, () => arrives(beforeList, PAGE.table, STORY.list.shows));
  await picture('list');

  await say(STORY.form.say);
  await expect(`“${STORY.form.say}” opens a form`, () =>
    page.locator(PAGE.modal).filter({ has: page.getByTestId('modal-title').filter({ hasText: STORY.form.title }) }).waitFor());
  await pick(STORY.form.database, STORY.database);
  await pick(STORY.form.target, STORY.target);
  await fill(STORY.form.when.label, STORY.form.when.value);
  await picture('form');
  await expect('the form is accepted and closes', async () => {
    await page.getByTestId('modal-submit').click();
    await page.locator(PAGE.modal).waitFor({ state: 'detached' });
  });

  await open(STORY.cardIn);
  const stamp = await expect(`a card for ${STORY.database} appears in #${STORY.cardIn}`, () => arrives(beforeList, PAGE.card, STORY.card.shows));
  // From here on the card is known by its time stamp alone: what changes must be this message.
  const same = `[data-testid=messages] ${PAGE.message}[data-ts="${stamp}"]`;
  const card = page.locator(same);
  await expect('the card waits for approval', () => reads(same, STORY.card.waiting));
  await picture('card');

  await speakAs(STORY.approver);
  await reactTo(card);
  await expect(`the reaction of ${STORY.approver} approves the upgrade`, () => reads(same, STORY.approved));
  await picture('approved');

  await expect(`the card says that the upgrade is done, after at most ${CLOCK_MOVES} moves of the clock`, () => untilDone(same));
  await expect('the card is marked as edited', () => card.getByTestId('edited').waitFor());
  await picture('done');

  await expect('the card has a thread that tells what happened', async () => {
    await card.getByTestId('thread-open').click();
    await page.getByTestId('thread').locator(PAGE.message).nth(1).waitFor();
  });
  await picture('thread');
  await page.getByTestId('thread-close').click();

  const { access } = STORY;
  await speakAs(access.asker);
  await open(STORY.asksIn);
  const beforeGrant = await newest();
  await say(access.say);
  await open(STORY.cardIn);
  const grantStamp = await expect('a card for the access that was asked for appears', () => arrives(beforeGrant, PAGE.card, access.card));
  const sameGrant = `[data-testid=messages] ${PAGE.message}[data-ts="${grantStamp}"]`;
  await expect('it waits for approval', () => reads(sameGrant, access.waiting));
  await speakAs(access.approver);
  const grant = page.locator(sameGrant);
  await grant.getByRole('button', { name: 'Approve' }).click();
  await expect('access is granted once AWS confirmed it', () => untilReads(sameGrant, access.granted));
  await picture('granted');
  await open(STORY.asksIn);
  const beforeWho = await newest();
  await say(access.who.say);
  await expect(`“${access.who.say}” names whoever may enter`, () => arrives(beforeWho, PAGE.table, access.who.shows));
  await picture('who');
  await speakAs(access.asker);
  await open(STORY.asksIn);
  await say(access.back.say);
  await open(STORY.cardIn);
  await expect('access that was handed back ends', () => untilReads(sameGrant, access.ended));
  await picture('handed-back');

  const { deployment } = STORY;
  await speakAs(deployment.approver);
  await open(deployment.cardIn);
  const beforeRelease = await newest();
  await tourDoes(deployment.steps.release);
  const movingStamp = await expect('a deployment that nobody told the bot about appears', () => arrives(beforeRelease, PAGE.card, deployment.moves));
  const sameDeployment = `[data-testid=messages] ${PAGE.message}[data-ts="${movingStamp}"]`;
  await picture('deployment');
  await tourDoes(deployment.steps.wait);
  await expect('its one message moves with the clock until it waits', () => reads(sameDeployment, deployment.waits));
  const gateStamp = await expect('people are asked at its gate', () => arrives(movingStamp, PAGE.card, deployment.gate));
  const sameGate = `[data-testid=messages] ${PAGE.message}[data-ts="${gateStamp}"]`;
  await expect('the card says what is different and what happens without an answer', () => reads(sameGate, deployment.waiting));
  await picture('gate');
  await reactTo(page.locator(sameGate));
  await expect('the reaction lets it go on', () => untilReads(sameGate, deployment.goesOn));
  await picture('gate-approved');
  await tourDoes(deployment.steps.finish);
  await expect('its one message moves on until it is over', () => reads(sameDeployment, deployment.over, 3 * PATIENCE_MS));
  await page.locator(sameDeployment).evaluate((message) => message.scrollIntoView({ block: 'center' }));
  await picture('deployed');

  const { alarm } = STORY;
  await speakAs(alarm.taker);
  await open(alarm.cardIn);
  const beforeAlarm = await newest();
  await tourDoes(alarm.steps.fires);
  const alarmStamp = await expect('a card for the alarm appears', () => arrives(beforeAlarm, PAGE.card, alarm.card));
  const sameAlarm = `[data-testid=messages] ${PAGE.message}[data-ts="${alarmStamp}"]`;
  await expect('the card says that nobody has it, who is on call, what to do and what changed lately', () => reads(sameAlarm, alarm.open));
  await picture('alarm');
  await tourDoes(alarm.steps.climbs);
  await expect('it climbs while nobody takes it', () => reads('[data-testid=thread]', alarm.climbed));
  await reactTo(page.locator(sameAlarm), alarm.reaction);
  await expect('the card says who has it', () => reads(sameAlarm, alarm.taken));
  await picture('alarm-taken');
  await tourDoes(alarm.steps.resolve);
  await expect('the card says how it was fixed', () => reads(sameAlarm, alarm.resolved));
  await tourDoes(alarm.steps.calm);
  await expect('its source agrees', () => reads(sameAlarm, alarm.over));
  await picture('alarm-over');

  await walkDiscord();

  const { review } = STORY;
  await speakAs(review.starter);
  await open(STORY.asksIn);
  await say(review.say);
  await open(review.cardIn);
  const reviewStamp = await expect('a card for the review appears', () => arrives(0, PAGE.card, review.card));
  const sameReview = `[data-testid=messages] ${PAGE.message}[data-ts="${reviewStamp}"]`;
  await speakAs(review.asker);
  const beforeRows = await newest();
  await expect('the review can be gone through', () => page.locator(sameReview).getByRole('button', { name: review.open }).click());
  const rowsStamp = await expect('its rows appear, to whoever asked for them alone', () => arrives(beforeRows, '[data-testid=only-you]', review.rows));
  const rows = page.locator(`[data-testid=messages] ${PAGE.message}[data-ts="${rowsStamp}"]`);
  await picture('review');
  await answer(rows, review.keeps, 'Keep');
  await answer(rows, review.removes, 'Remove');
  await picture('review-answered');
  await expect('the review ends with what it was asked for, and nothing else', () => untilReads(sameReview, review.report));
  await page.locator(sameReview).scrollIntoViewIfNeeded();
  await picture('review-over');
  await open(STORY.asksIn);
  const beforeLeft = await newest();
  await say(review.left.say);
  const left = await expect('who was kept may enter', () => arrives(beforeLeft, PAGE.table, review.left.shows));
  const table = await page.locator(`${PAGE.message}[data-ts="${left}"]`).innerText();
  if (review.left.without.test(table)) throw new Unmet(`who was removed may not enter; the list says: ${table}`);

  await speakAs(STORY.auditor);
  await open(STORY.asksIn);
  const beforeAudit = await newest();
  await say(STORY.audit.say);
  await expect(`“${STORY.audit.say}” shows the upgrade of ${STORY.database}`, () => arrives(beforeAudit, PAGE.table, STORY.audit.shows));
  await picture('audit');

  await page.getByTestId('theme').click();
  await picture('dark');
  await page.setViewportSize({ width: 390, height: 844 });
  await expect('the page fits a telephone', async () => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > 390) throw new Unmet(`the page fits a telephone; it is ${wide} pixels wide`);
  });
  await picture('narrow');
}

/** Checks what a function of the page makes of texts. */
async function draws(module, name, texts) {
  const drawn = await page.evaluate(async ([from, draw, all]) => {
    const functions = await import(from);
    return all.map(([source]) => {
      const place = document.createElement('div');
      place.append(...functions[draw](source));
      return place.innerHTML;
    });
  }, [module, name, texts]);
  const wrong = texts.findIndex(([, markup], index) => drawn[index] !== markup);
  if (wrong >= 0) throw new Unmet(`${JSON.stringify(texts[wrong][0])} is drawn as ${texts[wrong][1]}; it became ${drawn[wrong]}`);
}

/** The same conversation on Discord: a list, a command completed, and an alarm that is taken there and shown on Slack. */
async function walkDiscord() {
  const { discord, alarm } = STORY;
  await speakAs(alarm.taker);
  await open(STORY.asksIn);
  await goTo('discord', alarm.taker, STORY.asksIn);
  const beforeList = await newest();
  await say(discord.list.say);
  await expect(`“${discord.list.say}” answers with a table`, () => arrives(beforeList, PAGE.table, discord.list.shows));
  await expect('the answer is for the asker alone, and can be put away', async () => {
    const answer = page.locator(PAGE.message).filter({ has: page.getByTestId('dismiss') }).last();
    await picture('discord-list');
    const stamp = await answer.getAttribute('data-ts');
    await answer.getByTestId('dismiss').click();
    await page.locator(`${PAGE.message}[data-ts="${stamp}"]`).waitFor({ state: 'detached' });
  });
  await expect(`“${discord.complete.typed}” is completed by the bot`, async () => {
    await page.locator(PAGE.composer).fill(discord.complete.typed);
    await page.getByTestId('suggestion').filter({ hasText: discord.complete.offers }).first().waitFor();
    await picture('discord-completed');
    await page.locator(PAGE.composer).fill('');
  });
  await say(discord.form.say);
  await expect(`“${discord.form.say}” opens a form, which can be closed`, async () => {
    await page.locator(PAGE.modal).filter({ has: page.getByTestId('modal-title').filter({ hasText: discord.form.title }) }).waitFor();
    await picture('discord-form');
    await page.getByTestId('modal-close').click();
    await page.locator(PAGE.modal).waitFor({ state: 'detached' });
  });
  await open(alarm.cardIn);
  await tourDoes(alarm.steps.fires, 'tour-back');
  const stamp = await expect('the alarm has a card on Discord', () => arrives(0, '[data-testid=message-text]', discord.open));
  const card = page.locator(`[data-testid=messages] ${PAGE.message}[data-ts="${stamp}"]`);
  await expect('a button takes it', () => card.getByRole('button', { name: discord.button }).click());
  await expect('the card on Discord says who has it', () => reads(`[data-testid=messages] ${PAGE.message}[data-ts="${stamp}"]`, alarm.taken));
  await card.evaluate((message) => message.scrollIntoView({ block: 'center' }));
  await picture('discord-taken');
  await goTo('slack', alarm.taker, alarm.cardIn);
  await expect('the card on Slack says so too', () => arrives(0, PAGE.card, discord.onSlack));
  await picture('taken-on-slack');
  await tourDoes(alarm.steps.calm);
}

/** Shows the other chat, and expects the same person in the channel of the same name there. */
async function goTo(chat, person, channel) {
  await expect(`one can go over to ${chat}, as the same person and in the same channel`, async () => {
    await page.locator(`[data-testid=chat][data-name=${chat}]`).click();
    await page.locator(`html[data-chat=${chat}]`).waitFor();
    await page.locator(`${PAGE.person(person)}[aria-checked=true]`).waitFor();
    await page.locator(`${PAGE.channel(channel)}[aria-current=page]`).waitFor();
  });
}

/** Goes on (or, with `tour-back`, back) in the tour to the step of that title, and has it done. */
async function tourDoes(title, way = 'tour-next') {
  await expect(`the tour has a step “${title}” and does it`, async () => {
    while ((await page.getByTestId('tour-title').innerText()) !== title) await page.getByTestId(way).click();
    await page.locator('[data-testid=tour-do]:not([aria-busy=true])').click();
  });
}

/** Reacts to a card with an emoji: the approving one, if no other is named. */
async function reactTo(card, reaction = STORY.reaction) {
  await expect(`one can react with ${reaction}`, async () => {
    await card.hover();
    await card.getByTestId('reaction-open').click();
    await page.locator(`[data-testid=reaction-choice][data-name="${reaction}"]`).click();
    await card.locator(`[data-testid=reaction][data-name="${reaction}"]`).waitFor();
  });
}

/** Moves the clock on until the upgrade's card says that it is done. */
async function untilDone(selector) {
  await untilReads(selector, STORY.done);
}

/** Moves the clock on until a card reads so; each move waits for the page to show the new time. */
async function untilReads(selector, words) {
  for (let move = 0; move < CLOCK_MOVES; move += 1) {
    const before = await page.getByTestId('clock-now').getAttribute('data-now');
    const next = page.getByTestId('clock-next');
    await ((await next.isEnabled()) ? next : page.getByTestId('clock-ten-minutes')).click();
    await page.locator(`[data-testid=clock-now]:not([data-now="${before}"])`).waitFor();
    const done = await reads(selector, words, SETTLE_MS).then(() => true, () => false);
    if (done) return;
  }
  throw new Unmet(`${expecting}; it says: ${(await page.locator(selector).innerText()).replace(/\s+/g, ' ').slice(0, 300)}`);
}

/** The time stamp of the newest message in sight, as a number. */
async function newest() {
  return page.$$eval(PAGE.message, (all) => Math.max(0, ...all.map((each) => Number(each.dataset.ts))));
}

/** Waits for a message newer than `after` that holds such a part and reads so; gives its time stamp. */
async function arrives(after, part, pattern) {
  const found = await page.waitForFunction(([message, since, inside, source, flags]) => [...document.querySelectorAll(message)]
    .findLast((each) => Number(each.dataset.ts) > since && each.querySelector(inside) && new RegExp(source, flags).test(each.innerText))?.dataset.ts,
  [PAGE.message, after, part, pattern.source, pattern.flags]);
  return found.jsonValue();
}

/** Waits until a part of the page reads so, as a person sees it: line by line. */
async function reads(selector, pattern, timeout = PATIENCE_MS) {
  await page.waitForFunction(([wanted, source, flags]) => new RegExp(source, flags).test(document.querySelector(wanted)?.innerText ?? ''),
    [selector, pattern.source, pattern.flags], { timeout });
}

async function speakAs(name) {
  await expect(`one can speak as ${name}`, async () => {
    await page.locator(PAGE.person(name)).click();
    await page.locator(`${PAGE.person(name)}[aria-checked=true]`).waitFor();
  });
}

async function open(name) {
  await expect(`#${name} can be opened`, async () => {
    await page.locator(PAGE.channel(name)).click();
    await page.getByTestId('channel-title').filter({ hasText: name }).waitFor();
  });
}

async function say(text) {
  await expect(`“${text}” can be sent`, async () => {
    await page.locator(PAGE.composer).fill(text);
    await page.getByTestId('composer-input-send').click();
    await page.waitForFunction((selector) => document.querySelector(selector).value === '', PAGE.composer);
  });
}

/** Presses a button under a row of a list, and waits until the bot has said what becomes of the row. */
async function answer(list, { row, said }, button) {
  await expect(`“${button}” can be pressed for ${row}`, () =>
    list.locator('.block').filter({ hasText: row }).locator('xpath=following-sibling::*[1]').getByRole('button', { name: button }).click());
  await expect(`what becomes of ${row} is said`, () => arrives(0, '[data-testid=only-you]', said));
}

/** Picks an entry of the form's menu whose label matches, by typing what is wanted. */
async function pick(label, value) {
  await expect(`the form offers ${value} under ${label}`, async () => {
    const block = page.locator(`${PAGE.modal} .block`).filter({ has: page.locator('.label').filter({ hasText: label }) });
    await block.getByTestId('picker-input').click();
    await block.getByTestId('picker-input').fill(value);
    await page.locator(PAGE.option).filter({ hasText: value }).first().click();
    await page.waitForFunction(([input, wanted]) => input.value.includes(wanted), [await block.getByTestId('picker-input').elementHandle(), value]);
  });
}

/** Writes into the form's field whose label matches. */
async function fill(label, value) {
  await expect(`the form takes “${value}” under ${label}`, () =>
    page.locator(`${PAGE.modal} .block`).filter({ has: page.locator('.label').filter({ hasText: label }) }).locator('input').fill(value));
}

/** Does one thing; what was expected of it is said when it fails. */
async function expect(sentence, deed) {
  expecting = sentence;
  return deed();
}

async function picture(name) {
  stage += 1;
  await page.screenshot({ path: join(pictures, `${String(stage).padStart(2, '0')}-${name}.png`), animations: 'disabled' });
}

/** The browser driver, fetched on first use. */
function playwright() {
  try {
    if (!existsSync(join(place, 'node_modules', 'playwright-core'))) {
      mkdirSync(place, { recursive: true });
      execFileSync('npm', ['install', '--prefix', place, '--no-save', '--no-audit', '--no-fund', '--silent', '--fetch-retries=0', '--fetch-timeout=30000', `playwright-core@${PLAYWRIGHT}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    }
    return createRequire(join(place, 'package.json'))('playwright-core');
  } catch (problem) {
    return leave(77, `The browser test did not run: playwright-core could not be fetched with npm into ${place}. ${problem.message.split('\n')[0]}`);
  }
}

function leave(code, sentence) {
  console.error(sentence);
  process.exit(code);
}
