"""From a HAR file to a scenario that replays it: what a plugin called is awaited and answered as it was then.

Calls of a plugin become `await` steps whose `respond` is the recorded answer. What went to a plugin's
own address becomes a `send` step with the `expect` of its answer. Values that come again are references,
and secrets placeholders or inputs, as in a recording of a world.

Source: http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import msgspec

from mockserver import checking
from mockserver.errors import Invalid, Problem
from mockserver.recordings.binding import Binder, Step
from mockserver.recordings.recorder import BY_HAND, PATIENT, patience
from mockserver.recordings.values import is_identifier, leaves
from mockserver.scenarios.steps import DEFAULT_WITHIN, METHODS
from mockserver.world.durations import format_duration
from mockserver.world.faults import LONGEST_DELAY
from mockserver.world.journal import Pairs, multi, readable
from mockserver.world.redaction import Redaction
from mockserver.world.secrets import label_of

SLOW: Final = timedelta(seconds=1)
"""An answer that took longer takes as long again; others come at once, so that replays are quick."""

_PREFIX: Final = re.compile(r"^/w/[a-z0-9-]+(?=/)")
_CONNECTION: Final = frozenset(
    (
        *("connection", "content-encoding", "content-length", "date", "host", "keep-alive", "server"),
        *("te", "trailer", "transfer-encoding", "upgrade", "accept", "accept-encoding", "user-agent", "cookie"),
        *("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"),
    )
)
"""Header fields that belong to one connection or one program, and not to what was said."""


class _Named(msgspec.Struct, frozen=True):
    name: str
    value: str = ""


class _Posted(msgspec.Struct, frozen=True):
    mime_type: str = msgspec.field(default="", name="mimeType")
    text: str = ""
    encoding: str = msgspec.field(default="", name="_encoding")


class _Request(msgspec.Struct, frozen=True):
    method: str
    url: str
    headers: tuple[_Named, ...] = ()
    posted: _Posted | None = msgspec.field(default=None, name="postData")


class _Content(msgspec.Struct, frozen=True):
    mime_type: str = msgspec.field(default="", name="mimeType")
    text: str = ""
    encoding: str = ""
    cut_off: str | None = msgspec.field(default=None, name="_cut_off")


class _Timings(msgspec.Struct, frozen=True):
    wait: float = 0.0


class _Response(msgspec.Struct, frozen=True):
    status: int
    headers: tuple[_Named, ...] = ()
    content: _Content = _Content()


class _Entry(msgspec.Struct, frozen=True):
    started: datetime = msgspec.field(name="startedDateTime")
    request: _Request
    response: _Response
    timings: _Timings = _Timings()
    kind: str | None = msgspec.field(default=None, name="_kind")


class _Log(msgspec.Struct, frozen=True):
    entries: tuple[_Entry, ...]


class _Document(msgspec.Struct, frozen=True):
    log: _Log


@dataclass(frozen=True, slots=True)
class Imported:
    """A scenario as plain data for `scenario_from`, and what of the file is not in it, in sentences."""

    scenario: dict[str, Any]
    left_out: Sequence[str]


def scenario_of(data: bytes, name: str, *, plugin: Sequence[str] = (), source: str = "HAR") -> Imported:
    """The scenario that replays a HAR file.

    `plugin` are the URLs with which requests to the plugin begin; in a file of ours those are known. Raises
    `Invalid` for what is no HAR, and for one in which nothing can be replayed.
    """
    try:
        raw = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Invalid(f"{source} is no HAR file:", [Problem("$", "JSON", str(error))]) from None
    document: _Document = checking.convert(raw, _Document, what=f"The HAR file {source}")
    importer = _Importer(tuple(each.rstrip("/") for each in plugin))
    for entry in sorted(document.log.entries, key=lambda each: _utc(each.started)):
        importer.add(entry)
    if not importer.steps:
        what = "; ".join(importer.left_out) or "there are no entries"
        raise Invalid(f"{source} cannot be replayed:", [Problem("$.log.entries", "a request with its answer", what)])
    scenario = {
        "name": name,
        "summary": f"Imported from {source}",
        "tags": ["recorded"],
        "mode": "strict",
        "start": _utc(importer.began).isoformat().replace("+00:00", "Z") if importer.began else None,
        **({"inputs": importer.binder.inputs} if importer.binder.inputs else {}),
        "steps": importer.steps,
    }
    return Imported(scenario, importer.left_out)


@dataclass
class _Importer:
    plugin: tuple[str, ...]
    steps: list[Step] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    binder: Binder = field(default_factory=Binder)
    began: datetime | None = None
    _redaction: Redaction = field(default_factory=Redaction)
    _at: datetime | None = None
    _before: datetime | None = None

    def add(self, entry: _Entry) -> None:
        request, status = entry.request, entry.response.status
        called = f"{request.method} {request.url.partition('?')[0]}"
        if (reason := _unusable(entry)) is not None:
            self.left_out.append(f"{called}: {reason}")
            return
        apart = 0.0 if self._before is None else (_utc(entry.started) - self._before).total_seconds()
        self._before = _utc(entry.started)
        self._let_time_pass(self._before)
        headers = tuple((each.name.lower(), each.value) for each in request.headers)
        body = _request_body(request)
        if entry.kind == "delivery" or any(_is_below(request.url, each) for each in self.plugin):
            self._send(request, headers, body, status)
        else:
            self._await(entry, headers, body, apart)

    def _let_time_pass(self, at: datetime) -> None:
        if self._at is None:
            self.began = self._at = at.replace(microsecond=0)
        passed = timedelta(seconds=int((at - self._at).total_seconds()))
        if passed > timedelta(0):
            self._at += passed
            self.steps.append({"advance": format_duration(passed)})

    def _await(self, entry: _Entry, headers: Pairs, body: bytes, apart: float) -> None:
        request = entry.request
        url = urlsplit(request.url)
        path = _PREFIX.sub("", unquote(url.path)) or "/"
        query = multi(tuple(parse_qsl(url.query, keep_blank_values=True)))
        data = readable(headers, body)
        where: Step = {"status": entry.response.status, **self.binder.message({"query": query, "body": data})}
        if (authorization := self._authorization(headers)) is not None:
            where["headers"] = {"authorization": authorization}
        step: Step = {"await": f"{request.method.upper()} {self.binder.path(path)}", "where": where}
        own = {value: f"$request.body#{pointer}" for pointer, value in leaves(data) if is_identifier(value)}
        answer = self._respond(entry.response, own, f"{url.scheme}://{url.netloc}")
        waited = timedelta(seconds=min(round(entry.timings.wait / 1000, 1), LONGEST_DELAY))
        usual = timedelta(seconds=DEFAULT_WITHIN)
        within = max(usual, BY_HAND if not self.steps else patience(apart) if apart > PATIENT else usual)
        if waited >= SLOW:
            answer["delay"] = format_duration(waited)
            within = max(within, waited + usual)
        if within > usual:
            step["within"] = format_duration(within)
        step["respond"] = answer
        self.steps.append(step)
        name = path.rstrip("/").rpartition("/")[2]
        if "body" in answer:
            self.binder.learn(step, name, "$response.body#", _response_data(entry.response))
        self.binder.learn(step, name, "$request.body#", data)
        self.binder.learn_query(step, name, query)

    def _authorization(self, headers: Pairs) -> str | None:
        """What an Authorization must be, where it is a token that an earlier answer gave."""
        given = next((value for name, value in headers if name == "authorization"), "")
        scheme, _, token = given.partition(" ")
        reference = self.binder.reference(token)
        return None if reference is None else f"{scheme} {{{reference}}}"

    def _respond(self, response: _Response, own: Mapping[str, str], origin: str) -> Step:
        answer: Step = {"status": response.status}
        headers: dict[str, Any] = {}
        for each in response.headers:
            name = each.name.lower()
            if name not in _CONNECTION and not name.startswith(":"):
                # What led to where the plugin had called leads to the emulator in a replay.
                value = each.value.removeprefix(origin) if name == "location" else each.value
                headers.setdefault(name, []).append(self._given(name, value, own))
        headers = {name: values if len(values) > 1 else values[0] for name, values in headers.items()}
        data = _response_data(response)
        if isinstance(data, Mapping | list):
            headers.setdefault("content-type", response.content.mime_type or "application/json")
            answer["body"] = self._given("", data, own)
        elif data:
            if response.content.mime_type:
                headers.setdefault("content-type", response.content.mime_type)
            answer["text"] = self._given("", data, own)
        return {**answer, **({"headers": headers} if headers else {})}

    def _given(self, name: str, value: Any, own: Mapping[str, str]) -> Any:
        """A part of an answer, as it is given again; `own` are values of the request that it answers."""
        if isinstance(value, Mapping):
            return {key: self._given(str(key), part, own) for key, part in value.items()}
        if isinstance(value, list):
            return [self._given(name, part, own) for part in value]
        if not isinstance(value, str):
            return value
        if label_of(name, value):
            return self.binder.literal(self._redaction.data(value, name))
        if (reference := own.get(value) or self.binder.reference(value)) is not None:
            return reference
        return self.binder.with_references(self._redaction.text(value))

    def _send(self, request: _Request, headers: Pairs, body: bytes, status: int) -> None:
        url = urlsplit(request.url)
        query = "&".join(
            f"{quote(name)}={self._in_url(name, value)}" for name, value in parse_qsl(url.query, keep_blank_values=True)
        )
        target = f"{{$inputs.{self._origin(f'{url.scheme}://{url.netloc}')}}}{quote(url.path or '/')}"
        step: Step = {"send": f"{request.method.upper()} {target}{f'?{query}' if query else ''}"}
        kept = {name: value for name, value in headers if name not in _CONNECTION and not name.startswith(":")}
        if kept:
            step["headers"] = {name: self.binder.argument(name, value) for name, value in kept.items()}
        data = readable(headers, body)
        if isinstance(data, Mapping | list) and "json" in kept.get("content-type", ""):
            step["body"] = self.binder.argument("", data)
        elif body:
            step["text"] = self.binder.with_references(self._redaction.text(body.decode("utf-8", "replace")))
        self.steps.append(step)
        where: Step = {"path": url.path or "/", "status": status}
        if request.method.upper() != "POST":
            where["method"] = request.method.upper()
        self.steps.append({"expect": "delivery", "where": where})
        if "body" in step:
            self.binder.learn(step, "webhook", "$request.body#", data)

    def _in_url(self, name: str, value: str) -> str:
        reference = self.binder.reference(value)
        return f"{{{reference}}}" if reference is not None else quote(str(self._redaction.data(value, name)), safe="")

    def _origin(self, origin: str) -> str:
        """The input that says where the plugin is; what it was is the default."""
        inputs = self.binder.inputs
        number = 1
        while (name := "plugin" if number == 1 else f"plugin-{number}") in inputs:
            if inputs[name]["default"] == origin:
                return name
            number += 1
        inputs[name] = {"default": origin, "description": "Where the plugin is", "type": "string"}
        return name


def _unusable(entry: _Entry) -> str | None:
    """Why an entry cannot be replayed, None when it can."""
    url = urlsplit(entry.request.url)
    if url.scheme not in ("http", "https"):
        return f"its scheme is {url.scheme or 'missing'}, not http"
    if entry.request.method.upper() not in METHODS:
        return f"a scenario knows no {entry.request.method}"
    if not 200 <= entry.response.status <= 599:
        return "it has no answer" if entry.response.status == 0 else f"its status is {entry.response.status}"
    if entry.response.content.cut_off is not None:
        return entry.response.content.cut_off
    if entry.response.content.encoding == "base64" and _text_of(entry.response.content) is None:
        return "its answer is no text"
    return None


def _text_of(content: _Content) -> str | None:
    """The text of an answer, None when it is something else."""
    if content.encoding != "base64":
        return content.text
    try:
        return base64.b64decode(content.text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _response_data(response: _Response) -> Any:
    text = _text_of(response.content) or ""
    data = readable((("content-type", response.content.mime_type),), text.encode())
    # Only JSON is data in an answer; a form is given again letter by letter.
    return data if "json" in response.content.mime_type or text[:1] in ("{", "[") else text


def _request_body(request: _Request) -> bytes:
    posted = request.posted
    if posted is None:
        return b""
    if posted.encoding == "base64":
        try:
            return base64.b64decode(posted.text, validate=True)
        except binascii.Error:
            return b""
    return posted.text.encode()


def _is_below(url: str, base: str) -> bool:
    return url == base or url.startswith((f"{base}/", f"{base}?"))


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
