"""The server's log: readable lines on a terminal, JSON elsewhere; one line for each thing that happens.

Secrets are left out, and nothing that a client sends can begin a line of its own or steer a terminal.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TextIO

import msgspec

from mockserver.world.redaction import Redaction, held_by
from mockserver.world.worlds import Worlds

if TYPE_CHECKING:
    from mockserver.world.journal import Exchange
    from mockserver.world.world import World

FLUSH_AFTER = 0.05
"""Seconds that lines wait for others, to leave together: writing each by itself would cost more than many a request."""
LONGEST = 300
"""Characters of a path, an error or a reason that are shown."""

CHATTY = ("httpx2", "httpcore2", "uvicorn", "asyncio", "faker", "watchfiles")
"""Loggers of others that tell of every step, and httpx2's of every query with what is in it."""

_QUERY = re.compile(r"[?#].*", re.DOTALL)
_LOGIN = re.compile(r"//[^/@]*@")

ARROWS = {"inbound": "->", "delivery": "<-"}
RED, GREEN, YELLOW, CYAN, DIM = "31", "32", "33", "36", "2"
LEVELS = {"warning": YELLOW, "error": RED, "critical": RED}


class _ExchangeLine(msgspec.Struct, kw_only=True):
    """A line in JSON; a Struct, because it is written for every request and encodes in no time."""

    time: datetime
    level: str = "info"
    logger: str = "mockserver"
    message: str
    kind: str
    world: str | None
    route: str | None
    status: int | None
    ms: float
    error: str | msgspec.UnsetType
    violations: list[dict[str, str]] | msgspec.UnsetType


_encode = msgspec.json.Encoder().encode


class LogLines(logging.Handler):
    """Writes lines to a stream in one of the two forms: `is_json`, else text, in colour where `colour` says so."""

    def __init__(self, stream: TextIO, *, is_json: bool, colour: bool = False) -> None:
        super().__init__()
        self.is_json = is_json
        self._stream = stream
        self._colour = colour and not is_json
        self._worlds: Worlds | None = None
        self._waiting: list[str | tuple[World, Exchange]] = []
        self._flush: asyncio.TimerHandle | None = None
        self._writing = threading.Lock()
        self._second = (0, "")

    def watch(self, worlds: Worlds) -> None:
        """Write a line for everything that happens in these worlds, and show no secret of theirs."""
        self._worlds = worlds
        if logging.getLogger("mockserver").isEnabledFor(logging.INFO):
            worlds.observers.append(self._tell)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.write(self._record(record))
            if record.levelno >= logging.WARNING:
                self.flush()
        except Exception:
            self.handleError(record)

    def write(self, line: str) -> None:
        """Put a line where the stream will have it soon: at once outside an event loop, else with those that follow."""
        self._wait(line)

    def _wait(self, line: str | tuple[World, Exchange]) -> None:
        self._waiting.append(line)
        if self._flush is None:
            try:
                self._flush = asyncio.get_running_loop().call_later(FLUSH_AFTER, self.flush)
            except RuntimeError:
                self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self._writing:
            if self._flush is not None:
                self._flush.cancel()
                self._flush = None
            waiting, self._waiting = self._waiting, []
            if waiting:
                lines = [each if isinstance(each, str) else self._line(*each) for each in waiting]
                # Whoever read the log may be gone; that is no reason to stop answering.
                with contextlib.suppress(OSError, ValueError):
                    self._stream.write("\n".join(lines) + "\n")
                    self._stream.flush()

    def _record(self, record: logging.LogRecord) -> str:
        redaction = Redaction(held_by(self._worlds) if self._worlds is not None else _nobody, numbered=False)
        message = redaction.text(record.getMessage())
        trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
        trace = redaction.text(trace)
        details = [redaction.text(each) for each in getattr(record, "details", ())]
        level = record.levelname.lower()
        if self.is_json:
            told: dict[str, Any] = {"time": _instant(record.created), "level": level, "logger": record.name}
            told["message"] = message
            if details:
                told["details"] = details
            return _json({**told, "exception": trace} if trace else told)
        shown = self._paint(level, LEVELS[level]) + " " if level in LEVELS else ""
        lines = [f"{self._paint(self._clock(record.created), DIM)} {shown}{printable(message)}"]
        lines += [f"    {printable(line)}" for line in (*details, *trace.splitlines())]
        return "\n".join(lines)

    def _tell(self, world: World | None, exchange: Exchange) -> None:
        route = exchange.route
        if world is None or route is None or "{" in route or exchange.error or exchange.violations:
            # Now: a secret that it names may be gone from the world a moment later, and would be shown.
            self._wait(self._line(world, exchange))
        else:
            # With the others: hundreds of lines in a row are made in half the time.
            self._wait((world, exchange))

    def _line(self, world: World | None, exchange: Exchange) -> str:
        return self._exchange_as_json(world, exchange) if self.is_json else self._exchange(world, exchange)

    def _exchange(self, world: World | None, exchange: Exchange) -> str:
        status = exchange.status
        told = []
        if status is not None:
            told.append(self._paint(str(status), GREEN if status < 300 else CYAN if status < 400 else YELLOW))
        if exchange.error:
            colour = RED if exchange.kind == "delivery" or (status or 0) >= 500 else YELLOW
            told.append(self._paint(_safe(world, exchange.error.partition("\n")[0]), colour))
        odd = (f"({each.field}: {each.reason})" for each in exchange.violations)
        told += [self._paint(_safe(world, each), YELLOW) for each in odd]
        name = f"{world.name if world is not None else '-':<12}"
        what = f"{ARROWS.get(exchange.kind, '--')} {_what(world, exchange)}"
        took = self._paint(f"{exchange.seconds * 1000:.1f} ms", DIM)
        when = self._paint(self._clock(exchange.wall.timestamp()), DIM)
        return f"{when} {self._paint(name, CYAN)} {what:<46} {'  '.join(told)}  {took}"

    def _exchange_as_json(self, world: World | None, exchange: Exchange) -> str:
        odd = [{"field": _safe(world, each.field), "reason": _safe(world, each.reason)} for each in exchange.violations]
        line = _ExchangeLine(
            time=exchange.wall,
            message=_what(world, exchange),
            kind=exchange.kind,
            world=world.name if world is not None else None,
            route=exchange.route,
            status=exchange.status,
            ms=round(exchange.seconds * 1000, 3),
            error=_safe(world, exchange.error) if exchange.error else msgspec.UNSET,
            violations=odd or msgspec.UNSET,
        )
        return _encode(line).decode()

    def _clock(self, seconds: float) -> str:
        if self._second[0] != int(seconds):
            self._second = (int(seconds), time.strftime("%H:%M:%S", time.localtime(seconds)))
        return self._second[1]

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text


def configure(level: str, form: Literal["auto", "text", "json"], stream: TextIO) -> LogLines:
    """Send everything that is logged in this process to `stream`; `auto` is text where that is a terminal."""
    terminal = stream.isatty()
    lines = LogLines(
        stream,
        is_json=form == "json" or (form == "auto" and not terminal),
        colour=terminal and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb",
    )
    logging.basicConfig(level=level.upper(), handlers=[lines], force=True)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))
    return lines


def printable(text: str) -> str:
    """The text with line breaks, control characters and what turns writing around spelled out."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _what(world: World | None, exchange: Exchange) -> str:
    match exchange.kind:
        case "inbound":
            path = exchange.path
            if exchange.route is None or "{" in exchange.route:
                path = _safe(world, path)
            return f"{exchange.method} {path}"
        case "delivery":
            return f"{exchange.method} {_safe(world, _LOGIN.sub('//', _QUERY.sub('', exchange.url)))}"
    return f"{exchange.kind} {_safe(world, exchange.path)}"


def _safe(world: World | None, text: str) -> str:
    redaction = Redaction(held_by([world]) if world is not None else _nobody, numbered=False)
    shown = printable(redaction.text(text[: 4 * LONGEST]))
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"


def _nobody(word: str) -> str | None:
    return None


def _instant(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(seconds % 1 * 1000):03}Z"


def _json(told: dict[str, Any]) -> str:
    return _encode(told).decode()
