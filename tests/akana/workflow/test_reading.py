"""Workflow files: what is read of them, what is refused at which line, and what is never touched."""

from __future__ import annotations

import pytest

from mockserver.errors import InvalidFile
from mockserver.platforms.akana.workflow.definition import Arg, Conditions
from mockserver.platforms.akana.workflow.reader import read, scan
from mockserver.platforms.akana.workflow.xml import MAX_BYTES, MAX_DEPTH
from tests.akana.workflow.files import AS_PRINTED, FRAGMENTS, GOLDEN, VECTOR
from tests.akana.workflow.written import action, call, conditions, definition, functions, goes, restrict, step, workflow


def refusal(text: bytes | str, **how: bool) -> str:
    with pytest.raises(InvalidFile) as caught:
        read(text, "app.xml", **how)
    return str(caught.value)


@pytest.mark.parametrize("path", [VECTOR, *GOLDEN], ids=lambda path: path.stem)
def test_whole_files_load(path):
    assert read(path.read_bytes(), path.name).steps


def test_every_part_of_a_file_is_read():
    shared = next(path for path in GOLDEN if path.stem == "shared-actions")
    found = read(shared.read_bytes(), shared.name)
    assert found.meta == {"title": "Shared"}
    assert [str(each) for each in found.global_actions] == ["close (5)"]
    assert found.global_actions[0].finish
    assert [str(each) for each in found.step(10).actions] == ["publish (11)", "comment (7)"]
    assert found.step(20).actions[0] is found.common_actions[0]
    assert found.common_functions["tell"].args == (Arg("role", "AppAdmin", 13),)
    assert [len(each.conditions) for each in found.step(10).actions[0].results] == [2]
    assert isinstance(found.global_conditions, Conditions)


def test_entities_of_the_file_go_before_those_that_are_predefined():
    text = workflow(step(10, action(11, inside=restrict("AND", call("condition", "c", role="ROLE")))))
    text = text.replace("ROLE", "&AtmoRoleAdmin;/&AtmoRoleApiAdmin;")
    declared = '<!DOCTYPE workflow [<!ENTITY AtmoRoleAdmin "Chief">]>' + text
    for written, expected in ((text, "Admin/ApiAdmin"), (declared, "Chief/ApiAdmin")):
        (found,) = read(written, "app.xml").step(10).actions[0].restrict_to.walk()
        assert found.args[0].value == expected


def test_text_is_kept_as_written_but_for_comments():
    written = " x <!-- no --><![CDATA[<y>]]>\n&lt;"
    inside = f'<pre-functions><function type="f"><arg name="a">{written}</arg></function></pre-functions>'
    (function,) = definition(workflow(step(10, action(11, inside=inside)))).step(10).actions[0].pre_functions
    assert function.args[0].value == " x <y>\n<"


@pytest.mark.parametrize(
    "data",
    [
        workflow(step(10), initial=action(1, "Grüße", results=goes(10))),
        workflow(step(10), initial=action(1, "Grüße", results=goes(10))).encode(),
        b"\xef\xbb\xbf" + workflow(step(10), initial=action(1, "Grüße", results=goes(10))).encode(),
        workflow(step(10), initial=action(1, "Grüße", results=goes(10))).encode("utf-16"),
        b'<?xml version="1.0" encoding="ISO-8859-1"?>'
        + workflow(step(10), initial=action(1, "Grüße", results=goes(10))).encode("latin-1"),
        '<?xml version="1.0" encoding="UTF-16"?>' + workflow(step(10), initial=action(1, "Grüße", results=goes(10))),
    ],
    ids=["text", "utf-8", "bom", "utf-16", "latin-1", "text that says utf-16"],
)
def test_files_may_be_in_any_encoding_that_they_name(data):
    assert read(data, "app.xml").initial_actions[0].name == "Grüße"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1:1: /: expected a workflow, got the end of the file"),
        ("hello", '1:1: /: expected an element, got "hello"'),
        ("<workflow>\n <steps>\n</workflow>", "3:3: /workflow/steps: expected </steps> for the <steps> of line 2"),
        ("<workflow>\n<steps/>", "2:9: /workflow: expected </workflow> for the <workflow> of line 1, got the end of"),
        ("<workflow/>\n<workflow/>", "2:1: /: expected the end of the file"),
        ("<workflow a='1' a='2'/>", "1:17: /: expected well-formed XML, got duplicate attribute"),
        ("<workflow>&nope;</workflow>", "got &nope;"),
        ("<workflow>&AtmoRoleAdmn;</workflow>", "did you mean 'AtmoRoleAdmin'?"),
        ("<workflow a='&AtmoRoleAdmn;'/>", "did you mean 'AtmoRoleAdmin'?"),
        (b"<workflow>\n\xff</workflow>", "2:1: /: expected utf-8 text, got the byte 0xFF"),
        (b'<?xml version="1.0" encoding="martian"?><workflow/>', "UTF-8, UTF-16 or a Latin encoding, got 'martian'"),
        (b'<?xml version="1.0" encoding="punycode"?><workflow/>', "UTF-8, UTF-16 or a Latin encoding, got 'punycode'"),
        (b'<?xml version="1.0" encoding="iso-8859-99"?><workflow/>', "an encoding that exists, got 'iso-8859-99'"),
        ("<wrokflow/>", "expected <workflow>, got <wrokflow> (did you mean 'workflow'?)"),
        ("<steps/>", "expected <workflow>, got <steps>"),
    ],
)
def test_what_is_no_workflow_is_told_with_its_place(text, told):
    assert told in refusal(text)


@pytest.mark.parametrize(
    ("before", "instead", "told"),
    [
        ("<steps>", "<stesp/><steps>", "/workflow/stesp: expected one of"),
        ("<steps>", "<stesp/><steps>", "got <stesp> (did you mean 'steps'?)"),
        ("<steps>", "<steps/><steps>", "/workflow/steps: expected one <steps> in <workflow>, got another"),
        ('id="10"', 'id="ten"', "expected a whole number in 'id', got 'ten'"),
        ('id="10"', "", "expected the attribute 'id', got none"),
        ('id="10"', 'id="-1"', "expected another id than -1"),
        ('type="f"', "", "expected the attribute 'type', got none"),
        ("<actions>", "<actions/><actions>", "expected an <action> or <common-action>, got nothing"),
        ("<actions>", '<actions><common-action id="7"/>', "expected the id of a common action (there is none), got 7"),
        ('status="S"', "", "action do11 (11): expected a status, got none"),
        (' step="-1"', "", "action do11 (11): expected a step, split or join to go to, got none"),
        ("<results>", "<results><result/>", "expected <conditions> in a <result>, got none"),
        ("<restrict-to>", f"<restrict-to>{conditions('AND', 'c')}", "expected one <conditions> in <restrict-to>"),
        ('id="11"', 'id="1"', "expected an id of its own, got 1, taken by do11 of step 10 Step 10, line 1"),
    ],
)
def test_what_the_original_refuses_is_refused_with_its_place(before, instead, told):
    inside = restrict("AND", "c") + functions("pre", "f")
    text = workflow(step(10, action(11, inside=inside)))
    assert before in text
    head, _, tail = text.rpartition(before) if before.startswith((" step", "status")) else text.partition(before)
    assert told in refusal(head + instead + tail)


def test_every_problem_is_told_at_once_in_the_order_of_the_file():
    text = workflow(step(10, action(11), action(11, results="<result/>")), step(10), "\n<stpe/>", parts="\n<regsters/>")
    told = refusal(text).splitlines()
    assert told[0] == "app.xml: 8 problems"
    assert [line.split(":")[1] for line in told[1:]] == ["2"] * 7 + ["3"]


@pytest.mark.parametrize(
    ("attribute", "elsewhere", "refused"),
    [
        ("initial", action(11, results=goes(10)), True),
        ("common", action(11), True),
        ("global", action(11), True),
        ("common", action(12) + action(12), True),
        ("common", action(12), False),
    ],
)
def test_ids_of_actions_are_unique_across_the_file(attribute, elsewhere, refused):
    parts = f"<{attribute}-actions>{elsewhere}</{attribute}-actions>" if attribute != "initial" else ""
    initial = action(1, "@Create", results=goes(10)) + (elsewhere if attribute == "initial" else "")
    flaws = scan(workflow(step(10, action(11)), parts=parts, initial=initial), "app.xml").flaws
    assert [flaw.rule for flaw in flaws] == (["duplicate-action-id"] if refused else [])


def test_a_finish_needs_neither_step_nor_status():
    text = workflow(step(10, action(11, finish="true", results='<unconditional-result old-status="Done"/>')))
    assert definition(text).step(10).actions[0].unconditional.step is None


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("declared", "body", "told"),
    [
        ('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;", "from 'file:///etc/passwd', which is not read"),
        ('<!ENTITY x PUBLIC "p" "http://127.0.0.1:9/x">', "&x;", "which is not read"),
        ('<!ENTITY % x SYSTEM "http://127.0.0.1:9/x"> %x;', "", "the parameter entity %x;"),
        (f'<!ENTITY e0 "aaaaaaaaaa">{BOMB}', "&e9;", "characters in all"),
        ('<!ENTITY a "&b;"><!ENTITY b "&a;">', "&a;", "which contains itself"),
        (f'<!ENTITY a "{"x" * 9000}">', "&a;" * 9000, "characters in all"),
        ('<!ENTITY a "<steps/>">', "&a;", "'a', which holds elements"),
        ('<!ENTITY a "&nope;">', "&a;", "got &nope;"),
        ("".join(f'<!ENTITY a{n} "">' for n in range(600)), "", "at most 500 entities"),
        ("".join(f'<!ENTITY a{n} "&a{n + 1};">' for n in range(60)), "&a0;", "within each other"),
    ],
    ids=["file", "address", "parameter", "bomb", "circle", "many", "markup", "unknown", "too many", "too deep"],
)
def test_entities_that_reach_out_or_explode_are_refused_at_once(declared, body, told):
    assert told in refusal(f"<!DOCTYPE workflow [{declared}]>\n<workflow>{body}</workflow>")


def test_the_document_type_is_never_fetched(httpserver):
    address = httpserver.url_for("/workflow_2_9.dtd")
    text = f'<!DOCTYPE workflow PUBLIC "-//OpenSymphony Group//DTD OSWorkflow 2.9//EN" "{address}">'
    assert read(text + workflow(step(10)), "app.xml").steps
    assert httpserver.log == []


def test_what_is_too_large_or_too_deep_is_refused():
    assert f"at most {MAX_BYTES} bytes" in refusal("<workflow>" + " " * MAX_BYTES + "</workflow>")
    assert f"at most {MAX_DEPTH} levels" in refusal("<workflow>" + "<steps>" * 100)


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.stem)
def test_the_pieces_of_the_vendors_page_load(path):
    found = read(path.read_bytes(), path.name, fragment=True)
    assert found.fragment
    assert len(found.steps) == 1


@pytest.mark.parametrize("path", AS_PRINTED, ids=lambda path: path.stem)
def test_pieces_that_lack_an_end_tag_on_the_page_are_refused_as_printed(path):
    told = refusal(path.read_bytes(), fragment=True)
    tag = "pre-functions" if path.stem.startswith("08") else "post-functions"
    assert f"expected </{tag}> for the <{tag}> of line 1, got the end of the file" in told


def test_pieces_stand_side_by_side_with_their_own_lines():
    text = '<?xml version="1.0"?>\n<!-- one --><restrict-to/>\n<function\n  type="f"/> <function type="g"/>\n'
    action_ = read(text, "piece.xml", fragment=True).step(0).actions[0]
    assert [(each.type, each.line) for each in action_.pre_functions] == [("f", 3), ("g", 4)]
    told = refusal(text + "<functoin/>", fragment=True)
    assert "5:1: /functoin: expected <workflow> or elements that may stand in one, got <functoin>" in told
    assert "did you mean 'function'?" in told
