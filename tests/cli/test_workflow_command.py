"""`mockserver workflow`: what it prints, and by which code it ends."""

from __future__ import annotations

import json

import pytest

from tests.akana.workflow.files import AS_PRINTED, FRAGMENTS, GOLDEN, VECTOR
from tests.akana.workflow.written import action, call, functions, goes, restrict, step, workflow

RIGHT = workflow(step(10, action(11, results=goes(20))), step(20))
WRONG = workflow(step(10, "\n" + action(11, "@Modfy"), "\n" + action(12, results=goes(99))))


@pytest.fixture
def files(tmp_path):
    for name, text in (("right.xml", RIGHT), ("wrong.xml", WRONG), ("broken.xml", "<workflow>")):
        (tmp_path / name).write_text(text)


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (("right.xml",), 0, "right.xml: nothing wrong", ""),
        (
            ("wrong.xml",),
            1,
            "wrong.xml:3: error: action do12 (12) leads to step 99, which does not exist [missing-step]",
            "",
        ),
        (("wrong.xml",), 1, "wrong.xml: 1 error and 1 warning", ""),
        (("right.xml", "wrong.xml"), 1, "2 files: 1 error and 1 warning", ""),
        (("wrong.xml", "--ignore", "missing-step", "--ignore", "unknown-reserved-action"), 0, "nothing wrong", ""),
        (
            ("wrong.xml", "--format", "github"),
            1,
            "::warning file=wrong.xml,line=2,title=unknown-reserved-action::the",
            "",
        ),
        (("right.xml", "--format", "github"), 0, "", ""),
        (("broken.xml",), 2, "", "broken.xml:1:11: /workflow: expected </workflow>"),
        (("missing.xml",), 2, "", "missing.xml cannot be read: No such file"),
        (("right.xml", "--extension", "nowhere"), 2, "", "There is no extension named 'nowhere'"),
        ((str(FRAGMENTS[0]),), 0, "nothing wrong", ""),
        ((str(AS_PRINTED[0]),), 2, "", "expected </pre-functions> for the <pre-functions> of line 1"),
    ],
)
def test_lint_says_what_is_wrong_and_ends_accordingly(mockserver, files, arguments, code, out, err):
    done = mockserver("workflow", "lint", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert out in done.stdout
    assert err in done.stderr


def test_lint_speaks_json(mockserver, files):
    told = json.loads(mockserver("workflow", "lint", "wrong.xml", "--format", "json").stdout)
    assert [(each["file"], each["rule"], each["line"]) for each in told] == [
        ("wrong.xml", "unknown-reserved-action", 2),
        ("wrong.xml", "missing-step", 3),
    ]


def test_lint_knows_what_an_extension_registers(mockserver, tmp_path):
    (tmp_path / "team.py").write_text(
        "from mockserver.platforms.akana.workflow.registry import NoArguments, function\n"
        "def register(registry):\n"
        "    registry.add(function('greet', NoArguments)(lambda context, args: None))\n"
    )
    text = workflow(step(10, action(11, inside=functions("pre", "greet"), results=goes(20))), step(20))
    (tmp_path / "app.xml").write_text(text)
    assert mockserver("workflow", "lint", "app.xml").returncode == 1
    for name in ("team", "team.py"):
        assert mockserver("workflow", "lint", "app.xml", "--extension", name).returncode == 0


@pytest.mark.parametrize("shape", ["text", "mermaid"])
def test_show_draws(mockserver, shape):
    done = mockserver("workflow", "show", str(VECTOR), "--format", shape)
    assert done.returncode == 0
    assert done.stdout.startswith("start\n" if shape == "text" else "stateDiagram-v2\n")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (("--step", "10", "--role", "AppAdmin"), ["do11 (11): available", "no  toSandbox"]),
        (("--step", "Step 10"), ["do11 (11): not available", "no  authorizeByAtmosphereRole(role=AppAdmin)"]),
        (("--step", "10", "--true", "toSandbox"), ["do12 (12): available", "yes toSandbox"]),
    ],
)
def test_explain_tells_condition_by_condition(mockserver, tmp_path, arguments, lines):
    inside = restrict("AND", call("condition", "authorizeByAtmosphereRole", role="&AtmoRoleAppAdmin;"))
    text = workflow(step(10, action(11, inside=inside), action(12, inside=restrict("AND", "toSandbox"))))
    (tmp_path / "app.xml").write_text(text.replace("&amp;", "&"))
    done = mockserver("workflow", "explain", "app.xml", *arguments)
    assert done.returncode == 0, done.stderr
    for line in lines:
        assert line in done.stdout


def test_explain_says_which_step_was_meant(mockserver, files):
    done = mockserver("workflow", "explain", "right.xml", "--step", "Stpe 10")
    assert done.returncode == 2
    assert "Did you mean 'Step 10'?" in done.stderr


def test_trace_prints_what_a_golden_file_holds(mockserver):
    golden = GOLDEN[0].with_suffix(".trace.txt")
    done = mockserver("workflow", "trace", str(GOLDEN[0]), "--script", str(golden))
    assert done.returncode == 0
    assert done.stdout == golden.read_text()


def test_trace_ends_at_a_script_that_is_none(mockserver, files, tmp_path):
    (tmp_path / "script.txt").write_text("> init=1\n> od=11\n")
    done = mockserver("workflow", "trace", "right.xml", "--script", "script.txt")
    assert done.returncode == 2
    assert "script.txt:2:1: script: expected > roles=…, > init=ID or > do=ID, got '> od=11'" in done.stderr
    assert done.stdout == ""
