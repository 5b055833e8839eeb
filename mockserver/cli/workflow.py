"""`mockserver workflow`: Akana workflow files, checked, drawn, explained and run without a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mockserver.errors import Unknown

if TYPE_CHECKING:
    from mockserver.platforms.akana.workflow.definition import Definition, Step
    from mockserver.platforms.akana.workflow.explain import Availability, Verdict
    from mockserver.platforms.akana.workflow.lint import Finding

KINDS = ("app-version", "api-contract")
_COLOURS = {"error": "red", "warning": "yellow"}


@click.group()
def workflow() -> None:
    """Check, draw, explain and run Akana workflow files; no server is needed.

    \b
      mockserver workflow lint app.xml
      mockserver workflow show app.xml
      mockserver workflow explain app.xml --step 100 --role AppAdmin
      mockserver workflow trace app.xml --script approval.txt
    """


@workflow.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--for", "kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="What it governs.")
@click.option(
    "--extension", "extensions", multiple=True, metavar="MODULE", help="A module that registers functions of yours."
)
@click.option("--ignore", "ignored", multiple=True, metavar="RULE", help="Findings by this rule are not told.")
@click.option("--format", "shape", type=click.Choice(("text", "json", "github")), default="text", show_default=True)
def lint(files: tuple[str, ...], kind: str, extensions: tuple[str, ...], ignored: tuple[str, ...], shape: str) -> None:
    """Tell what is wrong with each FILE: a workflow, or a piece of one.

    An error is what Akana refuses, or what fails once it is reached. A warning is what a person is
    likely to have overlooked.

    Exit code 0 when there is nothing to tell, 1 when there is, 2 when a file is no workflow XML.
    """
    from mockserver.platforms.akana.workflow.extensions import load_extensions
    from mockserver.platforms.akana.workflow.lint import lint as look
    from mockserver.platforms.akana.workflow.registry import Registry
    from mockserver.platforms.akana.workflow.vocabulary import VOCABULARIES

    registry: Registry[Any] = Registry()
    load_extensions(extensions, registry)
    vocabulary = VOCABULARIES[kind].including(registry)
    found = {
        file: [each for each in look(_bytes(file), file, vocabulary) if each.rule not in ignored] for file in files
    }
    if shape == "json":
        told = [{"file": file, **msgspec.to_builtins(each)} for file, findings in found.items() for each in findings]
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
    else:
        for file, findings in found.items():
            for each in findings:
                click.echo(_annotation(file, each) if shape == "github" else _line(file, each))
        if shape == "text":
            click.echo(_summary(found))
    sys.exit(1 if any(found.values()) else 0)


@workflow.command()
@click.argument("file")
@click.option("--format", "shape", type=click.Choice(("text", "mermaid")), default="text", show_default=True)
def show(file: str, shape: str) -> None:
    """Draw the workflow in FILE: its steps, what can be done in each, and where that leads.

    The Mermaid diagram can be pasted into a Markdown page.
    """
    from mockserver.platforms.akana.workflow import show as pictures

    definition = _definition(file, fragment=True)
    lines = pictures.as_mermaid(definition) if shape == "mermaid" else pictures.as_text(definition)
    for line in lines:
        click.echo(click.style(line, bold=True) if shape == "text" and not line.startswith(" ") else line)


@workflow.command()
@click.argument("file")
@click.option("--step", "place", required=True, metavar="STEP", help="The id of the step, or its name.")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="A role that the caller has.")
@click.option(
    "--true", "true", multiple=True, metavar="CONDITION", help="A condition that is true: its type, or TYPE:ROLE."
)
def explain(file: str, place: str, roles: tuple[str, ...], true: tuple[str, ...]) -> None:
    """Tell which actions of the workflow in FILE somebody has in a step, and why not the others.

    Every condition is asked. Those that ask for a role hold for the roles given with --role, others
    only when given with --true.
    """
    from mockserver.platforms.akana.workflow.context import Env
    from mockserver.platforms.akana.workflow.explain import explain as ask
    from mockserver.platforms.akana.workflow.instance import CurrentStep, Instance
    from mockserver.platforms.akana.workflow.stubs import stub_registry
    from mockserver.platforms.akana.workflow.vocabulary import ROLE_CONDITION

    definition = _definition(file, fragment=True)
    step = _step(definition, place)
    holds = {*true, *(f"{ROLE_CONDITION}:{role}" for role in roles)}
    instance = Instance("activated", (CurrentStep(1, step.id, "", "", 0.0),), 1)
    click.secho(f"step {step}, as {', '.join(roles) or 'nobody in particular'}", bold=True)
    for each in ask(definition, instance, Env(stub_registry(definition, holds), None, "caller")):
        for line in _told(each):
            click.echo(f"  {line}")


@workflow.command()
@click.argument("file")
@click.option("--script", required=True, metavar="FILE", help="What to do, line by line; a kept trace is one, too.")
def trace(file: str, script: str) -> None:
    """Run the workflow in FILE by a script and print what happens, line by line.

    \b
    > roles=authorizeByAtmosphereRole:AppAdmin   conditions that are true from here on, or none
    > init=1                                     start anew with that initial action
    > do=102                                     perform that action

    Functions do nothing but appear. Keep the output, and it is the script by which to see whether
    the workflow still does the same:

    \b
      mockserver workflow trace app.xml --script approval.txt > approval.golden
      mockserver workflow trace app.xml --script approval.golden | diff approval.golden -
    """
    from mockserver.platforms.akana.workflow.trace import read_script
    from mockserver.platforms.akana.workflow.trace import trace as run

    definition = _definition(file)
    for line in run(definition, read_script(_bytes(script).decode("utf-8", "replace"), script)):
        click.echo(line)


def _definition(file: str, *, fragment: bool = False) -> Definition:
    from mockserver.platforms.akana.workflow.reader import read

    return read(_bytes(file), file, fragment=fragment)


def _bytes(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror or error}.") from None


def _step(definition: Definition, place: str) -> Step:
    for step in definition.steps:
        if place in (str(step.id), step.name):
            return step
    raise Unknown("step", place, [each for step in definition.steps for each in (str(step.id), step.name)])


def _line(file: str, finding: Finding) -> str:
    place = click.style(f"{file}:{finding.line}:", bold=True)
    severity = click.style(finding.severity, fg=_COLOURS[finding.severity])
    rule = click.style(f"[{finding.rule}]", dim=True)
    advice = f"\n    {finding.advice}" if finding.advice else ""
    return f"{place} {severity}: {finding.message} {rule}{advice}"


def _annotation(file: str, finding: Finding) -> str:
    """What GitHub shows beside the line of a pull request."""
    text = f"{finding.message}. {finding.advice}".replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    name = file.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{finding.severity} file={name},line={finding.line},title={finding.rule}::{text}"


def _summary(found: dict[str, list[Finding]]) -> str:
    counts = [
        (severity, sum(each.severity == severity for findings in found.values() for each in findings))
        for severity in ("error", "warning")
    ]
    told = " and ".join(f"{count} {word}{'s' if count != 1 else ''}" for word, count in counts if count)
    files = next(iter(found)) if len(found) == 1 else f"{len(found)} files"
    return f"{files}: {told}" if told else click.style(f"{files}: nothing wrong", fg="green")


def _told(each: Availability) -> Iterator[str]:
    auto = " [auto]" if each.action.auto else ""
    if each.available:
        yield click.style(f"{each.action}{auto}: available", fg="green")
    else:
        yield click.style(f"{each.action}{auto}: not available", fg="red")
    for verdict in each.verdicts:
        yield from _verdict(verdict, "  ")


def _verdict(verdict: Verdict, indent: str) -> Iterator[str]:
    if len(verdict.members) == 1:
        yield from _verdict(verdict.members[0], indent)
        return
    answer = click.style("yes", fg="green") if verdict.passes else click.style("no ", fg="red")
    yield f"{indent}{answer} {verdict.text}" + (f" ({verdict.error})" if verdict.error else "")
    for member in verdict.members:
        yield from _verdict(member, indent + "  ")
