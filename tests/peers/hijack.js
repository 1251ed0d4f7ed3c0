// Chromium, and a page that opens a WebSocket to somebody else's server: node hijack.js CHROMIUM ELSEWHERE ANY NARROW
// The three are ports: that of a stranger's page, and those of a server that lets in any origin and of one that does not.
// Prints `ok CASE` for each case that holds; the first that does not ends the run with an error.
'use strict';
const assert = require('node:assert');
const { launch, LIMIT } = require('./page_tools.js');

const [executablePath, elsewhere, any, narrow] = process.argv.slice(2);

// These run inside a page.
const remember = (cookie) => {
  document.cookie = cookie;
};
const read = (url) => fetch(url, { credentials: 'include' }).then((answer) => answer.text(), (error) => error.name);
// The first message of a WebSocket, or how it ended without one.
const open = (url) =>
  new Promise((told) => {
    const ws = new WebSocket(url);
    ws.addEventListener('message', ({ data }) => told(JSON.parse(data).request_as_it_arrived));
    ws.addEventListener('close', ({ code, reason }) => told({ code, reason }));
  });

const field = (head, name) => head.find((line) => line.toLowerCase().startsWith(`${name}: `))?.slice(name.length + 2);

// Somebody visits a server and gets a cookie there. Then, in another tab, they open a stranger's page.
async function visit(browser, cookie, stranger) {
  const context = await browser.newContext();
  context.setDefaultTimeout(LIMIT);
  const own = await context.newPage();
  await own.goto(`http://127.0.0.1:${any}/healthz`);
  await own.evaluate(remember, cookie);
  const page = await context.newPage();
  await page.goto(`http://${stranger}:${elsewhere}/healthz`);
  return page;
}

const cases = {
  // Another port is another origin and the same site: no SameSite holds the cookie back. The page may not read by fetch.
  async 'another-origin'(browser) {
    const page = await visit(browser, 'session=1234; SameSite=Strict', '127.0.0.1');
    assert.strictEqual(await page.evaluate(read, `http://127.0.0.1:${any}/healthz`), 'TypeError');
    const head = await page.evaluate(open, `ws://127.0.0.1:${any}/ws?inspect=1`);
    assert.strictEqual(field(head, 'origin'), `http://127.0.0.1:${elsewhere}`);
    assert.strictEqual(field(head, 'cookie'), '*'.repeat('session=1234'.length));
  },
  // Another host is another site: a cookie without a mark stays at home, the WebSocket is opened all the same.
  async 'another-site'(browser) {
    const page = await visit(browser, 'session=1234', 'localhost');
    const head = await page.evaluate(open, `ws://127.0.0.1:${any}/ws?inspect=1`);
    assert.strictEqual(field(head, 'origin'), `http://localhost:${elsewhere}`);
    assert.strictEqual(field(head, 'cookie'), undefined);
  },
  // The server looks at Origin. The page learns that it failed, and not why.
  async refused(browser) {
    const page = await visit(browser, 'session=1234', '127.0.0.1');
    const ended = await page.evaluate(open, `ws://127.0.0.1:${narrow}/ws?inspect=1`);
    assert.deepStrictEqual(ended, { code: 1006, reason: '' });
  },
};

(async () => {
  const browser = await launch(executablePath);
  try {
    for (const [name, hold] of Object.entries(cases)) {
      await hold(browser);
      console.log(`ok ${name}`);
    }
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
