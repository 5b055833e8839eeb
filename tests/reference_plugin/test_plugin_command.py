"""The plugin as a person starts it, and what it may import."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import httpx2
import pytest


def run(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PLUGIN_")}
    return subprocess.Popen(
        [sys.executable, "-m", "mockserver.reference_plugin", *arguments],
        env={**inherited, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def free_port() -> str:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return str(bound.getsockname()[1])


@pytest.mark.parametrize("secret_from", ["option", "environment"])
def test_the_command_runs_a_plugin_that_motar_can_reach(motar, document, free_port, secret_from):
    options = ["--motar-url", motar.url, "--client-id", "iok-cid-1", "--port", free_port]
    options += ["--verify-origin", "https://api.motar.io"]
    environment = {}
    if secret_from == "option":
        options += ["--client-secret", "iok-cse-1"]
    else:
        environment["PLUGIN_CLIENT_SECRET"] = "iok-cse-1"

    with run(*options, **environment) as process, httpx2.Client(trust_env=False) as browser:
        try:
            url = f"http://127.0.0.1:{free_port}"
            deadline = time.monotonic() + 50
            while True:
                assert process.poll() is None, process.communicate()[0]
                assert time.monotonic() < deadline
                try:
                    browser.get(f"{url}/healthz")
                    break
                except httpx2.TransportError:
                    time.sleep(0.02)
            headers, credentials = {"Origin": "https://api.motar.io"}, ("iok-cid-1", "iok-cse-1")
            started = browser.post(f"{url}/motar/requests", json=document, auth=credentials, headers=headers)
            assert started.status_code == 200
            query = {"code": motar.code(), "state": str(document["requestId"])}
            assert browser.get(f"{url}/motar/callback", params=query).status_code == 200
        finally:
            process.terminate()
            output = process.communicate(timeout=50)[0]

    assert motar.calls[0].body["redirect_uri"] == f"{url}/motar/callback"
    assert "started by 'Dynepic'" in output
    for secret in ("code-1", "access-1", "refresh-1", "iok-cse-1"):
        assert secret not in output


def test_the_command_says_what_is_missing():
    with run("--client-id", "iok-cid-1") as process:
        output = process.communicate(timeout=50)[0]
    assert process.returncode == 2
    assert "--client-secret" in output


def test_the_plugin_is_an_outsider():
    code = (
        "import sys, mockserver.reference_plugin.__main__\n"
        "print(*(name for name in sys.modules if name.startswith('mockserver.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert [name for name in loaded if not name.startswith("mockserver.reference_plugin")] == []
