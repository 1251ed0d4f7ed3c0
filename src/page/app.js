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

// ---- end of Transports ----

// ---- Who is here ----

// ---- end of Who is here ----

startViews();
