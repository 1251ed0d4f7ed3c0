// Pictures of the page for the documents: node page_pictures.js CHROMIUM http://127.0.0.1:PORT/ FOLDER
// The server runs with `--tick off`. Keys and times differ from run to run; the conversation and the layout do not.
'use strict';
const { connect, frame, launch, open, sendText, until } = require('./page_tools.js');

const [executablePath, url, folder] = process.argv.slice(2);
/** What a reader has, whatever port the test's server was given. */
const HOME = 'http://localhost:8080/';
const arguments_ = [`--host-resolver-rules=MAP localhost:8080 ${new URL(url).host}`, '--hide-scrollbars'];

const take = (page, name) => page.screenshot({ path: `${folder}/page-${name}.png`, animations: 'disabled' });

/** RFC 6455 s5.7 as it is said today, with the masking key pointed at. */
async function conversation(page) {
  await connect(page);
  await sendText(page, 'Hello');
  await frame(page, 'server', 'text').locator('.drawing').waitFor();
  const key = frame(page, 'client', 'text').getByRole('img', { name: /^masking key/ });
  await key.hover();
  await page.locator('#detail').filter({ hasText: 'masking key' }).waitFor();
}

/** The four transports where they differ most: events that are rare beside the looks for them. */
async function transports(page) {
  await page.click('#tab-transports');
  await page.selectOption('#poll-interval', '200');
  await page.selectOption('#publish-rate', '1000');
  await page.click('#transports-start');
  await until(page, () => {
    const cells = [...document.querySelectorAll('[data-transport] [data-figure=events]')];
    return cells.length === 4 && cells.every((cell) => Number(cell.dataset.value) >= 15);
  });
}

(async () => {
  const browser = await launch(executablePath, arguments_);
  try {
    for (const colorScheme of ['light', 'dark']) {
      const page = await open(browser, HOME, { colorScheme, viewport: { width: 1280, height: 900 } });
      await conversation(page);
      await take(page, colorScheme);
      if (colorScheme === 'light') {
        await page.setViewportSize({ width: 1280, height: 1400 });
        await transports(page);
        await take(page, 'transports');
      }
    }
    const narrow = await open(browser, HOME, { viewport: { width: 360, height: 760 }, deviceScaleFactor: 2 });
    await conversation(narrow);
    await narrow.locator('#wire-title').scrollIntoViewIfNeeded();
    await take(narrow, 'narrow');
  } finally {
    await browser.close();
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
