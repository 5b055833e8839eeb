from __future__ import annotations

import signal
import socket
import threading

import httpx2
import pytest

from tests.support import CLIENT_ID, CLIENT_SECRET


def test_it_prints_what_a_newcomer_needs_and_then_that_it_is_ready(serve):
    with serve() as served:
        _, out, _ = served.stop()
    lines = out.splitlines()
    assert lines[-1] == f"mockserver ready: {served.url}"
    for needed in (
        served.url,
        CLIENT_ID,
        CLIENT_SECRET,
        "@olivia",
        "offline",
        "mockserver trigger motar.start_ato_request",
    ):
        assert needed in "\n".join(lines[:-1])


def test_with_akanas_fixture_it_prints_who_can_sign_in_there(serve):
    with serve("--fixture", "akana/business") as served:
        _, out, _ = served.stop()
    assert "Akana emulator" in out
    assert "motar" not in out.lower().replace("motar-mockserver", "")
    for needed in (
        "petra@lakeside.example",
        "Business Admin, Lakeside Pay",
        "offline",
        "Checkout 1.0",
        "in step Setup",
    ):
        assert needed in out


def test_with_os1s_fixture_it_prints_who_can_sign_in_what_to_onboard_and_where(serve):
    with serve("--fixture", "os1/quickstart") as served:
        _, out, _ = served.stop()
    assert "OS1 emulator" in out
    assert "motar" not in out.lower().replace("motar-mockserver", "")
    for needed in (
        "https://api.os1.dev",
        "@asha",
        "developer-admin, Yardworks",
        "appversion:containers-next",
        "shared: acme, globex, pilot",
        "mockserver trigger os1.issue_access_token user=@asha",
    ):
        assert needed in out


def test_the_ready_file_holds_the_url_alone_and_goes_with_the_server(serve, tmp_path):
    with serve() as served:
        assert httpx2.get(f"{served.url}/_mock/health", trust_env=False).json()["status"] == "ready"
        served.stop()
    assert served.url.startswith("http://127.0.0.1:")
    assert list(tmp_path.glob("ready-*")) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_at_once_and_cleanly_with_a_long_poll_open(serve, number):
    with serve() as served:
        answers: list[httpx2.Response] = []

        def poll() -> None:
            body = {"match": {"path": "/never"}, "timeout": 60}
            url = f"{served.url}/_mock/worlds/default/journal/wait"
            answers.append(httpx2.post(url, json=body, trust_env=False, timeout=30))

        thread = threading.Thread(target=poll)
        thread.start()
        # The wait shows as soon as the server works on it.
        while httpx2.get(f"{served.url}/_mock/worlds/default", trust_env=False).json()["waits"] == 0:
            pass
        code, _, err = served.stop(number)
        thread.join()
    assert code == 0
    # Whom the server does not answer before it closes, uvicorn cuts off.
    assert [answer.status_code for answer in answers] == [503]
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_said_with_what_to_do(mockserver):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = mockserver("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "Cannot listen on 127.0.0.1" in done.stderr
    assert "--port 0" in done.stderr


def test_every_flag_reaches_the_world(serve):
    flags = [
        *(
            "--seed",
            "7",
            "--clock",
            "frozen",
            "--strict",
            "--set",
            "motar.expires_in=60",
            "--public-url",
            "http://x.test:1",
        ),
        *("--request-endpoint", "http://p.test/r", "--distribution-endpoint", "http://p.test/d"),
        *("--redirect-uri", "http://p.test/c", "--log-level", "warning"),
    ]
    with serve(*flags) as served:
        world = httpx2.get(f"{served.url}/_mock/worlds/default", trust_env=False).json()
        served.stop()
    plugin = world["motar"]["plugins"][0]
    assert (world["seed"], world["clock"]["mode"], world["base_url"]) == (7, "frozen", "http://x.test:1")
    assert world["clock"]["now"] == "2026-01-01T00:00:00.000Z"
    assert world["settings"]["core"]["strict"] is True
    assert world["settings"]["motar"]["expires_in"] == 60
    assert plugin["request_endpoint"] == "http://p.test/r"
    assert plugin["distribution_endpoint"] == "http://p.test/d"
    assert plugin["redirect_uris"] == ["http://p.test/c"]


def test_off_loopback_the_control_api_asks_for_the_token_that_is_printed(serve):
    with serve("--host", "0.0.0.0") as served:
        url = f"{served.url}/_mock/worlds"
        without = httpx2.get(url, trust_env=False)
        health = httpx2.get(f"{served.url}/_mock/health", trust_env=False)
        _, out, _ = served.stop()
    [line] = [line for line in out.splitlines() if "Control token" in line]
    assert without.status_code == 401
    assert health.status_code == 200
    assert len(line.split()[2]) > 20


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--set", "motar.expires_inn=5"), "expires_in"),
        (("--set", "nonsense"), "section.name=value"),
        (("--fixture", "motar/quickstrt"), "motar/quickstart"),
        (("--fixture", "broken.yaml"), "broken.yaml:2:3"),
        (("--clock", "sundial"), "sundial"),
        (("--port", "99999"), "65535"),
        (("--public-url", "foo"), "http or https URL"),
        (("--control-token", ""), "at least 1 character"),
        (("--ready-file", "missing/ready"), "no directory missing"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_starts(mockserver, tmp_path, arguments, told):
    (tmp_path / "broken.yaml").write_text("organizations:\n- nam: Nobody\n")
    done = mockserver("serve", "--port", "0", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_one_line_is_logged_for_each_thing_that_happens(serve):
    with serve() as served:
        httpx2.get(f"{served.url}/oauth/token/validate", trust_env=False)
        _, _, err = served.stop()
    assert "GET /oauth/token/validate" in err
    assert "401" in err
