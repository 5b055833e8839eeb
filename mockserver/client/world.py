"""What can be done with one world, written once for clients that block and clients that are awaited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Unpack

from mockserver.client.answers import ClockReading, Delivery, Exchange, Plugin, Run, SignIn
from mockserver.client.calls import PATIENCE, Call, as_is, endpoint, segment, stream
from mockserver.client.errors import NotAsExpected
from mockserver.client.matches import Kind, Match, as_body
from mockserver.client.scenario_files import scenario_body

DEFAULT = "default"


class OfWorld:
    """What a world's client and its parts share: the name, and where the world is in the control API."""

    name: str

    def _path(self, *segments: str) -> str:
        return "/".join(["worlds", segment(self.name), *map(segment, segments)])


class WorldMethods(OfWorld):
    """The methods of `WorldClient` and `AsyncWorldClient`."""

    @endpoint
    def act(self, action: str, /, **arguments: Any) -> Call[Any]:
        """Do what a person does in Studio, and answer the action's result.

        `world.act("motar.add_distribution", distribution="1.1.0")`. `server.actions()` lists all actions.
        """
        return Call(method="POST", path=self._path("actions", action), body=arguments, read=as_is)

    @endpoint
    def sign_in(
        self,
        user: str,
        *,
        request: str | None = None,
        url: str | None = None,
        decision: Literal["allow", "cancel"] = "allow",
        visit: bool = False,
    ) -> Call[SignIn]:
        """Sign a user in without a browser, handed over for the latest ATO request or for `request`.

        `url` is a sign-in URL that a plugin built, instead of the one Studio hands over with. `visit=True` goes on
        to open the redirect, as the user's browser would; `settle` waits until the plugin has answered it.
        """
        given = {"user": user, "request": request, "url": url, "decision": decision, "visit": visit}
        body = {name: value for name, value in given.items() if value is not None}
        return Call(method="POST", path=self._path("actions", "motar.sign_in"), body=body, read=SignIn.read)

    @endpoint
    def settle(self, *, timeout: float = 10.0) -> Call[None]:
        """Wait until no request is being answered and every delivery that is due was sent.

        Raises `ServerSaidNo` (408) with what is still open after `timeout` seconds of wall time.
        """
        return Call(
            method="POST",
            path=self._path("settle"),
            body={"timeout": timeout},
            read=_nothing,
            patience=PATIENCE + timeout,
        )

    @endpoint
    def plugin(self, reference: str | None = None) -> Call[Plugin]:
        """The world's plugin, with its credentials and endpoints: the first one, or that of a name or client ID."""
        return Call(method="GET", path=self._path(), read=lambda view: Plugin.pick(view, reference))

    @endpoint
    def show(self) -> Call[dict[str, Any]]:
        """How the world was made, what its clock shows, and how much there is in it; below `motar` its people too."""
        return Call(method="GET", path=self._path(), read=as_is)

    @endpoint
    def deliveries(self) -> Call[list[Delivery]]:
        """Every webhook and browser that MOTAR sent or is about to send, oldest first, in short."""
        return Call(
            method="GET",
            path=self._path("deliveries"),
            read=lambda answer: [Delivery.read(each) for each in answer["deliveries"]],
        )

    @endpoint
    def delivery(self, id: str) -> Call[Delivery]:
        """One delivery in full: what was sent, and every attempt."""
        return Call(method="GET", path=self._path("deliveries", id), read=Delivery.read)

    @endpoint
    def redeliver(self, id: str) -> Call[Delivery]:
        """Send a delivery again, as a new one."""
        return Call(method="POST", path=self._path("deliveries", id, "redeliver"), read=Delivery.read)

    @endpoint
    def expect(self, line: str | None = None, /, *, timeout: float = 5.0, **match: Unpack[Match]) -> Call[Exchange]:
        """Wait for a call of the plugin, or with `kind="delivery"` for a webhook, and answer the first that matches.

        `world.expect("POST /ato/requests", kind="delivery", status=200)`. Those that were there before count. Raises
        `NotAsExpected` with the near misses after `timeout` seconds of wall time.
        """
        return Call(
            method="POST",
            path=self._path("journal", "wait"),
            body={"match": as_body(line, match), "count": 1, "timeout": timeout},
            read=lambda answer: Exchange.read(answer["exchanges"][0]),
            patience=PATIENCE + timeout,
            expectation=True,
        )

    @endpoint
    def expect_document(self, collection: str, /, *, timeout: float = 5.0, **where: Any) -> Call[dict[str, Any]]:
        """Wait until one of a collection is as `where` says, by the matchers of scenarios, and answer it.

        `world.expect_document("motar.ato_requests", status="completed")`. Raises `NotAsExpected` with the near misses
        after `timeout` seconds of wall time.
        """
        return Call(
            method="POST",
            path=self._path("documents", collection, "wait"),
            body={"where": where, "timeout": timeout},
            read=lambda answer: dict(answer["document"]),
            patience=PATIENCE + timeout,
            expectation=True,
        )

    @endpoint
    def settings(self) -> Call[dict[str, Any]]:
        """Every setting with its value, by section."""
        return Call(method="GET", path=self._path("settings"), read=as_is)

    @endpoint
    def change_settings(self, /, **sections: Mapping[str, Any]) -> Call[dict[str, Any]]:
        """Change settings, and answer all of them: `world.change_settings(motar={"expires_in": 3600})`."""
        return Call(method="PUT", path=self._path("settings"), body=sections, read=as_is)

    @endpoint
    def collections(self) -> Call[dict[str, int]]:
        """How many documents each collection has."""
        return Call(method="GET", path=self._path("documents"), read=lambda answer: dict(answer["collections"]))

    @endpoint
    def documents(self, collection: str) -> Call[list[dict[str, Any]]]:
        """What the world holds of one kind, such as `motar.ato_requests`."""
        return Call(
            method="GET", path=self._path("documents", collection), read=lambda answer: list(answer["documents"])
        )

    @endpoint
    def snapshot(self) -> Call[dict[str, Any]]:
        """The whole state of the world as data, for `restore`; it holds credentials."""
        return Call(method="GET", path=self._path("snapshot"), read=as_is)

    @endpoint
    def restore(self, snapshot: Mapping[str, Any]) -> Call[dict[str, Any]]:
        """Make the world what the snapshot says; its journal is emptied. Answers what `show` does."""
        return Call(method="PUT", path=self._path("snapshot"), body=dict(snapshot), read=as_is)

    @endpoint
    def reset(self) -> Call[dict[str, Any]]:
        """Take the world back to the moment after its creation; its journal is emptied. Answers what `show` does."""
        return Call(method="POST", path=self._path("reset"), read=as_is)

    @endpoint
    def drop(self) -> Call[None]:
        """Forget the world."""
        return Call(method="DELETE", path=self._path(), read=_nothing)

    @endpoint
    def run(
        self,
        scenario: str | Path,
        *,
        inputs: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        seed: int | None = None,
        mode: str | None = None,
        ids_from: int | None = None,
        check: bool = True,
        timeout: float = 120.0,
    ) -> Call[Run]:
        """Run a scenario, a file or a name, in this world, which is started over for it.

        `mode` (strict, ordered, loose, passthrough) says in what order things may come, instead of the scenario.
        With `ids_from`, a number, the world has the credentials that its seed gives, and other ids from then on.
        Raises `NotAsExpected` with the story of the steps when one fails, unless `check` is false.
        """
        body: dict[str, Any] = {
            **scenario_body(scenario),
            "inputs": dict(inputs or {}),
            "settings": dict(settings or {}),
        }
        if seed is not None:
            body["seed"] = seed
        if mode is not None:
            body["mode"] = mode
        if ids_from is not None:
            body["ids_from"] = ids_from
        read = _read_checked if check else Run.read
        return Call(method="POST", path=self._path("runs"), body=body, read=read, patience=timeout)

    @stream
    def follow(
        self,
        scenario: str | Path,
        *,
        inputs: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        seed: int | None = None,
        mode: str | None = None,
        ids_from: int | None = None,
    ) -> Call[dict[str, Any]]:
        """`run` a scenario, which may fail, and answer each step as it starts and ends, and at last the run.

        One document for each `event`: `started` and `finished` with the `step`, `ended` with the `run`, or `refused`
        with the reason in `detail`.
        """
        call = WorldMethods.run(
            self, scenario, inputs=inputs, settings=settings, seed=seed, mode=mode, ids_from=ids_from
        )
        return Call(method=call.method, path=call.path, body=call.body, read=as_is)

    @endpoint
    def add_fault(self, /, **fault: Any) -> Call[dict[str, Any]]:
        """Let something go wrong with the calls that fit: `world.add_fault(when={"path": "/x"}, status=503)`."""
        return Call(method="POST", path=self._path("faults"), body=fault, read=as_is)

    @endpoint
    def faults(self) -> Call[list[dict[str, Any]]]:
        """The faults of the world, with how many calls each has hit."""
        return Call(method="GET", path=self._path("faults"), read=lambda answer: list(answer["faults"]))

    @endpoint
    def remove_fault(self, id: str, /) -> Call[None]:
        """Let this go right again, such as `fault-1`; the others stay."""
        return Call(method="DELETE", path=self._path("faults", id), read=_nothing)

    @endpoint
    def clear_faults(self) -> Call[None]:
        """Let everything go right again."""
        return Call(method="DELETE", path=self._path("faults"), read=_nothing)

    @endpoint
    def start_recording(self, name: str | None = None, *, whole: bool = False) -> Call[dict[str, Any]]:
        """Record what happens from now on, or with `whole` since the world's beginning, as a scenario of that name."""
        body = {"whole": whole, **({"name": name} if name is not None else {})}
        return Call(method="POST", path=self._path("recording"), body=body, read=as_is)

    @endpoint
    def stop_recording(self) -> Call[dict[str, Any]]:
        """Stop the recording; its `name`, the `text` of the scenario, which the library keeps, and how many `steps`."""
        return Call(method="POST", path=self._path("recording", "stop"), read=as_is, patience=15.0)

    @endpoint
    def discard_recording(self) -> Call[None]:
        """Stop the recording, if there is one, and forget it."""
        return Call(method="DELETE", path=self._path("recording"), read=_nothing)


class JournalMethods(OfWorld):
    """What happened in a world: the methods of its `journal`."""

    @endpoint
    def exchanges(
        self,
        *,
        kind: Kind | None = None,
        method: str | None = None,
        path: str | None = None,
        status: int | str | None = None,
        after: int | None = None,
        limit: int | None = None,
    ) -> Call[list[Exchange]]:
        """What happened, oldest first; `after` is the id of an exchange, `limit` 1000 unless given."""
        query = {"kind": kind, "method": method, "path": path, "status": status, "after": after, "limit": limit}
        return Call(method="GET", path=self._path("journal"), query=query, read=_read_exchanges)

    @endpoint
    def wait(
        self, line: str | None = None, /, *, count: int = 1, timeout: float = 5.0, **match: Unpack[Match]
    ) -> Call[list[Exchange]]:
        """Wait until `count` exchanges match, those that were there before included, and answer them.

        `[report] = world.journal.wait("POST /plugin/v1/ato/status", status=200, body={"requestId": request})`.
        `line` is short for `method` and `path`. Raises `NotAsExpected` with the near misses after `timeout` seconds
        of wall time, and `ServerSaidNo` (410) when the world is reset meanwhile.
        """
        return Call(
            method="POST",
            path=self._path("journal", "wait"),
            body={"match": as_body(line, match), "count": count, "timeout": timeout},
            read=_read_exchanges,
            patience=PATIENCE + timeout,
            expectation=True,
        )

    @endpoint
    def verify(
        self,
        line: str | None = None,
        /,
        *,
        count: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        **match: Unpack[Match],
    ) -> Call[int]:
        """Check how many exchanges match by now, at least one unless told otherwise, and answer the number.

        `world.journal.verify("POST /oauth/token", count=1)`. Raises `NotAsExpected` with the near misses.
        """
        limits = {"count": count, "at_least": at_least, "at_most": at_most}
        body = {"match": as_body(line, match), **{name: n for name, n in limits.items() if n is not None}}
        return Call(
            method="POST",
            path=self._path("journal", "verify"),
            body=body,
            read=lambda answer: int(answer["matched"]),
            expectation=True,
        )

    @endpoint
    def canonical(self) -> Call[list[dict[str, Any]]]:
        """What happened without what differs from run to run: the same calls give the same answer."""
        query = {"view": "canonical", "limit": 10_000}
        return Call(
            method="GET", path=self._path("journal"), query=query, read=lambda answer: list(answer["exchanges"])
        )

    @endpoint
    def har(self) -> Call[dict[str, Any]]:
        """Requests and webhooks as a HAR 1.2 document, with placeholders for secrets."""
        return Call(method="GET", path=f"{self._path()}/journal.har", read=as_is)

    @endpoint
    def clear(self) -> Call[None]:
        """Empty the journal; ids go on counting."""
        return Call(method="DELETE", path=self._path("journal"), read=_nothing)


class ClockMethods(OfWorld):
    """A world's time: the methods of its `clock`."""

    @endpoint
    def now(self) -> Call[datetime]:
        """What the clock shows."""
        return Call(method="GET", path=self._path("clock"), read=lambda answer: ClockReading.read(answer).now)

    @endpoint
    def mode(self) -> Call[str]:
        """How it moves: `live` with the wall's clock, `frozen` when told, `auto` to whatever is next."""
        return Call(method="GET", path=self._path("clock"), read=lambda answer: ClockReading.read(answer).mode)

    @endpoint
    def set(
        self, mode: Literal["live", "frozen", "auto"] | None = None, now: datetime | str | None = None
    ) -> Call[ClockReading]:
        """Choose the mode, the instant, or both; `"wall"` is the machine's time. What is not given stays."""
        told = {"mode": mode, "now": now.isoformat() if isinstance(now, datetime) else now}
        body = {name: value for name, value in told.items() if value is not None}
        return Call(method="PUT", path=self._path("clock"), body=body, read=ClockReading.read)

    @endpoint
    def advance(self, by: str | float | timedelta, *, timeout: float = 60.0) -> Call[datetime]:
        """Move time forward by `"25h"`, `"90s"`, ISO 8601, seconds or a timedelta; answer what the clock shows then.

        Everything that falls due on the way happens, in order, before this answers.
        """
        return Call(
            method="POST",
            path=self._path("clock", "advance"),
            body={"by": by.total_seconds() if isinstance(by, timedelta) else by},
            read=lambda answer: ClockReading.read(answer).now,
            patience=timeout,
        )


def base_url(server: str, world: str) -> str:
    """Where a world's vendors are reached on a server."""
    return server if world == DEFAULT else f"{server}/w/{world}"


def _nothing(answer: Any) -> None:
    return None


def _read_exchanges(answer: Any) -> list[Exchange]:
    return [Exchange.read(each) for each in answer["exchanges"]]


def _read_checked(answer: Any) -> Run:
    __tracebackhide__ = True
    run = Run.read(answer)
    if not run.passed:
        raise NotAsExpected(200, {"title": "Scenario failed", "detail": str(run), "run": answer})
    return run
