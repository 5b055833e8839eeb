"""The page at `/`, the package progress view, and the stylesheet they share with the vendors' pages."""

from __future__ import annotations

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

Overview = Callable[[World], dict[str, dict[str, Any]]]


class Console:
    """Pages that only read. `overview` answers, by platform, what there is to know about a world.

    `secrets` says whether the quickstart credentials may be shown.
    """

    def __init__(
        self, worlds: Worlds, version: str, *, overview: Overview, public_url: str | None, secrets: bool = True
    ) -> None:
        self._worlds = worlds
        self._version = version
        self._overview = overview
        self._secrets = secrets
        self._public_url = public_url or ""
        self.routes = [
            Route("/", self.home, methods=["GET"]),
            Route("/_mock", self.to_home, methods=["GET"]),
            Route("/_mock/assets/mock.css", self.stylesheet, methods=["GET"]),
            Route("/_mock/ui/{world}/ato/{request}", self.ato_progress, methods=["GET"]),
        ]

    async def home(self, request: Request) -> Response:
        default = self._worlds.find(DEFAULT)
        base = default.base_url
        at = "" if base == "http://127.0.0.1:8600" else f" --server {base}"
        return self._page(
            "home.html",
            version=self._version,
            worlds=[
                {
                    "name": world.name,
                    "base_url": world.base_url,
                    "clock_mode": world.clock.mode,
                    "now": views.clock(world)["now"],
                    "seed": world.seed,
                    "exchanges": len(world.journal),
                    "deliveries": views.world(self._worlds, world)["deliveries"],
                }
                for world in self._worlds
            ],
            quickstart=self._quickstart(default) if self._secrets else None,
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
                    "command": f"curl {base}/_mock/worlds/default/journal?view=summary",
                    "text": "Requests in, webhooks out, actions and moves of the clock, in order.",
                    "href": "/_mock/worlds/default/journal",
                },
                {
                    "title": "Run a whole request",
                    "command": f"mockserver run motar/ato-happy-path --plugin http://localhost:3000 --server {base}",
                    "text": "The shipped scenario against your plugin, step by step.",
                    "href": None,
                },
            ],
            links=[
                ("Actions", "/_mock/actions"),
                ("Worlds", "/_mock/worlds"),
                ("Journal of default", "/_mock/worlds/default/journal"),
                ("Deliveries of default", "/_mock/worlds/default/deliveries"),
                (f"Unaddressed requests ({self._worlds.unaddressed_count})", "/_mock/unaddressed"),
            ],
            progress=[
                {
                    "label": f"{world.name}: {each['package_name']}",
                    "href": f"/_mock/ui/{world.name}/ato/{each['request_id']}",
                    "status": each["status"],
                }
                for world in self._worlds
                for each in self._overview(world)["motar"]["ato_requests"]
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
        return None if plugin is None else {**plugin, "users": seen["users"]}

    def _page(self, template: str, http_status: int = 200, /, **context: Any) -> Response:
        shown = {"world": "", "assets": ASSETS, "public_url": self._public_url, **context}
        return Response(
            pages.render(template, **shown), http_status, headers=HEADERS, media_type="text/html; charset=utf-8"
        )
