"""URLs that people register, URLs that browsers are sent to, and how two of them differ."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

UNSAFE_SCHEMES = ("javascript", "data", "vbscript", "file", "blob", "about")


def split(url: str) -> SplitResult:
    """The parts of a URL; of one that is none, nothing but a path."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def query_of(url: str) -> dict[str, str]:
    """The parameters of a URL; of a name that repeats, the last."""
    return dict(parse_qsl(split(url).query, keep_blank_values=True))


def with_query(url: str, /, **parameters: str) -> str:
    """`url` as it is, with parameters after those it has.

    A space becomes `%20`, which every client decodes, and never `+`, which many do not.
    """
    joint = "?" if "?" not in url else "" if url.endswith(("?", "&")) else "&"
    return url + joint + urlencode(parameters, quote_via=quote, safe="")


def endpoint_problem(url: str) -> str | None:
    """Why `url` cannot receive webhooks, or None when it can."""
    parts = split(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "it must be an http or https URL with a host"
    if parts.username or parts.password:
        return "it must not hold a name and password: MOTAR sends the plugin's own"
    return _port_problem(parts) or _character_problem(url)


def redirect_uri_problem(uri: str) -> str | None:
    """Why `uri` cannot be registered as a redirect URI, or None when it can; apps' own schemes can."""
    parts = split(uri)
    if not parts.scheme:
        return "it must be absolute, beginning with a scheme such as http:"
    if parts.scheme in UNSAFE_SCHEMES:
        return f"a browser must not be redirected to {parts.scheme}:"
    if "#" in uri:
        return "it must not have a fragment"
    if parts.scheme in ("http", "https") and not parts.hostname:
        return "it must name a host"
    return _port_problem(parts) or _character_problem(uri)


def is_header_value(text: str) -> bool:
    """Whether `text` can be sent as the value of a header."""
    return text == text.strip() and all(" " <= character <= "~" for character in text)


def first_difference(one: str, other: str) -> int:
    """The position of the first character that differs; the length of the shorter when it is the other's start."""
    for position, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return position
    return min(len(one), len(other))


def difference(sent: str, right: str) -> str:
    """In words where `sent` first differs from `right`, and what that means where it has a name."""
    position = first_difference(sent, right)
    told = f"from character {position + 1} on ({_character(sent, position)} instead of {_character(right, position)})"
    note = difference_note(sent, right)
    return f"{told}. {note}" if note else f"{told}."


def difference_note(sent: str, right: str) -> str:
    """What alone differs, when it is one nameable thing; else nothing."""
    if sent.strip() == right:
        return "Only white space around it differs."
    if unquote(sent) == right:
        return "It is percent-encoded once more than the registered one."
    if unquote(sent) == unquote(right):
        return "Only the percent-encoding differs."
    if sent.rstrip("/") == right.rstrip("/"):
        return "Only a slash at the end differs."
    if sent.lower() == right.lower():
        return "Only upper and lower case differ."
    here, there = _parts(sent), _parts(right)
    different = [name for name in here if here[name] != there[name]]
    if len(different) != 1:
        return ""
    (name,) = different
    note = f"Only the {name} differs: {here[name] or 'none'} instead of {there[name] or 'none'}."
    if {here[name], there[name]} == {"localhost", "127.0.0.1"}:
        note += " They lead to the same machine, but the comparison is of characters."
    return note


def _parts(uri: str) -> dict[str, str]:
    parts = split(uri)
    userinfo, _, place = parts.netloc.rpartition("@")
    host, port = place, ""
    if not place.endswith("]") and ":" in place:
        host, _, port = place.rpartition(":")
    return {
        "scheme": parts.scheme,
        "user part": userinfo,
        "host": host,
        "port": port,
        "path": parts.path,
        "query": parts.query,
        "fragment": parts.fragment,
    }


def _character(text: str, position: int) -> str:
    return repr(text[position]) if position < len(text) else "the end"


def _character_problem(url: str) -> str | None:
    for character in url:
        if not "!" <= character <= "~" or character in '"<>\\^`{|}':
            return f"{character!r} must be percent-encoded"
    return None


def _port_problem(parts: SplitResult) -> str | None:
    try:
        parts.port  # noqa: B018
    except ValueError:
        return "its port must be a number up to 65535"
    return None
