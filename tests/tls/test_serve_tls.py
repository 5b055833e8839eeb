"""`mockserver serve --tls-port` and `mockserver tls ca`, as processes."""

from __future__ import annotations

import re
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest


def https_url(out: str) -> str:
    [url] = re.findall(r"^mockserver ready: (https://.+)$", out, re.MULTILINE)
    return url


def certificate_of(url: str) -> str:
    host, port = url.removeprefix("https://").split(":")
    return ssl.get_server_certificate((host, int(port)))


def reached(url: str, ca: Path) -> bool:
    context = ssl.create_default_context(cafile=ca)
    return httpx2.get(f"{url}/_mock/health", verify=context, trust_env=False).json()["status"] == "ready"


def first_lines(served) -> str:
    """What is printed until the server is ready at both doors."""
    lines: list[str] = []
    while not any("ready: https" in line for line in lines):
        lines.append(served.process.stdout.readline())
        assert lines[-1], served.process.stderr.read()
    return "".join(lines)


def test_it_says_both_urls_and_what_to_trust_and_ends_cleanly(serve, mockserver, tmp_path):
    with serve("--tls-port", "0", "--tls-dir", "state") as served:
        out = first_lines(served)
        url = https_url(out)
        ca = tmp_path / "state" / "ca" / "certificate.pem"
        printed = mockserver("tls", "ca", "--tls-dir", "state")
        assert reached(url, ca)
        assert reached(url.replace("127.0.0.1", "localhost"), ca)
        assert Path(tmp_path / "ready-0").read_text() == served.url
        code, _, err = served.stop(signal.SIGTERM)
    assert out.splitlines()[-2:] == [f"mockserver ready: {served.url}", f"mockserver ready: {url}"]
    [with_tls] = [line for line in out.splitlines() if line.strip().startswith("With TLS")]
    [trust] = [line for line in out.splitlines() if line.strip().startswith("Trust")]
    assert url in with_tls
    assert str(ca) in trust
    assert "mockserver tls ca" in trust
    assert printed.stdout == ca.read_text()
    assert (code, "Traceback" in err) == (0, False)


def test_trust_lasts_over_a_restart_and_is_shared_by_two_servers(serve, tmp_path):
    arguments = ("--tls-port", "0", "--data", "kept")
    ca = tmp_path / "kept" / "tls" / "ca" / "certificate.pem"
    with serve(*arguments) as first, serve("--tls-port", "0", "--tls-dir", "kept/tls") as second:
        before = ca.read_bytes()
        urls = [https_url(first_lines(each)) for each in (first, second)]
        assert [reached(url, ca) for url in urls] == [True, True]
        assert certificate_of(urls[0]) != certificate_of(urls[1])
        first.stop()
        second.stop()
    with serve(*arguments) as again:
        assert reached(https_url(first_lines(again)), ca)
        again.stop()
    assert ca.read_bytes() == before


def test_the_certificate_is_for_further_names(serve, tmp_path):
    with serve("--tls-port", "0", "--tls-dir", "state", "--tls-host", "emulator", "--tls-host", "mock.test") as served:
        port = int(https_url(first_lines(served)).rpartition(":")[2])
        context = ssl.create_default_context(cafile=tmp_path / "state" / "ca" / "certificate.pem")
        for name in ("emulator", "mock.test", "sandbox.motar.io"):
            with (
                socket.create_connection(("127.0.0.1", port)) as plain,
                context.wrap_socket(plain, server_hostname=name) as connection,
            ):
                assert connection.version() == "TLSv1.3"
        served.stop()


def test_the_certificate_is_printed_or_written_and_always_the_same(mockserver, tmp_path):
    printed = mockserver("tls", "ca", XDG_STATE_HOME=str(tmp_path / "mine"))
    written = mockserver("tls", "ca", "--out", "ca.pem", XDG_STATE_HOME=str(tmp_path / "mine"))
    by_environment = mockserver("tls", "ca", MOTAR_MOCK_TLS_DIR=str(tmp_path / "mine" / "motar-mockserver" / "tls"))
    assert printed.stdout.startswith("-----BEGIN CERTIFICATE-----\n")
    assert (tmp_path / "ca.pem").read_text() == printed.stdout == by_environment.stdout
    assert (written.returncode, written.stdout) == (0, "")
    assert "docs/tls.md" in written.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("tls", "ca", "--tls-dir", "state", "--out", "no/such/folder"), 2, "cannot be written"),
        (("tls", "ca", "--tls-dir", "file"), 2, "--tls-dir DIR"),
        (("serve", "--port", "0", "--tls-port", "0", "--tls-dir", "file"), 2, "--tls-dir DIR"),
        (("serve", "--port", "0", "--tls-port", "0", "--tls-dir", "s", "--tls-host", "https://x"), 2, "no host name"),
        (("serve", "--port", "0", "--tls-port", "99999"), 2, "65535"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_starts(mockserver, tmp_path, arguments, code, told):
    (tmp_path / "file").write_text("")
    done = mockserver(*arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert told in done.stderr


def test_a_tls_port_that_is_taken_is_said_with_what_to_do(mockserver):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = mockserver("serve", "--port", "0", "--tls-port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "--tls-port 0" in done.stderr


def test_without_tls_nothing_of_it_is_imported():
    code = (
        "import sys; import mockserver.cli.serve, mockserver.cli.tls, mockserver.cli.wait, mockserver.server; "
        "from mockserver.app import build_app; from mockserver.settings import Settings; build_app(Settings()); "
        "print(*(name for name in sys.modules if name in ('trustme', 'cryptography', 'mockserver.tls', 'idna')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
