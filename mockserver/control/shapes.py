"""What the control API answers, as types: the views are held to them, and OpenAPI is made of them."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from mockserver.errors import Problem
from mockserver.scenarios.report import StepReport
from mockserver.watching.stamps import Broken
from mockserver.world.clock import ClockMode
from mockserver.world.journal import ExchangeKind, Violation
from mockserver.world.matching import NearMiss
from mockserver.world.outbox import DeliveryState


class ProblemDocument(TypedDict):
    """What is wrong, as RFC 9457 has it; `docs` is the command that prints the page which helps."""

    title: str
    status: int
    detail: str
    docs: str
    hint: NotRequired[str]
    did_you_mean: NotRequired[str]
    source: NotRequired[str]
    problems: NotRequired[list[Problem]]
    matched: NotRequired[int]
    exchanges: NotRequired[list[int]]
    near_misses: NotRequired[list[NearMiss]]


class Health(TypedDict):
    """Whether requests are accepted, and if not, why not; with `--watch`, which files cannot be used as they are."""

    status: Literal["ready", "starting", "closing", "read-only"]
    reason: NotRequired[str]
    version: str
    worlds: int
    broken_files: NotRequired[list[str]]


class Liveness(TypedDict):
    """That the server is alive."""

    status: Literal["live"]
    version: str


class ClockReading(TypedDict):
    """How a world's clock moves, and the instant it shows (ISO 8601)."""

    mode: ClockMode
    now: str


class WorldInShort(TypedDict):
    """A world: how it was made, where it is reached, how much there is in it."""

    name: str
    seed: int
    base_url: str
    clock: ClockReading
    fixtures: list[str]
    settings: dict[str, dict[str, Any]]
    exchanges: int
    deliveries: int
    unaddressed: int
    waits: int


class WorldList(TypedDict):
    worlds: list[WorldInShort]


class ActionInfo(TypedDict):
    """An action, with the JSON Schema of its arguments."""

    name: str
    summary: str
    description: str
    arguments: dict[str, Any]


class ActionList(TypedDict):
    actions: list[ActionInfo]


class Settled(TypedDict):
    settled: Literal[True]
    clock: ClockReading


class Message(TypedDict):
    """One side of an exchange: lower-case header names, and the body as data where it is JSON or a form."""

    headers: dict[str, Any]
    body: Any


class Exchange(TypedDict):
    """One thing that happened; of an action or a move of the clock `name`, `arguments` and `result` tell what."""

    id: int
    kind: ExchangeKind
    at: str
    wall: str
    seconds: float
    name: NotRequired[str]
    arguments: NotRequired[Any]
    result: NotRequired[Any]
    method: NotRequired[str]
    path: NotRequired[str]
    url: NotRequired[str]
    query: NotRequired[dict[str, Any]]
    status: NotRequired[int | None]
    request: NotRequired[Message]
    response: NotRequired[Message]
    route: NotRequired[str | None]
    addressed_by: NotRequired[str]
    authenticated_by: NotRequired[str]
    delivery: NotRequired[str]
    sent_to: NotRequired[str]
    error: NotRequired[str]
    violations: NotRequired[list[Violation]]


class LostExchange(Exchange):
    """A request that led to no world, or carried a credential of none."""

    reason: str


class ExchangeInShort(TypedDict):
    """An exchange in one line."""

    id: int
    kind: ExchangeKind
    what: str
    status: int | None
    error: str | None
    at: str


class JournalEntry(TypedDict, total=False):
    """An exchange in the view that was asked for; see Exchange and ExchangeInShort."""

    id: int
    kind: ExchangeKind
    at: str
    what: str
    status: int | None
    error: str | None


class JournalPage(TypedDict):
    """Exchanges; the canonical view has neither `last_id` nor `dropped`, the number of those that gave way."""

    exchanges: list[JournalEntry]
    last_id: NotRequired[int]
    dropped: NotRequired[int]


class Unaddressed(TypedDict):
    count: int
    exchanges: list[LostExchange]


class Waited(TypedDict):
    matched: int
    exchanges: list[Exchange]


class Verified(TypedDict):
    matched: int


class _DeliveryFacts(TypedDict):
    id: str
    event: str
    about: str
    method: str
    url: str
    state: DeliveryState
    created: str
    status: int | None
    error: str | None
    redelivery_of: str | None


class DeliveryInShort(_DeliveryFacts):
    """A webhook: where it goes, what became of it, in how many attempts."""

    attempts: int


class DeliveryList(TypedDict):
    deliveries: list[DeliveryInShort]


class SentRequest(TypedDict):
    method: str
    url: str
    headers: dict[str, Any]
    body: str


class DeliveryAnswer(TypedDict):
    status: int
    headers: dict[str, Any]
    body: str


class DeliveryAttempt(TypedDict):
    """One attempt: what was sent, and what came back or why nothing did."""

    n: int
    at: str
    seconds: float
    request: SentRequest
    response: DeliveryAnswer | None
    error: str | None
    interrupted: bool
    exchange: int | None


class DeliveryInFull(_DeliveryFacts):
    """A webhook with what was sent and every attempt."""

    request: SentRequest
    attempts: list[DeliveryAttempt]


class CollectionSizes(TypedDict):
    """How many documents are in each collection."""

    collections: dict[str, int]


class DocumentList(TypedDict):
    documents: list[dict[str, Any]]


class ExpectedDocument(TypedDict):
    """The document that was waited for."""

    document: dict[str, Any]


class ScenarioEntry(TypedDict):
    name: str
    kept: Literal["library", "shipped"]
    tags: list[str]


class ScenarioList(TypedDict):
    """`broken` are files of `--scenarios` that cannot be used; `scenario` stays as it was when they last could."""

    scenarios: list[ScenarioEntry]
    broken: list[Broken]


class KeptScenario(TypedDict):
    """A scenario that was put into the library."""

    name: str
    summary: str
    steps: int
    version: int


class ArmedFault(TypedDict):
    """A fault, how many calls fitted it by now, and how many it hit; `spent` means that it hits no more."""

    id: str
    does: str
    fault: dict[str, Any]
    seen: int
    hits: int
    spent: bool


class FaultList(TypedDict):
    """The faults of a world."""

    faults: list[ArmedFault]


class Recording(TypedDict):
    """A recording: what its scenario will be called, and how much there is of it by now."""

    name: str
    exchanges: int


class StoppedRecording(TypedDict):
    """The scenario that a recording became."""

    name: str
    exchanges: int
    steps: int
    text: str


class ScenarioFile(TypedDict):
    """A scenario's text, and the name errors call it by."""

    name: str
    source: str
    text: str
    version: NotRequired[int]
    kept: NotRequired[str]
    tags: NotRequired[list[str]]
    file: NotRequired[str | None]


class ScenarioVersion(TypedDict):
    """A version of a scenario in the library, and when it was kept (ISO 8601)."""

    version: int
    source: str
    kept: str


class ScenarioVersions(TypedDict):
    """The versions that are kept, oldest first."""

    versions: list[ScenarioVersion]


class RunReport(TypedDict):
    """What came of a run; every step is there, those after a failed one as skipped."""

    id: str
    scenario: str
    outcome: Literal["passed", "failed"]
    inputs: dict[str, Any]
    steps: list[StepReport]
    seconds: float
    tags: NotRequired[list[str]]
    warnings: NotRequired[list[str]]
    world: NotRequired[str]


class RunInShort(TypedDict):
    id: str
    scenario: str
    world: str
    outcome: Literal["passed", "failed"]
    seconds: float


class RunList(TypedDict):
    runs: list[RunInShort]
