"""Header fields on their way through a proxy: what is about one connection stays, what names a side is made to fit.

Source: RFC 9110 (7.6.1 Connection, 10.1.1 Expect, 10.2.2 Location, 12.5.3 Accept-Encoding), RFC 6265 (4.1 Set-Cookie).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import urlsplit

import msgspec

from mockserver.errors import Invalid, Problem
from mockserver.recordings.unpacking import CODINGS

Fields = Iterable[tuple[bytes, bytes]]

_OF_A_CONNECTION: Final = frozenset(
    (
        *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade"),
    )
)
_SAID_ANEW: Final = frozenset((b"host", b"content-length", b"expect"))
"""What the proxy says itself: it has the whole body before it calls, so that it knows the length and needs no 100."""

_ABSOLUTE: Final = re.compile(r"(?:(https?):)?//([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_PORTS: Final = {"http": 80, "https": 443}
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Target(msgspec.Struct, frozen=True):
    """One side of a proxy: `authority` is host and port as they stand in its URL, `base` the path in front of all."""

    scheme: str
    authority: str
    base: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.authority}"

    @property
    def hostname(self) -> str:
        """The host without its port."""
        return urlsplit(self.origin).hostname or ""

    @property
    def port(self) -> int:
        """The port, also where its URL leaves it to the scheme."""
        return urlsplit(self.origin).port or _PORTS[self.scheme]

    def is_own(self, scheme: str | None, authority: str) -> bool:
        """Whether a link leads here. Behind what ends TLS, servers take themselves for http, so that counts as well."""
        given = (scheme or self.scheme).lower()
        try:
            there = urlsplit(f"{given}://{authority}")
            port = there.port or _PORTS[given]
        except ValueError:
            return False
        if "@" in authority or there.hostname != self.hostname:
            return False
        return port == self.port or (port, self.port) in ((80, 443), (443, 80))


def target_of(url: str, what: str, *, plain: bool) -> Target:
    """The target that a URL names; `what` is how people know it. Raises `Invalid`.

    Unless `plain`, http leads to this machine only: what goes further would go unprotected.
    """
    expected = "a URL such as https://sandbox.motar.io, without login, query and fragment"
    try:
        parts = urlsplit(url)
        authority = parts.netloc.lower()
        usable = url.isascii() and parts.scheme in _PORTS and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in authority or parts.query or parts.fragment or re.search(r"\s", url):
        raise Invalid(f"{what} cannot be used:", [Problem("$", expected, repr(url))])
    if not plain and parts.scheme == "http" and parts.hostname not in LOOPBACK:
        told = "https: over http everybody on the way could read your credentials"
        raise Invalid(f"{what} cannot be used:", [Problem("$", told, repr(url))])
    return Target(parts.scheme, authority, parts.path.rstrip("/"))


def onward(fields: Fields, target: Target, here: str) -> list[tuple[bytes, bytes]]:
    """The fields of a request that came to `here` (an origin), for the target; without Content-Length."""
    sent = [(b"host", target.authority.encode())]
    for name, value in _between_ends(fields):
        if name == b"accept-encoding":
            value = _readable_codings(value)
        elif name in (b"origin", b"referer"):
            value = _from_the_target(value, target, here)
        if name not in _SAID_ANEW:
            sent.append((name, value))
    return sent


def back(fields: Fields, target: Target, here: str) -> list[tuple[bytes, bytes]]:
    """The fields of the target's answer, for who called `here`: its redirects and cookies lead back to the proxy."""
    given = []
    for name, value in _between_ends(fields):
        if name == b"location":
            value = located(value.decode("latin-1"), target, here).encode("latin-1")
        elif name == b"set-cookie":
            value = baked(value.decode("latin-1"), target).encode("latin-1")
        given.append((name, value))
    return given


def unchanged(fields: Fields) -> list[tuple[bytes, bytes]]:
    """The fields of an answer without those of the connection."""
    return list(_between_ends(fields))


def located(value: str, target: Target, here: str) -> str:
    """A Location that leads to the target, as one that leads to `here`; any other as it is."""
    absolute = _ABSOLUTE.fullmatch(value)
    if absolute is None:
        if not value.startswith("/") or not target.base:
            return value
        below = _below(value, target.base)
        return target.origin + value if below is None else below or "/"
    scheme, authority, path = absolute.groups()
    below = _below(path, target.base) if target.is_own(scheme, authority) else None
    return value if below is None else here + below


def baked(value: str, target: Target) -> str:
    """A Set-Cookie that a client keeps for the proxy, which has another name and speaks http.

    A cookie whose name begins with `__Secure-` or `__Host-` is nothing without `Secure`, which therefore stays.
    """
    crumb, *attributes = value.split(";")
    prefixed = crumb.strip().lower().startswith(("__secure-", "__host-"))
    kept = [crumb]
    for attribute in attributes:
        name, _, given = (part.strip() for part in attribute.partition("="))
        match name.lower():
            case "domain":
                continue
            case "secure" | "partitioned" if not prefixed:
                continue
            case "samesite" if given.lower() == "none" and not prefixed:
                continue
            case "path" if target.base and (below := _below(given, target.base)) is not None:
                attribute = f" Path={below or '/'}"
        kept.append(attribute)
    return ";".join(kept)


def _between_ends(fields: Fields) -> Iterator[tuple[bytes, bytes]]:
    """The fields that are not about the connection, names in lower case."""
    lowered = [(name.lower(), value) for name, value in fields]
    named = {each.strip().lower() for name, value in lowered if name == b"connection" for each in value.split(b",")}
    return ((name, value) for name, value in lowered if name not in _OF_A_CONNECTION and name not in named)


def _readable_codings(value: bytes) -> bytes:
    """What is accepted of the codings that can be unpacked here: what could not be read could not be kept."""
    offers = [each.strip() for each in value.decode("latin-1").split(",")]
    known = [each for each in offers if each.partition(";")[0].strip().lower() in CODINGS]
    return ", ".join(known or ["identity"]).encode("latin-1")


def _from_the_target(value: bytes, target: Target, here: str) -> bytes:
    """An Origin or Referer that is the proxy's, as the page has it that came from the target: servers compare."""
    text = value.decode("latin-1")
    if text == here:
        return target.origin.encode()
    if text.startswith(f"{here}/"):
        return (target.origin + target.base + text.removeprefix(here)).encode("latin-1")
    return value


def _below(path: str, base: str) -> str | None:
    """What of a path (and what follows it) comes after `base`; None when it is elsewhere."""
    rest = path.removeprefix(base)
    return rest if path.startswith(base) and (not rest or not base or rest[0] in "/?#") else None
