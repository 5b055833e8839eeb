"""Puts placeholders where secrets stand, in whatever leaves for a log, a report or a recording.

A secret is known by the name beside it (a field, a parameter, a header) or because a world holds it.
The placeholder of a secret is the same wherever it appears in one document, and so in every run of
the same calls, since placeholders are numbered in the order of appearance: `{access_token-1}`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from mockserver.world.journal import Pairs
from mockserver.world.secrets import NAMES, label_of
from mockserver.world.world import World

SHORTEST = 12
"""Shorter words are not looked up: a password may be any word, and is known by its name."""

_WORD = re.compile(rf"[A-Za-z0-9._~+-]{{{SHORTEST},}}={{0,2}}")
_JWT = re.compile(r"eyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]*")
# A short word in small letters is prose, as in "the Basic header" or "a bearer token", and no credential.
_SCHEME = re.compile(r"\b(Bearer|Basic|bearer|basic)\s+(?![a-z]{1,14}(?![\w~+/=-]))([A-Za-z0-9._~+/=-]{6,})")
_NAME = "|".join(re.sub(r"_", "[_-]?", re.escape(name)) for name in sorted(NAMES.values(), key=len, reverse=True))
_NAMED = re.compile(rf"(?i)(?<![\w-])({_NAME})([\"']?\s*[=:]\s*[\"']?)(?!\s|\{{)([^\s\"'&;,#<>(){{}}]+)")
_TAG = re.compile(r"(?i)<(?:input|meta)\b[^<>]*>")
_ATTRIBUTE = re.compile(r"(?i)\b(name|value|content)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_PART = re.compile(
    r"(?is)(Content-Disposition:\s*form-data;[^\r\n]*?\bname=\"([^\"\r\n]+)\"[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)"
    r"(.+?)(?=\r\n--|\Z)"
)
_PLACEHOLDER = re.compile(r"\{[a-z_]+(-\d+)?\}")


def held_by(worlds: Iterable[World]) -> Callable[[str], str | None]:
    """Answers for a word the name of the field in which one of the worlds holds it as a secret, or None."""

    def label(word: str) -> str | None:
        return next((found for world in worlds if (found := world.secret(word)) is not None), None)

    return label


def _nobody(word: str) -> str | None:
    return None


class Redaction:
    """Redacts one document, or with `numbered=False` an endless one, whose placeholders are all alike.

    `known` answers the label of a word that is a secret although nothing beside it says so.
    """

    def __init__(self, known: Callable[[str], str | None] = _nobody, *, numbered: bool = True) -> None:
        self._known = known
        self._numbered = numbered
        self._placeholders: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def placeholder(self, label: str, secret: str) -> str:
        """What stands for a secret that goes by `label`."""
        if _PLACEHOLDER.fullmatch(secret):
            return secret
        if not self._numbered:
            return f"{{{label}}}"
        if secret not in self._placeholders:
            self._counts[label] += 1
            self._placeholders[secret] = f"{{{label}-{self._counts[label]}}}"
        return self._placeholders[secret]

    def data(self, value: Any, name: str = "") -> Any:
        """Plain data, such as JSON, with its secrets replaced; `name` is what stands beside it."""
        if isinstance(value, str):
            label = label_of(name, value) if value else None
            return self._named(name, label, value) if label is not None else self.text(value)
        if isinstance(value, Mapping):
            return {key: self.data(item, str(key)) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.data(item, name) for item in value]
        return value

    def pairs(self, pairs: Pairs) -> Pairs:
        """Headers, query or form fields with their secrets replaced."""
        return tuple((name, self.data(value, name)) for name, value in pairs)

    def text(self, text: str) -> str:
        """Text of any kind: what follows a secret's name, a JWT, an Authorization, and every word that is known."""
        if len(text) < SHORTEST and "=" not in text and ":" not in text:
            return text
        if "<" in text:
            text = _TAG.sub(self._tag, text)
        if "form-data" in text:
            text = _PART.sub(self._part, text)
        text = _SCHEME.sub(lambda found: f"{found[1]} {self.placeholder(self._label(found[2]), found[2])}", text)
        text = _NAMED.sub(self._after_name, text)
        text = _JWT.sub(lambda found: self.placeholder(self._label(found[0]), found[0]), text)
        return _WORD.sub(self._word, text)

    def _named(self, name: str, label: str, value: str) -> str:
        match label:
            case "authorization" | "proxy_authorization":
                scheme, space, credential = value.partition(" ")
                if space:
                    return f"{scheme} {self.placeholder(self._label(credential), credential)}"
                return self.placeholder(self._label(value), value)
            case "cookie" | "set_cookie":
                # Names, and what says how long and where, are no secrets.
                crumbs = value.split(";")
                secret = len(crumbs) if label == "cookie" else 1
                return ";".join([*map(self._crumb, crumbs[:secret]), *crumbs[secret:]])
        return self.placeholder(label, value)

    def _crumb(self, crumb: str) -> str:
        name, equals, value = crumb.partition("=")
        if not equals:
            name, value = "", crumb.strip()
        return f"{name}{equals}{self.placeholder('cookie', value)}" if value else crumb

    def _after_name(self, found: re.Match[str]) -> str:
        name, between, value = found.groups()
        label = label_of(name, value)
        if between.strip() == ":" and not any(each.isdigit() for each in value):
            # A sentence that goes on after "token:", more likely than a secret.
            return found[0]
        if label is None or value.lower() in ("bearer", "basic", "null", "none", "true", "false"):
            return found[0]
        # Within an address it is spelled otherwise, and the same.
        return f"{name}{between}{self.placeholder(label, unquote(value))}"

    def _tag(self, found: re.Match[str]) -> str:
        """A field of a page's form, or what a page says of itself."""
        # It knows every entity there is, and few texts are pages.
        from html import unescape

        given = {each[1].lower(): each for each in _ATTRIBUTE.finditer(found[0])}
        value = given.get("value") or given.get("content")
        if value is None or "name" not in given:
            return found[0]
        name, secret = (unescape(each[2] or each[3] or "") for each in (given["name"], value))
        label = label_of(name.strip("_"), secret) if secret else None
        if label is None:
            return found[0]
        start, end = value.span(2 if value[2] is not None else 3)
        return found[0][:start] + self.placeholder(label, secret) + found[0][end:]

    def _part(self, found: re.Match[str]) -> str:
        """A field of a form that was sent as multipart/form-data."""
        label = label_of(found[2], found[3])
        return found[0] if label is None else found[1] + self.placeholder(label, found[3])

    def _word(self, found: re.Match[str]) -> str:
        word = found[0]
        # A dot at the end is the sentence's.
        bare = word.rstrip(".=")
        for each in (word, bare):
            label = None if each in self._placeholders else self._known(each)
            if each in self._placeholders or label is not None:
                return self.placeholder(label or "", each) + word[len(each) :]
        return word

    def _label(self, credential: str) -> str:
        return self._known(credential) or "credential"
