"""What lint says, rule by rule; and that it says nothing about what is right."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from mockserver.errors import InvalidFile
from mockserver.platforms.akana.workflow.lint import Finding, lint
from mockserver.platforms.akana.workflow.registry import NoArguments, Registry, function, validator, variable
from mockserver.platforms.akana.workflow.vocabulary import APP_VERSION
from tests.akana.workflow.files import FRAGMENTS
from tests.akana.workflow.written import action, call, conditions, functions, goes, restrict, step, workflow

END = step(20)
OUT = action(19, "leave", results=goes(20))


def pre(*calls: str) -> str:
    return f"<pre-functions>{''.join(calls)}</pre-functions>"


def whole(*actions: str, parts: str = "", more: str = "") -> str:
    """A workflow with nothing wrong but what is put in."""
    return workflow(step(10, *actions, OUT), END, more, parts=parts)


def has(inside: str) -> str:
    """A workflow with this inside an action."""
    return whole(action(11, inside=inside))


def runs(*calls: str) -> str:
    """A workflow with an action that calls these first."""
    return has(pre(*calls))


def note(**args: str) -> str:
    return call("function", "sendNotification", **args)


NOTIFICATION = "com.soa.notification.type.app.marked.for.deletion.appteam"
BOARD = {"boardItemTemplateId": "com.soa.board.item.appversion.mark.for.delete", "visibility": "Public"}


def test_there_is_nothing_to_say_about_what_is_right():
    assert lint(whole(), "app.xml") == []


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.stem)
def test_there_is_nothing_to_say_about_the_pieces_of_the_vendors_page(path):
    assert lint(path.read_bytes(), path.name) == []


ROLE = {"role": "AppAdmin"}
PRINT = call("function", "print")
SAID = [
    # the file's form, and what the original refuses
    (whole(more="<stpe/>"), "unknown-element", "Did you mean 'step'?"),
    (whole(action(11, atuo="true")), "unknown-attribute", "Did you mean 'auto'?"),
    (has(restrict("AND") + restrict("AND")), "repeated-element", "only that one counts"),
    (whole(action(19)), "duplicate-action-id", "Give it an id of its own"),
    (whole(more=step(20, name="Other")), "duplicate-step-id", "Give it an id of its own"),
    # the graph
    (whole(action(11, results=goes(99))), "missing-step", "lead to one of 10, 20."),
    (whole(action(11, results='<unconditional-result old-status="O" split="3"/>')), "missing-split", "one of none"),
    (whole(action(11, results='<unconditional-result old-status="O" join="3"/>')), "missing-join", "Add the join"),
    (whole(more=step(30)), "unreachable-step", "Lead an action there"),
    (whole(action(11, results=goes(30)), more=step(30, action(31), action(32, results=goes(30)))), "no-way-out", ""),
    (workflow(END, first=20, initial=action(1, "@Create")), "stay-from-nowhere", "Name the step."),
    # names
    (workflow(END, first=20, initial=action(1, "@Craete", results=goes(20))), "missing-initial-action", "Add it"),
    (whole(parts="").replace("@Create", "@create"), "unknown-initial-action", "Did you mean '@Create'?"),
    (whole(action(11, "@Create")), "initial-action-in-step", "Move it to <initial-actions>."),
    (whole(action(11, "@KeyInfoSave")), "unknown-reserved-action", "Did you mean '@KeyInfoSaved'?"),
    (whole(action(11, "@modify")), "unknown-reserved-action", "Did you mean '@Modify'?"),
    (whole(action(11, "reserved-conect-to-api.Sandbox")), "unknown-reserved-action", "connect-to-api.Sandbox'"),
    (whole(action(11, "RegenerateSecret")), "nearly-reserved-action", "Did you mean '@RegenerateSecret'?"),
    (whole(action(11, "reserved_action_modify")), "nearly-reserved-action", "'reserved-action-modify'"),
    (whole(action(11, "leave")), "duplicate-name", "conditions exclude each other"),
    (whole(action(11, results=goes(30)), more=step(30, name="Step 20")), "duplicate-name", "a name of its own"),
    # calls
    (has(functions("pre", "sendNotifications")), "unknown-function", "'sendNotification'"),
    (has(restrict("AND", "isNul")), "unknown-condition", "Did you mean 'isNull'?"),
    (has(f"<validators>{call('validator', 'v')}</validators>"), "unknown-validator", "--extension"),
    (has(functions("pre", "runScript")), "not-run", "a module given with --extension"),
    (has(restrict("AND", "authorizeByPrivilege")), "not-run", "Register a condition"),
    (runs(call("function", "common", name="x")), "unknown-common-function", "Name one"),
    (runs(note(notificationType=NOTIFICATION)), "missing-argument", 'Add <arg name="role">'),
    (has(restrict("AND", "authorizeByAtmosphereRole")), "missing-argument", "role"),
    (runs(note(notificationType=NOTIFICATION, role="Admin")), "argument-value", "AppAdmin"),
    (runs(note(notificationTyp=NOTIFICATION, **ROLE)), "unknown-argument", "'notificationType'"),
    (runs(note(NotificationType=NOTIFICATION, **ROLE)), "argument-spelling", "'notificationType'"),
    (runs(note(notificationType=f" {NOTIFICATION}", **ROLE)), "white-space", "between the tags"),
    (runs(note(notificationType="x", **ROLE)), "unknown-notification", "Known: "),
    (
        runs(call("function", "addBoardItem", **{**BOARD, "boardItemTemplateId": "x"})),
        "unknown-board-template",
        "Known: ",
    ),
    (
        whole(action(11, inside=restrict("AND", call("condition", "authorizeByAtmosphereRole", role="AppAdmn")))),
        "unknown-role",
        "Did you mean 'AppAdmin'?",
    ),
    (whole(action(11, results=goes(owner="${calller}"))), "unknown-variable", "Did you mean '${caller}'?"),
    (
        runs(call("function", "log", message="${app.version.nam}")),
        "unknown-variable",
        "'${app.version.name}'",
    ),
    (
        whole(action(11, inside=functions("pre", "deleteAppVersion", "autoDeleteAppVersion"))),
        "delete-not-last",
        "Move it before deleteAppVersion.",
    ),
    # surprises
    (has(restrict("and", "isNull", "isNotNull")), "conditions-type", 'type="AND"'),
    (whole(action(11, results=goes(old=""))), "missing-old-status", "old-status"),
    (whole(parts=f"<common-actions>{action(7)}</common-actions>"), "unused", "<common-action>"),
    (whole(parts=f"<joins><join id='1'>{goes(20)}</join></joins>"), "unused", "Remove it, or lead a result there."),
    (
        whole(parts=f"<trigger-functions><trigger-function id='1'>{PRINT}</trigger-function></trigger-functions>"),
        "trigger-function",
        "call its function from an action",
    ),
]


@pytest.mark.parametrize(("text", "rule", "advice"), SAID, ids=[f"{n} {rule}" for n, (_, rule, _) in enumerate(SAID)])
def test_what_is_wrong_is_said_with_what_to_do(text, rule, advice):
    said = [each for each in lint(text, "app.xml") if each.rule == rule]
    assert said, lint(text, "app.xml")
    assert advice in said[0].advice + said[0].message
    assert said[0].line == 1


RIGHT = [
    whole(action(11, "@Modify"), action(12, "com.soa.appversion.delete.approve"), action(13, "reserved-action-modify")),
    runs(note(notificationType="${caller}", role="${caller}")),
    runs(note(**ROLE, notificationType=NOTIFICATION, **{"param.who": "${caller}"})),
    whole(action(11, inside=restrict("and", "isNull"))),
    whole(action(11, finish="true", results='<unconditional-result old-status="Done"/>')),
    whole(action(11, inside=functions("pre", "deleteAppVersion", "notifyAppVersionDeleteToOAuthClient"))),
    whole(
        action(11, results='<unconditional-result old-status="O" split="1"/>'),
        parts="",
        more=step(30, action(31, results=goes(20))),
    ).replace("</workflow>", f"<splits><split id='1'>{goes(20)}{goes(30)}</split></splits></workflow>"),
    whole(
        action(11, results=goes(30)),
        parts=f"<global-actions>{action(5, 'escape', results=goes(20))}</global-actions>",
        more=step(30, action(31)),
    ),
]


@pytest.mark.parametrize("text", RIGHT)
def test_what_is_right_is_let_be(text):
    assert lint(text, "app.xml") == []


def common(name: str, *args: str) -> str:
    """A common function that sends a notification, with these arguments of its own."""
    own = {"role": "AppAdmin", "notificationType": NOTIFICATION}
    function_ = note(**{arg: own[arg] for arg in args})
    return f'<common-functions><common-function name="{name}">{function_}</common-function></common-functions>'


@pytest.mark.parametrize(
    ("own", "given", "rules"),
    [
        (("role",), {"notificationType": NOTIFICATION}, []),
        (("role", "notificationType"), {}, []),
        (("role",), {}, ["missing-argument"]),
        (("role",), {"notificationTyp": NOTIFICATION}, ["missing-argument", "unknown-argument"]),
        (("notificationType",), {"role": "Nobody"}, ["argument-value"]),
        (("role",), {"notificationType": "x"}, ["unknown-notification"]),
    ],
)
def test_a_common_function_is_checked_together_with_its_calls(own, given, rules):
    text = whole(action(11, inside=pre(call("function", "common", name="tell", **given))), parts=common("tell", *own))
    assert [each.rule for each in lint(text, "app.xml")] == rules


def test_a_deletion_is_last_in_the_whole_transition_not_only_in_its_list():
    deleting = action(11, inside=functions("pre", "deleteAppVersion"), results=goes(30))
    entered = step(30, inside=functions("pre", "syncAppVersionOAuthClient"))
    assert "delete-not-last" in {each.rule for each in lint(whole(deleting, more=entered), "app.xml")}


def test_findings_are_in_the_order_of_the_file_each_once():
    text = whole("\n" + action(11, "@Modfy"), "\n" + action(12, results=goes(99)), more="\n" + step(30))
    said = lint(text, "app.xml")
    assert [(each.line, each.severity) for each in said] == [(2, "warning"), (3, "error"), (4, "warning")]


def test_of_a_piece_only_what_stands_in_it_is_said():
    piece = (
        action(11, "@Modfy", results=goes(99))
        + '<step id="5" name="x"><actions><common-action id="7"/></actions></step>'
    )
    assert [each.rule for each in lint(piece, "piece.xml")] == ["unknown-reserved-action"]


def test_what_a_team_registered_is_known():
    class Greet(msgspec.Struct, frozen=True):
        who: str

    registry: Registry[None] = Registry()
    registry.add(
        function("greet", Greet)(lambda context, args: None),
        function("runScript", NoArguments)(lambda context, args: None),
        validator("v", NoArguments)(lambda context, args: None),
        variable("motto")(lambda context: "…"),
    )
    text = whole(
        action(
            11,
            inside=f"<validators>{call('validator', 'v')}</validators>"
            + pre(call("function", "greet", who="${motto}"), call("function", "runScript")),
        ),
        action(12, inside=pre(call("function", "greet"))),
    )
    assert [each.rule for each in lint(text, "app.xml", APP_VERSION.including(registry))] == ["missing-argument"]


def test_templates_are_those_that_exist_where_the_workflow_will_run():
    text = runs(note(notificationType="ours", **ROLE))
    assert lint(text, "app.xml", replace(APP_VERSION, notifications=frozenset(("ours",)))) == []


def test_what_is_no_xml_is_an_error_of_the_file():
    with pytest.raises(InvalidFile):
        lint("<workflow>", "app.xml")


def test_a_finding_is_plain_data():
    (said,) = lint(whole(action(11, "@Modfy")), "app.xml")
    assert msgspec.convert(msgspec.to_builtins(said), Finding) == said


def test_nested_conditions_are_looked_at_too():
    nested = conditions("AND", conditions("XOR", "isNull", "isNulll"), "isNotNull")
    said = lint(has(f"<restrict-to>{nested}</restrict-to>"), "app.xml")
    assert [each.rule for each in said] == ["unknown-condition", "conditions-type"]
