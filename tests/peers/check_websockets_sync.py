"""An echo server with Python's websockets, on threads: python check_websockets_sync.py [PORT], on 127.0.0.1.

It says `ready PORT`.
"""

import logging
import sys

from websockets.sync.server import serve

# What a client does wrong, the tests know already.
logging.getLogger("websockets").setLevel(logging.CRITICAL)


def echo(connection):
    for message in connection:
        connection.send(message)


with serve(echo, "127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0) as server:
    print("ready", server.socket.getsockname()[1], flush=True)
    server.serve_forever()
