"""When something is wrong the client says what the server said, or that there is none."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading

import pytest

from mockserver.app import build_app
from mockserver.client import AsyncServerClient, NotAsExpected, ServerClient, ServerSaidNo, connect
from mockserver.errors import MockserverError, Unreachable
from mockserver.server import running
from mockserver.settings import Settings


def test_a_refused_action_says_why_and_what_to_do(own):
    with pytest.raises(ServerSaidNo, match="There is no ATO request yet") as refused:
        own.act("motar.hand_off")
    no = refused.value
    assert isinstance(no, MockserverError)
    assert (no.status, no.title) == (409, "Refused")
    assert no.hint == "Start one first: motar.start_ato_request."
    assert str(no) == f"{no.detail} {no.hint}"


def test_a_name_that_leads_nowhere_comes_with_the_nearest(own):
    with pytest.raises(ServerSaidNo) as unknown:
        own.act("motar.start_ato_reqest")
    assert (unknown.value.status, unknown.value.did_you_mean) == (404, "motar.start_ato_request")


def test_every_problem_of_what_was_sent_is_told(own):
    with pytest.raises(ServerSaidNo) as invalid:
        own.act("motar.start_ato_request", ap="x", by=7)
    assert [problem.path for problem in invalid.value.problems] == ["$.ap", "$.by"]
    assert "did you mean 'app'?" in str(invalid.value)
    assert len(str(invalid.value).splitlines()) == 3


@pytest.mark.parametrize("how", ["wait", "verify"])
def test_what_did_not_come_is_an_assertion_error_with_near_misses(own, how):
    own.act("motar.start_ato_request")
    own.settle()
    ask, limits = (own.journal.wait, {"timeout": 0.05}) if how == "wait" else (own.journal.verify, {"count": 1})
    with pytest.raises(AssertionError) as missed:
        ask("POST /requests", status=200, body={"status": "completed"}, **limits)
    no = missed.value
    assert isinstance(no, NotAsExpected)
    assert no.matched == 0
    assert [each["field"] for each in no.near_misses[0]["differences"]] == ["status", "body.status"]
    first, closest, *details = str(no).splitlines()
    assert "POST /requests" in first
    assert closest == "  The closest that came: #2 delivery POST /requests -> no answer"
    assert details[1] == '    body.status: expected "completed", got "not-started"'


def test_many_differences_are_told_as_a_few_and_a_number():
    differing = [{"field": f"body.f{n}", "expected": "1", "got": "2"} for n in range(20)]
    miss = {"id": 3, "label": "POST /x -> 200", "score": 0.5, "differences": differing}
    told = str(ServerSaidNo(422, {"title": "Not as expected", "detail": "No.", "near_misses": [miss]}))
    assert len(told.splitlines()) == 11
    assert told.endswith("and 12 more differences")


@pytest.mark.parametrize("line", ["POST", "POST path", "", "POST /a /b", "a sentence /x"])
def test_a_line_that_is_no_method_and_path_is_refused_before_anything_is_sent(line):
    with pytest.raises(ValueError, match="neither 'METHOD /path' nor '/path'"):
        connect("http://127.0.0.1:1").journal.wait(line)


def test_a_method_given_twice_is_refused():
    with pytest.raises(ValueError, match="has a method already"):
        connect("http://127.0.0.1:1").journal.verify("POST /x", method="GET")


def test_a_reset_ends_a_wait(own):
    ended = []

    def wait() -> None:
        with pytest.raises(ServerSaidNo) as gone:
            own.journal.wait("POST /never", timeout=20)
        ended.append(gone.value.status)

    waiting = threading.Thread(target=wait)
    waiting.start()
    while own.show()["waits"] == 0:
        pass
    own.reset()
    waiting.join(10)
    assert ended == [410]


def test_nobody_there_is_said_with_what_to_do(unused_url):
    with pytest.raises(Unreachable, match=r"No mockserver answers at http://127.0.0.1:\d+ .*`mockserver serve`"):
        connect(unused_url).show()

    async def ask() -> None:
        async with AsyncServerClient(unused_url) as server:
            await server.health()

    with pytest.raises(Unreachable, match="No mockserver answers"):
        asyncio.run(ask())


@pytest.fixture
def unused_url():
    from mockserver.server import bind, url_of

    sock = bind("127.0.0.1", 0)
    url = url_of(sock)
    sock.close()
    return url


@pytest.mark.parametrize(
    ("status", "body"), [(200, "<html>hello</html>"), (404, "<html>no</html>"), (404, "[]"), (500, '{"message": "x"}')]
)
def test_another_server_is_told_from_ours(httpserver, status, body):
    httpserver.expect_request("/_mock/health").respond_with_data(body, status)
    with pytest.raises(Unreachable, match=f"answered {status}, but not as a mockserver does"):
        ServerClient(httpserver.url_for("")).health()


def test_nobody_there_is_said_to_who_follows_a_scenario_too(unused_url):
    with pytest.raises(Unreachable, match="No mockserver answers"):
        next(connect(unused_url).follow("motar/ato-happy-path"))

    async def follow() -> None:
        async with AsyncServerClient(unused_url) as server:
            async for _ in server.world().follow("motar/ato-happy-path"):
                pass

    with pytest.raises(Unreachable, match="No mockserver answers"):
        asyncio.run(follow())


def test_a_server_that_takes_too_long_is_said_to(httpserver):
    from mockserver.client.calls import Call, as_is
    from mockserver.client.transports import HttpTransport

    released = threading.Event()

    def late(request):
        from werkzeug import Response

        released.wait(5)
        return Response("{}")

    httpserver.expect_request("/_mock/health").respond_with_handler(late)
    with pytest.raises(Unreachable, match=r"did not answer GET /_mock/health within 0.05 s"):
        HttpTransport(httpserver.url_for("")).send(Call(method="GET", path="health", read=as_is, patience=0.05))
    released.set()


def test_the_control_token_is_sent():
    with running(build_app(Settings(control_token="open-sesame"))) as url:
        with pytest.raises(ServerSaidNo, match="Bearer with the control token") as closed:
            connect(url).show()
        assert closed.value.status == 401
        assert connect(url, token="open-sesame").show()["name"] == "default"


def test_a_client_that_nobody_closes_leaves_no_warning(server):
    connect(server).show()
    # Warnings are errors here: an open socket would be one.
    gc.collect()


def test_many_threads_share_a_client(own):
    threads = [threading.Thread(target=own.act, args=("motar.start_ato_request",)) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert own.journal.verify(kind="action", count=8) == 8


def test_importing_the_client_imports_no_http_and_nothing_else_of_ours():
    code = "import sys; from mockserver import WorldClient; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(done.stdout.split())
    assert modules.isdisjoint({"httpx2", "msgspec", "starlette", "uvicorn", "pytest"})
    ours = {name for name in modules if name.startswith("mockserver.")}
    assert all(name == "mockserver.errors" or name.startswith("mockserver.client") for name in ours)
