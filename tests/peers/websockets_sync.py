"""Python's websockets, threaded client: python websockets_sync.py ws://127.0.0.1:PORT/ws

The server allows the origin https://example.org and the subprotocol chat, and messages of 2 MiB.
Prints `ok CASE` for each case that holds; the first that does not ends the run with an error.
"""

import sys

from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect

URL = sys.argv[1]
ORIGIN = "https://example.org"
MEBIBYTE = 1 << 20
LIMIT = 20


def client(**options):
    # proxy=None: an environment that names a proxy is not what is tested.
    limits = {"open_timeout": LIMIT, "close_timeout": LIMIT, "max_size": None}
    return connect(URL, origin=ORIGIN, proxy=None, **limits, **options)


def echoes(ws, message):
    ws.send(message)
    assert ws.recv(timeout=LIMIT) == message


def text():
    with client() as ws:
        for message in ["", "Hello", "κόσμε 🙂"]:
            echoes(ws, message)


def binary():
    with client() as ws:
        for message in [b"", bytes(range(256)), bytes(MEBIBYTE)]:
            echoes(ws, message)


def lengths():
    """Both sides of where the length field of a frame grows (s5.2)."""
    with client() as ws:
        for length in [125, 126, 65535, 65536]:
            echoes(ws, "x" * length)
            echoes(ws, bytes(length))


def fragments():
    with client() as ws:
        ws.send(["Hel", "", "lo"])
        assert ws.recv(timeout=LIMIT) == "Hello"


def pong():
    with client() as ws:
        assert ws.ping(b"payload").wait(LIMIT), "a Pong"


def close_4000():
    with client() as ws:
        ws.close(4000, "bye")
        assert ws.close_code == 4000, ws.close_code


def subprotocol():
    with client(subprotocols=["unknown", "chat"]) as ws:
        assert ws.subprotocol == "chat", ws.subprotocol


def origin_403():
    try:
        with connect(URL, origin="https://other.example", proxy=None, open_timeout=LIMIT):
            raise AssertionError("the origin was accepted")
    except InvalidStatus as refused:
        assert refused.response.status_code == 403
        assert refused.response.body.strip(), "a body that says why"


def limit_1009():
    with client() as ws:
        try:
            ws.send(bytes(2 * MEBIBYTE + 1))
            ws.recv(timeout=LIMIT)
            raise AssertionError("the message was accepted")
        except ConnectionClosedError as closed:
            assert closed.rcvd and closed.rcvd.code == 1009, closed


for case in [text, binary, lengths, fragments, pong, close_4000, subprotocol, origin_403, limit_1009]:
    case()
    print("ok", case.__name__)
