"""The clients themselves: a server's and a world's, each blocking or to be awaited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from mockserver.client.calls import AsyncTransport, Awaiting, Blocking, Call, Transport, as_is, endpoint
from mockserver.client.transports import AsyncHttpTransport, HttpTransport
from mockserver.client.world import DEFAULT, ClockMethods, JournalMethods, WorldMethods, base_url

W = TypeVar("W")


class ServerMethods(Generic[W]):
    """The methods of `ServerClient` and `AsyncServerClient`; `W` is their kind of world."""

    def world(self, name: str = DEFAULT) -> W:
        """A world that is there already, without asking the server whether it is."""
        raise NotImplementedError

    @endpoint
    def create_world(
        self,
        name: str | None = None,
        *,
        seed: int | None = None,
        clock: str | Mapping[str, Any] | None = None,
        fixtures: Sequence[str] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> Call[W]:
        """Open a world; what is not given is as in `default`, a name that is not given is made up.

        `clock` is a mode (`"frozen"`), or `{"mode": ..., "now": ...}` with an instant or `"wall"`. `fixtures` are
        names or files on the server's side. Raises `ServerSaidNo`: 409 when the name is taken, 400 with every
        problem of what does not fit.
        """
        given = {
            "name": name,
            "seed": seed,
            "clock": {"mode": clock} if isinstance(clock, str) else _plain(clock),
            "fixtures": None if fixtures is None else list(fixtures),
            "settings": None if settings is None else dict(settings),
        }
        body = {key: value for key, value in given.items() if value is not None}
        return Call(method="POST", path="worlds", body=body, read=lambda view: self.world(view["name"]))

    @endpoint
    def worlds(self) -> Call[list[dict[str, Any]]]:
        """Every world in short."""
        return Call(method="GET", path="worlds", read=lambda answer: list(answer["worlds"]))

    @endpoint
    def health(self) -> Call[dict[str, Any]]:
        """Whether the server is `ready`, its version, and how many worlds it has; needs no token."""
        return Call(method="GET", path="health", read=as_is)

    @endpoint
    def checkpoint(self) -> Call[dict[str, Any]]:
        """Write the worlds that changed to their files below `--data`: their names (`worlds`), and the `bytes`.

        Raises `ServerSaidNo`: 409 for a server without `--data`, 503 when they cannot be written.
        """
        return Call(method="POST", path="checkpoint", read=as_is)

    @endpoint
    def actions(self) -> Call[list[dict[str, Any]]]:
        """Every action with its arguments as a JSON Schema."""
        return Call(method="GET", path="actions", read=lambda answer: list(answer["actions"]))

    @endpoint
    def scenarios(self) -> Call[list[dict[str, Any]]]:
        """Every scenario that can be run by name, where it is `kept`, and its `tags`."""
        return Call(method="GET", path="scenarios", read=lambda answer: list(answer["scenarios"]))

    @endpoint
    def broken_scenario_files(self) -> Call[list[dict[str, Any]]]:
        """The files of `serve --scenarios` that cannot be used: `file`, `problems`, and the `scenario` it was."""
        return Call(method="GET", path="scenarios", read=lambda answer: list(answer["broken"]))

    @endpoint
    def scenario(self, name: str, *, version: int | None = None) -> Call[dict[str, Any]]:
        """A scenario with its `text`, or an earlier version of the library's."""
        return Call(method="GET", path=f"scenarios/{quote(name)}", query={"version": version}, read=as_is)

    @endpoint
    def scenario_versions(self, name: str) -> Call[list[dict[str, Any]]]:
        """The versions of a scenario that the library has, oldest first: `version`, `source`, when it was `kept`."""
        path = f"scenario-versions/{quote(name)}"
        return Call(method="GET", path=path, read=lambda answer: list(answer["versions"]))

    @endpoint
    def keep_scenario(self, text: str, *, source: str = "scenario") -> Call[dict[str, Any]]:
        """Keep a scenario in the server's library, under the name in its text; `source` is what problems name.

        Raises `ServerSaidNo` with every problem of a text that is no scenario.
        """
        return Call(method="POST", path="scenarios", body={"text": text, "source": source}, read=as_is)

    @endpoint
    def drop_scenario(self, name: str) -> Call[None]:
        """Forget a scenario of the library."""
        return Call(method="DELETE", path=f"scenarios/{quote(name)}", read=as_is)

    @endpoint
    def unaddressed(self) -> Call[dict[str, Any]]:
        """Requests that led to no world: how many there were (`count`), and the last `exchanges` with the `reason`."""
        return Call(method="GET", path="unaddressed", read=as_is)


class Journal(Blocking, JournalMethods):
    """What happened in a world."""

    def __init__(self, transport: Transport, name: str) -> None:
        super().__init__(transport)
        self.name = name


class Clock(Blocking, ClockMethods):
    """A world's time."""

    def __init__(self, transport: Transport, name: str) -> None:
        super().__init__(transport)
        self.name = name


class AsyncJournal(Awaiting, JournalMethods):
    """What happened in a world."""

    def __init__(self, transport: AsyncTransport, name: str) -> None:
        super().__init__(transport)
        self.name = name


class AsyncClock(Awaiting, ClockMethods):
    """A world's time."""

    def __init__(self, transport: AsyncTransport, name: str) -> None:
        super().__init__(transport)
        self.name = name


class WorldClient(Blocking, WorldMethods):
    """One world of a server. `connect` and `ServerClient.create_world` answer one.

    `base_url` is where the plugin finds MOTAR in this world, by the address under which this client reaches the
    server. `journal` and `clock` are parts of it, `server` is the server's own client.
    """

    def __init__(self, server: ServerClient, name: str) -> None:
        super().__init__(server._transport)
        self.server = server
        self.name = name
        self.base_url = base_url(server.url, name)
        self.journal = Journal(server._transport, name)
        self.clock = Clock(server._transport, name)

    def __repr__(self) -> str:
        return f"<WorldClient {self.base_url}>"


class AsyncWorldClient(Awaiting, WorldMethods):
    """One world of a server, as `WorldClient`, with every method to be awaited."""

    def __init__(self, server: AsyncServerClient, name: str) -> None:
        super().__init__(server._transport)
        self.server = server
        self.name = name
        self.base_url = base_url(server.url, name)
        self.journal = AsyncJournal(server._transport, name)
        self.clock = AsyncClock(server._transport, name)

    def __repr__(self) -> str:
        return f"<AsyncWorldClient {self.base_url}>"


class ServerClient(Blocking, ServerMethods[WorldClient]):
    """A running emulator: makes and finds worlds. May be used by several threads; need not be closed."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._http = HttpTransport(url, token)
        self.url = self._http.server
        super().__init__(self._http)

    def world(self, name: str = DEFAULT) -> WorldClient:
        return WorldClient(self, name)

    def close(self) -> None:
        """Let go of the connections, as the end of a `with` block does."""
        self._http.close()

    def __enter__(self) -> ServerClient:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ServerClient {self.url}>"


class AsyncServerClient(Awaiting, ServerMethods[AsyncWorldClient]):
    """A running emulator, for one event loop; close it there, or use `async with`."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self._http = AsyncHttpTransport(url, token)
        self.url = self._http.server
        super().__init__(self._http)

    def world(self, name: str = DEFAULT) -> AsyncWorldClient:
        return AsyncWorldClient(self, name)

    async def close(self) -> None:
        """Let go of the connections, as the end of an `async with` block does."""
        await self._http.close()

    async def __aenter__(self) -> AsyncServerClient:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncServerClient {self.url}>"


def connect(url: str, world: str = DEFAULT, token: str | None = None) -> WorldClient:
    """A world of the emulator at `url`; nothing is sent yet. `token` is the control token, where one is asked for."""
    return ServerClient(url, token).world(world)


def connect_async(url: str, world: str = DEFAULT, token: str | None = None) -> AsyncWorldClient:
    """`connect` for async code; `await world.server.close()` when done."""
    return AsyncServerClient(url, token).world(world)


def _plain(clock: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if clock is None:
        return None
    now = clock.get("now")
    return {**clock, "now": now.isoformat()} if isinstance(now, datetime) else dict(clock)
