"""Web pages of other origins: none may read, unless a world says which."""

from __future__ import annotations

import httpx2
import pytest

from tests.support import Live

APP = "http://localhost:5173"
TOKEN = "/oauth/token"
ALLOW = "access-control-allow-origin"


@pytest.fixture
def world_for(new_world):
    """A world that lets pages of these origins read."""

    def make(origins: object) -> Live:
        return new_world(clock={"mode": "frozen"}, settings={"core": {"cors_origins": origins}})

    return make


def preflight(world: Live, origin: str = APP, path: str = TOKEN, method: str = "POST", **more: str) -> httpx2.Response:
    asked = {"origin": origin, "access-control-request-method": method}
    return world.http.options(path, headers={**asked, **{name.replace("_", "-"): text for name, text in more.items()}})


def cors_headers(answer: httpx2.Response) -> list[str]:
    return sorted(name for name in answer.headers if name.startswith("access-control"))


def vary(answer: httpx2.Response) -> list[str]:
    return answer.headers.get_list("vary")


def test_by_default_nothing_is_said_and_a_preflight_is_a_wrong_method(world):
    answer = world.http.post(TOKEN, headers={"origin": APP})
    assert (cors_headers(answer), vary(answer)) == ([], [])
    refused = preflight(world)
    assert (refused.status_code, cors_headers(refused)) == (405, [])


def test_a_preflight_of_an_allowed_origin_is_answered_with_what_the_path_takes(world_for):
    answer = preflight(world_for([APP]), access_control_request_headers="authorization, content-type")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers[ALLOW] == APP
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type"
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "Origin" in vary(answer)


def test_head_is_allowed_where_get_is(world_for):
    answer = preflight(world_for([APP]), path="/oauth/token/validate", method="GET")
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"


def test_a_page_may_ask_to_leave_the_public_network_if_its_origin_is_allowed(world_for):
    asked = {"access_control_request_private_network": "true"}
    allowed, refused = preflight(world_for([APP]), **asked), preflight(world_for(["http://a.test"]), **asked)
    assert allowed.headers["access-control-allow-private-network"] == "true"
    assert cors_headers(refused) == []


@pytest.mark.parametrize(
    "origin", ["http://localhost:5174", "https://localhost:5173", "http://localhost", "http://evil.test", "null", ""]
)
def test_any_other_origin_is_refused_and_told_why(world_for, origin):
    world = world_for([APP])
    refused = preflight(world, origin)
    assert (refused.status_code, cors_headers(refused), vary(refused)) == (403, [], ["Origin"])
    assert "core.cors_origins" in refused.json()["error_description"]
    assert "core.cors_origins" in world.journal()[-1]["error"]
    answer = world.http.post(TOKEN, headers={"origin": origin})
    assert (answer.status_code, cors_headers(answer), vary(answer)) == (400, [], ["Origin"])


def test_answers_are_readable_refusals_too_with_the_headers_the_vendor_puts_its_errors_in(world_for):
    world = world_for([APP, "http://other.test"])
    for method, path, status in (("POST", TOKEN, 400), ("GET", "/oauth/nothing", 404), ("PUT", TOKEN, 405)):
        answer = world.http.request(method, path, headers={"origin": APP})
        assert (answer.status_code, answer.headers[ALLOW]) == (status, APP)
        assert answer.headers["access-control-expose-headers"] == "*"
        assert vary(answer) == ["Origin"]


def test_the_journal_shows_the_preflight_and_what_was_answered(world_for):
    world = world_for([APP])
    preflight(world)
    [exchange] = world.journal()
    assert (exchange["method"], exchange["path"], exchange["status"]) == ("OPTIONS", TOKEN, 204)
    assert exchange["response"]["headers"][ALLOW] == APP


def test_the_star_lets_every_page_read_and_credentials_are_never_allowed(world_for):
    world = world_for("*")
    for answer in (preflight(world, "http://any.test"), world.http.post(TOKEN, headers={"origin": "null"})):
        assert answer.headers[ALLOW] == "*"
        assert "access-control-allow-credentials" not in answer.headers


def test_a_list_never_allows_credentials_either(world_for):
    world = world_for([APP])
    for answer in (preflight(world), world.http.post(TOKEN, headers={"origin": APP})):
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "asked",
    [
        {"origin": APP},
        {"access-control-request-method": "POST"},
        {},
    ],
)
def test_an_options_request_that_is_no_preflight_is_a_wrong_method(world_for, asked):
    assert world_for([APP]).http.options(TOKEN, headers=asked).status_code == 405


def test_a_preflight_for_what_is_not_there_is_not_found(world_for):
    assert preflight(world_for([APP]), path="/oauth/nothing").status_code == 404


def test_the_setting_holds_from_one_request_to_the_next(world_for):
    world = world_for([APP])
    assert preflight(world).status_code == 204
    world.control.put("settings", json={"core": {"cors_origins": []}}).raise_for_status()
    assert preflight(world).status_code == 405


@pytest.mark.parametrize("origins", [[APP], "*"])
@pytest.mark.parametrize("path", ["/_mock/worlds", "/_mock/health", "/_mock/worlds/default/journal", "/"])
def test_the_control_api_never_answers_cors(world_for, server, path, origins):
    world = world_for(origins)
    httpx2.put(
        f"{server}/_mock/worlds/{world.name}/settings", json={"core": {"cors_origins": origins}}, trust_env=False
    ).raise_for_status()
    asked = {"origin": APP, "access-control-request-method": "GET"}
    for method in ("OPTIONS", "GET"):
        answer = httpx2.request(method, server + path, headers=asked, trust_env=False)
        assert cors_headers(answer) == []
    assert httpx2.get(f"{server}/_mock/worlds", headers=asked, trust_env=False).status_code == 403


@pytest.mark.parametrize(
    "origins",
    [
        "http://localhost:5173",
        ["http://localhost:5173/"],
        ["localhost:5173"],
        ["*"],
        ["http://A.test"],
        ["http://a.test, http://b.test"],
        [""],
        [5],
    ],
)
def test_what_no_browser_sends_as_an_origin_is_told(world, origins):
    answer = world.control.put("settings", json={"core": {"cors_origins": origins}})
    assert answer.status_code == 400
    assert "cors_origins" in answer.text


def test_serve_takes_it_for_every_world(serve):
    with serve("--set", f'core.cors_origins=["{APP}"]') as served:
        asked = {"origin": APP, "access-control-request-method": "POST"}
        httpx2.post(f"{served.url}/_mock/worlds", json={"name": "another"}, trust_env=False)
        answers = [
            httpx2.options(served.url + prefix + TOKEN, headers=asked, trust_env=False) for prefix in ("", "/w/another")
        ]
        served.stop()
    assert [answer.status_code for answer in answers] == [204, 204]
