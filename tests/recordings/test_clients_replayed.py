"""What the reference clients do at OS1 and Akana is recorded, and replayed strictly: by them, and by some that err."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from mockserver.app import build_app
from mockserver.client import ServerClient, WorldClient
from mockserver.reference_clients import akana, os1
from mockserver.reference_clients.calling import VendorError, client_for
from mockserver.server import running
from mockserver.settings import Settings
from mockserver.world.durations import parse_duration

VERSION = "appversion:containers-next"
SOLUTION = "solutionversion:yard-one"

Wire = Callable[[], httpx2.BaseTransport | None]


def quiet(line: str) -> None:
    pass


@dataclass
class Place:
    """A world and the wire to it: each person who comes signs in over a client of their own."""

    world: WorldClient
    url: str
    wire: Wire = lambda: None
    every: float = 0.05
    clients: list[httpx2.Client] = field(default_factory=list)

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *exception: object) -> None:
        for each in self.clients:
            each.close()

    def _client(self) -> httpx2.Client:
        self.clients.append(client_for(self.url, self.wire()))
        return self.clients[-1]

    def at_os1(self, user: str) -> os1.Os1:
        person = os1.Os1(self._client())
        person.sign_in(user, "offline")
        return person

    def at_akana(self, user: str) -> akana.Akana:
        person = akana.Akana(self._client())
        person.sign_in(f"{user}@lakeside.example", "offline")
        return person


def app_to_live(at: Place) -> None:
    asha, paul = at.at_os1("@asha"), at.at_os1("@paul")
    os1.take_to_live(asha, paul, VERSION, quiet)
    os1.onboard(asha, VERSION, quiet, tenants=["globex"], every=at.every)


def solution(at: Place) -> None:
    os1.onboard(at.at_os1("@asha"), SOLUTION, quiet, tenants=["globex", "acme"], every=at.every)


def whole_stack(at: Place) -> None:
    os1.onboard(at.at_os1("@asha"), SOLUTION, quiet, stack="shared", every=at.every)


def deletion(at: Place) -> None:
    akana.ask_for_deletion(at.at_akana("nina"), "Checkout", "1.0", "Nobody pays at the till any more", quiet)
    akana.approve_deletion(at.at_akana("petra"), "Checkout", "1.0", "Farewell", quiet)


Job = Callable[[Place], None]

JOBS: dict[str, tuple[Job, dict[str, Any]]] = {
    "app": (app_to_live, {"fixtures": ["os1/quickstart"], "clock": {"mode": "live"}}),
    "solution": (solution, {"fixtures": ["os1/quickstart"], "clock": {"mode": "auto"}}),
    "stack": (whole_stack, {"fixtures": ["os1/quickstart"], "clock": {"mode": "live"}}),
    "deletion": (deletion, {"fixtures": ["akana/business"], "clock": {"mode": "frozen"}}),
}
SHORT = {"os1": {"app_duration": "60ms"}}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running(build_app(Settings(port=0))) as url:
        yield url


@pytest.fixture(scope="module")
def recordings(server: str) -> dict[str, str]:
    """The text of each job's recording."""
    found = {}
    with ServerClient(server) as client:
        for name, (job, spec) in JOBS.items():
            world = client.create_world(**spec, settings=SHORT if spec["clock"]["mode"] == "live" else {})
            world.start_recording(f"recorded/{name}")
            with Place(world, world.base_url) as at:
                job(at)
            found[name] = world.stop_recording()["text"]
            world.drop()
    return found


@pytest.fixture
def replay(server: str, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Replays a text in a fresh world, with a job that begins when the run waits for its first call."""

    def perform(text: str, job: Job, wire: Wire = lambda: None, *, every: float = 0.05) -> dict[str, Any]:
        (tmp_path / "recorded.yaml").write_text(text)
        with ServerClient(server) as client:
            world = client.create_world()

            def work() -> None:
                try:
                    with Place(world, world.base_url, wire, every) as at:
                        job(at)
                except VendorError as error:
                    failures.append(error)

            failures: list[VendorError] = []
            thread = threading.Thread(target=work)
            try:
                for event in world.follow(tmp_path / "recorded.yaml"):
                    if event["event"] == "started" and event["step"]["kind"] == "await" and thread.ident is None:
                        thread.start()
            finally:
                world.drop()
                thread.join()
        assert event["event"] == "ended", event
        return {**event["run"], "failures": failures}

    return perform


def steps_of(text: str) -> list[dict[str, Any]]:
    return yaml.safe_load(text)["steps"]


def hurried(text: str) -> str:
    """The same, for clients that are known to fail: it waits for half a second."""
    scenario = yaml.safe_load(text)
    for step in scenario["steps"][1:]:
        if "await" in step:
            step["within"] = "500ms"
    return yaml.safe_dump(scenario, sort_keys=False)


def why(run: dict[str, Any]) -> tuple[str | None, str]:
    failed = next((step for step in run["steps"] if step["outcome"] == "failed"), None)
    return (failed["reason"], "\n".join([failed["title"], *failed["details"]])) if failed else (None, "")


@pytest.mark.parametrize("name", JOBS)
def test_the_client_that_was_recorded_passes_strictly_in_a_fresh_world(name, recordings, replay):
    run = replay(recordings[name], JOBS[name][0])
    assert run["outcome"] == "passed", why(run)
    assert run["failures"] == []
    assert run["steps"][-1]["title"] == "Nothing else happens"


@pytest.mark.parametrize("every", [0.001, 0.4])
def test_how_often_a_client_asks_whether_it_is_done_makes_no_difference(every, recordings, replay):
    assert "at_least: 1" in recordings["stack"]
    run = replay(recordings["stack"], whole_stack, every=every)
    assert run["outcome"] == "passed", why(run)


@pytest.mark.parametrize("name", JOBS)
def test_a_recording_holds_no_secret_and_no_id_of_its_world(name, recordings):
    text = recordings[name]
    assert "offline" not in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|[0-9a-f]{16}", text)
    assert "within: 1m" in text.partition("- await")[2].partition("- await")[0]
    assert len(steps_of(text)) < 25


def test_the_ids_of_a_recording_are_references_with_the_names_they_have_at_the_vendor(recordings):
    assert "GET /developer/tenants/v2/onboarding/{$steps.onboarding.outputs.data}" in recordings["stack"]
    assert "DELETE /api/apps/versions/{$steps.versions.outputs.guid}" in recordings["deletion"]
    assert "BusinessID: $steps.users.outputs.BusinessID" in recordings["deletion"]


def test_time_passes_at_once_while_a_client_asks_and_until_the_work_is_done(recordings):
    steps = steps_of(recordings["stack"])
    onboarded = next(n for n, step in enumerate(steps) if step.get("id") == "onboarding")
    assert [sorted({"await", "advance"} & step.keys()) for step in steps[onboarded + 1 :]] == [
        ["await"],
        ["advance"],
        ["await"],
    ]
    assert parse_duration(steps[onboarded + 2]["advance"]) >= timedelta(milliseconds=6 * 60)


class Altered(httpx2.BaseTransport):
    """The wire of a client that does something otherwise than it should, the first time it comes to that."""

    def __init__(self, call: str, done: list[bool]) -> None:
        self._wire = httpx2.HTTPTransport()
        self._call, self._done = call, done

    def close(self) -> None:
        self._wire.close()

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        path = re.sub("^/w/[^/]+", "", request.url.path)
        if self._done or not f"{request.method} {path}".startswith(self._call):
            return self.afterwards(self._wire.handle_request(request))
        self._done.append(True)
        return self.alter(request)

    def alter(self, request: httpx2.Request) -> httpx2.Response:
        raise NotImplementedError

    def afterwards(self, answer: httpx2.Response) -> httpx2.Response:
        return answer


class Twice(Altered):
    def alter(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._wire.handle_request(request)
        answer.read()
        self._wire.handle_request(request).read()
        return answer


class TwiceAtTheEnd(Altered):
    """Of its last call, which it knows by the 404."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._wire.handle_request(request)
        answer.read()
        if answer.status_code == 404:
            time.sleep(0.02)
            self._done.append(True)
            self._wire.handle_request(request).read()
        return answer


class LeftOut(Altered):
    def alter(self, request: httpx2.Request) -> httpx2.Response:
        return ANSWERED


class Swapped(Altered):
    held: httpx2.Request | None = None

    def alter(self, request: httpx2.Request) -> httpx2.Response:
        self.held = request
        return ANSWERED

    def afterwards(self, answer: httpx2.Response) -> httpx2.Response:
        held, self.held = self.held, None
        if held is not None:
            answer.read()
            self._wire.handle_request(held).read()
        return answer


ANSWERED = httpx2.Response(
    200, json={"data": {"status": "completed", "logs": []}, "Action": [{"ActionName": akana.APPROVE}]}
)
"""What a client takes for an answer to a call that it has not made."""

ONBOARD, ASK = "POST /developer/tenants/v2/onboarding", "GET /developer/tenants/v2/onboarding/"
ERRING = [
    ("app", Twice, f"PUT /developer/apps/versions/{VERSION}/states", "unexpected"),
    ("app", LeftOut, ASK, "never came"),
    ("app", Swapped, f"PUT /developer/apps/versions/{VERSION}/states", "out of order"),
    ("solution", Twice, ONBOARD, "unexpected"),
    ("solution", LeftOut, ASK, "never came"),
    ("stack", Twice, ONBOARD, "unexpected"),
    ("stack", LeftOut, ASK, "never came"),
    ("deletion", Twice, "DELETE /api/apps/versions/", "unexpected"),
    ("deletion", TwiceAtTheEnd, "GET /api/apps/versions/", "unexpected"),
    ("deletion", LeftOut, "GET /api/workflow/objects/", "never came"),
    ("deletion", Swapped, "DELETE /api/apps/versions/", "out of order"),
]


@pytest.mark.parametrize(("name", "variant", "call", "reason"), ERRING)
def test_a_client_that_errs_fails_with_the_right_reason(name, variant, call, reason, recordings, replay):
    done: list[bool] = []
    run = replay(hurried(recordings[name]), JOBS[name][0], lambda: variant(call, done))
    assert done
    assert why(run)[0] == reason, why(run)[1]
    assert call in why(run)[1]
