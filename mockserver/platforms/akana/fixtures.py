"""Seed data for Akana that a person can read: businesses with their people, workflows, APIs and apps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mockserver.checking import yaml
from mockserver.checking.bounds import FILE_BOUNDS, FileBounds
from mockserver.checking.yaml import repeated
from mockserver.errors import InvalidFile, Problem, nearest
from mockserver.platforms.akana import seeding
from mockserver.platforms.akana.fixture_file import (
    ApiSeed,
    BusinessSeed,
    ConnectionSeed,
    FixtureFile,
    WorkflowSeed,
    folder_of,
    xml_of,
)
from mockserver.platforms.akana.governance import parsed
from mockserver.platforms.akana.makers import MAIL
from mockserver.world.world import World


class AkanaFixture(msgspec.Struct, frozen=True):
    """A fixture file that was read and found whole, with the workflows of the `files` beside it."""

    file: FixtureFile
    files: tuple[Path, ...] = ()

    def apply(self, world: World) -> None:
        """Put the file's people and things into the world's open transaction."""
        seeding.Seeding(world, self.file).everything()


def read(text: str, source: str, bounds: FileBounds = FILE_BOUNDS) -> AkanaFixture:
    """Read a fixture file; raises `InvalidFile` with every problem, each with line and column."""
    file = yaml.load(text, FixtureFile, source, bounds=bounds, consistent=lambda file: _inconsistencies(file, source))
    try:
        workflows = tuple(msgspec.structs.replace(each, xml=xml_of(each, source)) for each in file.workflows)
    except (OSError, UnicodeDecodeError) as error:
        # It was there a moment ago.
        problem = Problem("$.workflows", "readable UTF-8 files beside this one", str(error))
        raise InvalidFile(source, [problem]) from None
    beside = tuple(folder_of(source) / each.file for each in file.workflows if each.file is not None)
    return AkanaFixture(msgspec.structs.replace(file, workflows=workflows), beside)


def _inconsistencies(file: FixtureFile, source: str) -> Iterator[Problem]:
    """What types cannot say: names are unique, who is named exists, workflows can be read."""
    users = [
        (f"$.businesses[{b}].users[{u}]", user)
        for b, business in enumerate(file.businesses)
        for u, user in enumerate(business.users)
    ]
    for path, user in users:
        if MAIL.fullmatch(user.email) is None:
            yield Problem(f"{path}.email", "a mail address", repr(user.email))
    yield from repeated("a mail address", [(f"{path}.email", user.email) for path, user in users])
    businesses = [(f"$.businesses[{b}]", each) for b, each in enumerate(file.businesses)]
    yield from repeated("a name", [(f"{path}.name", each.name) for path, each in businesses])
    yield from repeated("a name", [(f"$.workflows[{w}].name", each.name) for w, each in enumerate(file.workflows)])
    yield from repeated("a name", [(f"$.groups[{g}].name", each.name) for g, each in enumerate(file.groups)])
    emails = [user.email for _, user in users]
    for w, workflow in enumerate(file.workflows):
        yield from _workflow_problems(f"$.workflows[{w}]", workflow, source)
    for g, group in enumerate(file.groups):
        yield from _people_problems(f"$.groups[{g}].leaders", group.leaders, emails)
        yield from _people_problems(f"$.groups[{g}].members", group.members, emails)
    apis = {api.name: api for business in file.businesses for api in business.apis}
    invitable = [*emails, *(group.name for group in file.groups)]
    for path, business in businesses:
        yield from _choice_problems(path, business, file)
        yield from repeated("a name", [(f"{path}.apis[{a}].name", api.name) for a, api in enumerate(business.apis)])
        yield from repeated("a name", [(f"{path}.apps[{a}].name", app.name) for a, app in enumerate(business.apps)])
        for a, api in enumerate(business.apis):
            yield from _people_problems(f"{path}.apis[{a}].admins", api.admins, emails)
            yield from _people_problems(f"{path}.apis[{a}].invited", api.invited, invitable)
        for a, app in enumerate(business.apps):
            yield from _people_problems(f"{path}.apps[{a}].team", app.team, emails)
            for v, version in enumerate(app.versions):
                for c, connection in enumerate(version.connections):
                    place = f"{path}.apps[{a}].versions[{v}].connections[{c}]"
                    yield from _connection_problems(place, connection, apis)


def _people_problems(path: str, named: tuple[str, ...], known: list[str]) -> Iterator[Problem]:
    for n, name in enumerate(named):
        if name not in known:
            yield Problem(f"{path}[{n}]", "the mail address of somebody in this file", repr(name), nearest(name, known))


def _workflow_problems(path: str, seed: WorkflowSeed, source: str) -> Iterator[Problem]:
    if (seed.file is None) == (seed.xml is None):
        yield Problem(path, "either a file or the xml itself", "both" if seed.file else "neither")
        return
    try:
        definition = parsed(xml_of(seed, source), seed.file or seed.name)
    except InvalidFile as error:
        yield Problem(f"{path}.{'file' if seed.file else 'xml'}", "a workflow that can be used", str(error))
        return
    except (OSError, UnicodeDecodeError) as error:
        yield Problem(f"{path}.file", "a readable UTF-8 file beside this one", str(error))
        return
    if not any(action.name == "@Create" for action in definition.initial_actions):
        yield Problem(path, "a workflow with the initial action @Create", "one without")


def _choice_problems(path: str, business: BusinessSeed, file: FixtureFile) -> Iterator[Problem]:
    chosen = business.workflows
    for field, name, type in (
        ("app_versions", chosen.app_versions, "appversion"),
        ("sandbox_contracts", chosen.sandbox_contracts, "apicontract"),
        ("production_contracts", chosen.production_contracts, "apicontract"),
    ):
        known = [each.name for each in file.workflows if each.object_type == type]
        if name is not None and name not in known:
            expected = f"the name of a workflow for {type} in this file"
            yield Problem(f"{path}.workflows.{field}", expected, repr(name), nearest(name, known))


def _connection_problems(path: str, seed: ConnectionSeed, apis: dict[str, ApiSeed]) -> Iterator[Problem]:
    api = apis.get(seed.api)
    if api is None:
        yield Problem(f"{path}.api", "the name of an API in this file", repr(seed.api), nearest(seed.api, apis))
        return
    names = [each.name for each in api.versions]
    if seed.version is not None and seed.version not in names:
        meant = nearest(seed.version, names)
        yield Problem(f"{path}.version", f"a version of {seed.api}", repr(seed.version), meant)
