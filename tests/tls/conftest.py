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
def motar_is_here(state: Path, httpserver: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secured]:
    """A server whose plugin is `httpserver`; in this process `api.motar.io` port 443 is its https door."""
    look_up = socket.getaddrinfo
    plugin = {
        "request_endpoint": httpserver.url_for("/requests"),
        "redirect_uri": httpserver.url_for("/callback"),
    }
    with secured(state, **plugin) as server:

        def resolve(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
            if host in ("api.motar.io", b"api.motar.io"):
                assert int(port) == 443
                host, port = "127.0.0.1", server.port
            return look_up(host, port, *rest, **named)

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        yield server


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A directory for the authority of one test."""
    return tmp_path / "state"
