"""What `mockserver run` leaves behind: JUnit XML, HAR and JSON without secrets, and what it prints meanwhile."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import CLEAN
from tests.recordings.har_schema import problems_of
from tests.support import CLIENT_SECRET

FAILING = """\
name: mine/failing
steps:
  - id: start
    title: Olivia <starts> & waits
    action: motar.start_ato_request
    outputs: {request: $response.body#/request_id}
  - title: The plugin speaks another language
    expect: delivery
    where: {status: 2xx, body: {appName: Another App}}
    within: 500ms
  - action: motar.hand_off
"""

SECRET = """\
name: mine/secret
steps:
  - id: known
    action: motar.configure_plugin
    outputs: {secret: $response.body#/client_secret}
  - action: motar.start_ato_request
  - expect: delivery
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "failing.yaml").write_text(FAILING)
    (tmp_path / "secret.yaml").write_text(SECRET)
    return tmp_path


def test_every_run_is_in_each_of_the_three_files_and_no_secret_is(mockserver: Any, files: Path) -> None:
    done = mockserver(
        *("run", "secret.yaml", "failing.yaml"),
        *("--junit", "out/junit.xml", "--har", "out/run.har", "--json", "out/run.json"),
    )
    assert done.returncode == 1, done.stderr
    out = files / "out"

    secret, failing = ET.parse(out / "junit.xml").getroot().findall("testsuite")
    assert (secret.get("name"), secret.get("tests"), secret.get("failures")) == ("mine/secret", "3", "0")
    assert (failing.get("tests"), failing.get("failures"), failing.get("skipped")) == ("3", "1", "1")
    names = [case.get("name") for case in failing.findall("testcase")]
    assert names == [
        *("1. Olivia <starts> & waits", "2. The plugin speaks another language"),
        "3. Do motar.hand_off",
    ]
    failure = failing.find("testcase/failure")
    assert failure is not None
    assert failure.get("type") == "never came"
    assert 'body.appName: expected "Another App", got "Flight Deck Trainer"' in (failure.text or "")

    document = json.loads((out / "run.har").read_bytes())
    assert problems_of(document) == []
    assert [page["title"] for page in document["log"]["pages"]] == ["secret.yaml", "failing.yaml"]
    assert {entry["pageref"] for entry in document["log"]["entries"]} == {"page_1", "page_2"}

    runs = json.loads((out / "run.json").read_bytes())["runs"]
    assert [(run["scenario"], run["outcome"]) for run in runs] == [
        ("mine/secret", "passed"),
        ("mine/failing", "failed"),
    ]
    assert runs[0]["steps"][0]["outputs"] == {"secret": "{secret-1}"}

    for file in out.iterdir():
        assert CLIENT_SECRET not in file.read_text(), file


def test_a_scenario_that_cannot_be_used_is_an_error_in_junit_beside_what_ran_before(
    mockserver: Any, files: Path
) -> None:
    (files / "broken.yaml").write_text("name: mine/broken\nsteps:\n  - acton: x\n")
    done = mockserver("run", "secret.yaml", "broken.yaml", "--junit", "j.xml", "--json", "r.json")
    assert done.returncode == 2
    assert "broken.yaml:3" in done.stderr
    root = ET.parse(files / "j.xml").getroot()
    assert (root.get("tests"), root.get("errors")) == ("4", "1")
    error = root.find("testsuite[@name='broken.yaml']/testcase/error")
    assert error is not None
    assert "acton" in (error.text or "")
    assert json.loads((files / "r.json").read_bytes())["runs"][1]["outcome"] == "refused"


def test_quiet_tells_only_what_failed(mockserver: Any, files: Path) -> None:
    done = mockserver("run", "secret.yaml", "failing.yaml", "--quiet")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert "The plugin speaks another language" in lines[0]
    assert lines[-1].startswith("  FAILED  mine/failing")
    assert "secret" not in done.stdout
    assert mockserver("run", "secret.yaml", "-q").stdout == ""


def test_verbose_tells_what_came_of_each_step(mockserver: Any, files: Path) -> None:
    (files / "including.yaml").write_text("name: mine/including\nsteps:\n  - include: motar/expired-code\n")
    done = mockserver("run", "secret.yaml", "including.yaml", "--verbose")
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'secret = "{secret-1}"' in done.stdout
    assert "exchange #" in done.stdout
    assert "11. Olivia is in: passed" in done.stdout
    assert CLIENT_SECRET not in done.stdout


def test_quiet_and_verbose_exclude_each_other_and_exit_codes_are_in_the_help(mockserver: Any) -> None:
    assert mockserver("run", "x", "-q", "-v").returncode == 2
    told = mockserver("run", "--help").stdout
    for code in ("0  every step", "1  a step failed", "2  wrong usage"):
        assert code in told


@pytest.mark.parametrize("terminal", ["xterm-256color", "dumb"])
def test_on_a_terminal_the_last_line_says_what_is_waited_for_and_how_far_it_is(files: Path, terminal: str) -> None:
    main, other = pty.openpty()
    command = [sys.executable, "-m", "mockserver", "run", "failing.yaml"]
    with subprocess.Popen(
        command, cwd=files, env={**CLEAN, "TERM": terminal, "COLUMNS": "100"}, stdin=other, stdout=other, stderr=other
    ) as process:
        os.close(other)
        shown = b""
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
    os.close(main)
    assert process.returncode == 1
    assert (b"1/3" in shown) == (terminal != "dumb")
    assert b"FAILED" in shown
    assert b"mine/failing" in shown
