// Cases of the view "Transports".
'use strict';
const assert = require('node:assert');
const { eventually, json, open, until } = require('./page_tools.js');

/** The figures of the last 20 s. */
const RECENT = ['per-event', 'delay', 'worst'];
const FOUR = ['short-poll', 'long-poll', 'stream', 'websocket'];
const PATHS = { 'poll': 'short-poll', 'long-poll': 'long-poll', 'stream': 'stream', 'ws': 'websocket' };

/** Opens the view and notes by transport what the page asks: the tokens in the addresses, and what has not ended. */
async function transports(browser, url) {
  const page = await open(browser, `${url}#transports`);
  page.tokens = Object.fromEntries(FOUR.map((name) => [name, new Set()]));
  page.held = new Map();
  const note = (asked, address) => {
    const { pathname, searchParams } = new URL(address);
    const name = /^\/feed\//.test(pathname) && PATHS[pathname.slice('/feed/'.length)];
    if (!name || !searchParams.has('watch')) return;
    page.tokens[name].add(searchParams.get('watch'));
    page.held.set(asked, name);
  };
  page.on('request', (request) => note(request, request.url()));
  page.on('requestfinished', (request) => page.held.delete(request));
  page.on('requestfailed', (request) => page.held.delete(request));
  page.on('websocket', (socket) => {
    note(socket, socket.url());
    socket.on('close', () => page.held.delete(socket));
  });
  return page;
}

/** All figures as bare numbers: `figures.stream.events`. */
const figures = (page) =>
  page.evaluate(() => {
    const columns = [...document.querySelectorAll('[data-transport]')];
    const number = ({ dataset }) => [dataset.figure, Number(dataset.value)];
    const numbers = (column) => Object.fromEntries([...column.querySelectorAll('[data-figure]')].map(number));
    return Object.fromEntries(columns.map((column) => [column.dataset.transport, numbers(column)]));
  });

/** Waits until each transport has so many events. */
const haveEvents = (page, count) => until(page, (count) => {
  const cells = [...document.querySelectorAll('[data-transport] [data-figure=events]')];
  return cells.length === 4 && cells.every((cell) => Number(cell.dataset.value) >= count);
}, count);

/** What the server has counted for a transport's tokens. */
async function counted(url, page, name) {
  const address = new URL('connections', url);
  for (const token of page.tokens[name]) address.searchParams.append('watch', token);
  const { watched } = await json(address);
  const sum = (figure) => watched.reduce((all, one) => all + (one?.[figure] ?? 0), 0);
  return { requests: sum('requests'), connections: sum('connections'), up: sum('bytes_in'), down: sum('bytes_out') };
}

const publish = async (url, text) => {
  const answer = await fetch(new URL('feed', url), { method: 'POST', body: text });
  assert.strictEqual(answer.status, 200);
  await answer.text();
};

/** Waits until the page has closed all four. */
const holdsNothing = (page) => eventually(() => [...page.held.values()], (held) => held.length === 0, 'held');

/** The streams and WebSockets of the feed that the server has. It learns of an end when it has something to send. */
async function openAt(url) {
  const { connections } = await json(new URL('connections', url));
  return connections.map(({ path }) => path).filter((path) => ['/feed/stream', '/feed/ws'].includes(path));
}

const cases = {
  /** Each of the four follows a feed that does not rest, in its own manner. */
  async follow(browser, url) {
    const page = await transports(browser, url);
    await page.selectOption('#poll-interval', '200');
    await page.selectOption('#publish-rate', '200');
    await page.click('#transports-start');
    await haveEvents(page, 20);
    await until(page, () => {
      const delays = [...document.querySelectorAll('[data-figure=delay]')];
      return delays.every(({ dataset }) => dataset.value !== '');
    });
    const shown = await figures(page);
    assert.ok(shown['short-poll'].requests >= 5 && shown['long-poll'].requests >= 5, JSON.stringify(shown));
    assert.deepStrictEqual([shown.stream.requests, shown.websocket.requests], [1, 1]);
    assert.deepStrictEqual([shown.stream.connections, shown.websocket.connections], [1, 1]);
    for (const name of FOUR) {
      const { up, down, events, delay, worst, 'per-event': cost } = shown[name];
      assert.ok(Math.abs(cost - (up + down) / events) < 1, `${name}: ${cost}`);
      assert.ok(delay > 0 && delay <= worst, `${name}: ${delay} of ${worst}`);
    }
    // Six HTTP/1.1 connections are what a browser opens to a host; the WebSocket is not one of them.
    const { connections } = await json(new URL('connections', url));
    const http = connections.filter(({ websocket, path }) => !websocket && path !== '/connections');
    assert.ok(http.length <= 6, JSON.stringify(http));
    assert.ok(await page.locator('#chart-bytes path').count() === 4);
    await page.click('#transports-start');
    await holdsNothing(page);
    await eventually(() => openAt(url), (paths) => paths.length === 0, 'open after Stop');
  },

  /** The figures of the page are those of the server. The last line is for the test, which looks into the log. */
  async count(browser, url) {
    const page = await transports(browser, url);
    await page.selectOption('#poll-interval', '200');
    await page.selectOption('#publish-rate', '200');
    await page.click('#transports-start');
    await haveEvents(page, 10);
    // Then all is quiet, but for a short poll now and then.
    await page.selectOption('#publish-rate', '0');
    await page.selectOption('#poll-interval', '10000');
    const both = async () => {
      const [shown, counts] = [await figures(page), await Promise.all(FOUR.map((name) => counted(url, page, name)))];
      const pairs = (name, at) =>
        Object.entries(counts[at]).map(([key, count]) => [name, key, count, shown[name][key]]);
      return FOUR.flatMap(pairs);
    };
    const isSame = (rows) => rows.every(([, , count, shown]) => count === shown && count > 0);
    await eventually(both, isSame, 'the server and the page');
    await page.click('#transports-start');
    await holdsNothing(page);
    await eventually(() => openAt(url), (paths) => !paths.includes('/feed/ws'), 'open after Stop');
    const { up, down } = await counted(url, page, 'websocket');
    console.log(`websocket ${up} in, ${down} out`);
  },

  /** A view that nobody sees holds nothing; when it is seen again, each goes on after its last event. */
  async hide(browser, url) {
    const page = await transports(browser, url);
    await page.selectOption('#poll-interval', '200');
    await page.selectOption('#publish-rate', '0');
    await page.click('#transports-start');
    await eventually(() => openAt(url), (paths) => paths.length === 2, 'open at the start');
    for (let event = 1; event <= 5; event += 1) await publish(url, `before ${event}`);
    await haveEvents(page, 5);
    await page.click('#tab-who');
    await holdsNothing(page);
    for (let event = 1; event <= 7; event += 1) await publish(url, `meanwhile ${event}`);
    await eventually(() => openAt(url), (paths) => paths.length === 0, 'open out of sight');
    await page.click('#tab-transports');
    await haveEvents(page, 12);
    assert.match(await page.innerText('#transports-state'), /took up again/);
    await publish(url, 'after');
    await haveEvents(page, 13);
    const shown = await figures(page);
    assert.deepStrictEqual(FOUR.map((name) => shown[name].events), [13, 13, 13, 13]);
  },

  /** What is older than 20 s is not in the first figures. The page's clock is moved on, so nobody waits for that. */
  async recent(browser, url) {
    const page = await transports(browser, url);
    await page.clock.install();
    await page.reload();
    await page.selectOption('#publish-rate', '200');
    await page.click('#transports-start');
    await haveEvents(page, 10);
    await page.selectOption('#publish-rate', '0');
    const all = (figure) => page.locator(`[data-figure=${figure}]`).evaluateAll((cells) =>
      cells.map(({ dataset }) => dataset.value));
    for (const figure of RECENT) {
      await eventually(() => all(figure), (values) => values.every((value) => Number(value) > 0), figure);
    }
    await page.clock.fastForward(15_000);
    await page.clock.fastForward(15_000);
    for (const figure of RECENT) {
      await eventually(() => all(figure), (values) => values.every((value) => value === ''), `old ${figure}`);
    }
    const { stream } = await figures(page);
    assert.ok(stream.events >= 10 && stream.down > 0, JSON.stringify(stream));
  },

  /** A WebSocket that is stopped in the middle of its handshake is closed after it, which no console complains of. */
  async 'stop-connecting'(browser, url) {
    const page = await transports(browser, url);
    await page.evaluate(() => {
      window.WebSocket = class extends WebSocket {
        constructor(...parameters) {
          super(...parameters);
          queueMicrotask(() => document.querySelector('#transports-start').click());
        }
      };
    });
    const opened = page.waitForEvent('websocket');
    await page.click('#transports-start');
    await opened;
    await page.locator('#transports-state').filter({ hasText: 'Stopped.' }).waitFor();
    await holdsNothing(page);
    await eventually(() => openAt(url), (paths) => !paths.includes('/feed/ws'), 'open after Stop');
  },

  /** A server that counts nothing for a page: what it does not count is not a dash without a word. */
  async uncounted(browser, url) {
    const page = await transports(browser, url);
    await page.click('#transports-start');
    await haveEvents(page, 3);
    await page.locator('#count-trouble').filter({ hasText: '--max-watched 0' }).waitFor();
    const texts = await page.locator('[data-figure=up]').allInnerTexts();
    assert.deepStrictEqual(texts, Array(4).fill('not counted'));
    await until(page, () => [...document.querySelectorAll('[data-figure=delay]')].every(({ dataset }) => dataset.value));
  },

  /** A WebSocket that the server does not want: the page says where the reason is to be seen. Nor does it want events. */
  async 'refused-websocket'(browser, url) {
    const allowed = /Unexpected response code: 403|responded with a status of 403/;
    const page = await open(browser, `${url}#transports`, { allowed });
    await page.selectOption('#publish-rate', '200');
    await page.click('#transports-start');
    const state = page.locator('[data-transport=websocket] .state');
    await state.filter({ hasText: /refused the WebSocket, or cannot be reached.*“Your connection”/ }).waitFor();
    await page.locator('#publish-trouble').filter({ hasText: /^Publishing: .*403/ }).waitFor();
  },
};

module.exports = cases;
