// The page in Firefox, which has a WebSocket, an EventSource and a policy of its own: node page_firefox.js FIREFOX URL
// Prints `ok firefox`, or ends with an error. puppeteer-core speaks WebDriver BiDi, which Firefox understands as it is.
'use strict';
const assert = require('node:assert');
const puppeteer = require('puppeteer-core');

const LIMIT = 30_000;
const [executablePath, url] = process.argv.slice(2);

/** Opens the page. `trouble` has what its console and its policy complain of. */
async function open(browser) {
  const page = await browser.newPage();
  page.setDefaultTimeout(LIMIT);
  const trouble = [];
  page.on('console', (message) => ['error', 'warn'].includes(message.type()) && trouble.push(message.text()));
  page.on('pageerror', (error) => trouble.push(String(error)));
  await page.evaluateOnNewDocument(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      console.error(`policy: ${violatedDirective} forbids ${blockedURI}`);
    });
  });
  await page.goto(url);
  return { page, trouble };
}

/** The frame as sent, its key and what was meant, column by column, from the drawing. */
const payload = (page) =>
  page.$$eval('#wire .row[data-sender=client][data-name=text] .payload-byte', (columns) =>
    columns.map((column) => column.textContent.split('\n')));

async function hello(page) {
  await page.click('#connect');
  await page.waitForSelector('#wire .row[data-type=head][data-sender=server]');
  await page.$eval('#text', (field) => { field.value = 'Hello'; });
  await page.click('#send-text');
  await page.waitForSelector('#wire .row[data-sender=server][data-name=text] .drawing');
  const columns = await payload(page);
  assert.strictEqual(columns.map(([, , , sign]) => sign).join(''), 'Hello');
  for (const [sent, key, plain] of columns.map((column) => column.slice(0, 3).map((byte) => parseInt(byte, 16)))) {
    assert.strictEqual(sent ^ key, plain);
  }
}

async function transports(page) {
  await page.click('#tab-transports');
  await page.click('#transports-start');
  await page.waitForFunction(() => {
    const cells = [...document.querySelectorAll('[data-transport] [data-figure=events]')];
    return cells.length === 4 && cells.every((cell) => Number(cell.dataset.value) > 10);
  });
  await page.click('#transports-start');
}

async function close(page) {
  await page.click('#tab-connection');
  await page.$eval('#close-code', (field) => { field.value = '4000'; });
  await page.click('#close');
  await page.waitForSelector('#wire .row[data-type=end]');
  await page.waitForFunction(() => document.querySelector('#ending').textContent.includes('from this page'));
  assert.match(await page.$eval('#ending', (ending) => ending.textContent), /^4000 an application's own/);
}

(async () => {
  const browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true, timeout: 60_000 });
  try {
    const { page, trouble } = await open(browser);
    await hello(page);
    await transports(page);
    await close(page);
    assert.deepStrictEqual(trouble, []);
    console.log('ok firefox');
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
