"""How a workflow runs, rule by rule, with functions and conditions that work on something."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from mockserver.platforms.akana.workflow.context import Context, Env
from mockserver.platforms.akana.workflow.engine import (
    available,
    choose,
    choose_initial,
    initialize,
    perform,
    permissions,
)
from mockserver.platforms.akana.workflow.errors import InputRefused, NotAvailable, WorkflowFault
from mockserver.platforms.akana.workflow.instance import CurrentStep, Instance
from mockserver.platforms.akana.workflow.registry import (
    NoArguments,
    Registry,
    condition,
    function,
    register,
    validator,
    variable,
)
from tests.akana.workflow.written import (
    action,
    call,
    conditions,
    definition,
    functions,
    goes,
    restrict,
    started,
    step,
    workflow,
)


@dataclass
class Desk:
    """What these functions work on."""

    true: set[str] = field(default_factory=set)
    did: list[str] = field(default_factory=list)


class Named(msgspec.Struct, frozen=True):
    what: str


@function("make", Named)
def make(context: Context[Desk], args: Named) -> None:
    context.subject.true.add(args.what)
    context.subject.did.append(f"make {args.what}")


@function("fail", NoArguments)
def fail(context: Context[Desk], args: NoArguments) -> None:
    raise ZeroDivisionError


@function("look", NoArguments)
def look(context: Context[Desk], args: NoArguments) -> None:
    created = context.created.status if context.created is not None else None
    context.subject.did.append(f"{[row.step for row in context.current]} → {created}")


@condition("is", Named)
def is_(context: Context[Desk], args: Named) -> bool:
    context.subject.did.append(f"ask {args.what}")
    return args.what in context.subject.true


@condition("byJane", NoArguments)
def by_jane(context: Context[Desk], args: NoArguments) -> bool:
    return context.caller == "jane"


@condition("allArrived", NoArguments)
def all_arrived(context: Context[Desk], args: NoArguments) -> bool:
    return {row.status for row in context.arrivals} == {"Done"}


@validator("needs", Named)
def needs(context: Context[Desk], args: Named) -> str | None:
    return None if args.what in context.env.inputs else f"{args.what} is missing"


@register("shout", Named)
def shout(context: Context[Desk], args: Named) -> str:
    context.subject.did.append("shout")
    return args.what.upper()


@variable("days.late")
def days_late(context: Context[Desk]) -> str:
    return "3"


REGISTRY: Registry[Desk] = Registry()
REGISTRY.add(make, fail, look, is_, by_jane, all_arrived, needs, shout, days_late)


def so(what: str, **marks: str) -> str:
    return call("condition", "is", what=what, **marks)


def env(desk: Desk | None = None, **more: Any) -> Env[Desk]:
    return Env(REGISTRY, desk or Desk(), more.pop("caller", "jane"), **more)


def begin(text: str, desk: Desk | None = None, **more: Any):
    return started(text, REGISTRY, desk or Desk(), **more)


@pytest.mark.parametrize(
    ("type", "true", "passes", "asked"),
    [
        ("AND", "ab", True, "ab"),
        ("AND", "b", False, "a"),
        ("OR", "a", True, "a"),
        ("OR", "b", True, "ab"),
        ("and", "b", True, "ab"),
        ("", "", False, "ab"),
    ],
)
def test_only_AND_asks_for_all_and_both_stop_when_it_is_decided(type, true, passes, asked):
    read, instance = begin(workflow(step(10, action(11, inside=restrict(type, so("a"), so("b"))))))
    desk = Desk(set(true))
    assert bool(available(read, instance, env(desk))) == passes
    assert desk.did == [f"ask {each}" for each in asked]


def test_nested_conditions_and_negation():
    inside = restrict("AND", conditions("OR", so("a"), so("b")), so("c", negate="Yes"), so("d", negate="TRUE"))
    read, instance = begin(workflow(step(10, action(11, inside=inside))))
    assert available(read, instance, env(Desk({"b"})))
    assert not available(read, instance, env(Desk({"b", "c"})))
    assert not available(read, instance, env(Desk()))


def test_a_pre_function_decides_which_result_is_taken():
    results = (
        f'<result old-status="O" status="Made" step="20">{conditions("AND", so("x"))}</result>{goes(30, status="Not")}'
    )
    pre = f"<pre-functions>{call('function', 'make', what='x')}</pre-functions>"
    read, instance = begin(workflow(step(10, action(11, inside=pre, results=results)), step(20), step(30)))
    outcome = perform(read, instance, 11, env(Desk()))
    assert outcome.instance.state == "completed"
    assert outcome.history[-1].step == 20


def test_an_instance_tells_who_did_what_when():
    read, instance = begin(
        workflow(step(10, action(11, results=goes(20, owner="${caller}", old="Left"))), step(20, action(21))), now=100.0
    )
    outcome = perform(read, instance, 11, env(caller="sam", now=160.0))
    (row,), (closed,) = outcome.instance.current, outcome.history
    assert (row.number, row.step, row.owner, row.started, row.previous) == (2, 20, "sam", 160.0, (1,))
    assert (closed.number, closed.step, closed.status, closed.action) == (1, 10, "Left", 11)
    assert (closed.started, closed.finished, closed.caller) == (100.0, 160.0, "sam")
    assert outcome.actions == (11,)


def test_an_owner_is_not_inherited():
    read, instance = begin(workflow(step(10, action(11)), initial=action(1, "@Create", results=goes(10, owner="boss"))))
    assert instance.current[0].owner == "boss"
    assert perform(read, instance, 11, env()).instance.current[0].owner == ""


@pytest.mark.parametrize(
    ("written", "due"), [("5000", 105.0), ("${days.late}000", 103.0), ("soon", None), ("-1", None), ("", None)]
)
def test_a_due_date_is_in_milliseconds_from_now(written, due):
    read, instance = begin(workflow(step(10, action(11, results=goes(due_date=written)))))
    assert perform(read, instance, 11, env(now=100.0)).instance.current[0].due == due


@pytest.mark.parametrize("to", [-1, 10])
def test_staying_is_a_transition_like_any_other(to):
    inside = functions("pre", "look") + functions("post", "look")
    desk = Desk()
    read, instance = begin(workflow(step(10, action(11, results=goes(to, status="Again")), inside=inside)))
    outcome = perform(read, instance, 11, env(desk))
    assert desk.did == ["[10] → None", "[10] → Again"]
    assert [row.number for row in outcome.instance.current] == [2]
    assert len(outcome.history) == 1


def test_what_is_completed_stays_as_it_is_in_silence():
    read, instance = begin(workflow(step(10, action(11, finish="true", inside=functions("pre", "look")))))
    done = perform(read, instance, 11, env()).instance
    desk = Desk()
    assert perform(read, done, 11, env(desk)).instance == done
    assert desk.did == []
    assert available(read, done, env()) == []
    with pytest.raises(NotAvailable, match="The workflow is completed"):
        choose(read, done, "do11", env())


def test_the_first_available_action_of_a_name_is_chosen():
    read, instance = begin(
        workflow(
            step(
                10,
                action(11, "approve", restrict("AND", so("a"))),
                action(12, "approve", restrict("AND", so("b"))),
                action(13, "approve"),
            )
        )
    )
    assert choose(read, instance, "approve", env(Desk({"b"}))).id == 12
    assert choose(read, instance, "approve", env(Desk({"a", "b"}))).id == 11


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("aprove", "The step 10 Step 10 has no action 'aprove'. Did you mean 'approve'?"),
        ("approve", "The action approve (11) is not available in step 10 Step 10: is(what=a) is false."),
        ("later", "The step 10 Step 10 has no action 'later'."),
    ],
)
def test_a_refusal_says_what_is_in_the_way(name, told):
    read, instance = begin(
        workflow(step(10, action(11, "approve", restrict("AND", so("a")))), step(20, action(21, "later")))
    )
    with pytest.raises(NotAvailable) as caught:
        choose(read, instance, name, env())
    assert str(caught.value) == told


def test_a_refused_start_says_what_is_in_the_way():
    text = workflow(
        step(10, action(11)),
        initial=action(1, "@Create", restrict("AND", "byJane"), results=goes(10))
        + action(2, "@Create", restrict("AND", so("a")), results=goes(10)),
    )
    read = definition(text)
    assert choose_initial(read, "@Create", env(Desk({"a"}), caller="sam")).id == 2
    with pytest.raises(NotAvailable, match=r"byJane is false.*is\(what=a\) is false"):
        choose_initial(read, "@Create", env(caller="sam"))
    with pytest.raises(NotAvailable, match="no initial action '@create'"):
        choose_initial(read, "@create", env())
    with pytest.raises(NotAvailable, match="no initial action 9"):
        initialize(read, 9, env())


def test_validators_say_everything_at_once_and_nothing_has_run_by_then():
    checks = f"<validators>{call('validator', 'needs', what='a')}{call('validator', 'needs', what='b')}</validators>"
    read, instance = begin(workflow(step(10, action(11, inside=checks), inside=functions("post", "look"))))
    desk = Desk()
    with pytest.raises(InputRefused) as caught:
        perform(read, instance, 11, env(desk, inputs={"c": ""}))
    assert caught.value.complaints == ("a is missing", "b is missing")
    assert desk.did == []
    assert perform(read, instance, 11, env(desk, inputs={"a": "", "b": ""})).actions == (11,)


def test_a_results_validators_come_after_the_actions_functions_and_before_its_own():
    inside = f"<validators>{call('validator', 'needs', what='a')}</validators>" + functions("pre", "fail")
    text = workflow(step(10, action(11, inside=functions("pre", "look"), results=goes(inside=inside))))
    read, instance = begin(text)
    desk = Desk()
    with pytest.raises(InputRefused):
        perform(read, instance, 11, env(desk))
    assert desk.did == ["[10] → None"]


@pytest.mark.parametrize("where", ["post of the step", "pre", "post", "pre of the next step", "auto"])
def test_whichever_function_fails_the_instance_is_what_it_was(where):
    fails = {"pre": functions("pre", "fail"), "post": functions("post", "fail")}
    text = workflow(
        step(
            10,
            action(11, inside=fails.get(where, ""), results=goes(20)),
            inside=functions("post", "fail") if where == "post of the step" else "",
        ),
        step(
            20,
            action(21, auto="true", inside=functions("pre", "fail") if where == "auto" else ""),
            inside=functions("pre", "fail") if where == "pre of the next step" else "",
        ),
    )
    read, instance = begin(text)
    before = msgspec.json.encode(instance)
    with pytest.raises(ZeroDivisionError):
        perform(read, instance, 11, env())
    assert msgspec.json.encode(instance) == before


def test_a_step_that_is_not_there_is_told_and_nothing_has_changed():
    read, instance = begin(workflow(step(10, action(11, results=goes(99)))))
    with pytest.raises(WorkflowFault, match="no step 99, where do11"):
        perform(read, instance, 11, env())
    orphan = Instance("activated", (CurrentStep(1, 77, "S", "", 0.0),), 1)
    assert available(read, orphan, env()) == []


def test_registers_are_looked_up_once_in_a_call_and_only_when_read():
    parts = (
        "<registers>"
        + call("register", "shout", what="${caller}").replace(">", ' variable-name="loud">', 1)
        + "</registers>"
    )
    text = workflow(step(10, action(11, results=goes(owner="${loud}", status="${loud}")), action(12)), parts=parts)
    read, instance = begin(text)
    desk = Desk()
    perform(read, instance, 12, env(desk))
    assert desk.did == []
    row = perform(read, instance, 11, env(desk)).instance.current[0]
    assert (row.owner, row.status, desk.did) == ("JANE", "JANE", ["shout"])


def test_external_permissions_are_those_whose_conditions_pass():
    inside = (
        f'<external-permissions><permission name="read"/><permission name="write">{restrict("AND", "byJane")}'
        "</permission></external-permissions>"
    )
    read, instance = begin(workflow(step(10, action(11), inside=inside)))
    assert permissions(read, instance, env()) == ["read", "write"]
    assert permissions(read, instance, env(caller="sam")) == ["read"]


def split_in_two(**more: str) -> str:
    """Two branches that join once both are done, with a way back to the split."""
    parts = (
        f'<splits><split id="1">{goes(20)}{goes(30)}</split></splits>'
        f'<joins><join id="1">{conditions("AND", "allArrived")}{goes(40, status="Joined")}</join></joins>'
    )
    joins = '<unconditional-result old-status="Done" join="1"/>'
    splits = '<unconditional-result old-status="Split" split="1"/>'
    steps = (
        step(10, action(11, results=splits)),
        step(20, action(21, results=joins)),
        step(30, action(31, results=joins)),
        step(40, action(41, results=splits)),
    )
    return workflow(*steps, parts=more.get("parts", "")).replace("</workflow>", f"{parts}</workflow>")


def test_a_join_waits_for_every_branch_and_remembers_those_that_came():
    read, instance = begin(split_in_two())
    both = perform(read, instance, 11, env()).instance
    assert [row.step for row in both.current] == [20, 30]
    waiting = perform(read, both, 31, env()).instance
    assert [row.step for row in waiting.current] == [20]
    assert [row.step for row in waiting.arrived] == [30]
    joined = perform(read, waiting, 21, env())
    (row,) = joined.instance.current
    assert (row.step, row.status, row.previous) == (40, "Joined", (2, 3))


def test_what_is_kept_for_joins_does_not_grow_however_often_it_goes_round():
    read, instance = begin(split_in_two())
    instance = perform(read, instance, 11, env()).instance
    for _ in range(20):
        for id in (21, 31, 41):
            instance = perform(read, instance, id, env()).instance
    assert instance.rows == 1 + 2 + 20 * 3
    assert {row.step for row in instance.arrived} == {20, 30}


def test_a_workflow_whose_only_branch_waits_for_ever_is_completed():
    text = split_in_two().replace(goes(30), "", 1)
    read, instance = begin(text.replace('type="allArrived"', 'type="is"><arg name="what">never</arg'))
    waiting = perform(read, perform(read, instance, 11, env()).instance, 21, env()).instance
    assert (waiting.state, waiting.current) == ("completed", ())


def test_a_global_action_belongs_to_no_branch_of_several():
    parts = f"<global-actions>{action(5, 'note')}{action(6, 'leave', results=goes(40))}</global-actions>"
    read, instance = begin(split_in_two(parts=parts))
    both = perform(read, instance, 11, env()).instance
    with pytest.raises(WorkflowFault, match="is in no step"):
        perform(read, both, 5, env())
    assert [row.step for row in perform(read, both, 6, env()).instance.current] == [20, 30, 40]


def test_the_surroundings_are_read_by_dotted_names_and_unknown_ones_are_empty():
    status = "${caller}|${owner}|${days.late}|${comment}|${nothing}|${ caller }"
    read, instance = begin(
        workflow(
            step(10, action(11, results=goes(status=status))),
            initial=action(1, "@Create", results=goes(10, owner="boss")),
        )
    )
    row = perform(read, instance, 11, env(inputs={"comment": "ok", "caller": "forged"})).instance.current[0]
    assert row.status == "jane|boss|3|ok||jane"
