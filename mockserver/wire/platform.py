"""What a platform hands over, and what its handlers give back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from mockserver.checking.bounds import FileBounds
from mockserver.wire.call import Call
from mockserver.wire.routes import Carrier, Certainty, Reply, Route
from mockserver.world.actions import Action
from mockserver.world.collection import Kind
from mockserver.world.journal import Pairs, Violation

if TYPE_CHECKING:
    from mockserver.world.world import World
    from mockserver.world.worlds import Fixture


_URL_CHARACTERS = "".join(chr(code) for code in range(0x21, 0x7F))


class Answer(msgspec.Struct, frozen=True):
    """A finished response; header names are lower case."""

    status: int = 200
    headers: Pairs = ()
    body: bytes = b""


class Page(msgspec.Struct, frozen=True):
    """An HTML page to be rendered by the edge: a template's name and what it shows.

    `form_targets` are the origins to which the page's forms may end up being redirected.
    """

    template: str
    context: Mapping[str, object]
    status: int = 200
    headers: Pairs = ()
    form_targets: tuple[str, ...] = ()


class Refusal(msgspec.Struct, frozen=True):
    """A request the vendor would refuse: `code` is the vendor's own number or name for it.

    `description` goes to the client; `details` only to the journal and to pages.
    """

    status: int
    code: str
    description: str
    details: Mapping[str, object] = {}
    headers: Pairs = ()


class Rejected(Exception):
    """Refuse and undo everything this request did so far."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.description)
        self.refusal = refusal


JSON_HEADERS: Pairs = (("content-type", "application/json; charset=utf-8"),)


def json_answer(data: object, *, status: int = 200, headers: Pairs = ()) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, (*JSON_HEADERS, *headers) if headers else JSON_HEADERS, msgspec.json.encode(data))


def redirect(url: str, *, headers: Pairs = ()) -> Answer:
    """Send the browser elsewhere with 302. What a header cannot carry is percent-encoded."""
    return Answer(302, (("location", quote(url, safe=_URL_CHARACTERS)), ("cache-control", "no-store"), *headers))


class Decision(msgspec.Struct, frozen=True):
    """Something that is true of the emulation as a whole: how sure we are of it, and what it is."""

    topic: str
    certainty: Certainty
    text: str


class Control(msgspec.Struct, frozen=True):
    """An endpoint that a platform adds to the control API: `path` lies below `/_mock/worlds/{world}/` and its name.

    `answer` gets the world, in a transaction, and the body as a `takes`; what it answers is sent as JSON.
    """

    method: str
    path: str
    takes: type[msgspec.Struct]
    answer: Callable[[World, Any], object]


class Platform(msgspec.Struct, frozen=True):
    """One emulated vendor.

    `routes` and `actions` are its two faces, `kinds` what it stores, `settings` its switches.
    `fixture` reads one of its fixture files: text, how people know it, what it may have. `refuse`
    renders any refusal in the vendor's dialect, `problem` words what the edge itself found wrong
    (status, reason) as a refusal, and `strictness` words violations that a strict world refuses.
    `overview` tells what a newcomer to a world needs: credentials, people, and what is going on.
    `decisions` are what was decided beyond single routes. `carriers` are where credentials travel
    on calls that no route takes. `segments` are first path segments that are the vendor's although
    nothing below them is emulated, `hosts` the vendor's names in a Host header. `error` describes
    what refusals look like, of whatever status. `control` is what it adds to the control API.
    `extend` loads a team's modules, so that one that cannot be used stops the start.
    """

    name: str
    title: str
    routes: tuple[Route, ...]
    actions: tuple[Action[Any, Any], ...]
    kinds: tuple[Kind[Any], ...]
    refuse: Callable[[Call, Route | None, Refusal], Answer | Page]
    problem: Callable[[int, str], Refusal]
    strictness: Callable[[list[Violation]], Refusal]
    fixture: Callable[[str, str, FileBounds], Fixture]
    overview: Callable[[World], dict[str, Any]]
    decisions: tuple[Decision, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    segments: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    settings: type[msgspec.Struct] | None = None
    error: Reply | None = None
    control: tuple[Control, ...] = ()
    extend: Callable[[tuple[str, ...]], object] | None = None
