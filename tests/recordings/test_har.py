"""HAR out: valid, complete, without secrets. HAR in: a scenario that answers as was recorded, in every mode."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import httpx2
import pytest
from haralyzer import HarParser

from mockserver.app import build_app
from mockserver.client import ServerClient
from mockserver.errors import Invalid
from mockserver.recordings import write
from mockserver.recordings.har import merged
from mockserver.recordings.har_import import scenario_of
from mockserver.scenarios.order import Mode
from mockserver.server import running
from mockserver.settings import Settings
from tests.recordings.har_schema import problems_of
from tests.recordings.test_record_and_replay import Stage, stage
from tests.support import CLIENT_ID, CLIENT_SECRET, PLAIN

BASIC = f"Basic {base64.b64encode(f'{CLIENT_ID}:{CLIENT_SECRET}'.encode()).decode()}"
TOKEN = "tOkEn0123456789abcdefXYZ"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running(build_app(Settings(port=0))) as url:
        yield url


def har_of(on: Stage) -> dict[str, Any]:
    answer = on.control.get(f"worlds/{on.world}/journal.har")
    assert answer.status_code == 200
    document: dict[str, Any] = answer.json()
    return document


@pytest.fixture(scope="module")
def demo(server: str) -> dict[str, Any]:
    """The demo's HAR, and the secrets there were."""
    with stage(server, "har-demo") as on:
        run = on.call("POST", "runs", scenario="motar/ato-happy-path", settings=on.settings)
        assert run["outcome"] == "passed"
        calls = on.call("GET", "journal")["exchanges"]
        given = [each["response"]["body"] for each in calls if each.get("path") == "/oauth/token"]
        tokens = [body[name] for body in given for name in ("access_token", "refresh_token")]
        return {"har": har_of(on), "secrets": [CLIENT_SECRET, BASIC.removeprefix("Basic "), *tokens]}


def test_a_journal_as_har_is_valid_and_has_every_request_and_webhook_in_order(demo: dict[str, Any]) -> None:
    document = demo["har"]
    assert problems_of(document) == []
    log = document["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "mockserver")
    entries = log["entries"]
    called = [(entry["_kind"], entry["request"]["method"], entry["request"]["url"]) for entry in entries]
    assert called[0][:2] == ("delivery", "POST")
    assert [kind for kind, _, url in called if "/oauth/token" in url] == ["inbound", "inbound"]
    first = entries[0]
    assert json.loads(first["request"]["postData"]["text"])["appName"] == "Flight Deck Trainer"
    assert first["response"]["status"] == 200
    assert first["time"] == first["timings"]["wait"] > 0
    token = next(entry for entry in entries if "/oauth/token" in entry["request"]["url"])
    assert {each["name"] for each in token["request"]["postData"]["params"]} >= {"grant_type", "code"}


def test_no_secret_is_in_it_and_one_secret_has_one_placeholder_everywhere(demo: dict[str, Any]) -> None:
    text = json.dumps(demo["har"])
    for secret in demo["secrets"]:
        assert secret not in text
    entries = demo["har"]["log"]["entries"]
    given = [
        json.loads(entry["response"]["content"]["text"])["access_token"]
        for entry in entries
        if "/oauth/token" in entry["request"]["url"]
    ]
    used = {
        header["value"]
        for entry in entries
        for header in entry["request"]["headers"]
        if entry["_kind"] == "inbound" and header["name"] == "authorization" and header["value"].startswith("Bearer")
    }
    assert given == ["{access_token-1}", "{access_token-2}"]
    assert used == {f"Bearer {token}" for token in given}


def test_bodies_that_are_no_text_are_base64_and_what_never_came_is_said(server: str) -> None:
    with ServerClient(server) as client:
        world = client.create_world("har-binary", settings={"motar": {"request_endpoint": "http://127.0.0.1:9/x"}})
        with httpx2.Client(base_url=world.base_url, **PLAIN) as http:
            http.post("/plugin/v1/ato/status?access_token=s3cret-s3cret", content=b"\xff\x00access_token=s3cret-s3cret")
        world.act("motar.start_ato_request")
        world.journal.wait(kind="delivery")
        document = world.journal.har()
        world.drop()
    assert problems_of(document) == []
    binary, refused = document["log"]["entries"][:2]
    posted = binary["request"]["postData"]
    assert posted["_encoding"] == "base64"
    assert base64.b64decode(posted["text"]) == b"\xff\x00access_token={access_token-1}"
    assert binary["request"]["url"].endswith("?access_token=%7Baccess_token-1%7D")
    assert (refused["response"]["status"], refused["response"]["statusText"]) == (0, "")
    assert refused["_error"]


def test_a_reader_that_others_have_written_finds_everything_in_it(demo: dict[str, Any]) -> None:
    har = HarParser(demo["har"])
    (page,) = har.pages
    entries = demo["har"]["log"]["entries"]
    # It puts them in the order of their instants, of which several are the same.
    assert sorted((each.request.url, each.response.status) for each in page.entries) == sorted(
        (each["request"]["url"], each["response"]["status"]) for each in entries
    )
    assert (page.page_load_time, har.creator["name"]) == (-1, "mockserver")
    assert len(page.filter_entries(request_type="POST", status_code="200")) == len(
        [each for each in entries if each["request"]["method"] == "POST" and each["response"]["status"] == 200]
    )
    assert page.entries[0].startTime.tzinfo is not None


def test_several_become_one_with_a_page_each(demo: dict[str, Any]) -> None:
    both = merged([demo["har"], demo["har"]])
    assert problems_of(both) == []
    assert [page["id"] for page in both["log"]["pages"]] == ["page_1", "page_2"]
    assert len(both["log"]["entries"]) == 2 * len(demo["har"]["log"]["entries"])


@pytest.mark.parametrize("mode", get_args(Mode))
def test_the_demo_as_har_becomes_a_scenario_that_plays_all_of_it_again(
    server: str, demo: dict[str, Any], mode: str
) -> None:
    imported = scenario_of(json.dumps(demo["har"]).encode(), "imported/demo")
    assert imported.left_out == []
    text = write(imported.scenario)
    assert "$steps.token.outputs.access_token" in text
    assert "iok-cse" not in text
    with stage(server, f"har-{mode}") as on:
        plugin = on.settings["motar"]["request_endpoint"].removesuffix("/motar/requests")
        run = on.call(
            "POST",
            "runs",
            text=text,
            settings=on.settings,
            mode=mode,
            inputs={"plugin": plugin, "authorization": BASIC},
        )
    assert run["outcome"] == "passed", [step["details"] for step in run["steps"] if step["outcome"] == "failed"]


def entry(method: str, url: str, at: str, answer: Any, **request: Any) -> dict[str, Any]:
    """What a browser or a proxy would have written."""
    return {
        "startedDateTime": f"2026-05-01T10:00:{at}Z",
        "time": 5,
        "request": {"method": method, "url": url, "headers": [], **request},
        "response": {
            "status": 200,
            "headers": [
                {"name": "Content-Type", "value": "application/json"},
                {"name": "Content-Length", "value": "9"},
            ],
            "content": {"size": 9, "mimeType": "application/json", "text": json.dumps(answer)},
        },
        "cache": {},
        "timings": {"send": 0, "wait": 5, "receive": 0},
    }


def har(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": entries}}).encode()


ORIGIN = "https://sandbox.motar.io"
FOREIGN = (
    entry(
        "POST",
        f"{ORIGIN}/oauth/token",
        "00.500",
        {"access_token": TOKEN, "job": "7f3a9c0e1b2d4f5a6c7d"},
        postData={"mimeType": "application/json", "text": '{"grant_type": "x", "client_secret": "hush-hush-hush"}'},
    ),
    entry(
        "POST",
        f"{ORIGIN}/plugin/v1/ato/status?job=7f3a9c0e1b2d4f5a6c7d",
        "03.900",
        {"success": True, "echo": "0123456789abcdef0123"},
        headers=[{"name": "Authorization", "value": f"Bearer {TOKEN}"}],
        postData={"mimeType": "application/json", "text": '{"requestId": "0123456789abcdef0123"}'},
    ),
)


def client(base_url: str, *, second: str = "/plugin/v1/ato/status", bearer: str | None = None) -> Any:
    """A program that does what was recorded, with ids of its own."""
    with httpx2.Client(base_url=base_url, timeout=10, **PLAIN) as http:
        got = http.post("/oauth/token", json={"grant_type": "x", "client_secret": "another"}).json()
        headers = {"authorization": f"Bearer {bearer or got['access_token']}"}
        body = {"requestId": "ffffffffffff0000ffff"}
        answer = http.post(second, params={"job": got["job"]}, json=body, headers=headers)
        return answer.json() if answer.is_success else None


def replay(server: str, file: Path, name: str, mode: str | None, **acts: Any) -> tuple[Any, Any]:
    """Runs a scenario while the client does its part; what came of the run, and what the client got last."""
    got: list[Any] = []
    run: Any = None
    with ServerClient(server) as control:
        world = control.create_world(name, clock="frozen")
        acting = threading.Thread(target=lambda: got.append(client(world.base_url, **acts)))
        try:
            for event in world.follow(file, mode=mode):
                if event["event"] == "started" and event["step"]["index"] == 1:
                    acting.start()
                if event["event"] == "ended":
                    run = event["run"]
            acting.join(10)
        finally:
            world.drop()
    return run, got[0] if got else None


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    imported = scenario_of(har(*FOREIGN), "imported/foreign", source="foreign.har")
    file = tmp_path / "foreign.yaml"
    file.write_text(write(imported.scenario))
    return file


@pytest.mark.parametrize("mode", get_args(Mode))
def test_a_foreign_har_answers_a_client_with_ids_of_its_own(server: str, foreign: Path, mode: str) -> None:
    run, got = replay(server, foreign, f"foreign-{mode}", mode)
    assert run["outcome"] == "passed", run
    assert got == {"success": True, "echo": "ffffffffffff0000ffff"}


def test_secrets_of_a_foreign_har_do_not_get_into_the_scenario_and_time_between_calls_does(foreign: Path) -> None:
    text = foreign.read_text()
    assert TOKEN not in text
    assert "hush" not in text
    assert "echo: $request.body#/requestId" in text
    assert "advance: 3s" in text
    assert "content-length" not in text


@pytest.mark.parametrize(
    ("acts", "reason"),
    [
        ({"second": "/plugin/v1/ato/alert"}, "unexpected"),
        ({"bearer": "a-token-of-somebody-else"}, "unexpected"),
    ],
)
def test_a_client_that_does_otherwise_fails_with_the_reason(
    server: str, foreign: Path, acts: dict[str, str], reason: str
) -> None:
    run, _ = replay(server, foreign, "foreign-other", None, **acts)
    assert run["outcome"] == "failed"
    failed = next(step for step in run["steps"] if step["outcome"] == "failed")
    assert failed["reason"] == reason


def test_requests_to_the_plugin_are_sent_again_and_their_authorization_is_an_input() -> None:
    hook = entry(
        "POST",
        "https://plugin.example/hooks/ato?x=a%20b",
        "00.100",
        {"ok": True},
        headers=[
            {"name": "Authorization", "value": "Basic c29tZTpvbmU="},
            {"name": "Content-Type", "value": "application/json"},
            {"name": "X-Forwarded-For", "value": "192.0.2.1"},
        ],
        postData={"mimeType": "application/json", "text": '{"a": 1}'},
    )
    imported = scenario_of(har(hook, *FOREIGN), "mine", plugin=["https://plugin.example/hooks"])
    sent, expected, *_ = imported.scenario["steps"]
    assert sent["send"] == "POST {$inputs.plugin}/hooks/ato?x=a%20b"
    assert sent["headers"] == {"authorization": "$inputs.authorization", "content-type": "application/json"}
    assert sent["body"] == {"a": 1}
    assert expected == {"expect": "delivery", "where": {"path": "/hooks/ato", "status": 200}}
    assert imported.scenario["inputs"]["plugin"]["default"] == "https://plugin.example"
    assert "default" not in imported.scenario["inputs"]["authorization"]


def test_what_cannot_be_replayed_is_left_out_and_told() -> None:
    silent = entry("POST", f"{ORIGIN}/x", "01", {})
    silent["response"]["status"] = 0
    image = entry("GET", f"{ORIGIN}/logo", "02", {})
    image["response"]["content"] = {"mimeType": "image/png", "text": "/9j/", "encoding": "base64"}
    text = entry("GET", f"{ORIGIN}/text", "03", {})
    text["response"]["content"] = {"mimeType": "text/plain", "text": "aGk=", "encoding": "base64"}
    imported = scenario_of(har(silent, image, entry("GET", "wss://x.example/s", "02", {}), text), "mine")
    assert imported.left_out == [
        f"POST {ORIGIN}/x: it has no answer",
        f"GET {ORIGIN}/logo: its answer is no text",
        "GET wss://x.example/s: its scheme is wss, not http",
    ]
    (step,) = [each for each in imported.scenario["steps"] if "await" in each]
    assert step["respond"]["text"] == "hi"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"name: x", "JSON"),
        (b"[]", "object"),
        (b'{"log": {}}', "entries"),
        (b'{"log": {"entries": [{"startedDateTime": "today"}]}}', "startedDateTime"),
        (har(), "there are no entries"),
    ],
)
def test_what_is_no_har_is_refused_with_the_place(data: bytes, told: str) -> None:
    with pytest.raises(Invalid, match=r"(?s).*") as refused:
        scenario_of(data, "mine", source="x.har")
    assert told in str(refused.value) + str(refused.value.problems)
    assert "x.har" in str(refused.value)
