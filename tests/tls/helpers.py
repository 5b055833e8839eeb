"""What the TLS tests share: a server with both doors, and a look at what it shows."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.app import build_app
from mockserver.platforms.motar.platform import MOTAR
from mockserver.server import Secure, bind, running
from mockserver.settings import Settings
from mockserver.tls import certificates


@dataclass(frozen=True)
class Secured:
    """A server that runs with both doors: `url` is the plain one, `port` that of the other, `ca` what to trust."""

    url: str
    port: int
    ca: Path

    @property
    def https(self) -> str:
        return f"https://localhost:{self.port}"

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca)

    def shown_to(self, name: str | None, context: ssl.SSLContext | None = None) -> bytes:
        """The certificate (DER) that a client gets who asks for `name`; raises unless it is for that name."""
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain,
            (context or self.trusting()).wrap_socket(plain, server_hostname=name) as connection,
        ):
            shown = connection.getpeercert(binary_form=True)
        assert shown is not None
        return shown


@contextmanager
def secured(directory: Path, **settings: Any) -> Iterator[Secured]:
    """A server in a thread of its own, on two free ports."""
    given = Settings(tls_dir=str(directory), **settings)
    authority, shown = certificates(given, MOTAR.hosts)
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    with running(build_app(given), secure=Secure(sock, shown.context)) as url:
        yield Secured(url, port, authority.path)
