"""The kinds of step, one type for each: what they say, and how they read as a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal
from urllib.parse import unquote

import msgspec
from msgspec import UNSET, Meta

from mockserver.checking import convert
from mockserver.errors import Invalid, Problem, nearest
from mockserver.scenarios.expressions import Scope, evaluate, is_dynamic, without_expressions
from mockserver.world.durations import format_duration, parse_duration
from mockserver.world.faults import LONGEST_DELAY
from mockserver.world.headers import Pairs
from mockserver.world.matchers import leaves
from mockserver.world.matching import Match, ResponseMatch, fields_of, in_words

DEFAULT_WITHIN: Final = 5.0
"""Wall seconds that a step waits when it does not say."""

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

HEADING_WIDTH: Final = 60
"""Characters that a heading spends on what a step asks for; a body of many fields would fill a page."""

_LONG: Final = re.compile(r"\{\$[^{}]*?([A-Za-z0-9_-]+)\}")
_LAST_WORD: Final = r"{\1}"
"""An expression in a path, and what people need of it."""

Name = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]+$")]
ScenarioName = Annotated[
    str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$", max_length=120)
]
Count = Annotated[int, Meta(ge=0)]
Duration = str | int | float


class Where(Match, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A match whose values may be expressions; it becomes a `Match` when they are known."""

    def __post_init__(self) -> None:
        """Nothing is checked yet: a matcher may still depend on an expression."""

    def bound(self, scope: Scope, evaluate: Callable[[Any, Scope], Any] = evaluate, **fixed: Any) -> Match:
        """The match with every expression evaluated, and `fixed` fields beside.

        Raises `Invalid` or `Unknown` when an expression, or what comes of it, cannot be used.
        """
        return convert({**evaluate(fields_of(self), scope), **fixed}, Match, what="What this step asks for")


class Answered(ResponseMatch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the answer to a call must look like; without `status` any that is no error will do."""

    status: int | str | dict[str, Any] = msgspec.field(default_factory=lambda: {"lt": 400})

    def bound(self, scope: Scope) -> Match:
        """The match of an exchange that it means, with every expression evaluated; raises as `Where.bound` does."""
        fields = evaluate(fields_of(self), scope)
        return convert({"status": fields.pop("status"), "response": fields}, Match, what="What this step asks for")


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file to upload: its name, what it holds, and its content type."""

    name: str
    content: str
    type: str = "application/octet-stream"


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all steps have: an `id` by which others refer to its outputs, and a `title` for people.

    With `expect_error` a step passes when it fails, and only then: `true` takes any failure, a
    matcher or a text is compared with what the failure says.
    """

    kind: ClassVar[str]

    id: Name | None = None
    title: str | None = None
    outputs: dict[Name, Any] = {}
    expect_error: bool | str | dict[str, Any] = False

    @property
    def heading(self) -> str:
        """What a person reads while the step runs: the title, or what the step does."""
        return self.title or self.in_words()

    def in_words(self) -> str:
        """What the step does, in a few words."""
        return self.kind


class ActionStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Do what somebody does in the vendor's screens; `returns` says what must come of it."""

    kind: ClassVar[str] = "action"

    action: str
    with_: dict[str, Any] = msgspec.field(default_factory=dict, name="with")
    returns: Any = UNSET

    def in_words(self) -> str:
        return f"Do {self.action}"


class ExpectStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wait until a webhook has been delivered, and answered, as `where` says; `within` is wall time."""

    kind: ClassVar[str] = "expect"

    expect: Literal["delivery", "document"]
    where: Where = Where()
    within: Duration = DEFAULT_WITHIN

    def in_words(self) -> str:
        return f"Expect a {_briefly(in_words(msgspec.structs.replace(self.where, kind='delivery')))}"


class ExpectDocumentStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wait until the world has a document as `where` says: its state, a notification, an onboarding's status."""

    kind: ClassVar[str] = "expect"

    expect: Literal["document"]
    of: str
    where: dict[str, Any] = {}
    within: Duration = DEFAULT_WITHIN

    def in_words(self) -> str:
        details = [f"{field} {words}" for key, part in self.where.items() for field, words in leaves(key, part)]
        return f"Expect one of {self.of}" + _briefly(f" with {', '.join(details)}" if details else "")


class SendStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Send a webhook of one's own making, with the world's deliveries; `expect: delivery` waits for the answer."""

    kind: ClassVar[str] = "send"

    send: str
    headers: dict[str, Any] = {}
    body: Any = UNSET
    text: str | None = None

    def in_words(self) -> str:
        return f"Send {self.send}"


class FaultStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Let something go wrong with the calls or webhooks that come next; the world's faults are gone after the run."""

    kind: ClassVar[str] = "fault"

    fault: dict[str, Any]

    def in_words(self) -> str:
        what = self.fault.get("title") or self.fault.get("wire") or self.fault.get("status") or "something"
        return f"Let {str(what).replace('_', ' ')} happen"


class IncludeStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Perform the steps of another scenario here, in the same world; its `outputs` are this step's results."""

    kind: ClassVar[str] = "include"

    include: ScenarioName
    with_: dict[str, Any] = msgspec.field(default_factory=dict, name="with")

    def in_words(self) -> str:
        return f"Perform {self.include}"


class Respond(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer in the emulator's place; `body` is sent as JSON, `text` as it is.

    A list among the `headers` sends one of that name for each. It leaves after `delay`, which is wall time.
    """

    status: Annotated[int, Meta(ge=200, le=599)] = 200
    headers: dict[str, Any] = {}
    body: Any = UNSET
    text: str | None = None
    delay: Duration = 0


class AwaitStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wait until the plugin has made a call, as `where` says; `within` is wall time.

    With `at_least` it takes that many of such calls, and those that follow without another call in between: how often
    a program asks whether something is done yet is nobody's promise. Its outputs are those of the first call, from
    that number on, that gives them all. With `respond` the call gets this answer, and the emulator does not hear of it.
    """

    kind: ClassVar[str] = "await"

    await_: str = msgspec.field(name="await")
    where: Where = Where()
    within: Duration = DEFAULT_WITHIN
    at_least: Annotated[int, Meta(ge=1)] | None = None
    respond: Respond | None = None

    def in_words(self) -> str:
        times = f", at least {times_in_words(self.at_least)}" if self.at_least is not None else ""
        return f"Wait for {_LONG.sub(_LAST_WORD, self.await_)}{times}"


class CallStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Call an HTTP endpoint, as somebody's program would, and look at the answer."""

    kind: ClassVar[str] = "call"

    call: str
    as_: str = msgspec.field(default="", name="as")
    query: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    body: Any = UNSET
    form: dict[str, Any] = {}
    text: str | None = None
    files: dict[str, File] = {}
    where: Answered = Answered()
    within: Duration = DEFAULT_WITHIN

    def in_words(self) -> str:
        return f"Call {self.call}"


class SettleStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wait until nothing is under way in the world: no request being answered, no delivery that is due."""

    kind: ClassVar[str] = "settle"

    settle: Duration

    def in_words(self) -> str:
        return "Wait until nothing is under way"


class AdvanceStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Let time pass on the world's clock."""

    kind: ClassVar[str] = "advance"

    advance: Duration

    def in_words(self) -> str:
        written = self.advance if is_dynamic(self.advance) else format_duration(parse_duration(self.advance))
        return f"Let {written} pass"


class VerifyStep(Step, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Check how often something happened in the run so far; at least once when nothing is said."""

    kind: ClassVar[str] = "verify"

    verify: Where
    count: Count | None = None
    at_least: Count | None = None
    at_most: Count | None = None

    def in_words(self) -> str:
        return f"Check that {_briefly(in_words(self.verify))} came {self.times()}"

    def holds(self, times: int) -> bool:
        """Whether that many are as many as there should be."""
        if self.count is not None:
            return times == self.count
        least = self.at_least if self.at_least is not None else 1 if self.at_most is None else 0
        return least <= times and (self.at_most is None or times <= self.at_most)

    def times(self) -> str:
        """How often it should have happened, in words."""
        if 0 in (self.count, self.at_most):
            return "not at all"
        if self.count is not None:
            return f"exactly {times_in_words(self.count)}"
        parts = [f"at least {times_in_words(self.at_least)}"] if self.at_least is not None else []
        parts += [f"at most {times_in_words(self.at_most)}"] if self.at_most is not None else []
        return " and ".join(parts) or f"at least {times_in_words(1)}"


KINDS: Final[Mapping[str, type[Step]]] = {
    kind.kind: kind
    for kind in (
        *(ActionStep, ExpectStep, AwaitStep, CallStep, SendStep, FaultStep),
        *(AdvanceStep, SettleStep, VerifyStep, IncludeStep),
    )
}
"""Step types by the key that tells them apart in a file."""


def step_type(key: str, step: Mapping[Any, Any]) -> type[Step]:
    """The type of a step that has the `key` of its kind."""
    return ExpectDocumentStep if key == "expect" and step[key] == "document" else KINDS[key]


def call_of(written: str, *, urls: bool = False) -> tuple[str, str]:
    """Method and path of an `await` such as `POST /plugin/v1/ato/status`; raises `Invalid` for anything else.

    Expressions in braces may stand in the path. It is written as in a URL, and answered as requests are
    compared, with `%20` and the like decoded. With `urls`, as in a `call`, it is left as it is, may have
    a query, and be a whole URL or an expression that becomes one.
    """
    method, _, path = written.strip().partition(" ")
    path = path.strip()
    expected = "a method and a path, such as 'POST /plugin/v1/ato/status'"
    if method.upper() not in METHODS:
        raise _no_call(expected, written, nearest(method.upper(), METHODS))
    bare = without_expressions(path, "x")
    if not bare.startswith("/") and not (urls and (bare.startswith(("http://", "https://")) or path.startswith("{$"))):
        raise _no_call(f"{expected}, where the path begins with /", written)
    if re.search(r"[\s#]" if urls else r"[\s?#]", bare):
        raise _no_call(f"{expected}, without query (that goes to where: {{query: ..}})", written)
    return method.upper(), path if urls else unquote(path)


def message_of(headers: Mapping[str, Any], body: Any, text: str | None, scope: Scope) -> tuple[dict[str, str], str]:
    """Headers and body of a message, with every expression evaluated; `body` is JSON unless it is UNSET."""
    given = {name.lower(): str(value) for name, value in evaluate(headers, scope).items()}
    if body is UNSET:
        return given, evaluate(text, scope) or ""
    given.setdefault("content-type", "application/json")
    return given, msgspec.json.encode(evaluate(body, scope)).decode()


def pairs_of(headers: Mapping[str, Any], scope: Scope) -> Pairs:
    """Header fields with every expression evaluated; of a name with a list there is one for each."""
    given = ((name.lower(), value) for name, value in evaluate(headers, scope).items())
    return tuple(
        (name, str(each)) for name, value in given for each in (value if isinstance(value, list | tuple) else [value])
    )


def url_of(written: str) -> tuple[str, str]:
    """Method and URL of a `send` such as `POST https://plugin.test/hook`; raises `Invalid` for anything else."""
    method, url = call_of(written, urls=True)
    if url.startswith("/"):
        raise _no_call("a method and a whole URL, such as 'POST https://plugin.test/hook'", written)
    return method, url


def _no_call(expected: str, written: str, did_you_mean: str | None = None) -> Invalid:
    return Invalid("That is no call to wait for:", [Problem("$", expected, repr(written), did_you_mean)])


def delay_of(written: Duration) -> float:
    """The seconds for which a `respond` holds its answer; raises `Invalid` for what is no duration, or too long."""
    seconds = parse_duration(written).total_seconds()
    if seconds > LONGEST_DELAY:
        raise Invalid("That is too long:", [Problem("$", f"at most {LONGEST_DELAY:g} seconds", repr(written))])
    return seconds


def _briefly(words: str) -> str:
    """What is asked for, as far as a line of a terminal has place for it; whole parts, where there are several."""
    if len(words) <= HEADING_WIDTH:
        return words
    whole = words.rfind(", ", 0, HEADING_WIDTH + 2)
    return words[:whole] + ", …" if whole > 0 else words[: HEADING_WIDTH - 1] + "…"


def times_in_words(number: int) -> str:
    """`never`, `once`, `twice`, `3 times`."""
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")
