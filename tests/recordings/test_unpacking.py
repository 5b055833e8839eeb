from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest

from mockserver.recordings.unpacking import unpack

TEXT = b"The quick brown fox. " * 10


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("pack", "codings"),
    [
        (bytes, "identity"),
        (gzip.compress, "gzip"),
        (lambda body: gzip.compress(body[:50]) + gzip.compress(body[50:]), "X-GZip"),
        (zlib.compress, "deflate"),
        (raw_deflate, "deflate"),
        (lambda body: gzip.compress(zlib.compress(body)), "deflate, gzip"),
    ],
)
def test_what_the_standard_library_knows_is_unpacked(pack: Callable[[bytes], bytes], codings: str) -> None:
    assert unpack(pack(TEXT), codings, 1000) == TEXT


@pytest.mark.parametrize(("body", "codings"), [(b"x", "br"), (b"no gzip", "gzip"), (b"no deflate", "deflate")])
def test_what_cannot_be_unpacked_is_nothing(body: bytes, codings: str) -> None:
    assert unpack(body, codings, 1000) is None


def test_a_bomb_gives_no_more_than_is_wanted() -> None:
    assert unpack(gzip.compress(gzip.compress(bytes(50_000_000))), "gzip, gzip", 1000) == bytes(1000)


def test_of_a_body_that_was_cut_off_comes_what_there_is() -> None:
    unpacked = unpack(gzip.compress(bytes(100_000))[:-20], "gzip", 1_000_000)
    assert unpacked is not None
    assert 0 < len(unpacked) <= 100_000
