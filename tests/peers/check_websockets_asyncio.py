"""An echo server with Python's websockets, on asyncio: python check_websockets_asyncio.py [PORT], on 127.0.0.1.

It says `ready PORT`.
"""

import asyncio
import logging
import sys

from websockets.asyncio.server import serve

# What a client does wrong, the tests know already.
logging.getLogger("websockets").setLevel(logging.CRITICAL)


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main():
    async with serve(echo, "127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0) as server:
        print("ready", server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


asyncio.run(main())
