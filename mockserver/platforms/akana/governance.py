"""Workflows in force: which governs what, starting them, performing their actions, and saying why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from mockserver.errors import Invalid
from mockserver.platforms.akana.models import User
from mockserver.platforms.akana.models_work import DEFINITIONS, HISTORY, RUNS, HistoryRow, Run
from mockserver.platforms.akana.subject import Subject
from mockserver.platforms.akana.workflow.context import Env
from mockserver.platforms.akana.workflow.definition import Action, Definition
from mockserver.platforms.akana.workflow.engine import available, choose, choose_initial, initialize, perform
from mockserver.platforms.akana.workflow.errors import NotAvailable
from mockserver.platforms.akana.workflow.explain import Availability, explain
from mockserver.platforms.akana.workflow.instance import Instance, Outcome
from mockserver.platforms.akana.workflow.reader import read
from mockserver.world.world import World

RESERVED = ("@", "reserved-")
LONGEST_COMMENT = 4000


def is_reserved(name: str) -> bool:
    """Whether an action belongs to the platform rather than to people."""
    return name.startswith(RESERVED)


@lru_cache(maxsize=64)
def parsed(xml: str, source: str) -> Definition:
    """A workflow file, read once; raises `InvalidFile`."""
    return read(xml, source)


def definition_of(world: World, key: str) -> Definition:
    """The definition with this key; raises `Unknown`."""
    document = world[DEFINITIONS][key]
    return parsed(document.xml, document.name)


class Governance:
    """The workflow of one thing as one person meets it. Without a run the thing is not governed.

    Everything that changes something belongs into the open transaction, which undoes it all when
    anything raises.
    """

    def __init__(self, world: World, id: str, user: User | None, comment: str = "") -> None:
        if len(comment) > LONGEST_COMMENT:
            raise Invalid(f"A comment has at most {LONGEST_COMMENT} characters, this one {len(comment)}.")
        self.world = world
        self.subject = Subject(world, id, user, comment)
        self.run = world[RUNS].get(id)
        self.definition = definition_of(world, self.run.definition) if self.run is not None else None

    @property
    def governed(self) -> bool:
        """Whether a workflow governs this thing."""
        return self.run is not None

    def mentions(self, names: Iterable[str]) -> bool:
        """Whether any of these actions occurs anywhere in the definition after the start."""
        return self.definition is not None and not self.definition.names().isdisjoint(names)

    def start(self, key: str, *names: str) -> Outcome:
        """Put the thing under a workflow by the first of these initial actions that the workflow has."""
        definition = definition_of(self.world, key)
        known = [action.name for action in definition.initial_actions]
        name = next((each for each in names if each in known), names[0])
        chosen = choose_initial(definition, name, self._env())
        outcome = initialize(definition, chosen.id, self._env())
        document = self.world[DEFINITIONS][key]
        self.world[DEFINITIONS].change(key, references=document.references + 1)
        self.run, self.definition = Run(id=self.subject.id, definition=key, instance=outcome.instance), definition
        self._keep(outcome)
        return outcome

    def available(self) -> list[Action]:
        """The actions that can be performed now, reserved ones included."""
        if self.run is None or self.definition is None:
            return []
        return available(self.definition, self.run.instance, self._env())

    def explain(self, *, approving: str | None = None) -> tuple[Availability, ...]:
        """Every action of the current steps with its conditions; `approving` is a contract that counts as approved."""
        if self.run is None or self.definition is None:
            return ()
        env = self._env()
        env = replace(env, subject=replace(self.subject, approving=approving))
        return explain(self.definition, self.run.instance, env)

    def perform(self, *names: str) -> Outcome:
        """Do the first of these actions that is available; raises `NotAvailable` with why each is not."""
        definition, instance = self._here()
        refusals: list[NotAvailable] = []
        for name in names:
            try:
                chosen = choose(definition, instance, name, self._env())
            except NotAvailable as error:
                refusals.append(error)
                continue
            outcome = perform(definition, instance, chosen.id, self._env())
            self._keep(outcome)
            return outcome
        # What is there and refuses tells more than what is not there.
        told = [each for each in refusals if each.why] or refusals[:1]
        raise NotAvailable(" ".join(each.message for each in told), tuple(why for each in told for why in each.why))

    def try_perform(self, *names: str) -> bool:
        """Do the first of these actions that is available, if any is."""
        if self.run is None or self.definition is None:
            return False
        for name in names:
            if any(action.name == name for action in self.available()):
                self.perform(name)
                return True
        return False

    def _here(self) -> tuple[Definition, Instance]:
        if self.run is None or self.definition is None:
            raise NotAvailable(f"No workflow governs {self.subject.id}; it has no actions.")
        return self.definition, self.run.instance

    def _env(self) -> Env[Subject]:
        # Functions act on contracts, and contracts come back here.
        from mockserver.platforms.akana.registry import registry

        now = self.world.clock.now().timestamp()
        return Env(registry(self.world.schema.extensions), self.subject, self.subject.who, now, self.subject.inputs)

    def _keep(self, outcome: Outcome) -> None:
        """Store the new state and what was left behind; of a thing that is gone only the history stays."""
        assert self.run is not None
        assert self.definition is not None
        names = {action.id: action.name for action in self.definition.actions()}
        for row in outcome.history:
            self.world[HISTORY].put(
                HistoryRow(
                    id=f"{self.run.id}/{row.number}",
                    run=self.run.id,
                    action_name=names.get(row.action, ""),
                    comment=self.subject.comment,
                    row=row,
                )
            )
        if self.subject.thing is None:
            if self.run.id in self.world[RUNS]:
                self.world[RUNS].delete(self.run.id)
            self.run = None
            return
        self.run = self.world[RUNS].put(Run(id=self.run.id, definition=self.run.definition, instance=outcome.instance))
