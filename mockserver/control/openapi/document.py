"""The whole OpenAPI document, from the platforms' routes and actions and the table of our own endpoints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.control.endpoints import SECTIONS, WORLD_NAME
from mockserver.control.openapi.operations import of_action, of_endpoint, of_route, security_schemes
from mockserver.control.openapi.schemas import Schemas
from mockserver.wire import Platform

Json = dict[str, Any]

ABOUT = """\
A local emulator's vendors, as far as they are emulated, and its own control API under `/_mock`.

`x-evidence` says of each of a vendor's operations how sure we are of what it takes, what it answers and how it
refuses: *documented* by the vendor, *observed* in a public client, or *assumed*. The vendors' side is lenient: a member
or parameter that is not described is told in the journal, and refused only in a strict world.
"""

GENERIC_ACTION = "/_mock/worlds/{world}/actions/{name}"


def describe(
    platforms: tuple[Platform, ...], version: str, base_url: str, overview: Mapping[str, Any] | None = None
) -> Json:
    """OpenAPI 3.1 as plain data. `overview` holds, by platform, values to give as examples."""
    paths: dict[str, Json] = {}
    security: Json = {
        "control": {
            "type": "http",
            "scheme": "bearer",
            "description": "The control token; needed off loopback, or where one was given.",
        }
    }
    collected = [own := Schemas("")]
    for section, endpoints in SECTIONS.items():
        for endpoint in endpoints:
            if endpoint.path != GENERIC_ACTION:
                item = paths.setdefault(endpoint.path, {})
                item[endpoint.method.lower()] = of_endpoint(endpoint, _tag(section), own)
    for platform in platforms:
        # Actions and routes each with names of their own: two types may well share one.
        collected.append(acts := Schemas(f"{platform.name}.actions."))
        for action in platform.actions:
            if not action.internal:
                path = GENERIC_ACTION.replace("{name}", action.name)
                paths[path] = {"post": of_action(platform, action, acts, own)}
        examples = _examples((overview or {}).get(platform.name))
        collected.append(vendors := Schemas(f"{platform.name}.", tolerant=True, examples=examples))
        for route in platform.routes:
            item = paths.setdefault(route.path, {"servers": _servers(base_url)})
            item[route.method.lower()] = of_route(platform, route, vendors)
        security |= security_schemes(platform)
    schemas = {name: schema for each in collected for name, schema in each.components().items()}
    responses = {name: response for each in collected for name, response in each.responses().items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mockserver",
            "version": version,
            "summary": f"{', '.join(platform.title for platform in platforms)}, emulated.",
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": about} for name, about in _tags(platforms)],
        "paths": paths,
        "components": {"schemas": schemas, "responses": responses, "securitySchemes": security},
    }


def _servers(base_url: str) -> list[Json]:
    return [
        {"url": base_url, "description": "The world that a request's credential belongs to, else `default`."},
        {
            "url": f"{base_url}/w/{{world}}",
            "description": "One world.",
            "variables": {"world": {"default": "default", "description": f"Its name: {WORLD_NAME}"}},
        },
    ]


def _tags(platforms: tuple[Platform, ...]) -> Iterator[tuple[str, str]]:
    for platform in platforms:
        yield platform.title, f"The API of {platform.title}, emulated."
    for section in SECTIONS:
        yield _tag(section), f"What is asked of the emulator itself: {section}."
    for platform in platforms:
        yield f"Actions of {platform.title}", "What people do on the vendor's screens, which no API of its documents."


def _tag(section: str) -> str:
    return f"Control API: {section}"


def _examples(overview: object) -> dict[str, object]:
    """The texts in an overview by their key, of each list the first; what a list holds counts for one of it."""
    found: dict[str, object] = {}

    def walk(value: object, key: str) -> None:
        if isinstance(value, Mapping):
            for name, each in value.items():
                walk(each, str(name))
        elif isinstance(value, list | tuple):
            for each in value[:1]:
                walk(each, key.removesuffix("s"))
        elif isinstance(value, str) and value:
            found.setdefault(key, value)

    walk(overview, "")
    return found
