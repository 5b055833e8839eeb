"""One run of the engine over one instance: a working copy that becomes an `Outcome`, or nothing at all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from mockserver.platforms.akana.workflow.calling import passes, passes_one, run_functions, validate
from mockserver.platforms.akana.workflow.context import Context, Env
from mockserver.platforms.akana.workflow.definition import STAY, Action, Definition, Join, Result, Step
from mockserver.platforms.akana.workflow.errors import WorkflowFault
from mockserver.platforms.akana.workflow.explain import candidates
from mockserver.platforms.akana.workflow.instance import CurrentStep, HistoryStep, Instance, Outcome
from mockserver.platforms.akana.workflow.variables import fill_text

MOST_AUTO: Final = 100
"""Automatic actions that one action may set off; more are a circle."""


def is_available(action: Action, context: Context[Any]) -> bool:
    """Whether the conditions for the whole workflow and the action's own pass."""
    return passes(context.definition.global_conditions, context) and passes(action.restrict_to, context)


class Run:
    """The working copy. `start` or `do` once, then take the `outcome`; after an exception throw it away."""

    def __init__(self, definition: Definition, instance: Instance, env: Env[Any]) -> None:
        self._definition = definition
        self._env = env
        self._state = instance.state
        self._current = list(instance.current)
        self._rows = instance.rows
        self._arrived = {row.step: row for row in instance.arrived}
        self._history: list[HistoryStep] = []
        self._performed: list[Action] = []

    def outcome(self) -> Outcome:
        """What it came to."""
        return Outcome(self._instance(), tuple(self._history), tuple(action.id for action in self._performed))

    def start(self, action: Action) -> None:
        """Perform an initial action whose conditions were found to pass."""
        self._transit(action, Context(self._env, self._definition, action=action))

    def do(self, id: int) -> bool:
        """Perform the first available action with this id; False when there is none. Raises what functions raise."""
        if self._state != "activated":
            return True
        for action, _ in candidates(self._definition, self._instance()):
            if action.id == id and is_available(action, self._context(action)):
                break
        else:
            return False
        self._transit(action, self._context(action))
        if self._state == "activated" and not any(self._step(row.step).actions for row in self._current):
            # The original does not count global actions here: where no step has its own, it ends.
            self._complete(action)
        return True

    def _instance(self) -> Instance:
        return Instance(self._state, tuple(self._current), self._rows, tuple(self._arrived.values()))

    def _context(self, action: Action) -> Context[Any]:
        return Context(self._env, self._definition, action=action, current=tuple(self._current))

    def _transit(self, action: Action, context: Context[Any]) -> None:
        self._performed.append(action)
        left = self._left_by(action, context)
        validate(action.validators, context)
        if left is not None:
            run_functions(self._step(left.step).post_functions, context)
        run_functions(action.pre_functions, context)
        result = self._choose(action, context)
        validate(result.validators, context)
        run_functions(result.pre_functions, context)
        context = self._move(action, result, left, context)
        run_functions(result.post_functions, context)
        run_functions(action.post_functions, context)
        if self._state == "created":
            self._state = "activated"
        if action.finish:
            self._complete(action)
        else:
            self._go_on()

    def _left_by(self, action: Action, context: Context[Any]) -> CurrentStep | None:
        """The step that an action leaves: the only one, or else the first that has the action and lets it happen."""
        if len(self._current) == 1:
            return self._current[0]
        for row in self._current:
            own = self._step(row.step).action(action.id)
            if own is not None and is_available(own, context):
                return row
        return None

    def _choose(self, action: Action, context: Context[Any]) -> Result:
        for result in action.results:
            if passes_one(result.conditions, context):
                return result
        if action.unconditional is None:
            raise WorkflowFault(f"The action {action} has no unconditional-result.", line=action.line)
        return action.unconditional

    def _move(self, action: Action, result: Result, left: CurrentStep | None, context: Context[Any]) -> Context[Any]:
        if result.split is not None:
            return self._split(action, result, left, context)
        if result.join is not None:
            return self._join(action, result, left, context)
        if action.finish:
            return context
        return self._enter(action, result, left, _numbers(left), context)

    def _split(self, action: Action, result: Result, left: CurrentStep | None, context: Context[Any]) -> Context[Any]:
        """Become current in every result of the split: all checks and pre-functions first, post-functions last."""
        split = self._definition.split(result.split or 0)
        if split is None:
            raise WorkflowFault(f"There is no split {result.split} (line {result.line}).", line=result.line)
        for each in split.results:
            validate(each.validators, context)
        run_functions([function for each in split.results for function in each.pre_functions], context)
        if not action.finish:
            leaving = left
            for each in split.results:
                context = self._enter(action, each, leaving, _numbers(left), context)
                leaving = None
        run_functions([function for each in split.results for function in each.post_functions], context)
        return context

    def _join(self, action: Action, result: Result, left: CurrentStep | None, context: Context[Any]) -> Context[Any]:
        """Close this branch; go on as one where the join's conditions pass, else wait for the others."""
        join = self._definition.join(result.join or 0)
        if join is None or join.result is None:
            raise WorkflowFault(f"There is no join {result.join} (line {result.line}).", line=result.line)
        if left is None:
            raise WorkflowFault(
                f"The action {action} goes to join {join.id} from no particular step: it belongs to none of several.",
                line=result.line,
            )
        closed = self._close(left, action, fill_text(result.old_status, context))
        others = [row for row in self._current if self._step(row.step).leads_to_join(join.id)]
        waiting = self._waiting(join, {closed.step})
        context = replace(context, arrivals=(closed, *others, *waiting))
        if not passes_one(join.conditions, context):
            return context
        validate(join.result.validators, context)
        run_functions(join.result.pre_functions, context)
        for row in others:
            # The original moves them as they are: nobody's action has finished them.
            self._file(row, status=row.status, action=0, caller="")
        if not action.finish:
            previous = (closed.number, *(row.number for row in others), *(row.number for row in waiting))
            context = self._enter(action, join.result, None, previous, context)
        run_functions(join.result.post_functions, context)
        return context

    def _waiting(self, join: Join, besides: set[int]) -> list[HistoryStep]:
        arrived = sorted(self._arrived.values(), key=lambda row: row.number, reverse=True)
        return [row for row in arrived if row.step not in besides and self._step(row.step).leads_to_join(join.id)]

    def _enter(
        self,
        action: Action,
        result: Result,
        left: CurrentStep | None,
        previous: tuple[int, ...],
        context: Context[Any],
    ) -> Context[Any]:
        """Close the step that is left, make the next one current, and run what entering it runs."""
        target = result.step or 0
        if target == STAY:
            if left is None:
                raise WorkflowFault(
                    f"The action {action} stays where it is (step -1), and is in no step.", line=result.line
                )
            target = left.step
        owner, old_status = fill_text(result.owner, context), fill_text(result.old_status, context)
        status, due = fill_text(result.status, context), self._due(result, context)
        if left is not None:
            self._close(left, action, old_status)
        step = self._definition.step(target)
        if step is None:
            raise WorkflowFault(f"There is no step {target}, where {action} leads.", line=result.line)
        self._rows += 1
        created = CurrentStep(self._rows, target, status, owner, self._env.now, due, previous)
        self._current.append(created)
        context = replace(context, created=created)
        run_functions(step.pre_functions, context)
        return context

    def _due(self, result: Result, context: Context[Any]) -> float | None:
        """`due-date` is in milliseconds from now; what is no number, or not past now, is none."""
        try:
            offset = int(fill_text(result.due_date, context))
        except ValueError:
            return None
        return self._env.now + offset / 1000 if offset > 0 else None

    def _close(self, row: CurrentStep, action: Action, old_status: str) -> HistoryStep:
        return self._file(row, status=old_status, action=action.id, caller=self._env.caller)

    def _file(self, row: CurrentStep, *, status: str, action: int, caller: str) -> HistoryStep:
        """Move a row from the current steps to history."""
        self._current = [each for each in self._current if each.number != row.number]
        closed = HistoryStep(
            number=row.number,
            step=row.step,
            status=status,
            owner=row.owner,
            started=row.started,
            finished=self._env.now,
            action=action,
            caller=caller,
            due=row.due,
            previous=row.previous,
        )
        self._history.append(closed)
        if self._step(row.step).joins:
            self._arrived[row.step] = closed
        return closed

    def _complete(self, action: Action) -> None:
        self._state = "completed"
        old_status = action.unconditional.old_status if action.unconditional is not None else "Finished"
        for row in tuple(self._current):
            self._close(row, action, old_status)

    def _go_on(self) -> None:
        """Perform the first automatic action that is available, if any."""
        for action, _ in candidates(self._definition, self._instance()):
            if action.auto and is_available(action, self._context(action)):
                if len(self._performed) > MOST_AUTO:
                    chain = " → ".join(str(each) for each in self._performed[-6:])
                    raise WorkflowFault(
                        f"More than {MOST_AUTO} automatic actions follow each other: … {chain}.",
                        line=action.line,
                        hint="Restrict one of them, so that the circle ends.",
                    )
                self.do(action.id)
                return

    def _step(self, id: int) -> Step:
        step = self._definition.step(id)
        if step is None:
            raise WorkflowFault(
                f"The instance is in step {id}, which {self._definition.source} does not have.",
                hint="Was the workflow replaced under a running instance?",
            )
        return step


def _numbers(row: CurrentStep | None) -> tuple[int, ...]:
    return () if row is None else (row.number,)
