"""`GET /_mock/openapi.json`: valid, complete, true to the fixture, and cheap to ask for again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from mockserver.app import build_app, load_platforms
from mockserver.control.endpoints import SECTIONS
from mockserver.server import running
from mockserver.settings import Settings
from tests.support import CLIENT_ID, CLIENT_SECRET, PLAIN, toy_server_running

PLATFORMS = load_platforms()
GENERIC = "/_mock/worlds/{world}/actions/{name}"


@pytest.fixture(scope="module")
def document(server: str) -> dict[str, Any]:
    answer = httpx2.get(f"{server}/_mock/openapi.json", **PLAIN)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "servers":
                yield method.upper(), path, operation


def test_it_is_valid_openapi(document: dict[str, Any]):
    assert document["openapi"] == "3.1.0"
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]):
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert {"create_world", "motar_start_ato_request", "motar_post_oauth_token"} <= set(names)


def test_every_link_leads_to_an_operation(document: dict[str, Any]):
    linked = {
        link["operationId"]
        for _, _, operation in operations(document)
        for response in operation["responses"].values()
        for link in response.get("links", {}).values()
    }
    assert linked
    assert linked <= {operation["operationId"] for _, _, operation in operations(document)}


def test_every_route_action_and_endpoint_is_there_and_nothing_else(document: dict[str, Any]):
    expected = {(route.method, route.path) for platform in PLATFORMS for route in platform.routes}
    expected |= {(each.method, each.path) for section in SECTIONS.values() for each in section if each.path != GENERIC}
    expected |= {
        ("POST", GENERIC.replace("{name}", action.name))
        for platform in PLATFORMS
        for action in platform.actions
        if not action.internal
    }
    assert {(method, path) for method, path, _ in operations(document)} == expected


def test_every_operation_is_told_and_tagged(document: dict[str, Any]):
    tags = {tag["name"] for tag in document["tags"]}
    for method, path, operation in operations(document):
        assert operation["summary"], f"{method} {path}"
        assert set(operation["tags"]) <= tags
        assert not operation["summary"].endswith(" ")
        assert "](" not in operation["description"] or not path.startswith("/_mock")


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_every_vendor_operation_says_how_sure_we_are_and_how_it_succeeds(platform: Any, document: dict[str, Any]):
    for route in platform.routes:
        operation = document["paths"][route.path][route.method.lower()]
        known = operation["x-evidence"]
        assert (known["request"], known["answer"], known["errors"]) == (
            route.evidence.request,
            route.evidence.answer,
            route.evidence.errors,
        )
        assert "default" not in operation["responses"], f"{route.name} declares no replies"
        assert {"404", "413", "414", "503"} <= set(operation["responses"])


def test_vendors_are_reached_with_and_without_the_prefix_of_a_world(document: dict[str, Any], server: str):
    urls = [each["url"] for each in document["paths"]["/oauth/token"]["servers"]]
    assert urls == [server, f"{server}/w/{{world}}"]
    assert "servers" not in document["paths"]["/_mock/worlds"]


def test_parameters_bodies_and_credentials_are_those_of_the_route(document: dict[str, Any]):
    token = document["paths"]["/oauth/token"]["post"]
    assert set(token["requestBody"]["content"]) == {"application/x-www-form-urlencoded", "application/json"}
    assert token["security"] == [{}, {"motar.basic": []}]
    sign_in = {each["name"]: each for each in document["paths"]["/oauth/signin"]["get"]["parameters"]}
    assert sign_in["response_type"] == {
        "name": "response_type",
        "in": "query",
        "required": True,
        "schema": {"enum": ["code", "implicit"]},
    }
    assert sign_in["nonce"]["schema"] == {"type": "string"}
    header = document["paths"]["/auth/basic"]["get"]["parameters"]
    assert [(each["name"], each["in"], each["required"]) for each in header] == [("clientId", "header", True)]


def test_every_credential_that_an_operation_takes_is_described_and_no_other(document: dict[str, Any]):
    used = {name for _, _, operation in operations(document) for way in operation["security"] for name in way}
    assert used == set(document["components"]["securitySchemes"])


def test_strict_where_we_are_strict_and_lenient_where_the_vendors_are(document: dict[str, Any]):
    schemas = document["components"]["schemas"]
    assert schemas["NewWorld"]["additionalProperties"] is False
    assert schemas["motar.actions.SignIn"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["motar.StatusUpdate"]


def test_examples_are_the_fixtures_where_it_is_known(document: dict[str, Any]):
    properties = document["components"]["schemas"]["motar.TokenRequest"]["properties"]
    assert properties["client_id"]["examples"] == [CLIENT_ID]
    assert properties["client_secret"]["examples"] == [CLIENT_SECRET]
    body = document["paths"]["/_mock/worlds/{world}/clock/advance"]["post"]["requestBody"]
    assert body["content"]["application/json"]["example"] == {"by": "25h"}


def test_a_server_that_asks_for_a_token_tells_no_credentials():
    with running(build_app(Settings(control_token="secret"))) as url:
        assert httpx2.get(f"{url}/_mock/openapi.json", **PLAIN).status_code == 401
        answer = httpx2.get(f"{url}/_mock/openapi.json", headers={"authorization": "Bearer secret"}, **PLAIN)
    assert answer.status_code == 200
    assert CLIENT_ID not in answer.text
    assert CLIENT_SECRET not in answer.text


def test_it_has_an_etag_and_is_not_sent_twice(server: str):
    url = f"{server}/_mock/openapi.json"
    tag = httpx2.get(url, **PLAIN).headers["etag"]
    for sent in (tag, f'"other", W/{tag}', "*"):
        again = httpx2.get(url, headers={"if-none-match": sent}, **PLAIN)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert httpx2.get(url, headers={"if-none-match": '"other"'}, **PLAIN).status_code == 200


def test_a_platform_that_declares_nothing_is_described_as_far_as_it_goes():
    with toy_server_running() as url:
        document = httpx2.get(f"{url}/_mock/openapi.json", **PLAIN).json()
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    read = document["paths"]["/toy/notes/{id}"]["get"]
    assert read["responses"]["default"]
    assert [each["name"] for each in read["parameters"]] == ["id"]
    ways = document["paths"]["/toy/whoami"]["get"]["security"]
    assert ways == [{}, {"toy.x-cookie": []}, {"toy.bearer": []}, {"toy.basic": []}]
    scheme = document["components"]["securitySchemes"]["toy.x-cookie"]
    assert scheme == {"type": "apiKey", "in": "header", "name": "x-cookie"}
    assert document["paths"]["/_mock/worlds/{world}/actions/toy.write"]["post"]
