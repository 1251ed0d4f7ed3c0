// Cases of the view "Your connection".
'use strict';
const assert = require('node:assert');
const { writeFileSync } = require('node:fs');
const { connect, drawing, eventually, frame, isOpen, open, sendText, until } = require('./page_tools.js');

const HELLO = ['48', '65', '6c', '6c', '6f'];
const xor = (one, other) => (parseInt(one, 16) ^ parseInt(other, 16)).toString(16).padStart(2, '0');

/** The numbers of the close frames, who sent the first one, and all words that the page has for the end. */
async function ended(page) {
  await page.locator('#wire .row[data-type=end]').waitFor();
  await until(page, () => document.querySelector('#state-words').textContent === 'closed');
  const last = page.locator('#log li.event').last();
  const log = await eventually(() => last.textContent(), (text) => text.includes('closed'), 'the end of the list');
  const lines = await page.locator('#wire .row[data-name=close] .line-words').allTextContents();
  return { lines, words: await page.innerText('#ending'), log };
}

/** How far from the top of the wire the first such node stands. */
const fromTop = (page, selector) =>
  page.evaluate((selector) => {
    const top = (node) => node.getBoundingClientRect().top;
    return Math.abs(Math.round(top(document.querySelector(selector)) - top(document.querySelector('#wire-scroll'))));
  }, selector);

/** How far the wire is scrolled, and whether that is its end. */
const scrolled = (page) =>
  page.evaluate(() => {
    const { scrollTop, scrollHeight, clientHeight } = document.querySelector('#wire-scroll');
    return { top: scrollTop, isAtEnd: scrollHeight - scrollTop - clientHeight < 2 };
  });

const cases = {
  /** RFC 6455 s5.7, with a key that the browser has drawn. */
  async hello(browser, url) {
    const page = await open(browser, url);
    await connect(page);
    await sendText(page, 'Hello');
    const sent = await drawing(frame(page, 'client', 'text'));
    assert.deepStrictEqual(sent.head, ['81', '85']);
    const key = sent.fields['masking key'].bytes;
    assert.match(key.join(''), /^[0-9a-f]{8}$/);
    assert.deepStrictEqual(sent.payload.map((column) => column[2]), HELLO);
    assert.deepStrictEqual(sent.payload.map((column) => column[0]), HELLO.map((byte, at) => xor(byte, key[at % 4])));
    assert.deepStrictEqual(sent.payload.map((column) => column[1]), HELLO.map((_, at) => key[at % 4]));
    assert.strictEqual(sent.payload.map((column) => column[3]).join(''), 'Hello');
    assert.strictEqual(sent.line, `TEXT fin=1 rsv=000 mask=${key.join('')} len=5 "Hello"`);
    const echo = await drawing(frame(page, 'server', 'text'));
    assert.deepStrictEqual(echo.head, ['81', '05']);
    assert.deepStrictEqual(echo.payload.map((column) => column[0]), HELLO);
    assert.strictEqual(echo.fields['masking key'], undefined);
  },

  /** Each header line has its purpose, and the accept key is what Node.js makes of the key. */
  async handshake(browser, url) {
    const page = await open(browser, url);
    await page.fill('#subprotocol', 'no such name');
    assert.match(await page.innerText('#subprotocol-wrong'), /token/);
    await page.fill('#subprotocol', 'chat.example');
    await connect(page);
    assert.strictEqual(await page.innerText('#state-words'), 'open, subprotocol chat.example');
    const pairs = await page.locator('#wire .accept dd').allTextContents();
    const [key, guid, sha1, accept] = pairs;
    const { createHash } = require('node:crypto');
    const hash = createHash('sha1').update(key + guid).digest();
    assert.strictEqual(sha1, [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join(' '));
    assert.strictEqual(accept, hash.toString('base64'));
    const answer = page.locator('#wire .row[data-type=head][data-sender=server] dt');
    assert.ok((await answer.allTextContents()).includes(`Sec-WebSocket-Accept: ${accept}`));
    const request = page.locator('#wire .row[data-type=head][data-sender=client]');
    assert.ok((await request.locator('dt').allTextContents()).includes(`Sec-WebSocket-Key: ${key}`));
    const purposes = await request.locator('dd').allTextContents();
    assert.ok(purposes.slice(1).every((purpose) => purpose !== ''), `${purposes}`);
    assert.match(await request.locator('dt').first().textContent(), /^GET \/ws\?watch=\*{32} HTTP\/1\.1$/);
  },

  /** A browser that has offered a subprotocol goes away when none is chosen. To come back would be no better. */
  async 'no-subprotocol'(browser, url) {
    const page = await open(browser, url, { allowed: /WebSocket connection/ });
    await page.fill('#subprotocol', 'chat.example');
    await page.click('#connect');
    await page.locator('#ending').filter({ hasText: 'chose no subprotocol' }).waitFor();
    await until(page, () => document.querySelector('#state-words').textContent === 'closed');
    assert.strictEqual(await page.isHidden('#stop'), true);
  },

  /** The three forms of a length (RFC 6455 s5.2), by the four buttons, on both sides of each border. */
  async lengths(browser, url) {
    const page = await open(browser, url);
    await connect(page);
    const forms = {
      125: ['125', ''], 126: ['126', '007e'], 65535: ['126', 'ffff'], 65536: ['127', '0000000000010000'],
    };
    for (const [size, [length, extended]] of Object.entries(forms)) {
      await page.locator('#size-stops button').getByText(Number(size).toLocaleString('en-GB'), { exact: true }).click();
      assert.strictEqual(await page.inputValue('#size-number'), size);
      await page.click('#send-size');
      for (const sender of ['client', 'server']) {
        const row = frame(page, sender, 'text').and(page.locator(`:has-text("len=${size} ")`));
        const { fields } = await drawing(row);
        assert.strictEqual(parseInt(fields.length.bits, 2), Number(length));
        assert.strictEqual((fields['extended length']?.bytes ?? []).join(''), extended);
        const caption = await row.locator('.field-cell[aria-label^=length] .caption').textContent();
        assert.strictEqual(caption, `length ${length}${extended && `: in the next ${extended.length / 2} bytes`}`);
      }
    }
  },

  /** The slider stops at the borders, by keys as well. */
  async slider(browser, url) {
    const page = await open(browser, url);
    await page.focus('#size');
    await page.keyboard.press('Home');
    const seen = new Set([await page.inputValue('#size-number')]);
    for (let last = null; last !== '1048576'; seen.add(last)) {
      await page.keyboard.press('ArrowRight');
      last = await page.inputValue('#size-number');
      assert.ok(seen.size < 200, `${[...seen]}`);
    }
    for (const size of ['0', '125', '126', '65535', '65536']) assert.ok(seen.has(size), `${size} of ${[...seen]}`);
  },

  async 'close-4000'(browser, url) {
    const page = await open(browser, url);
    await connect(page);
    await page.fill('#close-code', '1001');
    assert.match(await page.innerText('#close-words'), /RFC 6455 s7\.4/);
    await page.fill('#close-code', '4000');
    await page.fill('#close-reason', 'bye');
    assert.match(await page.innerText('#reason-count'), /3 of 123 bytes/);
    await page.click('#close');
    const { lines, words, log } = await ended(page);
    assert.match(lines[0], /^CLOSE fin=1 rsv=000 mask=[0-9a-f]{8} len=5 4000 an application's own "bye"$/);
    assert.match(lines[1], /^CLOSE fin=1 rsv=000 mask=none len=2 4000 an application's own$/);
    assert.match(words, /4000 an application's own/);
    assert.match(words, /first Close frame came from this page/);
    assert.match(words, /by the client/);
    assert.match(log, /closed 4000 an application's own/);
    const payload = frame(page, 'client', 'close').locator('.payload');
    assert.strictEqual(await payload.locator('.code').textContent(), 'code 4000');
    const columns = await payload.locator('.payload-byte').allTextContents();
    assert.strictEqual(columns.map((column) => column.split('\n')[3]).join(''), 'bye');
    assert.strictEqual(await page.isHidden('#stop'), true, 'it was asked to end, so it does not come back');
  },

  /** Why a payload is masked, with its sections as links that keys reach; then nothing is pointed at any more. */
  async strip(browser, url) {
    const page = await open(browser, url);
    await connect(page);
    await sendText(page, 'Hello');
    await frame(page, 'server', 'text').locator('.drawing').waitFor();
    const detail = page.locator('#detail');
    const hint = await page.evaluate(() => document.querySelector('#detail').textContent);
    assert.match(hint, /^Point at a field/);
    await frame(page, 'client', 'text').getByRole('img', { name: /^MASK/ }).hover();
    await detail.filter({ hasText: /^MASK = 1, bit 8a client always masks \(RFC 6455 s5\.1\)/ }).waitFor();
    await frame(page, 'client', 'text').getByRole('img', { name: /^masking key/ }).focus();
    await detail.filter({ hasText: 'cannot choose the bytes' }).waitFor();
    const [links, isCut] = await detail.evaluate((strip) =>
      [[...strip.querySelectorAll('a')].map(({ href }) => href), strip.scrollHeight > strip.clientHeight]);
    const sections = ['5.3', '10.3', '5.3'].map((number) => `https://www.rfc-editor.org/rfc/rfc6455#section-${number}`);
    assert.deepStrictEqual(links, sections);
    assert.strictEqual(isCut, false);
    await page.mouse.move(0, 0);
    const isAt = (selector) => page.evaluate((selector) => document.activeElement.matches(selector), selector);
    await page.keyboard.press('Tab');
    if (await isAt('#newest')) await page.keyboard.press('Tab');
    assert.ok(await isAt('#detail a'), 'the links come after the wire');
    await detail.filter({ hasText: 'cannot choose the bytes' }).waitFor();
    await page.focus('#text');
    await detail.filter({ hasText: hint }).waitFor();
  },

  /** A new connection begins at its top. Rows that come leave alone who reads, but for what they do themselves. */
  async reading(browser, url) {
    const page = await open(browser, url);
    await connect(page);
    assert.strictEqual(await fromTop(page, '#wire .row'), 0);
    await page.fill('#every-seconds', '0.1');
    await page.check('#every');
    await until(page, () => document.querySelectorAll('#wire .row[data-type=frame]').length > 10);
    await eventually(() => scrolled(page), ({ isAtEnd }) => isAtEnd, 'the end is followed');
    await page.hover('#wire-scroll');
    await page.locator('#newest').filter({ hasText: /^\d+ new/ }).waitFor();
    const [{ top }, said] = [await scrolled(page), await page.innerText('#newest')];
    await eventually(() => page.innerText('#newest'), (words) => words !== said, 'more that is new');
    assert.strictEqual((await scrolled(page)).top, top);
    await page.mouse.move(0, 0);
    await page.locator('#newest').waitFor({ state: 'hidden' });
    await eventually(() => scrolled(page), ({ isAtEnd }) => isAtEnd, 'the end is followed again');
    await page.uncheck('#every');
    await page.focus('#text');
    await page.hover('#wire-scroll');
    await page.keyboard.press('Enter');
    await frame(page, 'server', 'text').locator('.drawing').waitFor();
    await eventually(() => scrolled(page), ({ isAtEnd }) => isAtEnd, 'what was sent is shown');
    await page.mouse.move(0, 0);
    await page.click('#connect');
    await ended(page);
    const end = await page.innerText('#wire .row[data-type=end]');
    assert.match(end, /^The connection has ended after [\d.]+s\. To the server: \d+ messages, [\d,]+ bytes\. To the/);
    await connect(page);
    assert.strictEqual(await fromTop(page, '#wire .row[data-type=connection] ~ .row[data-type=connection]'), 0);
  },

  /** The server is for pages of another origin. What said no is at the top. */
  async refused(browser, url) {
    const page = await open(browser, url, { allowed: /WebSocket connection/ });
    await page.click('#connect');
    await page.locator('#wire .row[data-type=end]').waitFor();
    assert.match(await page.innerText('#wire .unmet'), /^NO/);
    const { isAtEnd } = await scrolled(page);
    assert.ok(isAtEnd || await fromTop(page, '#wire .unmet') === 0);
  },

  /** A server that watches nothing says so at once, and the connection is used all the same. */
  async unwatched(browser, url) {
    const page = await open(browser, url);
    await page.evaluate(() => {
      window.said = [];
      const note = ([{ target }]) => window.said.push(target.textContent);
      new MutationObserver(note).observe(document.querySelector('#watch-state'), { childList: true });
    });
    await page.click('#connect');
    await isOpen(page);
    await page.locator('#wire .row[data-type=none]').filter({ hasText: '--max-watched' }).waitFor();
    assert.ok((await page.evaluate(() => window.said)).every((words) => !words.includes('again')));
  },

  /** What the other endpoints are there for. */
  async endpoints(browser, url) {
    const page = await open(browser, url);
    await connect(page, '/live');
    await until(page, () => document.querySelectorAll('#wire .row[data-sender=server][data-name=text]').length > 3);
    await page.click('#connect');
    await ended(page);
    await page.click('#clear');
    await connect(page, '/mymsg');
    await sendText(page, 'Hello');
    assert.match((await drawing(frame(page, 'server', 'text'))).line, /"Processed: /);
    await page.click('#connect');
    await ended(page);
    await page.click('#clear');
    await connect(page, '/feed/ws');
    await sendText(page, 'of this page');
    await page.locator('#log li').filter({ hasText: '"text":"of this page"' }).waitFor();
  },

  /** Of two pages each sees its own connection alone. */
  async 'own-alone'(browser, url) {
    const [one, other] = [await open(browser, url), await open(browser, url)];
    for (const [page, text] of [[one, 'of the one'], [other, 'of the other']]) {
      await connect(page);
      await sendText(page, text);
      await frame(page, 'server', 'text').waitFor();
    }
    assert.doesNotMatch(await one.innerText('#wire'), /of the other/);
    assert.doesNotMatch(await other.innerText('#wire'), /of the one/);
    await one.click('#tab-who');
    const own = one.locator('#who-table tr.you');
    await own.waitFor();
    const [number] = /\d+/.exec(await one.textContent('#watch-state'));
    assert.match(await own.innerText(), new RegExp(`^${number} \\(you\\)\\s+/ws\\s+WebSocket`));
  },

  /** The test stops the server, starts it again and kills it. */
  async restart(browser, url) {
    const page = await open(browser, url, { allowed: /WebSocket connection|net::ERR_|EventSource|status of 503/ });
    const countdown = page.locator('#countdown').filter({ hasText: /in \d+\.\d s, attempt \d+/ });
    // The next try may come at once, and has an end of its own.
    await page.evaluate(() => {
      window.endings = [];
      const note = ([{ target }]) => window.endings.push(target.textContent);
      new MutationObserver(note).observe(document.querySelector('#ending'), { childList: true });
    });
    const triesAgain = async (ending) => {
      await until(page, (ending) => window.endings.some((words) => ending.test(words)), ending);
      await countdown.waitFor();
      await page.evaluate(() => { window.endings = []; });
    };
    await connect(page);
    console.log('please stop');
    await triesAgain(/^1001 going away.*first Close frame came from the server/);
    console.log('please start');
    for (const text of ['after the stop', 'after the kill']) {
      await isOpen(page);
      await sendText(page, text);
      await page.locator('#wire .row[data-sender=server]').filter({ hasText: text }).waitFor();
      console.log('please kill');
      await triesAgain(/^1006 abnormal closure.*Not clean/);
      if (text === 'after the stop') console.log('please start');
    }
    await page.click('#stop');
    assert.strictEqual(await page.innerText('#state'), 'closed');
  },

  /** What is copied and saved goes to `folder`, where the test decodes it. */
  async save(browser, url, folder) {
    const page = await open(browser, url, { permissions: ['clipboard-read', 'clipboard-write'] });
    await connect(page);
    await sendText(page, 'Hello');
    const row = frame(page, 'client', 'text');
    const { head, fields, payload } = await drawing(row);
    await row.locator('.copy').click();
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    const drawn = [...head, ...fields['masking key'].bytes, ...payload.map(([byte]) => byte)].join(' ');
    await eventually(clipboard, (text) => text === drawn, `not ${drawn}`);
    await page.fill('#size-number', '300');
    await page.click('#send-size');
    await page.fill('#hex', '00ff 10');
    await page.click('#send-hex');
    await frame(page, 'server', 'binary').waitFor();
    await page.click('#connect');
    await ended(page);
    await page.click('#copy');
    const lines = (await eventually(clipboard, (text) => text.includes('\n'), 'the whole view')).split('\n');
    assert.ok(lines.includes(drawn) && lines.includes('82 03 00 ff 10') && lines[0].startsWith('47 45 54 20 2f'));
    writeFileSync(`${folder}/copied`, drawn);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    await download.saveAs(`${folder}/saved.log`);
  },
};

module.exports = cases;
