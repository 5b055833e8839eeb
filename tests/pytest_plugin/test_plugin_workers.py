"""Under xdist: one emulator in the controller, and a world for each worker."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.pytest_plugin.soak import SUITE

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.usefixtures("workers")

STRICT = ["-W", "error", "-p", "no:cacheprovider"]


def test_workers_share_one_emulator_and_have_a_world_each(pytester):
    pytester.makepyfile(
        """
        import os, pathlib, time
        import pytest

        @pytest.mark.parametrize("n", range(6))
        def test_it(world, new_world, emulator, worker_id, n):
            assert world.name == worker_id
            assert new_world().name.startswith(f"{worker_id}-new-")
            names = {each["name"] for each in emulator.worlds()}
            assert not any(each.startswith("main") for each in names)
            pathlib.Path(f"{worker_id}-{n}").write_text(f"{emulator.url} {world.plugin().client_id}")
        """
    )
    pytester.runpytest_subprocess(*STRICT, "-n", "2", "--dist", "each").assert_outcomes(passed=12)
    told = {path.name: path.read_text().split() for path in Path(pytester.path).glob("gw*")}
    assert len(told) == 12
    assert len({url for url, _ in told.values()}) == 1
    credentials = {(name.partition("-")[0], client_id) for name, (_, client_id) in told.items()}
    assert len(credentials) == 2


def test_many_small_tests_on_many_workers(pytester):
    pytester.makepyfile(SUITE.replace("TESTS", "40"))
    pytester.runpytest_subprocess(*STRICT, "-n", "3").assert_outcomes(passed=40)


def test_a_given_emulator_is_used_by_all_workers_and_names_carry_the_given_prefix(pytester, server):
    pytester.makepyfile(
        """
        def test_it(world, emulator, worker_id, pytestconfig):
            assert world.name == f"suite-{worker_id}"
            assert emulator.url == pytestconfig.getoption("--emulator-url")
        """
    )
    result = pytester.runpytest_subprocess(*STRICT, "-n", "1", "--emulator-url", server, "--emulator-world", "suite")
    result.assert_outcomes(passed=1)


def test_workers_cannot_share_default(pytester):
    pytester.makepyfile("def test_it(world):\n    pass")
    result = pytester.runpytest_subprocess(*STRICT, "-n", "1", "--emulator-world", "default")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*one world `default` and several xdist workers: run without -n*"])


def test_a_failure_on_a_worker_shows_the_journal(pytester):
    pytester.makepyfile("def test_it(world):\n    world.act('motar.start_ato_request')\n    assert 0")
    result = pytester.runpytest_subprocess(*STRICT, "-n", "1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- world gw0 of the emulator -*", "*action*motar.start_ato_request*"])


def test_an_emulator_that_cannot_start_is_explained_by_the_controller(pytester):
    pytester.makeconftest(
        """
        import sys

        def pytest_configure(config):
            if not hasattr(config, "workerinput"):
                sys.modules["mockserver.app"] = None
        """
    )
    pytester.makepyfile("def test_it(world):\n    pass")
    result = pytester.runpytest_subprocess("-n", "1")
    result.assert_outcomes(errors=1)
    result.stderr.fnmatch_lines(["The emulator for the workers could not be started:", "*mockserver.app*"])


def test_a_shared_emulator_that_nobody_asked_ends_at_once():
    from mockserver.testing.sharing import SharedEmulator

    shared = SharedEmulator()
    port = int(shared.url.rpartition(":")[2])
    shared.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
