"""A server that accepts connections. What it should say on them is yours to write.

    python3 server.py 9001
"""

import socket
import sys


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9001
    try:
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
    except OSError as error:
        # Most often another server has this port.
        sys.exit(error.strerror)
    print(f"listening on port {port}")
    with listener:
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
    try:
        main()
    except KeyboardInterrupt:
        pass  # Ctrl-C ends the server.
