"""Why an action is available or not, and how a workflow is drawn."""

from __future__ import annotations

import pytest

from mockserver.platforms.akana.workflow.context import Env
from mockserver.platforms.akana.workflow.engine import available
from mockserver.platforms.akana.workflow.explain import explain
from mockserver.platforms.akana.workflow.instance import CurrentStep, Instance
from mockserver.platforms.akana.workflow.reader import read
from mockserver.platforms.akana.workflow.registry import Registry
from mockserver.platforms.akana.workflow.show import as_mermaid, as_text
from mockserver.platforms.akana.workflow.stubs import stub_registry
from tests.akana.workflow.files import FRAGMENTS, GOLDEN, VECTOR
from tests.akana.workflow.written import action, call, conditions, definition, functions, goes, restrict, step, workflow

IN_10 = Instance("activated", (CurrentStep(1, 10, "S", "", 0.0),), 1)


def asked(text: str, *true: str):
    found = definition(text)
    return explain(found, IN_10, Env(stub_registry(found, true), None, "jane"))


def role(name: str, **marks: str) -> str:
    return call("condition", "byRole", role=name, **marks)


@pytest.mark.parametrize(
    ("inside", "true", "why_not"),
    [
        (restrict("AND", "a", "b"), "ab", ""),
        (restrict("AND", "a", "b"), "a", "b is false"),
        (restrict("AND", "a", "b"), "", "a is false; b is false"),
        (restrict("OR", "a", "b"), "b", ""),
        (restrict("OR", "a", "b"), "", "none of these holds: a is false, b is false"),
        (restrict("AND", call("condition", "a", negate="yes")), "a", "not a is false"),
        (restrict("AND", conditions("OR", "a", "b"), "c"), "c", "none of these holds: a is false, b is false"),
        (restrict("OR", conditions("AND", "a", "b"), "c"), "a", "none of these holds: b is false, c is false"),
        ("<restrict-to/>", "", ""),
    ],
)
def test_what_is_in_the_way_is_said_in_words(inside, true, why_not):
    (told,) = asked(workflow(step(10, action(11, inside=inside))), *true)
    assert told.why_not() == why_not
    assert told.available == (why_not == "")


def test_every_condition_is_asked_those_for_the_whole_workflow_first():
    parts = f"<global-conditions>{conditions('AND', 'open')}</global-conditions>"
    text = workflow(step(10, action(11, inside=restrict("AND", role("Admin"), "never")), action(12)), parts=parts)
    first, second = asked(text, "byRole:Admin")
    assert [[(each.text, each.passes) for each in verdict.members] for verdict in first.verdicts] == [
        [("open", False)],
        [("byRole(role=Admin)", True), ("never", False)],
    ]
    assert second.why_not() == "open is false"


def test_what_cannot_be_asked_is_a_no_and_says_why():
    found = definition(workflow(step(10, action(11, inside=restrict("OR", "a")))))
    (told,) = explain(found, IN_10, Env(Registry(), None, "jane"))
    assert told.why_not() == "a cannot be told (There is no condition named 'a' (line 1).)"


def test_explaining_agrees_with_what_is_available():
    found = read(VECTOR.read_bytes(), VECTOR.name)
    env = Env(stub_registry(found, ("t",)), None, "jane")
    assert [each.action for each in explain(found, IN_10, env) if each.available] == available(found, IN_10, env)


def test_the_text_shows_steps_ways_conditions_and_functions():
    results = f'<result old-status="O" status="Early" step="20">{conditions("OR", "a", "b")}</result>{goes(20)}'
    text = workflow(
        step(
            10,
            action(11, "publish", restrict("AND", role("Admin", negate="true"), "c") + functions("pre", "f"), results),
            action(12, "close", finish="true", auto="true"),
            inside=functions("post", "g"),
        ),
        step(20),
        parts=f"<global-actions>{action(5, 'wait', functions('post', 'h'))}</global-actions>",
    )
    assert list(as_text(definition(text))) == [
        "start",
        "  @Create (1) → 10 Step 10, as 'Started'",
        "in every step",
        "  wait (5) → stays, as 'S'",
        "      after: h",
        "step 10 Step 10",
        "  on leaving: g",
        "  publish (11)",
        "      if not byRole(role=Admin) and c",
        "      before: f",
        "      → 20 Step 20, as 'Early' if a or b",
        "      → 20 Step 20, as 'S' otherwise",
        "  close (12) [auto, finish] → the end",
        "step 20 Step 20, the end",
    ]


def test_mermaid_has_an_arrow_for_each_result_and_one_for_all_that_stay():
    split = next(path for path in GOLDEN if path.stem == "split-and-join")
    assert list(as_mermaid(read(split.read_bytes(), split.name))) == [
        "stateDiagram-v2",
        "    s10 : 10 Draft",
        "    s20 : 20 Security",
        "    s30 : 30 Legal",
        "    s40 : 40 Approved",
        "    state split1 <<fork>>",
        "    state join1 <<join>>",
        "    [*] --> s10 : @Create",
        "    s10 --> split1 : submit",
        "    s20 --> join1 : approve.security",
        "    s20 --> s20 : ask",
        "    s30 --> join1 : approve.legal",
        "    s40 --> [*] : archive",
        "    split1 --> s20",
        "    split1 --> s30",
        "    join1 --> s40",
    ]


def test_a_label_cannot_be_taken_for_more_of_the_diagram():
    found = definition(workflow(step(10, action(11, "a: b; --&gt; &lt;c&gt; #", results=goes(20))), step(20)))
    (line,) = [line for line in as_mermaid(found) if "--> s20" in line]
    assert line == "    s10 --> s20 : a#58; b#59; --#62; #60;c#62; #35;"


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.stem)
def test_pieces_can_be_drawn(path):
    found = read(path.read_bytes(), path.name, fragment=True)
    assert next(as_text(found)) == "step 0 fragment"
    assert next(as_mermaid(found)) == "stateDiagram-v2"
