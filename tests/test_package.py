"""The package as a whole: its public names, what importing it costs, what lands in the wheel."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mockserver
from mockserver import resources

ROOT = Path(__file__).parent.parent
HEAVY = [
    "faker",
    "cryptography",
    "trustme",
    "joserfc",
    "httpx2",
    "rich",
    "jinja2",
    "watchfiles",
    "prometheus_client",
    "http.cookiejar",
    "urllib.request",
    "statistics",
    "xml",
    "email.policy",
    "mockserver.recordings.proxy",
    "mockserver.recordings.reel",
]


def test_all_lists_exactly_the_names_that_are_resolved_on_first_use():
    assert mockserver.__all__ == sorted(mockserver._HOMES)
    for name in mockserver.__all__:
        assert getattr(mockserver, name).__module__.startswith("mockserver.")


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        mockserver.nonsense  # noqa: B018


def _modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_imports_nothing_else_of_it():
    assert {name for name in _modules_after("import mockserver") if name.startswith("mockserver.")} == set()


def test_a_server_that_is_ready_has_imported_nothing_heavy():
    statement = "from mockserver.app import build_app; from mockserver.settings import Settings; build_app(Settings())"
    assert _modules_after(statement).isdisjoint(HEAVY)


def test_what_follows_files_is_imported_by_who_asks_for_it_only():
    """Uvicorn would import it in every server that there is."""
    statement = "import mockserver.cli.serve, mockserver.app, mockserver.server; import uvicorn; uvicorn.run"
    assert "watchfiles" not in _modules_after(statement)
    assert "watchfiles" in _modules_after(f"{statement}; import watchfiles")


def test_the_import_layers_name_every_room():
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = pyproject["tool"]["importlinter"]["contracts"][0]["layers"]
    named = {part.strip().removeprefix("mockserver.") for layer in layers for part in layer.split("|")}
    rooms = {
        path.stem for path in (ROOT / "mockserver").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    # The reference plugin and clients have a contract of their own; __main__ only calls the command line.
    assert rooms - {"__init__", "__main__", "reference_plugin", "reference_clients"} == named


@pytest.mark.parametrize("kind", ["fixtures", "scenarios"])
def test_shipped_files_are_found(kind):
    names = resources.shipped(kind)
    assert names
    assert all(resources.locate(kind, name).is_file() for name in names)
