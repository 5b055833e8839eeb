"""The stage on which scenarios are performed here: a living world of this server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from mockserver.delivery.runtime import Runtime
from mockserver.errors import Unknown
from mockserver.scenarios.caller import Caller, Request
from mockserver.scenarios.model import Scenario
from mockserver.world.faults import Fault
from mockserver.world.header import ClockSpec
from mockserver.world.interception import Interceptor
from mockserver.world.journal import Exchange
from mockserver.world.world import World

Facts = Mapping[str, Any]
T = TypeVar("T")


class LiveStage:
    """Performs in the world `name`, which it starts over.

    `settings` are laid over the scenario's own; `seed` is the world's where the scenario names none; with
    `ids_from` it mints by that number from then on, so that a plugin which knows its credentials sees new ids;
    `scenarios` finds the ones that it includes by name.
    """

    def __init__(
        self,
        runtime: Runtime,
        name: str,
        settings: dict[str, Any] | None = None,
        seed: int | None = None,
        *,
        ids_from: int | None = None,
        scenarios: Callable[[str], Scenario],
    ) -> None:
        self._runtime = runtime
        self._name = name
        self._settings = settings or {}
        self._seed = seed
        self._ids_from = ids_from
        self._scenarios = scenarios
        self._world: World = runtime.worlds.find(name)
        self._caller = Caller(runtime.dispatcher.targets, runtime.dispatcher.forbidden)

    async def prepare(self, scenario: Scenario, /) -> None:
        """Start the world over with the scenario's seed, clock and fixtures; a `start` means a frozen clock."""
        clock = None
        if scenario.start is not None:
            start = datetime.fromisoformat(scenario.start)
            clock = ClockSpec("frozen", start if start.tzinfo else start.replace(tzinfo=UTC))
        settings = {**(scenario.settings or {})}
        for section, values in self._settings.items():
            settings[section] = {**settings.get(section, {}), **values}
        self._world = self._runtime.worlds.remake(
            self._name,
            seed=self._seed if scenario.seed is None else scenario.seed,
            clock=clock,
            fixtures=scenario.fixtures,
            settings=settings,
        )
        if self._ids_from is not None:
            made = self._runtime.worlds.snapshot(self._name)
            self._world = self._runtime.worlds.restore(self._name, msgspec.structs.replace(made, seed=self._ids_from))

    async def act(self, name: str, arguments: Mapping[str, Any], /) -> object:
        return self._world.act(name, dict(arguments))

    def news(self, after: int, /) -> Sequence[Facts]:
        return [exchange.facts for exchange in self._world.journal.after(after)]

    def scenario(self, name: str, /) -> Scenario:
        return self._scenarios(name)

    async def until(self, check: Callable[[], T | None], within: float, /) -> T | None:
        return await self._runtime.until(self._world, check, within)

    def documents(self, collection: str, /) -> Sequence[Facts]:
        if collection not in self._world.collections:
            raise Unknown("collection", collection, self._world.collections)
        documents: list[Facts] = msgspec.to_builtins(list(self._world.collections[collection]))
        return documents

    def act_now(self, name: str, arguments: Mapping[str, Any], /) -> object:
        return self._world.act(name, dict(arguments))

    def listen(self, listener: Callable[[Facts], None], /) -> Callable[[], None]:
        listeners = self._world.journal.listeners

        def hear(exchange: Exchange) -> None:
            listener(exchange.facts)

        listeners.append(hear)
        return lambda: listeners.remove(hear)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: str, /) -> str:
        with self._world.transaction():
            pairs = tuple(headers.items())
            return self._world.outbox.send("scenario", about="", method=method, url=url, headers=pairs, body=body).id

    def break_something(self, fault: Fault, /) -> str:
        return self._world.faults.add(fault, self._world.clock.now()).id

    def exchanges(self) -> Sequence[Facts]:
        return [exchange.facts for exchange in self._world.journal]

    async def advance(self, by: timedelta, /) -> None:
        await self._runtime.advance(self._world, by)

    async def settle(self, seconds: float, /) -> bool:
        return await self._runtime.settle(self._world, seconds)

    async def call(self, request: Request, /) -> Facts:
        answered = await self._caller.send(request, self._runtime.address_of(self._name))
        if "://" in request.target:
            return answered
        # The journal has it already: then it has an id, and no later step takes it for the plugin's.
        seen = ("method", "status", "body")
        for exchange in reversed(self._world.journal):
            facts = exchange.facts
            ours = exchange.kind == "inbound" and answered["path"].endswith(exchange.path)
            if ours and all(facts[name] == answered[name] for name in seen):
                return {**facts, "response": {**facts["response"], "cookies": answered["response"]["cookies"]}}
        return answered

    def intercept(self, interceptor: Interceptor, /) -> Callable[[], None]:
        world = self._world
        world.interceptors.append(interceptor)
        return lambda: world.interceptors.remove(interceptor)

    async def close(self) -> None:
        self._world.faults.clear()
        await self._caller.close()
