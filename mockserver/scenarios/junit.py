"""Results as JUnit XML, in the shape that CI servers agree on: suites of cases, each with what went wrong.

Source: the schema of Jenkins' xUnit plugin, which GitLab, GitHub's reporters and Azure read as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import msgspec

_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One test: `seconds` is wall time, `reason` a word for programs, `message` a sentence, `details` lines.

    `error` is for what could not be tried at all, `failed` for what was tried and went wrong. `output`
    is shown where all went well, too.
    """

    name: str
    outcome: Literal["passed", "failed", "skipped", "error"]
    seconds: float = 0.0
    reason: str = ""
    message: str = ""
    details: Sequence[str] = ()
    output: Sequence[str] = ()


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """Tests that belong together; `properties` say under what conditions they ran."""

    name: str
    cases: Sequence[Case]
    seconds: float | None = None
    properties: Mapping[str, str] = {}


def junit(suites: Iterable[Suite], *, name: str = "mockserver") -> bytes:
    """The suites as one XML document, in UTF-8; characters that XML cannot hold become question marks."""
    from xml.etree import ElementTree as ET

    root = ET.Element("testsuites", name=name)
    total = []
    for suite in suites:
        total.append(suite)
        element = ET.SubElement(root, "testsuite", {"name": _plain(suite.name), **_counts([suite])})
        if suite.properties:
            properties = ET.SubElement(element, "properties")
            for key, value in suite.properties.items():
                ET.SubElement(properties, "property", name=_plain(key), value=_plain(value))
        for case in suite.cases:
            shown = ET.SubElement(
                element,
                "testcase",
                classname=_plain(suite.name.replace("/", ".")),
                name=_plain(case.name),
                time=f"{case.seconds:.3f}",
            )
            if case.outcome == "skipped":
                ET.SubElement(shown, "skipped", {"message": _plain(case.message)} if case.message else {})
            elif case.outcome != "passed":
                kind = "failure" if case.outcome == "failed" else "error"
                wrong = ET.SubElement(shown, kind, message=_plain(case.message), type=_plain(case.reason or kind))
                wrong.text = _plain("\n".join(case.details))
            if case.output:
                ET.SubElement(shown, "system-out").text = _plain("\n".join(case.output))
    for key, value in _counts(total).items():
        root.set(key, value)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(suites: Sequence[Suite]) -> dict[str, str]:
    outcomes = [case.outcome for suite in suites for case in suite.cases]
    seconds = sum(
        sum(case.seconds for case in suite.cases) if suite.seconds is None else suite.seconds for suite in suites
    )
    return {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failed")),
        "errors": str(outcomes.count("error")),
        "skipped": str(outcomes.count("skipped")),
        "time": f"{seconds:.3f}",
    }


def _plain(text: str) -> str:
    return _UNWRITABLE.sub("?", text)
