"""A run that does not use the plugin does not pay for it."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

LOADED = """
import sys

def test_nothing_is_loaded():
    assert "mockserver.pytest_plugin" in sys.modules
    ours = {name for name in sys.modules if name.startswith("mockserver")}
    assert ours <= {"mockserver", "mockserver.pytest_plugin"}, ours
    assert not {"httpx2", "starlette", "uvicorn", "msgspec"} & set(sys.modules)
"""


def test_importing_the_plugin_imports_nothing_but_pytest():
    code = "import pytest, sys; before = set(sys.modules); import mockserver.pytest_plugin as it; print(' '.join(set(sys.modules) - before))"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name for name in done.stdout.split() if "." not in name or name.startswith("mockserver")} <= {
        "mockserver",
        "mockserver.pytest_plugin",
    }


def test_pytest_finds_it_by_itself():
    assert entry_points(group="pytest11")["emulator"].value == "mockserver.pytest_plugin"


@pytest.mark.usefixtures("as_installed")
@pytest.mark.parametrize("more", [[], ["-n", "1"]], ids=["alone", "with a worker"])
def test_a_run_that_does_not_use_it_loads_nothing(pytester, more):
    pytester.makepyfile(LOADED)
    # Without the plugins of others, which load what they like.
    others = ["-p", "no:pytest_httpserver", "-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:faker"]
    pytester.runpytest_subprocess(*others, *more).assert_outcomes(passed=1)


@pytest.mark.usefixtures("workers")
def test_the_controller_starts_no_emulator_for_workers_that_do_not_ask(pytester):
    pytester.makeconftest(
        """
        import sys

        def pytest_unconfigure(config):
            if not hasattr(config, "workerinput"):
                loaded = {"mockserver.app", "uvicorn", "httpx2"} & set(sys.modules)
                print("loaded by the controller:", sorted(loaded))
        """
    )
    pytester.makepyfile("def test_nothing():\n    pass")
    result = pytester.runpytest_subprocess("-n", "1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["loaded by the controller: []"])


@pytest.mark.usefixtures("as_installed")
def test_it_can_be_left_out(pytester):
    pytester.makepyfile("def test_it(world):\n    pass")
    result = pytester.runpytest_subprocess("-p", "no:emulator")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'world' not found*"])


@pytest.mark.usefixtures("as_installed")
def test_its_names_are_nobody_else_s(pytester):
    result = pytester.runpytest_subprocess("--fixtures", "-q")
    ours, others = set(), set()
    for line in result.outlines:
        name, _, where = line.partition(" -- ")
        if where:
            (ours if "mockserver/pytest_plugin.py" in where else others).add(name.partition(" [")[0])
    wanted = {"emulator", "emulator_world", "emulator_world_options", "plugin_endpoints", "world", "new_world"}
    assert ours == {*wanted, "motar_plugin"}
    # pytest-httpserver's, and those of the Python client of the other MockServer.
    assert not ours & (others | {"mockserver", "mockserver_server", "mockserver_host", "mockserver_port"})
    assert (
        "no docstring available"
        not in "\n".join(
            result.outlines[
                result.outlines.index(next(line for line in result.outlines if "mockserver.pytest_plugin" in line)) :
            ]
        ).partition("fixtures defined from pytest_httpserver")[0]
    )
