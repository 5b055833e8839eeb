"""Whatever the workflow and whatever is done: the instance is in steps that exist, or finished; history only grows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from mockserver.errors import InvalidFile, MockserverError
from mockserver.platforms.akana.workflow.context import Context, Env
from mockserver.platforms.akana.workflow.definition import Definition
from mockserver.platforms.akana.workflow.engine import available, choose, initialize, perform
from mockserver.platforms.akana.workflow.errors import NotAvailable
from mockserver.platforms.akana.workflow.explain import explain
from mockserver.platforms.akana.workflow.instance import Instance, Outcome
from mockserver.platforms.akana.workflow.lint import lint
from mockserver.platforms.akana.workflow.reader import read
from mockserver.platforms.akana.workflow.registry import NoArguments, Registry, condition, function
from mockserver.platforms.akana.workflow.show import as_mermaid, as_text
from tests.akana.workflow.written import action, conditions, functions, goes, restrict, step, workflow

T = TypeVar("T")
STEPS = (10, 20, 30)
TARGETS = (*STEPS, -1, 99)
"""Where results may lead: somewhere, nowhere new, and to a step that is missing."""


class BrokenError(Exception):
    """What a function raises."""


Told = list[str]


@function("work", NoArguments)
def work(context: Context[Told], args: NoArguments) -> None:
    context.subject.append("work")


@function("break", NoArguments)
def break_(context: Context[Told], args: NoArguments) -> None:
    raise BrokenError


@condition("sometimes", NoArguments)
def sometimes(context: Context[Told], args: NoArguments) -> bool:
    return len(context.subject) % 2 == 0


@condition("never", NoArguments)
def never(context: Context[Told], args: NoArguments) -> bool:
    return False


REGISTRY: Registry[Told] = Registry()
REGISTRY.add(work, break_, sometimes, never)

_functions = st.lists(st.sampled_from(["work"] * 5 + ["break"]), max_size=2)
_conditions = st.lists(st.sampled_from(["sometimes", "never"]), max_size=2)
_type = st.sampled_from(["AND", "OR", "and", ""])
_way = st.sampled_from(["step"] * 6 + ["split", "join"])


def _flag(often: int) -> st.SearchStrategy[bool]:
    return st.sampled_from([False] * often + [True])


@st.composite
def results(draw: st.DrawFn) -> str:
    to = draw(st.sampled_from(TARGETS))
    inside = functions("pre", *draw(_functions)) + functions("post", *draw(_functions))
    unconditional = {
        "step": goes(to, inside=inside),
        "split": f'<unconditional-result old-status="O" split="1">{inside}</unconditional-result>',
        "join": f'<unconditional-result old-status="O" join="1">{inside}</unconditional-result>',
    }[draw(_way)]
    if not draw(_flag(2)):
        return unconditional
    asked = conditions(draw(_type), *draw(_conditions))
    other = draw(st.sampled_from(TARGETS))
    return f'<result old-status="O" status="C" step="{other}">{asked}</result>{unconditional}'


@st.composite
def actions(draw: st.DrawFn, id: int) -> str:
    inside = ""
    if draw(_flag(2)):
        inside += restrict(draw(_type), *draw(_conditions))
    inside += functions("pre", *draw(_functions)) + functions("post", *draw(_functions))
    marks = {"auto": str(draw(_flag(4))), "finish": str(draw(_flag(6)))}
    return action(id, f"do{id % 3}", inside, draw(results()), **marks)


@st.composite
def workflows(draw: st.DrawFn) -> str:
    steps = [
        step(
            id,
            *[draw(actions(id + n)) for n in range(1, 1 + draw(st.integers(0, 3)))],
            inside=functions("pre", *draw(_functions)) + functions("post", *draw(_functions)),
        )
        for id in STEPS
    ]
    parts = f"<global-actions>{draw(actions(90))}</global-actions>" if draw(_flag(3)) else ""
    written = workflow(*steps, parts=parts)
    split = "".join(goes(draw(st.sampled_from(STEPS))) for _ in range(draw(st.integers(1, 3))))
    join = conditions(draw(_type), *draw(_conditions)) + goes(draw(st.sampled_from(STEPS)))
    ends = f'<splits><split id="1">{split}</split></splits><joins><join id="1">{join}</join></joins>'
    return written.replace("</workflow>", f"{ends}</workflow>")


IDS = [id + n for id in STEPS for n in (1, 2, 3)] + [90]


def check(definition: Definition, before: Instance, after: Instance) -> None:
    """What is true of an instance whatever was done to get there."""
    assert after.state in ("activated", "completed")
    assert all(definition.step(row.step) is not None for row in after.current)
    assert bool(after.current) or after.state == "completed"
    numbers = [row.number for row in after.current]
    assert len(set(numbers)) == len(numbers)
    assert all(1 <= number <= after.rows for number in numbers)
    assert after.rows >= before.rows
    assert len(after.arrived) <= len(definition.steps)


def attempt(call: Callable[[], T]) -> T | Exception:
    """What a call answers, or what it raises of what may be raised."""
    try:
        return call()
    except (MockserverError, BrokenError) as error:
        return error


def begun(text: str, env: Env[Told]) -> tuple[Definition, Outcome]:
    """A workflow that has started; those that cannot are of no interest."""
    definition = read(text, "any.xml")
    outcome = attempt(lambda: initialize(definition, 1, env))
    assume(isinstance(outcome, Outcome))
    assert isinstance(outcome, Outcome)
    return definition, outcome


@given(workflows(), st.lists(st.sampled_from(IDS), max_size=12), st.integers(0, 1))
def test_the_instance_is_always_somewhere_and_its_history_only_grows(text, sequence, mood):
    env: Env[Told] = Env(REGISTRY, ["mood"] * mood, "jane")
    definition, outcome = begun(text, env)
    instance = outcome.instance
    check(definition, Instance(), instance)
    closed = {row.number for row in outcome.history}
    for id in sequence:
        before = msgspec.json.encode(instance)
        possible = {each.id for each in available(definition, instance, env)}
        assert {each.action.id for each in explain(definition, instance, env) if each.available} == possible
        tried = attempt(lambda id=id, instance=instance: perform(definition, instance, id, env))
        assert msgspec.json.encode(instance) == before
        if isinstance(tried, Exception):
            assert isinstance(tried, NotAvailable) == (id not in possible)
            continue
        assert id in possible or tried.instance == instance
        check(definition, instance, tried.instance)
        numbers = [row.number for row in tried.history]
        assert closed.isdisjoint(numbers), "a row of history was written twice"
        instance, closed = tried.instance, closed | set(numbers)
        assert sorted([*closed, *(row.number for row in instance.current)]) == list(range(1, instance.rows + 1))


@given(workflows(), st.sampled_from(["do0", "do1", "do2", "do9"]))
def test_a_name_leads_to_an_available_action_or_to_a_refusal_that_says_why(text, name):
    env: Env[Told] = Env(REGISTRY, [], "jane")
    definition, outcome = begun(text, env)
    named = [each for each in available(definition, outcome.instance, env) if each.name == name]
    chosen = attempt(lambda: choose(definition, outcome.instance, name, env))
    if named:
        assert chosen is named[0]
    else:
        assert isinstance(chosen, NotAvailable)
        assert chosen.message


@given(workflows())
def test_any_workflow_can_be_checked_and_drawn(text):
    lint(text, "any.xml")
    definition = read(text, "any.xml")
    assert next(as_text(definition)) == "start"
    assert next(as_mermaid(definition)) == "stateDiagram-v2"


@given(st.binary(max_size=200) | st.text(max_size=200) | workflows().map(lambda text: text[: len(text) // 2]))
def test_rubbish_is_an_error_of_the_file_and_nothing_worse(text):
    told = attempt(lambda: read(text, "any.xml", fragment=True))
    assert isinstance(told, Definition | InvalidFile)
