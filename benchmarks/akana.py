"""Workflow actions in a second: through a socket and in process, on one app version and on many, as history grows."""

from __future__ import annotations

import time
from typing import Any

from benchmarks import servers
from benchmarks.figures import Figure, middle, ratio
from benchmarks.load import CONCURRENCY, Ask, Plan
from benchmarks.throughput import Bench, Control, interleave
from mockserver.app import build_app
from mockserver.platforms.akana.actions.apps import CreateApp, create_app
from mockserver.platforms.akana.actions.workflows import (
    ActivateWorkflow,
    PerformAction,
    UploadWorkflow,
    activate_workflow,
    perform_action,
    upload_workflow,
)
from mockserver.settings import Settings
from mockserver.world.world import World

FIXTURE, BUSINESS, NINA = "akana/business", "Lakeside Pay", "nina@lakeside.example"
NAME, ACTION = "ticking", "tick"
WORKFLOW = f"""
<workflow>
  <initial-actions>
    <action id="1" name="@Create">
      <results><unconditional-result old-status="New" status="Ticking" step="10" owner="${{caller}}"/></results>
    </action>
  </initial-actions>
  <steps>
    <step id="10" name="Ticking">
      <actions>
        <action id="11" name="{ACTION}">
          <restrict-to>
            <conditions type="AND">
              <condition type="authorizeByAtmosphereRole"><arg name="role">AppAdmin</arg></condition>
              <condition type="atleastOneValidAPIContractInEnvironment" negate="true">
                <arg name="Environment">Sandbox</arg>
              </condition>
            </conditions>
          </restrict-to>
          <results><unconditional-result old-status="${{app.version.name}}" status="Ticking" step="-1"/></results>
        </action>
      </actions>
    </step>
  </steps>
</workflow>
"""


def akana(bench: Bench) -> list[Figure]:
    """An action with two conditions that leads back to its step: a row of history each time."""
    return [*_over_http(bench), *_in_process(bench)]


def _over_http(bench: Bench) -> list[Figure]:
    many = 32 if bench.quick else 400
    with servers.ours(bench.work, "--fixture", FIXTURE, name="akana", ground=False) as server:
        control = Control(server)
        control.act("akana.upload_workflow", name=NAME, xml=WORKFLOW)
        control.act("akana.activate_workflow", workflow=NAME, business=BUSINESS)
        signed_in = control.act("akana.sign_in", user=NINA)
        versions = [control.act("akana.create_app", name=f"App {n}", by=NINA)["id"] for n in range(many)]
        bench.client.plan("one version", _plan(versions[:1], signed_in))
        bench.client.plan("many versions", _plan(versions, signed_in))
        one, spread = interleave(bench, [("one version", server), ("many versions", server)])
        rows = len(control.documents("akana.workflow_history"))
    # Every answer but the wrong ones left a row behind, none of them twice.
    lost = abs(one.answers + spread.answers - one.wrong - spread.wrong - rows)
    path = "POST /api/apps/versions/{id}/action"
    return [
        Figure(
            f"{path}, one version", middle(one.rates), "/s", wrong=one.wrong + lost, note=f"{rows:,} rows of history"
        ),
        Figure("  processor time of the server", middle(one.cpu), "µs"),
        Figure(
            f"{path}, {many} versions",
            middle(spread.rates),
            "/s",
            ratio(spread.rates, one.rates),
            "one",
            ">= 0.85",
            spread.wrong,
        ),
    ]


def _plan(versions: list[str], signed_in: dict[str, Any]) -> Plan:
    """Every connection does the action with versions of its own, or all of them with the only one."""
    asks = [Ask(_request(id, signed_in), body=id.encode()) for id in versions]
    return [asks[number::CONCURRENCY] if len(asks) > 1 else asks for number in range(CONCURRENCY)]


def _request(id: str, signed_in: dict[str, Any]) -> bytes:
    body = b'{"ActionName":"%b"}' % ACTION.encode()
    cookies = "; ".join(f"{name}={value}" for name, value in signed_in["cookies"].items())
    head = [
        f"POST /api/apps/versions/{id}/action HTTP/1.1",
        "Host: 127.0.0.1:8600",
        "Accept: text/plain",
        "User-Agent: portal/1.0",
        f"Cookie: {cookies}",
        *(f"{name}: {value}" for name, value in signed_in["headers"].items()),
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def _in_process(bench: Bench) -> list[Figure]:
    times, many = (200, 20) if bench.quick else (24_000, 400)
    world = build_app(Settings(fixture=(FIXTURE,))).worlds.find("default")
    with world.transaction():
        upload_workflow(world, UploadWorkflow(name=NAME, xml=WORKFLOW))
        activate_workflow(world, ActivateWorkflow(workflow=NAME, business=BUSINESS))
    with world.transaction():
        versions = [create_app(world, CreateApp(name=f"App {n}", by=NINA)).id for n in range(many)]
    _actions(world, versions, times // 20)
    batches = [_actions(world, versions[:1], times // 20) for _ in range(20)]
    spread = [_actions(world, versions, times // 20) for _ in range(20)]
    early, late = batches[:5], batches[-5:]
    return [
        Figure("in process, one version", middle(batches), "/s"),
        Figure(
            f"  the last quarter of {times:,} beside the first",
            middle(late),
            "/s",
            ratio(late, early),
            "first",
            ">= 0.85",
        ),
        Figure(f"in process, {many} versions", middle(spread), "/s", ratio(spread, batches), "one", ">= 0.85"),
    ]


def _actions(world: World, versions: list[str], times: int) -> float:
    """How many actions in a second of processor time, each in a transaction of its own."""
    began = time.process_time()
    for number in range(times):
        with world.transaction():
            perform_action(world, PerformAction(app_version=versions[number % len(versions)], action=ACTION, by=NINA))
    return times / (time.process_time() - began)
