"""Bytes to a server as they are, and what comes back until the connection is over."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass

from hypothesis import strategies as st

PATIENCE = 30.0
SILENCE = 0.01
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")


@dataclass
class Conversation:
    """What a connection came to: every status that was answered, and whether it was over in time."""

    received: bytes
    over: bool

    @property
    def statuses(self) -> list[int]:
        return [int(status) for status in _STATUS.findall(self.received)]


def converse(url: str, *parts: bytes) -> Conversation:
    """Send parts one after another, reading in between; in the end say that this was all, and read until the end."""
    host, port = url.removeprefix("http://").split(":")
    conversation = Conversation(b"", over=True)
    with socket.create_connection((host, int(port))) as connection:
        try:
            for part in parts:
                connection.settimeout(PATIENCE)
                connection.sendall(part)
                connection.settimeout(SILENCE)
                _read(connection, conversation)
            connection.settimeout(PATIENCE)
            connection.shutdown(socket.SHUT_WR)
            conversation.over = _read(connection, conversation)
        except OSError:
            # The server closed before it had read everything, as it may.
            pass
    return conversation


def _read(connection: socket.socket, conversation: Conversation) -> bool:
    """Read until the other side closes, or says nothing for as long as the connection's timeout; whether it closed."""
    try:
        while chunk := connection.recv(65536):
            conversation.received += chunk
    except TimeoutError:
        return False
    return True


METHODS = st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"get", b"BREW", b"G\x00T", b""])
PATHS = st.sampled_from(
    [
        *(b"/", b"/oauth/token", b"/oauth/signin", b"/plugin/v1/ato/status", b"/user/v1/my/profile", b"/activate"),
        *(b"/_mock/worlds", b"/_mock/worlds/default", b"/_mock/worlds/default/journal", b"/_mock/health", b"/_mock"),
        *(b"/w/default/oauth/token", b"/w/", b"/w//oauth/token", b"/_mock/openapi.json", b"/nowhere", b"*", b""),
    ]
)
ODD = st.sampled_from(
    [
        *(
            b"%00",
            b"%",
            b"%zz",
            b"%ff%fe",
            b"%c0%ae",
            b"%2e%2e/",
            b"/../",
            b"//",
            b"?",
            b"#",
            b";",
            b"\xff\xfe",
            b"\x00",
        ),
        *(
            b"%0d%0aX: 1",
            b"?a=%00&a=%ff&=&&&",
            b"?client_id[]=1",
            b"?limit=99999999999999999999",
            b"\t",
            b" ",
            b"%25" * 50,
        ),
    ]
)
TARGETS = st.builds(b"".join, st.lists(st.one_of(PATHS, ODD, st.binary(max_size=8)), min_size=1, max_size=4))
VERSIONS = st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/9.9", b"HTTP/", b"ICY", b""])
NUMBERS = st.sampled_from(
    [b"0", b"2", b"5", b"100", b"-1", b"+3", b"0x10", b"1e3", b"9" * 30, b"1048577", b"", b" 5", b"5, 5", b"\xb2"]
)
HEADERS = st.one_of(
    st.sampled_from(
        [
            *(b"Host: localhost", b"Host: default.localhost", b"Host:", b"Host: \xff<>", b"Host: a:b:c", b"Host: [::1"),
            *(b"Content-Type: application/json", b"Content-Type: application/x-www-form-urlencoded", b"Content-Type: "),
            *(
                b"Content-Type: multipart/form-data",
                b"Content-Type: multipart/form-data; boundary=x",
                b"Expect: 100-continue",
            ),
            *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: \xff"),
            *(b"Connection: close", b"Connection: keep-alive, upgrade", b"Upgrade: websocket", b"Upgrade: h2c"),
            *(
                b"Authorization: Bearer a.b.c",
                b"Authorization: Basic ////",
                b"Authorization: Basic =",
                b"Authorization:",
            ),
            *(
                b"Cookie: a=b; =; ;;\x01",
                b"X-Mock-World: default",
                b"X-Mock-World: \xff",
                b"Accept: text/html",
                b"Accept: */",
            ),
            *(
                b"Origin: null",
                b"Origin: http://evil.example",
                b"Sec-Fetch-Site: cross-site",
                b"If-None-Match: \xff, *",
            ),
            *(
                b"Access-Control-Request-Method: \xff",
                b" folded: 1",
                b"no colon",
                b": no name",
                b"a\x00b: c",
                b"A" * 9000 + b": 1",
            ),
        ]
    ),
    st.builds(lambda number: b"Content-Length: " + number, NUMBERS),
    st.builds(lambda name, value: name + b": " + value, st.binary(max_size=6), st.binary(max_size=20)),
)
DEEP = st.integers(1, 3000).map(lambda n: b'{"a":' * n + b"1" + b"}" * n)
BODIES = st.one_of(
    st.sampled_from(
        [
            *(
                b"",
                b"{}",
                b"null",
                b"[" * 5000,
                b'{"requestId": "\xff"}',
                b'{"requestId": "\\ud800"}',
                b'{"timeout": 1e999}',
            ),
            *(
                b"grant_type=authorization_code&code=%00",
                b"=&&=%",
                b"a=b" * 2000,
                b'{"name": "\\u0000"}',
                b"\xef\xbb\xbf{}",
            ),
            *(
                b"--x\r\n\r\n--x--",
                b"--x\r\nContent-Disposition: form-data; name=\xff\r\n\r\n\x00\r\n--x",
                b"--x",
                b"--x--\r\n" * 50,
            ),
            *(
                b"5\r\nhello\r\n0\r\n\r\n",
                b"zz\r\n",
                b"-1\r\n\r\n",
                b"FFFFFFFFFFFFFFFFF\r\n",
                b"0\r\n\r\n",
                b"5;x=\x00\r\nhello\r\n0\r\nT: \xff\r\n\r\n",
            ),
        ]
    ),
    DEEP,
    st.binary(max_size=60),
)
ENDINGS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\x00\r\n"])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A request that is nearly one: any part of it may be odd, missing, twice there, or cut off."""
    ending = draw(ENDINGS)
    line = b" ".join((draw(METHODS), draw(TARGETS), draw(VERSIONS)))
    headers = draw(st.lists(HEADERS, max_size=6))
    body = draw(BODIES)
    if draw(st.booleans()):
        headers.append(b"Host: localhost")
    if draw(st.booleans()):
        headers.append(b"Content-Length: %d" % len(body))
    whole = ending.join([line, *headers, b"", body])
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.integers(0, 4)) == 0 else whole


CONVERSATIONS = st.one_of(
    st.lists(requests(), min_size=1, max_size=4), st.lists(st.binary(max_size=400), min_size=1, max_size=3)
)
