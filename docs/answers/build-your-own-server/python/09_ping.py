"""Stage 9, ping: answers a Ping.

    python3 09_ping.py 9001

Sections such as s4.2.1 are those of RFC 6455.
"""

import base64
import hashlib
import re
import socket
import sys

MAX_HEAD = 16 * 1024  # bytes of a request, without a payload
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # s1.3
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # of a field, or of a method: RFC 9110 s5.6.2, "token"
# s5.2. With the top bit of the four it is a control frame (s5.5).
CLOSE, PING, PONG = 0x8, 0x9, 0xA


class Refused(Exception):
    """The request gets an answer of HTTP that is no 101: its status, and further fields."""


class Failed(Exception):
    """The connection is failed (s7.1.7): a code for that (s7.4.1), and why."""


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
            stream = Stream(sock)
            if shake_hands(stream):
                converse(stream)
        except (EOFError, OSError) as error:
            # The client has gone, or its connection has. That ends this connection, and nothing else.
            print(f"gone: {error!r}")


class Stream:
    """The bytes of a connection in their order, however TCP has cut them."""

    def __init__(self, sock):
        self.sock = sock
        self.received = bytearray()  # what has come, and nobody has taken yet
        self.sendall = sock.sendall

    def wait_for_more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError("FIN")
        self.received += data

    def read(self, count):
        """Exactly so many bytes."""
        while len(self.received) < count:
            self.wait_for_more()
        return self.take(count)

    def take(self, count):
        taken = bytes(self.received[:count])
        del self.received[:count]
        return taken


def shake_hands(stream):
    """The opening handshake. Answers whether there is a WebSocket now."""
    try:
        stream.sendall(answer(read_head(stream)))
        return True
    except Refused as refused:
        stream.sendall(refusal(*refused.args))
        return False


def read_head(stream):
    """The bytes of a request up to its empty line. What comes behind it stays in the stream."""
    # RFC 9112 s2.2: a request ends with an empty line, and TCP may bring it in any number of pieces.
    while b"\r\n\r\n" not in stream.received:
        # RFC 9110 s5.4: who finds the fields too large says so.
        if len(stream.received) > MAX_HEAD:
            raise Refused("431 Request Header Fields Too Large")
        stream.wait_for_more()
        # RFC 9112 s2.2: an empty line before the request is passed over.
        while stream.received[:2] == b"\r\n":
            stream.take(2)
    return stream.read(stream.received.index(b"\r\n\r\n") + 4)[:-4]


def parse_head(head):
    """A request: its first line, and for each name of a field, in small letters, a list of values."""
    # RFC 9112 s2.2: a head is bytes. ISO 8859-1 has a letter for each byte.
    request_line, *lines = head.decode("iso-8859-1").split("\r\n")
    fields = {}
    for line in lines:
        # RFC 9112 s5, s5.1: the first colon ends the name; blanks around a value don't belong to it.
        name, colon, value = line.partition(":")
        # RFC 9112 s5.1: no blank before the colon. RFC 9110 s5.5: no CR, LF or NUL in a value.
        if not colon or not NAME.fullmatch(name) or re.search("[\r\n\0]", value):
            raise Refused("400 Bad Request")
        # RFC 9110 s5.1: names have no case.
        fields.setdefault(name.lower(), []).append(value.strip(" \t"))
    return request_line, fields


def tokens(fields, name):
    """The elements of a list, in small letters. RFC 9110 s5.3: it may stand in several lines of one name."""
    return [element.strip(" \t").lower() for element in ",".join(fields.get(name, [])).split(",")]


def answer(head):
    """The 101 for a request that asks for a WebSocket."""
    request_line, fields = parse_head(head)
    check_request_line(request_line)
    # RFC 9112 s3.2: a request has one Host.
    if len(fields.get("host", [])) != 1:
        raise Refused("400 Bad Request")
    # s4.2.1, 3 and 4: websocket in Upgrade, and Upgrade in Connection, which is a list. Both without case.
    if "websocket" not in tokens(fields, "upgrade") or "upgrade" not in tokens(fields, "connection"):
        raise Refused("426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade")
    # s4.2.1, 6. s4.4: who asks for another version is told which one is spoken.
    if fields.get("sec-websocket-version") != ["13"]:
        raise Refused("426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13")
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines.append(f"Sec-WebSocket-Accept: {accept_key(fields)}")
    # s4.2.2, 5: a subprotocol or an extension that isn't named in the answer is not agreed on. This one knows none.
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def check_request_line(line):
    """s4.2.1, 1: "An HTTP/1.1 or higher GET request"."""
    parts = re.fullmatch(r"(\S+) \S+ HTTP/(\d\.\d)", line)
    if not parts or not NAME.fullmatch(parts[1]):
        raise Refused("400 Bad Request")
    # RFC 9110 s9.1: methods have a case. s15.5.6: a 405 says which would do.
    if parts[1] != "GET":
        raise Refused("405 Method Not Allowed", "Allow: GET")
    # RFC 9110 s7.8: Upgrade in a request of HTTP/1.0 is ignored.
    if parts[2] < "1.1":
        raise Refused("426 Upgrade Required", "Upgrade: websocket", "Connection: Upgrade")


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


def converse(stream):
    """Sends back what comes, one frame after the other."""
    try:
        while True:
            opcode, payload = read_frame(stream)
            if opcode >= CLOSE:
                answer_control(stream, opcode, payload)
            else:
                send_frame(stream, opcode, payload)
    except Failed as failed:
        # s7.1.7: the connection ends. A Close could say why.
        print("failed:", *failed.args)


def read_frame(stream):
    """A frame: its opcode and its payload."""
    first, second = stream.read(2)
    fin, opcode, length = first & 0x80, first & 0x0F, second & 0x7F
    # s5.1: "The server MUST close the connection upon receiving a frame that is not masked".
    if not second & 0x80:
        raise Failed(1002, "a frame from a client must be masked (s5.1)")
    # s5.5: control frames have at most 125 bytes, and are not fragmented.
    if opcode >= CLOSE and (length > 125 or not fin):
        raise Failed(1002, "a control frame that is long, or in fragments (s5.5)")
    if length >= 126:
        length = extended_length(length, stream.read(2 if length == 126 else 8))
    key = stream.read(4)
    return opcode, unmask(stream.read(length), key)


def extended_length(form, extended):
    """s5.2: a length in two bytes behind 126, or in eight behind 127, the most significant byte first."""
    length = int.from_bytes(extended, "big")
    # s5.2: "the minimal number of bytes MUST be used to encode the length".
    if length < (126 if form == 126 else 65536):
        raise Failed(1002, "a length that is longer than it need be (s5.2)")
    return length


def unmask(payload, key):
    """s5.3: each byte is XORed with a byte of the key, which begins again every four bytes."""
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def answer_control(stream, opcode, payload):
    """A Ping gets a Pong with its payload (s5.5.3). A Pong gets nothing."""
    if opcode == PING:
        send_frame(stream, PONG, payload)
    elif opcode == CLOSE:
        raise EOFError("a Close")


def send_frame(stream, opcode, payload):
    """s5.2: FIN and the opcode, and the length. s5.1: a server does not mask."""
    stream.sendall(bytes([0x80 | opcode]) + encoded_length(len(payload)) + payload)


def encoded_length(length):
    """s5.2: the shortest of the three forms, the most significant byte first."""
    if length <= 125:
        return bytes([length])
    if length <= 65535:
        return bytes([126]) + length.to_bytes(2, "big")
    return bytes([127]) + length.to_bytes(8, "big")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass  # Ctrl-C ends the server.
