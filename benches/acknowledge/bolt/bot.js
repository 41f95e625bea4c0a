// A Bolt bot as its documentation shows it: Bolt verifies the signature, the bot looks up who asks and whether they may,
// writes one durable row, and acknowledges. It answers nothing.
//
// SLACK_SIGNING_SECRET, PORT, DATABASE come from the environment.
'use strict';

const { App, HTTPReceiver, LogLevel } = require('@slack/bolt');
const Database = require('better-sqlite3');

const database = new Database(process.env.DATABASE);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(
  'CREATE TABLE IF NOT EXISTS audit (number INTEGER PRIMARY KEY, once TEXT UNIQUE, at TEXT, person TEXT, account TEXT, ' +
    'channel TEXT, action TEXT, args TEXT)',
);
const insert = database.prepare(
  'INSERT INTO audit (once, at, person, account, channel, action, args) VALUES (?, ?, ?, ?, ?, ?, ?)',
);

const people = new Map([['U024BE7LH', { id: 'ana', groups: ['sre', 'dba'] }]]);
const allowed = new Map([['/change list', ['sre', 'auditors']]]);

const receiver = new HTTPReceiver({
  signingSecret: process.env.SLACK_SIGNING_SECRET,
  endpoints: '/slack/commands',
  logLevel: LogLevel.ERROR,
});
const app = new App({
  receiver,
  logLevel: LogLevel.ERROR,
  authorize: async () => ({ botToken: 'xoxb-bench', botId: 'B1', botUserId: 'U1' }),
});

app.command('/change', async ({ command, ack }) => {
  const person = people.get(command.user_id);
  const action = `${command.command} ${command.text.split(' ')[0]}`;
  if (!person || !(allowed.get(action) ?? []).some((group) => person.groups.includes(group))) {
    await ack('You may not run that.');
    return;
  }
  insert.run(
    command.trigger_id, new Date().toISOString(), person.id, command.user_id, command.channel_id, action, command.text,
  );
  await ack();
});

process.on('SIGTERM', () => {
  console.log(`Bolt has ${database.prepare('SELECT count(*) AS rows FROM audit').get().rows} rows`);
  process.exit(0);
});

app.start({ port: Number(process.env.PORT), host: '127.0.0.1' }).catch((error) => {
  console.error(error);
  process.exit(1);
});
