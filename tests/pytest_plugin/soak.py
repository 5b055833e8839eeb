"""Many small tests on many workers, again and again: is there a flake, and what does a world cost a test?

python tests/pytest_plugin/soak.py --tests 200 --workers 8 --runs 20
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SUITE = """
import base64

import httpx2
import pytest

from mockserver.client import ServerSaidNo

REQUESTS = set()


def exchange(world, code):
    known = world.plugin()
    form = {"grant_type": "authorization_code", "code": code, "client_id": known.client_id,
            "client_secret": known.client_secret, "redirect_uri": known.redirect_uris[0]}
    return httpx2.post(world.base_url + "/oauth/token", data=form, trust_env=False, verify=False)


def started(world):
    request = world.act("motar.start_ato_request")["request_id"]
    assert request not in REQUESTS
    REQUESTS.add(request)
    return request


@pytest.mark.parametrize("n", range(TESTS // 5))
def test_a_webhook_reaches_the_plugin(world, motar_plugin, n):
    request = started(world)
    world.settle()
    assert [each["requestId"] for each in motar_plugin.requests] == [request]
    world.journal.verify("POST /motar/requests", kind="delivery", status=200, count=1)


@pytest.mark.parametrize("n", range(TESTS // 5))
def test_a_code_works_once(world, n):
    started(world)
    code = world.sign_in("@olivia").code
    assert exchange(world, code).status_code == 200
    assert exchange(world, code).status_code != 200
    world.journal.verify("POST /oauth/token", count=2)


@pytest.mark.parametrize("n", range(TESTS // 5))
def test_a_code_expires(world, n):
    started(world)
    code = world.sign_in("@olivia").code
    world.clock.advance("11m")
    assert exchange(world, code).status_code != 200


@pytest.mark.parametrize("n", range(TESTS // 5))
def test_worlds_do_not_see_each_other(world, new_world, n):
    other = new_world()
    request = other.act("motar.start_ato_request")["request_id"]
    other.settle()
    assert world.documents("motar.ato_requests") == []
    with pytest.raises(ServerSaidNo):
        world.act("motar.hand_off", request=request)


@pytest.mark.parametrize("n", range(TESTS // 5))
def test_the_plugin_reports(world, motar_plugin, n):
    request = started(world)
    known = world.plugin()
    basic = base64.b64encode(f"{known.client_id}:{known.client_secret}".encode()).decode()
    answer = httpx2.post(
        world.base_url + "/plugin/v1/ato/status",
        json={"requestId": request, "status": "in-progress", "complete": False, "cancellable": True},
        headers={"authorization": f"Basic {basic}"}, trust_env=False, verify=False,
    )
    assert answer.status_code == 200, answer.text
    [report] = world.journal.wait("POST /plugin/v1/ato/status", body={"requestId": request})
    assert report.body["status"] == "in-progress"
"""

EMPTY = """
import pytest


@pytest.fixture
def nothing():
    return None


@pytest.mark.parametrize("n", range(TESTS))
def test_nothing(FIXTURE, n):
    pass
"""


@dataclass(frozen=True)
class Run:
    """The seconds that a run of pytest took, those of processor time, and what it printed last."""

    seconds: float
    busy: float
    last: str


def run_pytest(directory: Path, source: str, *arguments: str, **names: object) -> Run:
    """Run a suite, with its upper-case names filled in."""
    for name, value in names.items():
        source = source.replace(name, str(value))
    file = directory / "test_many.py"
    file.write_text(source)
    # A stranger has not got our tools, some of which are slow to load.
    without = ("-p", "no:cacheprovider", "-p", "no:schemathesis")
    command = [sys.executable, "-W", "error", "-m", "pytest", "-q", *without, str(file), *arguments]
    began, busy = time.perf_counter(), _busy_children()
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    took = time.perf_counter() - began
    if done.returncode != 0:
        print(done.stdout[-6000:], done.stderr[-2000:])
    return Run(took, _busy_children() - busy, done.stdout.strip().rpartition("\n")[2])


def _busy_children() -> float:
    spent = os.times()
    return spent.children_user + spent.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("tests", 200), ("workers", 8), ("runs", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    told = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for n in range(1, told.runs + 1):
            run = run_pytest(directory, SUITE, "-n", str(told.workers), TESTS=told.tests)
            good = re.match(rf"{told.tests // 5 * 5} passed", run.last) is not None
            failed += not good
            print(f"run {n:>2}: {run.seconds:5.1f} s  load {os.getloadavg()[0]:4.1f}  {run.last}", flush=True)
        print(f"{told.runs} runs of {told.tests} tests with -n {told.workers}: {failed} with a failure")
        many = 1000
        costs = {}
        for fixture in ("nothing", "world", "world, motar_plugin", "nothing", "world", "world, motar_plugin"):
            busy = run_pytest(directory, EMPTY, TESTS=many, FIXTURE=fixture).busy
            costs[fixture] = min(busy, costs.get(fixture, busy))
        for fixture, busy in costs.items():
            each = (busy - costs["nothing"]) / many * 1000
            print(f"{many} empty tests with {fixture}: {busy:.2f} s busy, {each:.2f} ms a test more than with no world")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
