"""A local emulator of MOTAR: run a plugin's whole integration offline.

The names below are imported when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mockserver.app import App, build_app
    from mockserver.client import AsyncWorldClient, WorldClient, connect
    from mockserver.errors import MockserverError
    from mockserver.scenarios import load_scenario
    from mockserver.server import running
    from mockserver.settings import Settings

__all__ = [
    "App",
    "AsyncWorldClient",
    "MockserverError",
    "Settings",
    "WorldClient",
    "build_app",
    "connect",
    "load_scenario",
    "running",
]

_HOMES = {
    "App": "mockserver.app",
    "AsyncWorldClient": "mockserver.client",
    "MockserverError": "mockserver.errors",
    "Settings": "mockserver.settings",
    "WorldClient": "mockserver.client",
    "build_app": "mockserver.app",
    "connect": "mockserver.client",
    "load_scenario": "mockserver.scenarios",
    "running": "mockserver.server",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
