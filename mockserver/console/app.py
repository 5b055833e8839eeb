"""The page at `/` and of each world, the package progress view, and the stylesheet that all pages share."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mockserver import pages
from mockserver.control import views
from mockserver.errors import MockserverError
from mockserver.world.world import World
from mockserver.world.worlds import DEFAULT, Worlds

ASSETS = "/_mock/assets"

HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self'"
    ),
}

_BASE_URL = re.compile("/w/([a-z0-9-]+)/?")

Overview = Callable[[World], dict[str, dict[str, Any]]]


def page_of(world: str) -> str:
    """Where a world's page is."""
    return f"/_mock/ui/{world}"


def page_at(path: str) -> str | None:
    """The page for who puts a world's base URL into a browser, where no vendor has one."""
    found = _BASE_URL.fullmatch(path)
    return None if found is None else page_of(found[1])


class Console:
    """Pages that only read. `overview` answers, by platform, what there is to know about a world.

    Where the control API is `guarded` by a token, which browsers have for pages only, no page links to it.
    """

    def __init__(
        self, worlds: Worlds, version: str, *, overview: Overview, public_url: str | None, guarded: bool = False
    ) -> None:
        self._worlds = worlds
        self._version = version
        self._overview = overview
        self._public_url = public_url or ""
        self._guarded = guarded
        self.routes = [
            Route("/", self.home, methods=["GET"]),
            Route("/_mock/ui/", self.home, methods=["GET"]),
            Route("/_mock", self.to_home, methods=["GET"]),
            Route("/_mock/assets/mock.css", self.stylesheet, methods=["GET"]),
            Route("/_mock/ui/{world}", self.of_world, methods=["GET"]),
            Route("/_mock/ui/{world}/ato/{request}", self.ato_progress, methods=["GET"]),
        ]

    async def home(self, request: Request) -> Response:
        """The world `default`, which a newcomer works with, and the way to all others."""
        return self._home("", self._worlds.find(DEFAULT), list(self._worlds))

    async def of_world(self, request: Request) -> Response:
        """The same of one world."""
        try:
            world = self._worlds.find(request.path_params["world"])
        except MockserverError as error:
            return self._page("message.html", 404, status=404, title="Nothing to show", text=str(error), hints=[])
        return self._home(world.name, world, [world])

    def _home(self, named: str, world: World, listed: list[World]) -> Response:
        server = self._worlds.address
        at = (f" -w {named}" if named else "") + ("" if server == "http://127.0.0.1:8600" else f" --server {server}")
        control = f"/_mock/worlds/{world.name}"
        token = '-H "Authorization: Bearer $MOTAR_MOCK_CONTROL_TOKEN" ' if self._guarded else ""
        return self._page(
            "home.html",
            world=named,
            version=self._version,
            worlds=[
                {
                    "name": each.name,
                    "href": page_of(each.name),
                    "base_url": each.base_url,
                    "clock_mode": each.clock.mode,
                    "now": views.clock(each)["now"],
                    "seed": each.seed,
                    "exchanges": len(each.journal),
                    "deliveries": views.world(self._worlds, each)["deliveries"],
                }
                for each in listed
            ],
            quickstart=self._quickstart(world),
            next=[
                {
                    "title": "Start an ATO request",
                    "command": f"mockserver trigger motar.start_ato_request{at}",
                    "text": "Studio's click; the webhook goes to the plugin's request endpoint.",
                    "href": None,
                },
                {
                    "title": "Hand a user over",
                    "command": f"mockserver trigger motar.hand_off{at}",
                    "text": "Answers the sign-in URL that Studio would open; open it in this browser.",
                    "href": None,
                },
                {
                    "title": "See what happened",
                    "command": f"curl {token}'{server}{control}/journal?view=summary'",
                    "text": "Requests in, webhooks out, actions and moves of the clock, in order.",
                    "href": None if self._guarded else f"{control}/journal?view=summary",
                },
                {
                    "title": "Run a whole request",
                    "command": f"mockserver run motar/ato-happy-path --plugin http://localhost:3000{at}",
                    "text": "The shipped scenario against your plugin, step by step.",
                    "href": None,
                },
            ],
            links=[]
            if self._guarded
            else [
                ("Actions", "/_mock/actions"),
                ("OpenAPI description", "/_mock/openapi.json"),
                ("Worlds", "/_mock/worlds"),
                (f"Journal of {world.name}", f"{control}/journal"),
                (f"Deliveries of {world.name}", f"{control}/deliveries"),
                (f"Unaddressed requests ({self._worlds.unaddressed_count})", "/_mock/unaddressed"),
            ],
            progress=[
                {
                    "label": each["package_name"] if named else f"{one.name}: {each['package_name']}",
                    "href": f"{page_of(one.name)}/ato/{each['request_id']}",
                    "status": each["status"],
                }
                for one in listed
                for each in self._overview(one)["motar"]["ato_requests"]
            ],
        )

    async def to_home(self, request: Request) -> Response:
        return RedirectResponse("/")

    async def stylesheet(self, request: Request) -> Response:
        return Response(pages.stylesheet(), media_type="text/css", headers={"cache-control": "max-age=300"})

    async def ato_progress(self, request: Request) -> Response:
        name, wanted = request.path_params["world"], request.path_params["request"]
        try:
            world = self._worlds.find(name)
            shown = world.schema.actions.run(world, "motar.view_progress", {"request": wanted})
        except MockserverError as error:
            return self._page(
                "message.html",
                404,
                status=404,
                title="Nothing to show",
                text=error.message,
                hints=[],
            )
        link = None
        if not shown["cancelled"]:
            try:
                link = world.schema.actions.run(world, "motar.hand_off", {"request": wanted})["url"]
            except MockserverError:
                link = None
        return self._page("progress.html", world=name, **{**shown, "hand_off_url": link})

    def _quickstart(self, world: World) -> dict[str, Any] | None:
        seen = self._overview(world)["motar"]
        plugin = next(iter(seen["plugins"]), None)
        return None if plugin is None else {**plugin, "base_url": world.base_url, "users": seen["users"]}

    def _page(self, template: str, http_status: int = 200, /, **context: Any) -> Response:
        shown = {"world": "", "assets": ASSETS, "public_url": self._public_url, **context}
        return Response(
            pages.render(template, **shown), http_status, headers=HEADERS, media_type="text/html; charset=utf-8"
        )
