"""What travels in bodies: JSON or XML by Accept, RSS-shaped lists, plain text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import msgspec

from mockserver.wire import Answer, Call, Refusal, Rejected
from mockserver.world.journal import Pairs

JSON, XML, TEXT, ANY = "application/json", "application/xml", "text/plain", "*/*"
_VENDOR = re.compile(r"application/vnd\.soa(?:\.v\d{2,3})?\+(json|xml)")
# What XML 1.0 leaves out; a set of all that it takes would compile ten times as long.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

RENEW = (("atmo-renew-token", "renew"),)
"""Sent where the vendor asks a client to renew its token, since what the user may do has changed."""


def accepted(call: Call, offered: Sequence[str] = (JSON, XML)) -> str | None:
    """The media type to answer in, as the client wrote it; None when it takes nothing that is offered.

    Quality values are honoured, and a vendor type counts as the plain one it is a kind of.
    """
    wanted = []
    for n, part in enumerate((call.header("accept") or ANY).split(",")):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        try:
            wanted.append((-float(quality), n, name))
        except ValueError:
            continue
    for negated, _, name in sorted(wanted):
        if negated == 0:
            continue
        vendor = _VENDOR.fullmatch(name)
        plain = f"application/{vendor[1]}" if vendor else name
        if plain in offered:
            return name
        if name == ANY or (name.endswith("/*") and any(each.startswith(name[:-1]) for each in offered)):
            return offered[0] if name == ANY else next(each for each in offered if each.startswith(name[:-1]))
    return None


def is_vendor(call: Call) -> bool:
    """Whether the client asks for a vendor type, for which boards answer objects instead of RSS."""
    return _VENDOR.fullmatch(accepted(call) or "") is not None


def rendered(
    call: Call, root: str, data: object, *, status: int = 200, headers: Pairs = (), lenient: bool = False
) -> Answer:
    """An answer in JSON, or in XML below an element `root`, as the client accepts.

    Raises `Rejected` with 404, which is documented for a wrong Accept, unless `lenient`: faults always
    find a form.
    """
    name = accepted(call)
    if name is None:
        if not lenient:
            reason = f"This answers {JSON} or {XML}; Accept says {call.header('accept')}."
            raise Rejected(Refusal(404, "Client.UnsupportedMediaType", reason))
        name = JSON
    if name.endswith("xml"):
        body = b'<?xml version="1.0" encoding="UTF-8"?>' + to_xml(root, msgspec.to_builtins(data)).encode()
        return Answer(status, (("content-type", f"{name};charset=UTF-8"), *headers), body)
    return Answer(status, (("content-type", f"{name};charset=UTF-8"), *headers), msgspec.json.encode(data))


def plain(text: str, *, headers: Pairs = ()) -> Answer:
    """An answer of plain text."""
    return Answer(200, (("content-type", f"{TEXT};charset=UTF-8"), *headers), text.encode())


def to_xml(name: str, value: object) -> str:
    """Plain data as XML: a list repeats its element, null is left out, what is beside `value` becomes attributes."""
    if isinstance(value, Mapping) and "value" in value:
        marks = "".join(f' {key}="{_text(each)}"' for key, each in value.items() if key != "value")
        return f"<{name}{marks}>{_text(value['value'])}</{name}>"
    if isinstance(value, Mapping):
        inner = "".join(_member(key, each) for key, each in value.items())
        return f"<{name}>{inner}</{name}>"
    return f"<{name}>{_text(value)}</{name}>"


def _member(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, (list, tuple)):
        return "".join(to_xml(name, each) for each in value)
    return to_xml(name, value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return escape(_NOT_XML.sub("\ufffd", str(value)))


def rss(title: str, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A list as the vendor sends lists: without `item` when there is none."""
    channel: dict[str, Any] = {"title": title}
    if items:
        channel["item"] = list(items)
    return {"channel": channel, "version": "1.0"}


def rss_answer(call: Call, title: str, items: Sequence[Mapping[str, Any]]) -> Answer:
    """The same as an answer; in XML `category` and `guid` have their values as text and domains as attributes."""
    data = rss(title, items)
    name = accepted(call)
    if name is None or not name.endswith("xml"):
        return rendered(call, "rss", data)
    inner = "".join(to_xml("item", {**item, "guid": {**item["guid"], "isPermaLink": False}}) for item in items)
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{_text(title)}</title>{inner}</channel></rss>"
    )
    return Answer(200, (("content-type", f"{name};charset=UTF-8"),), body.encode())
