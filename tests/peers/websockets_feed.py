"""Python's websockets on the feed: python websockets_feed.py ws://127.0.0.1:PORT/feed/ws

The server's ticker is on. Prints `ok CASE` for each case that holds; the first that does not ends the run with an error.
"""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

URL = sys.argv[1]


def client(after):
    # proxy=None: an environment that names a proxy is not what is tested. max_queue=None: one that has enough waiting
    # stops reading, and would not see the answer to its Close.
    return connect(f"{URL}?after={after}", proxy=None, max_queue=None)


async def events(ws, count):
    return [json.loads(await ws.recv(decode=True)) for _ in range(count)]


async def follow():
    async with client(0) as one, client(0) as two:
        first, second = await asyncio.gather(events(one, 40), events(two, 40))
    assert first == second
    assert [event["id"] for event in first] == list(range(1, 41))


async def come_back():
    """Every ten events it leaves, in one way or another, and comes back with its last number."""
    has = 0
    for visit in range(6):
        ws = await client(has)
        for event in await events(ws, 10):
            assert event["id"] == has + 1, event
            has = event["id"]
        if visit % 2:
            await ws.close()
        else:
            ws.transport.abort()


async def publish():
    async with client(0) as ws:
        for text in ["", "κόσμε 🙂", 'a "quote"\n', "x" * 4096]:
            await ws.send(text)
            while (event := json.loads(await ws.recv()))["text"] != text:
                pass
            assert event["id"] > 0 and event["at"] > 0
        # In two fragments, one message, one event.
        await ws.send(["two ", "parts"])
        while json.loads(await ws.recv())["text"] != "two parts":
            pass


async def reset():
    async with client(1_000_000) as ws:
        notice, first = await events(ws, 2)
        assert notice["reset"]["after"] == 1_000_000, notice
        assert first["id"] == 1, first
    try:
        async with client("x"):
            raise AssertionError("no number, and it was accepted")
    except InvalidStatus as refused:
        assert refused.response.status_code == 400
        assert b"after" in refused.response.body


CASES = [follow, come_back, publish, reset]


async def main():
    for case in CASES:
        async with asyncio.timeout(20):
            await case()
        print("ok", case.__name__)


asyncio.run(main())
