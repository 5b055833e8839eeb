"""What the control API answers, as small objects that read well in a test.

Each keeps the JSON it was made of as `raw`: what a newer server tells is not lost on an older client.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Violation:
    """Something a client did that nobody documents."""

    field: str
    reason: str
    did_you_mean: str | None = None

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" + (f" (did you mean {self.did_you_mean!r}?)" if self.did_you_mean else "")


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered: header names in lower case, the body as data where it is JSON or a form, else text."""

    headers: dict[str, Any]
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One thing that happened in a world: a call of the plugin, a delivery to it, an action, a move of the clock.

    `headers` and `body` are those of the request, with header names in lower case. Of an action `path` is the
    name, `body` the arguments and `response.body` the result. `status` is None where nobody answered.
    """

    id: int
    kind: str
    method: str
    path: str
    url: str
    query: dict[str, Any]
    headers: dict[str, Any]
    body: Any
    status: int | None
    response: Response
    error: str | None
    violations: tuple[Violation, ...]
    delivery: str | None
    at: datetime
    raw: Json = field(repr=False)

    @classmethod
    def read(cls, raw: Json) -> Exchange:
        """From the JSON of the control API."""
        if raw["kind"] in ("action", "clock"):
            request, response = {"headers": {}, "body": raw["arguments"]}, {"headers": {}, "body": raw["result"]}
        else:
            request, response = raw["request"], raw["response"]
        return cls(
            id=raw["id"],
            kind=raw["kind"],
            method=raw.get("method", ""),
            path=raw["path"] if "path" in raw else raw["name"],
            url=raw.get("url", ""),
            query=raw.get("query", {}),
            headers=request["headers"],
            body=request["body"],
            status=raw.get("status"),
            response=Response(response["headers"], response["body"]),
            error=raw.get("error"),
            violations=tuple(
                Violation(each["field"], each["reason"], each.get("did_you_mean")) for each in raw.get("violations", ())
            ),
            delivery=raw.get("delivery"),
            at=instant(raw["at"]),
            raw=raw,
        )

    def __str__(self) -> str:
        if self.kind in ("action", "clock"):
            return f"#{self.id} {self.kind} {self.path}"
        prefix = "delivery " if self.kind == "delivery" else ""
        status = "no answer" if self.status is None else self.status
        return f"#{self.id} {prefix}{self.method} {self.path} -> {status}"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a delivery: `status` and `response` of the plugin's answer, or why there is none.

    `interrupted` says that the emulator ended while it was under way.
    """

    n: int
    at: datetime
    seconds: float
    status: int | None
    response: Response | None
    error: str | None
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A webhook, or a browser that MOTAR sends: where it goes, and what became of it.

    `status` and `error` are those of the last attempt. `headers`, `body` (a text) and `history` are there when one
    delivery was asked for.
    """

    id: str
    event: str
    about: str
    method: str
    url: str
    state: str
    created: datetime
    attempts: int
    status: int | None
    error: str | None
    redelivery_of: str | None
    headers: dict[str, Any] = field(default_factory=dict)
    body: str | None = None
    history: tuple[Attempt, ...] = ()
    raw: Json = field(repr=False)

    @classmethod
    def read(cls, raw: Json) -> Delivery:
        """From the JSON of the control API, in short or in full."""
        request, attempts = raw.get("request", {}), raw["attempts"]
        history = tuple(map(_attempt, attempts)) if isinstance(attempts, list) else ()
        same = ("id", "event", "about", "method", "url", "state", "status", "error", "redelivery_of")
        return cls(
            **{name: raw[name] for name in same},
            created=instant(raw["created"]),
            attempts=len(attempts) if isinstance(attempts, list) else attempts,
            headers=request.get("headers", {}),
            body=request.get("body"),
            history=history,
            raw=raw,
        )


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What a world's clock shows, and how it moves: `live`, `frozen` or `auto`."""

    mode: str
    now: datetime

    @classmethod
    def read(cls, raw: Json) -> ClockReading:
        """From the JSON of the control API."""
        return cls(raw["mode"], instant(raw["now"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A plugin as Studio knows it: what the plugin's own side needs, and where MOTAR reaches it."""

    name: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uris: tuple[str, ...]
    request_endpoint: str | None
    distribution_endpoint: str | None
    active: bool
    raw: Json = field(repr=False)

    @classmethod
    def pick(cls, view: Json, reference: str | None) -> Plugin:
        """From a world's view: the first, or that of a name or client ID. Raises `LookupError`."""
        plugins: list[Json] = view["motar"]["plugins"]
        for raw in plugins:
            if reference is None or reference in (raw["name"], raw["client_id"]):
                known = {name: raw[name] for name in cls.__dataclass_fields__ if name not in ("raw", "redirect_uris")}
                return cls(**known, redirect_uris=tuple(raw["redirect_uris"]), raw=raw)
        names = ", ".join(each["name"] for each in plugins) or "none"
        raise LookupError(f"The world {view['name']!r} has no plugin {reference or ''}; it has: {names}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """What a sign-in led to: where the browser is sent, and what that address holds.

    `error` is there after a cancelled one, `delivery` (an id) when the redirect was visited.
    """

    redirect_url: str
    code: str | None
    state: str | None
    error: str | None
    delivery: str | None
    raw: Json = field(repr=False)

    @classmethod
    def read(cls, raw: Json) -> SignIn:
        """From the result of `motar.sign_in`."""
        names = ("code", "state", "error", "delivery")
        return cls(redirect_url=raw["redirect_url"], **{name: raw.get(name) for name in names}, raw=raw)


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one step of a scenario; `details` are sentences for people."""

    index: int
    id: str | None
    title: str
    outcome: str
    outputs: dict[str, Any]
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of a scenario; as text it is the story of its steps."""

    id: str
    scenario: str
    outcome: str
    seconds: float
    steps: tuple[Step, ...]
    raw: Json = field(repr=False)

    @classmethod
    def read(cls, raw: Json) -> Run:
        """From the JSON of the control API."""
        same = ("id", "scenario", "outcome", "seconds")
        return cls(**{name: raw[name] for name in same}, steps=tuple(map(_step, raw["steps"])), raw=raw)

    @property
    def passed(self) -> bool:
        """Whether all steps did."""
        return self.outcome == "passed"

    @property
    def failed_step(self) -> Step | None:
        """The step that failed, None when all passed."""
        return next((step for step in self.steps if step.outcome == "failed"), None)

    @property
    def outputs(self) -> dict[str, dict[str, Any]]:
        """What the steps that have an id put out, by that id."""
        return {step.id: step.outputs for step in self.steps if step.id is not None}

    def __str__(self) -> str:
        return "\n".join([f"{self.scenario}: {self.outcome}", *_story(self.steps)])


def instant(text: str) -> datetime:
    """An instant of the control API, with its time zone."""
    return datetime.fromisoformat(text)


def _attempt(raw: Mapping[str, Any]) -> Attempt:
    answer = raw["response"]
    response = None if answer is None else Response(answer["headers"], answer["body"])
    status = None if answer is None else answer["status"]
    interrupted = raw.get("interrupted", False)
    return Attempt(raw["n"], instant(raw["at"]), raw["seconds"], status, response, raw["error"], interrupted)


def _step(raw: Mapping[str, Any]) -> Step:
    return Step(raw["index"], raw["id"], raw["title"], raw["outcome"], raw["outputs"], tuple(raw["details"]))


def _story(steps: Iterable[Step]) -> Iterable[str]:
    skipped = 0
    for step in steps:
        # Those after a failed one are nothing to read about.
        if step.outcome == "skipped":
            skipped += 1
            continue
        yield f"{step.index:>3}. {step.title}: {step.outcome}"
        yield from (f"       {detail}" for detail in step.details)
    if skipped:
        yield f"     {skipped} more skipped"
