"""Python's websockets, asyncio client: python websockets_asyncio.py ws://127.0.0.1:PORT/ws

The server allows the origin https://example.org and the subprotocol chat, and messages of 2 MiB.
Prints `ok CASE` for each case that holds; the first that does not ends the run with an error.
"""

import asyncio
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

URL = sys.argv[1]
ORIGIN = "https://example.org"
MEBIBYTE = 1 << 20


def client(**options):
    # proxy=None: an environment that names a proxy is not what is tested.
    return connect(URL, origin=ORIGIN, proxy=None, max_size=None, **options)


async def echoes(ws, message):
    await ws.send(message)
    assert await ws.recv() == message


async def text():
    async with client() as ws:
        for message in ["", "Hello", "κόσμε 🙂"]:
            await echoes(ws, message)


async def binary():
    async with client() as ws:
        for message in [b"", bytes(range(256)), bytes(MEBIBYTE)]:
            await echoes(ws, message)


async def lengths():
    """Both sides of where the length field of a frame grows (s5.2)."""
    async with client() as ws:
        for length in [125, 126, 65535, 65536]:
            await echoes(ws, "x" * length)
            await echoes(ws, bytes(length))


async def fragments():
    async with client() as ws:
        await ws.send(["Hel", "", "lo"])
        assert await ws.recv() == "Hello"
        await ws.send([b"Hel", b"lo"])
        assert await ws.recv() == b"Hello"


async def pong():
    async with client() as ws:
        await (await ws.ping(b"payload"))
        await (await ws.ping(b""))


async def close_4000():
    async with client() as ws:
        await ws.close(4000, "bye")
        assert ws.close_code == 4000, ws.close_code


async def subprotocol():
    async with client(subprotocols=["unknown", "chat"]) as ws:
        assert ws.subprotocol == "chat", ws.subprotocol


async def no_extension():
    """The client offers permessage-deflate; the server leaves it out, so both go on without."""
    async with client(compression="deflate") as ws:
        assert "Sec-WebSocket-Extensions" in ws.request.headers
        assert "Sec-WebSocket-Extensions" not in ws.response.headers
        await echoes(ws, "plain")


async def origin_403():
    try:
        async with connect(URL, origin="https://other.example", proxy=None):
            raise AssertionError("the origin was accepted")
    except InvalidStatus as refused:
        assert refused.response.status_code == 403
        assert refused.response.body.strip(), "a body that says why"


async def limit_1009():
    async with client() as ws:
        await echoes(ws, bytes(2 * MEBIBYTE))
        try:
            await ws.send(bytes(2 * MEBIBYTE + 1))
            await ws.recv()
            raise AssertionError("the message was accepted")
        except ConnectionClosedError as closed:
            assert closed.rcvd and closed.rcvd.code == 1009, closed


CASES = [text, binary, lengths, fragments, pong, close_4000, subprotocol, no_extension, origin_403, limit_1009]


async def main():
    for case in CASES:
        async with asyncio.timeout(20):
            await case()
        print("ok", case.__name__)


asyncio.run(main())
