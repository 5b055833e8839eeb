"""What came of runs, in files for other programs: JUnit XML, HAR, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from mockserver.errors import MockserverError
from mockserver.scenarios.junit import Case, Suite, junit

Report = Mapping[str, Any]


@dataclass(slots=True)
class Result:
    """One run: its report as the server keeps it and what it sent and received, or why there is none."""

    scenario: str
    conditions: Mapping[str, str]
    report: Report | None = None
    har: Report | None = None
    refused: MockserverError | None = None

    @property
    def passed(self) -> bool:
        """Whether there was a run, and every step of it passed."""
        return self.report is not None and self.report["outcome"] == "passed"


@dataclass(slots=True)
class Reports:
    """The files that were asked for; `add` what came of each run, then `write`."""

    junit: Path | None = None
    har: Path | None = None
    json: Path | None = None
    results: list[Result] = field(default_factory=list)

    def write(self) -> None:
        """Write the files. Raises `MockserverError` for one that cannot be written."""
        for path, content in ((self.junit, self._junit), (self.har, self._har), (self.json, self._json)):
            if path is None:
                continue
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content())
            except OSError as error:
                raise MockserverError(f"{path} cannot be written: {error.strerror}.") from None

    def _junit(self) -> bytes:
        return junit(map(_suite, self.results))

    def _har(self) -> bytes:
        from mockserver.recordings.har import merged

        found = [result.har for result in self.results if result.har is not None]
        return _encoded(merged(found))

    def _json(self) -> bytes:
        runs = [
            {**result.report, "conditions": dict(result.conditions)}
            if result.report is not None
            else {"scenario": result.scenario, "outcome": "refused", "detail": str(result.refused)}
            for result in self.results
        ]
        return _encoded({"runs": runs})


def titled(har: Report, title: str) -> Report:
    """A HAR document whose page is called `title`."""
    log = har["log"]
    return {"log": {**log, "pages": [{**page, "title": title} for page in log["pages"]]}}


def _suite(result: Result) -> Suite:
    conditions = {name: value for name, value in result.conditions.items() if value}
    if result.report is None:
        said = str(result.refused).splitlines()
        case = Case(name="The scenario can be run", outcome="error", message=said[0], details=said, reason="refused")
        return Suite(name=result.scenario, cases=[case], properties=conditions)
    report = result.report
    if report.get("tags"):
        conditions["tags"] = ",".join(report["tags"])
    if report.get("warnings"):
        conditions["warnings"] = " ".join(report["warnings"])
    cases = list(_cases(report["steps"]))
    return Suite(name=report["scenario"], cases=cases, seconds=report["seconds"], properties=conditions)


def _cases(steps: Sequence[Report]) -> Iterator[Case]:
    for step in steps:
        failed = step["outcome"] == "failed"
        details = [*step["details"], *(f"{name} = {value}" for name, value in step["outputs"].items())]
        yield Case(
            name=f"{step['index']}. {step['title']}",
            outcome=step["outcome"],
            seconds=step["seconds"],
            reason=(step.get("reason") or step["kind"]) if failed else "",
            message=step["details"][0] if failed and step["details"] else "",
            details=details if failed else (),
            output=() if failed else details,
        )


def _encoded(data: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(data), indent=2) + b"\n"
