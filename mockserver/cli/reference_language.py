"""The reference of the scenario language, from its types and the docstrings of the modules that read it."""

from __future__ import annotations

import inspect
import re
from typing import Final

import msgspec

from mockserver.cli.reference_tables import fields_table
from mockserver.errors import MockserverError
from mockserver.scenarios import expressions, order, rules
from mockserver.scenarios.model import Draft, Header, Input
from mockserver.scenarios.rules import Rule
from mockserver.scenarios.steps import DEFAULT_WITHIN, KINDS, METHODS, CallStep, ExpectDocumentStep, File
from mockserver.world import matchers
from mockserver.world.durations import parse_duration
from mockserver.world.matching import Match, ResponseMatch

HEAD: Final = """\
# Scenario language

A scenario is a YAML (or JSON) file: a head, and steps that are performed in order. The first step that fails ends the
run. How to write one step by step: [Write a scenario](../scenarios.md). Errors are told all at once, with line and
column.
"""

STEPS: Final = {
    "action": (
        "`action` is the name of an [action](actions.md), written out; `with` are its arguments. `outputs` see its "
        "result as `$response.body`, and `returns` is compared with it as a body is in a [match](#matches). A refused "
        "action fails the step.",
        """\
- id: start
  title: Olivia starts an ATO request
  action: motar.start_ato_request
  with: {app: Flight Deck Trainer, by: "@olivia"}
  outputs: {request_id: $response.body#/request_id}
""",
    ),
    "expect": (
        f"`where` is a [match](#matches) without `kind`. It waits up to `within` ({DEFAULT_WITHIN:g} s of wall time). "
        "Each delivery is taken by one step at most, so that two steps in a row mean two webhooks.\n\n"
        "With `expect: document`, `of` names a collection of the world (`GET /_mock/worlds/{world}/documents` lists "
        "them), and `where` lists fields of a document in it; `outputs` see the document as `$response.body`.",
        """\
- expect: document
  of: motar.ato_requests
  where: {status: completed}
- expect: delivery
  where: {path: /motar/requests, status: 2xx, body: {status: not-started}}
  within: 5s
""",
    ),
    "await": (
        f"`await` is a method ({', '.join(METHODS)}) and a path, in which `{{name}}` or `*` stands for a segment; "
        "`where` is a match without `kind`, `method` and `path`. Each call is taken by one step at most.\n\n"
        "With `respond` the call gets this answer in the emulator's place: `status`, `headers`, and `body` (sent as "
        "JSON) or `text`, in which `$request` is the call; a list among the `headers` sends one of that name for "
        "each. It leaves after `delay` of wall time. The first such step that the call fits and that has had none "
        "gives it, whether the run has come to it or not; a step without `respond` that fits leaves it to the "
        "emulator.",
        """\
- await: POST /plugin/v1/ato/{call}
  where: {status: 200, body: {requestId: {type: string}}}
  outputs: {call: $request.path.call}
- title: MOTAR is busy for a moment
  await: POST /plugin/v1/ato/status
  respond: {status: 503, headers: {retry-after: 1}, body: {error: busy}, delay: 1500ms}
""",
    ),
    "call": (
        "`call` is a method and a path in the world of the run, or a whole URL. One of `body` (sent as JSON), `text`, "
        "and `form` with or without `files` may be given; in `query`, `form` and `headers` null leaves a name out. "
        "Each person in `as` has a cookie jar of their own. `where` says what the answer must be; without `status` it "
        "must be below 400. Redirects are not followed. The journal has calls to the world as it has the plugin's, but "
        "no later step takes one for the plugin's.",
        """\
- id: login
  as: vera
  call: POST /api/login
  body: {email: vera@acme.test, password: offline}
  where: {status: 200}
  outputs: {csrf: $response.cookie.Csrf-Token_acme}
- as: vera
  call: POST /api/apps
  headers: {X-Csrf-Token_acme: $steps.login.outputs.csrf}
  body: {Name: Flight Deck, ApplicationVersion: {Name: v1}}
""",
    ),
    "send": (
        "`send` is a method and a URL; `body` is sent as JSON, or `text` as it is. It goes the way of all webhooks, "
        "with their order, journal and log, and without retries. `outputs` see its id as `$response.body#/delivery`.",
        """\
- send: POST http://127.0.0.1:9/requests
  headers: {authorization: Basic Zm9yZ2VkOmZvcmdlZA==}
  body: {requestId: of-another-organization}
- expect: delivery
  where: {status: {one_of: [401, 403]}}
""",
    ),
    "fault": (
        "The fields of a fault are told in [Let it fail](../faults.md) and in the [control "
        "API](control-api.md#faults). `outputs` see its id as `$response.body#/id`.",
        """\
- title: The next status report is lost, although MOTAR has taken it
  fault: {when: {path: /plugin/v1/ato/status}, wire: reset, processed: true}
""",
    ),
    "include": (
        "`include` is the name of a scenario: of a file in the same folder, else of one that the server has. `with` "
        "are its inputs. Only its steps are performed: seed, start, fixtures and settings are those of the scenario "
        "that is run. `outputs` see the outputs of the included one as `$response.body`.",
        """\
- include: motar/ato-happy-path
""",
    ),
    "settle": (
        "`settle` is the [duration](#durations) of wall time that it may take; the step fails when it takes longer.",
        "- settle: 5s\n",
    ),
    "advance": (
        "`advance` is a [duration](#durations). What falls due meanwhile is done in order, deliveries included.",
        "- advance: 25h\n",
    ),
    "verify": (
        "`verify` is a match. What is under way is waited for first. `count` stands alone; `at_least` and `at_most` "
        "may be combined.",
        """\
- verify: {kind: inbound, path: /plugin/v1/ato/status, status: 4xx}
  count: 0
""",
    ),
}
"""What the types do not say, and an example, by kind of step."""


RULES: Final = """\
name: tutorial/whenever
rules:
  - title: An alert of type error makes Olivia cancel
    when: {kind: inbound, path: /plugin/v1/ato/alert, status: 200, body: {contains: {type: error}}}
    times: 1
    do:
      - action: motar.cancel_ato_request
        with: {request: $request.body#/requestId}
steps:
  - action: motar.start_ato_request
"""


def page() -> str:
    """The page; raises `MockserverError` when a kind of step is not told."""
    if set(STEPS) != set(KINDS):
        raise MockserverError(f"The reference differs from the kinds of step in {sorted(set(STEPS) ^ set(KINDS))}.")
    lines = [
        HEAD,
        "## Head\n",
        *fields_table(Draft),
        "",
        f"{_about(Header)}\n",
        "An input is a plain value, which is its default, or an object:\n",
        *fields_table(Input),
        "",
        f"{_about(Input)} `mockserver run --input name=value` gives one.\n",
        "## Steps\n",
        "The key that names its kind tells what a step is; all have `id` (by which others refer to its outputs),",
        "`title` (for people), `outputs` (a name for each value that later steps need) and `expect_error` (the step",
        "passes when it fails: `true`, a text that the failure says, or a [matcher](#matchers) of what it says).\n",
    ]
    for kind, struct in KINDS.items():
        about, example = STEPS[kind]
        lines += [f"### {kind}\n", f"{_about(struct)} {about}\n", *fields_table(struct), ""]
        if struct is CallStep:
            lines += ["A file in `files`:\n", *fields_table(File), ""]
        if kind == "expect":
            lines += ["With `expect: document`:\n", *fields_table(ExpectDocumentStep), ""]
        lines += [f"```yaml\n{example}```\n"]
    lines += [
        "## Order\n",
        f"{_markdown(inspect.getdoc(order))}\n",
        "`mode` in the head, `--mode` of a run.\n",
        "## Rules\n",
        f"{_markdown(inspect.getdoc(rules))}\n",
        *fields_table(Rule),
        "",
        "`when` is a match; `do` are steps of kind `action` and `send`, in which `$request` and `$response` are of",
        "what set the rule off.\n",
        f"```yaml\n{RULES}```\n",
        "## Matches\n",
        f"{_about(Match)}\n",
        *fields_table(Match),
        "",
        f"`response` holds {' and '.join(f'`{name}`' for name in ResponseMatch.__struct_fields__)}, compared in the",
        "same way. For actions, `path` is the action's name, `body` its arguments and `response.body` its result.\n",
        "### Matchers\n",
        f"{_markdown(inspect.getdoc(matchers))}\n",
        f"Patterns are tried on texts of up to {matchers.MAX_SUBJECT:,} characters.\n",
        "## Runtime expressions\n",
        f"{_markdown(inspect.getdoc(expressions))}\n",
        "- `$inputs`: the inputs of the scenario. `$steps.ID.outputs.NAME`: an output of an earlier step.",
        "- `$request`, `$response`, `$statusCode`, `$method`, `$url`: of the step's own exchange, in `outputs` only.",
        "  For an `action` step `$request.body` are its arguments and `$response.body` is its result.\n",
        "## Durations\n",
        f"{_markdown(inspect.getdoc(parse_duration))}\n",
    ]
    return "\n".join(lines).rstrip() + "\n"


def _about(struct: type[msgspec.Struct]) -> str:
    return _markdown(inspect.getdoc(struct))


def _markdown(text: str | None) -> str:
    """A docstring as Markdown: what is indented below a list stands on its own, what is called raises is ours."""
    lines: list[str] = []
    for line in (text or "").splitlines():
        if line.startswith("  |"):
            if lines and not lines[-1].startswith("|"):
                lines.append("")
            line = line.strip()
        lines.append(line)
    return re.sub(r"\s*Raises `.*?\.(?=\s|$)", "", "\n".join(lines), flags=re.DOTALL).strip()
