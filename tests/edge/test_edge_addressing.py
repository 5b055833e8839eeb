"""A request finds its world: by every way there is, in order, and never the wrong one."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from mockserver.edge.addressing import split_prefix, world_of_host
from tests.support import CLIENT_ID, Live, toy_server_running


def whoami(server: str, *, method: str = "GET", path: str = "/toy/whoami", **request: Any) -> dict[str, Any]:
    answer = httpx2.request(method, f"{server}{path}", trust_env=False, **request)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def alpha(new_toy_world: Callable[..., Live]) -> Live:
    """A world that owns the credential `alpha-secret`."""
    live = new_toy_world()
    live.act("toy.write", text="a", secret=f"{live.name}-secret")
    return live


def secret_of(live: Live) -> str:
    return f"{live.name}-secret"


def jwt(**claims: Any) -> str:
    parts = ({"alg": "HS256"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + ".x"


WAYS: list[tuple[str, Callable[[str], dict[str, Any]]]] = [
    ("header", lambda name: {"headers": {"X-Mock-World": name}}),
    ("host", lambda name: {"headers": {"Host": f"{name}.localhost"}}),
    ("host", lambda name: {"headers": {"Host": f"{name.upper()}.LOCALHOST:8600"}}),
    ("host", lambda name: {"headers": {"Host": f"api.{name}.localhost:1"}}),
    ("host", lambda name: {"headers": {"Host": f"sandbox.{name}.localhost"}}),
    ("credential: code", lambda name: {"params": {"code": f"{name}-secret"}}),
    ("credential: client_id", lambda name: {"params": {"clientId": f"{name}-secret"}}),
    ("credential: client_id", lambda name: {"method": "POST", "data": {"client_id": f"{name}-secret"}}),
    ("credential: client_id", lambda name: {"method": "POST", "json": {"client_id": f"{name}-secret"}}),
    ("credential: cookie", lambda name: {"headers": {"X-Cookie": f"{name}-secret"}}),
    ("credential: access_token", lambda name: {"headers": {"Authorization": f"Bearer {name}-secret"}}),
    ("credential: access_token", lambda name: {"headers": {"Authorization": f"bEaReR  {name}-secret"}}),
    ("credential: access_token", lambda name: {"headers": {"Authorization": f"{name}-secret"}}),
    ("credential: client_id", lambda name: {"auth": (f"{name}-secret", "whatever")}),
    ("credential: client_id", lambda name: {"headers": {"Authorization": f"Bearer {jwt(aud=f'{name}-secret')}"}}),
]


@pytest.mark.parametrize(("rule", "way"), WAYS)
def test_a_request_finds_its_world(rule: str, way: Callable[[str], dict[str, Any]], alpha: Live, toy_server: str):
    told = whoami(toy_server, **way(alpha.name))
    assert told["world"] == alpha.name
    assert alpha.journal(kind="inbound")[-1]["addressed_by"] == rule


def test_a_prefix_finds_its_world_and_stays_in_links(alpha: Live, toy_server: str):
    assert whoami(toy_server, path=f"/w/{alpha.name}/toy/whoami") == {
        "world": alpha.name,
        "base_url": f"{toy_server}/w/{alpha.name}",
    }
    assert alpha.journal(kind="inbound")[-1]["addressed_by"] == "prefix"


def test_what_names_no_world_is_for_default(toy_server: str):
    assert whoami(toy_server) == {"world": "default", "base_url": toy_server}


def test_links_of_a_world_found_by_its_credential_have_its_prefix(alpha: Live, toy_server: str):
    told = whoami(toy_server, params={"code": secret_of(alpha)})
    assert told["base_url"] == f"{toy_server}/w/{alpha.name}"


def test_links_of_a_world_found_by_host_keep_the_host(alpha: Live, toy_server: str):
    told = whoami(toy_server, headers={"Host": f"{alpha.name}.localhost:8600"})
    assert told["base_url"] == f"http://{alpha.name}.localhost:8600"


def test_prefix_goes_before_header_before_host_before_credential(new_toy_world: Callable[..., Live], toy_server: str):
    by_prefix, by_header, by_host, by_credential = (new_toy_world() for _ in range(4))
    by_credential.act("toy.write", text="x", secret="precedence-secret")
    request: dict[str, Any] = {"params": {"code": "precedence-secret"}, "headers": {}}
    assert whoami(toy_server, **request)["world"] == by_credential.name
    request["headers"]["Host"] = f"{by_host.name}.localhost"
    assert whoami(toy_server, **request)["world"] == by_host.name
    request["headers"]["X-Mock-World"] = by_header.name
    assert whoami(toy_server, **request)["world"] == by_header.name
    assert whoami(toy_server, path=f"/w/{by_prefix.name}/toy/whoami", **request)["world"] == by_prefix.name


def test_the_most_specific_credential_decides(new_toy_world: Callable[..., Live], toy_server: str):
    one, other = new_toy_world(), new_toy_world()
    one.act("toy.write", text="x", secret="specific-code")
    other.act("toy.write", text="x", secret="specific-client")
    both = {"code": "specific-code", "client_id": "specific-client"}
    assert whoami(toy_server, params=both)["world"] == one.name
    assert whoami(toy_server, params={**both, "code": "nobody's"})["world"] == other.name


def test_a_contradiction_is_refused_by_the_vendor_and_names_the_owner(new_world: Callable[..., Live], server: str):
    here, owner = new_world(), new_world()
    plugin = owner.plugin
    answer = here.http.post(
        "/oauth/token",
        data={
            "grant_type": "authorization_code",
            "code": "x",
            "client_id": plugin["client_id"],
            "client_secret": plugin["client_secret"],
        },
    )
    assert answer.status_code == 401
    assert set(answer.json()) == {"error_description", "error_code"}
    violation = here.journal(kind="inbound")[-1]["violations"][0]
    assert violation["field"] == "credential"
    assert repr(owner.name) in violation["reason"]
    assert owner.journal(kind="inbound") == []


def test_a_literal_credential_that_two_worlds_share_is_no_contradiction(new_world: Callable[..., Live], server: str):
    shared = new_world(settings={"core": {"fixture_credentials": "literal"}})
    assert shared.plugin["client_id"] == CLIENT_ID
    answer = shared.http.get("/oauth/signin", params={"client_id": CLIENT_ID, "response_type": "nonsense"})
    assert answer.status_code == 400
    assert "violations" not in shared.journal(kind="inbound")[-1]


@pytest.mark.parametrize(
    ("rule", "path", "headers"),
    [
        ("prefix", "/w/nowhere/toy/whoami", {}),
        ("prefix", "/w//toy/whoami", {}),
        ("prefix", "/w/No%20Name/toy/whoami", {}),
        ("header", "/toy/whoami", {"X-Mock-World": "nowhere"}),
        ("host", "/toy/whoami", {"Host": "nowhere.localhost"}),
        ("host", "/toy/whoami", {"Host": "a.b.localhost"}),
    ],
)
def test_an_unknown_world_is_the_vendors_404_and_kept_as_unaddressed(
    rule: str, path: str, headers: dict[str, str], toy_server: str
):
    def unaddressed() -> dict[str, Any]:
        return httpx2.get(f"{toy_server}/_mock/unaddressed", trust_env=False).json()

    before = unaddressed()["count"]
    answer = httpx2.get(f"{toy_server}{path}", headers=headers, trust_env=False)
    assert answer.status_code == 404
    assert "There is no world named" in answer.json()["toy"]
    after = unaddressed()
    assert after["count"] == before + 1
    assert after["exchanges"][-1]["addressed_by"] == rule
    assert "There is no world named" in after["exchanges"][-1]["reason"]


def test_an_unknown_world_in_motars_dialect_says_what_was_meant(new_world: Callable[..., Live], server: str):
    new_world(name="dialect-world")
    answer = httpx2.get(f"{server}/w/dialect-wrld/user/v1/my/profile", trust_env=False)
    assert answer.status_code == 404
    assert answer.headers["errorcode"] == answer.json()["error_code"] == "4042"
    assert "Did you mean 'dialect-world'?" in answer.json()["error_description"]


def test_a_dropped_worlds_credential_lands_in_default_and_is_explained(
    new_toy_world: Callable[..., Live], toy_server: str
):
    gone = new_toy_world()
    gone.act("toy.write", text="x", secret="dropped-secret")
    gone.drop()
    assert whoami(toy_server, params={"code": "dropped-secret"})["world"] == "default"
    kept = httpx2.get(f"{toy_server}/_mock/unaddressed", trust_env=False).json()["exchanges"][-1]
    assert kept["reason"] == f"its code belonged to the world {gone.name!r}, which was dropped"


def test_a_credential_of_nobody_lands_in_default_and_is_told(toy_server: str):
    assert whoami(toy_server, params={"code": "nobody-has-this"})["world"] == "default"
    kept = httpx2.get(f"{toy_server}/_mock/unaddressed", trust_env=False).json()["exchanges"][-1]
    assert kept["reason"] == "its code belongs to no world"


@pytest.mark.parametrize(
    "token",
    ["a.b.c", "..", "a.!!!.c", f"a.{'W1tb' * 30000}.c", jwt(aud=["list"]), jwt(aud=None), jwt(aud={"a": 1}), "é.é.é"],
)
def test_a_token_that_is_no_jwt_places_nothing(token: str, toy_server: str):
    headers = {"Authorization": f"Bearer {token}".encode()[:60000]}
    assert whoami(toy_server, headers=headers)["world"] == "default"


def test_auto_worlds_are_made_on_first_use():
    with toy_server_running(auto_worlds=True) as url:
        assert whoami(url, path="/w/fresh/toy/whoami")["world"] == "fresh"
        assert whoami(url, path="/w/fresh/toy/whoami")["world"] == "fresh"
        assert whoami(url, headers={"X-Mock-World": "by-header"})["world"] == "by-header"
        assert httpx2.get(f"{url}/w/Not-A-Name/toy/whoami", trust_env=False).status_code == 404
        names = [each["name"] for each in httpx2.get(f"{url}/_mock/worlds", trust_env=False).json()["worlds"]]
        assert names == ["default", "fresh", "by-header"]


def test_two_worlds_serve_the_same_client_code_at_once(new_world: Callable[..., Live], server: str):
    """An unmodified client knows the server's address and its own credentials, nothing of worlds."""

    def sign_in_and_exchange(live: Live) -> str:
        plugin = live.plugin
        answer = httpx2.post(
            f"{server}/oauth/token",
            data={
                "grant_type": "authorization_code",
                "code": live.code(),
                "redirect_uri": plugin["redirect_uris"][0],
                "client_id": plugin["client_id"],
                "client_secret": plugin["client_secret"],
            },
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        profile = httpx2.get(
            f"{server}/user/v1/my/profile", headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )
        assert profile.status_code == 200
        return profile.json()["userId"]

    one, other = new_world(), new_world()
    assert sign_in_and_exchange(one) == one.user("@olivia")["id"]
    assert sign_in_and_exchange(other) == other.user("@olivia")["id"]
    for live in (one, other):
        placed = [(each["path"], each["addressed_by"]) for each in live.journal(kind="inbound")]
        assert placed == [
            ("/oauth/token", "credential: code"),
            ("/user/v1/my/profile", "credential: access_token"),
        ]


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("/oauth/token", (None, "/oauth/token")),
        ("/w/alpha/oauth/token", ("alpha", "/oauth/token")),
        ("/w/alpha", ("alpha", "/")),
        ("/w/alpha/", ("alpha", "/")),
        ("/w/", ("", "/")),
        ("/world/alpha", (None, "/world/alpha")),
    ],
)
def test_the_prefix_of_a_path(path: str, split: tuple[str | None, str]):
    assert split_prefix(path) == split


@pytest.mark.parametrize(
    ("host", "world"),
    [
        ("localhost", None),
        ("localhost:8600", None),
        ("api.localhost", None),
        ("sandbox.localhost:1", None),
        ("alpha.localhost", "alpha"),
        ("Alpha.Localhost:8600", "alpha"),
        ("api.alpha.localhost", "alpha"),
        ("sandbox.alpha.localhost", "alpha"),
        ("127.0.0.1:8600", None),
        ("api.motar.io", None),
        ("localhost.example.com", None),
        ("", None),
    ],
)
def test_the_world_that_a_host_names(host: str, world: str | None):
    assert world_of_host(host) == world


def test_a_call_that_no_route_takes_still_finds_its_world_by_its_token(new_world, server):
    world = new_world()
    world.act("motar.start_ato_request")
    code = world.act("motar.sign_in", user="@olivia")["code"]
    plugin = world.plugin
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": plugin["client_id"],
        "client_secret": plugin["client_secret"],
    }
    token = world.http.post("/oauth/token", data=form).json()["access_token"]
    answer = httpx2.get(f"{server}/app/v1/data", headers={"authorization": f"Bearer {token}"}, trust_env=False)
    assert answer.status_code == 404
    assert [each["path"] for each in world.journal(path="/app/v1/data")] == ["/app/v1/data"]
