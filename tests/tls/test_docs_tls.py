"""The commands of docs/tls.md run, in order and in one folder, except the blocks that say why they do not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tls.helpers import Secured, secured

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
PAGE = (DOCS / "tls.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?P<note><!-- not run: .+? -->\n)?```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)
BLOCKS = [(found["language"], found["text"]) for found in BLOCK.finditer(PAGE) if not found["note"]]
LINES = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines()]
FIRST, *OTHERS = LINES
TOOLS = ("curl", "node", "python", "keytool", "java", "certutil", "mkdir")

PLUGIN = """
import java.net.URI;
import java.net.http.*;

class YourPlugin {
    public static void main(String[] arguments) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("https://localhost:8643/_mock/health")).build();
        System.out.println(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
    }
}
"""


class Reader:
    """Somebody who follows the page: a folder, a home, and a server that runs."""

    def __init__(self, folder: Path, server: Secured) -> None:
        self.folder = folder
        self.server = server

    def run(self, line: str) -> subprocess.CompletedProcess[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        trust = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "JAVA_TOOL_OPTIONS")
        clean = {name: text for name, text in os.environ.items() if name not in trust}
        return subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n{self.here(line)}"],
            cwd=self.folder,
            env={**clean, "PATH": path, "HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder / "state")},
            capture_output=True,
            text=True,
            timeout=50,
        )

    def here(self, text: str) -> str:
        return text.replace("8643", str(self.server.port))


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    folder = tmp_path_factory.mktemp("reader")
    with secured(folder / "state" / "motar-mockserver" / "tls") as server:
        found = Reader(folder, server)
        (folder / "YourPlugin.java").write_text(found.here(PLUGIN))
        assert found.run(FIRST).returncode == 0
        yield found


def tool_of(line: str) -> str:
    return next(word for word in line.split() if word in TOOLS)


def test_the_first_command_writes_what_to_trust(reader):
    assert FIRST.startswith("mockserver tls ca")
    assert (reader.folder / "motar-ca.pem").read_bytes() == reader.server.ca.read_bytes()


# The keystore is made by one line and used by the next: both in one worker, in order.
@pytest.mark.parametrize("line", OTHERS)
@pytest.mark.xdist_group("docs-tls")
def test_the_commands_of_the_page_run(reader, line):
    if shutil.which(tool_of(line)) is None:
        pytest.skip(f"there is no {tool_of(line)} here")
    if "trustStore" in line and not (reader.folder / "motar-ca.p12").exists():
        assert reader.run(next(other for other in OTHERS if other.startswith("keytool"))).returncode == 0
    if tool_of(line) == "keytool":
        (reader.folder / "motar-ca.p12").unlink(missing_ok=True)
    if tool_of(line) == "certutil":
        (reader.folder / ".pki" / "nssdb").mkdir(parents=True, exist_ok=True)
    done = reader.run(line)
    assert done.returncode == 0, done.stderr
    if "_mock/health" in line or "YourPlugin" in line:
        assert "ready" in done.stdout, done.stderr
    if "oauth/token/validate" in line:
        assert "error_code" in done.stdout, done.stderr


@pytest.mark.parametrize("line", [line for line in OTHERS if "_mock/health" in line])
def test_without_their_trust_the_same_commands_are_refused(reader, line):
    if shutil.which(tool_of(line)) is None:
        pytest.skip(f"there is no {tool_of(line)} here")
    untrusting = re.sub(r"^\w+=motar-ca\.pem | --cacert motar-ca\.pem", "", line)
    assert untrusting != line
    done = reader.run(untrusting)
    assert done.returncode != 0
    assert "certificate" in done.stderr.lower()


@pytest.mark.parametrize("text", [text for language, text in BLOCKS if language == "python"])
def test_the_python_of_the_page_runs(reader, text):
    (reader.folder / "snippet.py").write_text(reader.here(text))
    done = reader.run("python -W error snippet.py")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", ["tls.md", "addresses.md"])
def test_every_link_and_setting_on_the_page_is_one(page):
    from mockserver.settings import DESCRIPTIONS

    text = (DOCS / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!http)([^)#]+)", text)
    assert [link for link in links if not (DOCS / link).exists()] == []
    own = re.findall(r"mockserver serve (.+)", text)
    flags = {flag for line in own for flag in re.findall(r"--([a-z-]+)", line)}
    assert flags
    assert {flag.replace("-", "_") for flag in flags} <= set(DESCRIPTIONS)
