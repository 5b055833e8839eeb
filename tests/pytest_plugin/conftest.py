from __future__ import annotations

import contextlib

import httpx2
import pytest
import pytest_httpserver  # noqa: F401

# Imported here once: an inner pytest that runs in this process forgets what it was the first to import, and half of
# an HTTP client that is imported anew does not know the other half's exceptions.
import mockserver.app
import mockserver.server
import mockserver.testing.plugin_double
import mockserver.testing.servers
import mockserver.testing.sharing  # noqa: F401

with contextlib.suppress(httpx2.ConnectError), httpx2.Client(trust_env=False) as _client:
    _client.get("http://127.0.0.1:9")


@pytest.fixture(autouse=True)
def _only_what_the_test_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's machine says of emulators does not count, and other plugins, slow to load, stay away."""
    for name in ("MOTAR_MOCK_URL", "MOTAR_MOCK_CONTROL_TOKEN", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_PLUGINS", "mockserver.pytest_plugin")


@pytest.fixture
def as_installed(monkeypatch: pytest.MonkeyPatch, _only_what_the_test_is_about: None) -> None:
    """Inner runs find plugins as a stranger's do: by what is installed."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    monkeypatch.delenv("PYTEST_PLUGINS")
    # A stranger has not got it, and it takes a while to load.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:schemathesis")


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch, _only_what_the_test_is_about: None) -> None:
    """Inner runs know `-n`."""
    monkeypatch.setenv("PYTEST_PLUGINS", "mockserver.pytest_plugin,xdist.plugin")
