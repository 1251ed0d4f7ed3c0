"""A server that accepts connections. What it should say on them is yours to write.

    python3 server.py 9001
"""

import socket
import sys


def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
    print(f"listening on port {sys.argv[1]}")
    while True:
        sock, _ = listener.accept()
        serve(sock)


def serve(sock):
    """One connection, from its first byte to its last."""
    with sock:
        data = sock.recv(4096)
        print(f"read {len(data)} bytes: {data}")
        # TODO: stage 1. Is that a whole request? Read until it is, and answer it.


if __name__ == "__main__":
    main()
