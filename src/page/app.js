// The page at `/`: your own WebSocket, and the bytes of it as the server saw them.
//
// What comes from outside (messages, heads, reasons) reaches the page through `element` and `textContent` only, so it
// stays text whatever it says.

// ---- Shared ----

const byId = (id) => document.getElementById(id);

/** Makes an element. Attributes that are null or false are left out; children are elements or text. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Bytes as hex: `toHex([129, 133], ' ')` is `81 85`. */
function toHex(bytes, between = '') {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(between);
}

/** Hex as bytes: pairs, with or without blanks between them. Null if it is something else. */
function fromHex(hex) {
  const pairs = hex.replace(/\s+/g, '');
  if (pairs.length % 2 || /[^0-9a-f]/i.test(pairs)) return null;
  return Uint8Array.from({ length: pairs.length / 2 }, (_, at) => parseInt(pairs.slice(2 * at, 2 * at + 2), 16));
}

/** 12345678 as `12,345,678`. */
const grouped = (number) => number.toLocaleString('en-GB');

/** `1 byte`, `2 bytes`. */
const counted = (many, one, more = `${one}s`) => `${grouped(many)} ${many === 1 ? one : more}`;

/** A name for one WebSocket or one follower of the feed, by which the server finds its bytes: 32 hex digits. */
const newToken = () => toHex(crypto.getRandomValues(new Uint8Array(16)));

/**
 * An address beside the page's own, which need not be `/`: behind a proxy the server may stand under `/demo/`.
 * `address('ws', { watch: token }, 'ws')` begins with `ws://` or `wss://`.
 */
function address(path, query = {}, scheme = 'http') {
  const url = new URL(path, new URL('.', location.href));
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, value);
  if (scheme === 'ws') url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}

/**
 * How long to wait before the next try: exponential backoff with full jitter. A random time between nothing and a bound
 * that doubles each time, so that a class whose server went away does not come back all at once.
 */
class Backoff {
  constructor(base = 1000, cap = 30000) {
    Object.assign(this, { base, cap, attempt: 0 });
  }

  /** Milliseconds until the next try. */
  next() {
    const bound = Math.min(this.cap, this.base * 2 ** this.attempt);
    this.attempt += 1;
    return Math.random() * bound;
  }

  reset() {
    this.attempt = 0;
  }
}

/** What the views tell each other: the number that the server gave to this page's WebSocket, null without one. */
const shared = { connection: null };

// ---- Views ----

/**
 * The three views by name. `show` is called when a view comes into sight and `hide` when it goes: a view that is hidden
 * holds no request open, for a browser allows six HTTP/1.1 connections to a server, and a WebSocket is not one of them.
 */
const views = {
  connection: { show() {}, hide() {} },
  transports: { show() {}, hide() {} },
  who: { show() {}, hide() {} },
};

let shown = null;

/** Shows the view that the address names after its `#`. */
function followHash() {
  const wanted = location.hash.slice(1);
  const name = Object.hasOwn(views, wanted) ? wanted : 'connection';
  if (name === shown) return;
  const before = shown;
  shown = name;
  for (const other of Object.keys(views)) {
    byId(`view-${other}`).hidden = other !== name;
    byId(`tab-${other}`).setAttribute('aria-selected', String(other === name));
    byId(`tab-${other}`).tabIndex = other === name ? 0 : -1;
  }
  if (before !== null) views[before].hide();
  views[name].show();
}

/** Arrow keys, Home and End go through the tabs, as the ARIA pattern has it. */
function tabKey(event) {
  const names = Object.keys(views);
  const at = names.indexOf(shown);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + names.length, Home: 0, End: names.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const name = names[to % names.length];
  location.hash = name;
  byId(`tab-${name}`).focus();
}

function startViews() {
  for (const name of Object.keys(views)) {
    byId(`tab-${name}`).addEventListener('click', () => { location.hash = name; });
  }
  document.querySelector('[role=tablist]').addEventListener('keydown', tabKey);
  window.addEventListener('hashchange', followHash);
  followHash();
}

// ---- Your connection: Connect ----

// ---- Your connection: Wire ----

// ---- end of Your connection ----

// ---- Transports ----

// What both views below need: to wait, to ask, and to go on after a failure. A signal ends all of it.

/** Waits. A change of `control`, an input whose value the wait is made of, ends the wait early. */
function sleep(milliseconds, signal, control = null) {
  return new Promise((done, stop) => {
    signal.throwIfAborted();
    const over = new AbortController(); // takes the listeners away
    const end = (how) => () => {
      clearTimeout(timer);
      over.abort();
      how(signal.reason);
    };
    const timer = setTimeout(end(done), milliseconds);
    signal.addEventListener('abort', end(stop), { signal: over.signal });
    control?.addEventListener('change', end(done), { signal: over.signal });
  });
}

/**
 * Makes a request and reads the answer to its end, for a connection is free again only then. No answer, or one that says
 * no, is an error with the reason in words.
 */
async function ask(url, signal, options = {}) {
  try {
    const answer = await fetch(url, { ...options, signal });
    const text = await answer.text();
    if (answer.ok) return { text, headers: answer.headers };
    throw new Error(text.split('\n', 1)[0].slice(0, 200) || `The server answered ${answer.status}`);
  } catch (error) {
    // fetch has no more to say than that: a TypeError.
    throw error instanceof TypeError ? new Error('The server cannot be reached') : error;
  }
}

/** Runs `task`, and again after a failure, until the signal. `say` is told why and when it goes on. */
async function persistently(task, say, signal) {
  const backoff = new Backoff();
  while (!signal.aborted) {
    const began = performance.now();
    try {
      await task(signal);
    } catch (error) {
      if (signal.aborted) return;
      // What has worked for a while is a first failure, and not one more in a row.
      if (performance.now() - began > 10000) backoff.reset();
      const wait = backoff.next();
      say(`${error.message.replace(/\.$/, '')}. Trying again in ${(wait / 1000).toFixed(1)} s.`);
      await sleep(wait, signal).catch(() => {});
    }
  }
}

/** Sets a text where it has changed, so that what has not stays as it is for the eye, a selection and a screen reader. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A transport is one of the four, with its column and what it has seen.

/** The figures of a column: name, words, and how a number of it is written. */
const FIGURES = [
  ['per-event', 'bytes an event', (bytes) => grouped(Math.round(bytes))],
  ['delay', 'delay, median', inTime],
  ['worst', 'delay, worst', inTime],
  ['events', 'events received', grouped],
  ['requests', 'HTTP requests', grouped],
  ['empty', 'empty answers', grouped],
  ['connections', 'TCP connections', grouped],
  ['up', 'bytes up', grouped],
  ['down', 'bytes down', grouped],
];

/** Milliseconds for reading: `0.8 ms`, `412 ms`, `1.24 s`. */
function inTime(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`;
}

/** The value in the middle, null if there is none. */
function median(values) {
  return values.length ? [...values].sort((a, b) => a - b)[values.length >> 1] : null;
}

class Transport {
  /** `id`, `name`, what it `does`, its state when it runs, and how it is followed: a function that ends by throwing. */
  constructor({ id, name, does, runs, follow }) {
    Object.assign(this, { id, name, runs, follow });
    this.state = element('p', { class: 'small state' }, 'Not started.');
    this.cells = new Map(FIGURES.map(([figure]) => [figure, element('dd', { 'data-figure': figure }, '\u2013')]));
    const rows = FIGURES.map(([figure, words], at) =>
      element('div', { class: at < 2 ? 'chief' : null }, element('dt', {}, words), this.cells.get(figure)));
    const sample = drawn('svg', { class: 'sample', 'aria-hidden': 'true' }, drawn('line', { x1: 0, x2: 40, y1: 4, y2: 4 }));
    byId('transports-columns').append(element('article', { class: `column ${id}`, 'data-transport': id },
      element('h3', {}, sample, name), element('p', { class: 'small quiet' }, does), this.state,
      element('dl', { class: 'figures' }, ...rows)));
    this.reset();
  }

  reset() {
    Object.assign(this, { after: null, events: 0, empty: 0, worst: null, notices: [] });
    Object.assign(this, { delays: [], newDelays: [], meters: [], chart: { bytes: [], delay: [] } });
    this.past = { requests: 0, connections: 0, bytes_in: 0, bytes_out: 0 };
  }

  /** Says how it is, and what the feed has said last of events that are gone. */
  say(words, isTrouble = false) {
    setText(this.state, [words, ...this.notices.slice(-2)].join(' '));
    this.state.classList.toggle('bad', isTrouble);
  }

  /**
   * A token for each beginning: a server that was started again counts from 0, and a WebSocket takes no token twice. So
   * the figures are those of all tokens together; the counts of more than four are settled.
   */
  begin() {
    this.meters.push({ token: newToken(), counts: null });
    if (this.meters.length <= 4) return;
    const { counts } = this.meters.shift();
    for (const name of Object.keys(this.past)) this.past[name] += counts?.[name] ?? 0;
  }

  /** Where to ask, for what came after the last event it has. */
  address(path, scheme) {
    return address(path, { after: this.after, watch: this.meters.at(-1).token }, scheme);
  }

  /** One poll, short or long. */
  async poll(path, signal) {
    const { text } = await ask(this.address(path), signal);
    const items = text === '' ? [] : JSON.parse(text); // no content: 204
    this.say(this.runs);
    if (items.length === 0) this.empty += 1;
    for (const item of items) this.take(item);
  }

  /** Takes an event, or a notice that events are gone (a gap) or that the feed began anew (a reset). */
  take(item) {
    const { gap, reset, id, text } = item;
    if (gap) {
      this.after = gap.to;
      this.notices.push(gap.from === gap.to ? `Event ${gap.to} is gone.` : `Events ${gap.from} to ${gap.to} are gone.`);
    } else if (reset) {
      this.after = 0;
      this.notices.push(`The feed began anew: it has no event ${reset.after}.`);
    } else if (Number.isSafeInteger(id) && typeof text === 'string') {
      this.after = id;
      this.events += 1;
      this.measure(text);
    } else {
      throw new Error('What came is no event');
    }
    if (gap || reset) this.say(this.runs);
  }

  /** The delay of an event, if this page published it. */
  measure(text) {
    const published = feed.published.get(text);
    if (published === undefined) return;
    const delay = performance.now() - published;
    this.worst = Math.max(this.worst ?? 0, delay);
    this.newDelays.push(delay);
    this.delays.push(delay);
    if (this.delays.length > 1000) this.delays.shift();
  }

  /** What the server has counted under this name, null before the first answer. */
  total(name) {
    const counted = this.meters.filter(({ counts }) => counts !== null);
    return counted.length ? counted.reduce((sum, { counts }) => sum + counts[name], this.past[name]) : null;
  }

  /** Once a second: the figures, and a point more in each chart. */
  show() {
    const [up, down] = [this.total('bytes_in'), this.total('bytes_out')];
    const perEvent = up !== null && this.events > 0 ? (up + down) / this.events : null;
    const values = {
      'per-event': perEvent, delay: median(this.delays), worst: this.worst, events: this.events, empty: this.empty,
      requests: this.total('requests'), connections: this.total('connections'), up, down,
    };
    for (const [figure, , written] of FIGURES) {
      const value = values[figure];
      setText(this.cells.get(figure), value === null ? '\u2013' : written(value));
      this.cells.get(figure).dataset.value = value ?? '';
    }
    addPoint(this.chart.bytes, perEvent);
    addPoint(this.chart.delay, median(this.newDelays));
    this.newDelays = [];
  }
}

// The four ways to follow. Each ends by throwing: when the connection ends, or with the signal.

async function shortPoll(transport, signal) {
  const interval = byId('poll-interval');
  for (;;) {
    await transport.poll('feed/poll', signal);
    await sleep(Number(interval.value), signal, interval);
  }
}

async function longPoll(transport, signal) {
  transport.say(transport.runs);
  for (;;) await transport.poll('feed/long-poll', signal);
}

/** An EventSource comes again by itself, after a second each time. Here it is closed instead, so that all four wait alike. */
function stream(transport, signal) {
  return new Promise((_, fail) => {
    const source = new EventSource(transport.address('feed/stream'));
    const end = (error) => { source.close(); fail(error); };
    const takes = (read) => ({ data }) => {
      try { transport.take(read(JSON.parse(data))); } catch (error) { end(error); }
    };
    source.onopen = () => transport.say(transport.runs);
    source.onmessage = takes((event) => event);
    source.addEventListener('gap', takes((gap) => ({ gap })));
    source.addEventListener('reset', takes((reset) => ({ reset })));
    source.onerror = () => end(new Error('The stream has ended'));
    signal.addEventListener('abort', () => end(signal.reason), { once: true });
  });
}

function webSocket(transport, signal) {
  return new Promise((_, fail) => {
    const socket = new WebSocket(transport.address('feed/ws', 'ws'));
    const end = (error) => { socket.close(); fail(error); };
    socket.onopen = () => transport.say(transport.runs);
    socket.onmessage = ({ data }) => {
      if (signal.aborted) return; // on its way when the Close was sent; it comes again
      try { transport.take(JSON.parse(data)); } catch (error) { end(error); }
    };
    socket.onclose = ({ code, reason }) => {
      const how = code === 1006 ? 'ended without a Close' : `was closed: ${code} ${reason}`.trim();
      fail(new Error(`The WebSocket ${how}`));
    };
    signal.addEventListener('abort', () => end(signal.reason), { once: true });
  });
}

const FOLLOWED = [
  { id: 'short-poll', name: 'Short poll', follow: shortPoll, runs: 'Asks again and again.',
    does: 'The page asks at an interval and gets what there is, often nothing. An event waits for the next look.' },
  { id: 'long-poll', name: 'Long poll', follow: longPoll, runs: 'A request is held.',
    does: 'The page asks, and the server holds the request until there is an event. Then the page asks again.' },
  { id: 'stream', name: 'Stream', follow: stream, runs: 'The response is open.',
    does: 'The page asks once. The response does not end, and the server writes each event into it.' },
  { id: 'websocket', name: 'WebSocket', follow: webSocket, runs: 'The WebSocket is open.',
    does: 'The page asks once, with the opening handshake. Then the server sends each event in a frame.' },
];

// All four together, with the page's own events and the server's counts.

/**
 * `wanted`: they are to run, since the button was pressed. `running` ends them, and is null when they don't run.
 * `closedAt`: when they went out of sight. The page's events have its `name` and a number, of which `last` is the last;
 * `published` says when a text was published.
 */
const feed = { transports: [], wanted: false, running: null, closedAt: null, name: '', last: 0, published: new Map() };

const sayOfAll = (words) => setText(byId('transports-state'), words);

/** All begin after the same event, the newest one there is. */
async function beginAfterNewest(signal) {
  const { headers } = await ask(address('feed/poll'), signal);
  const newest = Number.parseInt(headers.get('Feed-Last-Id'), 10);
  if (!Number.isSafeInteger(newest)) throw new Error('The answer does not say which event is the newest');
  for (const transport of feed.transports) transport.after = newest;
}

/**
 * Publishes at random moments, one in each interval. A strict beat would lock with the beat of the short poll, and each
 * event would wait the same time.
 */
async function publish(signal) {
  const rate = byId('publish-rate');
  for (;;) {
    const interval = Number(rate.value);
    const end = performance.now() + interval;
    await sleep(interval ? Math.random() * interval : 60000, signal, rate);
    if (Number(rate.value) === 0) continue;
    feed.last += 1;
    const text = `Event ${feed.last} of page ${feed.name}`;
    feed.published.set(text, performance.now());
    if (feed.published.size > 1000) feed.published.delete(feed.published.keys().next().value);
    await ask(address('feed'), signal, { method: 'POST', body: text });
    setText(byId('publish-trouble'), '');
    await sleep(end - performance.now(), signal, rate);
  }
}

/** Asks the server once a second what it has counted, and shows all figures. */
async function count(signal) {
  for (;;) {
    await sleep(1000, signal);
    const meters = feed.transports.flatMap((transport) => transport.meters);
    const url = address('connections');
    for (const { token } of meters) url.searchParams.append('watch', token);
    const { watched } = JSON.parse((await ask(url, signal)).text);
    // null: nothing with this token has come yet, or the answer is from another server behind the same proxy.
    setText(byId('count-trouble'), '');
    meters.forEach((meter, at) => { meter.counts = watched[at] ?? meter.counts; });
    for (const transport of feed.transports) transport.show();
    drawCharts();
  }
}

/** Runs all, until the signal. */
async function followAll(signal) {
  if (feed.transports[0].after === null) await beginAfterNewest(signal);
  const followed = feed.transports.map((transport) => persistently(() => {
    transport.begin();
    return transport.follow(transport, signal);
  }, (why) => transport.say(why, true), signal));
  sayOfAll(feed.closedAt === null ? 'All four follow the feed.' : tookUpAgain());
  const publishing = persistently(publish, (why) => setText(byId('publish-trouble'), `Publishing: ${why}`), signal);
  const counting = persistently(count, (why) => setText(byId('count-trouble'), `Counting: ${why}`), signal);
  await Promise.all([...followed, publishing, counting]);
}

function tookUpAgain() {
  const seconds = Math.round((performance.now() - feed.closedAt) / 1000);
  return `All four were closed for ${seconds} s, while nobody saw this view. Each took up again after its last event.`;
}

/** Follows the feed if that is wanted and can be seen, and else holds nothing open. */
function followIfSeen() {
  const may = feed.wanted && shown === 'transports' && document.visibilityState === 'visible';
  if (may && feed.running === null) {
    feed.running = new AbortController();
    for (const transport of feed.transports) transport.say('Connecting.');
    persistently(followAll, sayOfAll, feed.running.signal);
  } else if (!may && feed.running !== null) {
    feed.running.abort();
    Object.assign(feed, { running: null, closedAt: performance.now() });
    feed.published.clear(); // the time out of sight is no delay
    for (const transport of feed.transports) transport.say('Closed.');
  }
}

function startOrStop() {
  feed.wanted = !feed.wanted;
  if (feed.wanted) {
    Object.assign(feed, { closedAt: null, name: newToken().slice(0, 8), last: 0 });
    for (const transport of feed.transports) transport.reset();
    sayOfAll('Connecting.');
  } else {
    sayOfAll('Stopped.');
  }
  byId('transports-start').textContent = feed.wanted ? 'Stop' : 'Start all four';
  followIfSeen();
}

// Charts: lines over the last minute.

const MINUTE = 60000;

/** `element` for SVG, whose elements are in a namespace of their own. */
function drawn(tag, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Adds a value at this moment, if there is one, and drops what is older than a minute. */
function addPoint(points, value) {
  const now = performance.now();
  if (value !== null) points.push({ at: now, value: Math.max(value, 0.1) }); // 0 has no place on a logarithmic scale
  while (points.length && points[0].at < now - MINUTE) points.shift();
}

function drawCharts() {
  const lines = (kind) => feed.transports.map(({ id, name, chart }) => ({ id, name, points: chart[kind] }));
  drawChart(byId('chart-bytes'), lines('bytes'), grouped);
  drawChart(byId('chart-delay'), lines('delay'), (value) => (value < 1000 ? `${value} ms` : `${value / 1000} s`));
}

/** Draws a chart anew. Its scale is logarithmic, for what costs a hundred times more is to be seen beside what does not. */
function drawChart(svg, lines, written) {
  const { width, height } = svg.getBoundingClientRect();
  const values = lines.flatMap(({ points }) => points.map(({ value }) => value));
  if (width === 0 || values.length === 0) {
    svg.replaceChildren();
    return;
  }
  const [left, right, top, bottom] = [56, width - 76, 12, height - 24];
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const now = performance.now();
  const x = ({ at }) => right - ((now - at) / MINUTE) * (right - left);
  const y = (value) => bottom - ((Math.log10(value) - low) / (high - low)) * (bottom - top);
  const grid = Array.from({ length: high - low + 1 }, (_, step) => Number((10 ** (low + step)).toPrecision(1)));
  const way = (point, at) => `${at ? 'L' : 'M'}${x(point).toFixed(1)} ${y(point.value).toFixed(1)}`;
  const paths = lines.map(({ id, points }) => drawn('path', { class: id, d: points.map(way).join('') }));
  svg.replaceChildren(
    ...grid.flatMap((value) => [
      drawn('line', { x1: left, x2: right, y1: y(value), y2: y(value) }),
      drawn('text', { x: left - 8, y: y(value) + 4, 'text-anchor': 'end' }, written(value)),
    ]),
    drawn('text', { x: left, y: height - 4 }, '60 s ago'),
    drawn('text', { x: right, y: height - 4, 'text-anchor': 'end' }, 'now'),
    ...paths,
    ...names(lines, y, right + 8, bottom),
  );
}

/** The lines' names at their ends, moved apart where they would stand on each other. */
function names(lines, y, x, bottom) {
  const placed = lines.filter(({ points }) => points.length)
    .map(({ id, name, points }) => ({ id, name, y: y(points.at(-1).value) + 4 }))
    .sort((one, other) => one.y - other.y);
  placed.forEach((label, at) => { if (at) label.y = Math.max(label.y, placed[at - 1].y + 14); });
  const below = placed.length ? Math.max(0, placed.at(-1).y - bottom - 4) : 0;
  return placed.map(({ id, name, y: at }) => drawn('text', { class: `name ${id}`, x, y: at - below }, name));
}

function startTransports() {
  feed.transports = FOLLOWED.map((followed) => new Transport(followed));
  byId('transports-start').addEventListener('click', startOrStop);
  document.addEventListener('visibilitychange', followIfSeen);
  Object.assign(views.transports, { show: followIfSeen, hide: followIfSeen });
}

startTransports();

// ---- end of Transports ----

// ---- Who is here ----

/** The rows of the table by the numbers of their connections, and what ends the asking, null while nobody looks. */
const who = { rows: new Map(), running: null };

/** Seconds for reading: `12 s`, `3 min 20 s`, `2 h 5 min`. */
function inAge(seconds) {
  const whole = Math.floor(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** The texts of a connection's row, cell by cell. */
function textsOf(connection) {
  const isOwn = connection.number === shared.connection;
  return [
    `${connection.number}${isOwn ? ' (you)' : ''}`,
    connection.path ?? 'nothing asked yet',
    connection.websocket ? 'WebSocket' : 'HTTP',
    inAge(connection.age),
    ...[connection.messages_in, connection.messages_out, connection.bytes_in, connection.bytes_out].map(grouped),
    connection.peer ?? '',
  ];
}

function newRow() {
  const kinds = [null, 'mono', null, 'number', 'number', 'number', 'number', 'number', 'peer mono'];
  const cells = kinds.map((kind) => element('td', { class: kind }));
  cells[0] = element('th', { scope: 'row', class: 'number' });
  return element('tr', {}, ...cells);
}

/** Shows the list. Rows stay with their connections, so that what has not changed does not move or flicker. */
function showConnections({ open, left_out: leftOut, connections }) {
  const isOpen = new Set(connections.map(({ number }) => number));
  for (const [number, row] of who.rows) {
    if (isOpen.has(number)) continue;
    row.remove();
    who.rows.delete(number);
  }
  let next = byId('who-table').tBodies[0].firstElementChild;
  for (const connection of connections) {
    const row = who.rows.get(connection.number) ?? newRow();
    who.rows.set(connection.number, row);
    textsOf(connection).forEach((text, at) => setText(row.cells[at], text));
    row.classList.toggle('you', connection.number === shared.connection);
    // The newest come first, so a row that is not next is new, and all others are in order already.
    if (row === next) next = next.nextElementSibling;
    else byId('who-table').tBodies[0].insertBefore(row, next);
  }
  for (const cell of document.querySelectorAll('#who-table .peer')) cell.hidden = !connections.some(({ peer }) => peer);
  setText(byId('who-open'), grouped(open));
  const words = `${open === 1 ? 'connection is' : 'connections are'} open at this server.`;
  setText(byId('who-words'), leftOut ? `${words} The oldest ${grouped(leftOut)} are left out here.` : words);
}

async function lookAgainAndAgain(signal) {
  for (;;) {
    showConnections(JSON.parse((await ask(address('connections'), signal)).text));
    setText(byId('who-state'), '');
    await sleep(2000, signal);
  }
}

/** Asks while this view can be seen. */
function lookIfSeen() {
  const may = shown === 'who' && document.visibilityState === 'visible';
  if (may && who.running === null) {
    who.running = new AbortController();
    persistently(lookAgainAndAgain, (why) => setText(byId('who-state'), why), who.running.signal);
  } else if (!may && who.running !== null) {
    who.running.abort();
    who.running = null;
  }
}

document.addEventListener('visibilitychange', lookIfSeen);
Object.assign(views.who, { show: lookIfSeen, hide: lookIfSeen });

// ---- end of Who is here ----

startViews();
