"""Recording a world while it goes on: from where, and what came of it."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from mockserver.errors import Conflict, Unknown
from mockserver.recordings.recorder import Beginning, record
from mockserver.world.clock import FROZEN_START
from mockserver.world.header import Header
from mockserver.world.settings import SettingsDocument
from mockserver.world.world import SETTINGS, World


class Tape:
    """What is recorded of one world: its exchanges that began after `after`, from the state `beginning`."""

    def __init__(self, world: World, header: Header, name: str, *, whole: bool) -> None:
        self.name = name
        self._header = header
        self._start(world, whole=whole)

    def _start(self, world: World, *, whole: bool) -> None:
        self._world = world
        self._after = 0 if whole else world.journal.last_id
        self._dropped = 0 if whole else world.journal.dropped
        self._beginning = _at_its_creation(world, self._header) if whole else _as_it_is(world, self._header)

    def follow(self, world: World) -> None:
        """Go on with the world that took this one's place: after a reset it is recorded from its beginning."""
        if world is not self._world:
            self._start(world, whole=True)

    @property
    def length(self) -> int:
        """How many exchanges there are by now."""
        return len(self._world.journal.after(self._after))

    def scenario(self) -> dict[str, Any]:
        """The recording so far. Raises `Conflict` when it is empty, or when the journal dropped its beginning."""
        journal = self._world.journal
        exchanges = journal.after(self._after)
        if journal.dropped > self._dropped and (not exchanges or exchanges[0].id > self._after + 1):
            raise Conflict(
                f"The journal of the world {self._world.name!r} no longer holds the beginning of this recording.",
                hint="Record less at a time, or start the server with a larger --journal-exchanges.",
            )
        recorded = record(self.name, exchanges, self._beginning, summary=f"Recorded in the world {self._world.name}")
        if not recorded["steps"]:
            raise Conflict(
                f"Nothing has happened in the world {self._world.name!r} since the recording began.",
                hint="Do something, or discard the recording.",
            )
        return recorded


class Recorder:
    """The recordings under way on a server, one for each world at most."""

    def __init__(self) -> None:
        self._tapes: dict[str, Tape] = {}

    def start(self, world: World, header: Header, name: str | None = None, *, whole: bool = False) -> Tape:
        """Record what happens from now on, or with `whole` from the world's creation. Raises `Conflict`."""
        if world.name in self._tapes:
            raise Conflict(
                f"The world {world.name!r} is being recorded already, as {self._tapes[world.name].name}.",
                hint=f"POST /_mock/worlds/{world.name}/recording/stop ends that.",
            )
        tape = Tape(world, header, name or f"recordings/{world.name}", whole=whole)
        self._tapes[world.name] = tape
        return tape

    def of(self, world: World) -> Tape:
        """The recording of a world; raises `Unknown` when there is none."""
        tape = self._tapes.get(world.name)
        if tape is None:
            raise Unknown("recording of the world", world.name, hint="POST to it to begin one.")
        tape.follow(world)
        return tape

    def end(self, world: World) -> None:
        """Forget the recording of a world, if there is one."""
        self._tapes.pop(world.name, None)


def _as_it_is(world: World, header: Header) -> Beginning:
    return Beginning(
        at=world.clock.now(), mode=world.clock.mode, fixtures=header.fixtures, settings=_settings_of(world)
    )


def _at_its_creation(world: World, header: Header) -> Beginning:
    exchanges = world.journal.after(0)
    at = header.clock.now or (FROZEN_START if header.clock.mode != "live" else None)
    if at is None:
        at = exchanges[0].at if exchanges else world.clock.now()
    return Beginning(
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        mode=header.clock.mode,
        fixtures=header.fixtures,
        settings=_settings_of(world),
    )


def _settings_of(world: World) -> dict[str, Any]:
    document: SettingsDocument | None = world[SETTINGS].get("settings")
    return dict(document.values) if document else {}
