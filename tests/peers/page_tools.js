// What the tests of the page share: a browser, pages that note what goes wrong in them, and ways to read the wire.
'use strict';
const assert = require('node:assert');
const { chromium } = require('playwright-core');

/** How long anything may take, in milliseconds. Each wait is for a condition and ends as soon as it holds. */
const LIMIT = 30_000;

// Quiet: Chromium would look for updates, and nothing here may leave the machine.
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'].concat(
  ['--disable-background-networking', '--disable-component-update', '--disable-sync'],
);

const launch = (executablePath, more = []) =>
  chromium.launch({ executablePath, args: ARGUMENTS.concat(more), timeout: 60_000 });

/** The pages that are open, each with its `trouble`. */
const pages = [];

/**
 * Opens a page in a context of its own, as another person's browser would. Its `trouble` has what must not be: errors
 * on the console, exceptions, dialogs, violations of its policy, requests to other hosts. `allowed` is for the errors
 * that a test brings about.
 */
async function open(browser, url, { allowed = null, prepare = null, ...options } = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT);
  page.trouble = [];
  const note = (what) => allowed?.test(what) || page.trouble.push(what);
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && note(message.text()));
  page.on('pageerror', (error) => note(`exception: ${error}`));
  page.on('dialog', (dialog) => note(`dialog: ${dialog.message()}`) && dialog.dismiss());
  const { host } = new URL(url);
  const elsewhere = (asked) => /^(http|ws)s?:/.test(asked) && new URL(asked).host !== host;
  page.on('request', (request) => elsewhere(request.url()) && note(`asks another host: ${request.url()}`));
  page.on('websocket', (socket) => elsewhere(socket.url()) && note(`asks another host: ${socket.url()}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`policy: ${violatedDirective} forbids ${blockedURI}`);
    });
  });
  if (prepare) await page.addInitScript(prepare);
  await page.goto(url);
  pages.push(page);
  return page;
}

/** No page that a test has opened may have had trouble. */
function assertNoTrouble() {
  for (const page of pages) assert.deepStrictEqual(page.trouble, []);
}

/** Waits until a function of the page gives something true. */
const until = (page, condition, argument) => page.waitForFunction(condition, argument, { timeout: LIMIT });

/** Asks again and again until the answer is as it should be; the last one that was not is shown. */
async function eventually(ask, isRight, what) {
  const begin = Date.now();
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    assert.ok(Date.now() - begin < LIMIT, `${what}: ${JSON.stringify(answer)}`);
    await new Promise((again) => setTimeout(again, 50));
  }
}

/** Connects to an endpoint of the list and waits until the connection is open and its handshake is on the wire. */
async function connect(page, endpoint = '/ws') {
  await page.selectOption('#endpoint', { label: endpoint });
  await page.click('#connect');
  await isOpen(page);
  await page.locator('#wire .row[data-type=head][data-sender=server]').last().waitFor();
}

const isOpen = (page) => until(page, () => /^open/.test(document.querySelector('#state-words').textContent));

async function sendText(page, text) {
  await page.fill('#text', text);
  await page.click('#send-text');
}

/** The newest frame of a kind in the wire. */
const frame = (page, sender, name) =>
  page.locator(`#wire .row[data-type=frame][data-sender=${sender}][data-name=${name}]`).last();

/** A frame as it is drawn: its line, its first two bytes, each field's value and cells, the payload by columns. */
async function drawing(row) {
  await row.locator('.drawing').waitFor();
  return row.evaluate((row) => {
    const texts = (within, selector) => [...within.querySelectorAll(selector)].map((one) => one.textContent);
    const names = /^(FIN|RSV|opcode|MASK|length|extended length|masking key|payload) (.*)$/s;
    const fields = [...row.querySelectorAll('.field-cell')].map((cell) => {
      const [, name, value] = names.exec(cell.getAttribute('aria-label'));
      return [name, { value, bits: texts(cell, '.bit').join(''), bytes: texts(cell, '.octet-cell') }];
    });
    return {
      line: row.querySelector('.line-words').textContent,
      head: texts(row, '.caption > code'),
      fields: Object.fromEntries(fields),
      payload: texts(row, '.payload-byte').map((column) => column.split('\n')),
    };
  });
}

/** The JSON of an address of the server, asked from outside of the browser. */
async function json(url) {
  const answer = await fetch(url);
  assert.strictEqual(answer.status, 200, url);
  return answer.json();
}

module.exports = {
  LIMIT, assertNoTrouble, connect, drawing, eventually, frame, isOpen, json, launch, open, sendText, until,
};
