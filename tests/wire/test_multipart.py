"""Uploads as clients send them, whole, odd and broken."""

from __future__ import annotations

import httpx2
import pytest

from mockserver.wire import BadBody, Call
from mockserver.wire.multipart import MAX_PARTS, Part, parts_of

BOUNDARY = "limit"


def call(body: bytes, content_type: str = f"multipart/form-data; boundary={BOUNDARY}") -> Call:
    return Call(method="POST", path="/", headers=[(b"content-type", content_type.encode())], body=body)


def part(head: str, content: bytes = b"x") -> bytes:
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def test_what_a_client_sends_arrives():
    file = ("perms.yaml", b"appId: x\r\n--", "application/yaml")
    sent = httpx2.Request("POST", "http://x.example/", files={"file": file}, data={"callback": "http://y.example/ü"})

    came = parts_of(call(sent.read(), sent.headers["content-type"]))

    assert {each.name: each for each in came} == {
        "file": Part("file", b"appId: x\r\n--", "perms.yaml", "application/yaml"),
        "callback": Part("callback", "http://y.example/ü".encode()),
    }


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "breaks off"),
        (part('Content-Disposition: form-data; name="a"'), "breaks off"),
        (b"no boundary at all", "cannot be read"),
        (part("X-Odd: 1") + END, "lacks Content-Disposition"),
        (part("Content-Disposition: form-data") + END, "lacks Content-Disposition"),
        (part('Content-Disposition: attachment; name="a"') + END, "lacks Content-Disposition"),
        (part('Content-Disposition: form-data; name="a"') * (MAX_PARTS + 1) + END, f"more than {MAX_PARTS} parts"),
        (part("X-Long: " + "x" * 100_000) + END, "header"),
    ],
)
def test_a_form_that_is_none_is_refused_with_the_reason(body: bytes, reason: str):
    with pytest.raises(BadBody) as refused:
        parts_of(call(body))

    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        ("application/json", "Content-Type says application/json"),
        ("", "Content-Type says nothing"),
        ("multipart/form-data", "lacks its boundary"),
    ],
)
def test_another_content_type_is_refused(content_type: str, reason: str):
    with pytest.raises(BadBody) as refused:
        parts_of(call(END, content_type))

    assert reason in refused.value.reason
