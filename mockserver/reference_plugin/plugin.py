"""What reaches the plugin: two webhooks from MOTAR, and the browser of a user whom MOTAR Studio hands over."""

from __future__ import annotations

import asyncio
import hmac
from collections import deque
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Annotated, Any, Literal, TypeVar

import httpx2
import msgspec
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mockserver.reference_plugin.motar import Motar, MotarError, Session, Settings, log

Id = Annotated[str, msgspec.Meta(min_length=1)]
Status = Literal["not-started", "in-progress", "action-required", "under-review", "completed"]
T = TypeVar("T")

ADD_ONE = "Add a distribution in MOTAR Studio, then come back."
REPLACE_THEM = "Remove what is listed here, and add a distribution that has them."


class StartedRequest(msgspec.Struct, frozen=True, rename="camel"):
    """The twelve fields of MOTAR's request-started document; the last two may be null."""

    request_id: Id
    company_id: str
    company_name: str
    requesting_user_first_name: str
    requesting_user_last_name: str
    requesting_user_email: str
    app_name: str
    package_name: str
    status: Status
    completed: bool
    company_phone: str | None = None
    report_uri: str | None = None


class Distribution(msgspec.Struct, frozen=True, rename="camel"):
    """One version of the app. MOTAR documents no shape for it, so nothing is required and the rest is ignored."""

    id: str | None = None
    name: str | None = None
    version: str | None = None
    release_notes: str | None = None

    def __str__(self) -> str:
        # Names often end in the version already.
        words = (self.name or "").split()
        if self.version and self.version not in words:
            words.append(self.version)
        return " ".join(words) or self.id or "unnamed distribution"


class DistributionChange(msgspec.Struct, frozen=True, rename="camel"):
    request_id: Id
    distributions: tuple[Distribution, ...]


@dataclass(slots=True)
class Package:
    """One ATO request and where it stands; `status` is the last one that MOTAR accepted from us."""

    request: StartedRequest
    status: Status
    distributions: tuple[Distribution, ...] = ()
    unreported: deque[tuple[Distribution, ...]] = field(default_factory=deque)
    opened: bool = False
    session: Session = field(default_factory=Session)
    # Reports must reach MOTAR in the order of the events, so one task at a time works on a request.
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __str__(self) -> str:
        about = f"{self.request.app_name}, {self.request.package_name}"
        return f"{about}: {self.status}, {len(self.distributions)} distribution(s)"


class Plugin:
    motar: Motar

    def __init__(self, settings: Settings, transport: httpx2.AsyncBaseTransport | None) -> None:
        self.settings = settings
        self.transport = transport
        self.packages: dict[str, Package] = {}

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        # `base_url` keeps a path prefix such as /w/alpha. Without trust_env=False, a proxy variable or a .netrc of the
        # machine would redirect our calls or authorise them in another name.
        url, timeout = self.settings.motar_url, httpx2.Timeout(10.0, connect=5.0)
        async with httpx2.AsyncClient(
            base_url=url, transport=self.transport, timeout=timeout, trust_env=False
        ) as client:
            self.motar = Motar(self.settings, client)
            yield

    # What MOTAR sends

    async def request_started(self, request: Request) -> Response:
        document = await self._receive(request, StartedRequest)
        # When our answer gets lost MOTAR cannot know that its document arrived, and may send it again. The second one
        # must neither make a second package nor undo progress.
        if document.request_id not in self.packages:
            self.packages[document.request_id] = Package(document, document.status)
            log.info("request %r: started by %r", document.request_id, document.company_name)
        return JSONResponse({"received": True})

    async def distributions_changed(self, request: Request) -> Response:
        change = await self._receive(request, DistributionChange)
        package = self.packages.get(change.request_id)
        if package is None:
            raise HTTPException(404, f"no request with requestId {change.request_id!r}")
        # The array replaces what we had: it is the current state and not a list of additions. A version that is no
        # longer listed has been removed, and a notice that got lost is made good by the next one.
        package.distributions = change.distributions
        package.unreported.append(change.distributions)
        log.info("request %r: %d distribution(s)", change.request_id, len(change.distributions))
        # MOTAR waits for this answer. Calling MOTAR before giving it would make two servers wait for each other.
        return JSONResponse({"received": True}, background=BackgroundTask(self._after_change, package))

    async def _receive(self, request: Request, shape: type[T]) -> T:
        """The document of a webhook, once sender and shape are checked: 401, 403 or 400 otherwise."""
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        # Compared in constant time: `==` stops at the first difference, and how long it takes tells a patient stranger
        # how much of a guess was right.
        right = hmac.compare_digest(credentials.strip().encode(), self.settings.basic_credentials.encode())
        if scheme.lower() != "basic" or not right:
            challenge = {"WWW-Authenticate": 'Basic realm="ATO plugin"'}
            raise HTTPException(401, "expected Basic with the client ID and secret of this plugin", challenge)
        # MOTAR says that a plugin may check that a request came from its domain, but not how to see that: the `Origin`
        # header as the mark is an assumption of the emulator. Any sender can write such a header, so the check comes
        # on top of the credentials and never instead of them.
        expected = self.settings.verify_origin
        if expected is not None and request.headers.get("origin") != expected:
            raise HTTPException(403, f"expected the header Origin: {expected}")
        try:
            return msgspec.json.decode(await request.body(), type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HTTPException(400, str(error)) from error

    # What users do

    async def callback(self, request: Request) -> Response:
        query = request.query_params
        if "error" in query:
            log.info("sign-in ended without a user: %r", query["error"])
            return page("Sign-in cancelled", f"MOTAR says: {query['error']}", "Open the package again any time.")
        package = self.packages.get(query.get("state", ""))
        if package is None:  # before the exchange: a code works once, and this one may belong to somebody else
            log.warning("callback refused: unknown state")
            return page("Unknown request", "No ATO request belongs to this link. Start from MOTAR Studio.", status=404)
        if not query.get("code"):
            return page("No code", "This link carries no code. Start from MOTAR Studio.", status=400)
        try:
            async with package.lock:
                first_name = await self._welcome(package, query["code"])
        except MotarError as error:
            log.error("request %r: %s", package.request.request_id, error)
            return page("MOTAR did not accept that", f"{error}.", "Open the package again from Studio.", status=502)
        return page(f"Hello, {first_name}" if first_name else "Hello", str(package), *map(str, package.distributions))

    async def _welcome(self, package: Package, code: str) -> str | None:
        """Take over from the user who came with this code, and report; their first name."""
        before, package.session = package.session, Session()
        try:
            await self.motar.sign_in(package.session, code)
            first_name = await self.motar.first_name(package.session)
            await self._report_changes(package)
            await self._report_visit(package)
        except MotarError:
            # Any MOTAR user can get here with a link that somebody passed on, and MOTAR refuses what is reported in the
            # name of one who has no part in the request. They must not take the place of one who has.
            package.session = before
            raise
        return first_name

    async def overview(self, request: Request) -> Response:
        # Open to anybody who reaches the port, which suits an example. Yours would ask people to sign in.
        return page("ATO requests", *map(str, self.packages.values()))

    async def healthz(self, request: Request) -> Response:
        return PlainTextResponse("ok")

    # What MOTAR is told

    async def _after_change(self, package: Package) -> None:
        try:
            async with package.lock:
                await self._report_changes(package)
        except MotarError as error:  # nobody waits for an answer any more: the log is where this can be seen
            log.error("request %r: %s", package.request.request_id, error)

    async def _report_changes(self, package: Package) -> None:
        # The tasks of two notices may start in either order; the queue keeps the order in which MOTAR sent them.
        while package.unreported:
            held = package.unreported.popleft()
            if poor := rejected(held):
                await self._reject(package, poor)
            elif held:
                await self._status(package, "under-review")
                await self._alert(package, "info", "under-review", "Review started", f"To review: {listed(held)}", held)
            else:
                await self._status(package, "action-required")
                await self._alert(package, "warning", "action-required", "Package is empty", ADD_ONE)

    async def _report_visit(self, package: Package) -> None:
        held = package.distributions
        if poor := rejected(held):
            # Before all else: a visit, be it the first, is no progress while something rejected is in the package.
            await self._reject(package, poor)
            package.opened = True
        elif not package.opened:
            await self._status(package, "in-progress")
            text = f"In the package: {listed(held)}. Come back when it is complete." if held else ADD_ONE
            await self._alert(package, "info", "action-required", "Package opened", text)
            package.opened = True  # only now: when MOTAR refused one of the two, the next visit tries again
        elif not held:
            await self._alert(package, "warning", "action-required", "Package is empty", ADD_ONE)
            await self._status(package, "action-required")
        elif package.status != "completed":
            await self._alert(package, "success", "completed", "Review completed", f"Reviewed: {listed(held)}", held)
            await self._status(package, "completed", complete=True, cancellable=False)

    async def _reject(self, package: Package, poor: tuple[Distribution, ...]) -> None:
        # MOTAR has no status "rejected": the request goes back to its organization, and an error says why.
        why = f"No release notes: {listed(poor)}. {REPLACE_THEM}"
        await self._alert(package, "error", "action-required", "Distribution rejected", why, poor)
        await self._status(package, "action-required")

    async def _status(self, package: Package, status: Status, complete: bool = False, cancellable: bool = True) -> None:
        report = {"status": status, "complete": complete, "cancellable": cancellable}
        await self._report(package, "status", report)
        package.status = status

    async def _alert(
        self, package: Package, kind: str, status: Status, title: str, text: str, held: Iterable[Distribution] = ()
    ) -> None:
        # The ID is ours to choose. Made from what the alert is about, it is the same when the same news is sent twice.
        versions = sorted(one.version or str(one) for one in held)
        news = ":".join([package.request.request_id, title.lower().replace(" ", "-"), *versions])
        alert = {"title": title, "text": text, "type": kind, "status": status, "providerId": news}
        await self._report(package, "alert", alert)

    async def _report(self, package: Package, kind: str, report: dict[str, Any]) -> None:
        request_id = package.request.request_id
        await self.motar.post(package.session, f"/plugin/v1/ato/{kind}", {"requestId": request_id, **report})
        log.info("request %r: %s reported, %s", request_id, kind, report["status"])


def rejected(distributions: Iterable[Distribution]) -> tuple[Distribution, ...]:
    """Those that this plugin's review finds fault with: it is enough for an example to look at one field."""
    return tuple(one for one in distributions if one.release_notes is not None and not one.release_notes.strip())


def listed(distributions: Iterable[Distribution]) -> str:
    return ", ".join(map(str, distributions))


def page(title: str, *paragraphs: str, status: int = 200) -> HTMLResponse:
    """A page of plain texts, all escaped here: a page cannot forget what no other place does."""
    body = "".join(f"<p>{escape(text)}</p>" for text in paragraphs)
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
    # The address of the callback page holds a code: no cache may keep it and no link may pass it on.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(f"{head}<h1>{escape(title)}</h1>{body}</html>", status, headers)


async def refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    log.warning("%s %r refused: %d %r", request.method, request.url.path, error.status_code, error.detail)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def build_plugin(settings: Settings, *, transport: httpx2.AsyncBaseTransport | None = None) -> Starlette:
    """The plugin as an ASGI app; `transport` replaces the network towards MOTAR."""
    plugin = Plugin(settings, transport)
    routes = [
        Route("/motar/requests", plugin.request_started, methods=["POST"]),
        Route("/motar/distributions", plugin.distributions_changed, methods=["POST"]),
        Route("/motar/callback", plugin.callback),
        Route("/healthz", plugin.healthz),
        Route("/", plugin.overview),
    ]
    return Starlette(routes=routes, lifespan=plugin.lifespan, exception_handlers={HTTPException: refuse})
