"""Stage 3, accept: answers a key with its hash.

    python3 03_accept.py 9001

Sections such as s4.2.1 are those of RFC 6455.
"""

import base64
import hashlib
import socket
import sys

MAX_HEAD = 16 * 1024  # bytes of a request, without a payload
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # s1.3


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
        stream.sendall(answer(read_head(stream)))
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


def parse_head(head):
    """The fields of a request: for each name, in small letters, a list of values."""
    # RFC 9112 s2.2: a head is bytes. ISO 8859-1 has a letter for each byte.
    _, *lines = head.decode("iso-8859-1").split("\r\n")
    fields = {}
    for line in lines:
        # RFC 9112 s5, s5.1: the first colon ends the name; blanks around a value don't belong to it.
        name, _, value = line.partition(":")
        # RFC 9110 s5.1: names have no case.
        fields.setdefault(name.lower(), []).append(value.strip(" \t"))
    return fields


def tokens(fields, name):
    """The elements of a list, in small letters. RFC 9110 s5.3: it may stand in several lines of one name."""
    return [element.strip(" \t").lower() for element in ",".join(fields.get(name, [])).split(",")]


def answer(head):
    """The 101 for a request that asks for a WebSocket."""
    fields = parse_head(head)
    # s4.2.1, 3 and 4: websocket in Upgrade, and Upgrade in Connection, which is a list. Both without case.
    if "websocket" not in tokens(fields, "upgrade") or "upgrade" not in tokens(fields, "connection"):
        raise Refused("426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade")
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines.append(f"Sec-WebSocket-Accept: {accept_key(fields)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def accept_key(fields):
    """s4.2.2, 5: the SHA-1 of the key as it came and the GUID, in base64."""
    keys = fields.get("sec-websocket-key", [])
    # s4.2.1, 5: 16 bytes in base64 are 24 characters. s11.3.1: one key.
    if len(keys) != 1 or not is_key(keys[0]):
        raise Refused("400 Bad Request")
    digest = hashlib.sha1(keys[0].encode() + GUID).digest()
    return base64.b64encode(digest).decode()


def is_key(key):
    """It is decoded to see that it can be: what is hashed is the text (s4.2.2)."""
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except ValueError:
        return False


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
