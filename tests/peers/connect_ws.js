// Node's `ws` as the server of `ws101 connect`: node connect_ws.js. What it does depends on the path.
// Prints `port N`, then a line for everything it gets.
'use strict';
const { createInterface } = require('node:readline');
const { WebSocketServer } = require('ws');

const say = (...words) => console.log(...words);

// A message as a word and a text, so that the test can compare it.
function shown(data, isBinary) {
  return isBinary ? `binary ${data.toString('hex')}` : `text ${JSON.stringify(data.toString())}`;
}

const paths = {
  '/echo'(ws) {
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  },
  // A Ping may stand between two fragments (s5.4).
  '/fragments'(ws) {
    ws.send('Hel', { fin: false });
    ws.ping('between');
    ws.send('lo, ', { fin: false });
    ws.send('κόσμε', { fin: true });
    ws.send(Buffer.from([0, 255]), { fin: false });
    ws.send(Buffer.from([10]), { fin: true });
  },
  '/ping'(ws) {
    ws.ping('are you there');
    ws.on('pong', (payload) => ws.send(`pong ${payload}`));
  },
  '/close'(ws) {
    ws.close(4001, 'see you \x1b[2J');
  },
  '/close-empty'(ws) {
    ws.close();
  },
  // FIN after a message, and no Close.
  '/terminate'(ws) {
    ws.send('last words', () => setTimeout(() => ws._socket.end(), 300));
  },
  '/reset'(ws) {
    ws.send('last words', () => setTimeout(() => ws._socket.resetAndDestroy(), 300));
  },
  // Reads nothing any more, so it answers nothing either.
  '/deaf'(ws) {
    ws._socket.pause();
  },
  // Something every 100 ms, for somebody who types meanwhile.
  '/busy'(ws) {
    let count = 0;
    const timer = setInterval(() => ws.send(`news ${++count}`), 100);
    ws.on('close', () => clearInterval(timer));
  },
  // What a terminal must not be told as it is, and what is awkward to show. Each when it is asked for.
  '/awkward'(ws) {
    const texts = { clear: 'a\x1b[2J\x1b[Hb\r\x07', lines: 'one\ntwo\nthree', long: 'x'.repeat(1000) };
    ws.on('message', (data) => (data.toString() in texts ? ws.send(texts[data]) : ws.close(4002, 'enough')));
  },
  '/quiet'() {},
};

function verify({ req }, answer) {
  if (req.url === '/refuse') {
    answer(false, 401, 'who are you?', { 'WWW-Authenticate': 'Basic realm="peers"' });
  } else {
    answer(req.url in paths, 404);
  }
}

// It would compress if it were asked to.
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: true,
  verifyClient: verify,
  handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
});
server.on('listening', () => say(`port ${server.address().port}`));
server.on('connection', (ws, request) => {
  say(`open ${request.url} extensions=${JSON.stringify(ws.extensions)}`);
  ws.on('message', (data, isBinary) => say(shown(data, isBinary)));
  ws.on('ping', (payload) => say(`ping ${payload}`));
  ws.on('pong', (payload) => say(`pong ${payload}`));
  ws.on('error', (error) => say(`error ${error.code}`));
  ws.on('close', (code, reason) => say(`closed ${code} ${reason}`));
  paths[request.url](ws);
});
// A line is a reason to close. The test ends its input when it has ended itself.
createInterface({ input: process.stdin })
  .on('line', (reason) => server.clients.forEach((ws) => ws.close(1001, reason)))
  .on('close', () => process.exit(0));
