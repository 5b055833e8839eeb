"""What Prometheus reads, read back by Prometheus's own parser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from pytest_httpserver import HTTPServer

from tests.conftest import world_maker
from tests.support import PLAIN, Live, toy_server_running


@pytest.fixture
def server() -> Iterator[str]:
    """A server of its own, for numbers that nobody else moves."""
    with toy_server_running() as url:
        yield url


@pytest.fixture
def make(server: str) -> Iterator[Callable[..., Live]]:
    with world_maker(server, clock={"mode": "frozen"}) as make:
        yield make


class Numbers(dict[tuple[str, tuple[tuple[str, str], ...]], float]):
    """A scrape: `numbers("name", label="value")` is a sample's value, 0 where there is none."""

    def __call__(self, name: str, /, **labels: str) -> float:
        return self.get((name, tuple(sorted(labels.items()))), 0.0)

    def all(self, name: str) -> list[dict[str, str]]:
        return [dict(labels) for known, labels in self if known == name]


def scrape(server: str) -> Numbers:
    answer = httpx2.get(f"{server}/_mock/metrics", **PLAIN)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = list(text_string_to_metric_families(answer.text))
    assert all(family.documentation for family in families)
    return Numbers(
        {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }
    )


def test_requests_are_counted_by_platform_route_and_status(make: Callable[..., Live], server: str):
    world = make()
    for _ in range(3):
        world.http.post("/toy/notes")
    world.http.post("/toy/notes", params={"then": "refuse"})
    world.http.get("/toy/notes/nobody")
    world.http.get("/toy/elsewhere")
    world.http.get("/nowhere/at/all")

    numbers = scrape(server)

    def requests(platform: str, route: str, status: int) -> float:
        return numbers("mockserver_requests_total", platform=platform, route=route, status=str(status))

    assert requests("toy", "POST /toy/notes", 200) == 3
    assert requests("toy", "POST /toy/notes", 400) == 1
    assert requests("toy", "GET /toy/notes/{id}", 404) == 1
    assert requests("none", "none", 404) == 2
    assert numbers("mockserver_request_seconds_count", platform="toy") == 5
    assert numbers("mockserver_request_seconds_bucket", platform="toy", le="+Inf") == 5
    assert numbers("mockserver_request_seconds_sum", platform="toy") > 0


def test_latencies_grow_from_bucket_to_bucket(make: Callable[..., Live], server: str):
    world = make()
    for _ in range(20):
        world.http.post("/toy/notes")
    numbers = scrape(server)
    bounds = [each["le"] for each in numbers.all("mockserver_request_seconds_bucket")]
    counts = [numbers("mockserver_request_seconds_bucket", platform="toy", le=bound) for bound in bounds]
    assert bounds[-1] == "+Inf"
    assert counts == sorted(counts)
    assert counts[-1] == 20


def test_what_the_worlds_hold_is_counted_at_the_scrape(make: Callable[..., Live], server: str):
    before = scrape(server)
    one, other = make(), make()
    for world in (one, one, other):
        world.act("toy.write", text="a")
    numbers = scrape(server)
    assert numbers("mockserver_worlds") == before("mockserver_worlds") + 2
    assert numbers("mockserver_documents", collection="toy.notes") == 3
    assert numbers("mockserver_actions_total", action="toy.write", outcome="done") == 3
    assert numbers("mockserver_journal_exchanges") == 3
    assert numbers("mockserver_journal_bytes") > 1000
    one.drop()
    assert scrape(server)("mockserver_documents", collection="toy.notes") == 1


def test_deliveries_are_counted_by_what_came_of_them(make: Callable[..., Live], server: str, httpserver: HTTPServer):
    world = make()
    httpserver.expect_request("/yes").respond_with_data("ok")
    httpserver.expect_request("/no").respond_with_data("no", status=500)
    for url in (httpserver.url_for("/yes"), httpserver.url_for("/no"), "http://127.0.0.1:9/", "http://169.254.1.1/"):
        world.act("toy.send", url=url)
    world.settle()
    numbers = scrape(server)
    outcomes = {
        each: numbers("mockserver_delivery_attempts_total", outcome=each)
        for each in ("delivered", "refused", "unreachable")
    }
    assert outcomes == {"delivered": 1, "refused": 1, "unreachable": 2}
    states = {
        each: numbers("mockserver_deliveries", state=each) for each in ("pending", "waiting", "delivered", "failed")
    }
    assert states == {"pending": 0, "waiting": 0, "delivered": 1, "failed": 3}


def test_violations_and_requests_to_no_world_are_counted(make: Callable[..., Live], server: str):
    world = make()
    world.http.post("/toy/notes", params={"then": "violate"})
    httpx2.get(f"{server}/w/nobody/toy/whoami", **PLAIN)
    numbers = scrape(server)
    assert numbers("mockserver_violations_total", platform="toy") == 1
    assert numbers("mockserver_unaddressed_requests_total") == 1
    assert numbers("mockserver_requests_total", platform="toy", route="GET /toy/whoami", status="404") == 1


def test_nothing_that_clients_send_becomes_a_label(make: Callable[..., Live], server: str):
    world = make()
    for n in range(50):
        world.http.get(f"/toy/notes/secret-{n}", params={"q": f"secret-{n}"}, headers={"X-A": f"secret-{n}"})
        world.http.request(f"SECRET{n}", "/toy/notes")
        world.http.get(f"/secret-{n}")
        world.try_act(f"toy.secret-{n}")
    text = httpx2.get(f"{server}/_mock/metrics", **PLAIN).text
    assert "secret" not in text.lower()
    numbers = scrape(server)
    assert len(numbers.all("mockserver_requests_total")) <= 4
    assert numbers("mockserver_actions_total", action="none", outcome="refused") == 50


def test_openmetrics_is_spoken_where_it_is_asked_for(server: str):
    accept = {"accept": "application/openmetrics-text; version=1.0.0"}
    answer = httpx2.get(f"{server}/_mock/metrics", headers=accept, **PLAIN)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    names = {family.name for family in openmetrics.text_string_to_metric_families(answer.text)}
    assert {"mockserver_requests", "mockserver_worlds", "mockserver_ready"} <= names


def test_prometheus_client_is_imported_with_the_first_scrape_only():
    code = """
import sys
from mockserver.app import build_app
from mockserver.settings import Settings
app = build_app(Settings(fixture=()))
assert not any(name.startswith("prometheus_client") for name in sys.modules)
"""
    done: Any = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
