from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from xml.etree import ElementTree as ET

import pytest

from mockserver.checks import CHECKS
from mockserver.reference_plugin import Settings
from mockserver.server import bind, in_background, url_of
from tests.checks.variants import VARIANTS, Variant
from tests.support import CLIENT_ID, CLIENT_SECRET

SOME = ("--only", "webhook/no-credentials", "--only", "webhook/first-request")


@pytest.fixture
def broken() -> Callable[..., object]:
    """Runs the variant that fails a check beside a server; its URL."""

    @contextmanager
    def run(fails: str, server: str) -> Iterator[str]:
        variant: Variant = next(each for each in VARIANTS if each.fails == fails)
        sock = bind("127.0.0.1", 0)
        url = url_of(sock)
        settings = Settings(server, CLIENT_ID, CLIENT_SECRET, f"{url}/motar/callback")
        with in_background(variant.build(settings), sock):
            yield url

    return run


def test_without_a_plugin_the_reference_plugin_is_checked_and_every_format_says_the_same(mockserver, tmp_path):
    done = mockserver("check", "--format", "json", "--junit", "results/check.xml", *SOME)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["passed"]
    assert {each["outcome"] for each in told["checks"]} == {"passed"}
    assert [each["id"] for each in told["checks"]] == [*SOME[1::2]]

    [suite] = ET.parse(tmp_path / "results" / "check.xml").getroot()
    assert [suite.get(name) for name in ("tests", "failures", "skipped")] == ["2", "0", "0"]


def test_a_plugin_that_fails_is_told_what_was_seen_and_what_to_do(mockserver, serve, broken):
    with serve("--log-level", "error") as served:
        with broken("webhook/no-credentials", served.url) as url:
            done = mockserver("check", "--plugin", url, "--server", served.url, *SOME)
            told = mockserver(
                "check", "--plugin", url, "--server", served.url, *SOME, "--format", "json", "--junit", "x.xml"
            )
        served.stop()
    assert done.returncode == told.returncode == 1
    assert "✗ webhook/no-credentials" in done.stdout
    assert f"{url}/motar/requests answered HTTP 200, where 401 is right." in done.stdout
    assert "no Authorization" in done.stdout
    assert "To do: Answer 401" in done.stdout
    assert "✓ webhook/first-request" in done.stdout
    assert "FAILED  1 passed, 1 failed, 0 not applicable" in done.stdout
    assert f"back with: mockserver worlds reset default --server {served.url}" in done.stdout

    [failed] = [each for each in json.loads(told.stdout)["checks"] if each["outcome"] == "failed"]
    [exchange] = failed["exchanges"]
    assert (exchange["kind"], exchange["status"], exchange["request"].get("authorization")) == ("delivery", 200, None)


def test_secrets_are_left_out(mockserver, tmp_path):
    done = mockserver("check", "--only", "token/refreshed", "--format", "json", "--junit", "x.xml")
    assert done.returncode == 0, done.stderr
    for text in (done.stdout, (tmp_path / "x.xml").read_text()):
        assert CLIENT_SECRET not in text
        assert "eyJ" not in text
    assert "{access_token-1}" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--plugin", "http://127.0.0.1:9", "--port", "0"), "No plugin answers at http://127.0.0.1:9/motar/requests"),
        (("--only", "webhook/no-credential"), "Did you mean 'webhook/no-credentials'?"),
        (("--server", "http://127.0.0.1:9"), "No mockserver answers at http://127.0.0.1:9"),
        (("--patience", "long"), "long"),
        (("--plugin", "no-url", "--port", "0"), "request_endpoint"),
        ((*SOME, "--junit", "/proc/nowhere/x.xml"), "cannot be written"),
        (("--request-endpoint", "http://127.0.0.1:9/hook", "--port", "0"), "--redirect-uri is missing"),
    ],
)
def test_what_cannot_be_performed_exits_2_and_says_why(mockserver, arguments, told):
    done = mockserver("check", *arguments)
    assert (done.returncode, told in done.stderr) == (2, True), done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_list_has_every_check_but_those_that_are_skipped(mockserver):
    done = mockserver("check", "--list", "--skip", "whole/completed")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [check.id for check in CHECKS][:-1]


def test_the_reference_plugin_leaves_the_world_default_of_a_server_alone(mockserver, serve):
    with serve() as served:
        done = mockserver("check", "--server", served.url, *SOME)
        shown = mockserver("worlds", "list", "--server", served.url).stdout
        served.stop()
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(shown.splitlines()) == 1
    assert " 0 exchanges" in shown


def test_the_plugin_that_a_server_was_started_for_is_checked_where_none_is_given(mockserver, serve):
    with serve("--redirect-uri", "http://127.0.0.1:9/back", "--request-endpoint", "http://127.0.0.1:9/hook") as served:
        done = mockserver("check", "--server", served.url, *SOME)
        served.stop()
    assert (done.returncode, "No plugin answers at http://127.0.0.1:9/hook" in done.stderr) == (2, True), done.stderr
