"""Everything under docs/examples runs, as its reader would run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.app import build_app
from mockserver.client import connect
from mockserver.server import bind, running
from mockserver.settings import Settings

# They start several processes each, which a busy machine takes its time for.
pytestmark = pytest.mark.timeout(200)

EXAMPLES = Path(__file__).parent.parent.parent / "docs" / "examples"


@pytest.fixture
def emulator_url() -> Iterator[str]:
    """An emulator that runs already, with the plugin of `default` at a port that is free."""
    with bind("127.0.0.1", 0) as sock:
        at = f"http://127.0.0.1:{sock.getsockname()[1]}"
    settings = Settings(
        request_endpoint=f"{at}/ato/requests", distribution_endpoint=f"{at}/ato/x", redirect_uri=f"{at}/callback"
    )
    with running(build_app(settings)) as url:
        yield url


def run(*command: str, **environment: str) -> str:
    """What a command prints; it must succeed."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("MOTAR_MOCK", "PYTEST"))}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=EXAMPLES, env={**known, "PATH": path, **environment}, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_pytest(file: str, *arguments: str) -> str:
    """What pytest prints of an example that passes, without the configuration of this repository."""
    return run(
        *(sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", ".", "-p", "no:cacheprovider", "-W", "error"),
        *("-p", "no:schemathesis"),  # it takes half a second to load, in every process
        *(file, *arguments),
    )


def test_a_complete_test_of_a_plugin_has_fewer_than_25_lines():
    assert len((EXAMPLES / "test_plugin_in_25_lines.py").read_text().splitlines()) < 25
    assert "2 passed" in run_pytest("test_plugin_in_25_lines.py")


def test_scenarios_are_tests_by_a_marker_and_as_files():
    assert "1 passed" in run_pytest("test_scenarios.py")
    # On its own the file has no plugin to run against.
    listed = run_pytest("in_progress.yaml", "-o", "mockserver_scenarios=*.yaml", "--collect-only", "-q")
    assert "in_progress.yaml::in_progress" in listed


def test_a_plugin_inside_the_test_process():
    assert "3 passed" in run_pytest("test_in_process.py")


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "workers"])
def test_a_plugin_that_is_a_process_for_each_worker(workers):
    assert "4 passed" in run_pytest("test_process_per_worker.py", *workers)


def test_a_plugin_that_goes_on_running(emulator_url):
    default = connect(emulator_url)
    known = default.plugin()
    port = (known.request_endpoint or "").split(":")[2].partition("/")[0]
    told = {"MOTAR_URL": emulator_url, "CLIENT_ID": known.client_id, "CLIENT_SECRET": known.client_secret, "PORT": port}
    command = [sys.executable, str(EXAMPLES / "plugin" / "ato_plugin.py")]
    with subprocess.Popen(command, env={**os.environ, **told}, stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout is not None
        assert plugin.stdout.readline()
        try:
            for _ in range(2):
                arguments = ["--emulator-url", emulator_url, "--emulator-world", "default"]
                assert "2 passed" in run_pytest("test_long_running.py", *arguments)
        finally:
            plugin.terminate()
    assert default.clock.mode() == "live"
    assert default.journal.exchanges() == []


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
def test_the_same_in_a_page_of_curl(emulator_url):
    for _ in range(2):
        assert "passed: the plugin took request" in run("./curl.sh", emulator_url)
    assert [each["name"] for each in connect(emulator_url).server.worlds()] == ["default"]


def _node() -> str | None:
    node = shutil.which("node")
    if node is None:
        return "there is no node"
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    return None if int(version.lstrip("v").partition(".")[0]) >= 20 else f"node is {version.strip()}, 20 is needed"


@pytest.mark.skipif(_node() is not None, reason=str(_node()))
def test_the_same_for_node(emulator_url):
    printed = run("node", "--test", "--test-reporter=tap", "node/", MOTAR_MOCK_URL=emulator_url)
    assert "# pass 4" in printed
    assert "# fail 0" in printed
    assert [each["name"] for each in connect(emulator_url).server.worlds()] == ["default"]


def test_the_readme_shows_the_example_as_it_is():
    readme = (EXAMPLES.parent.parent / "README.md").read_text(encoding="utf-8")
    example = (EXAMPLES / "test_plugin_in_25_lines.py").read_text(encoding="utf-8")
    assert f"```python\n{example}```" in readme
    assert len(example.splitlines()) < 25
