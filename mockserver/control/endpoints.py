"""Every endpoint of the control API: what it is for, what it takes and answers, and an example.

The reference page and the OpenAPI description are made from this table; a test holds the routes to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockserver.control import shapes
from mockserver.control.expecting import ExpectDocument
from mockserver.control.journal import Query, Verify, Wait
from mockserver.control.recordings import NewRecording
from mockserver.control.scenarios import EVENTS, NDJSON, NewRun, ScenarioQuery, ScenariosQuery, ScenarioText
from mockserver.control.worlds import Advance, ClockBody, NewWorld, Settle
from mockserver.platforms.akana.control import Linted, WorkflowText
from mockserver.store.keeper import Checkpointed
from mockserver.world.faults import Fault
from mockserver.world.header import NAME
from mockserver.world.snapshots import Snapshot

JSON: Final = "application/json"
WORLD_NAME: Final = f"^{NAME.pattern}$"
DEEPEST: Final = 5
WORLD: Final = {"world": "checkout"}
Sections = dict[str, dict[str, Any]]
_NEW_WORLD: Final = {"world": "$response.body#/name"}

SCENARIO: Final = """\
name: tutorial/start
steps:
  - action: motar.start_ato_request
"""

WORKFLOW: Final = """\
<action id="103" name="@Deleet">
  <pre-functions><function type="deleteAppVersion"/></pre-functions>
  <results><unconditional-result old-status="Setup" status="Deleted" step="400"/></results>
</action>
"""


@dataclass(frozen=True)
class Endpoint:
    """One endpoint.

    `name` is what generated clients call it. `takes` is the type of its body, `asks` the Struct of
    its query, `answers` the type of what comes with `status` (None: no body), `media` its media
    types. `refused` are the statuses of its problems beyond those that every endpoint of its kind
    has. `leads_to` are endpoints that its answer has something for, each with where that is.
    `parameters`, `body` and `query` are the example, which the reference shows down to the level
    `deepest`.
    """

    method: str
    path: str
    name: str
    about: str
    takes: Any
    asks: type | None
    answers: Any
    status: int
    refused: tuple[int, ...]
    media: tuple[str, ...]
    leads_to: Mapping[str, Mapping[str, str]]
    parameters: Mapping[str, str]
    body: Any
    query: str
    deepest: int


def _endpoint(
    method: str,
    path: str,
    name: str,
    /,
    about: str,
    *,
    takes: Any = None,
    asks: type | None = None,
    answers: Any = None,
    status: int = 200,
    refused: tuple[int, ...] = (),
    media: tuple[str, ...] = (JSON,),
    leads_to: Mapping[str, Mapping[str, str]] | None = None,
    body: Any = None,
    query: str = "",
    deepest: int = DEEPEST,
    **parameters: str,
) -> Endpoint:
    return Endpoint(
        method,
        path,
        name,
        about,
        takes,
        asks,
        answers,
        status,
        refused,
        media,
        leads_to or {},
        {**WORLD, **parameters},
        body,
        query,
        deepest,
    )


SECTIONS: Final[Mapping[str, tuple[Endpoint, ...]]] = {
    "Server": (
        _endpoint(
            "GET",
            "/_mock/health",
            "health",
            "Whether requests are accepted: 200 with `ready`, else 503 with the reason; needs no token. "
            "`mockserver wait` asks for it.",
            answers=shapes.Health,
        ),
        _endpoint(
            "GET",
            "/_mock/health/live",
            "live",
            "Whether the process answers at all, ready or not; needs no token.",
            answers=shapes.Liveness,
        ),
        _endpoint(
            "GET",
            "/_mock/metrics",
            "metrics",
            "What goes on, in numbers for Prometheus; see [Operate it](../operating.md).",
            answers=str,
            media=("text/plain",),
        ),
        _endpoint(
            "GET",
            "/_mock/openapi.json",
            "openapi",
            "This API and those of the platforms as OpenAPI 3.1; with an ETag. See [OpenAPI](../openapi.md).",
            answers=dict[str, Any],
            deepest=1,
        ),
        _endpoint(
            "POST",
            "/_mock/checkpoint",
            "checkpoint",
            "Write the worlds that changed since the last time to their files below `--data`, and begin the log anew. "
            "It happens by itself at the end and when the log is full; see [Keep your data](../data.md).",
            answers=Checkpointed,
            refused=(409,),
        ),
    ),
    "Worlds": (
        _endpoint(
            "POST",
            "/_mock/worlds",
            "create_world",
            "Make a world. Everything may be left out: the name is made up, the rest is the server's. "
            "`clock.now` is ISO 8601 or `wall`; a frozen clock starts at 2026-01-01T00:00:00Z unless told otherwise.",
            takes=NewWorld,
            answers=shapes.WorldInShort,
            status=201,
            refused=(404, 409),
            leads_to=dict.fromkeys(
                ("get_world", "set_clock", "reset_world", "read_journal", "motar_start_ato_request", "drop_world"),
                _NEW_WORLD,
            ),
            body={
                "name": "checkout",
                "clock": {"mode": "frozen"},
                "settings": {"motar": {"request_endpoint": "http://localhost:3000/ato/requests"}},
            },
        ),
        _endpoint(
            "GET",
            "/_mock/worlds",
            "list_worlds",
            "All worlds.",
            answers=shapes.WorldList,
            deepest=4,
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}",
            "get_world",
            "One world, with what each platform has in it: credentials, users.",
            answers=shapes.WorldInShort,
            deepest=2,
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/settings",
            "get_world_settings",
            "Every setting with its value.",
            answers=Sections,
        ),
        _endpoint(
            "PUT",
            "/_mock/worlds/{world}/settings",
            "change_world_settings",
            "Change settings; what is not given stays. The names are in [settings of a world](world-settings.md).",
            takes=Sections,
            answers=Sections,
            body={"motar": {"expires_in": 3600}},
        ),
    ),
    "Actions": (
        _endpoint(
            "GET",
            "/_mock/actions",
            "list_actions",
            "All actions with the JSON Schema of their arguments. [The list](actions.md).",
            answers=shapes.ActionList,
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/actions/{name}",
            "run_action",
            "Run an action; the body is an object of its arguments, or empty. Answers what the action answers. "
            "Webhooks leave afterwards: `delivery` is their id.",
            takes=dict[str, Any],
            answers=Any,
            refused=(409,),
            name="motar.start_ato_request",
            body={"app": "Flight Deck Trainer", "by": "@olivia"},
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/settle",
            "settle",
            "Wait until no request is being answered and every delivery that is due has ended; 408 when time is up.",
            takes=Settle,
            answers=shapes.Settled,
            refused=(408, 410),
            body={"timeout": 5},
        ),
    ),
    "Clock": (
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/clock",
            "get_clock",
            "Mode and instant.",
            answers=shapes.ClockReading,
        ),
        _endpoint(
            "PUT",
            "/_mock/worlds/{world}/clock",
            "set_clock",
            "Set the mode (`live`, `frozen`, `auto`), the instant, or both; also to an earlier instant.",
            takes=ClockBody,
            answers=shapes.ClockReading,
            refused=(410,),
            body={"mode": "frozen", "now": "2026-02-01T09:00:00Z"},
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/clock/advance",
            "advance_clock",
            "Let time pass, and do what falls due meanwhile, in order. `by` is seconds, `90s`, `2d`, or ISO 8601.",
            takes=Advance,
            answers=shapes.ClockReading,
            refused=(410,),
            body={"by": "25h"},
        ),
    ),
    "Journal": (
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/journal",
            "read_journal",
            "What happened, oldest first: requests in (`inbound`), webhooks out (`delivery`), actions, moves of the "
            "clock. `view=canonical` leaves out what differs from run to run, for comparing bytes.",
            asks=Query,
            answers=shapes.JournalPage,
            query="kind=delivery&limit=1",
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/journal.har",
            "read_journal_as_har",
            "Requests and webhooks as HAR 1.2, with placeholders for secrets. See "
            "[Record and replay](../recording.md#har).",
            answers=dict[str, Any],
            deepest=1,
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/journal/wait",
            "wait_for_exchanges",
            "Wait until that many exchanges match, those included that happened before; 408 with the nearest misses "
            "when they do not come within `timeout` seconds.",
            takes=Wait,
            answers=shapes.Waited,
            refused=(408, 410),
            body={"match": {"kind": "delivery", "status": "2xx"}, "count": 1, "timeout": 5},
            deepest=2,
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/journal/verify",
            "verify_exchanges",
            "Check how many exchanges match; at least one when neither `count`, `at_least` nor `at_most` is given. "
            "422 with the nearest misses, field by field, when it is another number.",
            takes=Verify,
            answers=shapes.Verified,
            refused=(422,),
            body={"match": {"method": "POST", "path": "/ato/requests", "status": 200}, "count": 1},
        ),
        _endpoint(
            "DELETE",
            "/_mock/worlds/{world}/journal",
            "clear_journal",
            "Forget what happened; data and deliveries stay.",
            status=204,
        ),
        _endpoint(
            "GET",
            "/_mock/unaddressed",
            "list_unaddressed",
            "Requests that led to no world, or carried a credential of none, and why.",
            answers=shapes.Unaddressed,
        ),
    ),
    "Deliveries": (
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/deliveries",
            "list_deliveries",
            "Every webhook, in short.",
            answers=shapes.DeliveryList,
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/deliveries/{id}",
            "get_delivery",
            "One webhook with each attempt: what was sent, and what came back or why nothing did.",
            answers=shapes.DeliveryInFull,
            id="{delivery}",
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/deliveries/{id}/redeliver",
            "redeliver",
            "Send the same bytes again, as a new delivery.",
            answers=shapes.DeliveryInShort,
            status=201,
            refused=(409,),
            id="{delivery}",
        ),
    ),
    "Faults": (
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/faults",
            "add_fault",
            "Let something go wrong with the next call that fits, or with more of them. The first fault that fits "
            "a call counts. See [Let it fail](../faults.md).",
            takes=Fault,
            answers=shapes.ArmedFault,
            status=201,
            body={"when": {"path": "/plugin/v1/ato/status"}, "status": 503, "headers": {"retry-after": "1"}},
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/faults",
            "list_faults",
            "The faults of the world, in the order in which they are tried.",
            answers=shapes.FaultList,
        ),
        _endpoint(
            "DELETE",
            "/_mock/worlds/{world}/faults/{id}",
            "remove_fault",
            "Take one fault away.",
            status=204,
            id="fault-1",
        ),
        _endpoint(
            "DELETE",
            "/_mock/worlds/{world}/faults",
            "clear_faults",
            "Take all faults away.",
            status=204,
        ),
    ),
    "Documents": (
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/documents",
            "count_documents",
            "The collections, and how much is in each.",
            answers=shapes.CollectionSizes,
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/documents/{collection}",
            "list_documents",
            "All documents of a collection.",
            answers=shapes.DocumentList,
            collection="motar.apps",
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/documents/{collection}/wait",
            "expect_document",
            "Wait until a document is as `where` says, with the matchers of scenarios; 408 with the nearest misses "
            "when none is within `timeout` seconds.",
            takes=ExpectDocument,
            answers=shapes.ExpectedDocument,
            refused=(408, 410),
            body={"where": {"name": {"type": "string"}}, "timeout": 5},
            collection="motar.apps",
            deepest=2,
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/documents/{collection}/{key}",
            "get_document",
            "One document.",
            answers=dict[str, Any],
            collection="motar.ato_requests",
            key="{request}",
        ),
    ),
    "Akana": (
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/akana/workflows/lint",
            "lint_akana_workflow",
            "Check a workflow file, or a piece of one, against the functions, conditions, variables and templates "
            "that the world has. 400 for what is no workflow XML. "
            "See [Work on an Akana workflow](../akana-workflows.md).",
            takes=WorkflowText,
            answers=Linted,
            body={"text": WORKFLOW, "source": "retire.xml"},
        ),
    ),
    "Snapshots, reset, drop": (
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/snapshot",
            "take_snapshot",
            "The whole world as JSON: documents, clock, counters, timers, outbox, and its credentials.",
            answers=Snapshot,
            deepest=1,
        ),
        _endpoint(
            "PUT",
            "/_mock/worlds/{world}/snapshot",
            "restore_snapshot",
            "Make the world what a snapshot says. The body is a snapshot.",
            takes=Snapshot,
            answers=shapes.WorldInShort,
            body="{snapshot}",
            deepest=1,
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/reset",
            "reset_world",
            "Back to the moment after creation.",
            answers=shapes.WorldInShort,
            deepest=1,
        ),
    ),
    "Scenarios and runs": (
        _endpoint(
            "POST",
            "/_mock/scenarios",
            "keep_scenario",
            "Keep a scenario in the library, by its name; 400 with every problem, line and column.",
            takes=ScenarioText,
            answers=shapes.KeptScenario,
            status=201,
            body={"text": SCENARIO, "source": "start.yaml"},
        ),
        _endpoint(
            "GET",
            "/_mock/scenario.schema.json",
            "get_scenario_schema",
            "The JSON Schema of scenario files, for editors that complete and check.",
            answers=dict[str, Any],
            media=("application/schema+json",),
            deepest=1,
        ),
        _endpoint(
            "GET",
            "/_mock/scenarios",
            "list_scenarios",
            "The scenarios that ship and those that were kept, or those of them with one of the tags.",
            asks=ScenariosQuery,
            answers=shapes.ScenarioList,
        ),
        _endpoint(
            "GET",
            "/_mock/scenarios/{name}",
            "get_scenario",
            "One scenario's file, or with `version` an earlier one of the library.",
            asks=ScenarioQuery,
            answers=shapes.ScenarioFile,
            name="tutorial/start",
        ),
        _endpoint(
            "PUT",
            "/_mock/scenarios/{name}",
            "put_scenario",
            "Keep a scenario in the library; 400 when its text says another name. What was there stays as an earlier "
            "version.",
            takes=ScenarioText,
            answers=shapes.KeptScenario,
            status=201,
            name="tutorial/start",
            body={"text": SCENARIO, "source": "start.yaml"},
        ),
        _endpoint(
            "GET",
            "/_mock/scenario-versions/{name}",
            "list_scenario_versions",
            "The versions of a scenario in the library, oldest first; the last twenty are kept.",
            answers=shapes.ScenarioVersions,
            name="tutorial/start",
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/recording",
            "start_recording",
            "Record what happens in the world from now on, or with `whole` since its beginning, to make a scenario of "
            "it. See [Record and replay](../recording.md).",
            takes=NewRecording,
            answers=shapes.Recording,
            status=201,
            refused=(409,),
            body={"name": "tutorial/recorded"},
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/recording",
            "get_recording",
            "The recording under way.",
            answers=shapes.Recording,
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/runs",
            "run_scenario",
            "Run a scenario, by `scenario` (its name) or `text`, in the world, which starts over for it. Answers the "
            "report; with `Accept: application/x-ndjson` each step as it starts and ends, a line each, and with "
            "`text/event-stream` the same as server-sent events.",
            takes=NewRun,
            answers=shapes.RunReport,
            media=(JSON, NDJSON, EVENTS),
            body={"scenario": "tutorial/start", "inputs": {}},
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/runs",
            "list_runs_of_world",
            "The runs in a world that were kept, in short.",
            answers=shapes.RunList,
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/runs/{id}",
            "get_run_of_world",
            "One run's report: of each step what it asked for, what came, what went wrong and how long it took.",
            answers=shapes.RunReport,
            id="run-1",
            deepest=3,
        ),
        _endpoint(
            "GET",
            "/_mock/runs",
            "list_runs",
            "The runs that were kept, in short.",
            answers=shapes.RunList,
        ),
        _endpoint(
            "GET",
            "/_mock/runs/{id}",
            "get_run",
            "One run's report.",
            answers=shapes.RunReport,
            id="run-1",
            deepest=3,
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/recording/stop",
            "stop_recording",
            "Stop the recording once nothing is under way, and keep the scenario that it makes in the library.",
            answers=shapes.StoppedRecording,
            refused=(409, 410),
        ),
        _endpoint(
            "DELETE",
            "/_mock/worlds/{world}/recording",
            "discard_recording",
            "Stop the recording, if there is one, and forget it.",
            status=204,
        ),
        _endpoint(
            "DELETE",
            "/_mock/scenarios/{name}",
            "drop_scenario",
            "Forget a scenario of the library.",
            status=204,
            name="tutorial/start",
        ),
        _endpoint(
            "DELETE",
            "/_mock/worlds/{world}",
            "drop_world",
            "Drop a world. `default` cannot be dropped.",
            status=204,
            refused=(409,),
        ),
    ),
}
