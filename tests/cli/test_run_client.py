"""`mockserver run --client`: a program that begins by itself is started when the run waits for it."""

from __future__ import annotations

import sys

import pytest

CLIENT = f"{sys.executable} -m mockserver.reference_clients.os1 --url {{url}} --user @asha --password offline"
ONBOARD = f"{CLIENT} onboard"
SOLUTION = "solutionversion:yard-one --tenant globex"

SCENARIO = """
name: s
start: 2026-01-01T09:00:00Z
fixtures: [os1/quickstart]
steps:
- action: os1.set_tenant_down
  with: {tenant: acme}
- await: POST /developer/auth/authorize
  within: 10s
- await: POST /developer/tenants/v2/onboarding
- advance: 10s
- await: GET /developer/tenants/v2/onboarding/{id}
  at_least: 1
"""


@pytest.fixture
def run(mockserver, tmp_path):
    (tmp_path / "s.yaml").write_text(SCENARIO)
    return lambda *words: mockserver("run", "s.yaml", *words)


def test_the_client_is_started_when_a_call_is_waited_for_and_what_it_says_is_told_beside(run):
    done = run("--client", f"{ONBOARD} {SOLUTION}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PASSED  s against the client: 5 of 5 steps passed" in done.stdout
    assert "solutionversion:yard-one is onboarded to globex" in done.stderr
    assert "onboarded to globex" not in done.stdout


def test_a_client_that_ends_badly_is_told_and_the_steps_decide(run):
    done = run("--client", f"{ONBOARD} solutionversion:yard-one --tenant acme")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "could not be onboarded to acme" in done.stderr
    assert "The client ended with exit code 1." in done.stderr


def test_a_client_that_cannot_be_started_is_refused_with_what_to_do(run):
    done = run("--client", "no-such-client --url {url}")
    assert done.returncode == 2
    assert "The client cannot be started: No such file or directory: no-such-client." in done.stderr
    assert "sh -c" in done.stderr
    assert "Traceback" not in done.stderr
