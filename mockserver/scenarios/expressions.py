"""Runtime expressions: how a value in a scenario refers to another one.

The language is that of Arazzo 1.0 (https://spec.openapis.org/arazzo/v1.0.1.html#runtime-expressions):

    $inputs.app             $steps.start.outputs.request_id
    $response.body          $response.body#/alerts/0/title     $response.header.location
    $response.cookie.name
    $request.body#/status   $request.query.code                $request.path.id
    $statusCode             $method                            $url

A text that is an expression as a whole becomes the value itself; within a longer text it stands in
braces: `https://{$inputs.host}/callback`. `$$` at the start, and `{$$`, mean a dollar and nothing more.
Beyond Arazzo, inputs and outputs that are objects may be entered by dots (`$inputs.user.handle`) or by
a pointer (`$steps.start.outputs.request#/id`), and `$response.cookie.name` is a cookie of whoever made a `call`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from mockserver.checking.paths import item, member
from mockserver.errors import Invalid, MockserverError, Unknown, nearest

_NAME: Final = r"[A-Za-z0-9_-]+"
_POINTER: Final = r"(?:#(?P<pointer>(?:/[^{}]*)?))?"
_VALUE: Final = re.compile(rf"\$(?P<root>inputs|steps)\.(?P<names>{_NAME}(?:\.{_NAME})*){_POINTER}")
_MESSAGE: Final = re.compile(
    rf"\$(?P<root>request|response)\.(?:(?P<body>body){_POINTER}|(?P<source>header|query|path|cookie)\.(?P<name>[^\s{{}}#]+))"
)
_WHOLE: Final = re.compile(r"\$(?P<root>statusCode|method|url)")
_EMBEDDED: Final = re.compile(r"\{(?P<escape>\$?)(?P<expression>\$[^{}]*)\}")

_ROOTS: Final = ("$inputs", "$steps", "$request", "$response", "$statusCode", "$method", "$url")
_FORMS: Final = (
    "Expressions look like $inputs.name, $steps.id.outputs.name, $response.body#/field, $response.header.name, "
    "$statusCode; for a text that begins with a dollar write $$."
)


class Expression(msgspec.Struct, frozen=True):
    """One expression, taken apart: `$steps.start.outputs.id#/a` has the root `steps`, three names and a pointer.

    For `request` and `response` the first name is `body`, `header`, `query`, `path` or `cookie`.
    """

    text: str
    root: str
    names: tuple[str, ...] = ()
    pointer: str | None = None


class Reference(msgspec.Struct, frozen=True):
    """Where an expression stands in a value, and what is wrong with it if it cannot be read."""

    path: str
    text: str
    expression: Expression | None
    problem: MockserverError | None = None


class Scope(msgspec.Struct, frozen=True):
    """What expressions can reach.

    `steps` holds the outputs by step id; `exchange` is the journal's facts of what a step did or
    waited for, None where there is none; `path_parameters` are what `{name}` in its path stood for.
    """

    inputs: Mapping[str, Any] = {}
    steps: Mapping[str, Mapping[str, Any]] = {}
    exchange: Mapping[str, Any] | None = None
    path_parameters: Mapping[str, str] = {}


def evaluate(value: Any, scope: Scope) -> Any:
    """`value` with every expression in it, at any depth, replaced by what it refers to; keys are left alone.

    Raises `Invalid` for what is no expression, and `Unknown`, with what is there instead, for one
    that leads nowhere.
    """
    if isinstance(value, str):
        return _evaluate_text(value, scope)
    if isinstance(value, Mapping):
        return {key: evaluate(part, scope) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [evaluate(part, scope) for part in value]
    return value


def evaluate_known(value: Any, scope: Scope, unknown: Any = None) -> Any:
    """As `evaluate`, with `unknown` (by default a matcher for anything) for what cannot be evaluated yet."""
    if isinstance(value, Mapping):
        return {key: evaluate_known(part, scope, unknown) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [evaluate_known(part, scope, unknown) for part in value]
    try:
        return evaluate(value, scope)
    except MockserverError:
        if unknown is None:
            return {"any": True}
        return _EMBEDDED.sub(lambda found: found[0] if found["escape"] else unknown, value)


def references(value: Any, path: str = "$") -> list[Reference]:
    """Every expression in `value`, which stands at `path`, in order; also those that cannot be read."""
    if isinstance(value, str):
        return [_reference(text, path) for text in _expressions_in(value)]
    if isinstance(value, Mapping):
        return [found for key, part in value.items() for found in references(part, member(path, key))]
    if isinstance(value, list | tuple):
        return [found for index, part in enumerate(value) for found in references(part, item(path, index))]
    return []


def is_dynamic(value: object) -> bool:
    """Whether `value` is a text whose meaning depends on expressions."""
    return isinstance(value, str) and bool(_expressions_in(value))


def without_expressions(text: str, instead: str) -> str:
    """`text` with `instead` in place of each expression in braces."""
    return _EMBEDDED.sub(lambda found: found[0] if found["escape"] else instead, text)


def parse(text: str) -> Expression:
    """The expression that `text` is as a whole; raises `Invalid`, which says how it could be meant."""
    if found := _WHOLE.fullmatch(text):
        return Expression(text, found["root"])
    if found := _MESSAGE.fullmatch(text):
        names = ("body",) if found["body"] else (found["source"], found["name"])
        return Expression(text, found["root"], names, found["pointer"])
    if found := _VALUE.fullmatch(text):
        names = tuple(found["names"].split("."))
        if found["root"] == "inputs" or (len(names) > 2 and names[1] == "outputs"):
            return Expression(text, found["root"], names, found["pointer"])
    raise Invalid(f"{text!r} is no expression.", hint=_how_it_could_be_meant(text))


def resolve(expression: Expression, scope: Scope) -> Any:
    """What one expression refers to; raises `Unknown` when that is nothing, `Invalid` where it makes no sense."""
    match expression.root, expression.names:
        case "inputs", (name, *rest):
            return _enter(_look_up("input", name, scope.inputs, expression), rest, expression)
        case "steps", (step, _, name, *rest):
            outputs = _look_up("finished step", step, scope.steps, expression)
            return _enter(_look_up(f"output of step {step!r}", name, outputs, expression), rest, expression)
    if scope.exchange is None:
        raise Invalid(f"{expression.text} has no meaning here.", hint="No request or response belongs to this step.")
    match expression.root:
        case "statusCode":
            return scope.exchange.get("status")
        case "method":
            return scope.exchange.get("method")
        case "url":
            return scope.exchange.get("url") or scope.exchange.get("path")
    message = (scope.exchange.get("response") or {}) if expression.root == "response" else scope.exchange
    match expression.names:
        case ("body",):
            return _enter(message.get("body"), (), expression)
        case ("header", name):
            return _look_up("header", name.lower(), message.get("headers") or {}, expression)
        case ("cookie", name):
            return _look_up("cookie", name, message.get("cookies") or {}, expression)
        case ("path", name):
            return _look_up("path parameter", name, scope.path_parameters, expression)
        case _:
            return _look_up("query parameter", expression.names[1], message.get("query") or {}, expression)


def _evaluate_text(text: str, scope: Scope) -> Any:
    if "$" not in text:
        return text
    if text.startswith("$$"):
        return "$" + _fill(text[2:], scope)
    if text.startswith("$"):
        return resolve(parse(text), scope)
    return _fill(text, scope)


def _fill(text: str, scope: Scope) -> str:
    def value_of(found: re.Match[str]) -> str:
        if found["escape"]:
            return f"{{{found['expression']}}}"
        value = resolve(parse(found["expression"]), scope)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    return _EMBEDDED.sub(value_of, text)


def _expressions_in(text: str) -> list[str]:
    if text.startswith("$") and not text.startswith("$$"):
        return [text]
    return [found["expression"] for found in _EMBEDDED.finditer(text) if not found["escape"]]


def _reference(text: str, path: str) -> Reference:
    try:
        return Reference(path, text, parse(text))
    except Invalid as problem:
        return Reference(path, text, None, problem)


def _look_up(kind: str, name: str, known: Mapping[str, Any], expression: Expression) -> Any:
    if name in known:
        return known[name]
    there = ", ".join(map(str, known)) or "nothing"
    raise Unknown(kind, name, list(known), hint=f"{expression.text} finds only: {there}.")


def _enter(value: Any, names: Sequence[str], expression: Expression) -> Any:
    """The value below `value` that the names, and then the pointer (RFC 6901), lead to."""
    pointed = expression.pointer.split("/")[1:] if expression.pointer else []
    for token in [*names, *(token.replace("~1", "/").replace("~0", "~") for token in pointed)]:
        if isinstance(value, Mapping):
            value = _look_up("field", token, value, expression)
        elif isinstance(value, list | tuple) and re.fullmatch(r"0|[1-9][0-9]{0,8}", token) and int(token) < len(value):
            value = value[int(token)]
        else:
            raise Unknown("field", token, hint=f"{expression.text} leads into {_kind_of(value)}.")
    return value


def _kind_of(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return "an empty body or null" if value is None else json.dumps(value, ensure_ascii=False)[:60]


def _how_it_could_be_meant(text: str) -> str:
    if found := re.fullmatch(r"\$(request|response)\.(?:body\.)?([\w.-]+)", text):
        if found[2].split(".")[0] not in ("body", "header", "headers", "query", "path"):
            return f"Did you mean '${found[1]}.body#/{found[2].replace('.', '/')}'?"
        if found[2].startswith("headers."):
            return f"Did you mean '${found[1]}.header.{found[2][8:]}'?"
    if found := re.fullmatch(rf"\$steps\.({_NAME})\.(?!outputs$)({_NAME})", text):
        return f"Did you mean '$steps.{found[1]}.outputs.{found[2]}'?"
    root = text.split(".")[0]
    meant = nearest(root, _ROOTS)
    return f"Did you mean {meant + text[len(root) :]!r}? {_FORMS}" if meant else _FORMS
