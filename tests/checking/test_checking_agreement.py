"""`find_problems` finds something exactly when msgspec refuses, whatever the value."""

from __future__ import annotations

import datetime
import enum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct

from mockserver.checking import convert, find_problems, unknown_fields
from mockserver.errors import Invalid


class Mode(enum.Enum):
    LIVE = "live"
    FROZEN = "frozen"


class Limits(Struct, forbid_unknown_fields=True, rename="camel"):
    max_size: Annotated[int, Meta(ge=1, lt=100)]
    ratio: Annotated[float, Meta(gt=0, le=1)] | None = None
    label: Annotated[str, Meta(min_length=1, max_length=3, pattern="^a")] = "a"


class Act(Struct, tag="act", tag_field="do", forbid_unknown_fields=True):
    mode: Mode
    limits: Limits | None = None
    when: datetime.datetime | None = None


class Wait(Struct, tag="wait", tag_field="do"):
    seconds: int | float
    within: datetime.timedelta | Literal[0] = 0


class Span(Struct):
    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("backwards")


class Script(Struct):
    steps: list[Act | Wait]
    span: Span | None = None
    pair: tuple[int, str] = (0, "")
    names: Annotated[set[str], Meta(max_length=2)] = set()
    by_number: dict[int, Literal[1, 2, "x", None]] = {}
    flags: dict[Literal["a", "b"], bool] = {}
    anything: Any = None
    children: list[Script] | None = None


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 120)
    | st.integers()
    | st.floats()
    | st.sampled_from(["a", "ab", "live", "act", "wait", "never", "x", "1", "PT1S", "2025-01-31T09:30:00Z", ""])
    | st.text(max_size=4)
)
KEYS = st.sampled_from(["a", "b", "1", "maxSize", "seconds", "do", "start", "end"]) | st.text(max_size=2)
JUNK = st.recursive(
    SCALARS, lambda part: st.lists(part, max_size=3) | st.dictionaries(KEYS, part, max_size=3), max_leaves=6
)


def record(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects that mostly fit: some have a wrong value, lack a field or hold a key too many."""
    fields = {**required, **optional}
    fitting = st.fixed_dictionaries(required, optional=optional)
    near = st.fixed_dictionaries({}, optional={name: part | JUNK for name, part in fields.items()})
    more = st.tuples(fitting, st.dictionaries(KEYS | st.integers(), JUNK, max_size=1)).map(
        lambda two: {**two[1], **two[0]}
    )
    return fitting | near | more | JUNK


LIMITS = record(
    {"maxSize": st.integers(0, 100)}, ratio=st.floats(-0.1, 1.1), label=st.sampled_from(["a", "ab", "abcd", "b"])
)
ACTS = record({"do": st.just("act"), "mode": st.sampled_from(["live", "frozen", "auto"])}, limits=LIMITS)
WAITS = record(
    {"do": st.just("wait"), "seconds": st.integers() | st.floats()}, within=st.sampled_from([0, 1, "PT1S", "1s"])
)
SPANS = record({"start": st.integers(0, 3), "end": st.integers(0, 3)})
SCRIPTS = record(
    {"steps": st.lists(ACTS | WAITS, max_size=3)},
    span=SPANS,
    pair=st.tuples(st.integers(), st.text(max_size=1)).map(list),
    names=st.lists(st.text(max_size=1), max_size=3),
    by_number=st.dictionaries(st.sampled_from(["1", "2", "x"]) | st.integers(), st.sampled_from([1, 2, 3, "x", True])),
    flags=st.dictionaries(st.sampled_from("abc"), st.booleans()),
    anything=JUNK,
    children=st.lists(record({"steps": st.lists(WAITS, max_size=1)}), max_size=2),
)
CASES = [
    (Limits, LIMITS),
    (Act | Wait, ACTS | WAITS),
    (Wait, WAITS),
    (Span, SPANS),
    (list[Span] | None, st.lists(SPANS, max_size=3) | JUNK),
    (Script, SCRIPTS),
    (dict[str, Script | int], st.dictionaries(KEYS, SCRIPTS | st.integers(), max_size=2)),
]


def accepted(value: object, type_: Any) -> bool:
    try:
        msgspec.convert(value, type_, strict=True, str_keys=True)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize(("type_", "values"), CASES, ids=lambda case: getattr(case, "__name__", None))
def test_there_are_problems_exactly_when_msgspec_refuses(type_: Any, values: st.SearchStrategy[Any]) -> None:
    @settings(deadline=None)
    @given(values)
    def agree(value: object) -> None:
        assert (find_problems(value, type_) == []) == accepted(value, type_)

    agree()


@settings(deadline=None)
@given(SCRIPTS)
def test_convert_gives_what_msgspec_gives_or_says_why_not(value: object) -> None:
    if accepted(value, Script):
        # By their text: a NaN in there differs from itself.
        assert repr(convert(value, Script, what="The script")) == repr(msgspec.convert(value, Script, str_keys=True))
    else:
        with pytest.raises(Invalid) as refused:
            convert(value, Script, what="The script")
        assert refused.value.problems


@settings(deadline=None)
@given(SCRIPTS)
def test_unknown_fields_never_raises_and_suggests_known_keys_only(value: object) -> None:
    known = {"maxSize", "ratio", "label", "do", "mode", "limits", "when", "seconds", "within", "start", "end"}
    known |= set(Script.__struct_fields__)
    assert {problem.did_you_mean for problem in unknown_fields(value, Script)} <= known | {None}


@settings(deadline=None)
@given(LIMITS)
def test_a_forbidden_key_is_a_problem_exactly_when_it_is_an_unknown_field(value: object) -> None:
    unknown = {problem.path for problem in unknown_fields(value, Limits)}
    forbidden = {problem.path for problem in find_problems(value, Limits) if problem.got.startswith("the key ")}
    assert unknown == forbidden
