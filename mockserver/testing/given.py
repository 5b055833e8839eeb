"""What the command line, the environment and xdist say."""

from __future__ import annotations

import os

import pytest

URL_KEY = "emulator_url"


def given_url(config: pytest.Config) -> str | None:
    """The URL of an emulator that runs already, by option or environment."""
    url: str | None = config.getoption("--emulator-url")
    return url or os.environ.get("MOTAR_MOCK_URL") or None


def given_token(config: pytest.Config) -> str | None:
    """The control token for it."""
    token: str | None = config.getoption("--emulator-token")
    return token or os.environ.get("MOTAR_MOCK_CONTROL_TOKEN") or None


def shared_url(config: pytest.Config) -> str | None:
    """The URL of the emulator that the xdist controller has for its workers."""
    url: str | None = getattr(config, "workerinput", {}).get(URL_KEY)
    return url


def worker_name(config: pytest.Config) -> str | None:
    """`gw0` in an xdist worker, None without xdist."""
    name: str | None = getattr(config, "workerinput", {}).get("workerid")
    return name


def world_name(config: pytest.Config) -> str:
    """The name of this process's world. Fails the session's tests where workers would have to share one."""
    wanted, worker = config.getoption("--emulator-world"), worker_name(config)
    if worker is None:
        return wanted or "main"
    if wanted == "default":
        pytest.fail(
            "There is one world `default` and several xdist workers: run without -n, or name another --emulator-world.",
            pytrace=False,
        )
    return f"{wanted}-{worker}" if wanted else worker
