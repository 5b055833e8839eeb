"""Reading scenarios from text: every problem at once, each with its line and what could have been meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath
from typing import Annotated, Any, get_args

import msgspec

from mockserver import resources
from mockserver.checking import convert, find_problems
from mockserver.checking.bounds import FILE_BOUNDS, FileBounds
from mockserver.checking.paths import ancestors, item, member, position
from mockserver.checking.yaml_reader import read_text
from mockserver.errors import Invalid, InvalidFile, Problem, Unknown, nearest
from mockserver.scenarios.expressions import is_dynamic, references
from mockserver.scenarios.model import Draft, Scenario, ValueType
from mockserver.scenarios.rules import DOES
from mockserver.scenarios.steps import KINDS, call_of, delay_of, step_type, url_of
from mockserver.scenarios.tags import tag_problems
from mockserver.scenarios.wiring import wiring_problems
from mockserver.world.actions import Action
from mockserver.world.durations import parse_duration
from mockserver.world.faults import Fault
from mockserver.world.matcher_problems import check, check_parts
from mockserver.world.matchers import is_of_type, show
from mockserver.world.matching import match_problems
from mockserver.world.world import Schema

_INSTANT = Annotated[datetime, msgspec.Meta(tz=True)]
_COUNTS = ("count", "at_least", "at_most")


def load_scenario(
    text: str | bytes, source: str, *, schema: Schema | None = None, bounds: FileBounds = FILE_BOUNDS
) -> Scenario:
    """The scenario in `text` (YAML or JSON), which people know as `source`.

    With `schema` (what the worlds of a server are made of), actions and their arguments, collections, settings and
    fixtures are checked as well. Raises `InvalidFile` with every problem.
    """
    reading = read_text(text, bounds)
    problems = list(reading.problems)
    if reading.whole:
        refused = {problem.path for problem in problems}
        found = scenario_problems(reading.value, reading.positions, schema)
        problems += [problem for problem in found if refused.isdisjoint(ancestors(problem.path))]
    return _built(reading.value, source, problems)


def scenario_from(value: object, source: str, *, schema: Schema | None = None) -> Scenario:
    """The scenario that plain data says, such as one that was kept; see `load_scenario`."""
    return _built(value, source, scenario_problems(value, {}, schema))


def scenario_problems(
    value: object, positions: Mapping[str, tuple[int, int]], schema: Schema | None = None
) -> list[Problem]:
    """Everything that keeps plain data from being a scenario; `positions` gives line and column by path."""
    problems = find_problems(value, Draft, positions=positions)
    if isinstance(value, dict):
        found = [*_header_problems(value), *_step_problems(value, schema)]
        found += [*_rule_problems(value, schema), *wiring_problems(value)]
        found += _given_problems(value, schema) if schema is not None else []
        problems += [_placed(problem, positions) for problem in found]
    return problems


def _built(value: object, source: str, problems: Sequence[Problem]) -> Scenario:
    if problems:
        raise InvalidFile(source, sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    draft = msgspec.convert(value, Draft)
    steps = tuple(msgspec.convert(step, step_type(kind, step)) for step in draft.steps for kind in _kinds_of(step))
    return Scenario(**{**{name: getattr(draft, name) for name in draft.__struct_fields__}, "steps": steps})


def _placed(problem: Problem, positions: Mapping[str, tuple[int, int]]) -> Problem:
    if problem.line is not None:
        return problem
    line, column = position(problem.path, positions)
    return Problem(problem.path, problem.expected, problem.got, problem.did_you_mean, line, column)


def _header_problems(value: Mapping[str, Any]) -> Iterator[Problem]:
    start = value.get("start")
    if isinstance(start, str):
        yield from find_problems(start, _INSTANT, path="$.start")
    yield from tag_problems(value.get("tags"))
    inputs = value.get("inputs")
    for name, declared in inputs.items() if isinstance(inputs, dict) else ():
        if isinstance(declared, dict) and "default" in declared and declared.get("type") in get_args(ValueType):
            kind, default = declared["type"], declared["default"]
            if not is_of_type(kind, default):
                place = member(member("$.inputs", name), "default")
                yield Problem(place, f"a value of the input's type, {kind}", show(default))


def _given_problems(value: Mapping[str, Any], schema: Schema) -> Iterator[Problem]:
    """What of the world that a scenario wants to start in is not to be had."""
    settings, fixtures = value.get("settings"), value.get("fixtures")
    if isinstance(settings, dict):
        yield from find_problems(settings, schema.settings.struct, path="$.settings")
    for index, name in enumerate(fixtures if isinstance(fixtures, list) else ()):
        # A path to a file may lead somewhere where the server is, and not here.
        if not isinstance(name, str) or PurePath(name).suffix:
            continue
        try:
            resources.locate("fixtures", name)
        except Unknown as unknown:
            place = item("$.fixtures", index)
            yield Problem(place, "a fixture that ships, or a file", repr(name), unknown.did_you_mean)


def _rule_problems(value: Mapping[str, Any], schema: Schema | None) -> Iterator[Problem]:
    rules = value.get("rules")
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        path = item("$.rules", index)
        if not isinstance(rule, dict):
            continue
        if isinstance(rule.get("when"), dict):
            yield from match_problems(rule["when"], f"{path}.when", later=is_dynamic)
        done = rule.get("do")
        for number, each in enumerate(done if isinstance(done, list) else ()):
            place = item(f"{path}.do", number)
            kind = next((key for key in DOES if isinstance(each, dict) and key in each), None)
            if kind is None:
                yield Problem(place, f"one of the keys {', '.join(map(repr, DOES))}", show(each))
                continue
            yield from find_problems(each, DOES[kind], path=place)
            yield from _meaning_problems(kind, each, place, schema)


def _step_problems(value: Mapping[str, Any], schema: Schema | None) -> Iterator[Problem]:
    steps = value.get("steps")
    for index, step in enumerate(steps if isinstance(steps, list) else ()):
        path = item("$.steps", index)
        if not isinstance(step, dict):
            continue
        kinds = _kinds_of(step)
        if len(kinds) == 1:
            yield from find_problems(step, step_type(kinds[0], step), path=path)
            yield from _meaning_problems(kinds[0], step, path, schema)
        elif kinds:
            extra = member(path, kinds[1])
            yield Problem(extra, f"one kind of step, and this is already {kinds[0]!r}", f"{kinds[1]!r} as well")
        else:
            yield Problem(path, f"one of the keys {', '.join(map(repr, KINDS))}", *_no_kind(step))


def _kinds_of(step: Mapping[Any, Any]) -> list[str]:
    return [key for key in step if key in KINDS]


def _no_kind(step: Mapping[Any, Any]) -> tuple[str, str | None]:
    known = {name for kind in KINDS.values() for name in kind.__struct_encode_fields__}
    strangers = [key for key in step if isinstance(key, str) and key not in known]
    meant = (nearest(key, KINDS) for key in strangers)
    return ", ".join(repr(key) for key in step) or "nothing", next(filter(None, meant), None)


def _meaning_problems(kind: str, step: Mapping[str, Any], path: str, schema: Schema | None) -> Iterator[Problem]:
    """What is wrong with values that have the right shape."""
    match kind:
        case "action":
            name = step["action"]
            if schema is not None and isinstance(name, str):
                if name not in schema.actions:
                    meant = nearest(name, [action.name for action in schema.actions])
                    yield Problem(f"{path}.action", "the name of an action", repr(name), meant)
                elif not step.get("expect_error"):  # what is to be refused may be wrong on purpose
                    yield from _argument_problems(step.get("with", {}), schema.actions[name], f"{path}.with")
        case "await":
            if isinstance(step["await"], str):
                yield from _told(call_of, step["await"], f"{path}.await")
            yield from _fixed(step, path, {"kind", "method", "path"}, "an await says itself")
            if isinstance(step.get("respond"), dict):
                yield from _bodies(step["respond"], f"{path}.respond")
                yield from _duration(step["respond"].get("delay"), f"{path}.respond.delay", delay_of)
        case "expect" if step["expect"] != "document":
            yield from _fixed(step, path, {"kind"}, "an expect says itself")
        case "fault" if isinstance(step["fault"], dict) and not references(step["fault"]):
            yield from _fault_problems(step["fault"], f"{path}.fault")
        case "send":
            if isinstance(step["send"], str):
                yield from _told(url_of, step["send"], f"{path}.send")
            yield from _bodies(step, path)
        case "call":
            if isinstance(step["call"], str):
                yield from _told(lambda written: call_of(written, urls=True), step["call"], f"{path}.call")
            yield from _bodies(step, path)
        case "settle" | "advance":
            yield from _duration(step[kind], f"{path}.{kind}")
        case "verify":
            given = [name for name in _COUNTS if step.get(name) is not None]
            if "count" in given and len(given) > 1:
                yield Problem(f"{path}.{given[1]}", "nothing beside 'count'", repr(given[1]))
            least, most = step.get("at_least"), step.get("at_most")
            if isinstance(least, int) and isinstance(most, int) and least > most:
                yield Problem(f"{path}.at_most", f"at least as many as 'at_least', {least}", str(most))
    yield from _duration(step.get("within"), f"{path}.within")
    unusable: list[Problem] = []
    for field in ("returns", "expect_error"):
        check(step.get(field), f"{path}.{field}", is_dynamic, unusable)
    if step.get("expect") == "document":
        collection = step.get("of")
        known = [each.name for each in schema.kinds] if schema is not None else []
        if known and isinstance(collection, str) and collection not in known and not is_dynamic(collection):
            yield Problem(f"{path}.of", "the name of a collection", repr(collection), nearest(collection, known))
        if isinstance(step.get("where"), dict):
            check_parts(step["where"], f"{path}.where", is_dynamic, unusable)
        yield from unusable
        return
    yield from unusable
    for field in ("where", "verify"):
        if isinstance(step.get(field), dict):
            yield from match_problems(step[field], f"{path}.{field}", later=is_dynamic)


def _argument_problems(arguments: Any, action: Action[Any, Any], path: str) -> Iterator[Problem]:
    """What is wrong with arguments as far as it can be known: the values of expressions may be anything."""
    dynamic = {reference.path for reference in references(arguments, path)}
    names = {member(path, name) for name in arguments} if isinstance(arguments, dict) else set()
    for problem in find_problems(arguments, action.arguments, path=path):
        is_stranger = problem.path in names and problem.got.startswith("the key ")
        if is_stranger or not any(problem.path in ancestors(place) for place in dynamic):
            yield problem


def _fixed(step: Mapping[str, Any], path: str, names: set[str], why: str) -> Iterator[Problem]:
    where = step.get("where")
    for name in where if isinstance(where, dict) else ():
        if name in names:
            yield Problem(f"{path}.where.{name}", f"nothing, for that is what {why}", repr(name))


def _fault_problems(fault: Mapping[str, Any], path: str) -> Iterator[Problem]:
    try:
        convert(fault, Fault, what="A fault")
    except Invalid as refusal:
        for problem in refusal.problems:
            yield replace(problem, path=path + problem.path.removeprefix("$"))


def _bodies(step: Mapping[str, Any], path: str) -> Iterator[Problem]:
    given = [name for name in ("body", "text", "form", "files") if step.get(name) or (name == "body" and name in step)]
    for extra in given[1:]:
        if given != ["form", "files"]:
            yield Problem(f"{path}.{extra}", f"one body, and this call has {given[0]!r} already", repr(extra))


def _duration(value: object, path: str, read: Callable[[Any], object] = parse_duration) -> Iterator[Problem]:
    if isinstance(value, str | int | float) and not isinstance(value, bool) and not is_dynamic(value):
        yield from _told(read, value, path)


def _told(check: Callable[[Any], object], value: object, path: str) -> Iterator[Problem]:
    try:
        check(value)
    except Invalid as refusal:
        for problem in refusal.problems:
            yield Problem(path, problem.expected, problem.got, problem.did_you_mean)
