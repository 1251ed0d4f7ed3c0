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
const { format: grouped } = new Intl.NumberFormat('en-GB');

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
 * Makes a request and reads the answer to its end, for a connection is free again only then. No answer, or one that
 * says no, is an error with the reason in words.
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

/** Sets a text where it has changed. What has not stays as it is for the eye, a selection and a screen reader. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** What the views tell each other: the number that the server gave to this page's WebSocket, null without one. */
const shared = { connection: null };

// ---- Views ----

/**
 * The three views by name. `show` is called when a view comes into sight and `hide` when it goes: a view that is hidden
 * holds no request open, for a browser allows six HTTP/1.1 connections to a server, and a WebSocket is not one of them.
 */
const views = {
  connection: { show: showConnection, hide: restWatch },
  transports: { show: followIfSeen, hide: followIfSeen },
  who: { show: lookIfSeen, hide: lookIfSeen },
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

/** How many rows the list of messages has at most, and how many bytes of a message are kept for "more". */
const MOST_MESSAGES = 500;
const MOST_KEPT = 65536;
/** A reason has at most this many bytes: a control frame carries 125, and two are the code (RFC 6455 s5.5, s5.5.1). */
const MOST_REASON = 123;
/** A connection that was open as long as this was a good one: the next wait is a short one again. In milliseconds. */
const STEADY = 10000;

const ENDPOINTS = {
  'ws': 'Messages come back, text and binary.',
  'mymsg': '“Processed: ” and the message come back.',
  'live': 'Messages come back, and the text of each event of the feed comes by itself.',
  'feed/ws': 'Each event of the feed comes as JSON. A text that you send is published to everybody.',
};

/** The sizes at which the length of a frame takes another form (RFC 6455 s5.2), and others on the way to 1 MiB. */
const FORMS = [125, 126, 65535, 65536];
const SIZES = [0, 1, 2, 5, 10, 20, 50, 100, 125, 126, 127, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 65535,
  65536, 65537, 100000, 200000, 500000, 1048576];

/** What the close codes of RFC 6455 s7.4.1 and of IANA's registry are for, each in a sentence. */
const CODES = {
  1000: ['normal closure', 'The connection has done what it was for.'],
  1001: ['going away', 'A server that stops, or a browser that leaves the page.'],
  1002: ['protocol error', 'The other end broke the protocol.'],
  1003: ['unsupported data', 'The receiver does not take this type of data: binary where only text is understood.'],
  1004: ['reserved', 'It has no meaning yet.'],
  1005: ['no status received; never sent in a frame', 'The browser says so when the Close frame had no code.'],
  1006: ['abnormal closure; never sent in a frame', 'The browser says so when no Close frame came before the end.'],
  1007: ['invalid payload data', 'The payload is not what its type promised: text that is no UTF-8.'],
  1008: ['policy violation', 'A message broke a rule of the receiver.'],
  1009: ['message too big', 'The receiver does not take messages of this size.'],
  1010: ['extension expected', 'The client needs an extension that the server did not agree to.'],
  1011: ['internal error', 'The server met something that it cannot go on with.'],
  1012: ['service restart', 'The server starts again: come back after a while.'],
  1013: ['try again later', 'The server has too much to do: come back later.'],
  1014: ['bad gateway', 'A gateway got no valid answer from the server behind it.'],
  1015: ['TLS handshake failed; never sent in a frame', 'A program says so when, say, a certificate was not valid.'],
};

/** What is known of an opening handshake that failed, if the watch has not said more. */
const NO_ANSWER = 'No opening handshake came to its end: the server does not answer, or it refuses. The browser calls '
  + 'both 1006.';

/** The codes after which coming back makes sense. */
const COME_BACK = new Set([1001, 1006, 1011, 1012, 1013]);

/** The short name of a close code, in the server's own words, and a sentence. */
function codeWords(code) {
  if (CODES[code]) return CODES[code];
  if (code < 1000) return ['not used', 'RFC 6455 s7.4.2 leaves these numbers out.'];
  if (code < 3000) return ['unassigned', 'Kept for the protocol (RFC 6455 s7.4.2).'];
  if (code < 4000) return ["a library's own", 'For libraries, frameworks and applications, registered with IANA.'];
  if (code < 5000) return ["an application's own", 'For private use: the application knows what it means.'];
  return ['outside the ranges', 'No code is as high as this.'];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(3)} s`;
const arrow = (sender) => (sender === 'client' ? '→' : '←');
const direction = (sender) => (sender === 'client' ? 'client to server' : 'server to client');

/** The WebSocket: one at a time, each with a token of its own. `asked`: whether this page has asked for the end. */
const link = {
  socket: null, subprotocol: '', madeAt: 0, openAt: null, asked: false, backoff: new Backoff(), timer: 0,
};

/** What is known of how the connection ended: from the browser's event, and from what the server told. */
let ending = {};

/** While the page comes back: how the connection ended that it had. A try that fails has an end of its own. */
let endingBefore = null;

/**
 * A list that stays bounded whatever comes. What is added waits for the next picture on the screen and is put in with
 * all that waits; the oldest rows leave. A window in the background has no pictures, so what waits is bounded as well.
 */
class Rows {
  constructor(list, most, make, changed) {
    Object.assign(this, { list, most, make, changed, waiting: [], left: 0, due: 0, isAsked: false, held: false });
  }

  add(item) {
    this.waiting.push(item);
    if (this.waiting.length > this.most) {
      this.waiting.shift();
      this.left += 1;
    }
    this.ask();
  }

  /** Holds rows back, or lets them in again. */
  hold(held) {
    this.held = held;
    this.ask();
  }

  ask() {
    if (this.isAsked) return;
    this.isAsked = true;
    setTimeout(() => requestAnimationFrame(() => this.put()), this.due - performance.now());
  }

  put() {
    this.isAsked = false;
    const made = this.held ? [] : this.waiting.splice(0).map(this.make);
    // Nobody reads faster than that. In a flood most rows have left before they are made.
    this.due = performance.now() + (made.length > 50 ? 200 : 100);
    this.list.append(...made);
    while (this.list.childElementCount > this.most) {
      this.list.firstElementChild.remove();
      this.left += 1;
    }
    this.changed(made);
  }

  clear() {
    this.waiting = [];
    this.left = 0;
    this.list.replaceChildren();
    this.ask();
  }
}

/**
 * Keeps the end of a list in view, or what `beginning` names, unless somebody has scrolled to read: whoever reads stays
 * there. While `isHeld` says so nothing moves, and afterwards it goes on as before.
 */
class Follower {
  constructor(scroller, changed = () => {}, isHeld = () => false) {
    Object.assign(this, { scroller, changed, isHeld, follows: true, beginning: null, top: 0 });
    scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
  }

  isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < 40;
  }

  /** Rows that leave or grow move the end as well; only a move upwards by somebody counts, or away from a beginning. */
  scrolled() {
    const { scroller, beginning, top } = this;
    const moved = scroller.scrollTop - top;
    this.top = scroller.scrollTop;
    if (Math.abs(moved) > 2) this.beginning = null;
    if (this.isAtEnd()) this.set(true);
    else if (moved < -2 || (beginning && moved > 2)) this.set(false);
  }

  set(follows) {
    this.follows = follows;
    this.mark();
    this.changed();
  }

  /** The style sheet lets the browser hold still what somebody reads, and not while the end is followed. */
  mark() {
    this.scroller.toggleAttribute('data-reading', !this.moves());
  }

  /** Whether it is this that moves the list just now. */
  moves() {
    return this.follows && !this.isHeld();
  }

  pin() {
    const { scroller, beginning } = this;
    this.mark();
    const topOf = (node) => node.getBoundingClientRect().top;
    if (this.moves() && beginning?.isConnected) scroller.scrollTop += topOf(beginning) - topOf(scroller);
    else if (this.moves()) scroller.scrollTop = scroller.scrollHeight;
    this.top = scroller.scrollTop;
  }
}

const messages = new Rows(byId('log'), MOST_MESSAGES, messageRow, messagesChanged);
const messagesFollower = new Follower(byId('log'));

function messagesChanged() {
  byId('log-empty').hidden = messages.list.childElementCount > 0;
  byId('log-left').hidden = messages.left === 0;
  byId('log-left').textContent = `${counted(messages.left, 'older row')} left; the newest ${MOST_MESSAGES} are here.`;
  messagesFollower.pin();
}

/** Something that happened, for the list: `open`, `closed`. */
function tellEvent(words) {
  messages.add({ ...now(), sender: null, words });
}

/** The time since the connection opened: the wire, too, counts from the handshake. Before, since it was asked for. */
function now() {
  const { openAt, madeAt } = link;
  const since = openAt === null ? 'this page asked for the connection' : 'the connection opened for this page';
  return { at: performance.now() - (openAt ?? madeAt), since: `Since ${since}, by the browser’s clock` };
}

/** A message, either way. Its first bytes are kept, as a copy: a list of whole messages could be half a gigabyte. */
function tellMessage(sender, data) {
  const isText = typeof data === 'string';
  const bytes = isText ? encoder.encode(data) : new Uint8Array(data);
  const kept = bytes.slice(0, MOST_KEPT);
  messages.add({ ...now(), sender, kind: isText ? 'text' : 'binary', size: bytes.length, kept });
}

function messageRow({ at, since, sender, kind, size, kept, words }) {
  const time = element('span', { class: 'time', title: since }, seconds(at));
  if (sender === null) return element('li', { class: 'event' }, time, element('span', { class: 'quiet' }, words));
  const way = element('span', { class: 'way', title: direction(sender) }, arrow(sender));
  way.append(element('span', { class: 'unseen' }, sender === 'client' ? ' sent' : ' received'));
  const about = element('span', { class: 'quiet' }, `${kind}, ${counted(size, 'byte')}`);
  // Where the text is cut, half a character may be left: a stream that goes on leaves it out.
  const asText = (bytes) => new TextDecoder().decode(bytes, { stream: bytes.length < size });
  const show = (bytes) => (kind === 'text' ? asText(bytes) : toHex(bytes, ' '));
  return element('li', { 'data-kind': kind }, time, way, about, shortened(show, kept, size));
}

/** The first part of a message, and all that was kept of it on demand. */
function shortened(show, kept, size) {
  const most = 120;
  const first = element('span', { class: 'mono content' }, show(kept.slice(0, most)));
  if (size <= most) return first;
  first.append(' …');
  const whole = element('pre', { tabindex: 0 });
  const details = element('details', {}, element('summary', {}, 'more'), whole);
  details.addEventListener('toggle', () => {
    const rest = size - kept.length;
    whole.textContent = details.open ? show(kept) + (rest ? `\n… ${counted(rest, 'more byte')}, not kept` : '') : '';
  });
  first.append(details);
  return first;
}

// The connection

/** The state in words, and what can be pressed in it. */
function setState(words) {
  byId('state-words').textContent = words;
  const isOpen = link.socket?.readyState === WebSocket.OPEN;
  for (const id of ['send-text', 'send-hex', 'send-size', 'close']) byId(id).disabled = !isOpen;
  for (const id of ['endpoint', 'subprotocol']) byId(id).disabled = link.socket !== null;
  byId('connect').textContent = link.socket === null ? 'Connect' : 'Disconnect';
}

function connect() {
  stopTrying();
  const subprotocol = byId('subprotocol').value.trim();
  if (subprotocolProblem(subprotocol)) return setState('not connected');
  const token = newToken();
  const url = address(byId('endpoint').value, { watch: token }, 'ws');
  const socket = subprotocol ? new WebSocket(url, subprotocol) : new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  Object.assign(link, { socket, subprotocol, madeAt: performance.now(), openAt: null, asked: false });
  if (ending.wasOpen) endingBefore = ending;
  ending = {};
  tellEnding();
  setState('connecting');
  socket.addEventListener('open', () => opened(socket));
  socket.addEventListener('message', (event) => tellMessage('server', event.data));
  socket.addEventListener('close', closed);
  startWatch(token);
}

function opened(socket) {
  link.openAt = performance.now();
  ending.wasOpen = true;
  endingBefore = null;
  tellEnding();
  setState(socket.protocol ? `open, subprotocol ${socket.protocol}` : 'open');
  tellEvent(`open ${byId('endpoint').selectedOptions[0].textContent}`);
}

/** The browser's last word. After an end that nobody here has asked for the page comes back by itself. */
function closed({ code, reason, wasClean }) {
  link.socket = null;
  Object.assign(ending, { code, reason, wasClean });
  // A browser sends a Close of its own only as the answer to one.
  if (wasClean && !link.asked) ending.first ??= 'server';
  tellEvent(ending.wasOpen ? `closed ${code} ${codeWords(code)[0]}` : `no connection: ${code} ${codeWords(code)[0]}`);
  setState('closed');
  tellEnding();
  if (link.openAt !== null && performance.now() - link.openAt > STEADY) link.backoff.reset();
  if (!link.asked && COME_BACK.has(code) && !ending.isFinal) tryAgain();
}

function disconnect(code, reason) {
  link.asked = true;
  showOwn();
  link.socket.close(code, reason);
  setState('closing');
}

/** Comes back after a random time that is on the screen. */
function tryAgain() {
  const due = performance.now() + link.backoff.next();
  const attempt = link.backoff.attempt;
  setState('trying again');
  byId('stop').hidden = false;
  const tick = () => {
    const rest = due - performance.now();
    if (rest <= 0) return connect();
    byId('countdown').textContent = ` in ${(rest / 1000).toFixed(1)} s, attempt ${attempt}`;
  };
  link.timer = setInterval(tick, 100);
  tick();
}

function stopTrying() {
  clearInterval(link.timer);
  link.timer = 0;
  byId('stop').hidden = true;
  byId('countdown').textContent = '';
}

/** Why the opening handshake failed: the server tells it, the browser does not. What is final would come again. */
function handshakeFailed(refusal, isFinal) {
  Object.assign(ending, { refusal, isFinal });
  tellEnding();
  if (link.timer && isFinal) {
    stopTrying();
    setState('closed');
  }
}

/** Who closed, and why: of the connection that was open last, and then of a try since. */
function tellEnding() {
  const isTry = ending.code !== undefined && !ending.wasOpen;
  const lines = endingLines(endingBefore ?? ending);
  const since = endingBefore && element('strong', {}, 'Since then: ');
  if (isTry) lines.push(element('p', {}, since, ending.refusal ?? NO_ANSWER));
  byId('ending').replaceChildren(...lines);
}

function endingLines({ code, reason, wasClean, first, told, wasOpen }) {
  if (code === undefined) return [];
  const [name, words] = codeWords(code);
  const lines = [element('p', {}, element('strong', {}, `${code} ${name}.`), ` ${words}`)];
  if (!wasOpen) return lines;
  if (reason) lines.push(element('p', {}, 'Reason: “', element('bdi', {}, reason), '”'));
  const who = first === 'client' ? 'this page' : 'the server';
  if (first) lines.push(element('p', {}, `The first Close frame came from ${who}.`));
  const clean = wasClean ? 'Clean: each end has sent a Close.' : 'Not clean: no Close came from the server.';
  lines.push(element('p', {}, clean));
  if (told) lines.push(element('p', { class: 'quiet' }, `The server’s log: ${told}`));
  return lines;
}

// What is sent

/** Sends what somebody asks for, and shows how it goes. */
function sendByHand(data) {
  showOwn();
  send(data);
}

function send(data) {
  if (link.socket?.readyState !== WebSocket.OPEN) return;
  link.socket.send(data);
  tellMessage('client', data);
}

/** Says beside a field what is wrong with it; an empty text takes it back. True if something is wrong. */
function complain(id, problem, where = `${id}-wrong`) {
  byId(id).setAttribute('aria-invalid', String(problem !== ''));
  byId(where).textContent = problem;
  byId(where).classList.toggle('bad', problem !== '');
  return problem !== '';
}

/** A subprotocol is a token (RFC 9110 s5.6.2); the browser throws an error at any other. */
function subprotocolProblem(name) {
  const strange = name.match(/[^!#$%&'*+.^_`|~0-9A-Za-z-]/u);
  return complain('subprotocol', strange ? `“${strange[0]}” is not for names: they are tokens (RFC 6455 s4.1).` : '');
}

function hexProblem() {
  const hex = byId('hex').value;
  const strange = hex.match(/[^0-9a-f\s]/iu);
  const odd = hex.replace(/\s+/g, '').length % 2 === 1;
  const problem = odd ? 'A byte is two digits, and one is missing.' : '';
  return complain('hex', strange ? `“${strange[0]}” is no hex: 0 to 9 and a to f.` : problem);
}

/** A browser lets a page send 1000 and 3000 to 4999 and throws an error at all others. */
function closeProblem() {
  const code = byId('close-code').valueAsNumber;
  const [name, words] = codeWords(code);
  const mayBeSent = code === 1000 || (code >= 3000 && code <= 4999);
  const why = 'A page may send 1000 and 3000 to 4999. The others are for browsers and servers (RFC 6455 s7.4).';
  const isWrong = complain('close-code', mayBeSent ? '' : why, 'close-words');
  if (mayBeSent) byId('close-words').textContent = `${name}. ${words}`;
  return isWrong;
}

function reasonProblem() {
  const length = encoder.encode(byId('close-reason').value).length;
  const count = `Reason: ${length} of ${MOST_REASON} bytes`;
  const isLong = complain('close-reason', length > MOST_REASON ? `${count}: too long.` : '', 'reason-count');
  if (!isLong) byId('reason-count').textContent = `${count}.`;
  return isLong;
}

/** A big message: the alphabet over and over, or the bytes from 00 to ff. */
function bigMessage(size, kind) {
  if (kind === 'binary') return Uint8Array.from({ length: size }, (_, at) => at % 256);
  const alphabet = 'abcdefghijklmnopqrstuvwxyz';
  return alphabet.repeat(Math.ceil(size / alphabet.length)).slice(0, size);
}

/** Slider and number follow each other; the slider goes in steps, to the nearest below. */
function setSize(size) {
  const bounded = Math.min(SIZES.at(-1), Math.max(0, Math.trunc(size) || 0));
  byId('size-number').value = bounded;
  byId('size').value = SIZES.findLastIndex((step) => step <= bounded);
  byId('size').setAttribute('aria-valuetext', counted(bounded, 'byte'));
  return bounded;
}

/** A text every few seconds while the box is ticked and the connection is open. */
const every = { timer: 0, count: 0 };

function setEvery() {
  clearInterval(every.timer);
  const wish = byId('every-seconds').valueAsNumber;
  const pause = Number.isNaN(wish) ? 2 : Math.min(60, Math.max(0.1, wish));
  byId('every-seconds').value = pause;
  if (!byId('every').checked) return;
  every.timer = setInterval(() => {
    if (link.socket?.readyState !== WebSocket.OPEN) return;
    every.count += 1;
    send(`${byId('text').value} ${every.count}`);
  }, pause * 1000);
}

/** A form here is never submitted: its Enter key and its button do something on this page. */
function onSubmit(id, action) {
  byId(id).addEventListener('submit', (event) => {
    event.preventDefault();
    action();
  });
}

/** Does something when a field changes, and now: after a reload a browser brings back what was chosen before. */
function onChange(id, action, event = 'change') {
  byId(id).addEventListener(event, action);
  action();
}

function startSizes() {
  byId('size').max = SIZES.length - 1;
  byId('size').addEventListener('input', () => setSize(SIZES[byId('size').value]));
  byId('size-number').addEventListener('change', () => setSize(byId('size-number').valueAsNumber));
  for (const size of FORMS) {
    const button = element('button', { type: 'button', class: 'small' }, grouped(size));
    button.addEventListener('click', () => setSize(size));
    byId('size-stops').append(button);
  }
  setSize(126);
  onSubmit('size-form', () => {
    sendByHand(bigMessage(setSize(byId('size-number').valueAsNumber), byId('size-kind').value));
  });
}

function startConnect() {
  onChange('endpoint', () => { byId('endpoint-words').textContent = ENDPOINTS[byId('endpoint').value]; });
  onChange('subprotocol', () => subprotocolProblem(byId('subprotocol').value.trim()), 'input');
  onSubmit('connect-form', () => {
    if (link.socket) return disconnect(1000, '');
    link.backoff.reset();
    ending = {};
    endingBefore = null;
    showOwn();
    connect();
  });
  byId('to-wire').addEventListener('click', () => byId('wire-title').scrollIntoView());
  byId('stop').addEventListener('click', () => {
    stopTrying();
    endWatch();
    setState('closed');
    byId('connect').focus();
  });
  onSubmit('text-form', () => sendByHand(byId('text').value));
  onChange('hex', hexProblem, 'input');
  onSubmit('hex-form', () => hexProblem() || sendByHand(fromHex(byId('hex').value)));
  startSizes();
  onChange('every', setEvery);
  onChange('every-seconds', setEvery);
  onChange('close-code', closeProblem, 'input');
  onChange('close-reason', reasonProblem, 'input');
  onSubmit('close-form', () => {
    if (closeProblem() || reasonProblem()) return;
    disconnect(byId('close-code').valueAsNumber, byId('close-reason').value);
  });
  setState('not connected');
}

// ---- Your connection: Wire ----

/** Rows on the page; frames that are drawn by themselves; payload bytes that are drawn, at first and on demand. */
const MOST_ROWS = 400;
const MOST_DRAWN = 50;
const PAYLOAD_FIRST = 64;
const PAYLOAD_MOST = 1024;
/** What is kept for Save at most: records, and characters of hex in them. */
const MOST_SAVED = 20000;
const MOST_SAVED_HEX = 64 * 1024 * 1024;
/** Out of sight the watch looks in for a second, twice a minute: what nobody watches for 60 s the server forgets. */
const LOOK = 1000;
const REST = 29000;

/** For how long the wire shows what this page has just done, even to somebody who reads in it. In milliseconds. */
const OWN = 2000;

/** The stream of records about one WebSocket: the newest number that came, and whether there is no more to come. */
const watch = {
  token: null, number: null, source: null, last: 0, over: true, misses: 0, timer: 0, backoff: new Backoff(),
};

/** What Save writes: records, each with its connection's number. `lost` counts those that had to leave. */
const saved = { records: [], size: 0, lost: 0 };

/** What belongs to a row: its record, and whether somebody has opened or shut it by hand. */
const rowStates = new WeakMap();

/** What the detail strip says of a field. */
const fieldStates = new WeakMap();

const wire = new Rows(byId('wire'), MOST_ROWS, recordRow, wireChanged);
const wireFollower = new Follower(byId('wire-scroll'), followingChanged, isReading);

/** Whether the pointer is on the wire or on the strip below it, and until when that does not count. */
const reading = { isPointed: false, notBefore: 0 };

/** Rows that came while somebody read further up. */
let unseen = 0;

/** How many rows had left when the wire was paused. */
let leftBefore = 0;

/** The newest frames, oldest first: those that are drawn once they come into view. */
let recent = [];

/** The one place in the wire at which Tab stops, from which arrow keys go on, and the row that was used last. */
let tabStop = null;
let lastUsed = null;

// The stream

function startWatch(token) {
  closeWatch();
  shared.connection = null;
  Object.assign(watch, { token, last: 0, over: false, number: null, misses: 0 });
  tellHint();
  watch.backoff.reset();
  openWatch();
}

/** Opens the stream where it broke off: the server sends what came after record number `last`. */
function openWatch() {
  if (watch.over) return;
  clearTimeout(watch.timer);
  if (shown !== 'connection') watch.timer = setTimeout(restWatch, LOOK);
  if (watch.source) return;
  const began = performance.now();
  watch.source = new EventSource(address(`watch/${watch.token}`, watch.last ? { after: watch.last } : {}));
  watch.source.addEventListener('open', () => tellWatch(''));
  watch.source.addEventListener('message', takeEvent);
  // A browser would come back by itself, and every browser in the room at the same moment.
  watch.source.addEventListener('error', () => {
    if (performance.now() - began > STEADY) watch.backoff.reset();
    watchAgain('The watch was cut');
  });
}

/** Out of sight the view holds no stream. It looks in now and then, for what nobody watches the server forgets. */
function restWatch() {
  closeWatch();
  if (!watch.over) watch.timer = setTimeout(openWatch, REST);
}

function closeWatch() {
  clearTimeout(watch.timer);
  watch.source?.close();
  watch.source = null;
}

/** There is nothing more to see. */
function endWatch() {
  watch.over = true;
  shared.connection = null;
  closeWatch();
  tellWatch('');
}

function watchAgain(why) {
  closeWatch();
  const pause = watch.backoff.next();
  tellWatch(`${why}, trying again in ${(pause / 1000).toFixed(1)} s`);
  watch.timer = setTimeout(openWatch, pause);
}

/** Says how the watch does; without words of its own, whom it watches. */
function tellWatch(words) {
  const waits = watch.over ? '' : 'The watch waits for the connection';
  byId('watch-state').textContent = words || (watch.number === null ? waits : `ws-${watch.number} in the server’s log`);
}

/** What the page needs of a record, by its type. */
const NEEDED = {
  connection: ['number', 'path'],
  head: ['at', 'sender', 'bytes', 'lines'],
  decision: ['granted', 'steps'],
  frame: ['at', 'sender', 'line', 'name', 'bytes', 'length', 'header_length', 'fields'],
  told: ['mark', 'text'],
  gap: ['from', 'to', 'why'],
  end: ['text', 'messages_in', 'messages_out', 'bytes_in', 'bytes_out'],
  none: ['why'],
};

/** One event is one record, as JSON. Null if it is something else: a page that was open for long meets a new server. */
function readRecord(json) {
  try {
    const record = JSON.parse(json);
    return NEEDED[record.type].every((name) => (record[name] ?? null) !== null) ? record : null;
  } catch {
    return null;
  }
}

function takeEvent({ data, lastEventId }) {
  watch.last = Number(lastEventId) || watch.last;
  const record = readRecord(data);
  if (record) takeRecord(record);
  else tellWatch('Something came that this page does not know: load the page anew');
}

function takeRecord(record) {
  if (record.type === 'connection') return takeConnection(record);
  if (record.type === 'head' && record.sender === 'server') takeAnswer(record);
  if (record.type === 'frame' && record.close) takeClose({ first: record.sender });
  if (record.type === 'told' && /\bclose \d|\bclose no code/.test(record.text)) takeClose({ told: record.text });
  if (record.type === 'none' && missed(record)) return;
  if (record.type === 'end' || record.type === 'none') endWatch();
  keep(record);
  wire.add(record);
}

/** The stream's first record, and again each time that it is taken up. */
function takeConnection(record) {
  shared.connection = record.number;
  const isNew = watch.number === null;
  watch.number = record.number;
  tellWatch('');
  if (!isNew) return;
  keep(record);
  wire.add(record);
}

function takeAnswer(record) {
  const status = Number(record.lines[0]?.text.split(' ')[1]);
  const isAgreed = record.lines.some(({ text }) => /^sec-websocket-protocol:/i.test(text));
  if (status >= 400) {
    const words = `The server refused the opening handshake with ${status}. A page is not told why; the wire is.`;
    handshakeFailed(words, status < 500);
  } else if (link.subprotocol && !isAgreed) {
    const words = 'The server chose no subprotocol, and a browser that has offered one gives up then (WebSockets '
      + 'Standard). Leave the field empty, or start the server with --subprotocol and the name.';
    handshakeFailed(words, true);
  }
}

/** The first Close, and the first word of the server about one, say who closed. */
function takeClose(found) {
  ending = { ...found, ...ending };
  tellEnding();
}

/** Behind a load balancer the watch may reach another server than the WebSocket did: it asks three times more. */
function missed({ why }) {
  watch.misses += 1;
  // A server without room, or that watches nothing, says the same the next time.
  if (!link.socket || watch.misses > 3 || why.includes('--max-watched')) return false;
  watchAgain('Nothing to watch here');
  return true;
}

// Rows

const MAKE = {
  connection: connectionParts,
  head: headParts,
  decision: decisionParts,
  frame: (record) => [lineButton(record, frameLine(record))],
  told: (record) => [quiet(`${record.mark} ${record.text}`)],
  gap: (record) => [element('strong', {}, `${gapWords(record)}: `), record.why],
  end: endParts,
  none: (record) => [element('strong', {}, 'Nothing to watch: '), record.why],
};

const quiet = (words) => element('span', { class: 'quiet' }, words);
const gapWords = ({ from, to }) => `${counted(to - from + 1, 'record')} ${from === to ? 'is' : 'are'} not here`;

function recordRow(record) {
  const row = element('div', {
    'class': 'row', 'data-n': record.n ?? null, 'data-type': record.type, 'data-sender': record.sender ?? null,
    'data-name': record.type === 'frame' ? record.name : null, 'data-control': record.control ?? false,
  });
  rowStates.set(row, { record, hand: null });
  row.append(...MAKE[record.type](record));
  return row;
}

/** The line of a row that opens and shuts what is below it. */
function lineButton(record, ...parts) {
  const since = 'Since the head of the request came, by the server’s clock';
  const time = element('span', { class: 'time', title: since }, seconds(record.at));
  const way = element('span', { class: 'way' }, `${arrow(record.sender)} ${direction(record.sender)}`);
  return element('button', { 'type': 'button', 'class': 'row-line stop', 'tabindex': -1, 'aria-expanded': 'false' },
    time, way, ...parts);
}

/** The server's line, its first word in the colour of the kind. */
function frameLine(record) {
  const end = record.line.indexOf(' ');
  const kind = element('span', { class: 'kind' }, record.line.slice(0, end));
  return element('span', { class: 'mono line-words' }, kind, record.line.slice(end));
}

function connectionParts({ number, path, name }) {
  return [element('h3', {}, `Connection ws-${number}`, quiet(` to ${path}${name ? ` of server ${name}` : ''}`))];
}

/** The log's last line in words: its `in` and `out` are the server's. */
function endParts({ text, messages_in: up, messages_out: down, bytes_in: bytesUp, bytes_out: bytesDown }) {
  const after = /^ended( after [^;]+);/.exec(text)?.[1] ?? '';
  const toServer = `To the server: ${counted(up, 'message')}, ${counted(bytesUp, 'byte')}.`;
  const toClient = `To the client: ${counted(down, 'message')}, ${counted(bytesDown, 'byte')}.`;
  const all = 'The bytes of the handshake and of all frames are counted.';
  return [element('strong', {}, `The connection has ended${after}. `), quiet(`${toServer} ${toClient} ${all}`)];
}

function headParts(record) {
  const title = record.sender === 'client' ? 'opening handshake: the request' : 'opening handshake: the response';
  const size = ` ${counted(record.bytes.length / 2, 'byte')}`;
  const stars = 'the stars hide the token by which this page watches';
  const why = ({ text, purpose }) => purpose || (/[?&]watch=\*/.test(text) ? stars : '');
  const lines = record.lines.map((line) =>
    element('div', {}, element('dt', { class: 'mono' }, line.text), element('dd', { class: 'quiet' }, why(line))));
  const body = record.body ? element('pre', { class: 'body' }, record.body) : null;
  const line = lineButton(record, element('span', { class: 'line-words' }, element('strong', {}, title), quiet(size)));
  return [line, element('dl', { class: 'head-lines' }, ...lines), body].filter((part) => part !== null);
}

function decisionParts({ granted, steps, accept }) {
  const items = steps.map(({ met, found, why, section }) => element('li', { class: met ? 'met' : 'unmet' },
    element('strong', {}, met ? 'yes' : 'NO'),
    element('span', { class: 'mono' }, found),
    quiet(`${why} (${section})`)));
  const title = element('p', {}, element('strong', {}, granted ? 'upgrade granted' : 'upgrade refused'));
  const parts = [title, element('ul', { class: 'steps' }, ...items)];
  return accept ? [...parts, acceptKey(accept)] : parts;
}

/** How the accept key comes about (RFC 6455 s4.2.2). */
function acceptKey({ key, guid, sha1, accept }) {
  const rows = [
    ['Sec-WebSocket-Key', key],
    ['+ the GUID (RFC 6455 s1.3)', guid],
    ['SHA-1 of the two, 20 bytes', spaced(sha1)],
    ['in base64: Sec-WebSocket-Accept', accept],
  ];
  const pairs = rows.map(([name, value]) =>
    element('div', {}, element('dt', { class: 'quiet' }, name), element('dd', { class: 'mono' }, value)));
  return element('dl', { class: 'accept' }, ...pairs);
}

const spaced = (hex) => hex.replace(/..(?=.)/g, '$& ');

// What changes after rows came

function wireChanged(made) {
  byId('wire-empty').hidden = wire.list.childElementCount > 0;
  byId('wire-left').hidden = wire.left === 0;
  byId('wire-left').textContent = `${counted(wire.left, 'older row')} left the page. Save goes back further.`;
  if (wire.held) tellPause();
  const frames = made.filter((row) => row.dataset.type === 'frame');
  recent = [...recent, ...frames].filter((row) => row.isConnected);
  if (isDrawn()) {
    // The last few are drawn at once, so that they do not grow before one's eyes; the others when they come into view.
    frames.slice(-6).forEach(drawByItself);
    frames.slice(-MOST_DRAWN).forEach((row) => nearby.observe(row));
  }
  made.forEach(findBeginning);
  unseen += made.length;
  followingChanged();
  setTabStop(lastUsed?.isConnected ? lastUsed : null);
}

const isDrawn = () => byId('drawing').value === 'drawn';

/** A new connection begins at the top of its handshake until frames come, a refusal at the step that said no. */
function findBeginning(row) {
  const { type } = row.dataset;
  if (type === 'connection') wireFollower.beginning = row;
  const refused = row.querySelector('.unmet');
  if (refused) wireFollower.beginning = refused;
  const isOver = type === 'end' && wireFollower.beginning?.matches('.row');
  if (type === 'frame' || type === 'none' || isOver) wireFollower.beginning = null;
}

/** Whether somebody reads in the wire: the pointer is on it, or the focus in it. Rows that come wait below, then. */
function isReading() {
  return (reading.isPointed || hasFocus()) && performance.now() > reading.notBefore;
}

/** Whether the focus is on a row, in the strip, or on the button between the two. Going to the newest leaves them. */
function hasFocus() {
  const { activeElement } = document;
  return byId('reading').contains(activeElement) && activeElement !== byId('wire-scroll');
}

/** What this page does on somebody's word is shown, wherever they read. */
function showOwn() {
  reading.notBefore = performance.now() + OWN;
  wireFollower.set(true);
}

/** To the end, when it is followed; otherwise says how much has come there. */
function followingChanged() {
  const isFollowed = wireFollower.moves();
  if (isFollowed) {
    for (const row of recent.splice(0, Math.max(0, recent.length - MOST_DRAWN))) shutByItself(row);
  }
  if (isFollowed || wireFollower.isAtEnd()) unseen = 0;
  byId('newest').hidden = isFollowed || (wireFollower.follows && unseen === 0);
  byId('newest').textContent = unseen ? `${grouped(unseen)} new, go to newest` : 'Go to newest';
  wireFollower.pin();
}

function goToNewest() {
  byId('wire-scroll').focus({ preventScroll: true });
  wireFollower.beginning = null;
  showOwn();
}

/** Draws frames when they are about to be seen. */
const nearby = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    nearby.unobserve(target);
    drawByItself(target);
  }
}, { root: byId('wire-scroll'), rootMargin: '200px' });

function drawByItself(row) {
  if (rowStates.get(row).hand === null) open(row);
}

function shutByItself(row) {
  nearby.unobserve(row);
  if (rowStates.get(row).hand === null) shut(row);
}

/** All of the newest are drawn, or none of them; what was opened or shut by hand stays as it is. */
function drawingChanged() {
  for (const row of recent) {
    if (isDrawn()) nearby.observe(row);
    else shutByItself(row);
  }
}

// A row opened: the drawing of a frame, the hex of a head

function open(row) {
  if (row.querySelector('.opened')) return;
  const { record } = rowStates.get(row);
  row.firstElementChild.setAttribute('aria-expanded', 'true');
  row.append(record.type === 'frame' ? frameDrawing(record) : headHex(record));
}

function shut(row) {
  row.querySelector('.opened')?.remove();
  row.firstElementChild.setAttribute('aria-expanded', 'false');
}

function toggle(row) {
  const isOpen = row.querySelector('.opened') !== null;
  rowStates.get(row).hand = isOpen ? 'shut' : 'open';
  if (isOpen) shut(row);
  else open(row);
}

function headHex(record) {
  const dump = element('pre', { class: 'dump', tabindex: 0 }, dumpRows(fromHex(record.bytes)).join('\n'));
  return element('div', { class: 'opened' }, dump, copyButton());
}

const copyButton = () => element('button', { 'type': 'button', 'class': 'stop small copy', 'tabindex': -1 }, 'copy');

/** A frame, bit by bit: byte 0 and byte 1, what follows them of the header, then the payload. */
function frameDrawing(record) {
  const bytes = fromHex(record.bytes);
  const header = element('div', { class: 'header' });
  for (const at of [0, 1]) {
    const fields = record.fields.filter(({ bit }) => bit >> 3 === at && bit < 16);
    const caption = element('span', { class: 'caption' }, `byte ${at}: `, element('code', {}, toHex([bytes[at]])));
    header.append(element('div', { class: 'octet' }, caption, element('div', { class: 'fields' },
      ...fields.map((field) => bitField(record, field, bytes)))));
  }
  const more = record.fields.filter(({ bit, name }) => bit >= 16 && name !== 'payload');
  header.append(...more.map((field) => byteField(record, field, bytes)));
  const drawing = element('div', { class: 'opened drawing' }, header);
  const payload = record.fields.find(({ name }) => name === 'payload');
  if (payload) drawing.append(payloadField(record, payload, bytes, PAYLOAD_FIRST));
  if (record.length > PAYLOAD_FIRST) drawing.append(moreButton(record.length));
  drawing.append(copyButton());
  return drawing;
}

/** A field that can be pointed at and reached with the arrow keys. */
function fieldElement(field, kind, ...parts) {
  const attributes = { 'role': 'img', 'tabindex': -1, 'aria-label': `${field.name} ${field.value}` };
  const made = element('div', { 'class': `field-cell stop ${kind}`, ...attributes }, ...parts);
  fieldStates.set(made, field);
  return made;
}

function bitField(record, field, bytes) {
  const bits = Array.from({ length: field.bits }, (_, at) => {
    const place = field.bit + at;
    return bytes[place >> 3] >> (7 - place % 8) & 1;
  });
  const cells = bits.map((bit) => element('span', { class: bit ? 'bit set' : 'bit' }, String(bit)));
  const value = { opcode: record.name, length: lengthWords(parseInt(bits.join(''), 2)) }[field.name] ?? '';
  const name = field.name === 'RSV' ? 'RSV1–3' : field.name;
  return fieldElement(field, field.name === 'opcode' ? 'coloured' : '',
    element('span', { class: 'cells' }, ...cells),
    element('span', { class: 'caption' }, `${name} `, element('b', {}, value)));
}

/** s5.2: two of the values of the seven bits are no lengths. They say where the length is. */
function lengthWords(length) {
  return length < 126 ? String(length) : `${length}: in the next ${length === 126 ? 2 : 8} bytes`;
}

function byteField(record, field, bytes) {
  const part = bytes.slice(field.bit / 8, (field.bit + field.bits) / 8);
  const cells = Array.from(part, (byte) => element('span', { class: 'octet-cell' }, toHex([byte])));
  const first = field.bit / 8;
  const value = field.name === 'extended length' ? grouped(record.length) : '';
  const where = element('span', { class: 'caption' }, `bytes ${first} to ${first + part.length - 1}`);
  return element('div', { class: 'octet' }, where, fieldElement(field, '',
    element('span', { class: 'cells' }, ...cells),
    element('span', { class: 'caption' }, `${field.name} `, element('b', {}, value))));
}

/** The payload byte by byte: as it passed, and below it the key's byte, the two XORed, and the character. */
function payloadField(record, field, bytes, most) {
  const sent = bytes.slice(record.header_length, record.header_length + most);
  const key = record.mask && fromHex(record.mask);
  // s5.3: byte i of the payload is XORed with byte i mod 4 of the masking key.
  const plain = key ? sent.map((byte, at) => byte ^ key[at % 4]) : sent;
  // s5.5.1: the first two bytes of a Close are a number, and have no characters.
  const code = record.name === 'close' && plain.length > 1 ? plain[0] * 256 + plain[1] : null;
  const signs = code === null ? characters(plain) : ['', '', ...characters(plain.slice(2))];
  const columns = Array.from(sent, (byte, at) => {
    const passed = toHex(key ? [byte, key[at % 4]] : [byte], '\n');
    const meant = key ? `\n${toHex([plain[at]])}\n${signs[at]}` : `\n${signs[at]}`;
    return element('span', { class: 'payload-byte' }, passed, element('b', {}, meant));
  });
  if (code !== null) {
    const name = element('b', { class: 'code' }, `code ${code}`);
    columns.unshift(element('span', { class: 'code-bytes' }, ...columns.splice(0, 2), name));
  }
  const names = key ? 'as sent\nXOR key\nunmasked\n' : 'as sent\n';
  const legend = element('span', { class: 'legend quiet' }, `${names}character`);
  return fieldElement(field, 'payload', legend, element('div', { class: 'payload-bytes' }, ...columns));
}

/** The character that begins at each byte; a dot for what has no shape, nothing for the rest of a character. */
function characters(bytes) {
  const signs = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const length = bytes[at] < 0x80 ? 1 : bytes[at] < 0xe0 ? 2 : bytes[at] < 0xf0 ? 3 : 4;
    const sign = decoder.decode(bytes.slice(at, at + length));
    const isOne = [...sign].length === 1 && /^[^\p{C}\p{M}\p{Z}\ufffd]$/u.test(sign);
    signs.push(isOne ? sign : sign === ' ' ? '␣' : '·');
    for (let rest = 1; isOne && rest < length; rest += 1, at += 1) signs.push('');
  }
  return signs.slice(0, bytes.length);
}

function moreButton(length) {
  const next = Math.min(length, PAYLOAD_MOST) - PAYLOAD_FIRST;
  const part = length > PAYLOAD_MOST ? `, show ${grouped(next)} of them` : '';
  const words = `${counted(length - PAYLOAD_FIRST, 'more byte')}${part}`;
  return element('button', { 'type': 'button', 'class': 'stop small more', 'tabindex': -1 }, words);
}

function showMore(row) {
  const { record } = rowStates.get(row);
  const field = record.fields.find(({ name }) => name === 'payload');
  const made = payloadField(record, field, fromHex(record.bytes), PAYLOAD_MOST);
  row.querySelector('.payload').replaceWith(made);
  const rest = record.length - PAYLOAD_MOST;
  if (rest > 0) row.querySelector('.more').after(quiet(`${counted(rest, 'more byte')} not drawn`));
  row.querySelector('.more').remove();
  made.focus();
}

// The detail strip

/** Where the sections stand to be read. Nothing is loaded from there: these are links. */
const RFC = 'https://www.rfc-editor.org/rfc/rfc6455';

/** What a field is there for: the server says what its value means. */
const PURPOSES = {
  'FIN': 'A message may go in several frames, its fragments. FIN is 1 in the last of them, so also in a message '
    + 'that is one frame (s5.4). Control frames are never fragmented (s5.5).',
  'RSV': 'Three bits for extensions. They are 0 unless the two ends have agreed on an extension that gives them a '
    + 'meaning. Whoever gets a 1 without that must fail the connection (s5.2).',
  'opcode': '0 continuation, 1 text, 2 binary; 8 Close, 9 Ping, 10 Pong. The rest is reserved: 3 to 7 for more '
    + 'kinds of data, 11 to 15 for more control frames (s5.2). The first of the four bits tells control frames '
    + '(s5.5).',
  'MASK': '1 says that the payload is masked, and that the key is part of the header (s5.2). All frames of a client '
    + 'are, so that a page cannot choose the bytes that go over the wire and fool a proxy or a cache (s10.3).',
  'masking key': 'Drawn at random by the client, a new one for each frame. So a page cannot choose the bytes that '
    + 'go over the wire, and a proxy or a cache between the two cannot be fooled with what looks like an HTTP '
    + 'request (s10.3). It hides nothing: the key stands beside the payload (s5.3).',
  'length': 'Up to 125 it is the length of the payload itself, in bytes. 126 says that the next 2 bytes have the '
    + 'length, 127 that the next 8 have it (s5.2). The masking key does not count (s5.3).',
  'extended length': '126 to 65,535 bytes of payload take the 2-byte form, more take the 8-byte form. The shortest '
    + 'form that fits must be used (s5.2).',
};

/** What a payload is, by the kind of its frame. */
const PAYLOADS = {
  continuation: 'The first fragment of the message has its opcode, which says text or binary. Those that follow '
    + 'have 0, and are put together in the order in which they come (s5.4).',
  text: 'It is the message that must be valid UTF-8. A fragment may end in the middle of a character (s5.6).',
  binary: 'The protocol does not look into it: what it means is the application’s business (s5.6).',
  close: 'The first two bytes are the code as a number, the most significant byte first; the reason follows. Both '
    + 'may be left out. Whoever gets a Close and has sent none answers with one (s5.5.1).',
  ping: 'Up to 125 bytes (s5.5). Whoever gets a Ping answers with a Pong: so one end learns that the other is still '
    + 'there, and a quiet connection stays in use (s5.5.2).',
  pong: 'A Pong has the bytes of the Ping that it answers. It may also come unasked, and then nobody answers '
    + '(s5.5.3).',
  reserved: 'No extension here gives it a meaning, so whoever gets it must fail the connection (s5.2).',
};

/** Words as nodes: each section that they name is a link to it. */
function linked(words) {
  return words.split(/((?:RFC 6455 )?\bs\d+(?:\.\d+)*)/).map((part, at) => (at % 2 ? sectionLink(part) : part));
}

function sectionLink(words) {
  const section = words.replace(/^.*s/, '');
  return element('a', { href: `${RFC}#section-${section}`, target: '_blank', rel: 'noreferrer' }, words);
}

function detailOf(target) {
  const row = target.closest('.row[data-type=frame]');
  if (!row) return;
  const { record } = rowStates.get(row);
  const cell = target.closest('.field-cell');
  if (cell) tellField(fieldStates.get(cell), record);
  else if (target.closest('.row-line')) tellFrame(record);
}

function tellField(field, { name }) {
  const last = field.bit + field.bits - 1;
  const where = field.bits === 1 ? `bit ${field.bit}` : `bits ${grouped(field.bit)} to ${grouped(last)}`;
  // The log has the section in the words; here it follows them.
  const words = field.words.replace(` (${field.section.replace('RFC 6455 ', '')})`, '');
  const purpose = field.name === 'payload' ? PAYLOADS[name] : PURPOSES[field.name];
  byId('detail').replaceChildren(
    element('p', {}, element('strong', {}, field.name), ' = ', element('code', {}, field.value), quiet(`, ${where}`)),
    element('p', {}, ...linked(`${words} (${field.section})`)),
    element('p', { class: 'quiet' }, ...linked(purpose ?? '')));
}

function tellFrame({ line, name, length, header_length: header, sender }) {
  byId('detail').replaceChildren(
    element('p', {}, element('strong', {}, `${name} frame`), `, ${direction(sender)}`),
    element('p', {}, `${counted(header, 'byte')} of header and ${counted(length, 'byte')} of payload.`),
    element('p', { class: 'quiet' }, line));
}

const hint = byId('detail').firstElementChild;

function tellHint() {
  if (!hint.isConnected) byId('detail').replaceChildren(hint);
}

/** The pointer or the focus has come or gone. Where neither is left, the strip says nothing of what was pointed at. */
function readingChanged() {
  const { activeElement } = document;
  if (!reading.isPointed && byId('wire').contains(activeElement)) detailOf(activeElement);
  else if (!reading.isPointed && !hasFocus()) tellHint();
  followingChanged();
}

// Keys

/** One row of the wire has the tab stop: that which was used last, or else the newest. */
function setTabStop(stop) {
  const stops = stop ? [] : byId('wire').querySelectorAll('.row-line');
  const next = stop ?? stops[stops.length - 1] ?? null;
  if (tabStop && tabStop !== next) tabStop.tabIndex = -1;
  tabStop = next;
  if (tabStop) tabStop.tabIndex = 0;
}

/** The row before or after this one that can be entered and is not filtered away. */
function neighbour(row, step) {
  let next = row;
  do next = step > 0 ? next.nextElementSibling : next.previousElementSibling;
  while (next && (!next.querySelector('.stop') || next.offsetParent === null));
  return next;
}

function wireKey(event) {
  const row = event.target.closest('.row');
  const at = event.target.closest('.stop');
  if (!row || !at || event.ctrlKey || event.altKey || event.metaKey) return;
  const stops = [...row.querySelectorAll('.stop')];
  const place = stops.indexOf(at);
  const target = {
    ArrowRight: () => stops[Math.min(place + 1, stops.length - 1)],
    ArrowLeft: () => stops[Math.max(place - 1, 0)],
    Home: () => stops[0],
    End: () => stops[stops.length - 1],
    ArrowDown: () => neighbour(row, 1)?.querySelector('.stop'),
    ArrowUp: () => neighbour(row, -1)?.querySelector('.stop'),
    Escape: () => (place > 0 ? stops[0] : byId('filter')),
  }[event.key];
  if (!target) return;
  event.preventDefault();
  target()?.focus();
}

function wireClick(event) {
  const row = event.target.closest('.row');
  if (!row) return;
  if (event.target.closest('.row-line')) toggle(row);
  if (event.target.closest('.more')) showMore(row);
  if (event.target.closest('.copy')) copyRow(rowStates.get(row).record);
}

// Copy and Save

/** Copies, and says `words` if that went well. */
async function copy(text, words) {
  // Only pages from https and localhost have a clipboard; the others copy from a field, as pages did before.
  const isDone = await navigator.clipboard?.writeText(text).then(() => true, () => false) || copyFromField(text);
  byId('wire-said').textContent = isDone ? words : 'The browser lets this page copy nothing. Save writes it to a file.';
}

/** True if the browser has copied it. */
function copyFromField(text) {
  const before = document.activeElement;
  const field = element('textarea', { class: 'unseen' });
  field.value = text;
  document.body.append(field);
  field.select();
  const isDone = document.execCommand('copy');
  field.remove();
  before?.focus({ preventScroll: true });
  return isDone;
}

function copyRow({ bytes, left_out: leftOut }) {
  const words = `${leftOut ? 'The first ' : ''}${counted(bytes.length / 2, 'byte')} copied.`;
  copy(spaced(bytes), words);
}

/** The bytes of all rows on the page that are not filtered away, a row a line. */
function copyView() {
  const rows = [...byId('wire').children].filter((row) => row.offsetParent !== null);
  const lines = rows.map((row) => rowStates.get(row).record.bytes).filter((bytes) => typeof bytes === 'string');
  copy(lines.map(spaced).join('\n'), `${counted(lines.length, 'row')} copied.`);
}

/** Keeps what Save writes of a record. */
function keep({ type, sender, mark, text, path, from, to, why, bytes = '', left_out: leftOut = 0 }) {
  saved.records.push({ number: watch.number, type, sender, mark, text, path, from, to, why, bytes, leftOut });
  saved.size += bytes.length;
  while (saved.records.length > MOST_SAVED || saved.size > MOST_SAVED_HEX) {
    saved.size -= saved.records.shift().bytes.length;
    saved.lost += 1;
  }
}

/** Bytes as the log dumps them: offset, sixteen bytes in two halves, and their ASCII with dots. */
function dumpRows(bytes) {
  const rows = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.slice(at, at + 16);
    const hex = `${toHex(part.slice(0, 8), ' ')}  ${toHex(part.slice(8), ' ')}`.padEnd(48);
    const ascii = String.fromCharCode(...part.map((byte) => (byte > 31 && byte < 127 ? byte : 46)));
    rows.push(`    ${at.toString(16).padStart(4, '0')}  ${hex}  ${ascii}`);
  }
  return rows;
}

/** A record as the server's log at `trace` has it. Line breaks of others must not begin a line here. */
function logLines(record) {
  const who = `ws-${record.number}`;
  const info = (mark, words) => [`INFO  ${who} ${mark} ${words.replace(/[\r\n]+/g, ' ')}`];
  if (record.type === 'connection') return info('=', `connected to ${record.path}`);
  if (record.type === 'told') return info(record.mark, record.text);
  if (record.type === 'gap') return info('!', `${gapWords(record)}: ${record.why}`);
  if (record.type === 'end') return info('=', record.text);
  if (!record.bytes) return [];
  const had = fromHex(record.bytes);
  const all = had.length + record.leftOut;
  // The log, too, leaves out whole rows only.
  const bytes = record.leftOut ? had.slice(0, had.length - had.length % 16) : had;
  const left = all - bytes.length;
  const title = `TRACE ${who} ${record.sender === 'client' ? '<' : '>'} ${all} bytes`;
  const rest = left ? [`    ... ${left} more ${left === 1 ? 'byte' : 'bytes'} (--dump-bytes 0 shows all)`] : [];
  return [title, ...dumpRows(bytes), ...rest];
}

function save() {
  const parts = saved.records.map((record) => logLines(record).map((line) => `${line}\n`).join(''));
  const url = URL.createObjectURL(new Blob(parts, { type: 'text/plain' }));
  const name = `ws101-${watch.number ?? 'nothing'}.log`;
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
  const lost = saved.lost ? ` ${counted(saved.lost, 'older record')} had left.` : '';
  const isCut = saved.records.some(({ leftOut }) => leftOut > 0);
  const cut = isCut ? ' A payload of more than 64 KiB is cut in it, and decode stops there.' : '';
  byId('wire-said').textContent = `${name} saved.${lost}${cut}`;
}

function clearWire() {
  Object.assign(saved, { records: [], size: 0, lost: 0 });
  recent = [];
  unseen = 0;
  leftBefore = 0;
  wire.clear();
  tellHint();
  goToNewest();
}

/** Rows that come meanwhile wait, as many as the page has room for; of more the oldest are left out. */
function pause() {
  leftBefore = wire.left;
  wire.hold(!wire.held);
  byId('pause').setAttribute('aria-pressed', String(wire.held));
  byId('pause').textContent = 'Pause';
}

function tellPause() {
  const out = wire.left - leftBefore;
  const words = `${counted(wire.waiting.length, 'row')} waiting${out ? `, ${grouped(out)} left out` : ''}`;
  byId('pause').textContent = `Go on: ${words}`;
}

function startWire() {
  const rows = byId('wire');
  rows.addEventListener('keydown', wireKey);
  rows.addEventListener('click', wireClick);
  rows.addEventListener('focusin', ({ target }) => {
    detailOf(target);
    lastUsed = target.closest('.row')?.querySelector('.row-line') ?? null;
    setTabStop(lastUsed);
  });
  rows.addEventListener('pointerover', ({ target }) => detailOf(target));
  for (const [name, isPointed] of [['pointerenter', true], ['pointerleave', false]]) {
    byId('reading').addEventListener(name, () => {
      reading.isPointed = isPointed;
      readingChanged();
    });
  }
  // When the focus leaves, it is nowhere for a moment.
  byId('reading').addEventListener('focusout', () => setTimeout(readingChanged));
  new ResizeObserver(() => wireFollower.pin()).observe(rows);
  onChange('filter', () => { rows.dataset.filter = byId('filter').value; });
  byId('drawing').addEventListener('change', drawingChanged);
  byId('pause').addEventListener('click', pause);
  byId('clear').addEventListener('click', clearWire);
  byId('copy').addEventListener('click', copyView);
  byId('save').addEventListener('click', save);
  byId('newest').addEventListener('click', goToNewest);
}

/** A list that is not on the screen has no place to which it is scrolled, so that is set again. */
function showConnection() {
  openWatch();
  wireFollower.pin();
  messagesFollower.pin();
}

// ---- end of Your connection ----

// ---- Transports ----

// A transport is one of the four, with its column and what it has seen.

/** The first figures and the chart of bytes look back so far, so that a change soon shows in them. In milliseconds. */
const RECENT = 20000;

/** The figures of a column: name, words, and how a number of it is written. The first three are of the last 20 s. */
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

/** Those that only the server can count. */
const COUNTED_THERE = new Set(['per-event', 'requests', 'connections', 'up', 'down']);

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
    const line = drawn('line', { x1: 0, x2: 40, y1: 4, y2: 4 });
    const sample = drawn('svg', { class: 'sample', 'aria-hidden': 'true' }, line);
    byId('transports-columns').append(element('article', { class: `column ${id}`, 'data-transport': id },
      element('h3', {}, sample, name), element('p', { class: 'small quiet' }, does), this.state,
      element('dl', { class: 'figures' }, ...rows)));
    this.reset();
  }

  reset() {
    Object.assign(this, { after: null, events: 0, empty: 0, notices: [], isUncounted: false });
    Object.assign(this, { delays: [], newDelays: [], meters: [], chart: { bytes: [], delay: [] } });
    this.looks = [{ at: performance.now(), bytes: 0, events: 0 }];
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
    this.meters.push({ token: newToken(), counts: null, eventsBefore: this.events });
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

  /**
   * Takes an event, or a notice: that events are gone (a gap), that the feed began anew (a reset), or that the place which
   * the feed is kept in is out of reach (away) and when it is not any more (back).
   */
  take(item) {
    const { gap, reset, away, back, id, text } = item;
    if (gap) {
      this.after = gap.to;
      this.notices.push(gap.from === gap.to ? `Event ${gap.to} is gone.` : `Events ${gap.from} to ${gap.to} are gone.`);
    } else if (reset) {
      this.after = 0;
      this.notices.push(`The feed began anew: it has no event ${reset.after}.`);
    } else if (away) {
      this.notices.push('The server cannot reach its feed: no events until it can.');
    } else if (back) {
      this.notices.push('The server reaches its feed again.');
    } else if (Number.isSafeInteger(id) && typeof text === 'string') {
      this.after = id;
      this.events += 1;
      this.measure(text);
    } else {
      throw new Error('What came is no event');
    }
    if (gap || reset || away || back) this.say(this.runs);
  }

  /** The delay of an event, if this page published it. */
  measure(text) {
    const published = feed.published.get(text);
    if (published === undefined) return;
    const at = performance.now();
    this.newDelays.push(at - published);
    this.delays.push({ at, delay: at - published });
  }

  /** Whether an event has come under the newest token, so that the server must have counted by now if it counts. */
  isUsed() {
    return this.meters.length > 0 && this.events > this.meters.at(-1).eventsBefore;
  }

  /** What the server has counted under this name, null before the first answer. */
  total(name) {
    const counted = this.meters.filter(({ counts }) => counts !== null);
    return counted.length ? counted.reduce((sum, { counts }) => sum + counts[name], this.past[name]) : null;
  }

  /** Bytes an event over the last 20 s; null if no event came meanwhile. `bytes`: all until now. */
  recentCost(bytes) {
    const now = performance.now();
    this.looks.push({ at: now, bytes, events: this.events });
    // The last look before those 20 s stays: what has come since is the difference to it.
    while (this.looks[1].at <= now - RECENT) this.looks.shift();
    const before = this.looks[0];
    return this.events > before.events ? (bytes - before.bytes) / (this.events - before.events) : null;
  }

  /** The delays of the last 20 s. */
  recentDelays() {
    const since = performance.now() - RECENT;
    while (this.delays.length && this.delays[0].at < since) this.delays.shift();
    return this.delays.map(({ delay }) => delay);
  }

  /** Once a second: the figures, and a point more in each chart. */
  show() {
    const [up, down] = [this.total('bytes_in'), this.total('bytes_out')];
    const perEvent = up === null ? null : this.recentCost(up + down);
    const delays = this.recentDelays();
    this.write({
      'per-event': perEvent, delay: median(delays), worst: delays.length ? Math.max(...delays) : null,
      events: this.events, empty: this.empty, up, down,
      requests: this.total('requests'), connections: this.total('connections'),
    });
    addPoint(this.chart.bytes, perEvent);
    addPoint(this.chart.delay, median(this.newDelays));
    this.newDelays = [];
  }

  write(values) {
    for (const [figure, , written] of FIGURES) {
      const value = values[figure];
      const without = this.isUncounted && COUNTED_THERE.has(figure) ? 'not counted' : '\u2013';
      setText(this.cells.get(figure), value === null ? without : written(value));
      this.cells.get(figure).dataset.value = value ?? '';
    }
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

/** An EventSource comes again by itself, each time after a second. Here it is closed, so that all four wait alike. */
function stream(transport, signal) {
  return new Promise((_, fail) => {
    const source = new EventSource(transport.address('feed/stream'));
    const end = (error) => { source.close(); fail(error); };
    const takes = (read) => ({ data }) => {
      try { transport.take(read(JSON.parse(data))); } catch (error) { end(error); }
    };
    source.onopen = () => transport.say(transport.runs);
    source.onmessage = takes((event) => event);
    for (const name of ['gap', 'reset', 'away', 'back']) {
      source.addEventListener(name, takes((facts) => ({ [name]: facts })));
    }
    source.onerror = () => end(new Error('The stream has ended'));
    signal.addEventListener('abort', () => end(signal.reason), { once: true });
  });
}

const NOT_OPENED = 'The server refused the WebSocket, or cannot be reached; a browser does not tell a page which. '
  + '\u201cYour connection\u201d shows the answer: connect to /feed/ws there';

function webSocket(transport, signal) {
  return new Promise((_, fail) => {
    const socket = new WebSocket(transport.address('feed/ws', 'ws'));
    let wasOpen = false;
    const end = (error) => {
      // A browser takes a close before the handshake is over for an error, and says so on its console.
      if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close();
      else socket.close();
      fail(error);
    };
    socket.onopen = () => {
      wasOpen = true;
      transport.say(transport.runs);
    };
    socket.onmessage = ({ data }) => {
      if (signal.aborted) return; // on its way when the Close was sent; it comes again
      try { transport.take(JSON.parse(data)); } catch (error) { end(error); }
    };
    socket.onclose = ({ code, reason }) => {
      const how = code === 1006 ? 'ended without a Close' : `was closed: ${code} ${reason}`.trim();
      fail(new Error(wasOpen ? `The WebSocket ${how}` : NOT_OPENED));
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

const NO_COUNTS = 'The server has no counts for this page. It was started with --max-watched 0, has no room for more, '
  + 'or another server behind the same address answers.';

/** Asks the server once a second what it has counted, and shows all figures. */
async function count(signal) {
  for (;;) {
    await sleep(1000, signal);
    const meters = feed.transports.flatMap((transport) => transport.meters);
    const url = address('connections');
    for (const { token } of meters) url.searchParams.append('watch', token);
    const used = feed.transports.filter((transport) => transport.isUsed());
    const { watched } = JSON.parse((await ask(url, signal)).text);
    // null: nothing with this token has come yet, or it is not counted where the answer is from.
    meters.forEach((meter, at) => { meter.counts = watched[at] ?? meter.counts; });
    for (const transport of feed.transports) {
      transport.isUncounted = used.includes(transport) && transport.meters.at(-1).counts === null;
      transport.show();
    }
    const lacks = feed.transports.some(({ isUncounted }) => isUncounted);
    setText(byId('count-trouble'), lacks ? NO_COUNTS : '');
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
    for (const trouble of ['publish-trouble', 'count-trouble']) setText(byId(trouble), '');
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

/** Draws a chart anew. Its scale is logarithmic: what costs a hundred times more is to be seen beside what does not. */
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
}

// ---- end of Transports ----

// ---- Who is here ----

/**
 * The rows of the table by the numbers of their connections, and what ends the asking, null while nobody looks. `open`:
 * how many there were at `answeredAt`, when the server answered last; `isOld`: it does not answer any more.
 */
const who = { rows: new Map(), running: null, open: 0, leftOut: 0, answeredAt: null, isOld: false };

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
    ...[connection.messages_in, connection.messages_out, connection.bytes_in, connection.bytes_out].map(grouped),
    inAge(connection.age),
    connection.peer ?? '',
  ];
}

function newRow() {
  const kinds = ['mono', null, 'number', 'number', 'number', 'number', 'number', 'peer mono'];
  const cells = kinds.map((kind) => element('td', { class: kind }));
  return element('tr', {}, element('th', { scope: 'row', class: 'number' }), ...cells);
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
  byId('who-table').classList.toggle('without-peers', !connections.some(({ peer }) => peer));
  Object.assign(who, { open, leftOut, answeredAt: performance.now(), isOld: false });
}

/** Says how many there are, or were: what an hour ago was true is not to be said as if it were now. */
function sayOpen() {
  if (who.answeredAt === null) return;
  const since = performance.now() - who.answeredAt;
  const isOld = who.isOld || since > 5000;
  const [now, then] = who.open === 1 ? ['connection is', 'connection was'] : ['connections are', 'connections were'];
  const words = isOld
    ? `${then} open at this server ${inAge(since / 1000)} ago, when it answered last.`
    : `${now} open at this server.`;
  const leftOut = who.leftOut ? ` The oldest ${grouped(who.leftOut)} are left out here.` : '';
  setText(byId('who-open'), grouped(who.open));
  setText(byId('who-words'), words + leftOut);
  byId('view-who').classList.toggle('old', isOld);
}

async function lookAgainAndAgain(signal) {
  for (;;) {
    showConnections(JSON.parse((await ask(address('connections'), signal)).text));
    sayOpen();
    setText(byId('who-state'), '');
    await sleep(2000, signal);
  }
}

function noAnswer(why) {
  who.isOld = true;
  sayOpen();
  setText(byId('who-state'), why);
}

/** Counts the seconds since the last answer on, until the signal. */
async function growOld(signal) {
  while (!signal.aborted) {
    sayOpen();
    await sleep(1000, signal).catch(() => {});
  }
}

/** Asks while this view can be seen. */
function lookIfSeen() {
  const may = shown === 'who' && document.visibilityState === 'visible';
  if (may && who.running === null) {
    who.running = new AbortController();
    persistently(lookAgainAndAgain, noAnswer, who.running.signal);
    growOld(who.running.signal);
  } else if (!may && who.running !== null) {
    who.running.abort();
    who.running = null;
  }
}

function startWho() {
  document.addEventListener('visibilitychange', lookIfSeen);
}

// ---- end of Who is here ----

startConnect();
startWire();
startTransports();
startWho();
startViews();
