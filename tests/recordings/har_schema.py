"""HAR 1.2 as a JSON Schema, after the format's specification; written for these tests.

Source: http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

from typing import Any

import jsonschema

INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
POSITIVE = {"type": "number", "minimum": 0}


def _object(optional: dict[str, Any] | None = None, **required: Any) -> dict[str, Any]:
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "required": list(required),
        "properties": properties,
        # Whatever is not of the format goes by a name that says so.
        "patternProperties": {"^_": {}},
        "additionalProperties": False,
    }


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


_PAIR = _object({"comment": TEXT}, name=TEXT, value=TEXT)
_COOKIE = _object(
    {"path": TEXT, "domain": TEXT, "expires": INSTANT, "httpOnly": {"type": "boolean"}, "secure": {"type": "boolean"}},
    name=TEXT,
    value=TEXT,
)
_URL = {"type": "string", "pattern": r"^https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+$"}
_REQUEST = _object(
    {"postData": _object({"text": TEXT, "params": _list(_PAIR)}, mimeType=TEXT)},
    method=TEXT,
    url=_URL,
    httpVersion=TEXT,
    cookies=_list(_COOKIE),
    headers=_list(_PAIR),
    queryString=_list(_PAIR),
    headersSize=WHOLE,
    bodySize=WHOLE,
)
_RESPONSE = _object(
    status=WHOLE,
    statusText=TEXT,
    httpVersion=TEXT,
    cookies=_list(_COOKIE),
    headers=_list(_PAIR),
    content=_object({"text": TEXT, "encoding": {"const": "base64"}, "compression": WHOLE}, size=WHOLE, mimeType=TEXT),
    redirectURL=TEXT,
    headersSize=WHOLE,
    bodySize=WHOLE,
)
_ENTRY = _object(
    {"pageref": TEXT, "serverIPAddress": TEXT, "connection": TEXT},
    startedDateTime=INSTANT,
    time=POSITIVE,
    request=_REQUEST,
    response=_RESPONSE,
    cache={"type": "object"},
    timings=_object(send=POSITIVE, wait=POSITIVE, receive=POSITIVE),
)
_TOOL = _object(name=TEXT, version=TEXT)
_PAGE = _object(
    startedDateTime=INSTANT,
    id=TEXT,
    title=TEXT,
    pageTimings=_object(
        {"onContentLoad": {"type": "number", "minimum": -1}, "onLoad": {"type": "number", "minimum": -1}}
    ),
)
HAR = _object(
    log=_object({"browser": _TOOL}, version={"const": "1.2"}, creator=_TOOL, pages=_list(_PAGE), entries=_list(_ENTRY))
)


def problems_of(document: Any) -> list[str]:
    """What keeps a document from being HAR 1.2, pages that entries refer to and none is there included."""
    found = [
        f"{error.json_path}: {error.message}" for error in jsonschema.Draft202012Validator(HAR).iter_errors(document)
    ]
    if not found:
        pages = {page["id"] for page in document["log"]["pages"]}
        found = [f"no page {each['pageref']}" for each in document["log"]["entries"] if each["pageref"] not in pages]
    return found
