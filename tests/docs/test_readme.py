"""Every command of the README runs, except the blocks that say why they are not run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.app import build_app
from mockserver.scenarios import load_scenario
from mockserver.server import running
from mockserver.settings import Settings

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?P<note><!-- not run: .+? -->\n)?```(?P<language>\w*)\n(?P<text>.*?)```", re.DOTALL)
BLOCKS = [(found["language"], found["text"]) for found in BLOCK.finditer(README) if not found["note"]]
RUN = [text for language, text in BLOCKS if language == "sh"]


@pytest.fixture
def own_server() -> Iterator[str]:
    with running(build_app(Settings())) as url:
        yield url


@pytest.mark.parametrize("block", RUN, ids=[text.split("\n")[0][:40] for text in RUN])
def test_the_commands_of_the_readme_run(block, own_server, tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # curl answers 0 for an HTTP error as well, so a problem document must not show either.
    script = "set -euo pipefail\n" + block.replace("http://127.0.0.1:8600", own_server)
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": path, "MOTAR_MOCK_URL": own_server},
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "expected" not in block and "delivery" in block:
        assert '"title":"Not' not in done.stdout, done.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status":4' not in done.stdout, done.stdout


def test_the_scenario_of_the_readme_is_one():
    [text] = [text for language, text in BLOCKS if language == "yaml"]
    assert len(load_scenario(text, "README.md").steps) == 4


def test_every_link_inside_the_repository_leads_somewhere():
    targets = re.findall(r"\]\((?!http)([^)#]+)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_page_names_every_step_kind_and_setting_it_promises():
    fidelity = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8")
    for setting in ("expires_in", "plugin_auth", "origin_mark"):
        assert f"`{setting}`" in fidelity
