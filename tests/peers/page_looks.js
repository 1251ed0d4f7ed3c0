// Cases of how the page is used and seen: by keys alone, by a screen reader, on small and wide screens, in a flood.
'use strict';
const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { connect, eventually, frame, isOpen, open, sendText, until } = require('./page_tools.js');

const VIEWS = ['connection', 'transports', 'who'];

const show = async (page, view) => {
  await page.click(`#tab-${view}`);
  await page.locator(`#view-${view}`).waitFor();
};

/** All that the page has, with something in it: a conversation of several kinds, an open detail, figures, a table. */
async function furnish(page) {
  await connect(page);
  await sendText(page, 'Hello');
  await page.fill('#size-number', '300');
  await page.click('#send-size');
  await page.fill('#hex', '00 ff'.repeat(60));
  await page.click('#send-hex');
  await sendText(page, 'x'.repeat(3000));
  await frame(page, 'server', 'binary').locator('.drawing').waitFor();
  await page.fill('#hex', 'x');
  await frame(page, 'server', 'text').locator('.field-cell.payload').hover();
  await page.locator('#detail').filter({ hasText: 'payload' }).waitFor();
  await page.locator('#wire .row[data-type=head][data-sender=client] .row-line').click();
  await show(page, 'transports');
  await page.selectOption('#publish-rate', '200');
  await page.click('#transports-start');
  await until(page, () => document.querySelectorAll('#chart-delay path').length === 4);
  await show(page, 'who');
  await page.locator('#who-table tr.you').waitFor();
}

/** Presses Tab until this is the element that has the focus. */
async function tabTo(page, selector, key = 'Tab') {
  const seen = [];
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press(key);
    const [isThere, name] = await page.evaluate((selector) => {
      const { activeElement: at } = document;
      return [at.matches(selector), at.id || at.className];
    }, selector);
    if (isThere) return;
    seen.push(name);
  }
  assert.fail(`no way to ${selector} by ${key}: ${seen}`);
}

/** Runs in the page before its own script: keeps what the flood needs, and measures. */
function measure() {
  window.sockets = [];
  window.records = [];
  window.tasks = [];
  window.WebSocket = class extends WebSocket {
    constructor(...parameters) {
      super(...parameters);
      window.sockets.push(this);
    }
  };
  window.EventSource = class extends EventSource {
    constructor(...parameters) {
      super(...parameters);
      super.addEventListener('message', ({ data }) => {
        const { type, from, to } = JSON.parse(data);
        window.records.push({ type, missing: type === 'gap' ? to - from + 1 : 0 });
      });
    }
  };
  new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => window.tasks.push(duration)))
    .observe({ type: 'longtask' });
}

const number = (text) => Number(/[\d,]+/.exec(text)?.[0].replaceAll(',', '') ?? 0);

const cases = {
  /** Everything in one walk. What must not happen meanwhile is looked at when the case ends. */
  async walk(browser, url) {
    const page = await open(browser, url);
    for (const view of VIEWS) await show(page, view);
    await show(page, 'connection');
    await furnish(page);
    await show(page, 'connection');
    for (const filter of ['only', 'hide', 'all']) await page.selectOption('#filter', filter);
    for (const drawing of ['lines', 'drawn']) await page.selectOption('#drawing', drawing);
    await page.click('#pause');
    await sendText(page, 'behind the pause');
    await page.locator('#pause').filter({ hasText: /\d/ }).waitFor();
    await page.click('#pause');
    await page.locator('#wire .row[data-sender=server]').filter({ hasText: 'behind the pause' }).waitFor();
    await page.fill('#every-seconds', '0.1');
    await page.check('#every');
    await page.locator('#log').filter({ hasText: 'behind the pause 3' }).waitFor();
    await page.uncheck('#every');
    await page.click('#clear');
    await until(page, () => document.querySelectorAll('#wire .row').length < 4);
    await page.click('#close');
    await page.locator('#wire .row[data-type=end]').waitFor();
  },

  /** From the first Tab to a field of a frame and to another view, without a pointer. */
  async keys(browser, url) {
    const page = await open(browser, url);
    await tabTo(page, '#connect');
    await page.keyboard.press('Enter');
    await isOpen(page);
    await tabTo(page, '#text');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('by keys');
    await page.keyboard.press('Enter');
    await page.locator('#wire .row[data-sender=server]').filter({ hasText: 'by keys' }).waitFor();
    await tabTo(page, '#wire .row-line');
    const at = () => page.evaluate(() => document.activeElement.closest('.row')?.dataset ?? {});
    for (let rows = 0; (await at()).sender !== 'client' || (await at()).name !== 'text'; rows += 1) {
      await page.keyboard.press('ArrowUp');
      assert.ok(rows < 10, 'the frame that was sent is not far from the newest');
    }
    const names = [];
    for (let last = null; last !== 'payload'; names.push(last)) {
      await page.keyboard.press('ArrowRight');
      const label = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
      last = /^(FIN|RSV|opcode|MASK|length|masking key|payload)/.exec(label)[0];
      await page.locator('#detail').filter({ hasText: new RegExp(`^${last}`) }).waitFor();
      assert.ok(names.length < 10, `${names}`);
    }
    assert.deepStrictEqual(names, ['FIN', 'RSV', 'opcode', 'MASK', 'length', 'masking key', 'payload']);
    await page.keyboard.press('Escape');
    assert.strictEqual(await page.evaluate(() => document.activeElement.classList.contains('row-line')), true);
    await tabTo(page, '[role=tab]', 'Shift+Tab');
    await page.keyboard.press('ArrowRight');
    await page.locator('#view-transports').waitFor();
    await tabTo(page, '#transports-start');
    await page.keyboard.press('Enter');
    await page.locator('[data-transport=websocket]').filter({ hasText: 'The WebSocket is open' }).waitFor();
    await tabTo(page, '[role=tab]', 'Shift+Tab');
    await page.keyboard.press('End');
    await page.locator('#who-table tr.you').waitFor();
  },

  /** Without its server the page does not go on saying who is here. The test stops the server when it is asked to. */
  async gone(browser, url) {
    const page = await open(browser, `${url}#who`, { allowed: /ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE/ });
    await page.locator('#who-words').filter({ hasText: 'open at this server.' }).waitFor();
    console.log('please stop');
    await page.locator('#who-words').filter({ hasText: /open at this server [1-9]\d* s ago/ }).waitFor();
    assert.ok(await page.locator('#view-who.old #who-table tbody tr').count() > 0, 'the last ones stay, dimmed');
    assert.match(await page.innerText('#who-state'), /cannot be reached/);
  },

  /** No page is wider than its window; what is wide scrolls in a box of its own. */
  async widths(browser, url) {
    const page = await open(browser, url);
    await furnish(page);
    for (const width of [320, 768, 1280, 3840]) {
      await page.setViewportSize({ width, height: width > 2000 ? 2160 : 800 });
      for (const view of VIEWS) {
        await show(page, view);
        const sizes = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.scrollingElement;
          return [scrollWidth, clientWidth];
        });
        assert.deepStrictEqual(sizes, [width, width], `${view} at ${width}`);
      }
    }
  },

  /** What axe-core finds serious or critical, in each view, light and dark. */
  async axe(browser, url) {
    const page = await open(browser, url);
    await furnish(page);
    await page.evaluate(readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
    const found = [];
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      for (const view of VIEWS) {
        await show(page, view);
        const { violations, passes } = await page.evaluate(() => axe.run());
        assert.ok(passes.length > 10, 'axe has looked');
        for (const { id, impact, nodes } of violations.filter(({ impact }) => /serious|critical/.test(impact))) {
          const [{ html, failureSummary }] = nodes;
          found.push({ view, colorScheme, id, impact, places: nodes.length, html, failureSummary });
        }
      }
    }
    assert.deepStrictEqual(found, []);
  },

  /** Who wants no motion gets none, whatever a style would like. */
  async motion(browser, url) {
    const page = await open(browser, url, { reducedMotion: 'reduce' });
    await furnish(page);
    await page.evaluate(() => document.body.style.setProperty('transition', 'opacity 1s'));
    const lasts = () => page.evaluate(() => getComputedStyle(document.body).transitionDuration);
    for (const view of VIEWS) {
      await show(page, view);
      assert.deepStrictEqual(await page.evaluate(() => document.getAnimations().map(({ playState }) => playState)), []);
    }
    assert.strictEqual(await lasts(), '0s');
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    assert.strictEqual(await lasts(), '1s', 'the rule is for those who ask for it');
  },

  /** 10,000 frames. Prints what it took. */
  async flood(browser, url) {
    const page = await open(browser, url, { prepare: measure });
    await connect(page);
    const begin = Date.now();
    await page.evaluate(async () => {
      for (let sent = 0; sent < 5000; sent += 50) {
        for (let one = sent; one < sent + 50; one += 1) sockets[0].send(`message ${one}`);
        await new Promise((next) => setTimeout(next, 10));
      }
    });
    await page.locator('#wire .row').filter({ hasText: '"message 4999"' }).last().waitFor();
    await page.click('#connect');
    await page.locator('#wire .row[data-type=end]').waitFor();
    const seen = await page.evaluate(() => ({
      rows: document.querySelectorAll('#wire .row').length,
      log: document.querySelectorAll('#log > li').length,
      left: document.querySelector('#wire-left').textContent,
      records: window.records.length,
      frames: window.records.reduce((all, { type, missing }) => all + (type === 'frame' ? 1 : missing), 0),
      tasks: window.tasks.map(Math.round).sort((one, other) => one - other),
    }));
    assert.ok(seen.rows <= 400, `${seen.rows} rows`);
    assert.ok(seen.log <= 500, `${seen.log} messages`);
    assert.strictEqual(seen.frames, 10_002, 'the frames that came or were said to be left out, with two Closes');
    assert.strictEqual(seen.rows + number(seen.left), seen.records, seen.left);
    const median = seen.tasks[seen.tasks.length >> 1] ?? 0;
    // Some 70 ms where it was written. A busy machine may take long; a page that draws every row takes seconds.
    assert.ok(median < 500, `long tasks: ${seen.tasks} ms`);
    const long = `${seen.tasks.length} long tasks, median ${median} ms, longest ${seen.tasks.at(-1) ?? 0} ms`;
    console.log(`${Date.now() - begin} ms, ${long}`);
  },
};

module.exports = cases;
