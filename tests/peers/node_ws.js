// Node's `ws` as a client of ws101: node node_ws.js URL CASE...
// Prints `ok CASE` for each case that holds; the first that does not ends the run with an error.
'use strict';
const assert = require('node:assert');
const { once } = require('node:events');
const WebSocket = require('ws');

const url = process.argv[2];
const LIMIT = 30_000;

async function open(options = {}, protocols = []) {
  const ws = new WebSocket(url, protocols, options);
  await once(ws, 'open', soon());
  return ws;
}

// A wait that ends: every wait of this file has it.
function soon() {
  return { signal: AbortSignal.timeout(LIMIT) };
}

async function echoes(ws, data) {
  ws.send(data);
  const [answer, isBinary] = await once(ws, 'message', soon());
  assert.strictEqual(isBinary, typeof data !== 'string');
  assert.ok(answer.equals(Buffer.from(data)), `an echo of ${data.length} bytes`);
}

async function closes(ws, ...how) {
  ws.close(...how);
  const [code, reason] = await once(ws, 'close', soon());
  return { code, reason: reason.toString() };
}

// So many events of the feed, as they come.
async function events(ws, count) {
  const found = [];
  await within(
    new Promise((done) => ws.on('message', (data) => found.push(JSON.parse(data)) === count && done())),
  );
  return found;
}

// The answer to a handshake that is refused.
async function refusal(options) {
  const ws = new WebSocket(url, options);
  const [, response] = await once(ws, 'unexpected-response', soon());
  // Asked for now: once the body is read, Node no longer tells which socket it came from.
  const { socket } = response;
  let body = '';
  for await (const part of response) body += part;
  // A server may wait for another request on this connection; this client has none.
  socket.destroy();
  return { status: response.statusCode, headers: response.headers, body };
}

function saysWhy({ headers, body }) {
  assert.match(headers['content-type'], /^text\/plain/);
  assert.ok(body.trim().length > 0, 'a body that says why');
}

const cases = {
  async text() {
    const ws = await open();
    await echoes(ws, 'Hello');
    await echoes(ws, 'κόσμε 🙂');
    await closes(ws);
  },
  async binary() {
    const ws = await open();
    await echoes(ws, Buffer.from([0, 255, 128, 0, 10]));
    await closes(ws);
  },
  async empty() {
    const ws = await open();
    await echoes(ws, '');
    await echoes(ws, Buffer.alloc(0));
    await closes(ws);
  },
  // Both sides of where the length field of a frame grows (s5.2).
  async lengths() {
    const ws = await open();
    for (const length of [125, 126, 65535, 65536]) {
      await echoes(ws, 'x'.repeat(length));
      await echoes(ws, Buffer.alloc(length, 7));
    }
    await closes(ws);
  },
  async mebibyte() {
    const ws = await open();
    await echoes(ws, Buffer.alloc(1 << 20, 'ws101'));
    await closes(ws);
  },
  async fragments() {
    const ws = await open();
    ws.send('Hel', { fin: false });
    ws.send('l', { fin: false });
    await echoesAs(ws, 'Hello', () => ws.send('o', { fin: true }));
    await closes(ws);
  },
  // Sent without waiting for the answers: they come back whole and in order.
  async many() {
    const ws = await open();
    const answers = [];
    const all = new Promise((done) => ws.on('message', (data) => answers.push(+data) === 1000 && done()));
    for (let i = 0; i < 1000; i += 1) ws.send(String(i));
    await within(all);
    assert.deepStrictEqual(answers, [...Array(1000).keys()]);
    await closes(ws);
  },
  async pong() {
    const ws = await open();
    ws.ping('are you there?');
    const [payload] = await once(ws, 'pong', soon());
    assert.strictEqual(payload.toString(), 'are you there?');
    await closes(ws);
  },
  // s5.4: control frames may be injected in the middle of a fragmented message.
  async 'ping-between-fragments'() {
    const ws = await open();
    ws.send('Hel', { fin: false });
    ws.ping('now');
    const [payload] = await once(ws, 'pong', soon());
    assert.strictEqual(payload.toString(), 'now');
    await echoesAs(ws, 'Hello', () => ws.send('lo', { fin: true }));
    await closes(ws);
  },
  async 'close-4000'() {
    const { code } = await closes(await open(), 4000, 'bye');
    assert.strictEqual(code, 4000);
  },
  // s7.1.5: 1005 means that the Close frame carried no code.
  async 'close-empty'() {
    const { code } = await closes(await open());
    assert.strictEqual(code, 1005);
  },
  async processed() {
    const ws = await open();
    await echoesAs(ws, 'Processed: hi', () => ws.send('hi'));
    ws.send(Buffer.from([1, 2]));
    const [answer, isBinary] = await once(ws, 'message', soon());
    assert.ok(isBinary);
    assert.ok(answer.equals(Buffer.from('Processed: \x01\x02')));
    await closes(ws);
  },
  async greeting() {
    const ws = new WebSocket(url);
    const [greeting] = await once(ws, 'message', soon());
    assert.strictEqual(greeting.toString(), '[A] hello :) type a message and press ENTER');
    await echoesAs(ws, '[A] hi', () => ws.send('hi'));
    await echoes(ws, Buffer.from('hi'));
    await closes(ws);
  },
  async subprotocol() {
    const ws = await open({}, ['unknown', 'chat']);
    assert.strictEqual(ws.protocol, 'chat');
    await closes(ws);
  },
  // s4.4: a server that does not speak the version says which it speaks.
  async 'old-version-426'() {
    const refused = await refusal({ protocolVersion: 8 });
    assert.strictEqual(refused.status, 426);
    assert.strictEqual(refused.headers['sec-websocket-version'], '13');
    saysWhy(refused);
  },
  async 'origin-403'() {
    const refused = await refusal({ origin: 'https://other.example' });
    assert.strictEqual(refused.status, 403);
    saysWhy(refused);
  },
  async 'origin-allowed'() {
    const ws = await open({ origin: 'https://example.org' });
    await echoes(ws, 'hi');
    await closes(ws);
  },
  async pinged() {
    const ws = await open();
    await once(ws, 'ping', soon());
    await once(ws, 'ping', soon());
    await echoes(ws, 'still here');
    await closes(ws);
  },
  async 'limit-64-kib'() {
    const ws = await open();
    await echoes(ws, Buffer.alloc(65536));
    ws.on('error', () => {});
    ws.send(Buffer.alloc(65537));
    const [code] = await once(ws, 'close', soon());
    assert.strictEqual(code, 1009);
  },
  // What one publishes reaches all, in one order, and itself.
  async 'feed-publish'() {
    const sockets = await Promise.all([open(), open(), open()]);
    const all = sockets.map((ws) => events(ws, 150));
    for (let i = 0; i < 50; i += 1) {
      sockets.forEach((ws, number) => ws.send(`${number}-${i} κόσμε 🙂\n"`));
      // Not all at once: a queue holds 64.
      await once(sockets[0], 'message', soon());
    }
    const [first, second, third] = await Promise.all(all);
    assert.deepStrictEqual(first, second);
    assert.deepStrictEqual(first, third);
    first.forEach((event, i) => assert.strictEqual(event.id, first[0].id + i));
    await Promise.all(sockets.map((ws) => closes(ws)));
  },
  async 'feed-binary'() {
    const ws = await open();
    ws.send(Buffer.from('no text'));
    const [code, reason] = await once(ws, 'close', soon());
    assert.strictEqual(code, 1003);
    assert.ok(reason.length > 0, 'a reason');
  },
  async 'feed-too-long'() {
    const ws = await open();
    ws.on('error', () => {});
    ws.send('x'.repeat(4097));
    const [code] = await once(ws, 'close', soon());
    assert.strictEqual(code, 1009);
  },
  async 'feed-live'() {
    const ws = await open();
    await echoes(ws, 'Hello');
    console.log('live');
    const [news] = await once(ws, 'message', soon());
    assert.strictEqual(news.toString(), 'news');
    await closes(ws);
  },
  async 'closed-by-server'() {
    const ws = await open();
    console.log('open');
    const [code] = await once(ws, 'close', soon());
    console.log(`closed ${code}`);
  },
};

// Does something and expects one text message for it.
async function echoesAs(ws, text, act) {
  act();
  const [answer, isBinary] = await once(ws, 'message', soon());
  assert.strictEqual(isBinary, false);
  assert.strictEqual(answer.toString(), text);
}

async function within(promise) {
  const { signal } = soon();
  const late = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  await Promise.race([promise, late]);
}

(async () => {
  for (const name of process.argv.slice(3)) {
    await cases[name]();
    console.log(`ok ${name}`);
  }
})().catch((error) => {
  console.error(error);
  // Not only a code: an open connection would keep the program running.
  process.exit(1);
});
