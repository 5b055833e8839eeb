"""Offline means offline: where no other machine and no name can be reached everything works, and nothing tries to."""

from __future__ import annotations

import re
import sys

import pytest

from mockserver import resources
from mockserver.reference_clients.os1 import Who, onboard
from tests.offline.conftest import can_be_alone

CLIENT = "-m mockserver.reference_clients.os1 --url {url} --user @asha --password offline"
ONBOARD = f"{sys.executable} {CLIENT} onboard solutionversion:yard-one --stack shared --every 0.2"

CONNECT = """
import socket
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError as refused:
    print("refused", refused)
"""

CONNECT_BY_UVLOOP = """
import asyncio, uvloop
async def main():
    try:
        await asyncio.get_running_loop().create_connection(asyncio.Protocol, "192.0.2.1", 80)
    except OSError as refused:
        print("refused", refused)
uvloop.run(main())
"""

LOOK_UP = """
import socket
try:
    socket.getaddrinfo("api.motar.io", 443)
except OSError as refused:
    print("refused", refused)
"""

CALL = """
import asyncio, httpx2
async def main():
    async with httpx2.AsyncClient(trust_env=False) as client:
        try:
            await client.get("http://api.os1.dev/developer/orgs")
        except httpx2.HTTPError as refused:
            print("refused", refused)
asyncio.run(main())
"""

SERVED = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    socket.getaddrinfo("127.0.0.1", server.getsockname()[1])
    print("reached")
"""

HOW = [
    pytest.param(True, id="alone", marks=pytest.mark.skipif(not can_be_alone(), reason="needs a network of its own")),
    pytest.param(False, id="guarded"),
]


@pytest.mark.parametrize("alone", HOW)
@pytest.mark.parametrize(
    ("program", "told"),
    [(CONNECT, "connection to 192.0.2.1:80"), (LOOK_UP, "look-up of api.motar.io"), (CALL, "look-up of api.os1.dev")],
)
def test_whoever_tries_is_refused_and_told(program, told, alone, offline):
    done = offline("-c", program, alone=alone)
    assert "refused" in done.out
    assert done.tried[0].startswith(told)


@pytest.mark.skipif(not can_be_alone(), reason="needs a network of its own")
def test_who_goes_past_python_is_refused_by_the_kernel_and_counted(offline):
    done = offline("-c", CONNECT_BY_UVLOOP, alone=True)
    assert "refused" in done.out
    assert done.tried == ["1 without a route, counted by the kernel"]


@pytest.mark.parametrize("alone", HOW)
def test_a_webhook_of_the_server_that_would_leave_the_machine_is_refused_and_told(alone, offline, tmp_path):
    (tmp_path / "leaving.yaml").write_text(
        "name: leaving\nsteps:\n- send: POST http://192.0.2.1/hook\n- expect: delivery\n  within: 1s\n"
    )
    done = offline("-m", "mockserver", "run", "leaving.yaml", alone=alone)
    assert done.tried


@pytest.mark.parametrize("alone", HOW)
def test_this_machine_can_be_reached(alone, offline):
    done = offline("-c", SERVED, alone=alone)
    assert (done.out, done.tried) == ("reached\n", [])


@pytest.mark.parametrize("alone", HOW)
def test_the_demo_runs(alone, offline):
    done = offline("-m", "mockserver", "demo", alone=alone)
    assert (done.code, done.tried) == (0, []), done.out
    assert "PASSED" in done.out


@pytest.mark.timeout(120)
@pytest.mark.parametrize("vendor", sorted({name.partition("/")[0] for name in resources.shipped("scenarios")}))
def test_every_shipped_scenario_passes_against_the_reference_plugin_one_after_the_other(vendor, offline):
    names = [name for name in resources.shipped("scenarios") if name.startswith(f"{vendor}/")]
    done = offline("-m", "mockserver", "run", *names)
    assert (done.code, done.tried) == (0, []), done.out
    assert re.findall(r"PASSED +(\S+)", done.out) == names


def test_what_was_recorded_is_replayed(offline, tmp_path, new_world):
    world = new_world(clock={"mode": "auto"}, fixtures=["os1/quickstart"])
    world.control.post("recording", json={"name": "recorded/offline"})
    with Who(world.url, "@asha", "offline").at_os1() as os1:
        onboard(os1, "solutionversion:yard-one", lambda line: None, stack="shared", every=0.2)
    (tmp_path / "recorded.yaml").write_text(world.control.post("recording/stop").json()["text"])

    done = offline("-m", "mockserver", "run", "recorded.yaml", "--client", ONBOARD)
    assert (done.code, done.tried) == (0, []), done.out
    assert "solutionversion:yard-one is onboarded to acme, globex, pilot" in done.out
