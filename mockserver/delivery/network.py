"""Connections to webhook targets; imported with the first webhook, since httpx2 takes its time."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import zlib
from typing import Any

import httpcore2
import httpx2

from mockserver.delivery.forbidden import Forbidden

KEEP_CONNECTIONS = 16


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """Connects only where a webhook may go, however the address is written and whatever the name resolves to."""

    def __init__(self, forbidden: Forbidden, *, connections: int) -> None:
        # The base class makes the same pool, but has no way to hand a network backend on.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            max_connections=connections,
            max_keepalive_connections=KEEP_CONNECTIONS,
            keepalive_expiry=5.0,
            network_backend=_GuardedNetwork(forbidden),
        )


class _GuardedNetwork(httpcore2.AnyIOBackend):
    def __init__(self, forbidden: Forbidden) -> None:
        self._forbidden = forbidden

    async def connect_tcp(self, host: str, port: int, *arguments: Any, **options: Any) -> httpcore2.AsyncNetworkStream:
        if self._forbidden.allows_name(host):
            return await super().connect_tcp(host, port, *arguments, **options)
        for address in await _resolve(host, port):
            self._forbidden.check_address(host, address)
        stream = await super().connect_tcp(host, port, *arguments, **options)
        try:
            # The name may have been resolved anew: what counts is who is at the other end, before anything is said.
            peer = stream.get_extra_info("server_addr")
            self._forbidden.check_address(host, ipaddress.ip_address(peer[0]))
        except BaseException:
            await stream.aclose()
            raise
        return stream


async def _resolve(host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Every address a host has; none where it cannot be resolved, which connecting will say better."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [ipaddress.ip_address(address[0]) for *_, address in found]


async def read_bounded(response: httpx2.Response, limit: int) -> tuple[bytes, bool]:
    """The body of a streamed response up to `limit` bytes, unpacked where it is gzip, and whether there is more.

    Raises `httpx2.HTTPError`.
    """
    if response.is_stream_consumed:
        # Whoever replaces the network may hand over an answer that was read already, and unpacked.
        return response.content[:limit], len(response.content) > limit
    packed = bytearray()
    async for chunk in response.aiter_raw():
        packed += chunk
        if len(packed) > limit:
            break
    body, more = bytes(packed[:limit]), len(packed) > limit
    if response.headers.get("content-encoding", "").lower() not in ("gzip", "x-gzip"):
        return body, more
    try:
        # Not httpx2's own decoders, which unpack a whole chunk: a kilobyte may hold a megabyte.
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        plain = unpacking.decompress(body, limit)
        return plain, more or bool(unpacking.unconsumed_tail)
    except zlib.error as error:
        raise httpx2.DecodingError(f"the body is not gzip: {error}") from None
