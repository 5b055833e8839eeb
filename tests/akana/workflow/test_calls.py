"""From the arguments in a file to the typed arguments of a function, and a team's own functions."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal

import msgspec
import pytest

from mockserver.errors import Conflict, Invalid, MockserverError, Unknown
from mockserver.platforms.akana.workflow.arguments import AddBoardItem, SyncClient
from mockserver.platforms.akana.workflow.context import Context, Env
from mockserver.platforms.akana.workflow.engine import perform
from mockserver.platforms.akana.workflow.errors import WorkflowFault
from mockserver.platforms.akana.workflow.extensions import load_extensions
from mockserver.platforms.akana.workflow.registry import NoArguments, Registry, condition, function, variable
from tests.akana.workflow.written import action, call, restrict, started, step, workflow

Got = list[Any]


class Report(msgspec.Struct, frozen=True, rename="camel"):
    kindOf: Literal["Short", "Long"] = "Short"
    copies: int = 1
    urgent: bool = False
    title: Annotated[str, msgspec.Meta(max_length=8)] = ""
    maybe: str | None = "unset"
    readers: tuple[str, ...] = ()
    labels: dict[str, str] = msgspec.field(name="label.*", default_factory=dict)
    boards: dict[str, tuple[str, ...]] = msgspec.field(name="board.*", default_factory=dict)


@function("report", Report)
def report(context: Context[Got], args: Report) -> None:
    """Hand in a report.

    Nobody reads it.
    """
    context.subject.append(args)


@function("need", AddBoardItem)
def need(context: Context[Got], args: AddBoardItem) -> None:
    context.subject.append(args)


@function("seen", NoArguments)
def seen(context: Context[Got], args: NoArguments) -> None:
    context.subject.append((dict(context.arguments), context.invocation.line))


@condition("never", NoArguments)
def never(context: Context[Got], args: NoArguments) -> bool:
    return False


@variable("team")
def team(context: Context[Got]) -> tuple[str, ...]:
    return ("ann", "bob")


@variable("none")
def none(context: Context[Got]) -> None:
    return None


def registry() -> Registry[Got]:
    made: Registry[Got] = Registry()
    made.add(report, need, seen, never, team, none)
    return made


def do(*calls: str, parts: str = "", known: Registry[Got] | None = None) -> Got:
    """What functions were called with when these calls ran before an action."""
    got: Got = []
    inside = f"<pre-functions>{''.join(calls)}</pre-functions>"
    read, instance = started(workflow(step(10, action(11, inside=inside)), parts=parts), registry())
    perform(read, instance, 11, Env(known or registry(), got, "jane"))
    return got


def given(**args: str) -> Report:
    (found,) = do(call("function", "report", **args))
    return found


@pytest.mark.parametrize(
    ("args", "fields"),
    [
        ({}, {}),
        ({"kindOf": "Long", "copies": "3", "urgent": "true"}, {"kindOf": "Long", "copies": 3, "urgent": True}),
        ({"KINDOF": "Long", "Copies": "2"}, {"kindOf": "Long", "copies": 2}),
        ({"title": " as is\n"}, {"title": " as is\n"}),
        ({"title": "${team}"}, {"title": "ann,bob"}),
        ({"title": "by ${caller}${none}"}, {"title": "by jane"}),
        ({"maybe": "${none}"}, {"maybe": None}),
        ({"maybe": " ${ none } "}, {"maybe": None}),
        ({"maybe": "x${none}"}, {"maybe": "x"}),
        ({"title": "${none}"}, {"title": ""}),
        ({"readers": "ann,\n bob ,,ann"}, {"readers": ("ann", "bob", "ann")}),
        ({"readers": "${team}"}, {"readers": ("ann", "bob")}),
        ({"readers": "${team},carl,${none}"}, {"readers": ("ann", "bob", "carl")}),
        ({"readers": "${none}"}, {"readers": ()}),
        ({"label.colour": "red", "LABEL.Size": "L"}, {"labels": {"colour": "red", "Size": "L"}}),
        ({"board.one": "${team}", "board.two": "x"}, {"boards": {"one": ("ann", "bob"), "two": ("x",)}}),
        ({"unheard": "of"}, {}),
    ],
)
def test_arguments_become_what_the_function_takes(args, fields):
    assert given(**args) == Report(**fields)


def test_of_an_argument_given_twice_the_last_counts_in_whatever_spelling():
    twice = call("function", "report", copies="1", Copies="2")
    assert do(twice) == [Report(copies=2)]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ({"kindOf": "Longer"}, 'kindOf: expected one of "Short", "Long", got "Longer" (did you mean \'Long\'?)'),
        ({"copies": "many"}, 'copies: expected a whole number, got "many"'),
        ({"Urgent": "maybe"}, 'Urgent: expected true or false, got "maybe"'),
        ({"title": "much too long"}, "title: expected"),
    ],
)
def test_arguments_that_do_not_fit_are_told_as_the_file_spells_them(args, told):
    with pytest.raises(Invalid) as caught:
        given(**args)
    assert "What report (line 1) is given cannot be used" in str(caught.value)
    assert told in str(caught.value)


def test_everything_that_is_wrong_with_a_call_is_told_at_once():
    with pytest.raises(Invalid) as caught:
        do(call("function", "need", visibility="Secret", type="Alert"))
    assert [problem.path for problem in caught.value.problems] == ["visibility", "type", "boardItemTemplateId"]


def test_boards_and_viewers_come_in_both_spellings_and_each_once():
    item = {"boardItemTemplateId": "t", "visibility": "Limited", "type": "Discussion"}
    boards = {"targetBoards": "a,b,\na", "targetBoard.api": "c,a", "targetBoard.app": "d"}
    (found,) = do(call("function", "need", **item, **boards, viewers="x,x", **{"viewer.team": "${team}"}))
    assert (found.boards, found.all_viewers) == (("a", "b", "c", "d"), ("x", "ann", "bob"))


@pytest.mark.parametrize(
    ("action_", "deletes"),
    [("Reset", False), ("Delete", True), ("@KeyInfoSaved", False), ("com.soa.appversion.delete.auto", True)],
)
def test_the_two_delete_actions_mean_delete_and_the_others_reset(action_, deletes):
    assert SyncClient(action_).deletes == deletes


def test_a_common_function_is_called_with_its_own_arguments_under_those_of_the_call():
    common = call("function", "report", title="own", copies="2")
    parts = f'<common-functions><common-function name="weekly">{common}</common-function></common-functions>'
    assert do(call("function", "common", name="weekly", title="call"), parts=parts) == [Report(title="call", copies=2)]


def test_a_common_function_that_calls_itself_is_told():
    common = call("function", "common", name="round")
    parts = f'<common-functions><common-function name="round">{common}</common-function></common-functions>'
    with pytest.raises(WorkflowFault, match="'round' calls itself"):
        do(common, parts=parts)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (call("function", "reprot"), "There is no function named 'reprot' (line 1). Did you mean 'report'?"),
        (call("function", "common", name="weekly"), "There is no common function named 'weekly' (line 1)."),
        (call("function", "runScript", lang="javascript", script="x"), "Scripts run on the vendor's JVM, not here."),
        (call("function", "runScript"), "a module given with --extension"),
    ],
)
def test_a_call_of_what_is_not_there_says_what_to_do(written, told):
    with pytest.raises(WorkflowFault) as caught:
        do(written)
    assert told in str(caught.value)
    assert caught.value.line == 1


def test_an_unknown_condition_is_a_fault_and_not_a_no():
    text = workflow(step(10, action(11, inside=restrict("AND", "nevr"))))
    read, instance = started(text, registry())
    with pytest.raises(WorkflowFault, match="Did you mean 'never'"):
        perform(read, instance, 11, Env(registry(), [], "jane"))


def test_a_function_sees_its_element_and_all_arguments_as_spelled():
    assert do(call("function", "seen", Some="${team}", other="x")) == [({"Some": ("ann", "bob"), "other": "x"}, 1)]


def test_a_registry_keeps_names_apart_and_can_be_told_to_replace():
    known = registry()
    with pytest.raises(Conflict, match="a function named 'report' already"):
        known.add(report)
    mine = function("report", NoArguments)(lambda context, args: context.subject.append("mine"))
    other = known.copy()
    other.replace(mine)
    assert do(call("function", "report"), known=other) == ["mine"]
    assert known.functions["report"].summary == "Hand in a report."


EXTENSION = """
from mockserver.platforms.akana.workflow.registry import NoArguments, function

@function("runScript", NoArguments)
def run_script(context, args):
    context.subject.append(context.arguments["import"])

def register(registry):
    registry.add(run_script)
"""


@pytest.mark.parametrize("by", ["file", "name"])
def test_an_extension_brings_what_it_registers(by, tmp_path, monkeypatch):
    module = tmp_path / f"team_workflow_{by}.py"
    module.write_text(EXTENSION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    known = registry()
    load_extensions([str(module) if by == "file" else module.stem], known)
    script = call("function", "runScript", **{"lang": "javascript", "import": "script:42"})
    assert do(script, known=known) == ["script:42"]


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        (None, Unknown, "There is no extension named"),
        ("", Invalid, "has no function named 'register'"),
        ("import nothing_of_this_name", Invalid, "needs the module 'nothing_of_this_name'"),
        ("1 / 0", Invalid, "cannot be imported: ZeroDivisionError"),
    ],
)
def test_an_extension_that_cannot_be_used_says_why(text, error, told, tmp_path):
    path = tmp_path / "team.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(MockserverError, match=told) as caught:
        load_extensions([str(path)], registry())
    assert type(caught.value) is error
