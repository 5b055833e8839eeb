"""A team's own functions and conditions, loaded when the server starts."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from mockserver.app import build_app
from mockserver.errors import Invalid, Unknown
from mockserver.server import running
from mockserver.settings import Settings
from tests.akana.portal import AMY, FIXTURE, Portal
from tests.akana.workflow.written import action, call, restrict, step, workflow
from tests.support import PLAIN, Live

EXTENSION = '''
import msgspec

from mockserver.platforms.akana.models_work import BOARDS, Board
from mockserver.platforms.akana.workflow.registry import condition, function, variable


class Script(msgspec.Struct, frozen=True):
    script: str


@function("runScript", Script)
def run_script(context, args):
    """Do what our script would: note its name on a board."""
    context.subject.world[BOARDS].insert(Board(id=args.script, name=context.caller))


@condition("runScript", Script)
def ask_script(context, args):
    """Only scripts called yes say yes."""
    return args.script == "yes"


@variable("our.team")
def our_team(context):
    """What we are called."""
    return "cash"


def register(registry):
    registry.add(run_script, ask_script, our_team)
'''


def test_a_teams_own_functions_conditions_and_variables_are_run(tmp_path: Path):
    module = tmp_path / "team.py"
    module.write_text(EXTENSION)
    app = build_app(Settings(fixture=(FIXTURE,), extension=(str(module),)))
    with running(app) as url:
        http = httpx2.Client(base_url=url, **PLAIN)
        control = httpx2.Client(base_url=f"{url}/_mock/worlds/default", timeout=30, **PLAIN)
        portal = Portal(Live("default", url, http, control))
        run = f"<pre-functions>{call('function', 'runScript', script='${our.team}')}</pre-functions>"
        asks = [restrict("AND", call("condition", "runScript", script=each)) for each in ("yes", "no")]
        portal.upload(workflow(step(10, action(11, "run", asks[0] + run), action(12, "never", asks[1]))))
        version = portal.new_app(workflow="own")
        listed = portal[AMY].read(f"/api/workflow/objects/{version}/actions")["Action"]
        assert [each["ActionName"] for each in listed] == ["run"]
        portal[AMY].do("POST", f"/api/apps/versions/{version}/action", {"ActionName": "run"})
        assert portal.world.documents("akana.boards")[-1] == {"id": "cash", "name": "amy"}
        lint = control.post("akana/workflows/lint", json={"text": workflow(step(10, action(11, "run", run)))})
        assert not [each for each in lint.json()["findings"] if "runScript" in each["message"]]
        portal.close()
        http.close()
        control.close()


@pytest.mark.parametrize(
    ("text", "error", "word"),
    [(None, Unknown, "extension"), ("x = 1", Invalid, "register"), ("1 / 0", Invalid, "ZeroDivisionError")],
)
def test_an_extension_that_cannot_be_used_stops_the_start(
    tmp_path: Path, text: str | None, error: type[Exception], word: str
):
    module = tmp_path / "team.py"
    if text is not None:
        module.write_text(text)
    with pytest.raises(error, match=word):
        build_app(Settings(fixture=(), extension=(str(module),)))
