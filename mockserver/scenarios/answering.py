"""Steps that answer for the emulator: a request gets the answer of the step that waits for it.

The request comes when it comes, maybe before the run has arrived at that step, so the answer is found
while the request is being answered: it goes to the first step that may have it and has none yet.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import UNSET

from mockserver.errors import MockserverError
from mockserver.scenarios.expressions import Scope, evaluate
from mockserver.scenarios.order import Mode
from mockserver.scenarios.steps import AwaitStep, Respond, Step, call_of, delay_of, message_of, pairs_of
from mockserver.world.interception import Override
from mockserver.world.journal import multi, readable
from mockserver.world.matching import Match, matches, path_parameters

Facts = Mapping[str, Any]
JSON = ("content-type", "application/json")
NO_ANSWER = "The scenario that is performed here has no answer to this request."


class Answering:
    """The answers that the steps of one scenario give.

    `scope` is what expressions can reach by now, `learn` takes what a step's outputs are once its
    request has been answered, so that the next answer may refer to them.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        mode: Mode,
        scope: Callable[[Facts | None, Mapping[str, str] | None], Scope],
        learn: Callable[[str, dict[str, Any]], None],
    ) -> None:
        # Steps leave from the front: of a plain dict the gaps would be passed again each time.
        self._steps = OrderedDict((n, step) for n, step in enumerate(steps, 1) if isinstance(step, AwaitStep))
        self._repeating: list[int] = []
        self._passes = mode == "passthrough"
        self._scope = scope
        self._learn = learn

    @property
    def is_needed(self) -> bool:
        """Whether any step answers."""
        return any(step.respond is not None for step in self._steps.values())

    def __call__(self, facts: Facts) -> Override | None:
        """The answer to a request, None where the emulator shall give it.

        Each step has one request; one with `at_least` has all such, until a later step has had its own.
        """
        for number, step in self._steps.items():
            found = self._match(step, facts)
            if found is None:
                continue
            self._close(number, step)
            if step.respond is None:
                return None
            return self._answer(number, step, step.respond, facts, found)
        if self._passes:
            return None
        body = {"error": NO_ANSWER, "path": facts["path"]}
        return Override(404, (JSON,), msgspec.json.encode(body), "no step of the scenario")

    def _close(self, number: int, step: AwaitStep) -> None:
        for before in self._repeating:
            if before < number:
                self._steps.pop(before, None)
        self._repeating = [each for each in self._repeating if each >= number]
        if step.at_least is None:
            del self._steps[number]
        elif number not in self._repeating:
            self._repeating.append(number)

    def _match(self, step: AwaitStep, facts: Facts) -> Match | None:
        """What the step waits for, if this is it. How it will be answered is not known yet."""
        scope = self._scope(None, None)
        try:
            method, path = call_of(evaluate(step.await_, scope))
            match = step.where.bound(scope, kind="inbound", method=method, path=path)
        except MockserverError:
            return None
        match = msgspec.structs.replace(match, status=UNSET, response=UNSET)
        return match if matches(match, facts) else None

    def _answer(self, number: int, step: AwaitStep, respond: Respond, facts: Facts, match: Match) -> Override:
        parameters = path_parameters(match.path, facts["path"]) if isinstance(match.path, str) else None
        by = f"step {number} ({step.heading})"
        scope = self._scope(facts, parameters)
        try:
            pairs = pairs_of(respond.headers, scope)
            usual, text = message_of({}, respond.body, respond.text, scope)
            delay = delay_of(evaluate(respond.delay, scope))
        except MockserverError as error:
            return Override(500, (JSON,), msgspec.json.encode({"error": f"{by} cannot answer: {error}"}), by)
        named = {name for name, _ in pairs}
        pairs += tuple((name, value) for name, value in usual.items() if name not in named)
        if step.id is not None:
            response = {"headers": multi(pairs), "body": readable(pairs, text.encode())}
            answered = {**facts, "status": respond.status, "response": response}
            # What goes wrong here, the step itself will say when its turn comes.
            with suppress(MockserverError):
                self._learn(step.id, evaluate(step.outputs, self._scope(answered, parameters)))
        return Override(respond.status, pairs, text.encode(), by, delay)
