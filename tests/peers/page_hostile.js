// Cases in which somebody means harm: texts that would like to be code, and pages that would like to read along.
'use strict';
const assert = require('node:assert');
const http = require('node:http');
const { connect, eventually, frame, open, sendText, until } = require('./page_tools.js');

const TEXTS = {
  image: '<img src=x onerror=alert(1)>',
  script: '</script><script>alert(2)</script>',
  style: '<style>body{display:none}</style><b>bold</b>',
  link: '<a href=javascript:alert(3)>here</a>',
  entity: '&lt;i&gt; &#x3c;i&#x3e;',
  template: '${alert(4)} {{alert(5)}}',
};
/** It turns the order of what stands behind it; the other is a character that C takes for the end. */
const RIGHT_TO_LEFT = 'user\u202egnp.exe';
const NUL = 'before\0after';

/** What elements the page has, by their names, with those of messages and rows left out as they come and go. */
const elements = (page) =>
  page.evaluate(() => {
    const own = 'a[href^="https://www.rfc-editor.org/rfc/rfc6455#section-"]';
    const foreign = ['img', `a:not(${own})`, 'b.bold', 'i', 'iframe', 'object', 'style', 'script:not([src="app.js"])'];
    return foreign.filter((selector) => document.querySelector(`:is(#log, #wire, #detail, #ending, head) ${selector}`));
  });

/** A page of another origin, which asks from inside the browser. */
async function stranger(browser) {
  const server = http.createServer((_, answer) => answer.end('<!doctype html><title>elsewhere</title>'));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const page = await (await browser.newContext()).newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  return { page, end: () => server.close() };
}

/** What a stranger who knows the token can learn with the means that a page has. Runs in the stranger's page. */
async function attempts({ url, token }) {
  const address = `${url}watch/${token}`;
  const asked = async (what, options) => {
    try {
      const answer = await fetch(what, options);
      return `${answer.type} ${answer.status} ${answer.type === 'opaque' ? '' : await answer.text()}`.trim();
    } catch (error) {
      return error.name;
    }
  };
  const stream = (withCredentials) =>
    new Promise((done) => {
      const source = new EventSource(address, { withCredentials });
      source.onmessage = ({ data }) => done(`read ${data}`);
      source.onerror = () => done(`error ${source.readyState}`);
    });
  const socket = new Promise((done) => {
    const ws = new WebSocket(`${url.replace('http', 'ws')}ws?watch=${token}`);
    ws.onopen = () => done('open');
    ws.onclose = ({ code }) => done(`closed ${code}`);
  });
  const opaque = new AbortController();
  const unread = asked(address, { mode: 'no-cors', signal: opaque.signal });
  const found = {
    fetch: await asked(address),
    stream: await stream(false),
    credentials: await stream(true),
    opaque: await unread,
    connections: await asked(`${url}connections`),
    counters: await asked(`${url}connections?watch=${token}`),
    page: await asked(url),
    socket: await socket,
  };
  opaque.abort();
  return found;
}

const cases = {
  /** Messages, frames, a reason and events of others stay text. */
  async markup(browser, url) {
    const page = await open(browser, url);
    await connect(page, '/feed/ws');
    for (const text of Object.values(TEXTS)) {
      await fetch(new URL('feed', url), { method: 'POST', body: text });
      await page.locator('#log li').filter({ hasText: JSON.stringify(text).slice(1, -1) }).waitFor();
    }
    await page.click('#connect');
    await page.locator('#wire .row[data-type=end]').waitFor();
    await connect(page);
    for (const text of [...Object.values(TEXTS), RIGHT_TO_LEFT, NUL]) {
      await sendText(page, text);
      const received = page.locator('#log li:has(.way[title="server to client"]) .content').last();
      await eventually(() => received.textContent(), (shown) => shown === text, `not ${text}`);
      await frame(page, 'server', 'text').locator('.row-line').focus();
      await page.keyboard.press('End');
    }
    await page.fill('#close-reason', TEXTS.image);
    await page.click('#close');
    await page.locator('#ending').filter({ hasText: TEXTS.image }).waitFor();
    assert.deepStrictEqual(await elements(page), []);
  },

  /** What turns the order of characters does so inside of its own text, and not in what stands beside it. */
  async direction(browser, url) {
    const page = await open(browser, url);
    await connect(page);
    await sendText(page, RIGHT_TO_LEFT);
    await frame(page, 'server', 'text').locator('.field-cell.payload').hover();
    await page.locator('#detail').filter({ hasText: 'payload' }).waitFor();
    const kept = await page.evaluate(() => {
      const isolates = (node) => /isolate|plaintext/.test(getComputedStyle(node).unicodeBidi);
      const walker = document.createTreeWalker(document.querySelector('#view-connection'), NodeFilter.SHOW_TEXT);
      const found = { kept: 0, loose: [] };
      for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        if (!text.data.includes('\u202e')) continue;
        // A box of its own would do as well: a block ends what was turned in it.
        if (isolates(text.parentElement)) found.kept += 1;
        else found.loose.push(text.parentElement.outerHTML);
      }
      return found;
    });
    assert.deepStrictEqual(kept.loose, []);
    assert.ok(kept.kept >= 2, 'the sent and the received message');
  },

  /** A page of another origin may know the token and still reads nothing, nor does it disturb. */
  async strangers(browser, url) {
    const page = await open(browser, url);
    const [socket] = await Promise.all([page.waitForEvent('websocket'), connect(page)]);
    await sendText(page, 'a secret');
    await frame(page, 'server', 'text').waitFor();
    const token = new URL(socket.url()).searchParams.get('watch');
    const other = await stranger(browser);
    assert.deepStrictEqual(await other.page.evaluate(attempts, { url, token }), {
      fetch: 'TypeError',
      stream: 'error 2',
      credentials: 'error 2',
      opaque: 'opaque 0',
      connections: 'TypeError',
      counters: 'TypeError',
      page: 'TypeError',
      socket: 'closed 1006',
    });
    other.end();
    await sendText(page, 'still here');
    await page.locator('#wire .row[data-sender=server]').filter({ hasText: 'still here' }).waitFor();
  },

  /** Nobody has this token, and that is all there is to learn. */
  async 'unknown-token'(browser, url) {
    const page = await open(browser, url);
    await connect(page);
    const text = await page.evaluate(() => {
      const token = 'ab'.repeat(16);
      return fetch(`watch/${token}`).then((answer) => answer.text());
    });
    const records = text.split('\n').filter((line) => line.startsWith('data: '));
    assert.deepStrictEqual(records.map((line) => JSON.parse(line.slice(6)).type), ['none']);
  },

  /** The checks that every case ends with do see what they are for. */
  async 'trouble-is-seen'(browser, url) {
    const page = await open(browser, url);
    await page.evaluate(() => {
      const image = document.createElement('img');
      image.src = 'http://elsewhere.invalid/x.png';
      document.body.append(image);
      document.body.insertAdjacentHTML('beforeend', '<p onclick="1">inline</p>');
      setTimeout(() => { throw new Error('an exception'); });
      setTimeout(() => alert('a dialog'));
    });
    const expected = [/policy: img-src/, /policy: script-src/, /exception: /, /dialog: a dialog/];
    const isSeen = (found) => expected.every((one) => found.some((text) => one.test(text)));
    await eventually(() => page.trouble, isSeen, 'trouble');
    assert.deepStrictEqual(await page.evaluate(() => document.images.length), 1);
    page.trouble.length = 0;
    await until(page, () => document.querySelector('#connect'));
  },
};

module.exports = cases;
