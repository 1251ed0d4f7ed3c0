"""Stage 1, listen: reads a whole request, however it comes, and answers it.

    python3 01_listen.py 9001

Sections such as s4.2.1 are those of RFC 6455.
"""

import socket
import sys

MAX_HEAD = 16 * 1024  # bytes of a request, without a payload


class Refused(Exception):
    """The request gets an answer of HTTP that is no 101: its status, and further fields."""


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
        try:
            shake_hands(sock)
        except (EOFError, OSError) as error:
            # The client has gone, or its connection has. That ends this connection, and nothing else.
            print(f"gone: {error!r}")


def shake_hands(stream):
    """Reads the request, and answers it."""
    try:
        head = read_head(stream)
        print(head)
        raise Refused("501 Not Implemented")
    except Refused as refused:
        stream.sendall(refusal(*refused.args))


def read_head(stream):
    """The bytes of a request up to its empty line."""
    head = b""
    # RFC 9112 s2.2: a request ends with an empty line, and TCP may bring it in any number of pieces.
    while b"\r\n\r\n" not in head:
        # RFC 9110 s5.4: who finds the fields too large says so.
        if len(head) > MAX_HEAD:
            raise Refused("431 Request Header Fields Too Large")
        data = stream.recv(4096)
        if not data:
            raise EOFError("FIN")
        # RFC 9112 s2.2: an empty line before the request is passed over.
        head = (head + data).lstrip(b"\r\n")
    return head.partition(b"\r\n\r\n")[0]


def refusal(status, *fields):
    """An answer of HTTP, with its status as a body."""
    body = f"{status}\n"
    # RFC 9110 s8.6: the length of the body in bytes.
    lines = [f"HTTP/1.1 {status}", *fields, "Content-Type: text/plain", f"Content-Length: {len(body)}"]
    # RFC 9112 s9.6: no other request is answered on this connection.
    lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass  # Ctrl-C ends the server.
