"""What workflows do, pinned: by the original engine's own trace, and by our own, read and found right."""

from __future__ import annotations

import pytest

from mockserver.errors import InvalidFile
from mockserver.platforms.akana.workflow.reader import read
from mockserver.platforms.akana.workflow.trace import read_script, trace
from tests.akana.workflow.files import GOLDEN, VECTOR


def _traced(workflow, script):
    return list(trace(read(workflow.read_bytes(), workflow.name), read_script(script.read_text(), script.name)))


def test_the_original_engines_trace_is_reproduced_but_for_what_an_exception_leaves_behind():
    script = VECTOR.with_suffix(".trace.txt")
    theirs, ours = script.read_text().splitlines(), _traced(VECTOR, script)
    assert len(ours) == len(theirs)
    assert ours[:-2] == theirs[:-2]
    assert [line.split(" ")[0] for line in ours[-2:]] == ["EXC", "STATE"]
    before_the_exception = next(line for line in reversed(ours[:-2]) if line.startswith("STATE"))
    assert ours[-1] == before_the_exception
    assert theirs[-1] != before_the_exception


@pytest.mark.parametrize("workflow", GOLDEN, ids=lambda path: path.stem)
def test_a_kept_trace_is_a_script_that_gives_itself(workflow):
    script = workflow.with_suffix(".trace.txt")
    assert _traced(workflow, script) == script.read_text().splitlines()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("do=3", "1:1: script: expected > roles=…, > init=ID or > do=ID, got 'do=3'"),
        ("> intit=3", "did you mean 'init'?"),
        ("> do=3", "expected > init=ID before the first > do=ID"),
        ("> init=first", "expected > init= and the id of an action, got '> init=first'"),
    ],
)
def test_a_line_that_is_none_is_told(line, told):
    with pytest.raises(InvalidFile) as caught:
        read_script(line, "script.txt")
    assert told in str(caught.value)


def test_a_function_is_told_with_its_name_and_arguments_on_one_line():
    text = """
        <workflow><initial-actions><action id="1" name="@Create">
          <pre-functions><function type="common" name="tell"><arg name="b">two
             lines</arg><arg name="a">${caller}</arg><arg name="c">${nothing}</arg></function></pre-functions>
          <results><unconditional-result old-status="" status="S" step="1" owner="${caller}"/></results>
        </action></initial-actions>
        <common-functions><common-function name="tell"><function type="x"/></common-function></common-functions>
        <steps><step id="1" name="One"/></steps></workflow>"""
    lines = list(trace(read(text, "test.xml"), read_script("> init=1", "script")))
    assert lines == [
        "> init=1",
        "   FN common tell two lines user1 createdStep=-",
        "STATE entry=1 current=[1|S|owner=<caller>] history= actions=",
    ]
