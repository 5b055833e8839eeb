"""A fixture's contents put into a world."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mockserver.platforms.os1 import makers, manifest, subscriptions
from mockserver.platforms.os1.models import (
    APP_VERSIONS,
    APPS,
    ARTIFACTS,
    App,
    AppVersion,
    Artifact,
    Member,
    Organization,
    SolutionVersion,
    Tenant,
)
from mockserver.platforms.os1.permissions import push, set_of, uploaded_for
from mockserver.platforms.os1.transitions import SOLUTION_STATE_SPELLINGS, STATE_SPELLINGS
from mockserver.platforms.os1.work import environment_in
from mockserver.world.world import World

if TYPE_CHECKING:
    from mockserver.platforms.os1.fixtures import AppSeed, FixtureFile, OrganizationSeed, SolutionSeed, TenantSeed

BY = "fixture"
REVIEWED = ("READY_TO_PUBLISH", "INTERNAL_PUBLISH_REVIEW", "MARKETPLACE_PUBLISH_REVIEW", "LIVE", "DEPRECIATED")


def seed_world(world: World, file: FixtureFile) -> None:
    """Put everything into the world's open transaction: who and what there is first, then what tenants hold of it."""
    tenants = [
        (
            makers.make_tenant(
                world, made, id=seed.id, name=seed.name or seed.id, type=seed.type, administrator=seed.administrator
            ),
            seed,
        )
        for stack in file.stacks
        for made in [makers.make_stack(world, id=stack.id, name=stack.name or stack.id, type=stack.type)]
        for seed in stack.tenants
    ]
    organizations = [
        (makers.make_organization(world, name=seed.name, domain=seed.domain, id=seed.id), seed)
        for seed in file.organizations
    ]
    versions: dict[str, AppVersion | SolutionVersion] = {}
    for organization, seed in organizations:
        _people_and_apps(world, organization, seed, versions)
    for user in file.users:
        makers.make_user(
            world,
            organization=None,
            handle=user.handle,
            name=user.name,
            email=user.email,
            password=user.password,
            roles=user.roles,
        )
    # Solutions may hold apps of any organization, so all apps are there before the first of them.
    for organization, seed in organizations:
        for solution in seed.solutions:
            _solution(world, organization, solution, versions)
    _permissions(world, file, versions)
    for tenant, held in tenants:
        _hold(world, tenant, held, versions)


def _people_and_apps(
    world: World,
    organization: Organization,
    seed: OrganizationSeed,
    versions: dict[str, AppVersion | SolutionVersion],
) -> None:
    teams = {name: makers.make_team(world, organization, name=name) for name in seed.teams}
    for user in seed.users:
        makers.make_user(
            world,
            organization=organization,
            handle=user.handle,
            name=user.name,
            email=user.email,
            password=user.password,
            teams=tuple(teams[each] for each in user.teams),
            roles=user.roles,
        )
    for app_seed in seed.apps:
        literal = world.keeps_literal_credentials
        app = makers.make_app(
            world,
            organization=organization,
            team=teams[app_seed.team],
            listing=app_seed.listing,
            type=app_seed.type,
            id=app_seed.id,
            client=(app_seed.client_id, app_seed.client_secret) if literal else (None, None),
        )
        _app_versions(world, app, app_seed, versions)


def _app_versions(world: World, app: App, seed: AppSeed, versions: dict[str, AppVersion | SolutionVersion]) -> None:
    for each in seed.versions:
        versions[f"{app.listing}@{each.version}"] = makers.make_app_version(
            world,
            app,
            version=each.version,
            about={"displayName": seed.display_name or app.listing, "visibility": {"isPrivate": False}},
            by=BY,
            state=STATE_SPELLINGS.get(each.state, each.state),  # type: ignore[arg-type]
            id=each.id,
        )
    if any(STATE_SPELLINGS.get(each.state, each.state) in REVIEWED for each in seed.versions):
        makers.make_client(world, app, "production")


def _solution(
    world: World,
    organization: Organization,
    seed: SolutionSeed,
    versions: dict[str, AppVersion | SolutionVersion],
) -> None:
    solution = makers.make_solution(world, organization=organization, listing=seed.listing, type=seed.type, id=seed.id)
    for each in seed.versions:
        made = makers.make_solution_version(
            world,
            solution,
            version=each.version,
            about={"displayName": seed.display_name or solution.listing, "visibility": {"isPrivate": False}},
            by=BY,
            state=SOLUTION_STATE_SPELLINGS.get(each.state, each.state),  # type: ignore[arg-type]
            apps=tuple(Member(versions[name].id) for name in each.apps),
            id=each.id,
        )
        versions[f"{solution.listing}@{each.version}"] = made
        if each.user_groups:
            file = manifest.SolutionFile(solution=solution.listing, user_groups=each.user_groups)
            world[ARTIFACTS].insert(
                msgspec.structs.replace(
                    _artifact(world, made, "solution-manifest.yaml", file),
                    type="MANIFEST",
                    groups=manifest.groups_of(world, file),
                )
            )


def _permissions(world: World, file: FixtureFile, versions: dict[str, AppVersion | SolutionVersion]) -> None:
    """Permission files, once every app is there that they may name."""
    for organization in file.organizations:
        for seed in organization.apps:
            app = world[APPS].first("listing", seed.listing)
            assert app is not None
            for each in seed.versions:
                if each.permissions is None:
                    continue
                permissions = each.permissions.file(app.urn)
                world[ARTIFACTS].insert(
                    msgspec.structs.replace(
                        _artifact(
                            world, versions[f"{seed.listing}@{each.version}"], "app-permissions.yaml", permissions
                        ),
                        permissions=manifest.permissions_of(world, app, permissions),
                    )
                )


def _artifact(
    world: World, version: AppVersion | SolutionVersion, name: str, file: manifest.AppFile | manifest.SolutionFile
) -> Artifact:
    return Artifact(
        id=makers.uuid(world, "artifact"),
        version=version.id,
        type="PERMFILE",
        file_name=name,
        description="",
        media_type="application/yaml",
        # JSON is YAML.
        content=msgspec.json.format(msgspec.json.encode(file), indent=2),
        uploaded=world.clock.now(),
        uploaded_by=BY,
    )


def _hold(world: World, tenant: Tenant, seed: TenantSeed, versions: dict[str, AppVersion | SolutionVersion]) -> None:
    for name in seed.onboarded:
        version = versions[name]
        app_versions = (
            [version]
            if isinstance(version, AppVersion)
            else [world[APP_VERSIONS][each] for each in version.app_versions]
        )
        for each in app_versions:
            file = uploaded_for(world, each)
            assert file is not None, "checked when the fixture was read"
            push(
                world,
                tenant.id,
                world[APPS][each.app].urn,
                set_of(world, file).id,
                version=each.id,
                environment=environment_in(world, tenant, each.app, overwrite=False),
            )
        if name.partition("@")[0] in seed.subscribed:
            subscriptions.subscribe(world, tenant, version)
