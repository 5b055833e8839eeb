from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import mockserver, serve
from tests.tls.helpers import Secured, secured

__all__ = ["mockserver", "serve"]


@pytest.fixture(scope="session")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A server with both doors, shared by the session."""
    with secured(tmp_path_factory.mktemp("tls"), tls_host=("emulator", "192.0.2.7")) as server:
        yield server


@pytest.fixture
def motar_is_here(tls_server: Secured, monkeypatch: pytest.MonkeyPatch) -> Secured:
    """In this process, `api.motar.io` port 443 is the https door, and every other name what it always was."""
    look_up = socket.getaddrinfo

    def resolve(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if host in ("api.motar.io", b"api.motar.io"):
            assert int(port) == 443
            host, port = "127.0.0.1", tls_server.port
        return look_up(host, port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return tls_server


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A directory for the authority of one test."""
    return tmp_path / "state"
