"""One operation of an OpenAPI document: of a vendor's route, of an endpoint of ours, of an action."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import msgspec

from mockserver.control.doors import OPEN
from mockserver.control.endpoints import JSON, WORLD_NAME, Endpoint
from mockserver.control.openapi.schemas import Schemas
from mockserver.control.shapes import ProblemDocument
from mockserver.wire import Carrier, Platform, Reply, Route
from mockserver.wire.call import FORM
from mockserver.world.actions import Action

Operation = dict[str, Any]

PROBLEM: Final = "application/problem+json"
CONTROL_SECURITY: Final[list[dict[str, list[str]]]] = [{}, {"control": []}]

EDGE_REFUSES: Final = {
    404: "There is no world of that name.",
    413: "The body is too large.",
    414: "The URL is too long.",
    503: "What happened could not be stored.",
}
"""Statuses with which every route may be refused before or after it runs."""


def of_route(platform: Platform, route: Route, schemas: Schemas) -> Operation:
    """A vendor's route, with how sure we are of it as `x-evidence`."""
    known = route.evidence
    operation: Operation = {
        "operationId": f"{platform.name}_{route.method.lower()}_{_slug(route.path)}",
        "tags": [platform.title],
        "summary": route.summary,
        "description": known.note,
        "parameters": [
            *_path_parameters(route.path),
            *_parameters(schemas, "query", route.query),
            *_parameters(schemas, "header", route.fields),
        ],
    }
    bodies = _bodies(route, schemas)
    if bodies:
        operation["requestBody"] = {"content": bodies, "required": not route.optional_body and not _one_of_many(route)}
    error = route.error or platform.error
    operation["responses"] = _responses(route, error, schemas)
    operation["security"] = [{} if way == "none" else {way: []} for way in ways_to_prove(platform, route)]
    operation["x-evidence"] = {
        "request": known.request,
        "answer": known.answer,
        "errors": known.errors,
        "source": route.source,
    }
    return operation


def ways_to_prove(platform: Platform, route: Route) -> list[str]:
    """The security schemes of a route, with `none` before them when it can do without."""
    if route.security is not None:
        return [way if way == "none" else f"{platform.name}.{way}" for way in route.security]
    ways: list[str] = []
    for carrier in route.carriers:
        if carrier.place == "authorization":
            ways += [f"{platform.name}.bearer", f"{platform.name}.basic"]
        elif _is_key(carrier):
            ways += [f"{platform.name}.{name}" for name in carrier.names]
    by_parameter = any(carrier.kind == "client_id" and carrier.place == "parameter" for carrier in route.carriers)
    return ["none", *ways] if by_parameter or not ways else ways


def security_schemes(platform: Platform) -> dict[str, Operation]:
    """The schemes that a platform's routes refer to, by name."""
    schemes: dict[str, Operation] = {
        f"{platform.name}.bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": f"An access token of {platform.title}.",
        },
        f"{platform.name}.basic": {
            "type": "http",
            "scheme": "basic",
            "description": f"A client's ID and secret, or a user's name and password, of {platform.title}.",
        },
    }
    for carrier in {carrier: None for route in platform.routes for carrier in route.carriers}:
        if _is_key(carrier):
            for name in carrier.names:
                schemes[f"{platform.name}.{name}"] = {"type": "apiKey", "in": carrier.place, "name": name}
    used = {way for route in platform.routes for way in ways_to_prove(platform, route)}
    return {name: scheme for name, scheme in schemes.items() if name in used}


def _is_key(carrier: Carrier) -> bool:
    return carrier.kind in ("access_token", "cookie") and carrier.place in ("header", "query", "cookie")


def of_endpoint(endpoint: Endpoint, tag: str, schemas: Schemas) -> Operation:
    """An endpoint of the control API."""
    operation: Operation = {
        "operationId": endpoint.name,
        "tags": [tag],
        "summary": _first_sentence(endpoint.about),
        "description": _without_links(endpoint.about),
        "parameters": [*_path_parameters(endpoint.path), *_parameters(schemas, "query", endpoint.asks)],
    }
    if endpoint.takes is not None:
        content = {"schema": schemas.of(endpoint.takes)}
        if isinstance(endpoint.body, dict):
            content["example"] = endpoint.body
        operation["requestBody"] = {"content": {JSON: content}, "required": _needs_body(endpoint.takes)}
    answered: Operation = {"description": _phrase(endpoint.status)}
    if endpoint.answers is not None:
        answered["content"] = {
            media: {"schema": schemas.of(endpoint.answers if _is_json(media) else str)} for media in endpoint.media
        }
    problems = _problem_statuses(endpoint.method, endpoint.path, endpoint.takes, endpoint.asks, endpoint.refused)
    operation["responses"] = {str(endpoint.status): answered} | _problems(problems, schemas)
    if endpoint.leads_to:
        answered["links"] = {
            name: {"operationId": name, "parameters": dict(taken)} for name, taken in endpoint.leads_to.items()
        }
    operation["security"] = [] if endpoint.path in OPEN else CONTROL_SECURITY
    return operation


def of_action(platform: Platform, action: Action[Any, Any], schemas: Schemas, own: Schemas) -> Operation:
    """An action, as the control API runs it; its problems are those of `own`."""
    path = f"/_mock/worlds/{{world}}/actions/{action.name}"
    return {
        "operationId": action.name.replace(".", "_"),
        "tags": [f"Actions of {platform.title}"],
        "summary": action.summary,
        "description": action.description,
        "parameters": list(_path_parameters(path)),
        "requestBody": {
            "content": {JSON: {"schema": schemas.of(action.arguments)}},
            "required": _needs_body(action.arguments),
        },
        "responses": {"200": {"description": "Done.", "content": {JSON: {"schema": schemas.of(action.result)}}}}
        | _problems(_problem_statuses("POST", path, action.arguments, None, (409,)), own),
        "security": CONTROL_SECURITY,
    }


def _path_parameters(path: str) -> Iterator[Operation]:
    for name in re.findall(r"\{(\w+)\}", path):
        schema = {"type": "string", "minLength": 1}
        if name == "world":
            schema = {"type": "string", "pattern": WORLD_NAME, "examples": ["default"]}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _parameters(schemas: Schemas, place: str, struct: type | None) -> Iterator[Operation]:
    if struct is None:
        return
    for name, (schema, required) in schemas.properties(struct).items():
        about = schema.pop("description", "")
        told = {"description": about} if about else {}
        yield {"name": name, "in": place, "required": required, **told, "schema": schema}


def _bodies(route: Route, schemas: Schemas) -> Operation:
    bodies: Operation = {}
    if route.form is not None:
        bodies[FORM] = {"schema": schemas.form(route.form)}
    if route.multipart is not None:
        bodies["multipart/form-data"] = {"schema": schemas.of(route.multipart)}
    if route.request is not None:
        bodies[JSON] = {"schema": schemas.of(route.request)}
    return bodies


def _one_of_many(route: Route) -> bool:
    """Whether parameters may travel in the query as well, so that the body can be left out."""
    return route.request is not None and route.request is route.form


def _responses(route: Route, error: Reply | None, schemas: Schemas) -> Operation:
    responses: Operation = {}
    for reply in route.replies:
        _add(responses.setdefault(str(reply.status), {"description": reply.about}), reply, schemas)
    refused = dict.fromkeys(route.refused, error.about if error else "Refused.")
    for status, about in {**EDGE_REFUSES, **refused}.items():
        # Where a status is an answer and a refusal, both are told in one place.
        known = responses.get(str(status))
        if known is None:
            key = (status, about, id(error))
            responses[str(status)] = schemas.shared(_name(status), key, partial(_refusal, about, error, schemas))
        elif error is not None:
            _add(known, error, schemas)
    if not route.replies:
        responses["default"] = {"description": "An answer that is not described in detail."}
    return dict(sorted(responses.items()))


def _refusal(about: str, error: Reply | None, schemas: Schemas) -> Operation:
    return _add({"description": about}, error, schemas) if error is not None else {"description": about}


def _add(response: Operation, reply: Reply, schemas: Schemas) -> Operation:
    if reply.headers:
        named = {name: {"schema": {"type": "string"}, "required": True} for name in reply.headers}
        response.setdefault("headers", {}).update(named)
    if reply.body is not None:
        content = response.setdefault("content", {})
        for media in reply.media:
            content.setdefault(media, {"schema": schemas.of(reply.body if _is_json(media) else str)})
    return response


def _problem_statuses(method: str, path: str, takes: Any, asks: type | None, refused: Iterable[int]) -> Iterator[int]:
    yield from refused
    if path not in OPEN:
        yield from (401, 403)
    if takes is not None:
        yield from (400, 413, 415)
    if asks is not None:
        yield 400
    if "{" in path:
        yield 404
    if method != "GET":
        yield 503


def _problems(statuses: Iterable[int], schemas: Schemas) -> Operation:
    return {
        str(status): schemas.shared(_name(status), status, partial(_problem, status, schemas))
        for status in sorted(set(statuses))
    }


def _problem(status: int, schemas: Schemas) -> Operation:
    return {"description": _phrase(status), "content": {PROBLEM: {"schema": schemas.of(ProblemDocument)}}}


def _needs_body(takes: Any) -> bool:
    if isinstance(takes, type) and issubclass(takes, msgspec.Struct):
        return any(field.required for field in msgspec.structs.fields(takes))
    return True


def _is_json(media: str) -> bool:
    return media == JSON or media.endswith("+json")


def _phrase(status: int) -> str:
    return f"{HTTPStatus(status).phrase}."


def _name(status: int) -> str:
    return "".join(re.findall(r"[A-Za-z]+", HTTPStatus(status).phrase))


def _slug(path: str) -> str:
    return "_".join(re.findall(r"\w+", path))


def _first_sentence(text: str) -> str:
    found = re.match(r".+?[.:;](?=\s|$)", _without_links(text))
    return found[0].rstrip(":;.") if found else text


def _without_links(text: str) -> str:
    """Without links: they lead from page to page of the documentation, and nowhere from here."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
