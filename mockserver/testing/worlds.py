"""The worlds of a session: one for the worker, started over for each test, and more where a test wants them."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from mockserver.client import ServerClient, ServerSaidNo, WorldClient
from mockserver.client.answers import Run
from mockserver.errors import MockserverError
from mockserver.testing.given import given_url, worker_name, world_name
from mockserver.testing.report import Remembered

DEFAULT = "default"
_numbers = itertools.count(1)


class SessionWorld:
    """A worker's world. `begin` takes it back to its beginning, with the same credentials and with other ids to come.

    A plugin that goes on running would take the second test's ATO request for the first one's, were they of one id.
    A world mints ids from its seed; what it holds already (the plugin, its credentials, the people) stays as it is
    when a snapshot of it is restored under another seed.
    """

    def __init__(self, client: WorldClient, options: Mapping[str, Any], seed: int) -> None:
        self.client = client
        self._repeat_with = f"--emulator-seed {seed}"
        self._options = options
        self._seed = seed
        self._endpoints: Mapping[str, str] | None = None
        self._begun: Counter[str] = Counter()
        self.ids_from = 0
        self._make()

    def begin(self, test: str, endpoints: Mapping[str, str] | None) -> Remembered:
        """Start over for a test, with the plugin at `endpoints` if any are given."""
        if endpoints != self._endpoints:
            self._endpoints = endpoints
            self._make()
        # A test that is run again within a session, after a failure perhaps, is another one to the plugin.
        self._begun[test] += 1
        self.ids_from = crc32(f"{self._seed}\0{test}\0{self._begun[test]}".encode())
        view = self.client.restore({**self._beginning, "seed": self.ids_from})
        return Remembered(self.client, view["unaddressed"], self._repeat_with)

    def run(self, scenario: str | Path, **options: Any) -> Run:
        """Run a scenario here, with the plugin and the ids of the test that has begun. Raises `NotAsExpected`."""
        __tracebackhide__ = True
        settings = {**options.pop("settings", {})}
        if self._endpoints:
            settings["motar"] = {**settings.get("motar", {}), **self._endpoints}
        return self.client.run(scenario, settings=settings, ids_from=self.ids_from, **options)

    def end(self) -> None:
        """Leave the server as it was."""
        with contextlib.suppress(MockserverError):
            if self.client.name == DEFAULT:
                self.client.reset()
            else:
                self.client.drop()

    def _make(self) -> None:
        if self.client.name == DEFAULT:
            self._take_over_default()
        else:
            create_afresh(self.client.server, self.client.name, _with_endpoints(self._options, self._endpoints))
        self._beginning = self.client.snapshot()

    def _take_over_default(self) -> None:
        """`default` can be neither dropped nor made, so what can be changed of it is."""
        unusable = [name for name in ("seed", "fixtures") if name in self._options]
        if unusable:
            pytest.fail(f"The world `default` is there already: {' and '.join(unusable)} cannot be set.", pytrace=False)
        self.client.reset()
        clock = self._options.get("clock", "frozen")
        self.client.clock.set(**(clock if isinstance(clock, Mapping) else {"mode": clock}))
        if "settings" in self._options:
            self.client.change_settings(**self._options["settings"])
        if self._endpoints:
            configure_plugin(self.client, self._endpoints)


@contextlib.contextmanager
def session_world(config: pytest.Config, server: ServerClient, options: Mapping[str, Any]) -> Generator[SessionWorld]:
    """The world of this process for the whole session."""
    seed: int | None = config.getoption("--emulator-seed")
    if seed is None:
        # Plugins of an emulator that goes on running may remember the ids of earlier sessions.
        seed = 0 if given_url(config) is None else random.SystemRandom().randrange(1_000_000)
    made = SessionWorld(server.world(world_name(config)), options, seed)
    try:
        yield made
    finally:
        made.end()


@contextlib.contextmanager
def world_maker(
    config: pytest.Config, server: ServerClient, defaults: Mapping[str, Any], remembered: list[Remembered]
) -> Generator[Callable[..., WorldClient]]:
    """Makes worlds for one test, adds them to what is remembered, and drops them after it."""
    made: list[WorldClient] = []
    prefix = "-".join(filter(None, (config.getoption("--emulator-world"), worker_name(config) or "main")))

    def make(name: str | None = None, **options: Any) -> WorldClient:
        chosen = name or f"{prefix}-new-{next(_numbers)}"
        world = create_afresh(server, chosen, {**defaults, **options})
        made.append(world)
        remembered.append(Remembered(world, world.show()["unaddressed"]))
        return world

    try:
        yield make
    finally:
        for world in made:
            with contextlib.suppress(MockserverError):
                world.drop()


def create_afresh(server: ServerClient, name: str, options: Mapping[str, Any]) -> WorldClient:
    """Make a world; one of that name, left by a session that was killed, gives way."""
    given = {"clock": "frozen", **options}
    try:
        return server.create_world(name, **given)
    except ServerSaidNo as no:
        if no.status != 409:
            raise
    server.world(name).drop()
    return server.create_world(name, **given)


def configure_plugin(world: WorldClient, endpoints: Mapping[str, Any]) -> None:
    """Point the plugin of a world at these endpoints, as its developer does in Studio."""
    given = dict(endpoints)
    if "redirect_uri" in given:
        given["redirect_uris"] = [given.pop("redirect_uri")]
    world.act("motar.configure_plugin", **given)


def _with_endpoints(options: Mapping[str, Any], endpoints: Mapping[str, str] | None) -> Mapping[str, Any]:
    if not endpoints:
        return options
    settings = options.get("settings", {})
    return {**options, "settings": {**settings, "motar": {**settings.get("motar", {}), **endpoints}}}
