"""Rules beside the script: whenever something happens that fits, something is done, at that moment.

All rules share one `state`, which is empty at first. A rule whose `state` is another one does not look;
one that is set off changes the state to its `then` before anything is done, and before the next thing
can happen, so that two requests at once never set off the same transition twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Protocol

import msgspec
from msgspec import Meta

from mockserver.errors import MockserverError
from mockserver.scenarios.expressions import Scope, evaluate
from mockserver.scenarios.steps import ActionStep, Name, SendStep, Where, message_of, url_of
from mockserver.world.matching import matches

Facts = Mapping[str, Any]

MOST_AT_ONCE: Final = 20
"""Rules that may set each other off in a row, before it is taken for a circle."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Do something whenever an exchange is as `when` says.

    `after` lets that many pass first, `times` is how often it is set off at most. `state` is the state
    it looks in (any, when not given), `then` the one it leads to.
    """

    when: Where
    do: tuple[dict[str, Any], ...] = ()
    title: str | None = None
    after: Annotated[int, Meta(ge=0)] = 0
    times: Annotated[int, Meta(ge=1)] | None = None
    state: str | None = None
    then: Name | None = None


DOES: Final = {"action": ActionStep, "send": SendStep}
"""What a rule can do, by the key that tells it."""


class Hands(Protocol):
    """What rules need of a stage: to act at once, in the middle of whatever happens."""

    def act_now(self, name: str, arguments: Mapping[str, Any], /) -> object: ...

    def send(self, method: str, url: str, headers: Mapping[str, str], body: str, /) -> str: ...


class Rules:
    """The rules of one run at work: call it with each exchange.

    `fired` counts how often each was set off, `failures` say what could not be done.
    """

    def __init__(self, rules: Sequence[Rule], hands: Hands, scope: Callable[[Facts], Scope]) -> None:
        self._rules = rules
        self._hands = hands
        self._scope = scope
        self._seen = [0] * len(rules)
        self._depth = 0
        self._fired = [0] * len(rules)
        self.state = ""
        self.failures: list[str] = []

    @property
    def fired(self) -> dict[str, int]:
        """How often each rule was set off, by its title or its number."""
        return {self._name(n): times for n, times in enumerate(self._fired)}

    def __call__(self, facts: Facts) -> None:
        state = self.state
        due = [rule for n, rule in enumerate(self._rules) if self._is_due(n, rule, facts, state)]
        if not due:
            return
        if self._depth >= MOST_AT_ONCE:
            self.failures.append(f"Rules set each other off {MOST_AT_ONCE} times in a row.")
            return
        self._depth += 1
        try:
            for rule in due:
                for each in rule.do:
                    self._do(each, facts)
        except MockserverError as error:
            self.failures.append(f"A rule could not do what it should: {error}")
        finally:
            self._depth -= 1

    def _is_due(self, n: int, rule: Rule, facts: Facts, state: str) -> bool:
        """Whether this sets the rule off in that state. If so it has been left already."""
        if rule.state is not None and rule.state != state:
            return False
        if rule.times is not None and self._fired[n] >= rule.times:
            return False
        try:
            if not matches(rule.when.bound(self._scope(facts)), facts):
                return False
        except MockserverError:
            return False  # it refers to a step that has not been done yet
        self._seen[n] += 1
        if self._seen[n] <= rule.after:
            return False
        self._fired[n] += 1
        if rule.then is not None:
            self.state = rule.then
        return True

    def _do(self, what: dict[str, Any], facts: Facts) -> None:
        scope = self._scope(facts)
        step = msgspec.convert(what, DOES["action" if "action" in what else "send"])
        if isinstance(step, ActionStep):
            self._hands.act_now(step.action, evaluate(step.with_, scope))
            return
        method, url = url_of(evaluate(step.send, scope))
        self._hands.send(method, url, *message_of(step.headers, step.body, step.text, scope))

    def _name(self, n: int) -> str:
        return self._rules[n].title or f"rule {n + 1}"
