// An echo server with Node's `ws`: node check_node_ws.js [PORT], on 127.0.0.1. It says `ready PORT`.
'use strict';
const { WebSocketServer } = require('ws');

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2] ?? 0) });
server.on('listening', () => console.log(`ready ${server.address().port}`));
server.on('connection', (ws) => {
  // What the other side does wrong is answered with a Close frame; an error that nobody hears would end the program.
  ws.on('error', () => {});
  ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
});
