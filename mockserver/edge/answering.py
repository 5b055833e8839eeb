"""What a request is answered: by its route, in a transaction, or by the edge where none can take it."""

from __future__ import annotations

import logging

from mockserver import pages
from mockserver.edge import cors
from mockserver.edge.messages import sendable
from mockserver.edge.visit import Visit
from mockserver.errors import Full, MockserverError
from mockserver.wire import Answer, Call, Limits, Page, Platform, Refusal, Rejected, Route, json_answer
from mockserver.wire.routes import Found
from mockserver.world.settings import CoreSettings
from mockserver.world.store import StoreError
from mockserver.world.world import World

log = logging.getLogger("mockserver.edge")

FAILED = "The emulator failed; its log says why. Please report it."
HTML_HEADERS = (
    ("content-type", "text/html; charset=utf-8"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)


class Answering:
    """Answers requests whose world was looked for, within `limits`; pages find their `assets` and the `public_url`."""

    def __init__(self, limits: Limits, *, assets: str, public_url: str) -> None:
        self._limits = limits
        self._assets = assets
        self._public_url = public_url

    def answer(self, visit: Visit) -> tuple[Answer, str | None]:
        """What to send, and for the journal why it was refused. Whatever breaks in here is our fault, and a 500."""
        call, found, placed, world = visit.call, visit.found, visit.placed, visit.world
        try:
            if (unfit := self._unfit(visit)) is not None:
                return self.problem(visit, *unfit)
            if world is None:
                return self.problem(visit, placed.status, placed.lost or "")
            if found.platform is not None and found.route is not None:
                return self._run(world, call, found.platform, found.route, placed.contradiction)
            settings = world.settings(CoreSettings)
            if settings.cors_origins and found.allowed and cors.is_preflight(call):
                told = cors.preflight(call, settings, found.allowed)
                if isinstance(told, str):
                    return self.problem(visit, 403, told)
                return self._render(told, call, world), None
            outcome, reason = _no_route(found, call)
            return self._render(outcome, call, world), reason
        except Exception:
            log.exception("answering %s %s failed", call.method, call.path)
            return json_answer({"error": FAILED}, status=500), FAILED

    def problem(self, visit: Visit, status: int, reason: str) -> tuple[Answer, str]:
        """What the edge itself finds wrong with a request, in the dialect of the vendor it was for, and the reason."""
        platform, call = visit.found.platform, visit.call
        if platform is None:
            return json_answer({"error": reason}, status=status), reason
        refused = platform.refuse(call, visit.found.route, platform.problem(status, reason))
        return self._render(refused, call, visit.world), reason

    def _unfit(self, visit: Visit) -> tuple[int, str] | None:
        """Status and reason for a request that is too large somewhere."""
        limits, call = self._limits, visit.call
        if visit.too_long:
            return 413, f"The body is larger than {visit.max_body} bytes."
        if len(call.path) + len(call.query_string) > limits.url:
            return 414, f"The URL is longer than {limits.url} bytes."
        fields = call.fields
        if len(fields) > limits.headers:
            return 431, f"There are {len(fields)} headers, more than {limits.headers}."
        if len(visit.head) > limits.header_bytes:
            return 431, f"The headers are larger than {limits.header_bytes} bytes together."
        return None

    def _run(
        self, world: World, call: Call, platform: Platform, route: Route, contradiction: str | None
    ) -> tuple[Answer, str | None]:
        """Run the route. The answer is rendered inside the transaction: what cannot be answered did not happen."""
        if contradiction:
            call.violate("credential", contradiction)
        try:
            with world.transaction():
                outcome = route.handler(world, call)
                if isinstance(outcome, Refusal):
                    return self._render(platform.refuse(call, route, outcome), call, world), outcome.description
                if call.violations and world.settings(CoreSettings).strict:
                    raise Rejected(platform.strictness(call.violations))
                return self._render(outcome, call, world), None
        except Rejected as rejected:
            refusal = rejected.refusal
        except (StoreError, Full) as error:
            refusal = platform.problem(503, str(error))
        except MockserverError as error:
            refusal = platform.problem(400, str(error))
        except Exception:
            log.exception("%s failed in the world %s", route.name, world.name)
            refusal = platform.problem(500, FAILED)
        return self._render(platform.refuse(call, route, refusal), call, world), refusal.description

    def _render(self, outcome: Answer | Page, call: Call, world: World | None) -> Answer:
        if isinstance(outcome, Answer):
            return sendable(outcome)
        body = pages.render(
            outcome.template,
            **outcome.context,
            assets=self._assets,
            world=world.name if world else "",
            public_url=self._public_url,
        )
        targets = " ".join(("'self'", *outcome.form_targets))
        policy = (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action {targets}"
        )
        # Who goes back to a page that answered a form would find the browser's error page in its place.
        kept = "no-cache" if call.method == "POST" else "no-store"
        headers = (*outcome.headers, *HTML_HEADERS, ("cache-control", kept), ("content-security-policy", policy))
        return sendable(Answer(outcome.status, headers, body))


def _no_route(found: Found, call: Call) -> tuple[Answer | Page, str]:
    if found.platform is None:
        reason = f"Nothing is emulated at {call.path}; `mockserver fidelity` lists what is."
        if "text/html" in (call.header("accept") or ""):
            context = {
                "title": "Nothing here",
                "text": reason,
                "hints": [],
                "status": 404,
            }
            return Page("message.html", context, 404), reason
        return json_answer({"error": reason}, status=404), reason
    if found.allowed:
        allowed = ", ".join(found.allowed)
        reason = f"{call.path} takes {allowed}, not {call.method}."
        refusal = found.platform.problem(405, reason)
        refusal = Refusal(refusal.status, refusal.code, reason, headers=(("allow", allowed),))
    else:
        reason = (
            f"{found.platform.title} has nothing at {call.path} that is emulated; `mockserver fidelity` lists what is."
        )
        refusal = found.platform.problem(404, reason)
    return found.platform.refuse(call, None, refusal), reason
