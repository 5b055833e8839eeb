"""A webhook that was under way when the server was killed: it counts as an attempt, and the schedule goes on."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from mockserver.client import ServerClient
from tests.store.support import nursery, wait_until


@pytest.mark.parametrize(("retries", "state"), [(["0.01s"], "delivered"), ([], "failed")])
def test_an_attempt_cut_off_by_a_crash_counts_as_one(
    retries: list[str], state: str, tmp_path: Path, httpserver: HTTPServer
):
    arrived, let_go = threading.Event(), threading.Event()

    def hang(_: Request) -> Response:
        arrived.set()
        let_go.wait(30)
        return Response("too late")

    httpserver.expect_ordered_request("/requests").respond_with_handler(hang)
    httpserver.expect_ordered_request("/requests").respond_with_data("ok")
    settings = {
        "motar": {"request_endpoint": httpserver.url_for("/requests")},
        "core": {"retry_webhooks_after": retries},
    }
    with nursery(tmp_path / "data", "os") as servers:
        pid, url = servers.start()
        with ServerClient(url) as server:
            world = server.create_world("alpha", settings=settings)
            delivery = world.act("motar.start_ato_request")["delivery"]
            assert arrived.wait(30)
        servers.kill(pid)
        let_go.set()
        pid, url = servers.start()
        with ServerClient(url) as server:
            world = server.world("alpha")
            wait_until(lambda: world.delivery(delivery).state == state)
            first, *others = world.delivery(delivery).history
            assert first.interrupted
            assert first.error == "interrupted: the emulator ended while this attempt was under way"
            assert [(each.n, each.status, each.interrupted) for each in others] == (
                [(2, 200, False)] if retries else []
            )
        servers.kill(pid)
