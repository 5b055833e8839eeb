"""The world in which checks are performed: started over for each, with the plugin beside it."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from mockserver.checks.model import CannotCheckError, NotApplicableError, ShortfallError
from mockserver.client import ServerClient, WorldClient
from mockserver.client.answers import Exchange, Plugin, Run
from mockserver.client.calls import Call, endpoint, segment

T = TypeVar("T")
Step = Mapping[str, Any]
Calls = list[Exchange]

SETTLE: Final = 30
"""Wall seconds after which something that is still under way is a failure: longer than any webhook may take."""
LOOK_AGAIN: Final = 0.02

OWNER: Final = "@olivia"
REQUEST_ID: Final = "$steps.start.outputs.request_id"
START: Final[Step] = {
    "id": "start",
    "action": "motar.start_ato_request",
    "with": {"app": "Flight Deck Trainer", "by": OWNER},
    "outputs": {"request_id": "$response.body#/request_id"},
}
NO_DISTRIBUTIONS: Final[Step] = {"action": "motar.configure_plugin", "with": {"distribution_endpoint": None}}
SETTLED: Final[Step] = {"settle": SETTLE}
STARTED: Final = (START, SETTLED)
VISIT: Final[Step] = {"action": "motar.sign_in", "with": {"user": OWNER, "request": REQUEST_ID, "visit": True}}

TOKENS: Final = "/oauth/token"
STATUS: Final = "/plugin/v1/ato/status"
ALERT: Final = "/plugin/v1/ato/alert"
REPORTS: Final = "/plugin/v1/ato/*"


@dataclass(frozen=True, slots=True)
class Waits:
    """Wall seconds: how long to wait for what the plugin does of its own accord (`patience`), how long nothing must
    happen before it counts as done (`quiet`), and what it is told to wait after a 429 (`retry_after`)."""

    patience: float = 5.0
    quiet: float = 0.25
    retry_after: int = 1


class CheckedWorld(WorldClient):
    """A world's client that can also perform steps that stand in no file."""

    @endpoint
    def perform(self, steps: list[Step], settings: Mapping[str, Any], seed: int, timeout: float) -> Call[Run]:
        scenario = {"name": "mockserver-check", "fixtures": ["motar/quickstart"], "steps": steps}
        return Call(
            method="POST",
            path=f"worlds/{segment(self.name)}/runs",
            body={"text": json.dumps(scenario), "source": "a check", "settings": settings, "seed": seed},
            read=Run.read,
            patience=timeout,
        )


class Bench:
    """What checks do with a plugin: act in Studio, send it things, and look at what it does.

    The world `world` of a server starts over for each check, with another `seed` each time, or a
    plugin that goes on running would take the next request for an old one. `endpoints` say where the
    plugin is: `request_endpoint`, `redirect_uri`, and `distribution_endpoint` where it has one.
    `claims_origin` is the user's word that the plugin verifies where webhooks come from.
    """

    def __init__(
        self,
        server: ServerClient,
        world: str,
        endpoints: Mapping[str, str],
        *,
        seed: int,
        waits: Waits | None = None,
        claims_origin: bool = False,
    ) -> None:
        self._world = CheckedWorld(server, world)
        # A plugin that goes on running knows one pair of credentials, whatever world it is.
        self._settings: dict[str, Any] = {"motar": dict(endpoints), "core": {"fixture_credentials": "literal"}}
        # The fixture's plugin has an endpoint for distributions, which would be somebody else's.
        self._first: tuple[Step, ...] = () if "distribution_endpoint" in endpoints else (NO_DISTRIBUTIONS,)
        self._seed = seed
        self.waits = waits or Waits()
        self.claims_origin = claims_origin
        self.request_document: dict[str, Any] = {}
        self.distributions_document: dict[str, Any] | None = None
        self.origin: str | None = None
        self.run: Run | None = None

    def open(self) -> None:
        """Learn what MOTAR sends to the plugin, and that there is one. Raises `CannotCheckError`."""
        add = {"action": "motar.add_distribution", "with": {"request": REQUEST_ID, "distribution": "1.0.0"}}
        self.perform(*STARTED, add, SETTLED)
        self.plugin: Plugin = self._world.plugin()
        started = self.request_webhooks()[0]
        if started.status is None:
            why = started.error or "no answer"
            told = f"No plugin answers at {started.url}: {why}."
            raise CannotCheckError(told, hint="Start your plugin first, with the emulator as its MOTAR base URL.")
        self.request_document = dict(started.body)
        self.origin = started.headers.get("origin")
        if self.plugin.distribution_endpoint is not None:
            self.distributions_document = self.distribution_webhooks()[0].body

    def perform(self, *steps: Step) -> Run:
        """Start the world over and perform the steps of a scenario; in the run it answers an `await` may have failed.

        Raises `ShortfallError` when something is under way without end, `CannotCheckError` when a step is refused.
        """
        self._seed += 1
        timeout = 2 * SETTLE + len(steps) * self.waits.patience
        self.run = run = self._world.perform([*self._first, *steps], self._settings, self._seed, timeout)
        failed = run.failed_step
        # A step that waits in vain says something about the plugin; what to make of it is the check's affair.
        kind = None if failed is None else run.raw["steps"][failed.index - 1]["kind"]
        if failed is not None and kind == "settle":
            raise ShortfallError(failed.details[0], *self.exchanges()[-1:])
        if failed is not None and kind != "await":
            raise CannotCheckError(f"{failed.title} was refused: {' '.join(failed.details)}")
        return run

    def begin(self) -> Exchange:
        """Start a request, of which the plugin is told; answers that webhook.

        Raises `NotApplicableError` when the plugin does not take it.
        """
        self.perform(*STARTED)
        return self.taken()

    def taken(self) -> Exchange:
        """The webhook by which the plugin took the first request; raises `NotApplicableError` when it did not."""
        first = self.request_webhooks()[0]
        if not is_success(first):
            raise NotApplicableError("The plugin does not take a request: see webhook/first-request.")
        return first

    def fresh_id(self, n: int = 0) -> str:
        """A request ID that no request has had yet, in the next world."""
        return f"{self._seed:016x}{n:08x}"

    @property
    def request_id(self) -> str:
        """The request that the performed steps started."""
        assert self.run is not None
        found: str = self.run.outputs["start"]["request_id"]
        return found

    def start_another(self) -> str:
        """Start one more request in the same world; its id."""
        started: dict[str, str] = self._world.act("motar.start_ato_request", by=OWNER)
        self.settle()
        return started["request_id"]

    def visit(self, request_id: str | None = None, *, decision: str = "allow") -> Exchange:
        """Olivia goes on from Studio to the plugin; answers her browser's call when the plugin has answered it."""
        request = request_id or self.request_id
        self._world.act("motar.sign_in", user=OWNER, request=request, decision=decision, visit=True)
        return self._arrived()

    def sign_in(self, request_id: str) -> str:
        """Olivia signs in, and her browser does not go on yet; where it would."""
        return self._world.sign_in(OWNER, request=request_id).redirect_url

    def open_redirect(self, url: str) -> Exchange:
        """Her browser opens a redirect."""
        self._world.act("motar.open_redirect", url=url)
        return self._arrived()

    def act(self, action: str, **arguments: Any) -> Any:
        """Do what a person does in Studio, for the request, and wait until the plugin was told."""
        result = self._world.act(action, request=self.request_id, **arguments)
        self.settle()
        return result

    def request(self) -> dict[str, Any]:
        """The request as MOTAR has it now: its `status`, and whether it is `complete`."""
        return next(each for each in self._world.documents("motar.ato_requests") if each["id"] == self.request_id)

    def redeliver(self, webhook: Exchange) -> Exchange:
        """Send a webhook again as it was; answers the repetition."""
        assert webhook.delivery is not None
        again = self._world.redeliver(webhook.delivery).id
        self.settle()
        return next(each for each in self.exchanges() if each.delivery == again)

    def exchanges(self) -> Calls:
        """What happened since the world started over, oldest first."""
        return self._world.journal.exchanges()

    def sent(self, url: str) -> Calls:
        """What was sent to an endpoint of the plugin, oldest first."""
        return [each for each in self.exchanges() if each.kind == "delivery" and each.url.partition("?")[0] == url]

    def request_webhooks(self) -> Calls:
        """What was sent to the request endpoint."""
        assert self.plugin.request_endpoint is not None
        return self.sent(self.plugin.request_endpoint)

    def distribution_webhooks(self) -> Calls:
        """What was sent to the distribution endpoint. Raises `NotApplicableError` when there is none."""
        if self.plugin.distribution_endpoint is None:
            raise NotApplicableError("The plugin has no distribution endpoint.")
        return self.sent(self.plugin.distribution_endpoint)

    def reports(self, request_id: str | None = None, *, path: str | None = None) -> Calls:
        """What the plugin told MOTAR by status and alert, about one request where one is given."""
        return [
            each
            for each in self.exchanges()
            if each.kind == "inbound"
            and each.path in ((path,) if path else (STATUS, ALERT))
            and request_id in (None, fields(each).get("requestId"))
        ]

    def grants(self, grant_type: str) -> Calls:
        """The plugin's calls for tokens."""
        return [
            each
            for each in self.exchanges()
            if each.kind == "inbound"
            and each.path in (TOKENS, "/oauth/v2/token")
            and fields(each).get("grant_type") == grant_type
        ]

    def signed_in(self) -> Exchange:
        """The exchange of a code for tokens; raises `NotApplicableError` when there was none that worked."""
        for grant in self.grants("authorization_code"):
            if is_success(grant):
                return grant
        raise NotApplicableError("The plugin got no tokens: see code/redeemed-once and code/redirect-uri.")

    def until(self, check: Callable[[], T], *, patience: float | None = None) -> T:
        """What `check` answers as soon as that is true, or at last when patience is over."""
        deadline = time.monotonic() + (self.waits.patience if patience is None else patience)
        while not (found := check()) and time.monotonic() < deadline:
            time.sleep(LOOK_AGAIN)
        return found

    def settle(self) -> None:
        """Wait until nothing is under way that the emulator knows of."""
        self._world.settle(timeout=SETTLE)

    def quiet(self) -> None:
        """Wait until nothing has happened for a while: a plugin may work on when it has answered."""
        self.settle()
        deadline = time.monotonic() + self.waits.patience
        last, since = len(self.exchanges()), time.monotonic()
        while time.monotonic() < min(since + self.waits.quiet, deadline):
            time.sleep(LOOK_AGAIN)
            if (now := len(self.exchanges())) != last:
                last, since = now, time.monotonic()

    def _arrived(self) -> Exchange:
        self.quiet()
        calls = [each for each in self.exchanges() if each.kind == "delivery" and each.method == "GET"]
        if not calls:
            raise ShortfallError("The browser did not get to the plugin's redirect URI.")
        return calls[-1]


def fields(exchange: Exchange) -> dict[str, Any]:
    """What a call says, be it in its body or, as some clients do at the token endpoint, in its query."""
    return {**exchange.query, **(exchange.body if isinstance(exchange.body, dict) else {})}


def is_success(exchange: Exchange) -> bool:
    """Whether the answer was a success."""
    return exchange.status is not None and 200 <= exchange.status < 300


def is_refusal(exchange: Exchange) -> bool:
    """Whether the answer says that the caller is wrong, as opposed to success or to an accident."""
    return exchange.status is not None and 400 <= exchange.status < 500


def answer_of(exchange: Exchange) -> str:
    """How an exchange was answered, in words."""
    return f"HTTP {exchange.status}" if exchange.status is not None else f"no answer ({exchange.error})"


def basic(client_id: str, client_secret: str) -> str:
    """The Authorization header of a pair of credentials."""
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
