"""`mockserver record --upstream`: a vendor and a plugin are recorded, and the plugin is replayed without the vendor."""

from __future__ import annotations

import base64
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mockserver.app import build_app
from mockserver.cli.run import PATHS
from mockserver.reference_plugin import Settings as PluginSettings
from mockserver.reference_plugin import build_plugin
from mockserver.server import bind, in_background, running, url_of
from mockserver.settings import Settings
from tests.cli.conftest import CLEAN
from tests.recordings.har_schema import problems_of
from tests.recordings.raw_server import answer, answering, raw_server
from tests.recordings.test_record_and_replay import Silent
from tests.support import CLIENT_ID, CLIENT_SECRET, PLAIN
from tests.tls.helpers import secured


@dataclass
class Recorder:
    """A `mockserver record --upstream` that runs: where its plugin calls, and where webhooks arrive."""

    process: subprocess.Popen[str]
    url: str
    hooks: str

    def stop(self, number: signal.Signals = signal.SIGINT) -> str:
        self.process.send_signal(number)
        _, told = self.process.communicate(timeout=30)
        return told


@contextmanager
def recording(folder: Path, *arguments: str, **environment: str) -> Iterator[Recorder]:
    process = subprocess.Popen(
        [sys.executable, "-m", "mockserver", "record", "--port", "0", *arguments],
        cwd=folder,
        env={**CLEAN, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        told = [process.stderr.readline() for _ in range(3 if "--plugin" in arguments else 2)]
        assert "Ctrl-C ends it" in told[0], told
        found = [re.search(r"http://127\.0\.0\.1:\d+", line) for line in told[1:]]
        urls = [each[0] for each in found if each]
        yield Recorder(process, urls[0], urls[-1])
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@contextmanager
def plugin(motar: str, sock: socket.socket, redirect_uri: str, **given: Any) -> Iterator[None]:
    client_id, secret = given.get("credentials", (CLIENT_ID, CLIENT_SECRET))
    settings = PluginSettings(motar_url=motar, client_id=client_id, client_secret=secret, redirect_uri=redirect_uri)
    with in_background(build_plugin(settings, transport=given.get("transport")), sock):
        yield


@dataclass
class Recorded:
    folder: Path
    told: str
    code: int
    secrets: list[str]

    @property
    def text(self) -> str:
        return (self.folder / "real.yaml").read_text()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """The demo, played by the reference plugin and an emulator that is the vendor, below a path of its own."""
    folder = tmp_path_factory.mktemp("upstream")
    sock = bind("127.0.0.1", 0)
    with (
        running(build_app(Settings(port=0))) as vendor,
        recording(
            folder,
            *("--upstream", f"{vendor}/w/vendor", "--plugin", url_of(sock), "--plugin-port", "0"),
            *("-o", "real.yaml", "--har", "real.har", "--name", "real/demo"),
        ) as recorder,
        plugin(recorder.url, sock, recorder.hooks + PATHS["redirect_uri"]),
        httpx2.Client(base_url=f"{vendor}/_mock/", **PLAIN) as studio,
    ):
        endpoints = {name: recorder.hooks + path for name, path in PATHS.items()}
        settings = {"motar": endpoints, "core": {"fixture_credentials": "literal"}}
        assert studio.post("worlds", json={"name": "vendor", "settings": settings}).status_code == 201

        def journal() -> list[dict[str, Any]]:
            return list(studio.get("worlds/vendor/journal").json()["exchanges"])

        def act(name: str, **arguments: Any) -> Any:
            """Act, and wait as a person would until the plugin has nothing more to say."""
            result = studio.post(f"worlds/vendor/actions/{name}", json=arguments)
            assert result.status_code == 200, result.text
            seen, since = -1, time.monotonic()
            while time.monotonic() - since < 0.4:
                if (now := len(journal())) != seen:
                    seen, since = now, time.monotonic()
                time.sleep(0.02)
            return result.json()

        request = act("motar.start_ato_request", app="Flight Deck Trainer", by="@olivia")["request_id"]
        act("motar.sign_in", user="@olivia", request=request, visit=True)
        act("motar.add_distribution", request=request, distribution="1.0.0", by="@devon")
        act("motar.sign_in", user="@olivia", request=request, visit=True)
        calls = [each for each in journal() if each.get("path") == "/oauth/token"]
        told = recorder.stop(signal.SIGTERM)
    secrets = [CLIENT_SECRET, base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()]
    for call in calls:
        secrets += [call["request"]["body"]["code"]]
        secrets += [call["response"]["body"][name] for name in ("access_token", "refresh_token")]
    assert len(secrets) == 8
    return Recorded(folder, told, recorder.process.returncode, secrets)


def test_what_passes_is_told_while_it_passes_and_at_the_end_how_to_replay_it(recorded: Recorded) -> None:
    assert recorded.code == 0, recorded.told
    assert re.search(r"← POST +/motar/requests +200 +\d+ ms\n", recorded.told)
    assert re.search(r"→ POST +/oauth/token +200 +\d+ ms\n", recorded.told)
    assert re.search(r"Wrote real.har: \d\d exchanges as HAR", recorded.told)
    assert re.search(r"Wrote real.yaml: \d\d steps", recorded.told)
    assert re.search(
        r'mockserver run real.yaml --plugin http://127.0.0.1:\d+ --input authorization="…"\n$', recorded.told
    )
    assert "Left out" not in recorded.told


def test_no_secret_of_vendor_or_plugin_is_in_what_was_written(recorded: Recorded) -> None:
    har = (recorded.folder / "real.har").read_text()
    for text in (recorded.text, har, recorded.told):
        assert [secret for secret in recorded.secrets if secret in text] == []
    assert "{access_token-1}" in recorded.text
    assert problems_of(json.loads(har)) == []


def replay(folder: Path, **given: Any) -> subprocess.CompletedProcess[str]:
    """`mockserver run` of the recording against a fresh reference plugin, with nobody else there."""
    sock = bind("127.0.0.1", 0)
    credentials = given.get("credentials", (CLIENT_ID, CLIENT_SECRET))
    basic = base64.b64encode(":".join(credentials).encode()).decode()
    with (
        running(build_app(Settings(port=0))) as emulator,
        plugin(emulator, sock, url_of(sock) + PATHS["redirect_uri"], **given),
    ):
        return subprocess.run(
            [
                *(sys.executable, "-m", "mockserver", "run", "real.yaml", "--server", emulator),
                *("--plugin", url_of(sock), "--input", f"plugin={url_of(sock)}"),
                *("--input", f"authorization=Basic {basic}"),
            ],
            cwd=folder,
            env=CLEAN,
            capture_output=True,
            text=True,
            timeout=50,
        )


def test_the_recording_is_replayed_strictly_by_a_plugin_with_other_credentials(recorded: Recorded) -> None:
    assert "mode: strict" in recorded.text
    done = replay(recorded.folder, credentials=("another-client", "another-secret"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing else happens" in done.stdout


def test_a_plugin_that_skips_the_alert_fails_since_it_never_came(recorded: Recorded, tmp_path: Path) -> None:
    hasty = re.sub(r"^  - (await: .*)$", r"  - \1\n    within: 1s", recorded.text, flags=re.MULTILINE)
    (tmp_path / "real.yaml").write_text(hasty)
    done = replay(tmp_path, transport=Silent())
    assert done.returncode == 1, done.stdout + done.stderr
    assert "never came" in done.stdout
    assert "/plugin/v1/ato/alert" in done.stdout


def test_what_could_not_be_kept_is_told_and_the_rest_is_written_as_har(tmp_path: Path) -> None:
    with (
        raw_server(answering(answer("200 OK", "Content-Type: text/plain", body=b"0123456789"))) as vendor,
        recording(tmp_path, "--upstream", vendor.url, "-o", "real.har", "--max-body", "10", "-q") as recorder,
    ):
        for body in (b"short", b"too long a body"):
            httpx2.post(f"{recorder.url}/x", content=body, **PLAIN)
        told = recorder.stop()
    assert recorder.process.returncode == 0, told
    assert "→" not in told, "-q is quiet"
    assert "Wrote real.har: 1 exchange as HAR." in told
    assert "Left out: POST /x: The body is larger than 10 bytes" in told
    document = json.loads((tmp_path / "real.har").read_text())
    assert problems_of(document) == []
    assert document["log"]["pages"][0]["title"] == f"Recorded at {vendor.url}"


def test_an_upstream_with_https_is_called_by_its_certificate_and_no_other(tmp_path: Path) -> None:
    with secured(tmp_path / "tls") as vendor:
        arguments = ("--upstream", vendor.https, "-o", "real.yaml")
        with recording(tmp_path, *arguments, SSL_CERT_FILE=str(vendor.ca)) as recorder:
            # It is the vendor's own answer, which knows the route and misses the token.
            assert httpx2.get(f"{recorder.url}/user/v1/my/profile", **PLAIN).status_code == 401
            assert "Wrote real.yaml: 1 step." in recorder.stop()
        with recording(tmp_path, *arguments) as recorder:
            refused = httpx2.get(f"{recorder.url}/user/v1/my/profile", **PLAIN)
    assert refused.status_code == 502
    assert refused.json()["error"].endswith("SSL_CERT_FILE names whom to trust")


def test_without_a_file_the_scenario_is_printed(tmp_path: Path) -> None:
    with (
        raw_server(answering(answer(body=b"{}"))) as vendor,
        recording(tmp_path, "--upstream", vendor.url) as recorder,
    ):
        httpx2.get(f"{recorder.url}/x", **PLAIN)
        recorder.process.send_signal(signal.SIGINT)
        out, _ = recorder.process.communicate(timeout=30)
    assert out.startswith("name: recordings/127.0.0.1\n")
    assert "- await: GET /x" in out


def test_a_file_that_is_too_large_to_be_read_is_told(tmp_path: Path) -> None:
    with (
        raw_server(answering(answer("200 OK", "Content-Type: text/plain", body=b"word " * 250_000))) as vendor,
        recording(tmp_path, "--upstream", vendor.url, "-o", "real.yaml") as recorder,
    ):
        httpx2.get(f"{recorder.url}/x", **PLAIN)
        told = recorder.stop()
    assert recorder.process.returncode == 0, told
    assert "no more than 1048576 are read unless serve --max-file says so" in told


def test_a_recording_of_nothing_is_refused(tmp_path: Path) -> None:
    with recording(tmp_path, "--upstream", "http://127.0.0.1:9", "-o", "real.yaml") as recorder:
        assert httpx2.get(f"{recorder.url}/x", **PLAIN).status_code == 502
        told = recorder.stop()
    assert recorder.process.returncode == 1
    assert "Nothing came through that could be kept." in told
    assert "not kept: Cannot connect to http://127.0.0.1:9" in told
    assert not (tmp_path / "real.yaml").exists()


def test_ctrl_c_does_not_wait_for_an_answer_that_goes_on_for_ever(tmp_path: Path) -> None:
    with (
        raw_server(answering(b"HTTP/1.1 200 OK\r\n\r\nfor ever ")) as vendor,
        recording(tmp_path, "--upstream", vendor.url) as recorder,
        httpx2.Client(**PLAIN) as client,
        client.stream("GET", f"{recorder.url}/events") as response,
    ):
        parts = response.iter_raw()
        assert next(parts) == b"for ever "
        began = time.monotonic()
        told = recorder.stop()
    assert time.monotonic() - began < 10
    assert "Left out: GET /events: it was still under way when the recording ended" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--upstream", "http://motar.example"), "over http everybody on the way could read your credentials"),
        (("--upstream", "motar.example"), "a URL such as https://sandbox.motar.io"),
        (("--upstream", "https://x.example", "--plugin", "here"), "--plugin cannot be used"),
        (("--upstream", "https://x.example", "--whole"), "--whole goes without --upstream"),
        (("--plugin", "http://localhost:3000"), "--plugin is for --upstream URL"),
        (("--upstream", "https://x.example", "-o", "nowhere/x.yaml"), "There is no folder nowhere"),
        (("--upstream", "http://localhost:{port}", "--port", "{port}"), "is this proxy itself"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(mockserver: Any, arguments: tuple[str, ...], told: str) -> None:
    with bind("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    done = mockserver("record", *(each.format(port=port) for each in arguments))
    assert done.returncode == 2, done.stderr
    assert told in " ".join(done.stderr.split())
