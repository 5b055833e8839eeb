"""Parameters of the OAuth endpoints, from wherever real clients put them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from mockserver.errors import nearest
from mockserver.platforms.motar.errors import Error
from mockserver.wire import BadBody, Call, Refusal
from mockserver.wire.call import FORM

SIGN_IN = frozenset(
    {
        *("client_id", "clientId", "response_type", "redirect_uri", "state", "app_login", "nonce"),
        # Sent by public clients although this endpoint has no use for them.
        *("scope", "client_secret", "code_challenge", "code_challenge_method"),
    }
)
SIGN_IN_FORM = SIGN_IN | {"user", "handle", "password", "ticket", "decision"}
TOKEN = frozenset(
    {
        *("grant_type", "code", "refresh_token", "client_id", "clientId", "client_secret", "redirect_uri"),
        # Sent by public clients although this endpoint has no use for them.
        *("access_token", "code_verifier", "scope"),
    }
)
MOST_TOLD = 20
"""So many unknown parameters are told one by one: a slip is one of few, and finding what was meant takes time."""

LOGOUT = frozenset({"refresh_token", "access_token", "client_id", "clientId", "client_secret"})


def first_of_each(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name/value pairs as a mapping; of a name that repeats the first value counts."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def from_query(call: Call) -> dict[str, str]:
    """The query's parameters; a name that repeats is told."""
    for name, times in Counter(name for name, _ in call.query).items():
        if times > 1:
            call.violate(f"query.{name}", "given more than once; the first counts")
    return first_of_each(call.query)


def from_anywhere(call: Call, known: Collection[str]) -> dict[str, str] | Refusal:
    """Parameters from the query, a form body or a JSON body, where the body wins; those not `known` are told."""
    parameters = from_query(call)
    if call.body:
        if call.content_type == FORM:
            parameters |= call.form()
        elif call.content_type in ("application/json", ""):
            sent = _from_json(call, known)
            if isinstance(sent, Refusal):
                return sent
            parameters |= sent
        else:
            return Error.UNUSABLE.because(
                f"Parameters travel in the query, as {FORM} or as application/json; "
                f"Content-Type says {call.content_type}."
            )
    tell_unknown(call, parameters, known)
    return parameters


def tell_unknown(call: Call, names: Iterable[str], known: Collection[str]) -> None:
    """Note each name that no source shows, with the one that was perhaps meant."""
    given = set(names)
    unknown = sorted(given.difference(known))
    candidates = sorted(set(known) - given)
    for name in unknown[:MOST_TOLD]:
        call.violate(name, "no such parameter is documented", nearest(name, candidates))
    if len(unknown) > MOST_TOLD:
        call.violate("parameters", f"{len(unknown) - MOST_TOLD} more of which none is documented")


def missing(name: str, parameters: Collection[str], known: Collection[str], hint: str = "") -> str:
    """In words that `name` is missing, and which unknown parameter was perhaps meant to be it."""
    meant = next((each for each in parameters if each not in known and nearest(each, [name]) == name), None)
    slip = f" Did you mean it by {meant}?" if meant else ""
    return f"{name} is missing{hint and ': ' + hint}.{slip}"


def _from_json(call: Call, known: Collection[str]) -> dict[str, str] | Refusal:
    try:
        data: Any = call.json()
    except BadBody as error:
        return Error.UNUSABLE.because(error.reason)
    if not isinstance(data, dict):
        return Error.UNUSABLE.because("The JSON body must be an object.")
    parameters: dict[str, str] = {}
    for name, value in data.items():
        if isinstance(value, str):
            parameters[name] = value
        elif name not in known:
            parameters[name] = ""
        elif value is not None:
            return Error.UNUSABLE.because(f"{name} must be a string.")
    return parameters
