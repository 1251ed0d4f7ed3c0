// Many clients of ws101 at once, for a while: node soak.js ws://127.0.0.1:PORT/ws SECONDS
// Each connects, sends messages and checks their echoes, and leaves: mostly with a Close, now and then without.
// Prints how many there were; an echo that is wrong, late or missing ends the run with an error.
'use strict';
const assert = require('node:assert');
const { once } = require('node:events');
const WebSocket = require('ws');

const [url, seconds] = process.argv.slice(2);
const end = Date.now() + seconds * 1000;
const CLIENTS = 32;
const SIZES = [0, 1, 125, 126, 1000, 65535, 65536, 200_000];
const count = { connections: 0, messages: 0 };

// The same sequence for the same client in every run.
function random(seed) {
  let state = seed + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

function soon() {
  return { signal: AbortSignal.timeout(20_000) };
}

async function echoes(ws, pick) {
  const data = Buffer.alloc(SIZES[pick(SIZES.length)], pick(256));
  ws.send(data);
  const [answer] = await once(ws, 'message', soon());
  assert.ok(answer.equals(data), `an echo of ${data.length} bytes`);
  count.messages += 1;
}

async function leaves(ws, pick) {
  const closed = once(ws, 'close', soon());
  if (pick(8) === 0) {
    // In the middle of a message, and without a Close.
    ws.send('unfinished', { fin: false });
    ws.terminate();
  } else {
    ws.close(1000);
  }
  await closed;
}

async function client(number) {
  const pick = random(number);
  while (Date.now() < end) {
    const ws = new WebSocket(url);
    await once(ws, 'open', soon());
    count.connections += 1;
    for (let left = pick(20); left > 0; left -= 1) await echoes(ws, pick);
    await leaves(ws, pick);
  }
}

Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)))
  .then(() => console.log(`connections ${count.connections}, messages ${count.messages}`))
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
