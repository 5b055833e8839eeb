"""Every command on every page runs, except the blocks that say why they do not; every snippet is what it should be."""

from __future__ import annotations

import inspect
import json
import re
import tomllib

import pytest

from mockserver import checking
from mockserver.app import load_platforms, schema_of
from mockserver.checking import yaml
from mockserver.scenarios import load_scenario
from mockserver.settings import DESCRIPTIONS, Settings
from tests.docs import pages
from tests.docs.pages import DOCS, ROOT, RUN_ELSEWHERE, Block, Reader, differences, last_json

SCHEMA = schema_of(load_platforms())
RUN_HERE = [page for page in pages.pages() if page not in RUN_ELSEWHERE and any(map(pages.is_run, pages.blocks(page)))]


def _snippets(language: str) -> list[object]:
    return [pytest.param(block, id=f"{page}: {block.text[:30]!r}") for page, block in pages.blocks_in(language)]


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN_HERE)
def test_the_commands_of_a_page_run_and_answer_what_it_shows(page, tmp_path):
    with pages.reader(tmp_path) as reader:
        ran = None
        for block in pages.blocks(page):
            if block.answers:
                assert ran is not None
                _check_output(block, ran)
            elif (done := reader.follow(block)) is not None:
                ran = done
                told = f"{block.text}\n-- exit code {ran.code}\n{ran.out}\n{ran.err}"
                assert ran.failed == (block.mark == "fails"), told


def _check_output(block: Block, ran: pages.Ran) -> None:
    if block.language == "json":
        assert differences(json.loads(block.text), last_json(ran.out)) == [], ran.out
    else:
        said = " ".join((ran.out + ran.err).split())
        lost = [line for line in block.text.splitlines() if " ".join(line.split()) not in said]
        assert lost == [], ran.out + ran.err


@pytest.mark.parametrize(("page", "test"), RUN_ELSEWHERE.items())
def test_what_is_run_elsewhere_is_run_there(page, test):
    assert page.rpartition("/")[2] in (ROOT / test).read_text(encoding="utf-8")


@pytest.mark.parametrize("block", _snippets("yaml"))
def test_every_yaml_snippet_is_what_it_looks_like(block):
    value = yaml.read(block.text, "snippet").value
    if isinstance(value, dict) and "steps" in value:
        load_scenario(block.text, "snippet", schema=SCHEMA)
    elif isinstance(value, list) and "run" not in value[0]:
        indented = "".join(f"  {line}\n" for line in block.text.splitlines())
        load_scenario(f"name: docs/snippet\nsteps:\n{indented}", "snippet", schema=SCHEMA)


@pytest.mark.parametrize("block", _snippets("json"))
def test_every_json_snippet_is_json(block):
    json.loads(block.text)


@pytest.mark.parametrize("block", _snippets("toml"))
def test_every_toml_snippet_holds_settings(block):
    checking.convert(tomllib.loads(block.text), Settings, what="The snippet")


@pytest.mark.parametrize("block", _snippets("python"))
def test_every_python_snippet_compiles(block):
    compile(block.text, "snippet", "exec")


EXAMPLES = [
    (page, block)
    for page in pages.pages()
    for block in pages.blocks(page)
    if (block.mark or "").startswith("examples/")
]


@pytest.mark.parametrize(("page", "block"), EXAMPLES, ids=[block.mark for _, block in EXAMPLES])
def test_an_example_on_a_page_is_the_file_that_is_run(page, block):
    assert ((ROOT / page).parent / block.mark).read_text(encoding="utf-8") == block.text


def test_the_page_about_pytest_names_every_fixture_and_option():
    from mockserver import pytest_plugin

    page = pages.text_of("docs/pytest.md")
    fixtures = [
        name for name, each in vars(pytest_plugin).items() if type(each).__name__ == "FixtureFunctionDefinition"
    ]
    options = re.findall(r'"(--emulator-\w+)"', inspect.getsource(pytest_plugin))
    names = {*options, *(name for name in fixtures if not name.startswith("_"))}
    assert len(names) > 8
    assert [name for name in names if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("page", pages.pages())
def test_every_link_leads_somewhere_and_every_fence_is_closed(page):
    text = pages.text_of(page)
    here = (ROOT / page).parent
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", prose)
    assert [target for target in targets if not (here / target).exists()] == []
    assert len(re.findall(r"^```", text, re.MULTILINE)) == 2 * len(pages.blocks(page))


@pytest.mark.parametrize("page", pages.pages())
def test_every_flag_of_serve_that_a_page_names_exists(page):
    commands = re.findall(r"mockserver serve((?:[^`\n|]|\\\n)*)", pages.text_of(page))
    named = {flag.replace("-", "_") for line in commands for flag in re.findall(r"--([a-z-]+)", line)}
    assert named <= {*DESCRIPTIONS, "help"}


def test_the_readme_has_a_scenario_and_commands():
    assert [block.language for block in pages.blocks("README.md")].count("yaml") == 1
    assert len([block for block in pages.blocks("README.md") if pages.is_run(block)]) >= 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ({"a": 2}, "$.a: 2 is not 1"),
        ({"b": 1}, "$.b: 1 is not 'nothing'"),
        ({"c": ["x…", "y"]}, "$.c: fewer than 2"),
        ({"c": ["z…"]}, "$.c[0]: 'z…' is not 'xyz'"),
    ],
)
def test_an_answer_that_a_page_shows_wrongly_is_noticed(text, problem):
    assert differences(text, {"a": 1, "c": ["xyz"]}) == [problem]


@pytest.mark.parametrize("text", ["false", "curl -s http://127.0.0.1:8600/_mock/worlds/nowhere", "echo $nothing"])
def test_a_command_that_fails_is_noticed(text, tmp_path):
    with pages.reader(tmp_path) as reader:
        assert reader.follow(Block("sh", text, None, False)).failed


def test_a_page_is_one_session(tmp_path):
    with pages.reader(tmp_path) as reader:
        assert isinstance(reader, Reader)
        reader.follow(Block("yaml", "# made.yaml\na: 1\n", None, False))
        reader.follow(Block("sh", "kept=$(cat made.yaml | tail -1)", None, False))
        assert reader.follow(Block("sh", 'echo "$kept"', None, False)).out == "a: 1\n"


def test_pages_are_found():
    assert {"README.md", "docs/index.md", "docs/reference/cli.md"} <= set(pages.pages())
    assert len(RUN_HERE) > 6
    assert EXAMPLES
    assert "run" in [block.mark for block in pages.blocks("docs/pytest.md")]
    assert DOCS.is_dir()
