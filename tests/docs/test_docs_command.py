"""The pages that ship, and the lines that lead to them."""

from __future__ import annotations

import subprocess
import sys

import httpx2
import pytest

from mockserver.cli import COMMANDS, SUMMARIES
from mockserver.cli.docs import HELPS, examples, pages, pointer
from mockserver.control import answers
from tests.docs.pages import DOCS


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "mockserver", *arguments], capture_output=True, text=True, timeout=50)


def test_without_a_page_all_are_listed_the_first_one_first():
    lines = run("docs").stdout.splitlines()
    assert lines[0].split() == ["index", "mockserver"]
    shown = {line.split()[0]: line.split(maxsplit=1)[1:] for line in lines}
    assert set(shown) == {*pages(), *examples()}
    assert len(pages()) == len(list(DOCS.rglob("*.md")))
    assert shown["examples/test_in_process.py"] == [
        "Set-up 1: the plugin runs inside the test process, so tests may look into it."
    ]


def test_an_example_is_printed_to_be_copied():
    for name, path in examples().items():
        assert run("docs", name).stdout == path.read_text(encoding="utf-8")
    assert {"examples/curl.sh", "examples/plugin/ato_plugin.py", "examples/node/plugin.test.mjs"} <= set(examples())


@pytest.mark.parametrize("name", ["webhooks", "webhooks.md", "docs/webhooks.md"])
def test_a_page_is_printed_as_it_is_written(name):
    assert run("docs", name).stdout == (DOCS / "webhooks.md").read_text(encoding="utf-8")


def test_a_page_that_is_none_is_told_with_the_nearest():
    done = run("docs", "webhoks")
    assert done.returncode == 2
    assert "Did you mean 'webhooks'?" in done.stderr


def test_every_command_has_a_summary_and_a_page_that_is_there():
    assert set(COMMANDS) == set(SUMMARIES) == set(HELPS)
    assert set(HELPS.values()) <= set(pages())
    assert pointer(None) == "See: mockserver docs index"


def test_a_problem_of_the_control_api_names_a_page_that_is_there(server):
    problem = httpx2.get(f"{server}/_mock/worlds/nowhere", trust_env=False).json()
    assert problem["docs"] == "mockserver docs worlds"
    assert {*answers.HELPS.values(), "reference/control-api"} <= set(pages())


@pytest.mark.parametrize(("command", "page"), HELPS.items())
def test_help_names_the_page(command, page):
    assert run(command, "--help").stdout.rstrip().endswith(f"See: mockserver docs {page}")


@pytest.mark.parametrize(
    ("arguments", "page"),
    [
        (("worlds", "list", "--server", "http://127.0.0.1:9"), "worlds"),
        (("serve", "--port", "0", "--map-host", "nonsense"), "reference/settings"),
        (("trigger", "motar.hand_off", "--server", "http://127.0.0.1:9"), "reference/actions"),
        (("run", "motar/no-such", "--port", "0"), "scenarios"),
    ],
)
def test_errors_name_the_page(arguments, page):
    done = run(*arguments)
    assert done.stderr.rstrip().endswith(f"See: mockserver docs {page}"), done.stderr
