"""The pages of the documentation, taken apart into blocks, and somebody who types in what they say.

A page is one session: its commands run in order, in one shell and one folder, against one server.
What stands right before a block says what is special about it:

    <!-- not run: why -->     its commands are not run
    <!-- fails: why -->       a command of it exits with another code than 0, or is answered with a problem
    <!-- run -->              the Python is run as well, and not only compiled
    <!-- examples/file -->    the block is that file

A `json` block right after commands is what they answer: what it lists must be there, `…` is anything.
The lines of a `text` block right after commands must stand in their output. A block whose first line is
`# NAME.yaml`, or `<!-- NAME.xml -->`, is written to that file before anything after it runs.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mockserver.app import build_app
from mockserver.server import running
from mockserver.settings import Settings

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"

RUN_ELSEWHERE = {"docs/tls.md": "tests/tls/test_docs_tls.py"}
"""Pages whose commands need more than a server, and the test that runs them."""

_BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>(?:not run|fails)(?=: .)|run(?= )|examples/\S+)(?:: .+?)? -->\n)?"
    r"```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_FILE = re.compile(r"(?:#|<!--) (?P<name>[\w./-]+\.(?:ya?ml|toml|json|py|txt|xml))(?: -->)?$")
_PROBLEM = re.compile(r'"status": ?[45]\d\d,"detail"')


@dataclass(frozen=True)
class Block:
    """What stands between two fences; `mark` says what is special about it, `answers` whether it is an output."""

    language: str
    text: str
    mark: str | None
    answers: bool

    @property
    def file(self) -> str | None:
        """The file that the block says it is."""
        found = _FILE.match(self.text.split("\n")[0])
        return found["name"] if found else None


def pages() -> list[str]:
    """Every page, by its path in the repository."""
    found = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
    return [path.relative_to(ROOT).as_posix() for path in found]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """The blocks of a page, in order."""
    text, made, end, before = text_of(page), [], 0, None
    for found in _BLOCK.finditer(text):
        follows = before is not None and not text[end : found.start()].strip()
        is_output = follows and is_run(before)
        before = Block(found["language"], found["text"], found["mark"], is_output and found["language"] != "sh")
        made.append(before)
        end = found.end()
    return tuple(made)


def blocks_in(language: str) -> list[tuple[str, Block]]:
    """Every block in a language, with its page."""
    return [(page, block) for page in pages() for block in blocks(page) if block.language == language]


def is_run(block: Block) -> bool:
    return (block.language == "sh" and block.mark != "not run") or (block.language == "python" and block.mark == "run")


@dataclass(frozen=True)
class Ran:
    """What came of the commands of one block."""

    block: Block
    code: int
    out: str
    err: str

    @property
    def failed(self) -> bool:
        """Whether a command exited with another code than 0, or was answered with a problem, which curl is not."""
        return self.code != 0 or bool(_PROBLEM.search(self.out))


@contextmanager
def reader(folder: Path) -> Iterator[Reader]:
    """Somebody in an empty folder with a server that runs and no plugin yet; what they started ends with them."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    plugin = f"http://127.0.0.1:{port}/motar"
    settings = Settings(
        request_endpoint=f"{plugin}/requests",
        distribution_endpoint=f"{plugin}/distributions",
        redirect_uri=f"{plugin}/callback",
        data=str(folder / "data"),
    )
    with running(build_app(settings)) as url:
        found = Reader(folder, url, port)
        try:
            yield found
        finally:
            found.leave()


class Reader:
    """Does what a page says, with the ports that are free here in place of those on the page."""

    def __init__(self, folder: Path, url: str, plugin_port: int) -> None:
        self._folder = folder
        self._url = url
        self._plugin_port = plugin_port
        self._sessions: list[int] = []

    def follow(self, block: Block) -> Ran | None:
        """Write the file that a block is, or run its commands; None where there was nothing to run."""
        text = self._here(block.text)
        if block.file:
            path = self._folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if not is_run(block):
            return None
        if block.language == "python":
            (self._folder / "snippet.py").write_text(text, encoding="utf-8")
            return self._run(block, "python -W error snippet.py")
        ran = self._run(block, text)
        if text.rstrip().endswith("&"):
            self._wait_for_plugin()
        return ran

    def leave(self) -> None:
        """End what the commands left running."""
        for session in self._sessions:
            with suppress(ProcessLookupError):
                os.killpg(session, signal.SIGKILL)

    def there(self, text: str) -> str:
        """What came of commands, with the ports of the page."""
        return text.replace(self._url.rpartition(":")[2], "8600").replace(str(self._plugin_port), "8700")

    def _here(self, text: str) -> str:
        text = re.sub(r"(127\.0\.0\.1|localhost):8600", rf"\1:{self._url.rpartition(':')[2]}", text)
        return re.sub(r"(127\.0\.0\.1:|--port )8700", rf"\g<1>{self._plugin_port}", text)

    def _run(self, block: Block, text: str) -> Ran:
        # Variables go on to the next block: a page is typed into one terminal.
        script = (
            "source .variables 2>/dev/null; trap 'declare -p $(compgen -v | grep ^[a-z]) > .variables' EXIT\n"
            f"set -euo pipefail\n{text}"
        )
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MOTAR_MOCK_")}
        with (self._folder / ".out").open("w+") as out, (self._folder / ".err").open("w+") as err:
            process = subprocess.Popen(
                ["bash", "-c", script],
                cwd=self._folder,
                env={**clean, "PATH": path, "MOTAR_MOCK_URL": self._url},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
            self._sessions.append(process.pid)
            code = process.wait(timeout=50)
            texts = [self.there((self._folder / name).read_text()) for name in (".out", ".err")]
        return Ran(block, code, *texts)

    def _wait_for_plugin(self) -> None:
        deadline = time.monotonic() + 50
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self._plugin_port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError("the plugin that a page starts does not listen")


def differences(expected: Any, actual: Any, path: str = "$") -> list[str]:
    """Where an answer is not what a page shows: what it lists must be there, and `…` stands for anything."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [
            each
            for key, value in expected.items()
            for each in differences(value, actual.get(key, "nothing"), f"{path}.{key}")
        ]
    if isinstance(expected, list) and isinstance(actual, list):
        pairs = zip(expected, actual, strict=False)
        found = [each for n, (want, got) in enumerate(pairs) for each in differences(want, got, f"{path}[{n}]")]
        return found if len(expected) <= len(actual) else [*found, f"{path}: fewer than {len(expected)}"]
    if isinstance(expected, str) and isinstance(actual, str) and "…" in expected:
        pattern = ".*".join(map(re.escape, expected.split("…")))
        return [] if re.fullmatch(pattern, actual, re.DOTALL) else [f"{path}: {expected!r} is not {actual!r}"]
    return [] if expected == actual else [f"{path}: {expected!r} is not {actual!r}"]


def last_json(text: str) -> Any:
    """The last JSON document in an output of several."""
    decoder, position, found = json.JSONDecoder(), 0, None
    while (start := text.find("{", position)) >= 0:
        try:
            found, position = decoder.raw_decode(text, start)
        except ValueError:
            position = start + 1
    return found
