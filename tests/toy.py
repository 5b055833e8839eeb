"""A vendor made for tests: small enough to see through, and willing to do everything wrong that a platform can do."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from mockserver.wire import (
    Answer,
    Call,
    Carrier,
    Evidence,
    Page,
    Platform,
    Refusal,
    Rejected,
    Route,
    json_answer,
    redirect,
)
from mockserver.world.actions import action
from mockserver.world.collection import Kind
from mockserver.world.world import Schema, World
from mockserver.world.worlds import Worlds


class Note(msgspec.Struct, frozen=True):
    id: str
    text: str
    tags: tuple[str, ...] = ()
    secret: str | None = None


NOTES: Kind[Note] = Kind("toy.notes", Note, indexes=("text", "tags"), credentials=("secret",))


class Crash(Exception):
    """What a bug in a platform raises."""


def write_note(world: World, text: str, secret: str | None = None) -> Note:
    return world[NOTES].insert(Note(f"note-{world.mint.count('toy.note')}", text, (text[:1],), secret))


class Write(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str
    secret: str | None = None
    crash: bool = False


@action("toy.write")
def write(world: World, args: Write) -> Note:
    """Write a note, and perhaps crash."""
    note = write_note(world, args.text, args.secret)
    if args.crash:
        raise Crash("as asked")
    return note


class Later(msgspec.Struct, frozen=True, kw_only=True):
    after: float
    action: str = "toy.write"
    arguments: dict[str, Any] = {}


@action("toy.later")
def later(world: World, args: Later) -> str:
    """Have an action run later."""
    return world.timers.after(timedelta(seconds=args.after), args.action, **args.arguments).id


class Send(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    retry_after: tuple[float, ...] = ()
    outcome: str | None = None
    outcome_arguments: dict[str, Any] = {}
    times: int = 1


@action("toy.send")
def send(world: World, args: Send) -> list[str]:
    """Send something somewhere, several times over."""
    return [
        world.outbox.send(
            "toy.event",
            about="toy",
            url=args.url,
            headers=args.headers,
            body=args.body.replace("{n}", str(n)),
            retry_after=[timedelta(seconds=each) for each in args.retry_after],
            outcome=args.outcome,
            outcome_arguments=args.outcome_arguments,
        ).id
        for n in range(args.times)
    ]


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    delivery: str
    text: str = "heard"


@action("toy.heard")
def heard(world: World, args: Heard) -> Note:
    """Write down that a delivery has its outcome."""
    return write_note(world, f"{args.text} of {args.delivery}")


def post_note(world: World, call: Call) -> Answer | Page | Refusal:
    """Write a note and then do what the query's `then` says."""
    note = write_note(world, call.body.decode("utf-8", "replace"))
    world.outbox.send("toy.event", about=note.id, url="http://127.0.0.1:9/nobody")
    world.timers.after(timedelta(hours=1), "toy.write", text="timer")
    match call.query_value("then"):
        case "crash":
            raise Crash("as asked")
        case "reject":
            raise Rejected(Refusal(400, "rejected", "undone"))
        case "refuse":
            return Refusal(400, "refused", "remembered")
        case "violate":
            call.violate("body", "odd")
        case "no-such-page":
            return Page("no-such-page.html", {})
        case "unrenderable":
            raise Rejected(Refusal(400, "crash", "refuse crashes"))
        case "headers":
            return Answer(200, (("x-odd", call.query_value("value") or ""),), b"ok")
        case "redirect":
            return redirect(call.query_value("value") or "/")
    return json_answer({"id": note.id})


def get_note(world: World, call: Call) -> Answer | Refusal:
    found = world[NOTES].get(call.params["id"])
    return json_answer(found) if found else Refusal(404, "unknown", f"no note {call.params['id']}")


def whoami(world: World, call: Call) -> Answer:
    """Say which world answers, and what it thinks of its address."""
    return json_answer({"world": world.name, "base_url": call.base_url})


def refuse(call: Call, route: Route | None, refusal: Refusal) -> Answer:
    if refusal.code == "crash":
        raise Crash("even the refusal crashes")
    return json_answer({"toy": refusal.description}, status=refusal.status, headers=refusal.headers)


_EVIDENCE = Evidence("assumed", "assumed", "assumed")
_CARRIERS = (
    Carrier("code", "parameter", ("code",)),
    Carrier("cookie", "header", ("x-cookie",)),
    Carrier("client_id", "parameter", ("client_id", "clientId")),
    Carrier("access_token", "authorization"),
)

TOY = Platform(
    name="toy",
    title="Toy",
    routes=(
        Route("POST", "/toy/notes", post_note, "Write a note", _EVIDENCE),
        Route("GET", "/toy/notes/{id}", get_note, "Read a note", _EVIDENCE),
        Route("GET", "/toy/whoami", whoami, "Which world?", _EVIDENCE, _CARRIERS),
        Route("POST", "/toy/whoami", whoami, "Which world?", _EVIDENCE, _CARRIERS),
    ),
    actions=(write, later, send, heard),
    kinds=(NOTES,),
    refuse=refuse,
    problem=lambda status, reason: Refusal(status, str(status), reason),
    strictness=lambda violations: Refusal(400, "strict", "strict"),
    fixture=lambda text, source, bounds: None,
    overview=lambda world: {},
)


def toy_worlds(wall: Callable[[], float] = time.time, **options: Any) -> Worlds:
    """Worlds of nothing but the toy, without any server around them."""
    schema = Schema.of(kinds=TOY.kinds, actions=TOY.actions)
    return Worlds(schema, wall=wall, fixture=lambda name: None, **options)  # type: ignore[arg-type,return-value]
