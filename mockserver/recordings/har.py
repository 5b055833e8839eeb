"""What happened in a world as HAR 1.2, for the tools that read it; without its secrets.

Requests in and deliveries out are entries, in the order in which they began. What HAR has no field for
goes by names with an underscore, as the format asks: `_kind` (inbound or delivery), `_id` (of the
exchange), `_at` (the world's time), `_error` (why there is no answer).

Source: http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import msgspec

from mockserver.world.journal import Exchange, Pairs
from mockserver.world.redaction import Redaction

FORM = "application/x-www-form-urlencoded"
_BY_HTTP = ("inbound", "delivery")
_NO_PAGE = {"onContentLoad": -1, "onLoad": -1}
"""What the format says for timings that do not apply; some readers ask for both."""
_PHRASES = {each.value: each.phrase for each in HTTPStatus}


def har(exchanges: Iterable[Exchange], redaction: Redaction, *, title: str) -> dict[str, Any]:
    """The HTTP among these exchanges as one HAR document with a page called `title`."""
    ordered = sorted((each for each in exchanges if each.kind in _BY_HTTP), key=lambda each: each.began)
    began = ordered[0].wall if ordered else datetime.fromtimestamp(0, UTC)
    page = {"startedDateTime": _iso(began), "id": "page_1", "title": title, "pageTimings": _NO_PAGE}
    return _document([page], [_entry(each, redaction) for each in ordered])


def merged(documents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several of our HAR documents as one, each with a page of its own."""
    pages: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    for number, document in enumerate(documents, 1):
        pages += [{**page, "id": f"page_{number}"} for page in document["log"]["pages"]]
        entries += [{**entry, "pageref": f"page_{number}"} for entry in document["log"]["entries"]]
    return _document(pages, entries)


def _document(pages: list[dict[str, Any]], entries: list[dict[str, Any]]) -> dict[str, Any]:
    creator = {"name": "mockserver", "version": version("motar-mockserver")}
    return {"log": {"version": "1.2", "creator": creator, "browser": creator, "pages": pages, "entries": entries}}


def _entry(exchange: Exchange, redaction: Redaction) -> dict[str, Any]:
    milliseconds = round(exchange.seconds * 1000, 3)
    entry = {
        "pageref": "page_1",
        "startedDateTime": _iso(exchange.wall),
        "time": milliseconds,
        "request": _request(exchange, redaction),
        "response": _response(exchange, redaction),
        "cache": {},
        # One clock measures the whole exchange; how long each part took nobody knows.
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_kind": exchange.kind,
        "_id": exchange.id,
        "_at": _iso(exchange.at),
    }
    if exchange.error is not None:
        entry["_error"] = redaction.text(exchange.error)
    return entry


def _request(exchange: Exchange, redaction: Redaction) -> dict[str, Any]:
    headers = redaction.pairs(exchange.request_headers)
    query = redaction.pairs(exchange.query)
    address = quote(redaction.text(exchange.url.partition("?")[0]), safe=":/?#[]@!$&'()*+,;=%~")
    request = {
        "method": exchange.method,
        "url": f"{address}?{_query_string(exchange, query)}" if exchange.query_string else address,
        "httpVersion": "HTTP/1.1",
        "cookies": [_cookie(crumb) for name, value in headers if name == "cookie" for crumb in value.split(";")],
        "headers": _pairs(headers),
        "queryString": _pairs(query),
        "headersSize": -1,
        "bodySize": len(exchange.request_body),
    }
    if exchange.request_body:
        content_type = _content_type(exchange.request_headers)
        text, is_base64 = _body(content_type, exchange.request_body, redaction)
        posted: dict[str, Any] = {"mimeType": content_type, "text": text}
        if is_base64:
            posted["_encoding"] = "base64"
        elif _bare(content_type) == FORM:
            posted["params"] = _pairs(parse_qsl(text, keep_blank_values=True))
        request["postData"] = posted
    return request


def _response(exchange: Exchange, redaction: Redaction) -> dict[str, Any]:
    headers = redaction.pairs(exchange.response_headers)
    status = exchange.status or 0
    content_type = _content_type(exchange.response_headers)
    content: dict[str, Any] = {"size": len(exchange.response_body), "mimeType": content_type}
    if exchange.response_body:
        content["text"], is_base64 = _body(content_type, exchange.response_body, redaction)
        if is_base64:
            content["encoding"] = "base64"
    return {
        "status": status,
        "statusText": _PHRASES.get(status, ""),
        "httpVersion": "HTTP/1.1",
        "cookies": [_cookie(value.partition(";")[0]) for name, value in headers if name == "set-cookie"],
        "headers": _pairs(headers),
        "content": content,
        "redirectURL": next((value for name, value in headers if name == "location"), ""),
        "headersSize": -1,
        "bodySize": len(exchange.response_body),
    }


def _body(content_type: str, body: bytes, redaction: Redaction) -> tuple[str, bool]:
    """A body without its secrets, and whether it is base64 since it is no text."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        # Byte by byte as characters, so that what is written in plain letters between the others is found too.
        redacted = redaction.text(body.decode("latin-1")).encode("latin-1")
        return base64.b64encode(redacted).decode(), True
    if _bare(content_type) == FORM:
        pairs = tuple(parse_qsl(text, keep_blank_values=True))
        shown = redaction.pairs(pairs)
        return (text if shown == pairs else urlencode(shown)), False
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return redaction.text(text), False
    redacted_data = redaction.data(data)
    return (text if redacted_data == data else msgspec.json.encode(redacted_data).decode()), False


def _query_string(exchange: Exchange, redacted: Pairs) -> str:
    if redacted == exchange.query:
        return quote(exchange.query_string, safe=":/?[]@!$&'()*+,;=%~")
    return urlencode(redacted)


def _cookie(crumb: str) -> dict[str, str]:
    name, _, value = crumb.strip().partition("=")
    return {"name": name, "value": value}


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _content_type(headers: Pairs) -> str:
    return next((value for name, value in headers if name == "content-type"), "application/octet-stream")


def _bare(content_type: str) -> str:
    return re.split(r"[;\s]", content_type, maxsplit=1)[0].lower()


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
