"""Python's websockets as the server of `ws101 connect`. What it does depends on the path.

Prints `port N`, then a line for everything it gets.
"""

import asyncio
import http
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, NegotiationError


def say(*words):
    print(*words, flush=True)


async def echo(ws):
    async for message in ws:
        say("got", repr(message))
        await ws.send(message)


async def fragments(ws):
    await ws.send(["Hel", "lo, ", "κόσμε"])
    await ws.send([b"\x00", b"\xff", b"\x0a"])
    await ws.wait_closed()


async def ping(ws):
    await (await ws.ping("are you there"))
    await ws.send("a pong came")
    await ws.wait_closed()


async def close(ws):
    await ws.close(4002, "enough, κόσμε")


async def abort(ws):
    await ws.send("last words")
    await asyncio.sleep(0.3)
    ws.transport.abort()


async def quiet(ws):
    await ws.wait_closed()


PATHS = {
    "/echo": echo,
    "/fragments": fragments,
    "/ping": ping,
    "/close": close,
    "/abort": abort,
    "/quiet": quiet,
    "/strict": quiet,
}


# The library's own choice refuses a client that offers none, with a sentence: /strict shows it.
def choose(connection, offered):
    if connection.request.path == "/strict" and not offered:
        raise NegotiationError("missing subprotocol")
    return "chat" if "chat" in offered else None


def decide(connection, request):
    if request.path == "/refuse":
        return connection.respond(http.HTTPStatus.FORBIDDEN, "not from there\n")
    if request.path not in PATHS:
        return connection.respond(http.HTTPStatus.NOT_FOUND, "no such path\n")
    return None


async def handle(ws):
    say("open", ws.request.path, "extensions", [extension.name for extension in ws.protocol.extensions])
    try:
        await PATHS[ws.request.path](ws)
    except ConnectionClosed:
        pass
    await ws.wait_closed()
    say("closed", ws.close_code, ws.close_reason)


async def main():
    # Compression is on: it would be used if it were asked for.
    async with serve(handle, "127.0.0.1", 0, process_request=decide, select_subprotocol=choose) as server:
        say("port", server.sockets[0].getsockname()[1])
        # The test ends the input when it has ended itself.
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(main())
