"""Where deliveries really go: hosts that are reached under another name from here, and what a container must know."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec

from mockserver.errors import Invalid

DEFAULT_PORTS = {"http": 80, "https": 443}
_CGROUP = re.compile(r"docker|kubepods|containerd|libpod|lxc")


class Rule(msgspec.Struct, frozen=True):
    """`FROM=TO` taken apart: a host and maybe a port, and what they become; without a port in `to` it stays."""

    host: str
    port: int | None
    to_host: str
    to_port: int | None

    @classmethod
    def read(cls, text: str) -> Rule:
        """Read `localhost=host.docker.internal` or `localhost:3000=plugin:80`. Raises `Invalid` for anything else."""
        here, equals, there = text.partition("=")
        source, target = _place(here), _place(there)
        if not equals or source is None or target is None:
            raise Invalid(
                f"--map-host {text!r} is not HOST[:PORT]=HOST[:PORT], such as localhost=host.docker.internal."
            )
        return cls(*source, *target)

    def takes(self, host: str, port: int) -> bool:
        """Whether it is about this place."""
        return self.host == host and self.port in (None, port)


class Targets:
    """Rewrites the host of a URL just before something is sent there; the first rule that fits counts.

    `contained` says whether this process runs in a container, where loopback is nobody else.
    Raises `Invalid` for a rule that is none.
    """

    def __init__(self, rules: Iterable[str] = (), *, contained: Callable[[], bool] | None = None) -> None:
        self._rules = tuple(Rule.read(each) for each in rules)
        self._contained = contained or in_container

    def reach(self, url: str) -> str:
        """The URL to connect to for `url`; the same when no rule is about it, or when it is no URL."""
        parts = _split(url)
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            return url
        if not host:
            return url
        number = port or DEFAULT_PORTS.get(parts.scheme, 0)
        rule = next((each for each in self._rules if each.takes(host, number)), None)
        if rule is None:
            return url
        name = f"[{rule.to_host}]" if ":" in rule.to_host else rule.to_host
        to_port = rule.to_port or port
        login, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{login}{at}{name}" + (f":{to_port}" if to_port else "")).geturl()

    def advice(self, url: str) -> str | None:
        """What to do when nobody listens at `url`, where being in a container explains it; else None."""
        host = _split(url).hostname
        if host is None or not _is_loopback(host) or not self._contained():
            return None
        return (
            f"is it running? In this container {host} is the container itself: for a plugin on the host start the "
            f"emulator with --map-host {host}=host.docker.internal (on Linux the container with "
            f"--add-host host.docker.internal:host-gateway), for one in another container with "
            f"--map-host {host}=ITS-NAME; mockserver docs addresses tells more"
        )


def in_container(root: Path = Path("/"), environment: Iterable[str] = os.environ) -> bool:
    """Whether this process seems to run in a container: by the marks of Docker, Podman and Kubernetes."""
    if (root / ".dockerenv").exists() or (root / "run" / ".containerenv").exists():
        return True
    if "KUBERNETES_SERVICE_HOST" in environment:
        return True
    try:
        return (
            _CGROUP.search((root / "proc" / "1" / "cgroup").read_text(encoding="utf-8", errors="replace")) is not None
        )
    except OSError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _place(text: str) -> tuple[str, int | None] | None:
    """Host and port, if it is nothing but these."""
    parts = _split(f"//{text.strip()}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or port == 0 or "@" in parts.netloc or parts.path or parts.query or parts.fragment or " " in host:
        return None
    return host, port


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")
