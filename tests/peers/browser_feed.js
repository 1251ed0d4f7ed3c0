// Chromium as a reader of the feed: node browser_feed.js CHROMIUM CASE ARGUMENT...
// Prints `ok CASE` when the case holds; otherwise it ends with an error. Where the test has something to do meanwhile, it
// prints a line that says so.
'use strict';
const assert = require('node:assert');
const net = require('node:net');
const { chromium } = require('playwright-core');

const [executablePath, name, ...parameters] = process.argv.slice(2);
// Quiet: Chromium would look for updates, and nothing here may leave the machine.
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'].concat(
  ['--disable-background-networking', '--disable-component-update', '--disable-sync'],
);
const LIMIT = 30_000;

// Something that stands between the page and its server, and cuts the line when it is told to.
async function middle(port) {
  const seen = { heads: [], sockets: new Set() };
  const server = net.createServer((client) => {
    const there = net.connect(port, '127.0.0.1');
    seen.sockets.add(client);
    client.on('data', (bytes) => seen.heads.push(bytes.toString('latin1')));
    for (const [from, to] of [[client, there], [there, client]]) {
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
    client.on('close', () => seen.sockets.delete(client) && there.destroy());
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  seen.port = server.address().port;
  seen.cut = () => seen.sockets.forEach((socket) => socket.resetAndDestroy());
  seen.end = () => server.close();
  return seen;
}

// Begins to collect what an EventSource brings, in the page.
function follow(url) {
  const source = new EventSource(url);
  window.source = source;
  window.seen = [];
  window.errors = [];
  source.onmessage = (event) => seen.push({ id: event.lastEventId, ...JSON.parse(event.data) });
  for (const kind of ['gap', 'reset']) {
    source.addEventListener(kind, (event) => seen.push({ [kind]: JSON.parse(event.data), id: event.lastEventId }));
  }
  source.onerror = () => errors.push(source.readyState);
}

async function until(page, condition, argument) {
  await page.waitForFunction(condition, argument, { timeout: LIMIT });
}

function inOrder(events) {
  events.forEach((event, i) => assert.strictEqual(event.id, i + 1));
}

const cases = {
  // The line is cut again and again; nothing is missing and nothing comes twice.
  async 'cut-lines'(page, port) {
    const line = await middle(Number(port));
    await page.goto(`http://127.0.0.1:${line.port}/`);
    await page.evaluate(follow, '/feed/stream?after=0');
    for (let cuts = 1; cuts <= 3; cuts += 1) {
      const has = await page.evaluate(() => seen.length);
      await until(page, (before) => seen.length > before + 5, has);
      line.cut();
      await until(page, (count) => errors.length >= count, cuts);
    }
    const has = await page.evaluate(() => seen.length);
    await until(page, (before) => seen.length > before + 5, has);
    inOrder(await page.evaluate(() => seen));
    const named = line.heads.map((head) => /^last-event-id: (\d+)\r$/im.exec(head)).filter(Boolean);
    assert.ok(named.length >= 3, `it came back with a number: ${named}`);
    await page.evaluate(() => source.close());
    line.end();
  },
  // The server is killed, then stopped, and each time started again on its port, with a new and shorter log.
  async restart(page, port) {
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.evaluate(follow, '/feed/stream?after=0');
    for (const [how, count] of Object.entries({ kill: 5, stop: 3 })) {
      await until(page, (count) => seen.length === count, count);
      inOrder(await page.evaluate(() => seen.splice(0)));
      console.log(`please ${how}`);
      await until(page, () => seen.length > 0);
      const { reset, id } = await page.evaluate(() => seen.shift());
      assert.strictEqual(reset.after, count);
      assert.ok(reset.last < count);
      assert.strictEqual(id, '0');
    }
    assert.deepStrictEqual([...new Set(await page.evaluate(() => errors))], [0], 'it was connecting all the time');
    await until(page, () => seen.length === 1);
    inOrder(await page.evaluate(() => seen));
  },
  // A page of one server reads the feed of another that lets it, by all four transports, and publishes there.
  async allowed(page, home, feed) {
    await page.goto(home);
    assert.deepStrictEqual(
      await page.evaluate(async (feed) => {
        const poll = await fetch(`${feed}/feed/poll?after=0`);
        const held = await fetch(`${feed}/feed/long-poll?after=0`);
        const plain = await fetch(`${feed}/feed`, { method: 'POST', body: 'plain' });
        // Not what a form could send, so there is a preflight.
        const headers = { 'Content-Type': 'application/json' };
        const asked = await fetch(`${feed}/feed`, { method: 'POST', body: '"asked"', headers });
        const wrong = await fetch(`${feed}/feed/poll?after=x`);
        const ids = [await poll.json(), await held.json()].map(([event]) => event.id);
        const texts = [await plain.json(), await asked.json()].map(({ text }) => text);
        return [poll.headers.get('Feed-Last-Id'), ids, texts, wrong.status, (await wrong.text()).includes('after=41')];
      }, feed),
      ['1', [1, 1], ['plain', '"asked"'], 400, true],
    );
    await page.evaluate(follow, `${feed}/feed/stream?after=0`);
    await until(page, () => seen.length === 3);
    inOrder(await page.evaluate(() => seen));
    const first = await page.evaluate((url) => {
      const ws = new WebSocket(url);
      return new Promise((done) => (ws.onmessage = (event) => done(JSON.parse(event.data).id)));
    }, `${feed.replace('http', 'ws')}/feed/ws?after=0`);
    assert.strictEqual(first, 1);
  },
  // Another that does not say so. What HTTP brought the page may not read; what it sent has come all the same; and a
  // WebSocket has no such rule.
  async 'not-allowed'(page, home, feed) {
    await page.goto(home);
    const failed = await page.evaluate(async (feed) => {
      const requests = [
        [`${feed}/feed/poll?after=0`],
        [`${feed}/feed`, { method: 'POST', body: 'unread' }],
        [`${feed}/feed`, { method: 'POST', body: '1', headers: { 'Content-Type': 'application/json' } }],
      ];
      const results = await Promise.allSettled(requests.map((request) => fetch(...request)));
      return results.map(({ status }) => status);
    }, feed);
    assert.deepStrictEqual(failed, ['rejected', 'rejected', 'rejected']);
    await page.evaluate(follow, `${feed}/feed/stream?after=0`);
    await until(page, () => errors.length > 0);
    // Closed: it does not even come back.
    assert.deepStrictEqual(await page.evaluate(() => [seen.length, errors[0]]), [0, 2]);
    const texts = await page.evaluate((url) => {
      const [ws, texts] = [new WebSocket(url), []];
      return new Promise((done) => {
        ws.onmessage = (event) => texts.push(JSON.parse(event.data).text) === 2 && done(texts);
      });
    }, `${feed.replace('http', 'ws')}/feed/ws?after=0`);
    assert.deepStrictEqual(texts, ['one', 'unread']);
  },
  // A third one, which looks at the Origin itself.
  async foreign(page, home, feed) {
    await page.goto(home);
    const answers = await page.evaluate(async (feed) => {
      const ws = new WebSocket(`${feed.replace('http', 'ws')}/feed/ws`);
      const opened = await new Promise((done) => {
        ws.onopen = () => done('open');
        ws.onerror = () => done('refused');
      });
      const posted = await fetch(`${feed}/feed`, { method: 'POST', body: 'no' });
      const poll = await fetch(`${feed}/feed/poll`);
      return [opened, posted.status, poll.headers.get('Feed-Last-Id')];
    }, feed);
    assert.deepStrictEqual(answers, ['refused', 403, '0']);
  },
};

(async () => {
  const browser = await chromium.launch({ executablePath, args, timeout: 60_000 });
  try {
    // The page of ws101 may talk to its own server alone. What is tried here is what the other server lets it do.
    await cases[name](await browser.newPage({ bypassCSP: true }), ...parameters);
    console.log(`ok ${name}`);
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
