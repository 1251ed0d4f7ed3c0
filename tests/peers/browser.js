// Chromium as a client of ws101: node browser.js CHROMIUM http://127.0.0.1:PORT/
// Prints `ok CASE` for each case that holds; the first that does not ends the run with an error.
'use strict';
const assert = require('node:assert');
const { chromium } = require('playwright-core');

const [executablePath, url] = process.argv.slice(2);
// Quiet: Chromium would look for updates, and nothing here may leave the machine.
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'].concat(
  ['--disable-background-networking', '--disable-component-update', '--disable-sync'],
);

// Everything in `cases` runs inside the page.
const cases = {
  async text() {
    const ws = await connect();
    const answer = next(ws, 'message');
    ws.send('Hello, κόσμε');
    return (await answer).data === 'Hello, κόσμε';
  },
  async mebibyte() {
    const ws = await connect();
    ws.binaryType = 'arraybuffer';
    const sent = Uint8Array.from({ length: 1 << 20 }, (_, i) => i * 31);
    const answer = next(ws, 'message');
    ws.send(sent);
    const received = new Uint8Array((await answer).data);
    return received.length === sent.length && received.every((byte, i) => byte === sent[i]);
  },
  // The server echoes the code; a reason is for the one who reads it, and need not come back (s5.5.1).
  async close_4001() {
    const ws = await connect();
    const closed = next(ws, 'close');
    ws.close(4001, 'bye');
    const { wasClean, code } = await closed;
    return wasClean && code === 4001;
  },
  // A tab opens many connections to one host.
  async several() {
    const all = await Promise.all(Array.from({ length: 20 }, connect));
    const answers = all.map((ws) => next(ws, 'message'));
    all.forEach((ws, i) => ws.send(String(i)));
    const texts = (await Promise.all(answers)).map((event) => event.data);
    return texts.every((text, i) => text === String(i));
  },
};

// What the cases share, put into the page.
function tools() {
  window.next = (ws, name) =>
    new Promise((resolve, reject) => {
      ws.addEventListener(name, resolve, { once: true });
      ws.addEventListener('error', () => reject(new Error('the WebSocket failed')), { once: true });
      setTimeout(() => reject(new Error(`no ${name} event`)), 20_000);
    });
  window.connect = async () => {
    const ws = new WebSocket(`ws://${location.host}/ws`);
    await next(ws, 'open');
    return ws;
  };
}

async function run(page) {
  await page.goto(url);
  await page.evaluate(tools);
  for (const [name, body] of Object.entries(cases)) {
    assert.strictEqual(await page.evaluate(body), true, name);
    console.log(`ok ${name}`);
  }
}

(async () => {
  const browser = await chromium.launch({ executablePath, args, timeout: 60_000 });
  try {
    await run(await browser.newPage());
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
